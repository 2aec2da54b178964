/*
 * The functions behind the hooks.
 *
 * libc: one table for the process. Entries start as stubs that look their function up and call it, so that a hook works
 * before our constructor and nobody tests for NULL.
 *
 * libssl and libcurl: a process may hold several copies, some opened RTLD_LOCAL where RTLD_NEXT does not find them
 * (CPython's _ssl). The right one is the one the CALLER is linked against, so it is looked up in the scope of the object
 * that holds the return address and remembered for that object, never for the process.
 */
#ifndef GT_REAL_H
#define GT_REAL_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct mmsghdr;

struct gt_real {
#define GT_LIBC(type, name, parameters, arguments)	type(*name) parameters;
#define GT_LIBC_LATE(type, name, parameters, arguments) type(*name) parameters;
#define GT_FOREIGN(type, name, parameters)
#define GT_JUMP(name)
#include "hooks.def"
#undef GT_JUMP
#undef GT_LIBC
#undef GT_LIBC_LATE
#undef GT_FOREIGN
};

extern struct gt_real gt_real;

/* Looks up all libc functions. From the constructor; optional, the stubs do the same one by one. */
void gt_real_init(void);

enum gt_foreign {
#define GT_LIBC(type, name, parameters, arguments)
#define GT_LIBC_LATE(type, name, parameters, arguments)
#define GT_FOREIGN(type, name, parameters) GT_FOREIGN_##name,
#define GT_JUMP(name)
#include "hooks.def"
#undef GT_JUMP
#undef GT_LIBC
#undef GT_LIBC_LATE
#undef GT_FOREIGN
	/* not hooked, but called by our hooks in the library of whoever called them */
	GT_FOREIGN_SSL_get_servername,
	GT_FOREIGN_SSL_get_error,
	GT_FOREIGN_curl_easy_getinfo,
	GT_FOREIGN_curl_easy_nextheader,
	GT_FOREIGN_curl_url_get,
	GT_FOREIGN_curl_free,
	GT_FOREIGN_COUNT
};

/* The object a call came from. Valid for the life of the process. */
struct gt_caller;

/* `return_address` is __builtin_return_address(0) of the hook. Lock-free once the object is known. */
const struct gt_caller *gt_caller_of(const void *return_address);

/* The function as that object would have called it without us; NULL when it cannot be found (counted). */
void *gt_foreign(const struct gt_caller *caller, enum gt_foreign which);

#endif
