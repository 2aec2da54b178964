/*
 * A field of a form that was uploaded in parts (multipart/form-data, RFC 7578). Pure.
 */
#ifndef GT_MULTIPART_H
#define GT_MULTIPART_H

#include <stdbool.h>

#include "shim/shared/str.h"

/* The value of the first part with this name; it lies in `body`, which may be cut short. False: no such form, or no such part
 * that is whole. */
bool gt_multipart_field(struct gt_str content_type, struct gt_str body, const char *name, struct gt_str *value);

#endif
