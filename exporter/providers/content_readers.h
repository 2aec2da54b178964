/*
 * Content readers, one for each format: they move messages and parts from JSON into content.h. The JSON is a request, a
 * whole response, or one document of a stream. A provider (provider.h) names its reader. The exporter calls it after
 * the provider's own function of that name, and only while content is captured.
 *
 * Functions are pure. `event` may be NULL: the exporter then calls `response` for each document. Exporter thread.
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
/* For every API that completes a prompt: the member names of those formats do not collide. */
extern const struct gt_content_reader gt_content_prompt;

/* OpenAI's messages, parts and tool definitions. Other APIs use them with members of their own, which these functions
 * read too. */

/* A request's list of messages. */
void gt_openai_input(struct gt_content *c, const cJSON *messages);
/* A message's content: a string or a list of parts. */
void gt_openai_parts(struct gt_content *c, cJSON *parts, const cJSON *content);
/* A whole message: reasoning, content, refusal, audio, images and tool calls. */
void gt_openai_message(struct gt_content *c, cJSON *parts, const cJSON *message);
/* A piece of a streamed message. */
void gt_openai_delta(struct gt_content *c, int64_t choice, const cJSON *delta);
/* A request's list of tool definitions. */
void gt_openai_tools(struct gt_content *c, const cJSON *tools);

#endif
