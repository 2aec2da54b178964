#include "support/redacted.h"
#include "support/test.h"

#define HIDDEN "[redacted:password]"

static void test_userinfo_passwords_of_any_characters_are_hidden(void **state)
{
	static const char *const rows[][2] = {
		{ "postgres://bob:letters@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "postgres://:letters@db/x", "postgres://:" HIDDEN "@db/x" },
		{ "postgres://bob:p\xc3\xa4ss@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "postgres://bob:\xe5\xaf\x86\xe7\xa0\x81@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "postgres://bob:p\\u00e4ss@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "postgres://bob:a@b@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "postgres://bob:a/b?c#d@db/x", "postgres://bob:" HIDDEN "@db/x" },
		{ "amqp://bob:a:b@mq", "amqp://bob:" HIDDEN "@mq" },
		{ "{\"dsn\":\"mysql://bob:letters@db:3306/x\"}", "{\"dsn\":\"mysql://bob:" HIDDEN "@db:3306/x\"}" },
		{ "redis://letters@cache:6379/0", "redis://" HIDDEN "@cache:6379/0" },
		{ "rediss://:letters@cache", "rediss://:" HIDDEN "@cache" },
		{ "https://0123456789abcdef0123@ingest/1", "https://" HIDDEN "@ingest/1" },
		{ "https://0123456789abcdef0123:@host/x", "https://" HIDDEN ":@host/x" },
		{ "a://b:c@d e://f:g@h", "a://b:" HIDDEN "@d e://f:" HIDDEN "@h" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		gt_redacted_check(rows[i][0], rows[i][1]);
}

static void test_userinfo_of_other_urls_stays(void **state)
{
	static const char *const texts[] = {
		"https://example.com/a:b@c",
		"http://localhost:8080/x@y",
		"http://localhost:8080?x=a@b",
		"http://[::1]:8080/a@b",
		"https://bob@host/x",
		"ssh://git@host:22/x",
		"https://host/@scope/name",
		"https://host:443/npm/@scope/name@1.2.3",
		"://",
		"a://:@",
		"see http://host: it is @home",
		"http://user:\"quoted\"@host",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		gt_redacted_check(texts[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_userinfo_passwords_of_any_characters_are_hidden),
		GT_TEST(test_userinfo_of_other_urls_stays),
	};

	return GT_TESTS(tests);
}
