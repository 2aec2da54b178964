/*
 * What a dlopen with RTLD_DEEPBIND is about to load, and what it would mean to clear the flag.
 *
 * A library opened with that flag looks up its symbols in itself and its dependencies first, so no preload reaches it:
 * PHP up to 8.4 opens every extension that way. Without the flag, gentap sees the extension's calls of libcurl. But the
 * flag is also how a plugin gets its own copy of a library where the host has another. So gentap reads the files that
 * the loader is about to map, and asks to clear the flag only if
 *
 *	1. one of the files calls a function of libcurl or libssl that gentap hooks, or the first calls dlopen, and
 *	2. a symbol that the files refer to, and that the files define, is never also defined by a loaded object: every
 *	   reference is bound as with the flag, except for those that gentap hooks.
 *
 * What the first file opens by dlopen may be such a library (ssl_copies.h).
 *
 * Functions of the C++ standard library that both sides have compiled in (vague linkage) do not count for 2.
 */
#ifndef GT_SCOPE_H
#define GT_SCOPE_H

#include <stdbool.h>

/* May the flag be cleared when this file is opened? Makes system calls that dlopen makes as well. Any thread. */
bool gt_scope_may_open(const char *file);

#endif
