/* Semihosting: the debugger, or qemu, prints and ends the program for us. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

void semihosting_print(const char *text);
void semihosting_print_number(long number);

/* qemu ends with 0 where code is 0, with 1 elsewhere. Does not return. */
void semihosting_exit(int code);

#endif
