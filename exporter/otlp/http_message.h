/*
 * One POST and its answer: the interface between an OTLP protocol and the HTTP transfer that carries it. Exporter
 * thread.
 */
#ifndef GT_HTTP_MESSAGE_H
#define GT_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/buf.h"
#include "shim/shared/clock.h"
#include "shim/shared/str.h"

/* How a protocol's requests are sent. Static data. */
struct gt_http_style {
	bool is_http2;		    /* HTTP/2 only; without TLS by prior knowledge */
	const char *const *headers; /* "Name: value", NULL-terminated */
	const char *gzip_header;    /* added when the body is compressed */
	const char *timeout_header; /* name of the header that announces our timeout, as "250m"; NULL: none */
};

/* The transfer owns what this points to; it is valid until the next start. */
struct gt_http_reply {
	long status;	     /* 0: no response */
	const char *problem; /* what went wrong in transit; NULL: nothing */
	bool is_final;	     /* the problem is permanent */
	int stream_error;    /* HTTP/2 error code of a reset stream; -1: not reset, or code unknown */
	const uint8_t *body; /* as much as arrived */
	size_t len;
	/* headers or trailers; empty when missing */
	struct gt_str type, retry_after, grpc_status, grpc_message, grpc_details;
};

struct gt_http_request {
	const uint8_t *body;
	size_t len;
	bool is_gzip;
	int64_t timeout_ns; /* announced to the server; 0: not announced */
};

#endif
