#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "shim/write_retry.h"
#include "support/fail_nth.h"

static struct gt_write_retry o;
static struct gt_splice s;

static void keep(uint64_t at, const char *write)
{
	gt_splice_start(&s, "<text>", 6, at);
	assert_true(gt_write_retry_keep(&o, &s, write, strlen(write)));
}

static void test_write_retry_holds_the_text_at_its_point(void **state)
{
	(void)state;
	keep(3, "headbody");
	assert_int_equal(o.len, 14);
	assert_memory_equal(o.bytes, "hea<text>dbody", 14);
	assert_int_equal(gt_write_retry_app_len(&o), 8);
	assert_false(o.is_begun);
	gt_write_retry_drop(&o);
}

static void test_write_retry_holds_the_rest_of_a_text_that_is_half_sent(void **state)
{
	(void)state;
	gt_splice_start(&s, "<text>", 6, 0);
	s.sent = 4;
	assert_true(gt_write_retry_keep(&o, &s, "body", 4));
	assert_int_equal(o.len, 6);
	assert_memory_equal(o.bytes, "t>body", 6);
	assert_true(o.is_begun);
	gt_write_retry_drop(&o);
}

static void test_write_retry_is_begun_only_by_all_of_its_bytes(void **state)
{
	static const struct {
		const char *write;
		bool is;
	} rows[] = {
		{ "headbody", true },  { "headbody and more", true },  { "headbod", false },	    { "Headbody", false },
		{ "headbodY", false }, { "headBody and more", false }, { "hea<text>dbody", false },
	};

	(void)state;
	assert_false(gt_write_retry_is_begun_by(&o, "headbody", 8));
	keep(3, "headbody");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(gt_write_retry_is_begun_by(&o, rows[i].write, strlen(rows[i].write)), rows[i].is);
	gt_write_retry_drop(&o);
	assert_false(gt_write_retry_is_begun_by(&o, "headbody", 8));
}

static void test_write_retry_with_a_patch_is_begun_by_the_application_s_bytes(void **state)
{
	(void)state;
	gt_splice_start(&s, "<text>", 6, 6);
	gt_splice_set_patch(&s, 1, (const unsigned char *)"123");
	assert_true(gt_write_retry_keep(&o, &s, "headbody", 8));
	assert_memory_equal(o.bytes, "h123bo<text>dy", 14);
	assert_false(o.is_begun);
	assert_true(gt_write_retry_is_begun_by(&o, "headbody!", 9));
	assert_false(gt_write_retry_is_begun_by(&o, "h123body!", 9));
	assert_false(gt_write_retry_is_begun_by(&o, "hExdbody!", 9));
	assert_false(gt_write_retry_is_begun_by(&o, "headbOdy!", 9));
	gt_write_retry_drop(&o);
	/* one byte of the patch is on the wire */
	assert_int_equal(gt_splice_account(&s, 8, 2), 2);
	assert_true(gt_write_retry_keep(&o, &s, "adbody", 6));
	assert_memory_equal(o.bytes, "23bo<text>dy", 12);
	assert_true(o.is_begun);
	assert_true(gt_write_retry_is_begun_by(&o, "adbody", 6));
	gt_write_retry_drop(&o);
}

static void test_write_retry_knows_the_parts_that_are_on_the_wire(void **state)
{
	(void)state;
	assert_true(gt_write_retry_has_before(&o, "anything", 8));
	gt_write_retry_set_before(&o, "headbody", 4);
	assert_true(gt_write_retry_has_before(&o, "headBODY", 8));
	assert_false(gt_write_retry_has_before(&o, "Headbody", 8));
	assert_false(gt_write_retry_has_before(&o, "head", 4)); /* the rest must be repeated, too */
	assert_false(gt_write_retry_has_before(&o, "hea", 3));
	gt_write_retry_drop(&o);
	assert_true(gt_write_retry_has_before(&o, "hea", 3));
}

static void test_write_retry_keeps_only_the_first_bytes_of_a_long_one(void **state)
{
	size_t len = GT_WRITE_RETRY_COPY_MAX + 1;
	char *write = malloc(len);

	(void)state;
	assert_non_null(write);
	memset(write, 'x', len);
	gt_splice_start(&s, "<text>", 6, GT_WRITE_RETRY_CUT - 1);
	assert_true(gt_write_retry_keep(&o, &s, write, len));
	assert_int_equal(gt_write_retry_app_len(&o), GT_WRITE_RETRY_CUT);
	assert_true(gt_write_retry_is_begun_by(&o, write, len));
	gt_splice_start(&s, "<text>", 6, GT_WRITE_RETRY_CUT);
	assert_false(gt_write_retry_keep(&o, &s, write, len));
	assert_null(o.bytes);
	assert_true(gt_write_retry_keep(&o, &s, write, len - 1));
	free(write);
	gt_write_retry_drop(&o);
}

static void test_write_retry_without_memory_keeps_nothing(void **state)
{
	(void)state;
	gt_splice_start(&s, "<text>", 6, 3);
	gt_fail_nth(1);
	assert_false(gt_write_retry_keep(&o, &s, "headbody", 8));
	gt_fail_none();
	assert_null(o.bytes);
	assert_int_equal(o.len, 0);
	gt_write_retry_drop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_write_retry_holds_the_text_at_its_point),
		GT_TEST(test_write_retry_holds_the_rest_of_a_text_that_is_half_sent),
		GT_TEST(test_write_retry_is_begun_only_by_all_of_its_bytes),
		GT_TEST(test_write_retry_with_a_patch_is_begun_by_the_application_s_bytes),
		GT_TEST(test_write_retry_knows_the_parts_that_are_on_the_wire),
		GT_TEST(test_write_retry_keeps_only_the_first_bytes_of_a_long_one),
		GT_TEST(test_write_retry_without_memory_keeps_nothing),
	};

	return GT_TESTS(tests);
}
