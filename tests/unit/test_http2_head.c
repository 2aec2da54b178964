#include "support/test.h"

#include "shim/http2_head.h"

static struct gt_http2_head head;

static void field(const char *name, const char *value)
{
	gt_http2_head_field(&head, gt_str_of(name), gt_str_of(value));
}

static void begin(const char *path)
{
	gt_http2_head_begin(&head);
	field(":method", "POST");
	field(":path", path);
	field(":authority", "h");
}

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void test_http2_head_knows_the_application_s_traceparent(void **state)
{
	(void)state;
	begin("/v1/messages");
	field("traceparent", TRACEPARENT);
	assert_true(head.view.has_traceparent);
	assert_false(head.has_gap);
}

/* Else gentap would add a second traceparent. */
static void test_http2_head_says_that_a_field_was_left_out(void **state)
{
	static char path[GT_HTTP2_HEAD_MAX - 40];

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	begin(path);
	assert_false(head.has_gap);
	field("traceparent", TRACEPARENT);
	assert_true(head.has_gap);

	begin("/v1/messages");
	field("traceparent", TRACEPARENT "\n");
	assert_true(head.has_gap);

	begin("/v1 /messages");
	assert_true(head.has_gap);
}

static void test_http2_head_a_field_of_no_use_is_no_gap(void **state)
{
	static char cookie[GT_HTTP2_HEAD_MAX + 1];

	(void)state;
	memset(cookie, 'c', sizeof(cookie) - 1);
	begin("/v1/messages");
	field("cookie", cookie);
	assert_false(head.has_gap);
	assert_false(head.ends_in_pseudo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_http2_head_knows_the_application_s_traceparent),
		GT_TEST(test_http2_head_says_that_a_field_was_left_out),
		GT_TEST(test_http2_head_a_field_of_no_use_is_no_gap),
	};

	return GT_TESTS(tests);
}
