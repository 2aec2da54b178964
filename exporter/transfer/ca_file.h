/* The CA certificates that a collector's certificate is verified against. Exporter thread. */
#ifndef GT_CA_FILE_H
#define GT_CA_FILE_H

#include <stdbool.h>

/* True when `path` can be opened and is a readable, non-empty file. */
bool gt_file_is_readable(const char *path);

/* The path of the system's CA bundle, a static string. NULL when none of the usual places has a bundle. */
const char *gt_ca_file_of_system(void);

#endif
