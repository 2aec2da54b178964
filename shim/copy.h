/*
 * Copies of an exchange's bytes on their way to the exporter, in as many events as it takes. Whatever finds no room, or is more
 * than anybody wants, is told as missing before anything that follows it.
 *
 * The two counters belong to the exchange's owner, who lets one thread at a time in here with each. Nothing waits.
 */
#ifndef GT_COPY_H
#define GT_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/shared/clock.h"

/* Of the request: `kept` counts the bytes told. Beyond `max`, or without room, the rest is told as cut off: for good, until the
 * owner sets `kept` to 0. */
void gt_copy_request(uint64_t stream, uint64_t *kept, uint64_t max, const char *p, size_t len);

/* Tells that the rest of the request will not come. */
void gt_copy_cut(uint64_t stream, uint64_t *kept);

/* Of the answer, received `at`: `gap` counts the bytes that have found no room and have not been told as missing yet. */
void gt_copy_answer(uint64_t stream, uint64_t *gap, struct gt_mono at, const char *p, size_t len);

/* Tells of missing bytes, if there are any. False when that has found no room either. */
bool gt_copy_gap(uint64_t stream, uint64_t *gap);

#endif
