/*
 * One POST and its answer, between an OTLP protocol and whatever carries it.
 */
#ifndef GT_HTTP_MESSAGE_H
#define GT_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/buf.h"
#include "shim/shared/clock.h"
#include "shim/shared/str.h"

/* How a protocol wants to be posted. Static data. */
struct gt_http_style {
	bool is_http2;		    /* and nothing older; without TLS by prior knowledge */
	const char *const *headers; /* "Name: value", NULL-terminated */
	const char *gzip_header;    /* one more when the body is compressed */
	const char *timeout_header; /* name of the one that tells the server how long we wait, "250m"; NULL: none */
};

/* Everything it points to is valid until the next start. */
struct gt_http_reply {
	long status;	     /* 0: none came */
	const char *problem; /* what went wrong on the way, NULL when nothing did */
	bool is_final;	     /* the problem will not go away by itself */
	int stream_error;    /* the peer's reason for resetting an HTTP/2 stream; -1: it did not, or its reason is not known */
	const uint8_t *body; /* as far as it came */
	size_t len;
	/* headers or trailers, empty when they did not come */
	struct gt_str type, retry_after, grpc_status, grpc_message, grpc_details;
};

struct gt_http_request {
	const uint8_t *body;
	size_t len;
	bool is_gzip;
	int64_t timeout_ns; /* to be told to the server; 0: nothing to tell */
};

#endif
