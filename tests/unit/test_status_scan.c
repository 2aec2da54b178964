#include "support/every_split.h"
#include "support/test.h"

#include "shim/status_scan.h"

static void run(void *expected, const char *const piece[], const size_t len[], int n)
{
	struct gt_status_scan s = { 0 };
	int got = 0;

	for (int i = 0; i < n; i++)
		got = gt_status_scan_feed(&s, piece[i], len[i]);
	assert_int_equal(got, *(int *)expected);
}

static void test_status_scan_finds_the_final_status_at_every_split(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nA: b\r\n\r\nHTTP/1.1 500 x\r\n\r\n", 200 },
		{ "HTTP/1.0 404\r\n\r\n", 404 },
		{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\0\0\x12", 101 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n", 101 },
		{ "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 x\nLink: a\n\nHTTP/1.1 201 x\r\n\r\n", 201 },
		{ "HTTP/1.1 100 Continue\r\nX: y\r\n", 0 },
		{ "HTTP/1.1 10", 0 },
		{ "", 0 },
		{ "\x81\x05hello", -1 },
		{ "HTTP/2 200\r\n\r\n", -1 },
		{ "HTTP/1.1 2x0", -1 },
		{ "HTTP/1.1 100 Continue\r\n\r\nbytes", -1 },
		{ " HTTP/1.1 200 OK\r\n", -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		int status = rows[i].status;

		gt_every_split(rows[i].text, strlen(rows[i].text), run, &status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_status_scan_finds_the_final_status_at_every_split),
	};

	return GT_TESTS(tests);
}
