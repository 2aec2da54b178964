/*
 * Base64 as it stands in headers (RFC 4648), with or without its padding. Pure.
 */
#ifndef GT_BASE64_H
#define GT_BASE64_H

#include "arena.h"

/* The bytes, in `a`. GT_EBAD when it is no base64, GT_ENOMEM. */
int gt_base64_decode(struct gt_arena *a, struct gt_str s, struct gt_str *out);

#endif
