/*
 * Reads one field of an uploaded form (multipart/form-data, RFC 7578). Pure.
 */
#ifndef GT_MULTIPART_H
#define GT_MULTIPART_H

#include <stdbool.h>

#include "shim/shared/str.h"

/* The value of the first complete part with this name, borrowed from `body`, which may be cut short. False when the
 * content type is another, or `body` has no such part. */
bool gt_multipart_field(struct gt_str content_type, struct gt_str body, const char *name, struct gt_str *value);

#endif
