/* Methods and request bodies. */
#include "support/fake_curl.h"
#include "support/test.h"

#include <errno.h>

#include "shim/curl_transfer.h"
#include "shim/guard.h"
#include "shim/shared/limits.h"

static void test_curl_easy_methods_are_implied_as_libcurl_does(void **state)
{
	enum { END, NUM, PTR };
	static const struct {
		struct {
			int kind, option;
			intptr_t value;
		} set[5];
		const char *method;
	} rows[] = {
		{ { { NUM, GT_CURLOPT_POST, 1 } }, "POST" },
		{ { { NUM, GT_CURLOPT_POST, 1 }, { NUM, GT_CURLOPT_POST, 0 } }, "GET" },
		{ { { PTR, GT_CURLOPT_POSTFIELDS, (intptr_t) "x" } }, "POST" },
		{ { { PTR, GT_CURLOPT_POSTFIELDS, (intptr_t) "x" }, { NUM, GT_CURLOPT_HTTPGET, 1 } }, "GET" },
		{ { { PTR, GT_CURLOPT_COPYPOSTFIELDS, (intptr_t) "x" } }, "POST" },
		{ { { PTR, GT_CURLOPT_POSTFIELDS, (intptr_t) "x" }, { PTR, GT_CURLOPT_CUSTOMREQUEST, (intptr_t) "PATCH" } },
		  "PATCH" },
		{ { { PTR, GT_CURLOPT_CUSTOMREQUEST, (intptr_t) "PATCH" },
		    { PTR, GT_CURLOPT_CUSTOMREQUEST, 0 },
		    { NUM, GT_CURLOPT_POST, 1 } },
		  "POST" },
		{ { { NUM, GT_CURLOPT_UPLOAD, 1 } }, "PUT" },
		{ { { NUM, GT_CURLOPT_UPLOAD, 1 }, { NUM, GT_CURLOPT_UPLOAD, 0 } }, "GET" },
		{ { { NUM, GT_CURLOPT_PUT, 1 } }, "PUT" },
		{ { { NUM, GT_CURLOPT_NOBODY, 1 } }, "HEAD" },
		{ { { NUM, GT_CURLOPT_NOBODY, 1 }, { NUM, GT_CURLOPT_NOBODY, 0 } }, "GET" },
		{ { { NUM, GT_CURLOPT_NOBODY, 1 }, { NUM, GT_CURLOPT_HTTPGET, 1 } }, "GET" },
		{ { { NUM, GT_CURLOPT_POST, 1 }, { NUM, GT_CURLOPT_NOBODY, 0 } }, "POST" },
		{ { { PTR, GT_CURLOPT_MIMEPOST, 1 } }, "POST" },
		{ { { PTR, GT_CURLOPT_HTTPPOST, 1 } }, "POST" },
		{ { { END, 0, 0 } }, "GET" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		/* MCP has POST, GET and DELETE, so the test sees more than POST */
		struct slist mcp = { "Mcp-Session-Id: 1", NULL };
		char start[64];
		bool ours = strcmp(rows[i].method, "PUT") && strcmp(rows[i].method, "HEAD") && strcmp(rows[i].method, "PATCH");

		gt_app_fresh(1 << 20);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, "http://tools.corp/mcp");
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &mcp);
		for (int k = 0; rows[i].set[k].kind != END; k++) {
			if (rows[i].set[k].kind == NUM)
				gt_app_set_number(&gt_app.f, rows[i].set[k].option, rows[i].set[k].value);
			else
				gt_app_set_pointer(&gt_app.f, rows[i].set[k].option, (void *)rows[i].set[k].value);
		}
		assert_int_equal(gt_easy_begin(gt_app.e, NULL), ours);
		if (!ours)
			continue;
		gt_easy_finish(gt_app.e, 0);
		snprintf(start, sizeof(start), "%s /mcp HTTP/1.1\r\n", rows[i].method);
		assert_true(gt_str_starts(gt_app_head(GT_EVENT_REQUEST_HEAD), gt_str_of(start)));
	}
}

/* Sizes as libcurl sends them (its setopt.c); -2: no size is set. */
static void test_curl_easy_post_field_sizes(void **state)
{
	static const struct {
		int64_t size_before;
		bool copy;
		const char *fields;
		int64_t size_after;
		const char *sent; /* NULL: not from memory */
	} rows[] = {
		{ -2, false, "hello", -2, "hello" }, { 3, false, "hello", -2, "hel" }, { -2, false, "hello", 3, "hel" },
		{ -1, false, "hello", -2, "hello" }, { 0, false, "hello", -2, "" },    { -2, true, "hello", -2, "hello" },
		{ 3, true, "hello", -2, "hel" },     { 3, true, "hello", 3, "hel" },   { 3, true, "hello", 2, "he" },
		{ 3, true, "hello", 5, NULL },	/* a larger size drops the copy */
		{ -2, true, "hello", 3, NULL }, /* so does the first size that is set */
		{ -2, true, "hello", -1, "hello" },  { 0, true, "hello", -2, "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *text;

		gt_app_fresh(1 << 20);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
		if (rows[i].size_before != -2)
			gt_app_set_number(&gt_app.f, GT_CURLOPT_POSTFIELDSIZE, rows[i].size_before);
		text = strdup(rows[i].fields);
		gt_app_set_pointer(&gt_app.f, rows[i].copy ? GT_CURLOPT_COPYPOSTFIELDS : GT_CURLOPT_POSTFIELDS, text);
		if (rows[i].copy)
			memset(text, 'x', strlen(text)); /* the application may overwrite its bytes */
		if (rows[i].size_after != -2)
			gt_app_set_number(&gt_app.f, GT_CURLOPT_POSTFIELDSIZE_LARGE, rows[i].size_after);
		assert_true(gt_easy_begin(gt_app.e, NULL));
		assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), rows[i].sent ? rows[i].sent : "");
		gt_easy_finish(gt_app.e, 0);
		free(text);
	}
}

static void test_curl_easy_the_size_of_a_copy_is_not_that_of_the_next_fields(void **state)
{
	char *small = strdup("x");

	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, "a copy that is a good deal longer");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, small);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), "x");
	gt_easy_finish(gt_app.e, 0);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, "again");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, small);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, "longer again");
	gt_reported_free(&gt_app.reported);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), "longer again");
	gt_easy_finish(gt_app.e, 0);
	free(small);
}

static void test_curl_easy_of_fields_that_are_too_long_the_start_is_reported(void **state)
{
	static char big[5000];

	(void)state;
	memset(big, 'b', sizeof(big));
	gt_limits.body_max = 1000;
	gt_app_post();
	gt_app_set_number(&gt_app.f, GT_CURLOPT_POSTFIELDSIZE, sizeof(big));
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, big);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST CUT END");
	assert_int_equal(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0).len, 1000);
	/* gentap keeps no copy of that length, but reports the request */
	gt_reported_free(&gt_app.reported);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, big);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	assert_non_null(gt_reported_nth(&gt_app.reported, GT_EVENT_REQUEST_CUT, 0));
}

static size_t give(char *p, size_t size, size_t n, void *user)
{
	struct gt_app_sink *s = user;
	size_t len = strlen(s->text) - s->len;

	s->calls++;
	s->depth = gt_self.depth;
	errno = EPROTO;
	if (s->answer)
		return s->answer;
	len = len < size * n ? len : size * n;
	memcpy(p, s->text + s->len, len);
	s->len += len;
	return len;
}

static void test_curl_easy_what_the_read_function_gives_is_reported(void **state)
{
	char buf[8];
	size_t n;

	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_number(&gt_app.f, GT_CURLOPT_POST, 1);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READFUNCTION, (void *)give);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READDATA, &gt_app.body);
	strcpy(gt_app.body.text, "a body of twenty six bytes");
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_ptr_not_equal(gt_app.f.read, give);
	gt_app.body.answer = READ_PAUSE;
	assert_int_equal(gt_app.f.read(buf, 1, sizeof(buf), gt_app.f.in), READ_PAUSE);
	gt_app.body.answer = READ_ABORT;
	assert_int_equal(gt_app.f.read(buf, 1, sizeof(buf), gt_app.f.in), READ_ABORT);
	gt_app.body.answer = 0;
	gt_self.depth = 1;
	errno = 0;
	while ((n = gt_app.f.read(buf, 1, sizeof(buf), gt_app.f.in)))
		assert_int_equal(gt_app.body.depth, 0);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(gt_self.depth, 1);
	gt_self.depth = 0;
	gt_easy_finish(gt_app.e, 0);
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), "a body of twenty six bytes");
	assert_ptr_equal(gt_app.f.read, give);
	assert_ptr_equal(gt_app.f.in, &gt_app.body);
}

static void test_curl_easy_a_read_function_without_data_gets_what_libcurl_gives(void **state)
{
	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_number(&gt_app.f, GT_CURLOPT_POST, 1);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.read, fread);
	assert_ptr_equal(gt_app.f.in, stdin);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_methods_are_implied_as_libcurl_does),
		T(test_curl_easy_post_field_sizes),
		T(test_curl_easy_the_size_of_a_copy_is_not_that_of_the_next_fields),
		T(test_curl_easy_of_fields_that_are_too_long_the_start_is_reported),
		T(test_curl_easy_what_the_read_function_gives_is_reported),
		T(test_curl_easy_a_read_function_without_data_gets_what_libcurl_gives),
	};

	return GT_TESTS(tests);
}
