/*
 * What gentap knows of one API: a table row and a handful of functions from JSON to a reading. One file per provider family;
 * how to add one is in README.md.
 *
 * Functions are pure: bytes of one exchange in, values in `r` out. A document arrives parsed; when it was no JSON, `json` is
 * NULL and `text` is all there is.
 */
#ifndef GT_PROVIDER_H
#define GT_PROVIDER_H

#include "exporter/providers/content_readers.h"
#include "exporter/span/reading.h"

/* One row of a table of token counts: where it stands and which it is. */
struct gt_count {
	const char *path;
	size_t field;
};
#define GT_TOKENS(name) offsetof(struct gt_usage, name)

/* Tables end with a row without path and are read before the function of the same name. Tables and functions may be NULL. */
struct gt_provider {
	enum gt_api api;
	const char *operation; /* gen_ai.operation.name, NULL when there is none */
	bool has_vectors;      /* whole responses hold vectors of which only the length is read (vectors.h) */

	const struct gt_take *request_rows;
	const struct gt_take *response_rows;	 /* of a whole response, and of each document of a streamed one */
	const struct gt_count *usage_rows;	 /* likewise */
	const struct gt_content_reader *content; /* NULL: there is none, or none that is read */

	/* Has a request body the shape of this API? Asked only where the head leaves doubt. `json` may be NULL. NULL: no. */
	bool (*claims)(const struct gt_call *call, const cJSON *json);
	/* The request, once. `json` is NULL when the body could not be read. */
	void (*request)(struct gt_reading *r, const cJSON *json);
	/* A whole response body with a status below 400. */
	void (*response)(struct gt_reading *r, const cJSON *json);
	/* One document of a streamed response. NULL: it is read like a whole one, and [DONE] ends the stream. */
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
extern const struct gt_provider gt_openai_stored, gt_openai_input_tokens, gt_openai_images, gt_openai_audio,
	gt_openai_moderations;
extern const struct gt_provider gt_openai_assistants, gt_openai_conversations, gt_openai_search, gt_batches;
extern const struct gt_provider gt_anthropic_count, gt_anthropic_complete;
extern const struct gt_provider gt_gemini_count, gt_gemini_interactions, gt_vertex_predict, gt_vertex_raw;
extern const struct gt_provider gt_bedrock_converse, gt_bedrock_invoke, gt_bedrock_count, gt_bedrock_agent, gt_bedrock_retrieve;
extern const struct gt_provider gt_cohere_chat, gt_cohere_generate, gt_cohere_embed, gt_rerank;
extern const struct gt_provider gt_mistral_ocr, gt_mistral_conversations;
extern const struct gt_provider gt_tgi_generate, gt_tgi_embed, gt_sagemaker, gt_llama_cpp, gt_aleph_alpha;
extern const struct gt_provider gt_watsonx_generate, gt_watsonx_embed, gt_replicate;
extern const struct gt_provider gt_dashscope_generate, gt_dashscope_embed, gt_cloudflare_run;

/* NULL when no provider reads that API. */
const struct gt_provider *gt_provider_of(enum gt_api api);

/* A provider's tables and functions, for the one in charge and for those whose format another one carries. */
void gt_provider_request(const struct gt_provider *p, struct gt_reading *r, const cJSON *json);
void gt_provider_response(const struct gt_provider *p, struct gt_reading *r, const cJSON *json);
void gt_provider_event(const struct gt_provider *p, struct gt_reading *r, const struct gt_document *d);

/* Google's ".../models/{model}:{verb}". */
void gt_google_take_path(struct gt_reading *r, struct gt_str *verb);

/* Does this text stand in the request's body? For claims about a body that is no JSON, or of which only a part was kept. */
bool gt_request_has_text(const struct gt_call *call, const char *text);

/* {"error":{"code","type","message"}} and its usual variations. */
void gt_read_common_error(struct gt_reading *r, const cJSON *json);

/* Is there an error in a document that came with a status of success? Some servers have the member in all of them, empty. */
bool gt_has_error(const cJSON *json);

#endif
