/*
 * The real functions of libc that the hooks call: one table for the process. Entries start as stubs that look up their
 * function and call it. So a hook works before the constructor, and no caller needs to test for NULL. Functions of other
 * libraries are in foreign.h.
 */
#ifndef GT_REAL_H
#define GT_REAL_H

#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

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

/* Finds all libc functions. From the constructor, also when gentap stays asleep. A stub does the same at the first call,
 * which clears the message that the application has not yet read by dlerror(). */
void gt_real_init(void);

/* The file of another object whose connect or send comes before gentap's, or NULL. What it passes to libc itself, gentap
 * does not see. */
const char *gt_real_in_front(void);

/* libc's own definition of a function, whatever other preloads define: for gentap's own traffic. NULL when not found. Takes
 * the loader's locks. */
void *gt_libc_own(const char *name);

#endif
