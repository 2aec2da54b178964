/*
 * A write over TLS that the library has refused, and that must come again.
 *
 * OpenSSL (SSL_write(3)) has encrypted a part of what it refuses with WANT_WRITE. The application repeats the call with the same
 * bytes, perhaps with more behind them; the library asks for the address it was given before, unless
 * SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER is set. So bytes with lines of ours among them are kept, at one address, until all of them are
 * taken, and bytes that were offered in the application's own memory are offered there again.
 *
 * One belongs to each connection and lives as long as it does: a repetition that never comes must not meet another session. Touched
 * by the thread that writes on the session, which the library lets be only one. Zeroes are a write that is not owed.
 */
#ifndef GT_OWED_WRITE_H
#define GT_OWED_WRITE_H

#include "shim/splice.h"

struct gt_owed_write {
	char *bytes;	 /* owned; what the library must be given, NULL when that is the application's memory as it is */
	size_t len;	 /* of `bytes` */
	size_t text_at;	 /* where in `bytes` the text of ours begins, text_at + text_len <= len */
	size_t text_len; /* the rest of `bytes`, in order, are the first bytes of the write that is owed */
	size_t skip;	 /* so many first bytes of that write are on the wire already: 0, or all that are in `bytes` */
	bool is_begun;	 /* the first bytes of our text are on the wire, and not in `bytes` */
	size_t plain;	 /* of what is owed, behind `skip`, so many bytes were offered first in the application's own memory */
};

/* Up to COPY bytes a whole write is kept, so that it stays one record on the wire where it was one; of a longer one only the first
 * CUT bytes are, and the rest follows from the application's own memory. */
#define GT_OWED_COPY_MAX (64 * 1024)
#define GT_OWED_CUT	 (32 * 1024) /* more than any head */

/* Bytes of the application's that `bytes` stand for. */
static inline size_t gt_owed_app_len(const struct gt_owed_write *o)
{
	return o->len - o->text_len;
}

/* Does a write begin with all the application's bytes that are kept? Only then it is the one that is owed. */
bool gt_owed_is_begun_by(const struct gt_owed_write *o, const char *p, size_t len);

/* Lays the splice out in memory that stays. False when its point lies further on than what is kept of a write, or there is no
 * memory: nothing is kept then. `s` is active. */
bool gt_owed_keep(struct gt_owed_write *o, const struct gt_splice *s, const char *p, size_t len);

/* The whole write is taken, or given up: frees `bytes`. */
void gt_owed_drop(struct gt_owed_write *o);

#endif
