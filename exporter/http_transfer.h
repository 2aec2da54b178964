/*
 * One POST at a time to one URL, over libcurl's multi interface so that nothing blocks. Knows nothing of spans, retries or
 * deadlines. Exporter thread.
 */
#ifndef GT_HTTP_TRANSFER_H
#define GT_HTTP_TRANSFER_H

#include "config.h"

struct gt_http_transfer;

struct gt_http_reply {
	long status;		/* 0: none came */
	const char *problem;	/* what went wrong on the way, NULL when nothing did */
	bool is_final;		/* the problem will not go away by itself */
	int64_t retry_after_ns; /* -1: not said */
	const uint8_t *body;	/* as far as it came; valid until the next start */
	size_t len;
	bool is_protobuf; /* so it says */
};

#define GT_HTTP_REPLY_MAX (4u << 20)

/* Gives a transfer, or NULL (no memory, unreadable certificate or key: said in the log). Borrows `config`. */
struct gt_http_transfer *gt_http_transfer_open(const struct gt_otlp_config *config);
void gt_http_transfer_close(struct gt_http_transfer *t);

/* Borrows `body` until the reply. False when it could not even start: no memory. */
bool gt_http_transfer_start(struct gt_http_transfer *t, const uint8_t *body, size_t len, bool is_gzip);

/* Moves on without waiting; true when the reply is there. */
bool gt_http_transfer_step(struct gt_http_transfer *t, struct gt_http_reply *reply);

/* Waits until a step makes sense, at most `wait_ns`. */
void gt_http_transfer_wait(struct gt_http_transfer *t, int64_t wait_ns);

/* Gives up; the reply is what came so far. */
void gt_http_transfer_abort(struct gt_http_transfer *t, struct gt_http_reply *reply);

#endif
