#include "support/test.h"

#include "exporter/transfer/proxy.h"

static void test_proxy_is_the_one_curl_would_take(void **state)
{
#define BLOCK(text) { text, sizeof(text) - 1 }
	static const struct {
		struct gt_str environment;
		bool is_https;
		const char *url, *exceptions;
	} rows[] = {
		{ BLOCK(""), true, "", "" },
		{ BLOCK("A=b\0https_proxy=http://p:1\0no_proxy=c\0"), true, "http://p:1", "c" },
		{ BLOCK("HTTPS_PROXY=http://p:1\0NO_PROXY=c\0"), true, "http://p:1", "c" },
		{ BLOCK("https_proxy=\0HTTPS_PROXY=http://q\0"), true, "http://q", "" },
		{ BLOCK("https_proxy=http://p:1\0"), false, "", "" },
		{ BLOCK("http_proxy=http://p:1\0"), false, "http://p:1", "" },
		{ BLOCK("HTTP_PROXY=http://p:1\0"), false, "", "" },
		{ BLOCK("ALL_PROXY=socks5://p\0"), false, "socks5://p", "" },
		{ BLOCK("http_proxyx=1\0xhttp_proxy=2\0http_proxy"), false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_proxy p = gt_proxy_find(rows[i].environment, rows[i].is_https);

		assert_str(p.url, rows[i].url);
		assert_str(p.exceptions, rows[i].exceptions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_proxy_is_the_one_curl_would_take),
	};

	return GT_TESTS(tests);
}
