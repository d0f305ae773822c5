/* From reset to main on a Cortex-M, without any library: vectors, memory, the FPU if there is one. */
#include <stdint.h>

int main(void);
void reset(void);
void semihosting_exit(int code);

/* From link.ld. */
extern uint32_t stack_top[], data_start[], data_end[], data_load[], bss_start[], bss_end[];

/* It is off until somebody wants it. */
static void turn_fpu_on(void)
{
#ifdef __ARM_FP
    volatile uint32_t *const coprocessors = (uint32_t *)0xe000ed88u; /* CPACR */
    *coprocessors |= 0xfu << 20;
    __asm volatile("dsb\n\tisb");
#endif
}

void reset(void)
{
    const uint32_t *from = data_load;
    uint32_t *to;
    turn_fpu_on();
    for (to = data_start; to < data_end;)
        *to++ = *from++;
    for (to = bss_start; to < bss_end;)
        *to++ = 0;
    semihosting_exit(main());
}

static void fault(void)
{
    semihosting_exit(1);
}

typedef union vector {
    void (*handler)(void);
    uint32_t *stack;
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},   {.handler = fault}, {.handler = fault},
};
