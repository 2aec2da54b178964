/*
 * How AWS says what went wrong: a type in a header field or in the body, a message in the body. Pure.
 */
#ifndef GT_AWS_ERROR_H
#define GT_AWS_ERROR_H

#include "exporter/span/reading.h"

/* An error body; `json` is NULL when there is none to read. Nothing happens when neither says anything. */
void gt_aws_read_error(struct gt_reading *r, const cJSON *json);

/* An event of the binary stream that is an exception or an error; false when it is neither. */
bool gt_aws_read_exception(struct gt_reading *r, struct gt_str event, const cJSON *json, struct gt_str text);

#endif
