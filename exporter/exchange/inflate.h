/*
 * Content codings taken off, piece by piece: gzip, deflate, br, zstd (RFC 9110, 8.4.1). Pure but for the decoders' memory.
 */
#ifndef GT_INFLATE_H
#define GT_INFLATE_H

#include <stdbool.h>

#include "exporter/base/errors.h"
#include "shim/shared/str.h"

struct gt_inflate;

typedef void gt_inflate_out(void *ctx, const char *p, size_t len);

/* For the value of Content-Encoding (empty or "identity": bytes go through as they are). Gives `*out` to the caller.
 * 0, GT_EUNSUPPORTED for a coding or a list of codings that is not known, GT_ENOMEM. */
int gt_inflate_open(struct gt_str content_encoding, struct gt_inflate **out);

/* Decodes what is there and calls `emit` for it, any number of times. 0; GT_EBAD when the bytes are not in that coding;
 * GT_ETOOBIG when more than `max` bytes in all would have come out; GT_ENOMEM. After an error the decoder takes nothing more. */
int gt_inflate_feed(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx);

void gt_inflate_close(struct gt_inflate *z);

#endif
