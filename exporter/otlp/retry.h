/*
 * When to retry an export (OTLP specification, "OTLP/HTTP", failures and throttling). Pure: the caller passes time and
 * randomness.
 */
#ifndef GT_RETRY_H
#define GT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

struct gt_retry {
	unsigned attempts; /* that failed */
};

/* True for statuses that may be retried: 429, 502, 503, 504, and 0 for no response. */
bool gt_retry_is_worthwhile(long http_status);

/* Counts a failed attempt and returns how long to wait. A positive `retry_after_ns` wins, but is cut to a minute.
 * Otherwise (-1: no Retry-After; 0 counts as none) the wait is exponential with jitter. `chance` is uniformly
 * distributed over 64 bits. */
int64_t gt_retry_delay_ns(struct gt_retry *r, int64_t retry_after_ns, uint64_t chance);

/* A Retry-After value, in seconds or as an HTTP date, as nanoseconds from `now_unix_s`. -1 when it is neither. */
int64_t gt_retry_after_ns(struct gt_str value, int64_t now_unix_s);

#endif
