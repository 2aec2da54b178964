/*
 * Whether the loader will preload a library into a program. A static program has no loader. The loader of a
 * privileged program ignores LD_PRELOAD (ld.so(8), secure-execution mode). A program for another kind of processor cannot
 * have it. A Go program may have it, to no avail: Go makes its system calls past libc.
 */
#ifndef GT_UNPRELOADABLE_H
#define GT_UNPRELOADABLE_H

#include <stddef.h>

/* "static", "privileged", "foreign" or "go", a literal; NULL when the program will get it, or when that cannot be
 * read. Of a script the interpreter counts. Any thread, also in a vfork child; makes a few system calls and changes errno. */
const char *gt_unpreloadable(const char *path);

/* The same from the first bytes of a file, as far as they show it. Pure. */
const char *gt_unpreloadable_head(const char *p, size_t len);

#endif
