/*
 * Members of requests and replies that OpenAI's APIs share with each other and with their copies. Pure.
 */
#ifndef GT_OPENAI_MEMBERS_H
#define GT_OPENAI_MEMBERS_H

#include "exporter/providers/provider.h"

/* True for OpenAI's own service and its Azure edition. Only they get openai.* attributes; copies of the format do
 * not. */
bool gt_openai_is(const struct gt_reading *r);
/* Sets openai.api.type, for OpenAI and Azure only. */
void gt_openai_set_api_type(struct gt_reading *r, struct gt_str type);
/* Takes the service tier at `path`. Sets `key` as well, for OpenAI and Azure only, unless a request says "auto". */
void gt_openai_take_tier(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);

/* Takes the deployment in the path as the model when the body does not name a model (Azure, watsonx). */
void gt_openai_take_deployment(struct gt_reading *r);

/* Reads a usage object, in any spelling. It replaces an earlier usage: streams that send several send cumulative
 * counts. An object without input and output counts changes nothing; zeros do not replace counts. */
void gt_openai_take_usage(struct gt_reading *r, const cJSON *usage);

/* Notes counts in a usage object that no row of gt_openai_take_usage has. */
void gt_openai_note_unknown(struct gt_reading *r, const cJSON *usage);

/* The output format that a request asks for: "text", "json_object" or "json_schema" at `path`. */
void gt_openai_take_format(struct gt_reading *r, const cJSON *json, const char *path);
/* The request's `stream`. */
void gt_openai_take_stream(struct gt_reading *r, const cJSON *json);

#endif
