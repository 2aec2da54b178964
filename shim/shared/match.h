/*
 * Is this request one of ours? Decided from the request head alone, because the traceparent has to go out with it.
 * Pure, but for the list of extra endpoints which is set once.
 *
 * A known host together with a path of that API is certain. On any other host the path and the headers make a candidate;
 * the exporter then looks at the body and forgets the exchange when the shape is not there. A candidate that turns out to be
 * something else has received a traceparent header and nothing more. Candidates are POSTs of JSON only: what else belongs to an
 * API (a GET that polls, an upload in parts) is looked for on known hosts and on those of GENTAP_ENDPOINTS.
 *
 * The tables are providers.def (hosts) and paths.def (paths).
 */
#ifndef GT_MATCH_H
#define GT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/http1.h"
#include "shim/shared/str.h"

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
	GT_API_OPENAI_STORED,	    /* a stored response fetched by its id */
	GT_API_OPENAI_INPUT_TOKENS, /* counts what a request would take */
	GT_API_OPENAI_IMAGES,
	GT_API_OPENAI_AUDIO,
	GT_API_OPENAI_MODERATIONS,
	GT_API_OPENAI_ASSISTANTS, /* assistants, threads, runs */
	GT_API_OPENAI_CONVERSATIONS,
	GT_API_OPENAI_SEARCH, /* of a vector store */
	GT_API_BATCHES,	      /* OpenAI's and Anthropic's */
	GT_API_ANTHROPIC_COUNT,
	GT_API_ANTHROPIC_COMPLETE,
	GT_API_GEMINI_COUNT,
	GT_API_GEMINI_INTERACTIONS,
	GT_API_VERTEX_PREDICT,
	GT_API_VERTEX_RAW, /* rawPredict: the publisher's own format */
	GT_API_BEDROCK_CONVERSE,
	GT_API_BEDROCK_INVOKE,
	GT_API_BEDROCK_COUNT,
	GT_API_BEDROCK_AGENT,
	GT_API_BEDROCK_RETRIEVE,
	GT_API_COHERE_CHAT,
	GT_API_COHERE_GENERATE,
	GT_API_COHERE_EMBED,
	GT_API_RERANK, /* everybody's */
	GT_API_MISTRAL_OCR,
	GT_API_MISTRAL_CONVERSATIONS,
	GT_API_TGI_GENERATE, /* Text Generation Inference, Hugging Face */
	GT_API_TGI_EMBED,
	GT_API_WATSONX_GENERATE,
	GT_API_WATSONX_EMBED,
	GT_API_REPLICATE,
	GT_API_DASHSCOPE_GENERATE,
	GT_API_DASHSCOPE_EMBED,
	GT_API_CLOUDFLARE_RUN,
	GT_API_LLAMA_CPP,
	GT_API_ALEPH_ALPHA,
	GT_API_SAGEMAKER,
	GT_API_COUNT
};

#define GT_PROVIDER_NAME_MAX 40

struct gt_endpoint {
	uint8_t api;		/* enum gt_api; GT_API_NONE: not ours */
	bool certain;		/* no look at the body is needed */
	bool mapped;		/* the user's own mapping (GENTAP_ENDPOINTS) named the provider */
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
	bool has_mcp; /* Mcp-Session-Id, MCP-Protocol-Version or Mcp-Method */
	bool has_anthropic_version;
	bool has_upgrade;
};

void gt_request_view_of(const struct gt_http1_head *head, struct gt_request_view *out);

/* Adds one header field to the view; gt_request_view_of for sources that have no head in one piece (libcurl). */
void gt_request_view_field(struct gt_request_view *view, struct gt_str name, struct gt_str value);

/* `also` is another name of the peer (SNI, or the host a proxy was asked for), tried first; .p NULL when there is none. */
struct gt_endpoint gt_match(const struct gt_request_view *request, struct gt_str also);

/* The same of a request that this process has received: whether it is one of MCP. */
struct gt_endpoint gt_match_inbound(const struct gt_request_view *request);

/* Splits "host:port", "[v6]:port" or "host"; `port` is 0 when absent or unreadable. Brackets are removed. */
void gt_host_split(struct gt_str authority, struct gt_str *host, uint16_t *port);

/* The path without query; "/" when the target has none. */
struct gt_str gt_target_path(struct gt_str target);

/* Takes GENTAP_ENDPOINTS (borrowed for ever). Calls `bad` for every item it cannot use. Called once, before the first
 * gt_match of any thread. */
void gt_match_set_endpoints(const char *list, void (*bad)(struct gt_str item));

/* The names of the providers that are known, one after the other; .p NULL behind the last. */
struct gt_str gt_match_provider(size_t i);

#endif
