/*
 * A simulated socket under a connection. It calls the shim as the send hooks do and takes as much of each call as `take`
 * returns. It keeps the bytes on the wire, and which of them the shim inserted.
 */
#ifndef GT_WIRE_H
#define GT_WIRE_H

#include "shim/conn.h"

#define GT_WIRE_INSERTIONS 64

struct gt_wire {
	struct gt_conn *c;

	/* How many of `offered` bytes the next real call takes; 0 refuses (EAGAIN). NULL: all. */
	size_t (*take)(struct gt_wire *w, size_t offered);
	void *user;
	const size_t *script; /* of gt_wire_script: the next answers; after them, everything is taken */
	int script_n;

	char *wire; /* owned */
	size_t wire_len;
	char *app; /* owned; the bytes that the application's calls returned as accepted */
	size_t app_len;

	/* the insertions */
	struct {
		size_t at;	 /* bytes of the application before it */
		size_t from, to; /* in wire */
	} inserted[GT_WIRE_INSERTIONS];
	int n_inserted;
	bool half; /* the last call ended inside an insertion */
	bool odd;  /* the shim returned a count larger than what was offered */
};

void gt_wire_open(struct gt_wire *w, struct gt_conn *c);

/* One call of the application. Returns what the application gets: a count, or -1 for EAGAIN. */
ssize_t gt_wire_writev(struct gt_wire *w, const struct iovec *iov, int n, bool may_change);
ssize_t gt_wire_write(struct gt_wire *w, const char *p, size_t len);

/* Writes until everything is taken, as a well-behaved application does. False after 1000 refusals in a row. */
bool gt_wire_write_all(struct gt_wire *w, const char *p, size_t len);

/* Sets `take` to answer from a list. */
void gt_wire_script(struct gt_wire *w, const size_t *answers, int n);

/* What is wrong with the wire, or NULL. It must hold the application's bytes in their order. An insertion must be a
 * well-formed header line just before the blank line of a request head that a parser finds in the application's bytes.
 * Call it when `app` holds every accepted byte. */
const char *gt_wire_fault(const struct gt_wire *w);

/* Only frees memory: the connection is the caller's. */
void gt_wire_free(struct gt_wire *w);

#endif
