/*
 * How the body of a response is divided into documents. The head says it, but some servers send an event stream under
 * another content type, or label a plain JSON error as a stream. So the first bytes decide. Pure.
 */
#ifndef GT_BODY_KIND_H
#define GT_BODY_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/str.h"

/* BINARY: the body has no documents and is skipped. */
enum gt_body_kind { GT_BODY_UNKNOWN, GT_BODY_WHOLE, GT_BODY_BINARY, GT_BODY_SSE, GT_BODY_NDJSON, GT_BODY_EVENT_STREAM };

/* True when documents arrive one by one. */
static inline bool gt_body_is_stream(enum gt_body_kind kind)
{
	return kind >= GT_BODY_SSE;
}

/* The kind that a value of Content-Type names; UNKNOWN for JSON, text and everything else. */
enum gt_body_kind gt_body_kind_of_type(struct gt_str content_type);

/* What has been seen of the blanks at the beginning of a body; all zero at first. So more bytes need not be read from the
 * start. */
struct gt_blanks {
	size_t len; /* with the byte order mark */
	bool has_spaces;
};

/* The kind of a body that begins with `bytes`; `label` is the kind that the head names. UNKNOWN: more bytes are needed;
 * `blanks` then remembers what these show. */
enum gt_body_kind gt_body_kind_of(enum gt_body_kind label, struct gt_str bytes, struct gt_blanks *blanks);

/* True for lines of JSON under another content type: the first line is an object, and the next begins another object. */
bool gt_body_is_ndjson(struct gt_str body);

#endif
