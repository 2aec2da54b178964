/*
 * What gentap knows of one API: a table row and a handful of functions from JSON to a reading. One file per provider family;
 * how to add one is in README.md.
 *
 * Functions are pure: bytes of one exchange in, values in `r` out. A document arrives parsed; when it was no JSON, `json` is
 * NULL and `text` is all there is.
 */
#ifndef GT_PROVIDER_H
#define GT_PROVIDER_H

#include "reading.h"

struct gt_document {
	struct gt_str event; /* SSE event name, empty when there is none */
	struct gt_str text;
	const cJSON *json; /* NULL: not JSON */
};

struct gt_provider {
	enum gt_api api;
	const char *operation; /* gen_ai.operation.name, NULL when there is none */

	/* Has a request body the shape of this API? Asked only for hosts that nobody knows. `json` may be NULL. */
	bool (*claims)(const struct gt_call *call, const cJSON *json);
	/* The request, once. `json` is NULL when the body could not be read. */
	void (*request)(struct gt_reading *r, const cJSON *json);
	/* A whole response body with a status below 400. */
	void (*response)(struct gt_reading *r, const cJSON *json);
	/* One document of a streamed response. */
	void (*event)(struct gt_reading *r, const struct gt_document *d);
	/* Type and message of an error body (status 400 and above). NULL: the shape most providers share is tried. */
	void (*error)(struct gt_reading *r, const cJSON *json);
	/* Before the span is finished; may complete usage and choose the span's name. May be NULL. */
	void (*finish)(struct gt_reading *r);
};

extern const struct gt_provider gt_openai_chat, gt_openai_completions, gt_openai_responses, gt_openai_embeddings;
extern const struct gt_provider gt_anthropic_messages;
extern const struct gt_provider gt_gemini_generate, gt_gemini_embed;
extern const struct gt_provider gt_ollama_chat, gt_ollama_generate, gt_ollama_embed;
extern const struct gt_provider gt_mcp;

/* NULL when no provider reads that API. */
const struct gt_provider *gt_provider_of(enum gt_api api);

/* Does this text stand in the request's body? For claims about a body that is no JSON, or of which only a part was kept. */
bool gt_request_has_text(const struct gt_call *call, const char *text);

/* {"error":{"code","type","message"}} and its usual variations. */
void gt_read_common_error(struct gt_reading *r, const cJSON *json);

#endif
