/*
 * Base64 decoder (RFC 4648, section 4). Pure.
 */
#ifndef GT_BASE64_H
#define GT_BASE64_H

#include "shim/shared/str.h"

/* Decodes up to the first `=` or the end; `out` must have room for in.len * 3 / 4 + 1 bytes. Returns the number of
 * bytes written, or -1 on a character outside the alphabet. */
long gt_base64_decode(struct gt_str in, char *out);

#endif
