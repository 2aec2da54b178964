/*
 * Which header fields the exporter reads. The preload copies only these out of a message source; the exporter asserts that
 * it asks for no other. A new field is a row of read_fields.def. Pure.
 */
#ifndef GT_READ_FIELDS_H
#define GT_READ_FIELDS_H

#include "shim/shared/str.h"

/* ASCII case does not matter. */
bool gt_field_is_read(struct gt_str name);

#endif
