/*
 * The state of one connection, for the files that implement conn.h. The hooks see conn.h only.
 *
 *	conn.c		slots, references, ends
 *	conn_bytes.c	the bytes that pass through a connection
 *	conn_events.c	the events that the exporter gets (conn_events.h)
 *	outbound.c	connections on which this process is the client (outbound.h)
 *	inbound.c	connections on which it is the server (inbound.h)
 *	http2.c		connections in HTTP/2, of which only the first part of the struct is in use (http2.h)
 */
#ifndef GT_CONN_STATE_H
#define GT_CONN_STATE_H

#include "shim/answer_fields.h"
#include "shim/conn.h"
#include "shim/http2.h"
#include "shim/inbound.h"
#include "shim/outbound.h"
#include "shim/shared/http1.h"
#include "shim/write_retry.h"

/* One direction, where its bytes are parsed. */
struct gt_conn_side {
	struct gt_http1 http;
	struct gt_event *head; /* owned; the first head->len bytes of a head that arrives in pieces; else NULL */
	bool is_blind;	       /* the descriptor may be another file's: the socket must be compared before a head counts */
	bool skips_answer;     /* valid while blind: these bytes are left out of an answer of interest */
	uint64_t stream;       /* of the side that carries answers: the stream that its state belongs to */
};

struct gt_conn {
	_Atomic uint32_t refs;	  /* 0: the slot is free */
	_Atomic uint32_t entries; /* table entries that name it; each holds a reference */
	_Atomic bool is_aliased;  /* it has had more than one entry */
	uint32_t free_below;	  /* index + 1 of the next free slot */
	uint8_t role;		  /* enum gt_role */
	bool is_tls;
	/* Names the events to the exporter. It changes when the connection is lost and taken up again, or when the pool had
	 * no room for a FENCE. The thread inside the side that carries requests sets it. */
	_Atomic uint64_t stream;
	uint64_t socket; /* the kernel's number of the socket, 0 when unknown */
	/* The descriptor at the time the socket was found, or -1. The application may have reused the number since: compare the
	 * kernel's number with `socket` before use. */
	int fd;
	uint16_t peer_len;
	char peer[256];
	struct gt_http2 *http2; /* owned; NULL: the connection speaks HTTP/1. Set before another thread sees the connection */

	_Atomic bool is_tx_busy, is_rx_busy; /* a thread is inside that side */
	_Atomic bool has_ended;		     /* gt_conn_end has run; END is emitted if an exchange was announced */
	_Atomic bool is_adrift;		     /* lost: until a request head takes it up again */
	_Atomic bool was_http;		     /* a request head has passed; else there is nothing to take up again */
	_Atomic bool is_tunnel;		     /* the latest request was CONNECT: what follows need not be HTTP */
	_Atomic bool has_bytes;		     /* a hook has seen some */
	_Atomic bool has_answered;	     /* while adrift: bytes went the way of the answers since */
	_Atomic bool is_answer_wanted;	     /* a matched request was announced, and no fence followed */
	_Atomic bool is_half_closed;	     /* TLS: close_notify was sent */

	/* Owned by the thread inside the side that carries requests: tx of outbound, rx of inbound. */
	bool is_ours;  /* the current request goes to the exporter */
	bool is_guess; /* it was taken up again: gentap adds nothing to it */
	uint64_t kept; /* bytes of it that were copied */
	bool is_bare;  /* memory is short: none are */
	size_t ahead;  /* of a WebSocket: bytes that were copied, and that the application has yet to send */

	/* Owned by the thread inside the side that carries answers. */
	uint64_t gap;		      /* bytes of answers in its stream that were dropped because the hand-off was full */
	_Atomic bool has_gap;	      /* there are such bytes, since the last request was announced */
	_Atomic bool is_gap_reported; /* a BEGIN reported them: `gap` begins again at 0 */
	struct gt_answer_fields fields;

	struct gt_conn_side tx, rx;  /* owned by the thread with is_tx_busy, rx_busy */
	struct gt_write_retry retry; /* TLS; the thread with is_tx_busy */

	/* The END event, allocated at the first BEGIN so that it cannot fail. gt_conn_end takes it. */
	struct gt_event *_Atomic end;

	struct gt_outbound out; /* role outbound */
	struct gt_inbound in;	/* role inbound */
};

/* Returns an event to the pool and sets the pointer to NULL. NULL-safe. */
void gt_conn_drop_event(struct gt_event **e);

/* A client may leave the head of its request unfinished while the pool holds the first bytes. All such heads together
 * get a share of the pool (GT_CONN_SHARE). False when the share is used up. gt_conn_drop_head returns what was taken.
 * Any thread. */
bool gt_conn_take_share(void);
void gt_conn_give_share(void);

/* Frees the block with the first bytes of a head, if any, and its share. The thread inside that side. */
void gt_conn_drop_head(struct gt_conn *c, struct gt_conn_side *s);

/* The server's name as the TLS library knows it (SNI); may be empty. */
struct gt_str gt_conn_peer(const struct gt_conn *c);

/* gentap can no longer tell what the bytes mean. Ends what was reported; a later request head takes the connection up
 * again, if it ever was HTTP. Counted. Any thread. */
void gt_conn_lose(struct gt_conn *c);

/* Stops following the connection for good. Counted as gt_conn_lose. Any thread. */
void gt_conn_leave(struct gt_conn *c);

/* The thread inside the side that carries requests. The exporter gets a new stream; what it knows of the old stream has
 * ended or is ended here. */
void gt_conn_change_stream(struct gt_conn *c);

/* Takes a lost connection up again at a request head, in the side that carries requests. */
void gt_conn_resume(struct gt_conn *c, struct gt_conn_side *s);

/* For the thread inside the side that carries answers, before it uses its state: drops what belongs to another stream. */
void gt_conn_meet_stream(struct gt_conn *c);

static inline uint64_t gt_conn_stream(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->stream, memory_order_relaxed);
}

#endif
