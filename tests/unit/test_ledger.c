#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/span/ledger.h"

static enum gt_ledger_state note(struct gt_ledger *l, const char *key, bool counts)
{
	return gt_ledger_note(l, gt_str_of(key), counts);
}

static void test_ledger_an_operation_is_new_then_open_then_counted(void **state)
{
	struct gt_ledger *l = gt_ledger_new();

	(void)state;
	assert_int_equal(note(l, "a", false), GT_LEDGER_NEW);
	assert_int_equal(note(l, "a", false), GT_LEDGER_OPEN);
	assert_int_equal(note(l, "b", true), GT_LEDGER_NEW);
	assert_int_equal(note(l, "a", true), GT_LEDGER_OPEN);
	assert_int_equal(note(l, "a", true), GT_LEDGER_COUNTED);
	assert_int_equal(note(l, "a", false), GT_LEDGER_COUNTED);
	assert_int_equal(note(l, "a", false), GT_LEDGER_COUNTED);
	assert_int_equal(note(l, "b", false), GT_LEDGER_COUNTED);
	gt_ledger_free(l);
}

static void test_ledger_keys_are_compared_whole(void **state)
{
	struct gt_ledger *l = gt_ledger_new();
	char longer[GT_LEDGER_KEY_MAX + 2];

	(void)state;
	note(l, "run_12", true);
	assert_int_equal(note(l, "run_1", false), GT_LEDGER_NEW);
	assert_int_equal(note(l, "run_123", false), GT_LEDGER_NEW);
	assert_int_equal(gt_ledger_note(l, GT_STR("a\0b"), true), GT_LEDGER_NEW);
	assert_int_equal(gt_ledger_note(l, GT_STR("a\0c"), true), GT_LEDGER_NEW);
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(gt_ledger_note(l, gt_str_make(longer, sizeof(longer)), true), GT_LEDGER_NEW);
	assert_int_equal(gt_ledger_note(l, gt_str_make(longer, sizeof(longer)), true), GT_LEDGER_COUNTED);
	/* no key, no note */
	assert_int_equal(note(l, "", true), GT_LEDGER_NEW);
	assert_int_equal(note(l, "", true), GT_LEDGER_NEW);
	gt_ledger_free(l);
}

static void test_ledger_the_oldest_makes_room(void **state)
{
	struct gt_ledger *l = gt_ledger_new();
	char key[16];

	(void)state;
	for (int i = 0; i <= GT_LEDGER_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(note(l, key, true), GT_LEDGER_NEW);
	}
	assert_int_equal(note(l, "1", false), GT_LEDGER_COUNTED);
	assert_int_equal(note(l, "0", false), GT_LEDGER_NEW);
	gt_ledger_free(l);
}

static void test_ledger_without_memory_everything_is_new(void **state)
{
	struct gt_ledger *l;

	(void)state;
	assert_int_equal(note(NULL, "a", true), GT_LEDGER_NEW);
	gt_ledger_free(NULL);
	for (int n = 1; gt_fail_nth(n); n++) {
		l = gt_ledger_new();
		for (int i = 0; i < 3; i++)
			note(l, "a", true);
		gt_ledger_free(l);
	}
	gt_fail_none();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_ledger_an_operation_is_new_then_open_then_counted),
		GT_TEST(test_ledger_keys_are_compared_whole),
		GT_TEST(test_ledger_the_oldest_makes_room),
		GT_TEST(test_ledger_without_memory_everything_is_new),
	};

	return GT_TESTS(tests);
}
