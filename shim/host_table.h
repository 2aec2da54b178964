/*
 * The table of functions and data that the preload lends to the exporter (shared/exporter_host.h), and what its threads do
 * first and last.
 */
#ifndef GT_HOST_TABLE_H
#define GT_HOST_TABLE_H

#include "shim/shared/exporter_host.h"

/* Once, from the constructor. Borrows `argv` for ever. */
void gt_host_table_init(char *const argv[]);

/* The table, complete. On the exporter's thread, when it begins: looks the executable's path up, once. */
const struct gt_exporter_host *gt_host_table(void);

/* Marks the calling thread as gentap's own, and as over. */
void gt_host_table_begin_thread(void);
void gt_host_table_end_thread(void);

#endif
