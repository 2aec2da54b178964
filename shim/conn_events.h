/*
 * The events that a connection emits to the exporter: BEGIN when a request matches, copies of its bytes and of its
 * answer's, FENCE or PLACEHOLDER when another request follows, END.
 *
 * Thread: inside the side that carries the bytes, unless noted. Nothing here waits; where the pool is full, bytes
 * become a gap.
 */
#ifndef GT_CONN_EVENTS_H
#define GT_CONN_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/context.h"
#include "shim/shared/exchange.h"
#include "shim/shared/match.h"

struct gt_conn;

/* What is known of a request when it is announced. All borrowed. */
struct gt_announced {
	const struct gt_endpoint *endpoint;
	const struct gt_parentage *parentage;
	struct gt_str host; /* outbound: the server's name; inbound: the client's address */
	uint16_t port;
	struct gt_mono at;
	struct gt_wall wall;
	bool is_injected; /* the request gets a traceparent line */
	uint64_t stream;  /* names the exchange to the exporter */
	uint8_t source;	  /* enum gt_source */
	bool is_http2;
};

/* Gives the BEGIN event, or NULL without memory. */
struct gt_event *gt_conn_make_begin(struct gt_conn *c, const struct gt_announced *what);

/* Emits BEGIN of the connection's own stream and prepares END; from now on the answer is copied. False without memory
 * (counted): the request is not reported. */
bool gt_conn_announce(struct gt_conn *c, const struct gt_announced *what);

/* Copies the head of the request that was announced last, in `raw`, without the values of fields that may be credentials. */
void gt_conn_keep_head(struct gt_conn *c, const struct gt_http1_head *head, const char *raw, size_t len);

/* Copies bytes of the body of that request, and of its answer. */
void gt_conn_keep_request(struct gt_conn *c, const char *raw, size_t len);
void gt_conn_copy_answer(struct gt_conn *c, struct gt_mono at, const char *p, size_t len);

/* Copies frames that a WebSocket sends, at the time before the call. Bytes that do not fit are the last: where frames
 * begin is not known after them. */
void gt_conn_keep_frames(struct gt_conn *c, struct gt_mono at, const char *raw, size_t len);

/* False when nothing more of that request is copied: it is not followed, memory was short, or it was too long. */
bool gt_conn_copies_request(const struct gt_conn *c);

/* Leaves bytes of the answer out. No system call, whatever memory allows. */
void gt_conn_skip_answer(struct gt_conn *c, size_t len);

/* Copies no more of this request, and reports it as cut: it is too long, or it cannot be looked at. */
void gt_conn_keep_no_more(struct gt_conn *c);

/* Reports dropped bytes of the answer before any that follow them. False when the pool has no room for that either. */
bool gt_conn_emit_gap(struct gt_conn *c);

/* A request that gentap does not follow comes after a request that it does. `is_settled`: everything before it is
 * answered. False without memory to report it: the caller must leave the connection, because answers are on their way. */
bool gt_conn_pass_by(struct gt_conn *c, bool no_body, bool is_settled);

/* Emits END. Takes `e`; NULL when no exchange was announced. Any thread. */
void gt_conn_emit_end(struct gt_conn *c, struct gt_event *e, enum gt_end_why why, int code);

#endif
