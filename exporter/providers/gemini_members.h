/*
 * Members of requests and replies that Google's generateContent and Live API share. Pure.
 */
#ifndef GT_GEMINI_MEMBERS_H
#define GT_GEMINI_MEMBERS_H

#include "exporter/providers/provider.h"

/* Reads `generationConfig` of a request or of a session's set-up. */
void gt_gemini_take_config(struct gt_reading *r, const cJSON *json);

/* Reads a `usageMetadata`. Later counts replace earlier counts; those that it leaves out stay. */
void gt_gemini_take_usage(struct gt_reading *r, const cJSON *usage);

#endif
