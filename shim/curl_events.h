/*
 * Reports a libcurl transfer to the exporter: emits the events of one exchange from the options, the callbacks and
 * what libcurl knows at the end. Application threads; nothing waits. Events that do not fit into the hand-off are
 * dropped and counted.
 */
#ifndef GT_CURL_EVENTS_H
#define GT_CURL_EVENTS_H

#include "shim/context.h"
#include "shim/shared/clock.h"
#include "shim/shared/match.h"

struct gt_easy;
struct gt_event;
struct gt_transfer;

/* False while gentap is asleep: open transfers are then followed to their end but not reported. */
bool gt_transfer_is_reported(void);

/* Gives the event that begins the exchange; the caller hands it over. NULL when the hand-off is full. */
struct gt_event *gt_curl_emit_begin(struct gt_easy *e, const struct gt_endpoint *ep, const struct gt_parentage *par,
				    struct gt_str authority, bool is_tls, bool injected);

void gt_curl_emit_request_head(struct gt_easy *e, const struct gt_request_view *view);
void gt_curl_emit_request(struct gt_easy *e, const char *p, size_t len);

/* Emits the head as libcurl reports it, once per transfer, without framing and credentials. Does nothing before
 * libcurl knows the status. */
void gt_curl_emit_response_head(struct gt_easy *e);
void gt_curl_emit_response(struct gt_easy *e, struct gt_mono at, const char *p, size_t len);

/* At the end: reports the response bytes that did not fit. */
void gt_curl_emit_gap(struct gt_transfer *t);

#endif
