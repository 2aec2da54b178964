/*
 * The caller of a hook: a library whose calls are part of an outer hooked call, or the application.
 *
 * libcurl calls libssl, which calls libc; the outermost of the three owns the exchange. The application's own code may
 * run inside the same call of libcurl, in a callback, and what it calls there is its own.
 */
#ifndef GT_CALLER_H
#define GT_CALLER_H

#include <stdbool.h>

/* Is the code at `return_address` in a library of HTTP, TLS or sockets, in another preload that passes such calls on, or
 * in gentap itself? What the object exports decides. Any thread; remembered for each call. */
bool gt_caller_is_inner(const void *return_address);

#endif
