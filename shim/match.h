/*
 * Is this request one of ours? Decided from the request head alone, because the traceparent has to go out with it.
 * Pure, but for the list of extra endpoints which is set once.
 *
 * A known host together with a path of that API is certain. On any other host the path and the headers make a candidate;
 * the exporter then looks at the body and forgets the exchange when the shape is not there. A candidate that turns out to be
 * something else has received a traceparent header and nothing more.
 */
#ifndef GT_MATCH_H
#define GT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "http1.h"
#include "str.h"

enum gt_api {
	GT_API_NONE,
	GT_API_OPENAI_CHAT,
	GT_API_OPENAI_COMPLETIONS,
	GT_API_OPENAI_RESPONSES,
	GT_API_OPENAI_EMBEDDINGS,
	GT_API_ANTHROPIC_MESSAGES,
	GT_API_GEMINI_GENERATE,
	GT_API_GEMINI_EMBED,
	GT_API_OLLAMA_CHAT,
	GT_API_OLLAMA_GENERATE,
	GT_API_OLLAMA_EMBED,
	GT_API_MCP,
	GT_API_COUNT
};

#define GT_PROVIDER_NAME_MAX 40

struct gt_endpoint {
	uint8_t api;	    /* enum gt_api; GT_API_NONE: not ours */
	bool certain;	    /* no look at the body is needed */
	bool mapped;	    /* the user's own mapping (GENTAP_ENDPOINTS) named the provider */
	struct gt_str provider; /* gen_ai.provider.name, lives as long as the process; .p NULL for MCP */
};

/* What the decision is made from. Slices into a request head. */
struct gt_request_view {
	struct gt_str method;
	struct gt_str target; /* origin or absolute form */
	struct gt_str host;   /* as in Host: or the URL, port included; from `target` when that is absolute */
	struct gt_str content_type;
	struct gt_str accept;
	struct gt_str traceparent, tracestate;
	bool has_traceparent, has_two_traceparents, has_tracestate, has_baggage;
	bool has_mcp;		    /* Mcp-Session-Id, MCP-Protocol-Version or Mcp-Method */
	bool has_anthropic_version;
	bool has_upgrade;
};

void gt_request_view_of(const struct gt_http1_head *head, struct gt_request_view *out);

/* Adds one header field to the view; gt_request_view_of for sources that have no head in one piece (libcurl). */
void gt_request_view_field(struct gt_request_view *view, struct gt_str name, struct gt_str value);

/* `also` is another name of the peer (SNI, or the host a proxy was asked for), tried first; .p NULL when there is none. */
struct gt_endpoint gt_match(const struct gt_request_view *request, struct gt_str also);

/* Splits "host:port", "[v6]:port" or "host"; `port` is 0 when absent or unreadable. Brackets are removed. */
void gt_host_split(struct gt_str authority, struct gt_str *host, uint16_t *port);

/* The path without query; "/" when the target has none. */
struct gt_str gt_target_path(struct gt_str target);

/* Takes GENTAP_ENDPOINTS (borrowed for ever). Calls `bad` for every item it cannot use. Called once, before the first
 * gt_match of any thread. */
void gt_match_set_endpoints(const char *list, void (*bad)(struct gt_str item));

#endif
