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
 * In bodies ' is written for ". The exchange is delivered in every way:
 *	- over a connection with a length, in chunks, and until the peer closes;
 *	- whole, in pieces, byte by byte, and cut in two at every place;
 *	- as libcurl's transfer;
 *	- with every allocation failing in turn.
 */
#ifndef GT_EXCHANGE_CASE_H
#define GT_EXCHANGE_CASE_H

#include "feed.h"

struct gt_exchange_case {
	enum gt_api api;
	bool candidate;		    /* the host is unknown, the body decides; nothing was added to the request unless */
	bool injected;		    /* this is set */
	const char *provider;	    /* NULL: none */
	const char *method;	    /* POST */
	const char *target;	    /* "/" */
	const char *request_fields; /* each with its CR LF */
	const char *request_type;   /* Content-Type: application/json */
	const char *request_coding; /* Content-Encoding of the request: gzip or deflate */
	const char *request;	    /* "" */
	int status;		    /* 200 */
	const char *type;	    /* Content-Type: application/json; "" for none */
	const char *fields;	    /* further fields of the response, each with its CR LF */
	const char *coding;	    /* Content-Encoding of the response: gzip or deflate */
	const char *response;	    /* NULL: no answer; for an AWS event stream, its lines (event_frames.h) */

	/* WHOLE: the response is whole. Otherwise how the exchange ends after the bytes above. CURL and REMOVED: the source
	 * is libcurl. */
	enum { GT_CASE_WHOLE, GT_CASE_EOF, GT_CASE_CLOSED, GT_CASE_RESET, GT_CASE_LOST, GT_CASE_CURL, GT_CASE_REMOVED } end;
	int code;

	const struct gt_price_lists *prices; /* NULL: none */
	const struct gt_capture *capture;    /* NULL: no content */
	const char *want; /* span_text.h; for MCP with network.protocol.version, which libcurl's transfers do not have */
};

void gt_exchange_case_check(const struct gt_exchange_case *c);
void gt_exchange_case_check_all(const struct gt_exchange_case *cases, size_t n);

/* Gives the span of a plain delivery, or NULL. */
struct gt_span *gt_exchange_case_span(const struct gt_exchange_case *c);

/* Gives a copy with every ' replaced by ". */
char *gt_exchange_case_json(const char *text);

/* Gives `len` bytes in the coding gzip, deflate (zlib's format) or deflate-raw. */
char *gt_exchange_case_code(const char *coding, const char *p, size_t len, size_t *coded_len);

#endif
