#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/base/buf.h"

static void test_buf_new_one_is_empty_and_has_no_memory(void **state)
{
	struct gt_buf b;

	(void)state;
	gt_buf_init(&b, 10);
	assert_null(b.data);
	assert_int_equal(gt_buf_str(&b).len, 0);
	assert_false(b.is_over);
	assert_true(gt_buf_add(&b, NULL, 0));
	assert_null(b.data);
	gt_buf_free(&b);
}

static void test_buf_holds_what_was_added_up_to_the_cap(void **state)
{
	struct gt_buf b;

	(void)state;
	gt_buf_init(&b, 6);
	assert_true(gt_buf_add(&b, "abc", 3));
	assert_true(gt_buf_add(&b, "def", 3));
	assert_str(gt_buf_str(&b), "abcdef");
	assert_true(b.room <= 6);
	assert_true(gt_buf_add(&b, "", 0));
	assert_false(b.is_over);
	gt_buf_free(&b);
}

static void test_buf_takes_all_of_a_piece_or_nothing_and_stays_over(void **state)
{
	struct gt_buf b;

	(void)state;
	gt_buf_init(&b, 6);
	assert_true(gt_buf_add(&b, "abcd", 4));
	assert_false(gt_buf_add(&b, "efg", 3));
	assert_true(b.is_over);
	assert_str(gt_buf_str(&b), "abcd");
	assert_false(gt_buf_add(&b, "e", 1)); /* it would fit, but bytes in between were lost */
	assert_false(gt_buf_add(&b, "", 0));
	gt_buf_reset(&b);
	assert_false(b.is_over);
	assert_int_equal(b.len, 0);
	assert_true(gt_buf_add(&b, "efg", 3));
	assert_str(gt_buf_str(&b), "efg");
	gt_buf_free(&b);
}

static void test_buf_shared_allowance_is_taken_and_given_back(void **state)
{
	size_t left = 10;
	struct gt_buf a, b;

	(void)state;
	gt_buf_init(&a, 100);
	gt_buf_init(&b, 100);
	gt_buf_share(&a, &left);
	gt_buf_share(&b, &left);
	assert_true(gt_buf_add(&a, "abcdef", 6));
	assert_int_equal(left, 4);
	assert_false(gt_buf_add(&b, "abcde", 5));
	assert_true(b.is_over);
	assert_int_equal(left, 4);
	gt_buf_reset(&a); /* the buffer keeps its memory */
	assert_int_equal(left, 4);
	assert_true(gt_buf_add(&a, "abcdefg", 7));
	assert_int_equal(left, 3);
	gt_buf_cut(&a, 2);
	assert_int_equal(left, 8);
	assert_str(gt_buf_str(&a), "ab");
	assert_false(gt_buf_add(&a, "c", 1));
	gt_buf_reset(&b);
	assert_true(gt_buf_add(&b, "abcde", 5));
	gt_buf_free(&b);
	assert_int_equal(left, 8);
	assert_true(gt_buf_add(&b, "abcdefgh", 8)); /* a reused buffer still shares the limit */
	assert_int_equal(left, 0);
	gt_buf_cut(&b, 0);
	gt_buf_cut(&a, 0);
	assert_int_equal(left, 10);
	gt_buf_free(&a);
	gt_buf_free(&b);
	assert_int_equal(left, 10);
}

static void test_buf_with_a_cap_of_nothing_takes_nothing(void **state)
{
	struct gt_buf b;

	(void)state;
	gt_buf_init(&b, 0);
	assert_true(gt_buf_add(&b, "", 0));
	assert_false(gt_buf_add(&b, "x", 1));
	assert_true(b.is_over);
	gt_buf_free(&b);
}

static void test_buf_drop_removes_from_the_front(void **state)
{
	static const struct {
		size_t n;
		const char *left;
	} rows[] = { { 0, "abcdef" }, { 1, "bcdef" }, { 5, "f" }, { 6, "" }, { 7, "" }, { SIZE_MAX, "" } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_buf b;

		gt_buf_init(&b, 100);
		gt_buf_drop(&b, rows[i].n); /* of an empty buffer */
		assert_true(gt_buf_add(&b, "abcdef", 6));
		gt_buf_drop(&b, rows[i].n);
		assert_str(gt_buf_str(&b), rows[i].left);
		assert_true(gt_buf_add(&b, "!", 1));
		assert_int_equal(b.data[b.len - 1], '!');
		gt_buf_free(&b);
	}
}

static void test_buf_reset_keeps_its_memory(void **state)
{
	struct gt_buf b;
	char *data;

	(void)state;
	gt_buf_init(&b, 100);
	assert_true(gt_buf_add(&b, "abcdef", 6));
	data = b.data;
	gt_buf_reset(&b);
	assert_true(gt_buf_add(&b, "xyz", 3));
	assert_ptr_equal(b.data, data);
	gt_buf_free(&b);
	assert_null(b.data);
	assert_int_equal(b.max, 100); /* the buffer can be reused */
	assert_true(gt_buf_add(&b, "again", 5));
	gt_buf_free(&b);
}

static void test_buf_random_use_agrees_with_a_plain_array(void **state)
{
	static char plain[5000];
	struct gt_random r = gt_random_from(7);
	struct gt_buf b;
	size_t len = 0;
	bool over = false;

	(void)state;
	gt_buf_init(&b, sizeof(plain));
	for (int i = 0; i < 20000; i++) {
		size_t n = gt_random_below(&r, 400);
		char piece[400];

		switch (gt_random_below(&r, 8)) {
		case 0:
			gt_buf_drop(&b, n);
			n = n < len ? n : len;
			memmove(plain, plain + n, len - n);
			len -= n;
			break;
		case 1:
			if (gt_random_below(&r, 4))
				break;
			gt_buf_reset(&b);
			len = 0;
			over = false;
			break;
		default:
			for (size_t k = 0; k < n; k++)
				piece[k] = (char)gt_random_next(&r);
			over |= n > sizeof(plain) - len;
			assert_int_equal(gt_buf_add(&b, piece, n), !over);
			if (!over)
				memcpy(plain + len, piece, n);
			len += over ? 0 : n;
		}
		assert_int_equal(b.is_over, over);
		assert_int_equal(b.len, len);
		assert_memory_equal(b.len ? b.data : plain, plain, len);
	}
	gt_buf_free(&b);
}

static void test_buf_without_memory_is_over_and_keeps_what_it_has(void **state)
{
	char piece[300];

	(void)state;
	memset(piece, 'p', sizeof(piece));
	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_buf b;
		size_t had = 0;

		gt_buf_init(&b, 10000);
		for (int i = 0; i < 20; i++)
			if (gt_buf_add(&b, piece, sizeof(piece)))
				had += sizeof(piece);
		assert_int_equal(b.len, had);
		assert_int_equal(b.is_over, had != 20 * sizeof(piece));
		gt_buf_free(&b);
	}
	gt_fail_none();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_buf_new_one_is_empty_and_has_no_memory),
		GT_TEST(test_buf_holds_what_was_added_up_to_the_cap),
		GT_TEST(test_buf_takes_all_of_a_piece_or_nothing_and_stays_over),
		GT_TEST(test_buf_shared_allowance_is_taken_and_given_back),
		GT_TEST(test_buf_with_a_cap_of_nothing_takes_nothing),
		GT_TEST(test_buf_drop_removes_from_the_front),
		GT_TEST(test_buf_reset_keeps_its_memory),
		GT_TEST(test_buf_random_use_agrees_with_a_plain_array),
		GT_TEST(test_buf_without_memory_is_over_and_keeps_what_it_has),
	};

	return GT_TESTS(tests);
}
