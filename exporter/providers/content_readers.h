/*
 * Readers of content, one for each format: from a request, a whole response, or a document of a streamed one to content.h. A
 * provider (provider.h) names its reader; it is asked beside the provider's own functions, and only while content is captured.
 * Functions are pure and may be NULL; `event` NULL: a document is read like a whole response.
 *
 * Sources: the type definitions of the official SDKs.
 */
#ifndef GT_CONTENT_READERS_H
#define GT_CONTENT_READERS_H

#include "exporter/content/content.h"

struct gt_document;

struct gt_content_reader {
	void (*request)(struct gt_content *c, const cJSON *json);
	void (*response)(struct gt_content *c, const cJSON *json);
	void (*event)(struct gt_content *c, const struct gt_document *d);
};

extern const struct gt_content_reader gt_content_openai_chat, gt_content_responses, gt_content_anthropic, gt_content_gemini;
extern const struct gt_content_reader gt_content_converse, gt_content_cohere, gt_content_ollama, gt_content_mcp;
extern const struct gt_content_reader gt_content_mistral, gt_content_dashscope, gt_content_cloudflare;
/* Whoever completes a prompt: the members of those formats do not get in each other's way. */
extern const struct gt_content_reader gt_content_prompt;

/* OpenAI's messages, parts, and definitions of tools, which others have taken over with members of their own. */
void gt_openai_input(struct gt_content *c, const cJSON *messages);
void gt_openai_parts(struct gt_content *c, cJSON *parts, const cJSON *content);
void gt_openai_message(struct gt_content *c, cJSON *parts, const cJSON *message);
void gt_openai_delta(struct gt_content *c, int64_t choice, const cJSON *delta);
void gt_openai_tools(struct gt_content *c, const cJSON *tools);

#endif
