/*
 * Copies an exchange's bytes to the exporter, as many events as needed. Bytes that do not fit, or are over the limit,
 * are reported as missing before anything that follows them.
 *
 * The two counters belong to the owner of the exchange. The owner lets one thread at a time call these functions with
 * each counter. Nothing here waits.
 */
#ifndef GT_EVENT_COPY_H
#define GT_EVENT_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/answer_fields.h"
#include "shim/shared/clock.h"

/* Request bytes. `kept` counts the bytes that were emitted. Beyond `max`, or when the hand-off is full, the rest is
 * reported as cut off. That is final until the owner sets `kept` to 0. */
void gt_event_copy_request(uint64_t stream, uint64_t *kept, uint64_t max, const char *p, size_t len);

/* Reports that the rest of the request is missing. */
void gt_event_copy_cut(uint64_t stream, uint64_t *kept);

/* Response bytes that arrived at `at`. `gap` counts the bytes that did not fit and are not reported as missing yet.
 * `fields`: of the connection, whose heads are among the bytes; NULL for bodies. */
void gt_event_copy_answer(uint64_t stream, uint64_t *gap, struct gt_answer_fields *fields, struct gt_mono at, const char *p,
			  size_t len);

/* Reports missing bytes, if any. Returns false when that event did not fit either. */
bool gt_event_copy_gap(uint64_t stream, uint64_t *gap);

#endif
