/*
 * Tools that watch the program's memory and descriptors: the sanitizers of threads and memory, and valgrind.
 *
 * The thread sanitizer sees the libc calls of code that it did not compile, but not the atomics that order them. So it
 * takes copies between gentap's threads for data races of the program. Inside gentap's code its checks are switched
 * off; the program's own calls it checks as ever. It keeps one record for each descriptor number, so gentap's threads
 * share the program's table there.
 *
 * The memory sanitizer sees the same libc calls, but not what gentap's code has written. So it takes this for memory
 * without a value, and ends the program. Its checks are switched off too.
 *
 * Valgrind's helgrind and drd know locks, and no atomics: each atomic of gentap's is a data race to them. gentap is asleep
 * in a program that they watch.
 */
#ifndef GT_TOOLS_H
#define GT_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/compiler.h"

/* Functions of the sanitizers' runtimes; NULL without them. They nest. */
extern void __tsan_ignore_thread_begin(void) __attribute__((weak));
extern void __tsan_ignore_thread_end(void) __attribute__((weak));
extern void __msan_scoped_disable_interceptor_checks(void) __attribute__((weak));
extern void __msan_scoped_enable_interceptor_checks(void) __attribute__((weak));

static inline bool gt_tools_is_tsan(void)
{
	return __tsan_ignore_thread_begin && __tsan_ignore_thread_end;
}

static inline bool gt_tools_is_msan(void)
{
	return __msan_scoped_disable_interceptor_checks && __msan_scoped_enable_interceptor_checks;
}

/* Around code of gentap's, on any thread. */
static inline void gt_tools_begin(void)
{
	if (gt_unlikely(gt_tools_is_tsan()))
		__tsan_ignore_thread_begin();
	if (gt_unlikely(gt_tools_is_msan()))
		__msan_scoped_disable_interceptor_checks();
}

static inline void gt_tools_end(void)
{
	if (gt_unlikely(gt_tools_is_tsan()))
		__tsan_ignore_thread_end();
	if (gt_unlikely(gt_tools_is_msan()))
		__msan_scoped_enable_interceptor_checks();
}

/* From the constructor, with the environment. */
void gt_tools_init(char *const envp[]);

/* Does valgrind run the program? It comments on odd system calls. */
bool gt_tools_is_valgrind(void);

/* Is it valgrind's helgrind or drd? */
bool gt_tools_seeks_races(void);

#endif
