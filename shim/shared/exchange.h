/*
 * The events that hooks send to the exporter: the contract between application threads and the exporter thread.
 *
 * An exchange is one request and its response. It arrives as a series of events. Each event is one block of bounded
 * size. Events arrive in the order in which the application's calls returned. Two kinds of source produce the same
 * series:
 *
 *   stream (TLS, sockets)	`stream` identifies a connection. REQUEST and RESPONSE carry its raw bytes; the exporter
 *				splits them into messages. A connection may carry several exchanges in sequence.
 *   message			`stream` identifies one transfer of libcurl, or one stream of HTTP/2. REQUEST_HEAD and
 *				RESPONSE_HEAD carry a head that the source wrote in HTTP/1 form. REQUEST and RESPONSE carry
 *				bodies without framing, decompressed where libcurl decompresses.
 *
 * On an inbound connection the request is what this process received and the response is what it sent.
 *
 * Events never carry bytes that gentap inserted. Heads from message sources never carry credentials.
 */
#ifndef GT_EXCHANGE_H
#define GT_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/clock.h"
#include "shim/shared/compiler.h"
#include "shim/shared/ident.h"
#include "shim/shared/match.h"
#include "shim/shared/traceparent.h"

enum gt_event_type {
	GT_EVENT_BEGIN,	       /* a matched request starts: struct gt_begin */
	GT_EVENT_REQUEST_HEAD, /* message sources only */
	GT_EVENT_REQUEST,
	GT_EVENT_REQUEST_CUT,	/* the rest of the request is missing: over the limit, or the hand-off was full */
	GT_EVENT_RESPONSE_HEAD, /* message sources only */
	GT_EVENT_RESPONSE,
	GT_EVENT_PARENT,      /* inbound: the request body names the span's parent: struct gt_new_parent */
	GT_EVENT_GAP,	      /* the hooks dropped response bytes because the hand-off was full: struct gt_gap */
	GT_EVENT_FENCE,	      /* stream: the application sent an unmatched request; later response bytes answer it */
	GT_EVENT_PLACEHOLDER, /* stream: an unmatched request was pipelined after a matched one: struct gt_placeholder */
	GT_EVENT_END,	      /* last event of this stream: struct gt_end */
	GT_EVENT_SCRATCH,     /* memory of a connection; never emitted */
	GT_EVENT_SPAN,	      /* a part of a finished span that waits for its destination; only in a spool */
};

struct gt_event {
	struct gt_event *next; /* the next in order of arrival, once taken from the hand-off */
	uint64_t stream;
	struct gt_mono at; /* when the application's call returned (RESPONSE) or was about to be made (BEGIN) */
	uint32_t len;	   /* bytes of `data` */
	uint8_t type;	   /* enum gt_event_type */
	/* The rest is private to pool.c, and to the reader of a spool. */
	uint8_t class;		 /* enum gt_block_class */
	bool is_waiting;	 /* its memory counts as waiting for the exporter */
	bool is_partial;	 /* later events of this stream are not in the spool */
	bool is_written;	 /* of a SPAN: every sink has got it, and only a collector may not have taken it */
	bool is_sent;		 /* of a SPAN, or of the BEGIN of a span: it is delivered, or counts as that */
	_Atomic uint8_t is_live; /* written in full, and not yet done with: a reader of the spool may use it */
	uint32_t index;		 /* of the block: segment * GT_BLOCKS_PER_SEGMENT + its place there */
	_Atomic uint32_t free_below;
	uint64_t serial; /* the order of events, over all streams */
	char data[] GT_ALIGNED(8);
};

enum gt_source { GT_SOURCE_STREAM, GT_SOURCE_MESSAGE };

/* Data of GT_EVENT_BEGIN. Host, provider and tracestate follow the struct in this order, not terminated. */
struct gt_begin {
	struct gt_trace_context context; /* of the span; the injected header carries it when `is_injected` is set */
	struct gt_span_id parent;	 /* all zero: root span */
	bool parent_is_remote;
	bool is_injected;
	bool is_tls;
	/* This process is the server. `host` and the port are then the client's address, empty and 0 when unknown. */
	bool is_inbound;
	uint8_t source; /* enum gt_source */
	uint8_t api;	/* enum gt_api */
	bool is_certain;
	bool is_bare;		/* memory is short: no bytes of this request are copied */
	bool is_http2;		/* of a stream of HTTP/2 that a hook has followed */
	bool is_after_gap;	/* answers to earlier requests of the stream were dropped, without a GAP */
	struct gt_wall started; /* wall time of event.at */
	uint16_t port;		/* the peer's port, or the scheme's default; 0 when unknown */
	uint16_t host_len;	/* peer name without port, from SNI, URL or Host */
	uint16_t provider_len;
	uint16_t tracestate_len;
};

/* Data of GT_EVENT_PARENT. Replaces what BEGIN reported. */
struct gt_new_parent {
	struct gt_trace_context context; /* of the span; its span id is the id in BEGIN */
	struct gt_span_id parent;
	/* The client's header named another parent, which BEGIN reported. The span then gets a link to that parent. */
	bool has_link;
};

struct gt_gap {
	uint64_t bytes;
};

struct gt_placeholder {
	bool has_no_body; /* HEAD request: the response has no body, whatever its head says */
};

/* The only REQUEST event of a GT_API_OPAQUE: what is known of a connection that cannot be read. The path of the file whose
 * code sent its first bytes follows, not terminated; empty for the program itself. BEGIN and END have its times. */
struct gt_opaque_facts {
	uint64_t sent, received; /* bytes on the wire, where has_bytes */
	/* 0 or not; a damaged spool may hold any value */
	uint8_t has_bytes;
	uint8_t is_quic;     /* else TLS over a stream */
	uint8_t is_end_seen; /* else END has the last time at which it was known to be there */
};

enum gt_end_why {
	GT_END_CLOSED,	 /* the application closed it */
	GT_END_EOF,	 /* the peer closed it in order */
	GT_END_RESET,	 /* the connection failed; `code` is an errno */
	GT_END_CURL,	 /* libcurl finished the transfer; `code` is a CURLcode, 0 is success */
	GT_END_REMOVED,	 /* libcurl: the application removed the handle before the transfer finished */
	GT_END_LOST,	 /* gentap could no longer follow the connection */
	GT_END_NEVER,	 /* announced but never sent: discard it */
	GT_END_COMPLETE, /* HTTP/2: the response is complete */
};

/* Data of GT_EVENT_END. */
struct gt_end {
	uint8_t why; /* enum gt_end_why */
	int32_t code;
	int32_t os_errno; /* libcurl: the errno of a failed connect, 0 when unknown */
};

#endif
