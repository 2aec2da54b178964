/*
 * A TLS write that the library refused and that must be repeated.
 *
 * When OpenSSL refuses a write with WANT_WRITE, it has already encrypted a part of it (SSL_write(3)). The application
 * repeats the call with the same bytes, perhaps with more after them. The library requires the same address as
 * before, unless SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER is set. So gentap keeps a write that contains its own header
 * lines, at one address, until the library has taken all of it. Bytes that were offered from the application's memory
 * are offered from there again.
 *
 * Each connection has one, which lives as long as the connection: a repetition that never comes must not reach
 * another session. Only the thread that writes on the session touches it; the library allows one writer. All zero: no
 * write must be repeated.
 */
#ifndef GT_WRITE_RETRY_H
#define GT_WRITE_RETRY_H

#include "shim/splice.h"

struct gt_write_retry {
	/* Owned. What the library must be given; NULL when it must be given the application's memory. */
	char *bytes;
	size_t len; /* of `bytes` */
	/* Where the inserted text begins in `bytes`; text_at + text_len <= len. The rest of `bytes`, in order, is the
	 * start of the refused write. */
	size_t text_at;
	size_t text_len;
	/* Bytes before the text that are not the application's (splice.h), and what these are. */
	size_t patch_at;
	unsigned patch_len;
	char patched[GT_SPLICE_PATCH];
	/* This many first bytes of the refused write are on the wire: 0, or all that `bytes` holds of it. */
	size_t skip;
	/* The first bytes of the inserted text are on the wire and not in `bytes`. */
	bool is_begun;
	/* This many bytes of the refused write after `skip` were first offered from the application's memory. */
	size_t plain;
	/* The library got the refused write in parts. This many bytes of it are on the wire, and the above is about the rest.
	 * The application repeats these bytes, too. */
	size_t before;
	uint64_t before_digest;
	size_t part; /* of the rest, this many bytes were offered */
};

/* A write of up to COPY bytes is kept whole, so that it stays one record on the wire. Of a longer write only the
 * first CUT bytes are kept; the rest follows from the application's memory. */
#define GT_WRITE_RETRY_COPY_MAX (64 * 1024)
#define GT_WRITE_RETRY_CUT	(32 * 1024) /* more than any head */

/* How many of the application's bytes `bytes` holds. */
static inline size_t gt_write_retry_app_len(const struct gt_write_retry *o)
{
	return o->len - o->text_len;
}

/* Does a write begin with all the application's bytes that are kept? Only then it repeats the refused write. */
bool gt_write_retry_is_begun_by(const struct gt_write_retry *o, const char *p, size_t len);

/* Builds `bytes` from the active splice `s` and the application's write. Returns false and keeps nothing when the
 * insertion point is beyond the bytes that are kept, or when memory runs out. */
bool gt_write_retry_keep(struct gt_write_retry *o, const struct gt_splice *s, const char *p, size_t len);

/* The first `n` bytes of a write are on the wire, and the application must repeat them. */
void gt_write_retry_set_before(struct gt_write_retry *o, const char *p, size_t n);

/* Does a write begin with these bytes, and go on? True without any. */
bool gt_write_retry_has_before(const struct gt_write_retry *o, const char *p, size_t len);

/* The library has taken the whole write, or it was given up: frees `bytes`. */
void gt_write_retry_drop(struct gt_write_retry *o);

#endif
