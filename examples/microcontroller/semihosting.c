/* Semihosting: the debugger, or qemu, prints and ends the program for us. */
#include "semihosting.h"

enum { WRITE0 = 0x04, EXIT = 0x18, APPLICATION_EXIT = 0x20026, RUN_TIME_ERROR = 0x20023 };

static int call(int operation, const void *argument)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihosting_print(const char *text)
{
    call(WRITE0, text);
}

void semihosting_print_number(long number)
{
    char digits[16];
    char *at = digits + sizeof digits;
    unsigned long rest = number < 0 ? 0ul - (unsigned long)number : (unsigned long)number;
    *--at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0)
        *--at = '-';
    semihosting_print(at);
}

void semihosting_exit(int code)
{
    call(EXIT, (const void *)(code == 0 ? APPLICATION_EXIT : RUN_TIME_ERROR));
    for (;;) {
    }
}
