/*
 * One exchange and the span it must give, as a row of a table.
 *
 *	static const struct gt_exchange_case cases[] = {
 *		{ .api = GT_API_OPENAI_CHAT, .provider = "openai", .target = "/v1/chat/completions",
 *		  .request = "{'model':'gpt-4o','messages':[]}",
 *		  .response = "{'id':'c-1','model':'gpt-4o-2024-08-06','choices':[]}",
 *		  .want = "chat gpt-4o\n..." },
 *	};
 *
 * In bodies ' stands for ". The exchange is delivered in every way it can travel: over a connection with a length, in chunks
 * and until the peer closes, whole, in pieces, byte by byte and cut in two at every place, and as libcurl's transfer; and with
 * every allocation failing in turn.
 */
#ifndef GT_EXCHANGE_CASE_H
#define GT_EXCHANGE_CASE_H

#include "feed.h"

struct gt_exchange_case {
	enum gt_api api;
	bool candidate;		    /* nobody knows the host: the body has to say what it is */
	const char *provider;	    /* NULL: none */
	const char *method;	    /* POST */
	const char *target;	    /* "/" */
	const char *request_fields; /* each with its CR LF */
	const char *request_type;   /* Content-Type: application/json */
	const char *request;	    /* "" */
	int status;		    /* 200 */
	const char *type;	    /* Content-Type: application/json; "" for none */
	const char *fields;	    /* further ones of the response, each with its CR LF */
	const char *coding;	    /* gzip or deflate: the response is coded on the way */
	const char *response;	    /* NULL: no answer at all; of an event stream of AWS, its lines (event_frames.h) */

	/* WHOLE: the response is whole. Else what happens after the bytes above, which are then not all there would have
	 * been. CURL and REMOVED: the source is libcurl. */
	enum { GT_CASE_WHOLE, GT_CASE_EOF, GT_CASE_CLOSED, GT_CASE_RESET, GT_CASE_LOST, GT_CASE_CURL, GT_CASE_REMOVED } end;
	int code;

	const struct gt_price_lists *prices; /* NULL: none */
	const struct gt_capture *capture;    /* NULL: no content */
	const char *want; /* span_text.h; of MCP with network.protocol.version, which libcurl's transfers do not tell */
};

void gt_exchange_case_check(const struct gt_exchange_case *c);
void gt_exchange_case_check_all(const struct gt_exchange_case *cases, size_t n);

/* The span of a plain delivery; the caller's. NULL: none. */
struct gt_span *gt_exchange_case_span(const struct gt_exchange_case *c);

/* Gives a copy with ' turned into ". */
char *gt_exchange_case_json(const char *text);

/* Gives `len` bytes in the coding gzip, deflate (zlib's format) or deflate-raw. */
char *gt_exchange_case_code(const char *coding, const char *p, size_t len, size_t *coded_len);

#endif
