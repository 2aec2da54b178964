#include "support/test.h"

#include "exporter/command/glyph.h"

static void test_glyph_knows_width_and_danger(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
		unsigned columns;
		bool is_safe;
	} rows[] = {
		{ "a", 'a', 1, true },
		{ "é", 0xe9, 1, true },
		{ "\xcc\x81", 0x301, 0, true },
		{ "中", 0x4e2d, 2, true },
		{ "한", 0xd55c, 2, true },
		{ "Ａ", 0xff21, 2, true },
		{ "🦙", 0x1f999, 2, true },
		{ "─", 0x2500, 1, true },
		{ "\xe2\x80\x8d", 0x200d, 0, true },
		{ "\x01", 1, 1, false },
		{ "\x1b", 0x1b, 1, false },
		{ "\x7f", 0x7f, 1, false },
		{ "\xc2\x9b", 0x9b, 1, false },
		{ "\xe2\x80\xae", 0x202e, 1, false },
		{ "\xe2\x81\xa6", 0x2066, 1, false },
		{ "\xff", 0, 1, false },
		{ "\xc3", 0, 1, false },
		{ "\xed\xa0\x80", 0, 1, false },
		{ "\xc0\x80", 0, 1, false },
		{ "\xf4\x90\x80\x80", 0, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str rest = gt_str_of(rows[i].text);
		struct gt_glyph g;

		assert_true(gt_glyph_next(&rest, &g));
		assert_int_equal(g.code, rows[i].code);
		assert_int_equal(g.columns, rows[i].columns);
		assert_int_equal(g.is_safe, rows[i].is_safe);
		assert_true(rest.len == 0 || g.code == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_glyph_knows_width_and_danger),
	};

	return GT_TESTS(tests);
}
