#include "support/guard_page.h"
#include "support/test.h"

#include "shim/socks.h"

#define ROW(text, is_one) { text, sizeof(text) - 1, is_one }

static void test_socks_recognises_each_message_of_a_client_and_nothing_else(void **state)
{
	static const struct {
		const char *p;
		size_t len;
		bool is_one;
	} rows[] = {
		ROW("\5\1\0", true),
		ROW("\5\2\0\2", true),
		ROW("\5\2\0", false),	 /* in part */
		ROW("\5\1\0GET", false), /* more than it */
		ROW("\5\0", false),
		ROW("\5\1\0\1\x7f\0\0\1\x46\xa0", true),
		ROW("\5\1\0\3\4host\0\x50", true),
		ROW("\5\xf0\0\3\4host\0\0", true), /* Tor's look-up of a name */
		ROW("\5\1\0\4aaaabbbbccccdddd\0\x50", true),
		ROW("\5\1\0\2aa\0\x50", false),
		ROW("\5\1\0\3\5host\0\x50", false),
		ROW("\1\2me\3key", true),
		ROW("\1\2me\4key", false),
		ROW("\1\2m", false),
		ROW("\4\1\0\x50\x7f\0\0\1me\0", true),
		ROW("\4\1\0\x50\0\0\0\1me\0host\0", true),
		ROW("\4\1\0\x50\0\0\0\1me\0", false),
		ROW("\4\3\0\x50\x7f\0\0\1me\0", false),
		ROW("\4\1\0\x50\x7f\0\0\1me", false),
		ROW("GET / HTTP/1.1\r\n", false),
		ROW("", false),
		ROW("\x16\3\1", false),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		for (size_t len = 0; len <= rows[i].len; len++) { /* reads nothing beyond the end */
			char *p = gt_guard_end(rows[i].p, len);

			if (gt_socks_is_request(p, len) != rows[i].is_one)
				assert_true(len < rows[i].len); /* the first bytes may be another message */
			gt_guard_free(p, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_socks_recognises_each_message_of_a_client_and_nothing_else),
	};

	return GT_TESTS(tests);
}
