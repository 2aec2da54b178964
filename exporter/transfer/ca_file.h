/* Where the certificates are that a collector's own is checked with. */
#ifndef GT_CA_FILE_H
#define GT_CA_FILE_H

#include <stdbool.h>

/* True when `path` can be opened and read. */
bool gt_file_is_readable(const char *path);

/* The system's bundle, or NULL when it has none in a usual place. Lives for ever. */
const char *gt_ca_file_of_system(void);

#endif
