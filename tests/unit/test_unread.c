/* Connections that gentap cannot read, and requests that it does not know, by server. */
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

#include "shim/unread.h"

#define PRI "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

static unsigned firsts;

static void count_first(void)
{
	firsts++;
}

static int clean(void **state)
{
	(void)state;
	gt_unread_after_fork();
	gt_unread_on_first(count_first);
	firsts = 0;
	return 0;
}

/* Begins a TLS connection with a server, "": without a name. */
static void begin(const char *host)
{
	char bytes[256] = "\x16\x03\x01\x00\xff\x01\x00\x00\xfb\x03\x03";
	size_t len = strlen(host), at = 11 + 32;
	const unsigned char rest[] = { 0,
				       0,
				       2,
				       19,
				       1,
				       1,
				       0,
				       0,
				       (unsigned char)(len + 9),
				       0,
				       0,
				       0,
				       (unsigned char)(len + 5),
				       0,
				       (unsigned char)(len + 3),
				       0,
				       0,
				       (unsigned char)len };

	memcpy(bytes + at, rest, sizeof(rest));
	memcpy(bytes + at + sizeof(rest), host, len);
	gt_unread_begin(-1, bytes, at + sizeof(rest) + len);
}

static void assert_list(enum gt_unread kind, const char *expected)
{
	char list[200];

	gt_unread_list(kind, list, sizeof(list));
	assert_string_equal(list, expected);
}

static void test_unread_connections_are_those_without_a_session(void **state)
{
	(void)state;
	assert_false(gt_unread_is_due());
	begin("api.example");
	begin("api.example");
	begin("other.example");
	begin("");
	assert_true(gt_unread_is_due());
	assert_list(GT_UNREAD_TLS, "api.example (2), other.example (1), others (1)");
	gt_unread_seen(GT_STR("api.example"));
	gt_unread_seen(GT_STR("other.example"));
	gt_unread_seen(GT_STR(""));
	assert_list(GT_UNREAD_TLS, "api.example (1)");
	gt_unread_seen(GT_STR("api.example"));
	assert_false(gt_unread_is_due());
}

static void test_unread_sessions_of_a_server_hide_no_connection(void **state)
{
	(void)state;
	gt_unread_seen(GT_STR("api.example")); /* accepted, or begun in the parent */
	begin("api.example");
	gt_unread_seen(GT_STR("api.example"));
	gt_unread_seen(GT_STR("api.example"));
	begin("api.example");
	assert_int_equal(gt_unread_count(GT_UNREAD_TLS), 1);
}

static void test_unread_http2_is_one_in_clear_or_in_a_session(void **state)
{
	(void)state;
	gt_unread_begin(-1, PRI, sizeof(PRI) - 1);
	begin("api.example");
	gt_unread_plaintext(GT_STR("api.example"), PRI, sizeof(PRI) - 1);
	begin("web.example");
	gt_unread_plaintext(GT_STR("web.example"), "GET / HTTP/1.1\r\n", 16);
	assert_list(GT_UNREAD_HTTP2, "others (1), api.example (1)");
	assert_int_equal(gt_unread_count(GT_UNREAD_TLS), 0);
}

static void test_unread_requests_are_those_that_could_be_calls(void **state)
{
	struct gt_request_view view = { .method = GT_STR("POST"), .host = GT_STR("llm.corp:8000") };

	(void)state;
	gt_unread_request(&view);
	assert_int_equal(gt_unread_count(GT_UNREAD_REQUEST), 0);
	view.content_type = GT_STR("application/json; charset=utf-8");
	gt_unread_request(&view);
	gt_unread_request(&view);
	assert_list(GT_UNREAD_REQUEST, "llm.corp:8000 (2)");
	view.method = GT_STR("GET");
	gt_unread_request(&view);
	view.method = GT_STR("POST");
	view.host = GT_STR("a\"b");
	gt_unread_request(&view);
	assert_int_equal(gt_unread_count(GT_UNREAD_REQUEST), 2);
}

static void test_unread_servers_are_bounded(void **state)
{
	struct gt_unread_row row;
	char host[200];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(host, sizeof(host), "%d.example", i);
		begin(host);
	}
	assert_int_equal(gt_unread_count(GT_UNREAD_TLS), 100);
	assert_true(gt_unread_get(GT_UNREAD_MAX - 1, &row));
	assert_int_equal(row.n, 100 - (GT_UNREAD_MAX - 1));
	assert_string_equal(row.host, "");
	assert_false(gt_unread_get(GT_UNREAD_MAX, &row));
	assert_true(gt_unread_list(GT_UNREAD_TLS, host, 40) < 40);
}

static void test_unread_long_names_are_cut(void **state)
{
	char host[101];

	(void)state;
	memset(host, 'a', sizeof(host) - 1);
	host[100] = 0;
	begin(host);
	gt_unread_seen(gt_str_of(host));
	assert_int_equal(gt_unread_count(GT_UNREAD_TLS), 0);
}

static uint32_t reported;

static void add(const struct gt_unread_row *row)
{
	reported += row->n;
}

static void test_unread_reports_add_up(void **state)
{
	(void)state;
	reported = 0;
	begin("a");
	gt_unread_report(add);
	gt_unread_report(add);
	begin("a");
	begin("b");
	gt_unread_report(add);
	assert_int_equal(reported, 3);
}

static void test_unread_is_told_at_once_where_it_is_certain(void **state)
{
	(void)state;
	begin("a");
	begin("b");
	assert_int_equal(firsts, 1);
	gt_unread_after_fork();
	gt_unread_expect(); /* OpenSSL has made a session: this may be its connection */
	begin("a");
	assert_int_equal(firsts, 1);
	gt_unread_begin(-1, PRI, sizeof(PRI) - 1);
	assert_int_equal(firsts, 2);
}

static void *begin_many(void *unused)
{
	char host[16];

	(void)unused;
	for (int i = 0; i < 2000; i++) {
		snprintf(host, sizeof(host), "%d", i % 24);
		begin(host);
	}
	return NULL;
}

static void test_unread_counts_of_many_threads_add_up(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, begin_many, NULL), 0);
	for (size_t i = 0; i < GT_ROWS(threads); i++)
		pthread_join(threads[i], NULL);
	/* a server that comes while another thread makes the last row is not counted */
	assert_in_range(gt_unread_count(GT_UNREAD_TLS), 8000 - 3, 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_unread_connections_are_those_without_a_session, clean),
		cmocka_unit_test_setup(test_unread_sessions_of_a_server_hide_no_connection, clean),
		cmocka_unit_test_setup(test_unread_http2_is_one_in_clear_or_in_a_session, clean),
		cmocka_unit_test_setup(test_unread_requests_are_those_that_could_be_calls, clean),
		cmocka_unit_test_setup(test_unread_servers_are_bounded, clean),
		cmocka_unit_test_setup(test_unread_long_names_are_cut, clean),
		cmocka_unit_test_setup(test_unread_reports_add_up, clean),
		/* before OpenSSL makes a session: that is remembered for ever */
		cmocka_unit_test_setup(test_unread_counts_of_many_threads_add_up, clean),
		cmocka_unit_test_setup(test_unread_is_told_at_once_where_it_is_certain, clean),
	};

	return GT_TESTS(tests);
}
