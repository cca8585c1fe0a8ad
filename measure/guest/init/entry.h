/*
 * Where a program without a C library begins: whoever includes this, once, has init_main().
 */
#ifndef MEASURE_GUEST_INIT_ENTRY_H
#define MEASURE_GUEST_INIT_ENTRY_H

_Noreturn void init_main(void);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall init_main\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, 0\n\tmov x30, 0\n\tb init_main\n");
#endif

#endif
