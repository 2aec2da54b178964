/*
 * What OpenAI's APIs have in common, and those who speak them: members of requests and replies. Pure.
 */
#ifndef GT_OPENAI_MEMBERS_H
#define GT_OPENAI_MEMBERS_H

#include "exporter/providers/provider.h"

/* openai.* attributes belong to OpenAI's own service and its Azure edition, not to those who copied the format. */
bool gt_openai_is(const struct gt_reading *r);
void gt_openai_set_api_type(struct gt_reading *r, struct gt_str type);
void gt_openai_take_tier(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);

/* The deployment in the path stands for a model that the body does not name (Azure, watsonx). */
void gt_openai_take_deployment(struct gt_reading *r);

/* A usage object, in any spelling, replaces what an earlier one said: streams that send several make them cumulative. */
void gt_openai_take_usage(struct gt_reading *r, const cJSON *usage);

/* What a request asks to get back: "text", "json_object", "json_schema". */
void gt_openai_take_format(struct gt_reading *r, const cJSON *json, const char *path);
void gt_openai_take_stream(struct gt_reading *r, const cJSON *json);

#endif
