#include "support/test.h"

#include "shim/splice.h"

#define PIECES 16

/* Cuts `len` bytes at `p` into up to `max` pieces, some of them empty. */
static int cut(struct gt_random *r, char *p, size_t len, struct iovec *out, int max)
{
	int n = 1 + (int)gt_random_below(r, (size_t)max);

	for (int i = 0; i < n; i++) {
		size_t part = i == n - 1 ? len : gt_random_below(r, len + 1);

		out[i] = (struct iovec){ part || gt_random_below(r, 2) ? p : NULL, part };
		p += part;
		len -= part;
	}
	return n;
}

static size_t acceptance(struct gt_random *r, size_t offered)
{
	switch (gt_random_below(r, 5)) {
	case 0:
		return 0;
	case 1:
		return offered ? 1 : 0;
	case 2:
		return offered;
	default:
		return gt_random_below(r, offered + 1);
	}
}

/* For any writes of the application and any progress of the wire, the wire holds the original with the text
 * inserted once. A patch has replaced its bytes. The counts that the application gets add up to its bytes. */
static void test_splice_text_is_inserted_once_whatever_the_wire_takes(void **state)
{
	struct gt_random r = gt_random_from(0x5711ce);
	char app[200], want[200], text[80], wire[sizeof(app) + sizeof(text)];

	(void)state;
	for (size_t i = 0; i < sizeof(app); i++)
		app[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('A' + i % 26);
	for (int round = 0; round < 200000; round++) {
		size_t len = 1 + gt_random_below(&r, sizeof(app)), text_len = 1 + gt_random_below(&r, sizeof(text));
		size_t at = gt_random_below(&r, len), reported = 0, on_wire = 0;
		struct gt_splice s;

		gt_splice_start(&s, text, (uint32_t)text_len, at);
		memcpy(want, app, sizeof(app));
		if (at >= GT_SPLICE_PATCH && gt_random_below(&r, 2)) {
			size_t patch_at = gt_random_below(&r, at - GT_SPLICE_PATCH + 1);

			gt_splice_set_patch(&s, patch_at, (const unsigned char *)"123");
			memcpy(want + patch_at, "123", 3);
		}
		for (int calls = 0; reported < len; calls++) {
			size_t n = 1 + gt_random_below(&r, len - reported), took, left, mine;
			struct iovec in[PIECES], out[PIECES + 4];
			bool was_begun = gt_splice_is_begun(&s);
			int pieces, n_in = cut(&r, app + reported, n, in, PIECES);

			assert_true(calls < 100000);
			pieces = gt_splice_layout(&s, in, n_in, out, n_in + gt_splice_more(&s));
			assert_in_range(pieces, 1, n_in + gt_splice_more(&s));
			for (int i = 0; i < pieces; i++)
				assert_true(out[i].iov_len > 0); /* an empty piece could look like the end */
			left = took = acceptance(&r, gt_iov_len(out, pieces));
			for (int i = 0; left; i++) {
				size_t part = out[i].iov_len < left ? out[i].iov_len : left;

				memcpy(wire + on_wire, out[i].iov_base, part);
				on_wire += part;
				left -= part;
			}
			mine = gt_splice_account(&s, n, took);
			assert_true(mine <= took && mine <= n);
			assert_true(gt_splice_is_begun(&s) || !was_begun);
			reported += mine;
		}
		assert_int_equal(reported, len);
		assert_false(gt_splice_is_active(&s));
		assert_int_equal(on_wire, len + text_len);
		assert_memory_equal(wire, want, at);
		assert_memory_equal(wire + at, text, text_len);
		assert_memory_equal(wire + at + text_len, want + at, len - at);
	}
}

static void test_splice_layout_needs_room_for_two_more_pieces(void **state)
{
	char app[] = "head\r\n\r\n";
	struct iovec in[2] = { { app, 4 }, { app + 4, 4 } }, out[4];
	struct gt_splice s;

	(void)state;
	gt_splice_start(&s, "x: y\r\n", 6, 6);
	assert_int_equal(gt_splice_layout(&s, in, 2, out, 3), -1);
	assert_int_equal(gt_splice_layout(&s, in, 2, out, 4), 4);
	assert_int_equal(s.at, 6);
	assert_int_equal(s.sent, 0);
}

static void test_splice_patch_may_be_spread_over_pieces(void **state)
{
	char app[] = "abcdef";
	struct iovec in[3] = { { app, 2 }, { app + 2, 1 }, { app + 3, 3 } }, out[7];
	struct gt_splice s;

	(void)state;
	gt_splice_start(&s, "-", 1, 5);
	gt_splice_set_patch(&s, 1, (const unsigned char *)"123");
	assert_int_equal(gt_splice_layout(&s, in, 3, out, 6), -1);
	assert_int_equal(gt_splice_layout(&s, in, 3, out, 7), 7);
	assert_int_equal(gt_splice_account(&s, 6, 2), 2); /* a1 */
	assert_true(gt_splice_is_begun(&s));
	assert_int_equal(gt_splice_layout(&s, &(struct iovec){ app + 2, 4 }, 1, out, 7), 4);
	assert_memory_equal(out[0].iov_base, "23", 2);
	assert_int_equal(out[0].iov_len, 2);
	assert_memory_equal(out[1].iov_base, "e", 1);
	assert_ptr_equal(out[2].iov_base, s.text);
	assert_memory_equal(out[3].iov_base, "f", 1);
}

static void test_splice_layout_leaves_the_applications_pieces_alone(void **state)
{
	char app[] = "abcdef";
	struct iovec in[3] = { { app, 3 }, { NULL, 0 }, { app + 3, 3 } }, before[3], out[5];
	struct gt_splice s;

	(void)state;
	memcpy(before, in, sizeof(in));
	gt_splice_start(&s, "-", 1, 3);
	assert_int_equal(gt_splice_layout(&s, in, 3, out, 5), 3);
	assert_memory_equal(in, before, sizeof(in));
	assert_ptr_equal(out[0].iov_base, app);
	assert_ptr_equal(out[1].iov_base, s.text);
	assert_ptr_equal(out[2].iov_base, app + 3);
}

static void test_splice_point_in_a_later_write_passes_this_one_through(void **state)
{
	char app[] = "abcdef";
	struct iovec in = { app, 6 }, out[3];
	struct gt_splice s;

	(void)state;
	gt_splice_start(&s, "-", 1, 6);
	assert_int_equal(gt_splice_layout(&s, &in, 1, out, 3), 1);
	assert_ptr_equal(out[0].iov_base, app);
	assert_int_equal(out[0].iov_len, 6);
	assert_int_equal(gt_splice_account(&s, 6, 6), 6);
	assert_int_equal(s.at, 0);
	assert_int_equal(gt_splice_layout(&s, &in, 1, out, 3), 2);
	assert_ptr_equal(out[0].iov_base, s.text);
}

static void test_splice_a_refused_write_changes_nothing(void **state)
{
	struct gt_splice s, before;

	(void)state;
	gt_splice_start(&s, "text", 4, 2);
	before = s;
	assert_int_equal(gt_splice_account(&s, 10, 0), 0);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_int_equal(gt_splice_account(&s, 10, 4), 2);
	before = s;
	assert_int_equal(gt_splice_account(&s, 8, 0), 0);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_int_equal(s.sent, 2);
}

static void test_splice_that_is_done_counts_bytes_as_they_are(void **state)
{
	char app[] = "abc";
	struct iovec in = { app, 3 }, out[3];
	struct gt_splice s = { 0 };

	(void)state;
	assert_false(gt_splice_is_active(&s));
	assert_int_equal(gt_splice_layout(&s, &in, 1, out, 3), 1);
	assert_int_equal(gt_splice_account(&s, 3, 2), 2);
	assert_int_equal(gt_iov_len(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_splice_text_is_inserted_once_whatever_the_wire_takes),
		GT_TEST(test_splice_layout_needs_room_for_two_more_pieces),
		GT_TEST(test_splice_patch_may_be_spread_over_pieces),
		GT_TEST(test_splice_layout_leaves_the_applications_pieces_alone),
		GT_TEST(test_splice_point_in_a_later_write_passes_this_one_through),
		GT_TEST(test_splice_a_refused_write_changes_nothing),
		GT_TEST(test_splice_that_is_done_counts_bytes_as_they_are),
	};

	return GT_TESTS(tests);
}
