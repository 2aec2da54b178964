/*
 * One POST at a time to one URL, over libcurl's multi interface so that nothing blocks. Knows nothing of spans, retries or
 * deadlines. Exporter thread.
 */
#ifndef GT_HTTP_TRANSFER_H
#define GT_HTTP_TRANSFER_H

#include "config.h"

struct gt_http_transfer;

/* How a protocol wants to be posted. Static data. */
struct gt_http_style {
	bool is_http2;		     /* and nothing older; without TLS by prior knowledge */
	const char *const *headers;  /* "Name: value", NULL-terminated */
	const char *gzip_header;     /* one more when the body is compressed */
	const char *timeout_header;  /* name of the one that tells the server how long we wait, "250m"; NULL: none */
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

#define GT_HTTP_REPLY_MAX (4u << 20)

/* Gives a transfer, or NULL (no memory, unreadable certificate or key: said in the log). Borrows both. */
struct gt_http_transfer *gt_http_transfer_open(const struct gt_otlp_config *config, const struct gt_http_style *style);
void gt_http_transfer_close(struct gt_http_transfer *t);

struct gt_http_request {
	const uint8_t *body;
	size_t len;
	bool is_gzip;
	int64_t timeout_ns; /* to be told to the server; 0: nothing to tell */
};

/* Borrows the body until the reply. False when it could not even start: no memory. */
bool gt_http_transfer_start(struct gt_http_transfer *t, const struct gt_http_request *request);

/* Moves on without waiting; true when the reply is there. */
bool gt_http_transfer_step(struct gt_http_transfer *t, struct gt_http_reply *reply);

/* Waits until a step makes sense, at most `wait_ns`. */
void gt_http_transfer_wait(struct gt_http_transfer *t, int64_t wait_ns);

/* Gives up; the reply is what came so far. */
void gt_http_transfer_abort(struct gt_http_transfer *t, struct gt_http_reply *reply);

#endif
