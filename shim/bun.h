/*
 * Bun: programs in which the whole runtime and the user's scripts are one executable file (bun, claude, opencode).
 *
 * They hold BoringSSL without symbols. Its table of functions (boring_table.h) is looked for where a compiler puts
 * constants: in the read-only segments, and among what the loader makes read-only (RELRO). A fixed executable is read as a
 * file: that touches no page of the program, so it takes no memory, and a file that is cut off does no harm. What was
 * found counts only when there is a single table, and when the process has the same bytes in memory.
 */
#ifndef GT_BUN_H
#define GT_BUN_H

#include "shim/boring_table.h"
#include "shim/object.h"

/* Does this program look like Bun? All versions give the functions that they export to plugins (napi_*) a version that
 * begins with "BUN_". Reads a few bytes of the dynamic section; never beyond d->end. Pure. */
bool gt_bun_is(const struct gt_dynamic *d);

/* A look for the table. */
struct gt_bun_found {
	struct gt_boring_table *table; /* in the program's memory; NULL: nothing is to be patched */
	const char *why_not;	       /* a literal, when `table` is NULL */
};

/* Looks for the table in the running program. Opens and closes a file; 10 to 15 ms of work. Any thread. */
struct gt_bun_found gt_bun_find(void);

#endif
