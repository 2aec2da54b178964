/*
 * What a transfer of libcurl's says to the exporter: the events of one exchange, written down from the options, the callbacks
 * and what libcurl tells afterwards. Application threads; nothing waits, and what finds no room is dropped and counted.
 */
#ifndef GT_CURL_TELL_H
#define GT_CURL_TELL_H

#include "shim/context.h"
#include "shim/shared/clock.h"
#include "shim/shared/match.h"

struct gt_easy;
struct gt_event;
struct gt_transfer;

/* Asleep, transfers that are open are followed to their end, and nobody is told. */
bool gt_transfer_is_told(void);

/* The event that begins the exchange, not yet handed over; NULL when there is no room. */
struct gt_event *gt_tell_begin(struct gt_easy *e, const struct gt_endpoint *ep, const struct gt_parentage *par,
			       struct gt_str authority, bool is_tls, bool injected);

void gt_tell_request_head(struct gt_easy *e, const struct gt_request_view *view);
void gt_tell_request(struct gt_easy *e, const char *p, size_t len);

/* Once in a transfer, when there is something to tell: the head as libcurl knows it, without framing and credentials. */
void gt_tell_response_head(struct gt_easy *e);
void gt_tell_response(struct gt_easy *e, struct gt_mono at, const char *p, size_t len);

/* At the end: of the answer's bytes that found no room. */
void gt_tell_gap(struct gt_transfer *t);

#endif
