/*
 * One POST at a time to one URL, over libcurl's multi interface so that nothing blocks. Spans, retries and deadlines
 * are the sink's. Exporter thread.
 */
#ifndef GT_HTTP_TRANSFER_H
#define GT_HTTP_TRANSFER_H

#include "exporter/otlp/http_message.h"
#include "exporter/otlp/otlp_config.h"

struct gt_http_transfer;

#define GT_HTTP_REPLY_MAX (4u << 20) /* bytes of a reply's body; a longer reply is a problem */

/* Gives a transfer. NULL when out of memory, or when a certificate or key cannot be read (logged). Borrows both. */
struct gt_http_transfer *gt_http_transfer_open(const struct gt_otlp_config *config, const struct gt_http_style *style);
void gt_http_transfer_close(struct gt_http_transfer *t);

/* Closes the connection, while no transfer is under way. The next transfer makes another. */
void gt_http_transfer_rest(struct gt_http_transfer *t);

/* Borrows the body until the reply. False when it cannot start: out of memory, or too many abandoned handles
 * (curl_handles.h). */
bool gt_http_transfer_start(struct gt_http_transfer *t, const struct gt_http_request *request);

/* Makes progress without waiting. True when the transfer is over and `reply` is set. */
bool gt_http_transfer_step(struct gt_http_transfer *t, struct gt_http_reply *reply);

/* Whether the body has been written to the connection in full. */
bool gt_http_transfer_is_sent(const struct gt_http_transfer *t);

/* Waits until a step can make progress, at most `wait_ns`. */
void gt_http_transfer_wait(struct gt_http_transfer *t, int64_t wait_ns);

/* Gives up. `reply` holds what arrived so far. */
void gt_http_transfer_abort(struct gt_http_transfer *t, struct gt_http_reply *reply);

#endif
