/*
 * One exchange as the exporter reconstructs it: request, response, times and outcome. Exporter thread.
 *
 * Both kinds of source fill the same struct, so later stages need not distinguish them. The request is kept up to a
 * cap, because its JSON is parsed in one go. A response that is a stream of documents is parsed as it arrives and not
 * kept. Any other response is kept up to the cap and parsed at its end.
 */
#ifndef GT_CALL_H
#define GT_CALL_H

#include "exporter/base/buf.h"
#include "exporter/exchange/body_kind.h"
#include "exporter/exchange/event_stream.h"
#include "exporter/exchange/inflate.h"
#include "exporter/exchange/stream.h"
#include "shim/shared/exchange.h"
#include "shim/shared/http1.h"

enum gt_outcome {
	GT_OUTCOME_COMPLETE,
	GT_OUTCOME_CUT,	       /* the connection ended (or the application moved on) before the response did */
	GT_OUTCOME_ABANDONED,  /* the application closed or removed it before the response was complete */
	GT_OUTCOME_FAILED,     /* no connection, or it broke; `failure` says how */
	GT_OUTCOME_UNREADABLE, /* the response is not HTTP, or gentap could not follow it */
	GT_OUTCOME_KILLED,     /* the process was killed meanwhile */
	GT_OUTCOME_NEVER,      /* announced and not sent, or still open when the assembler is freed: no span */
};

/* Why a response could not be read in full; the first reason is kept. */
enum gt_damage { GT_DAMAGE_NONE, GT_DAMAGE_CODING, GT_DAMAGE_GAP, GT_DAMAGE_TOO_BIG, GT_DAMAGE_MEMORY, GT_DAMAGE_FRAMING };

struct gt_call;

/* Receives one document of the response: an event or a line. `ctx` is the argument of gt_call_new. */
typedef void gt_call_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data);

/* Called when an exchange is over; takes `call`. GT_OUTCOME_NEVER: the exchange did not take place. */
typedef void gt_call_done(void *ctx, struct gt_call *call);

struct gt_call {
	struct gt_call *next;	  /* the following exchange on the same connection */
	bool is_placeholder;	  /* not reported: it only keeps its place in the order of responses */
	bool placeholder_no_body; /* its request is a HEAD */

	bool is_turn; /* of a WebSocket (turns.h): the documents are messages, without a response head */

	struct gt_begin begin;
	struct gt_trace_context link; /* a span to link to besides the parent; .span_id all zero: none */
	bool has_new_parent;
	struct gt_str host, provider, tracestate; /* owned, in `texts` */
	char *texts;

	struct gt_mono began, first_byte, first_data, last_data, ended; /* .ns 0: not yet */
	uint64_t data_events;						/* how often body bytes arrived */

	struct gt_http1 request_framing;
	struct gt_buf request_head;	    /* raw */
	struct gt_buf request_body;	    /* content, without chunk framing and content coding */
	struct gt_inflate *request_inflate; /* NULL: the request has no content coding */
	bool is_request_seen, is_request_cut;
	bool has_request_body;	      /* its first bytes were seen */
	bool is_request_undecoded;    /* its coding is unknown, or the bytes are not in it */
	bool is_request_over;	      /* the framing found the end: later bytes do not belong to it */
	bool is_answered;	      /* whole, but for the end of its request: see gt_call_has_request() */
	struct gt_http1_head request; /* slices into request_head; .len 0 until the head is complete */

	struct gt_buf response_head;		    /* raw; of the final response */
	struct gt_http1_head response;		    /* .status 0: none arrived */
	enum gt_body_kind labelled_kind, body_kind; /* what the head names, what the bytes are */
	bool wants_lines; /* the API sends lines of JSON under any content type, or something else that is not read */
	struct gt_inflate *inflate;
	struct gt_sse sse;
	struct gt_ndjson ndjson;
	struct gt_event_stream event_stream;
	struct gt_buf body;	 /* while the kind is GT_BODY_WHOLE or not yet known */
	struct gt_blanks blanks; /* at the beginning of `body` */
	enum gt_damage damage;
	uint64_t coded_bytes; /* of the body, before decoding */
	uint64_t body_bytes;  /* of the body, decoded */

	enum gt_outcome outcome;
	struct gt_str failure; /* literal: timeout, connection_refused, ... */

	gt_call_document *on_document;
	void *ctx;
	struct gt_reading *reading; /* owned by genai.c; NULL before the first document or the end */
	size_t body_max;
};

/* Creates a call from a BEGIN event. Gives a call, or NULL. Copies what it needs of `e`. */
struct gt_call *gt_call_new(const struct gt_event *e, size_t body_max, gt_call_document *on_document, void *ctx);

/* Gives a call with the same beginning, head of the request and arguments, and nothing else of `c`; or NULL. */
struct gt_call *gt_call_like(const struct gt_call *c);

/* Such a call gets a span of its own: a child of the span whose id is in the header, or its sibling without a header. Its
 * API is certain. */
void gt_call_begin_below(struct gt_call *c, struct gt_mono at, enum gt_api api);

/* Counts the bytes kept of its bodies against `*left`, which all calls share. Borrows `left`. A body that does not fit
 * is cut. */
void gt_call_share(struct gt_call *c, size_t *left);

/* Gives a call that is not reported and only keeps its place in the order of responses, or NULL. */
struct gt_call *gt_call_placeholder(bool no_body);
void gt_call_free(struct gt_call *c);

/* Sets a new parent from a PARENT event. */
void gt_call_new_parent(struct gt_call *c, const struct gt_event *e);

/* Has all of the request arrived that will? The answer may overtake its last bytes: a thread that receives can report it
 * before the thread that sent them has returned from its call. Streams only. */
bool gt_call_has_request(struct gt_call *c);

/* Raw bytes of the request (stream), or its head and body (message). */
void gt_call_request_bytes(struct gt_call *c, struct gt_str raw);
void gt_call_request_head(struct gt_call *c, struct gt_str raw);
void gt_call_request_body(struct gt_call *c, struct gt_str bytes);

/* The head of the final response, and the pieces of its body without the chunk framing. */
void gt_call_response_head(struct gt_call *c, struct gt_mono at, struct gt_str raw);
void gt_call_response_body(struct gt_call *c, struct gt_mono at, struct gt_str bytes);
void gt_call_damage(struct gt_call *c, enum gt_damage what);

/* The body is over: emits the last document of a stream. */
void gt_call_end_body(struct gt_call *c);

/* Fields of the heads, borrowed; .p is NULL when absent. */
struct gt_str gt_call_request_field(const struct gt_call *c, const char *name);
struct gt_str gt_call_response_field(const struct gt_call *c, const char *name);

#endif
