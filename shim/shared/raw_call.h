/*
 * System calls without libc: gentap hooks syscall(2)'s wrapper, and others interpose it too.
 *
 * Returns the kernel's result: -errno on failure. Does not touch errno. Calls of gentap's own go through the gate
 * (gate.h), not through this.
 */
#ifndef GT_RAW_CALL_H
#define GT_RAW_CALL_H

#include <sys/syscall.h>

#if defined(__x86_64__)
static inline long gt_raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long gt_raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
			 x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
	return x0;
}
#else
#error "system calls have to be written for this processor"
#endif

#endif
