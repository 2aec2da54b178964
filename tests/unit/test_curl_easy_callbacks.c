/* Callbacks for response bytes. */
#include "support/fake_curl.h"
#include "support/test.h"

#include <errno.h>

#include "shim/curl_transfer.h"
#include "shim/guard.h"

/* ---------------------------------------------------------------- the write function */

static void test_curl_easy_the_write_function_is_put_back(void **state)
{
	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, BODY);
	assert_true(gt_easy_begin(gt_app.e, NULL)); /* nothing set: libcurl's default */
	assert_ptr_not_equal(gt_app.f.write, fwrite);
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.write, fwrite);
	assert_ptr_equal(gt_app.f.out, stdout);
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.write, gt_app_collect);
	assert_ptr_equal(gt_app.f.out, &gt_app.body);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEDATA, NULL);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_null(gt_app.f.out);
}

static void *last_user;

static size_t note_user(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	last_user = user;
	return size * n;
}

/* libcurl documents stdout as the default, and programs write to it. */
static void test_curl_easy_callbacks_without_data_get_stdout_and_stdin_as_from_libcurl(void **state)
{
	char buf[4];

	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_number(&gt_app.f, GT_CURLOPT_POST, 1);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READFUNCTION, (void *)note_user);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver(&gt_app.f, "x");
	assert_ptr_equal(last_user, stdout);
	gt_app.f.read(buf, 1, sizeof(buf), gt_app.f.in);
	assert_ptr_equal(last_user, stdin);
	gt_easy_finish(gt_app.e, 0);
}

static void test_curl_easy_write_functions_changed_during_the_transfer_take_over(void **state)
{
	(void)state;
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver(&gt_app.f, "one ");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEDATA, &gt_app.header);
	gt_fake_deliver(&gt_app.f, "two ");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
	gt_fake_deliver(&gt_app.f, "three");
	assert_ptr_equal(last_user, &gt_app.header);
	gt_easy_finish(gt_app.e, 0);
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "one two three");
	assert_string_equal(gt_app.body.text, "one ");
	assert_string_equal(gt_app.header.text, "two ");
	assert_ptr_equal(gt_app.f.write, note_user);
	assert_ptr_equal(gt_app.f.out, &gt_app.header);
}

static void test_curl_easy_bytes_that_are_paused_or_refused_are_reported_once_or_not(void **state)
{
	(void)state;
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_app.body.answer = WRITE_PAUSE;
	assert_int_equal(gt_fake_deliver(&gt_app.f, "paused"), WRITE_PAUSE);
	assert_int_equal(gt_fake_deliver(&gt_app.f, "paused"), WRITE_PAUSE);
	gt_app.body.answer = 0;
	assert_int_equal(gt_fake_deliver(&gt_app.f, "paused"), 6); /* the second delivery of the paused bytes */
	gt_app.body.answer = 3;
	assert_int_equal(gt_fake_deliver(&gt_app.f, "refused"), 3); /* libcurl takes a short count as an error */
	gt_easy_finish(gt_app.e, 23);
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "paused");
	assert_int_equal(gt_app.body.calls, 4);
}

static void test_curl_easy_callbacks_run_outside_the_guard_and_keep_errno(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_self.depth = 1; /* as inside curl_easy_perform */
	gt_app.body.depth = 9;
	errno = 0;
	gt_fake_deliver(&gt_app.f, "x");
	assert_int_equal(errno, EPROTO);
	assert_int_equal(gt_app.body.depth, 0);
	assert_int_equal(gt_self.depth, 1);
	gt_self.depth = 0;
	gt_easy_finish(gt_app.e, 0);
}

/* ---------------------------------------------------------------- headers through callbacks */

static void test_curl_easy_header_lines_in_the_body_are_not_reported_as_body(void **state)
{
	static const char *const lines[] = { "HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
					     "content-type: text/plain\r\n", "\r\n" };

	(void)state;
	gt_app_post();
	gt_app_set_number(&gt_app.f, GT_CURLOPT_HEADER, 1);
	gt_easy_begin(gt_app.e, NULL);
	for (size_t i = 0; i < GT_ROWS(lines); i++)
		gt_fake_deliver_header(&gt_app.f, lines[i]);
	gt_fake_deliver(&gt_app.f, "HTT");
	gt_fake_deliver(&gt_app.f, "P/1.1 is a protocol\r\n");
	gt_fake_deliver(&gt_app.f, "\r\n");
	gt_easy_finish(gt_app.e, 0);
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "HTTP/1.1 is a protocol\r\n\r\n");
	assert_int_equal(strncmp(gt_app.body.text, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 42), 0);
}

static void test_curl_easy_header_data_without_function_gets_headers_through_the_write_function(void **state)
{
	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERDATA, &gt_app.header);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver_header(&gt_app.f, "HTTP/1.1 200 OK\r\n");
	gt_fake_deliver_header(&gt_app.f, "\r\n");
	gt_fake_deliver(&gt_app.f, "body");
	gt_easy_finish(gt_app.e, 0);
	assert_string_equal(gt_app.header.text, "HTTP/1.1 200 OK\r\n\r\n");
	assert_string_equal(gt_app.body.text, "body");
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "body");
	assert_null(gt_app.f.header);
	assert_ptr_equal(gt_app.f.header_out, &gt_app.header);
}

static void test_curl_easy_header_options_set_during_the_transfer_do_what_libcurl_does(void **state)
{
	enum { DATA, FUNCTION, NO_DATA, NO_FUNCTION, WRITE, STEPS };
	static const int orders[][4] = {
		{ DATA, -1 },
		{ DATA, NO_DATA, -1 },
		{ DATA, FUNCTION, NO_FUNCTION, -1 },
		{ FUNCTION, DATA, NO_FUNCTION, -1 },
		{ DATA, WRITE, -1 },
		{ FUNCTION, NO_DATA, NO_FUNCTION, -1 },
		{ NO_FUNCTION, DATA, NO_DATA, -1 },
	};

	(void)state;
	/* the same order of calls with and without an open transfer must have the same effect */
	for (size_t i = 0; i < GT_ROWS(orders); i++) {
		char expected[2][4096] = { "", "" };

		for (int open = 0; open < 2; open++) {
			gt_app_fresh(1 << 20);
			gt_app_post();
			if (open)
				assert_true(gt_easy_begin(gt_app.e, NULL));
			for (int k = 0; k < 4 && orders[i][k] >= 0; k++) {
				switch (orders[i][k]) {
				case DATA:
					gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERDATA, &gt_app.header);
					break;
				case FUNCTION:
					gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERFUNCTION, (void *)note_user);
					break;
				case NO_DATA:
					gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERDATA, NULL);
					break;
				case NO_FUNCTION:
					gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERFUNCTION, NULL);
					break;
				case WRITE:
					gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
					break;
				}
			}
			last_user = NULL;
			gt_fake_deliver_header(&gt_app.f, "HTTP/1.1 200 OK\r\n");
			if (last_user)
				strcpy(gt_app.header.text, "noted");
			gt_fake_deliver(&gt_app.f, "body");
			if (!open) {
				strcpy(expected[0], gt_app.header.text);
				strcpy(expected[1], gt_app.body.text);
			} else {
				assert_string_equal(gt_app.header.text, expected[0]);
				assert_string_equal(gt_app.body.text, expected[1]);
				gt_easy_finish(gt_app.e, 0);
				assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "body");
			}
		}
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_the_write_function_is_put_back),
		T(test_curl_easy_callbacks_without_data_get_stdout_and_stdin_as_from_libcurl),
		T(test_curl_easy_write_functions_changed_during_the_transfer_take_over),
		T(test_curl_easy_bytes_that_are_paused_or_refused_are_reported_once_or_not),
		T(test_curl_easy_callbacks_run_outside_the_guard_and_keep_errno),
		T(test_curl_easy_header_lines_in_the_body_are_not_reported_as_body),
		T(test_curl_easy_header_data_without_function_gets_headers_through_the_write_function),
		T(test_curl_easy_header_options_set_during_the_transfer_do_what_libcurl_does),
	};

	return GT_TESTS(tests);
}
