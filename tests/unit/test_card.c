#include "support/redacted.h"
#include "support/test.h"

#define HIDDEN "[redacted:card]"

static void test_card_numbers_in_any_grouping_are_hidden(void **state)
{
	static const char *const numbers[] = {
		"4111111111111111",
		"4111 1111 1111 1111",
		"4111-1111-1111-1111",
		"4111.1111.1111.1111",
		"4111/1111/1111/1111",
		"4111_1111_1111_1111",
		"4111  1111  1111  1111",
		"4111\t1111\t1111\t1111",
		"4111   1111 1111  1111",
		"4111\xc2\xa0"
		"1111\xc2\xa0"
		"1111\xc2\xa0"
		"1111",
		"4111\xe2\x80\xaf"
		"1111\xe2\x80\xaf"
		"1111\xe2\x80\xaf"
		"1111",
		"4111\xe2\x80\x93"
		"1111\xe2\x80\x93"
		"1111\xe2\x80\x93"
		"1111",
		"3400.000000.00009",
		"340000000000009",
		"5500  0000  0000  0004",
		"4111\\u00a01111\\u00a01111\\u00a01111",
	};
	static const char *const around[][2] = { { "", "" },   { "card ", " ok" }, { "\"", "\"" },
						 { "(", ")" }, { "", "." },	   { "a\n", "\nb" } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(numbers); i++) {
		for (size_t k = 0; k < GT_ROWS(around); k++) {
			char in[200], want[200];

			snprintf(in, sizeof(in), "%s%s%s", around[k][0], numbers[i], around[k][1]);
			snprintf(want, sizeof(want), "%s" HIDDEN "%s", around[k][0], around[k][1]);
			gt_redacted_check(in, want);
		}
	}
}

static void test_card_other_numbers_stay(void **state)
{
	static const char *const texts[] = {
		"4111.1111.1111.1112",	 /* the check digit */
		"1.4111.1111.1111.1111", /* a version */
		"0.4111111111111111",	  "41111.1111.1111.111",       "4111,1111,1111,1111",
		"192.168.100.200.123",	  "2026.0803.1200.0000",       "4111        1111        1111        1111        ",
		"4111\n1111\n1111\n1111", "4111 | 1111 | 1111 | 1111", "411111111111111111111111",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		gt_redacted_check(texts[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_card_numbers_in_any_grouping_are_hidden),
		GT_TEST(test_card_other_numbers_stay),
	};

	return GT_TESTS(tests);
}
