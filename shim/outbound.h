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
#include "shim/status_scan.h"

struct gt_conn;
struct gt_http1_event;
struct gt_request_view;
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
	struct gt_event *lines; /* owned; the splice's text */
	_Atomic bool has_rx;	/* bytes were received since the last request was announced */

	/* The latest request offers another protocol (Upgrade), and its answer is not known yet. While it is false, `scan`
	 * belongs to the thread inside the transmit side; while it is true, to the thread inside the receive side. */
	_Atomic bool is_offered;
	bool is_offer_sent; /* its head has left; else it is only planned */
	struct gt_status_scan scan;
	_Atomic bool offers_socket; /* it is the handshake of a WebSocket whose frames the exporter reads */
	_Atomic bool is_socket;	    /* and the server has agreed: no HTTP follows */

	_Atomic bool is_text_due; /* a part of the splice's text is sent (or encrypted), and the rest has to follow */
};

/* The server, as the application names it. Borrows from the connection and the view. */
struct gt_str gt_outbound_host(const struct gt_conn *c, const struct gt_request_view *view, uint16_t *port);

void gt_outbound_init(struct gt_outbound *out);

/* Forgets the decision about the next head, and lines that are not sent yet. */
void gt_outbound_drop_plan(struct gt_outbound *out);

/* Before a write. Looks for the end of a head in it and decides about that head once. True when header lines go into
 * this write. */
bool gt_outbound_plan(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change);

/* Bytes were received while an offer waits for its answer. The thread inside the receive side. */
void gt_outbound_watch_answer(struct gt_conn *c, const char *p, size_t len);

/* The connection is a WebSocket whose frames the exporter reads: what is sent is copied, and no request begins. Any thread. */
bool gt_outbound_is_socket(const struct gt_conn *c);

/* An event of the framing of what was sent, with the bytes it was made of. */
void gt_outbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

#endif
