#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/base/arena.h"

static void test_arena_gives_zeroed_memory_aligned_for_any_type(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 8, 15, 16, 17, 100, 2047, 2048, 2049, 5000, 100000, 1, 0 };
	struct gt_arena a;

	(void)state;
	gt_arena_init(&a, 0);
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < GT_ROWS(sizes); i++) {
			char *p = gt_arena_alloc(&a, sizes[i]);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[k], 0);
			if (sizes[i])
				memset(p, 0xee, sizes[i]); /* must not reach the next block */
		}
	}
	gt_arena_free(&a);
}

static void test_arena_memory_stays_where_it_was(void **state)
{
	char *texts[500];
	struct gt_arena a;

	(void)state;
	gt_arena_init(&a, 0);
	for (int i = 0; i < 500; i++) {
		char text[200];
		int n = snprintf(text, sizeof(text), "%d%*s", i, i % 150, "");

		texts[i] = gt_arena_copy(&a, gt_str_make(text, (size_t)n));
	}
	for (int i = 0; i < 500; i++) {
		assert_int_equal(atoi(texts[i]), i);
		assert_true(strlen(texts[i]) >= (size_t)(i % 150));
	}
	gt_arena_free(&a);
}

static void test_arena_copy_is_terminated_and_may_be_empty_or_hold_nul(void **state)
{
	struct gt_arena a;
	char *p;

	(void)state;
	gt_arena_init(&a, 0);
	assert_string_equal(gt_arena_copy(&a, GT_STR("")), "");
	assert_string_equal(gt_arena_copy(&a, GT_STR_NONE), "");
	p = gt_arena_copy(&a, GT_STR("a\0b"));
	assert_memory_equal(p, "a\0b\0", 4);
	gt_arena_free(&a);
}

static void test_arena_limit_refuses_and_leaves_the_rest_usable(void **state)
{
	struct gt_arena a;
	char *first;

	(void)state;
	gt_arena_init(&a, 100);
	first = gt_arena_copy(&a, GT_STR("kept"));
	assert_non_null(first);
	assert_int_equal(a.used, 16);
	assert_null(gt_arena_alloc(&a, 101));
	assert_null(gt_arena_alloc(&a, 85)); /* 96 when aligned */
	assert_non_null(gt_arena_alloc(&a, 64));
	assert_non_null(gt_arena_alloc(&a, 16));
	assert_null(gt_arena_alloc(&a, 16));
	assert_int_equal(a.used, 96);
	assert_string_equal(first, "kept");
	gt_arena_free(&a);
	assert_int_equal(a.used, 0);
}

static void test_arena_absurd_sizes_are_refused(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX / 2 + 1 };
	struct gt_arena a;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(sizes); i++) {
		gt_arena_init(&a, i % 2 ? 1000 : 0);
		assert_null(gt_arena_alloc(&a, sizes[i]));
		assert_non_null(gt_arena_alloc(&a, 1));
		gt_arena_free(&a);
	}
}

static void test_arena_move_leaves_the_source_empty_and_usable(void **state)
{
	struct gt_arena a, b;
	char *p;

	(void)state;
	gt_arena_init(&a, 0);
	gt_arena_init(&b, 0);
	p = gt_arena_copy(&a, GT_STR("moved"));
	gt_arena_move(&b, &a);
	assert_int_equal(a.used, 0);
	assert_null(a.blocks);
	assert_int_equal(b.used, 16);
	assert_string_equal(gt_arena_copy(&a, GT_STR("new")), "new");
	gt_arena_free(&a);
	assert_string_equal(p, "moved");
	gt_arena_free(&b);
	gt_arena_free(&b); /* a second free does nothing */
}

static void test_arena_without_memory_keeps_what_it_gave(void **state)
{
	int n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		char *given[40];
		struct gt_arena a;

		gt_arena_init(&a, 0);
		for (int i = 0; i < 40; i++) {
			given[i] = gt_arena_alloc(&a, 300);
			if (given[i])
				memset(given[i], i, 300);
		}
		for (int i = 0; i < 40; i++)
			assert_true(!given[i] || (given[i][0] == i && given[i][299] == i));
		gt_arena_free(&a);
	}
	gt_fail_none();
	assert_true(n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_arena_gives_zeroed_memory_aligned_for_any_type),
		GT_TEST(test_arena_memory_stays_where_it_was),
		GT_TEST(test_arena_copy_is_terminated_and_may_be_empty_or_hold_nul),
		GT_TEST(test_arena_limit_refuses_and_leaves_the_rest_usable),
		GT_TEST(test_arena_absurd_sizes_are_refused),
		GT_TEST(test_arena_move_leaves_the_source_empty_and_usable),
		GT_TEST(test_arena_without_memory_keeps_what_it_gave),
	};

	return GT_TESTS(tests);
}
