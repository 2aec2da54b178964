/*
 * Base64 (RFC 4648, section 4) read back. Pure.
 */
#ifndef GT_BASE64_H
#define GT_BASE64_H

#include "shim/shared/str.h"

/* Decodes up to the first `=` or the end; `out` has room for in.len * 3 / 4 + 1 bytes. Returns how many were written, or -1
 * when a character is none of the alphabet. */
long gt_base64_decode(struct gt_str in, char *out);

#endif
