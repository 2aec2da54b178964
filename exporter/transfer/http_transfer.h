/*
 * One POST at a time to one URL, over libcurl's multi interface so that nothing blocks. Knows nothing of spans, retries or
 * deadlines. Exporter thread.
 */
#ifndef GT_HTTP_TRANSFER_H
#define GT_HTTP_TRANSFER_H

#include "exporter/otlp/http_message.h"
#include "exporter/otlp/otlp_config.h"

struct gt_http_transfer;

#define GT_HTTP_REPLY_MAX (4u << 20)

/* Gives a transfer, or NULL (no memory, unreadable certificate or key: said in the log). Borrows both. */
struct gt_http_transfer *gt_http_transfer_open(const struct gt_otlp_config *config, const struct gt_http_style *style);
void gt_http_transfer_close(struct gt_http_transfer *t);

/* Borrows the body until the reply. False when it could not even start: no memory. */
bool gt_http_transfer_start(struct gt_http_transfer *t, const struct gt_http_request *request);

/* Moves on without waiting; true when the reply is there. */
bool gt_http_transfer_step(struct gt_http_transfer *t, struct gt_http_reply *reply);

/* Waits until a step makes sense, at most `wait_ns`. */
void gt_http_transfer_wait(struct gt_http_transfer *t, int64_t wait_ns);

/* Gives up; the reply is what came so far. */
void gt_http_transfer_abort(struct gt_http_transfer *t, struct gt_http_reply *reply);

#endif
