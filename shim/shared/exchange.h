/*
 * What the hooks tell the exporter: the contract between the application's threads and the exporter's.
 *
 * An exchange is one request and its response. It arrives as a series of events, each one block of bounded size, in the
 * order in which the application's calls returned. Two kinds of source make the same series:
 *
 *   stream (TLS, sockets)	`stream` names a connection. REQUEST and RESPONSE carry the bytes as they were on it; the
 *				exporter cuts them into messages. Several exchanges may follow each other.
 *   message (libcurl)		`stream` names one transfer. REQUEST_HEAD and RESPONSE_HEAD carry a head that the source
 *				wrote down in HTTP/1 form; REQUEST and RESPONSE carry bodies, de-chunked and decompressed.
 *
 * Of an inbound connection the request is what this process has received, and the response what it has sent.
 *
 * No event carries what gentap itself inserted, and no head of a message source carries a credential.
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
	GT_EVENT_REQUEST_HEAD, /* message sources */
	GT_EVENT_REQUEST,
	GT_EVENT_REQUEST_CUT,	/* more of the request was sent than is kept */
	GT_EVENT_RESPONSE_HEAD, /* message sources */
	GT_EVENT_RESPONSE,
	GT_EVENT_PARENT, /* inbound: the request's body says whose child it is: struct gt_new_parent */
	GT_EVENT_GAP,	 /* response bytes were dropped because the hand-off was full: struct gt_gap */
	GT_EVENT_FENCE,	 /* stream: a request that is not ours was sent; what comes now answers it */
	GT_EVENT_PASSER, /* stream: a request that is not ours was pipelined behind one that is: struct gt_passer */
	GT_EVENT_END,	 /* nothing more of this stream: struct gt_end */
};

struct gt_event {
	struct gt_event *next; /* in the order of arrival, once taken from the hand-off */
	uint64_t stream;
	struct gt_mono at; /* when the application's call returned (RESPONSE) or was about to be made (BEGIN) */
	uint32_t len;	   /* of data */
	uint8_t type;	   /* enum gt_event_type */
	uint8_t pool;	   /* this and the next two: private to handoff.c */
	uint32_t pool_index;
	_Atomic uint32_t pool_next;
	char data[] GT_ALIGNED(8);
};

enum gt_source { GT_SOURCE_STREAM, GT_SOURCE_MESSAGE };

/* Data of GT_EVENT_BEGIN. The texts follow the struct in the order of their lengths. */
struct gt_begin {
	struct gt_trace_context context; /* of the span; what was injected, if anything was */
	struct gt_span_id parent;	 /* all zero: root */
	bool parent_is_remote;
	bool injected;
	bool is_tls;
	bool is_inbound; /* this process is the server; `host` and `port` are the client's address then, empty and 0 when unknown */
	uint8_t source; /* enum gt_source */
	uint8_t api;	/* enum gt_api */
	bool certain;
	struct gt_wall started; /* wall time of event.at */
	uint16_t port;		/* of the peer as the application named it, 0 when it did not */
	uint16_t host_len;	/* peer name: SNI, URL or Host; without port */
	uint16_t provider_len;
	uint16_t tracestate_len;
};

/* Takes the place of what BEGIN has told. */
struct gt_new_parent {
	struct gt_trace_context context; /* of the span; with the id that BEGIN has told */
	struct gt_span_id parent;
	bool links; /* the parent in BEGIN was another one that the client has named: the two are linked */
};

struct gt_gap {
	uint64_t bytes;
};

struct gt_passer {
	bool no_body; /* HEAD: the answer has no body whatever its head says */
};

enum gt_end_why {
	GT_END_CLOSED,	/* by the application */
	GT_END_EOF,	/* by the peer, in order */
	GT_END_RESET,	/* the connection broke: `code` is an errno */
	GT_END_CURL,	/* libcurl finished the transfer: `code` is a CURLcode, 0 is success */
	GT_END_REMOVED, /* libcurl: taken away unfinished */
	GT_END_LOST,	/* gentap could not follow any further */
	GT_END_NEVER,	/* it was announced and then not sent at all: forget it */
};

/* Data of GT_EVENT_END. */
struct gt_end {
	uint8_t why; /* enum gt_end_why */
	int32_t code;
	int32_t os_errno; /* libcurl: the errno behind a failed connect, 0 when unknown */
};

#endif
