/*
 * The header fields of HTTP/2 (HPACK, RFC 7541): decodes the header blocks of one direction of a connection, and keeps the
 * table that both ends keep. Pure: no allocation, no clock, no state outside the struct.
 *
 * The table has the size that the encoder announces in its blocks. What the decoder's end allows (SETTINGS_HEADER_TABLE_SIZE)
 * need not be known: an encoder that makes use of it announces that first (RFC 7541, 4.2).
 *
 * Every block has to pass, in order and whole, also of messages that are of no interest. After an error the table is no
 * longer that of the ends, so the connection cannot be followed any more.
 */
#ifndef GT_HPACK_H
#define GT_HPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

#define GT_HPACK_TABLE_FIRST 4096	 /* the size of a table at first (RFC 9113, 6.5.2) */
#define GT_HPACK_TABLE_MAX   (64 * 1024) /* a larger table is an error; large servers allow this much */
#define GT_HPACK_BLOCK_MAX   (32 * 1024) /* of one block; a longer one is an error */
#define GT_HPACK_FIELD	     32		 /* RFC 7541, 4.1: what a field counts beside its name and value */

struct gt_hpack_entry {
	uint32_t at; /* in `store`: the name, then the value */
	uint32_t name_len, value_len;
};

/* Large, and mostly never touched: in memory of the kernel's only the pages that a table needs exist. */
struct gt_hpack {
	uint32_t max;	 /* the size of the table at present; size <= max <= GT_HPACK_TABLE_MAX */
	uint32_t size;	 /* of all entries, GT_HPACK_FIELD for each included */
	uint32_t n;	 /* entries */
	uint32_t newest; /* of them: its place in `entries`, a ring */
	uint32_t end;	 /* of the bytes in `store`; the oldest entry begins them */
	uint32_t last;	 /* where the last field of the latest block begins in it */
	struct gt_hpack_entry entries[GT_HPACK_TABLE_MAX / GT_HPACK_FIELD];
	char store[2 * GT_HPACK_TABLE_MAX];			   /* of it, 2 * max bytes are used */
	char scratch[GT_HPACK_TABLE_MAX + 2 * GT_HPACK_BLOCK_MAX]; /* a name and a value while a field is decoded */
};

/* `name` and `value` are valid until it returns. */
typedef void gt_hpack_field(void *ctx, struct gt_str name, struct gt_str value);

/* Sets the fields up to `entries`. */
void gt_hpack_init(struct gt_hpack *h);

/* Decodes one whole block and calls `on` (may be NULL) for each field. False: the block is not HPACK, or a bound above does
 * not hold. */
bool gt_hpack_decode(struct gt_hpack *h, const char *block, size_t len, gt_hpack_field *on, void *ctx);

#endif
