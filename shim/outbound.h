/*
 * Outbound connections: this process is the client, and gentap may add header lines to its requests.
 *
 * Thread: inside the transmit side, except for the atomics.
 */
#ifndef GT_OUTBOUND_H
#define GT_OUTBOUND_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "shim/shared/exchange.h"
#include "shim/splice.h"

struct gt_conn;
struct gt_http1_event;
struct gt_tx;

enum gt_plan_state { GT_UNDECIDED, GT_NOT_OURS, GT_OURS };

/* The decision about the head that the application sends next. */
struct gt_plan {
	uint8_t state;	 /* enum gt_plan_state */
	uint64_t digest; /* of that head, so that a repeated write of it gets the same decision */
};

struct gt_outbound {
	struct gt_plan plan;
	struct gt_splice splice;
	struct gt_event *lines;	  /* owned; the splice's text */
	_Atomic bool has_rx;	  /* bytes were received since the last request was announced */
	_Atomic bool is_text_due; /* a part of the splice's text is sent (or encrypted), and the rest has to follow */
};

/* Before a write. Looks for the end of a head in it and decides about that head once. True when header lines go into
 * this write. */
bool gt_outbound_plan(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change);

/* An event of the framing of what was sent, with the bytes it was made of. */
void gt_outbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

#endif
