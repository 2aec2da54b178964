/*
 * What every unit test includes: cmocka with the headers that it needs before it, and a small source of random numbers.
 * GT_SEED=... in the environment replaces the seed of a test.
 */
#ifndef GT_TEST_H
#define GT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/shared/str.h"

#define GT_TEST(f)	    cmocka_unit_test(f)
#define GT_TEST_FRESH(f, s) cmocka_unit_test_setup(f, s)
/* GT_FILTER: a glob; only tests whose name matches are run. */
#define GT_TESTS(list) (cmocka_set_test_filter(getenv("GT_FILTER")), cmocka_run_group_tests(list, NULL, NULL))
#define GT_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Compares a slice with a literal. */
#define assert_str(slice, text)                                          \
	do {                                                             \
		struct gt_str s_ = (slice);                              \
		assert_int_equal(s_.len, strlen(text));                  \
		assert_memory_equal(s_.len ? s_.p : "", (text), s_.len); \
	} while (0)

struct gt_random {
	uint64_t x;
};

/* Seeded with `fallback`, or with GT_SEED when it is set. */
static inline struct gt_random gt_random_from(uint64_t fallback)
{
	const char *seed = getenv("GT_SEED");
	struct gt_random r = { seed ? strtoull(seed, NULL, 0) : fallback };

	r.x |= 1;
	return r;
}

static inline uint64_t gt_random_next(struct gt_random *r)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 7;
	r->x ^= r->x << 17;
	return r->x * 0x2545f4914f6cdd1dULL;
}

/* 0 to n - 1. */
static inline size_t gt_random_below(struct gt_random *r, size_t n)
{
	return n ? (size_t)((gt_random_next(r) >> 11) % n) : 0;
}

#endif
