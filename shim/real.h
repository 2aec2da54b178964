/*
 * The real functions that the hooks call.
 *
 * libc: one table for the process. Entries start as stubs that look up their function and call it. So a hook works
 * before the constructor, and no caller needs to test for NULL.
 *
 * libssl and libcurl: a process may hold several copies. Some are opened RTLD_LOCAL, where RTLD_NEXT does not find
 * them (CPython's _ssl). The right function is the function that the loader would have bound in the CALLER, the
 * object with the return address. gt_foreign looks for it in this order:
 *
 *   1. the next definition in the global scope, in the version that the caller asks for
 *   2. the definition in the caller's own scope
 *   3. any loaded library whose file name contains "libssl" or "libcurl"
 *
 * The result is remembered per caller, never for the process.
 */
#ifndef GT_REAL_H
#define GT_REAL_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct link_map;
struct mmsghdr;

/* The single argument that a variadic function may have after `last`: a number or a pointer, passed on unchanged.
 * When the caller passed none, this is whatever a register holds, and the called function ignores it. libc does the
 * same. */
#define GT_REST(last)                            \
	({                                       \
		va_list gt_list;                 \
		long gt_rest;                    \
                                                 \
		va_start(gt_list, last);         \
		gt_rest = va_arg(gt_list, long); \
		va_end(gt_list);                 \
		gt_rest;                         \
	})

struct gt_real {
#define GT_LIBC(type, name, parameters, arguments)	type(*name) parameters;
#define GT_LIBC_LATE(type, name, parameters, arguments) type(*name) parameters;
#include "shim/hooks.def"
};

extern struct gt_real gt_real;

/* Looks up all libc functions. From the constructor; optional, because the stubs do the same one by one. */
void gt_real_init(void);

enum gt_foreign {
#define GT_FOREIGN(type, name, parameters) GT_FOREIGN_##name,
#include "shim/hooks.def"
	/* not hooked; hooks call these in the library of the function they hook */
	GT_FOREIGN_HOOKED,
	GT_FOREIGN_SSL_get_servername = GT_FOREIGN_HOOKED,
	GT_FOREIGN_SSL_get_error,
	GT_FOREIGN_SSL_ctrl,
	GT_FOREIGN_curl_easy_getinfo,
	GT_FOREIGN_curl_easy_nextheader,
	GT_FOREIGN_curl_url_get,
	GT_FOREIGN_curl_free,
	GT_FOREIGN_COUNT
};

/* The object that a call came from. Valid for the life of the process. Private to real.c, except for the fast path
 * below. */
struct gt_caller {
	uintptr_t start;
	_Atomic uintptr_t end;			     /* of its mapping; 0 while the entry is being filled */
	const struct link_map *map;		     /* NULL for code outside any object */
	void *handle;				     /* its scope; NULL for the main program and outside any object */
	_Atomic(void *) functions[GT_FOREIGN_COUNT]; /* NULL: not looked up yet; &gt_missing: not found */
};

/* `return_address` is __builtin_return_address(0) of the hook. Never NULL. Lock-free once the object is known. */
const struct gt_caller *gt_caller_of(const void *return_address);

/* The function as that object would have called it without gentap; NULL when it is not found (counted). */
void *gt_foreign(const struct gt_caller *caller, enum gt_foreign which);

#define GT_CALLERS_MAX 64 /* objects that call libssl or libcurl; a process has a handful */

extern struct gt_caller gt_callers[GT_CALLERS_MAX];
extern char gt_missing; /* its address in `functions` marks a function that was not found */

/* Both functions above in one, for hooks whose ignored call must be cheap. Costs a few loads when the caller is among
 * the first four objects and has called before. */
static inline void *gt_foreign_fast(const void *return_address, enum gt_foreign which)
{
	uintptr_t at = (uintptr_t)return_address;

	for (int i = 0; i < 4; i++) {
		struct gt_caller *c = &gt_callers[i];

		if (at < atomic_load_explicit(&c->end, memory_order_acquire) && at >= c->start) {
			void *f = atomic_load_explicit(&c->functions[which], memory_order_relaxed);

			return f && f != &gt_missing ? f : gt_foreign(c, which);
		}
	}
	return gt_foreign(gt_caller_of(return_address), which);
}

#endif
