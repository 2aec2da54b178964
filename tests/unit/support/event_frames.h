/*
 * Makes frames of AWS's binary event stream.
 */
#ifndef GT_EVENT_FRAMES_H
#define GT_EVENT_FRAMES_H

#include <stddef.h>

/* A frame with these header bytes and right CRCs. Returns its length: headers, payload and 16 bytes. */
size_t gt_event_frame_raw(char *out, const char *headers, size_t headers_len, const char *payload, size_t len);

/* A header whose value is a string. Returns its length. */
size_t gt_event_header(char *out, const char *name, const char *value);

/* A frame of the kind that event_stream.h names: "chunk", "exception/throttlingException", "error/code". */
size_t gt_event_frame(char *out, const char *event, const char *payload, size_t len);

/* Gives a stream from a text with a line for each frame: its event, a space, its payload. The payload of a "chunk" is wrapped
 * as in Bedrock's invoke: {"bytes":"<base64>"}. */
char *gt_event_frames(const char *text, size_t *len);

#endif
