/*
 * What a connection is made of, for the files that make up conn.h: conn.c (its life), conn_bytes.c (what goes through it), conn_tell.c
 * (what the exporter is told), and outbound.c and inbound.c for what is peculiar to clients and servers.
 */
#ifndef GT_CONN_STATE_H
#define GT_CONN_STATE_H

#include "shim/conn.h"
#include "shim/context.h"
#include "shim/owed_write.h"
#include "shim/rpc_scan.h"

/* One direction that is parsed. */
struct gt_conn_side {
	struct gt_http1 http;
	struct gt_event *head; /* owned; the first head->len bytes of a head that came in pieces; NULL otherwise */
};

enum gt_plan_state { GT_UNDECIDED, GT_NOT_OURS, GT_OURS };

struct gt_plan {
	uint8_t state;	 /* enum gt_plan_state, of the head that is about to be sent */
	uint64_t digest; /* of that head */
};

struct gt_conn {
	_Atomic uint32_t refs; /* 0: the slot is free */
	_Atomic uint32_t generation;
	_Atomic uint32_t entries; /* table entries that name it; each holds a reference */
	_Atomic bool aliased;	  /* there was more than one */
	uint32_t free_below;	  /* index + 1 of the next free slot */
	uint8_t role;
	bool is_tls;
	uint64_t stream;
	uint64_t socket;
	int fd; /* under which the socket became known, -1 when it did not: another one's by now, unless `socket` says so */
	uint16_t peer_len;
	char peer[256];

	_Atomic bool tx_busy, rx_busy; /* a thread is inside that side */
	_Atomic bool ended;	       /* END is told, or there was nothing to tell */
	_Atomic bool answer_wanted;    /* a request of ours was announced and no fence followed */
	_Atomic bool rx_seen;	       /* outbound: something was received since the last request */
	_Atomic bool text_due;	       /* a part of the splice's text is on the wire (or encrypted), the rest has to follow */
	_Atomic bool half_closed;      /* TLS: close_notify was sent */
	_Atomic uint32_t unanswered;   /* inbound: requests read minus responses sent */

	/* the thread inside the side that requests go through: tx of outbound, rx of inbound */
	bool ours;     /* the request at hand goes to the exporter */
	uint64_t kept; /* bytes of it that went there */

	/* the thread inside the other one */
	uint64_t gap; /* bytes of answers that found no room in the hand-off */

	/* the thread with tx_busy */
	struct gt_conn_side tx;
	struct gt_plan plan;
	struct gt_splice splice;
	struct gt_event *lines;	   /* owned; the splice's text */
	struct gt_owed_write owed; /* TLS */
	bool is_final;		   /* inbound: the answer at hand is no interim one */

	/* the thread with rx_busy */
	struct gt_conn_side rx;

	/* set at the first BEGIN, used once by gt_conn_end: the one event that must not find the pool full */
	struct gt_event *_Atomic end;

	/* inbound: what the request is served in. Written by the thread with rx_busy; `has_served` is set (release) behind the rest,
	 * and cleared before `unanswered` is raised (release) */
	_Atomic bool has_served;
	bool served_is_ours; /* it is the context of its own span, else of who sent it */
	struct gt_trace_context served;
	struct gt_event *served_state; /* owned; its tracestate */
	bool head_request;

	/* inbound, the thread with rx_busy: of the request at hand, when it is ours */
	struct gt_rpc_scan scan;
	struct gt_trace_context span; /* as it was told */
	bool is_certain, came_with_context;
};

/* What is known of a request when it is announced. `host` is the server's name, or the client's address of an inbound one. */
struct gt_announced {
	const struct gt_endpoint *endpoint;
	const struct gt_parentage *parentage;
	struct gt_str host;
	uint16_t port;
	struct gt_mono at;
	struct gt_wall wall;
	bool injected;
};

/* Puts BEGIN, and lays END ready; from now on the answer is wanted. False when there is no memory: the request is none of ours. */
bool gt_conn_announce(struct gt_conn *c, const struct gt_announced *what);

/* Bytes of the request that was announced last, and of what is answered. The thread inside that side. */
void gt_conn_keep_request(struct gt_conn *c, const char *raw, size_t len);
void gt_conn_copy_answer(struct gt_conn *c, struct gt_mono at, const char *p, size_t len);

/* From now on nothing more of the request is copied: it is too long, or there was no room. */
void gt_conn_keep_no_more(struct gt_conn *c);

/* Tells of dropped bytes before any that follow them. False when that has found no room either. The thread inside that side. */
bool gt_conn_tell_gap(struct gt_conn *c);

/* Tells END. Takes `e`, which may be NULL: nothing was ever announced. */
void gt_conn_tell_end(struct gt_conn *c, struct gt_event *e, enum gt_end_why why, int code);

/* Gives an event back to the pool, if there is one. */
void gt_conn_drop_event(struct gt_event **e);

/* Whoever connects may leave the head of his request unfinished, and its first bytes are kept in the common pool: together these get a
 * share of it. False when it is used up; else it is given back with the block. Any thread. */
bool gt_conn_take_share(void);
void gt_conn_give_share(void);

/* Gives the block back that holds the first bytes of a head, if there is one, and its share. The thread inside that side. */
void gt_conn_drop_head(struct gt_conn *c, struct gt_conn_side *s);

/* Who is connected to, as the application's TLS library knows it; may be empty. */
struct gt_str gt_conn_peer(const struct gt_conn *c);

/* A request that is not ours comes after one that is. `is_settled`: all before it is answered. False when there was no room to say
 * so: then the connection has to be given up. */
bool gt_conn_pass_by(struct gt_conn *c, bool no_body, bool is_settled);

/* It can no longer be told whose bytes are whose. */
void gt_conn_lose(struct gt_conn *c);

/* Looks for the end of a head in this write, decides about it once. True when lines of ours go into this write. */
bool gt_outbound_plan(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change);

/* Events of the framing of what an outbound connection sends. */
void gt_outbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

/* Events of the framing of an inbound connection: what it receives, and what it sends. */
void gt_inbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);
void gt_inbound_answer(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

#endif
