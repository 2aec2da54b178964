/*
 * Decides whether gentap traces a request: is it an LLM or MCP call? The request head alone decides, because the
 * traceparent header must leave with it. Pure, except for the list of extra endpoints, which is set once.
 *
 * A known host together with a path of its API is certain, unless the host serves other things too (LOOK in match.c).
 * On any other host the path and the headers make a candidate. The exporter then checks the body and discards the
 * exchange when the body does not have the API's shape. Such a request received a traceparent header and nothing
 * else.
 *
 * Candidates are POST requests with JSON bodies, and multipart forms where an API takes files. Other requests of an API
 * (a GET that polls) match on known hosts and on those of GENTAP_ENDPOINTS only.
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
	GT_API_OPENAI_STORED,	    /* a stored response, fetched by its id */
	GT_API_OPENAI_INPUT_TOKENS, /* counts the tokens of a request without running it */
	GT_API_OPENAI_IMAGES,
	GT_API_OPENAI_AUDIO,
	GT_API_OPENAI_MODERATIONS,
	GT_API_OPENAI_ASSISTANTS, /* assistants, threads, runs */
	GT_API_OPENAI_CONVERSATIONS,
	GT_API_OPENAI_SEARCH, /* of a vector store */
	GT_API_BATCHES,	      /* OpenAI and Anthropic */
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
	GT_API_RERANK, /* any provider */
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
	GT_API_DATABRICKS,
	GT_API_LM_STUDIO,
	GT_API_LLAMA_CHAT,
	GT_API_CODE_ASSIST,
	GT_API_PERPLEXITY_ASYNC,
	GT_API_X_AI_DEFERRED,
	GT_API_GEMINI_BATCHES,
	GT_API_BATCH_RESULTS, /* the answers of a batch: a file, or a list of lines */
	GT_API_BEDROCK_RAG,   /* retrieve and generate */
	GT_API_AGENTCORE,
	GT_API_OPAQUE,			/* no API: a connection to a provider that the hooks cannot read (shim/opaque.h) */
	GT_API_OPENAI_RESPONSES_SOCKET, /* responses over a WebSocket */
	GT_API_OPENAI_REALTIME,
	GT_API_GEMINI_LIVE,
	GT_API_COUNT
};

/* True for an API whose calls are messages of a WebSocket: its request is the handshake (RFC 6455, 4.1). */
static inline bool gt_api_is_socket(unsigned api)
{
	return api == GT_API_OPENAI_RESPONSES_SOCKET || api == GT_API_OPENAI_REALTIME || api == GT_API_GEMINI_LIVE;
}

#define GT_PROVIDER_NAME_MAX 40

struct gt_endpoint {
	uint8_t api;		/* enum gt_api; GT_API_NONE: not traced */
	bool is_certain;	/* the exporter need not check the body */
	bool is_mapped;		/* an item of GENTAP_ENDPOINTS named the provider */
	struct gt_str provider; /* gen_ai.provider.name, valid for the life of the process; .p is NULL for MCP */
};

/* The parts of a request head that decide. Slices borrow the head's bytes. */
struct gt_request_view {
	struct gt_str method;
	struct gt_str target; /* in origin or absolute form */
	struct gt_str host;   /* as in Host: or the URL, with port; taken from `target` when that is absolute */
	struct gt_str content_type;
	struct gt_str accept;
	struct gt_str traceparent, tracestate;
	bool has_traceparent, has_two_traceparents, has_tracestate, has_baggage;
	bool has_mcp; /* the request has Mcp-Session-Id, MCP-Protocol-Version or Mcp-Method */
	bool has_anthropic_version;
	bool has_upgrade;   /* an offer, which decides nothing: only a 101 changes the protocol (RFC 9110, 7.8) */
	bool has_websocket; /* it offers a WebSocket; with GET this is a handshake */
};

void gt_request_view_of(const struct gt_http1_head *head, struct gt_request_view *out);

/* Adds one header field to a view that starts zeroed. For sources that do not have the head in one piece (libcurl). */
void gt_request_view_field(struct gt_request_view *view, struct gt_str name, struct gt_str value);

/* `also` is a second name of the peer (SNI, or the host a proxy was asked for); .p is NULL when there is only one.
 * The provider table is searched for `also` first, GENTAP_ENDPOINTS for the request's own host first. */
struct gt_endpoint gt_match(const struct gt_request_view *request, struct gt_str also);

/* The same for a request that this process received. Matches MCP only. */
struct gt_endpoint gt_match_inbound(const struct gt_request_view *request);

/* Does that host, by its name alone, serve an LLM provider's API, or is it one of GENTAP_ENDPOINTS? For connections whose
 * requests cannot be read. Hosts that serve other things for the most part do not count. `port` is 0 when not known. */
bool gt_match_is_known(struct gt_str host, uint16_t port);

/* Splits "host:port", "[v6]:port" or "host" and removes brackets. `port` is 0 when absent or invalid. */
void gt_host_split(struct gt_str authority, struct gt_str *host, uint16_t *port);

/* The path without query, fragment and slashes at its end; "/" when the target has no path. */
struct gt_str gt_target_path(struct gt_str target);

/* Parses GENTAP_ENDPOINTS, borrowed for ever. Calls `bad` (may be NULL) for every item it cannot use. Called once,
 * before the first gt_match of any thread. */
void gt_match_set_endpoints(const char *list, void (*bad)(struct gt_str item));

/* The name of the i-th known provider; .p is NULL after the last. */
struct gt_str gt_match_provider(size_t i);

#endif
