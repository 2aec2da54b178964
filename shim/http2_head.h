/*
 * One message head of HTTP/2, made of its decoded fields: what decides whether a request is a call, and the head in HTTP/1
 * form that the exporter gets. Pure: fields go in, slices and text come out.
 *
 * Only fields that the exporter reads become lines. So credentials and cookies stay with the application.
 */
#ifndef GT_HTTP2_HEAD_H
#define GT_HTTP2_HEAD_H

#include "shim/shared/match.h"

#define GT_HTTP2_HEAD_MAX (16 * 1024 - 64) /* of the text; a field that does not fit is left out */

struct gt_http2_head {
	struct gt_request_view view; /* slices of `text`; a request has `method` and `target` */
	bool ends_in_pseudo;	     /* the last field is one of those that must come first (RFC 9113, 8.3) */
	bool has_gap;		     /* a field that the view needs was left out: it may be a traceparent */
	int status;		     /* of a response; else 0 */
	uint32_t lines;		     /* bytes of lines at the beginning of `text` */
	uint32_t aside;		     /* what else the view needs begins here, up to the end of `text` */
	char text[GT_HTTP2_HEAD_MAX];
};

void gt_http2_head_begin(struct gt_http2_head *h);

/* For gt_hpack_decode; `ctx` is a struct gt_http2_head. */
void gt_http2_head_field(void *ctx, struct gt_str name, struct gt_str value);

/* Is it a request of gRPC? */
bool gt_http2_head_is_grpc(const struct gt_http2_head *h);

/* The length of the head in HTTP/1 form, and its text in `out`, which has that length. Keys in the query are blanked. */
size_t gt_http2_head_len(const struct gt_http2_head *h);
void gt_http2_head_write(const struct gt_http2_head *h, char *out);

#endif
