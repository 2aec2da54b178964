/*
 * The arguments that the process was started with. A program may overwrite them with a title for ps, so gentap copies
 * them before main runs. The exporter makes service.name of the copy; no other argument leaves the process.
 */
#ifndef GT_ARGUMENTS_H
#define GT_ARGUMENTS_H

#include <stddef.h>

#define GT_ARGUMENTS_MAX  64   /* what an interpreter runs is among its first arguments */
#define GT_ARGUMENTS_ROOM 8192 /* bytes of all, with their ends */
#define GT_ARGUMENT_LONG  1024 /* an argument of so many bytes is code, a prompt or a list of folders: */
#define GT_ARGUMENT_CUT	  64   /* so much of it is kept, because it may be an option that ends in a value */

/* Copies `argv`, up to NULL; it may be NULL itself. Once, in the constructor. No allocation, no system call. */
void gt_arguments_keep(char *const argv[]);

/* The copy, NULL-terminated; for ever. NULL when the process has no argument. A forked child has its parent's. */
char *const *gt_arguments(void);

#endif
