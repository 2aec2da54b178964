/*
 * What gentap knows of one API: a table row, and functions that move values from JSON into a reading. Each provider
 * family has its own file. README.md in this folder says how to add one.
 *
 * Functions are pure: they read the bytes of one exchange and write values to `r`. Documents arrive parsed. When a
 * document is not JSON, `json` is NULL and `text` holds its bytes. Exporter thread.
 */
#ifndef GT_PROVIDER_H
#define GT_PROVIDER_H

#include "exporter/providers/content_readers.h"
#include "exporter/span/reading.h"

/* One row of a table of token counts. */
struct gt_count {
	const char *path; /* of the count in the document */
	size_t field;	  /* that it fills, GT_TOKENS */
};
#define GT_TOKENS(name) offsetof(struct gt_usage, name)

/* A table ends with a row whose path is NULL. The exporter reads a table before it calls the function. Tables and
 * functions may be NULL. */
struct gt_provider {
	enum gt_api api;
	const char *operation; /* gen_ai.operation.name; NULL: not set */
	bool is_list;	       /* a response in many documents is a list, not a stream of pieces */
	bool has_vectors;      /* whole responses hold vectors; only their length is read (vectors.h) */

	/* Names, ending with NULL: every document of an answer has one of these members. NULL: nothing is known of answers. */
	const char *const *members;

	const struct gt_take *request_rows;
	const struct gt_take *response_rows;	 /* of a whole response, and of each document of a streamed one */
	const struct gt_count *usage_rows;	 /* the same */
	const struct gt_content_reader *content; /* NULL: content is not read */

	/* True when a request body looks like this API. Called only when the head leaves doubt. `json` may be NULL.
	 * NULL: false. */
	bool (*claims)(const struct gt_call *call, const cJSON *json);
	/* The request. Called again when the response began before the request was complete. `json` is NULL when the
	 * body could not be read. */
	void (*request)(struct gt_reading *r, const cJSON *json);
	/* A whole response body with a status below 400. */
	void (*response)(struct gt_reading *r, const cJSON *json);
	/* One document of a streamed response. NULL: `response` reads each document, and [DONE] ends the stream. */
	void (*event)(struct gt_reading *r, const struct gt_document *d);
	/* Type and message of an error body (status 400 and above). NULL: gt_read_common_error. */
	void (*error)(struct gt_reading *r, const cJSON *json);
	/* Called before the span is finished. May complete usage and set the span's name. */
	void (*finish)(struct gt_reading *r);
};

/* For an exchange that carries the format of another API: sets that format, and its operation. The functions below pass
 * everything on to it, and may be the functions of the provider that selects. */
void gt_shape_set(struct gt_reading *r, const struct gt_provider *shape);
void gt_shape_response(struct gt_reading *r, const cJSON *json);
void gt_shape_event(struct gt_reading *r, const struct gt_document *d);
void gt_shape_finish(struct gt_reading *r);

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
extern const struct gt_provider gt_databricks, gt_lm_studio, gt_llama_chat, gt_code_assist;
extern const struct gt_provider gt_perplexity_async, gt_x_ai_deferred, gt_gemini_batches, gt_batch_results;
extern const struct gt_provider gt_bedrock_rag, gt_agentcore;
extern const struct gt_provider gt_openai_responses_socket, gt_openai_realtime, gt_gemini_live;
/* Selected by the body, not by the path. */
extern const struct gt_provider gt_sglang_generate;

/* NULL when no provider reads that API. */
const struct gt_provider *gt_provider_of(enum gt_api api);

/* Run a provider's tables, its function and its content reader: for the exchange's own provider, or for the provider
 * whose format it carries. */
void gt_provider_request(const struct gt_provider *p, struct gt_reading *r, const cJSON *json);
void gt_provider_response(const struct gt_provider *p, struct gt_reading *r, const cJSON *json);
void gt_provider_event(const struct gt_provider *p, struct gt_reading *r, const struct gt_document *d);

/* Runs the function for the end of the exchange's own provider, once all documents were read. */
void gt_provider_finish(struct gt_reading *r);

/* Google's ".../models/{model}:{verb}": sets the model. `verb` is a slice of the path, empty when the path has none. */
void gt_google_take_path(struct gt_reading *r, struct gt_str *verb);

/* True when the request body contains `text`. For `claims` about a body that is not JSON or was kept only in part. */
bool gt_request_has_text(const struct gt_call *call, const char *text);

/* Sets the reading's error from {"error":{"code","type","message"}} and its usual variations, or from an array whose
 * first item is such an object. Does nothing for other JSON. */
void gt_read_common_error(struct gt_reading *r, const cJSON *json);

/* The same for an event with the name "error". Its members may be those of the error itself, or it is a text. */
void gt_read_error_event(struct gt_reading *r, const struct gt_document *d);

/* Sets the error from a document with a success status whose error is not in the member `error`. Members with common names
 * count only in a document that is foreign to the API: it has none of the provider's `members`. */
void gt_read_masked_error(struct gt_reading *r, const cJSON *json, bool is_foreign);

/* The same for a document of a stream. A foreign one may be news of a queue, or a sign of life, so it is kept. It is the
 * error when no document of the API follows and no finish reason came before. */
void gt_note_masked_error(struct gt_reading *r, const cJSON *json, bool is_foreign);
void gt_settle_masked_error(struct gt_reading *r);

/* True when a document that came with a success status holds an error in its member `error`. An empty `error` does not
 * count: some servers send it in every document. */
bool gt_has_error(const cJSON *json);

#endif
