/* Runs on the microcontroller: compares a network with the interpreter's outputs, then measures the
 * instructions of an inference and the stack that it touches. */
#include <stdint.h>

#include "policy.h"
#include "semihosting.h"

#ifdef POLICY_IN_FRACTION_BITS
typedef int32_t number;
#define REGISTER "r"
#else
typedef float number;
#ifdef __ARM_FP
#define REGISTER "t"
#else
#define REGISTER "r"
#endif
#endif
#include "vectors.h"

extern uint32_t stack_bottom[];

enum { PAINT = 0x5aa5c33c, CALIBRATION = 1000000 };

/* As policy, but it does nothing: what a call and the loop around it cost. */
__attribute__((noinline)) static void nothing(const number *in, number weight, number *out)
{
    __asm volatile("" : : "r"(in), REGISTER(weight), "r"(out) : "memory");
}

static int failures(void)
{
    int i, o, n = 0;
    for (i = 0; i < VECTORS; i++) {
        number out[POLICY_OUTPUTS];
        policy(vector_in[i], vector_weight, out);
        for (o = 0; o < POLICY_OUTPUTS; o++) {
            const number error = out[o] - vector_out[i][o];
            n += !(error <= vector_error[i][o] && -error <= vector_error[i][o]);
        }
    }
    return n;
}

static volatile uint32_t *const systick = (uint32_t *)0xe000e010u; /* control, reload, value */

static uint32_t clock_now(void)
{
    return 0xffffffu - systick[2]; /* it counts down */
}

static uint32_t run(void (*network)(const number *in, number weight, number *out), int rounds)
{
    const uint32_t start = clock_now();
    number out[POLICY_OUTPUTS];
    int i, round;
    for (round = 0; round < rounds; round++)
        for (i = 0; i < VECTORS; i++)
            network(vector_in[i], vector_weight, out);
    return (clock_now() - start) & 0xffffffu;
}

/* Two instructions a turn. */
static uint32_t calibrate(void)
{
    const uint32_t start = clock_now();
    uint32_t n = CALIBRATION / 2;
    __asm volatile("1: subs %0, #1\n\tbne 1b" : "+r"(n) : : "cc");
    return (clock_now() - start) & 0xffffffu;
}

static long instructions(void)
{
    enum { ROUNDS = 20 };
    uint64_t ticks;
    systick[1] = 0xffffffu;
    systick[2] = 0;
    systick[0] = 5; /* on, at the processor's clock */
    ticks = run(policy, ROUNDS) - (uint64_t)run(nothing, ROUNDS);
    return (long)(ticks * CALIBRATION / calibrate() / (ROUNDS * VECTORS));
}

static uint32_t *stack_pointer(void)
{
    uint32_t *sp;
    __asm volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

/* Bytes below the caller's stack that inferences touched. */
static __attribute__((noinline)) long stack(void)
{
    number out[POLICY_OUTPUTS];
    uint32_t *const top = stack_pointer(), *at;
    int i;
    for (at = stack_bottom; at < top; at++)
        *(volatile uint32_t *)at = PAINT;
    for (i = 0; i < VECTORS; i++)
        policy(vector_in[i], vector_weight, out);
    for (at = stack_bottom; *(volatile uint32_t *)at == PAINT;)
        at++;
    return (top - at) * (long)sizeof *top;
}

int main(void)
{
    const int failed = failures();
    semihosting_print("failures ");
    semihosting_print_number(failed);
    semihosting_print(" instructions ");
    semihosting_print_number(instructions());
    semihosting_print(" stack ");
    semihosting_print_number(stack());
    semihosting_print("\n");
    return failed != 0;
}
