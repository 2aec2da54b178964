#include "support/test.h"

#include "exporter/command/table.h"

static void test_table_empty_column_is_not_shown(void **state)
{
	static const struct gt_column columns[] = {
		{ "name", .max = 0 },
		{ "a", .gap = 2, .goes = 2 },
		{ "bb", .gap = 2, .goes = 1, .is_right = true },
	};
	struct gt_table t;

	(void)state;
	gt_table_init(&t, columns, 3);
	gt_table_widen(&t, 0, 10);
	gt_table_widen(&t, 1, 0);
	gt_table_widen(&t, 2, 1);
	gt_table_fit(&t, 80);
	assert_int_equal(t.width[0], 10);
	assert_int_equal(t.width[1], 0);
	assert_int_equal(t.width[2], 2); /* the title */
	assert_int_equal(t.used, 14);
}

static void test_table_columns_go_in_their_order(void **state)
{
	static const struct gt_column columns[] = {
		{ "", .max = 0 },
		{ "", .gap = 1, .goes = 2 },
		{ "", .gap = 1, .goes = 3 },
		{ "", .gap = 1, .goes = 1 },
	};
	struct gt_table t;

	(void)state;
	/* names need 20; the three columns are 10 wide each */
	for (size_t line = 20; line < 70; line++) {
		gt_table_init(&t, columns, 4);
		gt_table_widen(&t, 0, 20);
		for (unsigned c = 1; c < 4; c++)
			gt_table_widen(&t, c, 9);
		gt_table_fit(&t, line);
		assert_true(t.used <= line);
		assert_true(!t.width[3] || t.width[1]);
		assert_true(!t.width[1] || t.width[2]);
		assert_true(t.width[0] >= (line * 2 / 5 < 20 ? line * 2 / 5 : 20));
	}
	assert_true(t.width[3] && t.width[0] == 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_table_empty_column_is_not_shown),
		GT_TEST(test_table_columns_go_in_their_order),
	};

	return GT_TESTS(tests);
}
