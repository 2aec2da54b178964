/* The state of the shim before its first connection, for tests that share a process. */
#ifndef GT_FRESH_SHIM_H
#define GT_FRESH_SHIM_H

#include <stdint.h>

/*
 * Forgets every connection and event, and makes a pool of `memory` bytes. Resets the counters, gt_self of this thread,
 * gt_limits.body_max and gt_fake_wanted. A test of a table of connections resets its table itself.
 */
void gt_fresh_shim(uint64_t memory);

#endif
