/* Sizes the user may set, read once by the constructor, then constant. */
#ifndef GT_LIMITS_H
#define GT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct gt_limits {
	uint64_t memory_max; /* bytes of events in flight, per process; and of bodies kept of open exchanges */
	uint64_t body_max;   /* bytes of one body that are kept for parsing */
	int64_t exit_timeout_ns;
};

#define GT_MEMORY_MAX_DEFAULT	   (32ULL << 20)
#define GT_BODY_MAX_DEFAULT	   (16ULL << 20)
#define GT_EXIT_TIMEOUT_MS_DEFAULT 1000

extern struct gt_limits gt_limits;

/* Reads GENTAP_MEMORY_MAX, GENTAP_BODY_MAX and GENTAP_EXIT_TIMEOUT_MS; what is unreadable keeps its default. */
void gt_limits_init(void);

/* One such value: digits only. False leaves `out` alone. */
bool gt_limits_parse(const char *value, uint64_t *out);

#endif
