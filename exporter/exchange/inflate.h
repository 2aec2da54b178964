/*
 * Decodes content codings piece by piece: gzip, deflate, br, zstd (RFC 9110, 8.4.1). Pure except for the decoders'
 * memory.
 */
#ifndef GT_INFLATE_H
#define GT_INFLATE_H

#include <stdbool.h>

#include "exporter/base/errors.h"
#include "shim/shared/str.h"

struct gt_inflate;

typedef void gt_inflate_out(void *ctx, const char *p, size_t len);

/* Opens a decoder for a value of Content-Encoding; empty or "identity" passes bytes unchanged. Gives `*out`. 0;
 * GT_EUNSUPPORTED for an unknown coding or any list of codings; GT_ENOMEM. */
int gt_inflate_open(struct gt_str content_encoding, struct gt_inflate **out);

/* Decodes the bytes and calls `emit` any number of times. 0; GT_EBAD when the bytes are not in that coding; GT_ETOOBIG
 * when the total output would exceed `max` bytes; GT_ENOMEM. After an error every call returns the same error. */
int gt_inflate_feed(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx);

void gt_inflate_close(struct gt_inflate *z);

#endif
