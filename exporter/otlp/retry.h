/*
 * When to try an export again (OTLP specification, "OTLP/HTTP", failures and throttling). Pure: time and chance come in.
 */
#ifndef GT_RETRY_H
#define GT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

struct gt_retry {
	unsigned attempts; /* that have failed */
};

/* True for the statuses that may be tried again: 429, 502, 503, 504; and 0, which stands for no response at all. */
bool gt_retry_is_worthwhile(long http_status);

/* How long to wait after one more failed attempt: what Retry-After says (-1: it did not; 0 counts as that too), but at most a
 * minute, else exponential with jitter. `chance` is evenly distributed over all 64 bits. */
int64_t gt_retry_delay_ns(struct gt_retry *r, int64_t retry_after_ns, uint64_t chance);

/* A Retry-After value, seconds or an HTTP date, relative to `now_unix_s`; -1 when it is neither. */
int64_t gt_retry_after_ns(struct gt_str value, int64_t now_unix_s);

#endif
