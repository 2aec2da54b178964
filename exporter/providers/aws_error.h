/*
 * AWS errors: a type in a header field or in the body, and a message in the body. Pure.
 */
#ifndef GT_AWS_ERROR_H
#define GT_AWS_ERROR_H

#include "exporter/span/reading.h"

/* Reads an error response and sets the reading's error. `json` is its body, NULL when it cannot be read. Does nothing
 * when the response has neither a type nor a message. */
void gt_aws_read_error(struct gt_reading *r, const cJSON *json);

/* Reads an event of the binary stream. True when it is an exception or an error: the reading has it, and the stream is
 * final. `text` is the payload; it becomes the message when `json` is NULL. */
bool gt_aws_read_exception(struct gt_reading *r, struct gt_str event, const cJSON *json, struct gt_str text);

#endif
