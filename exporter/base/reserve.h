/*
 * Memory of libc's malloc that the exporter keeps ready while its thread runs.
 *
 * glibc gives each thread a heap. It grows page by page, with a system call each time, and shrinks when much of its end
 * is free. A batch of spans would do both again and again. So the heap is grown once, and a small block at its end
 * keeps it. Pages that are never touched cost nothing. Other mallocs are not harmed.
 *
 * Exporter thread.
 */
#ifndef GT_RESERVE_H
#define GT_RESERVE_H

/* Gives the block at the end; NULL when out of memory. */
void *gt_reserve_make(void);
void gt_reserve_free(void *end);

#endif
