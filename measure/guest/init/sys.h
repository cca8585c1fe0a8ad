/*
 * System calls of Linux without a C library, on x86_64 and aarch64: what an init stands upon. The
 * headers of the C library give numbers and constants alone; none of its code is linked. A call
 * gives its result, or the negative of an error number.
 */
#ifndef MEASURE_GUEST_INIT_SYS_H
#define MEASURE_GUEST_INIT_SYS_H

#include <stddef.h>
#include <sys/syscall.h>

/* sys(SYS_NUMBER, ...): at most five arguments, those left out are 0. */
#define sys(...) sys_call((const long[6]){__VA_ARGS__})

static inline long sys_ptr(const void *p)
{
	return (long)p;
}

#if defined(__x86_64__)

static inline long sys_call(const long x[6])
{
	register long fourth __asm__("r10") = x[4];
	register long fifth __asm__("r8") = x[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(x[0]), "D"(x[1]), "S"(x[2]), "d"(x[3]), "r"(fourth), "r"(fifth)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long sys_call(const long x[6])
{
	register long number __asm__("x8") = x[0];
	register long first __asm__("x0") = x[1];
	register long second __asm__("x1") = x[2];
	register long third __asm__("x2") = x[3];
	register long fourth __asm__("x3") = x[4];
	register long fifth __asm__("x4") = x[5];

	__asm__ volatile("svc 0"
			 : "+r"(first)
			 : "r"(number), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
			 : "memory");
	return first;
}

#else
#error "an init is for x86_64 or aarch64"
#endif

#endif
