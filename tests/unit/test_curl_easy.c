/* Header lines that gentap adds, and the events of a transfer. */
#include "support/fake_curl.h"
#include "support/test.h"

#include <errno.h>
#include <unistd.h>

#include "shim/curl_transfer.h"
#include "shim/shared/stat.h"

/* ---------------------------------------------------------------- headers */

static void test_curl_easy_a_handle_that_is_not_ours_is_not_touched(void **state)
{
	static const struct {
		const char *url, *fields;
	} rows[] = {
		{ "https://example.com/upload", BODY },
		{ "https://api.openai.com/v1/chat/completions", NULL },
		{ "ftp://api.openai.com/v1/chat/completions", BODY },
		{ "file:///v1/chat/completions", BODY },
		{ "", BODY },
		{ "https://", BODY },
		{ "https:///v1/chat/completions", BODY },
		{ NULL, BODY },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		int calls;

		gt_app_fresh(1 << 20);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, rows[i].url);
		if (rows[i].fields)
			gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, rows[i].fields);
		calls = gt_app.f.calls;
		assert_false(gt_easy_begin(gt_app.e, NULL));
		assert_int_equal(gt_app.f.calls, calls);
		gt_easy_finish(gt_app.e, 0);
		gt_easy_remove(gt_app.e);
		assert_int_equal(gt_app.f.calls, calls);
		assert_reported("");
	}
}

static void test_curl_easy_nodes_of_ours_stand_before_the_applications_list_and_go_again(void **state)
{
	struct slist second = { "X-B: 2", NULL }, first = { "X-A: 1", &second };
	struct gt_begin b;
	char expected[128];

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &first);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_ptr_not_equal(gt_app.f.headers, &first);
	assert_ptr_equal(gt_app.f.headers->next, &first);
	gt_reported_take(&gt_app.reported);
	b = gt_reported_begin(&gt_app.reported, 0);
	memcpy(expected, "traceparent: ", 13);
	gt_traceparent_format(&b.context, expected + 13);
	expected[13 + GT_TRACEPARENT_LEN] = 0;
	assert_string_equal(gt_app.f.headers->data, expected);
	assert_true(b.is_injected && b.is_tls && b.is_certain);
	assert_int_equal(b.source, GT_SOURCE_MESSAGE);
	assert_int_equal(b.api, GT_API_OPENAI_CHAT);
	assert_int_equal(b.port, 443);
	assert_str(gt_reported_host(&gt_app.reported, 0), "api.openai.com");
	assert_str(gt_reported_provider(&gt_app.reported, 0), "openai");
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.headers, &first);
	assert_ptr_equal(first.next, &second);
	assert_null(second.next);
	assert_string_equal(first.data, "X-A: 1");
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
}

static void test_curl_easy_a_list_changed_during_the_transfer_is_followed(void **state)
{
	struct slist a = { "X-A: 1", NULL }, b = { "X-B: 2", NULL };

	(void)state;
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, NULL)); /* without a list */
	assert_non_null(gt_app.f.headers);
	assert_null(gt_app.f.headers->next);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &a);
	assert_memory_equal(gt_app.f.headers->data, "traceparent", 11);
	assert_ptr_equal(gt_app.f.headers->next, &a);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &b);
	assert_ptr_equal(gt_app.f.headers->next, &b);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, NULL);
	assert_memory_equal(gt_app.f.headers->data, "traceparent", 11);
	assert_null(gt_app.f.headers->next);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &b);
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.headers, &b);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &a);
	assert_ptr_equal(gt_app.f.headers, &a);
}

static void test_curl_easy_the_applications_own_traceparent_stands(void **state)
{
	struct slist own = { "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL },
		     other = { "X: y", &own };
	char hex[16];

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &other);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_ptr_equal(gt_app.f.headers, &other);
	gt_reported_take(&gt_app.reported);
	assert_false(gt_reported_begin(&gt_app.reported, 0).is_injected);
	gt_hex(gt_reported_begin(&gt_app.reported, 0).parent.b, 8, hex);
	assert_memory_equal(hex, "b7ad6b7169203331", 16);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &own);
	assert_ptr_equal(gt_app.f.headers, &own);
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.headers, &own);
}

static void test_curl_easy_header_lines_in_libcurls_notation(void **state)
{
	static const struct {
		const char *line;
		bool injected;
	} rows[] = {
		{ "traceparent: x", false },
		{ "Traceparent;", false }, /* sends an empty field */
		{ "traceparent:", true },  /* libcurl removes the field and sends only gentap's */
		{ "traceparent:  ", true },
		{ "traceparent", true }, /* not a field */
		{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct slist line = { (char *)rows[i].line, NULL };

		gt_app_fresh(1 << 20);
		gt_app_post();
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &line);
		assert_true(gt_easy_begin(gt_app.e, NULL));
		gt_reported_take(&gt_app.reported);
		assert_int_equal(gt_reported_begin(&gt_app.reported, 0).is_injected, rows[i].injected);
		gt_easy_finish(gt_app.e, 0);
	}
}

/* ---------------------------------------------------------------- events */

static void test_curl_easy_a_whole_transfer_is_reported_in_order(void **state)
{
	(void)state;
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_false(gt_easy_begin(gt_app.e, NULL)); /* it is already open */
	gt_app.f.status = 200;
	gt_app.f.response[0] = (struct header){ "content-type", "application/json", 1, 0, 1, NULL };
	gt_app.f.n_response = 1;
	gt_fake_deliver(&gt_app.f, "{\"a\":");
	gt_fake_deliver(&gt_app.f, "1}");
	gt_easy_finish(gt_app.e, 0);
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE END");
	assert_str(gt_app_head(GT_EVENT_REQUEST_HEAD), "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\n\r\n");
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), BODY);
	assert_str(gt_app_head(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\ncontent-type: application/json\r\n\r\n");
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "{\"a\":1}");
	assert_int_equal(gt_reported_end(&gt_app.reported, 0).why, GT_END_CURL);
	assert_string_equal(gt_app.body.text, "{\"a\":1}");
	for (int i = 0; i < gt_app.reported.n; i++)
		assert_int_equal(gt_app.reported.list[i].stream, gt_app.reported.list[0].stream);
}

static void test_curl_easy_ends_say_why(void **state)
{
	struct gt_end end;

	(void)state;
	gt_app_post();
	gt_app.f.os_errno = ECONNREFUSED;
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_finish(gt_app.e, 7);
	gt_reported_take(&gt_app.reported);
	end = gt_reported_end(&gt_app.reported, 0);
	assert_int_equal(end.why, GT_END_CURL);
	assert_int_equal(end.code, 7);
	assert_int_equal(end.os_errno, ECONNREFUSED);
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_remove(gt_app.e);
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_cancel(gt_app.e);
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_before_cleanup(&gt_app.f);
	gt_reported_take(&gt_app.reported);
	assert_int_equal(gt_reported_end(&gt_app.reported, 1).why, GT_END_REMOVED);
	assert_int_equal(gt_reported_end(&gt_app.reported, 2).why, GT_END_NEVER);
	assert_int_equal(gt_reported_end(&gt_app.reported, 3).why, GT_END_REMOVED);
}

static void test_curl_easy_the_end_is_stamped_with_libcurls_own_time(void **state)
{
	const struct gt_reported_event *begin, *end;

	(void)state;
	gt_app_post();
	gt_app.f.total_us = 1;
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_finish(gt_app.e, 0); /* called long after the end of the transfer */
	gt_reported_take(&gt_app.reported);
	begin = gt_reported_nth(&gt_app.reported, GT_EVENT_BEGIN, 0);
	end = gt_reported_nth(&gt_app.reported, GT_EVENT_END, 0);
	assert_int_equal(end->at.ns, begin->at.ns + 1000);
	gt_app.f.total_us = 3600 * 1000000LL; /* longer than the transfer was */
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	assert_true(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 1)->at.ns <= gt_mono_now().ns);
	gt_app.f.total_us = 1; /* libcurl's clock starts later; the end is not before the last bytes */
	gt_app.f.status = 200;
	gt_easy_begin(gt_app.e, NULL);
	usleep(1000);
	gt_fake_deliver(&gt_app.f, "{}");
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	assert_true(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 2)->at.ns >=
		    gt_reported_nth(&gt_app.reported, GT_EVENT_RESPONSE, 0)->at.ns);
}

static void test_curl_easy_no_credential_is_reported(void **state)
{
	struct slist l[] = {
		{ "Authorization: Bearer sk-SECRET", &l[1] },
		{ "X-Api-Key: SECRET", &l[2] },
		{ "cookie: SECRET", &l[3] },
		{ "x-goog-api-key:SECRET", &l[4] },
		{ "Ocp-Apim-Subscription-Key: SECRET", &l[5] },
		{ "helicone-auth: Bearer SECRET", &l[6] },
		{ "x-portkey-api-key: SECRET", &l[7] },
		{ "X-Nobody-Knows-This: SECRET", &l[8] },
		{ "Content-Type: application/json", &l[9] },
		{ "anthropic-version: 2023-06-01", NULL },
	};

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, "https://user:SECRET@api.openai.com/v1/chat/completions");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, l);
	gt_easy_begin(gt_app.e, NULL);
	gt_app.f.status = 200;
	gt_app.f.response[0] = (struct header){ "Set-Cookie", "SECRET", 1, 0, 1, NULL };
	gt_app.f.response[1] = (struct header){ "x-request-id", "r1", 1, 0, 1, NULL };
	gt_app.f.response[2] = (struct header){ "x-refreshed-token", "SECRET", 1, 0, 1, NULL };
	gt_app.f.n_response = 3;
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	for (int i = 0; i < gt_app.reported.n; i++)
		assert_false(gt_str_icontains(gt_app.reported.list[i].data, GT_STR("SECRET")));
	assert_str(gt_app_head(GT_EVENT_REQUEST_HEAD),
		   "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nContent-Type: application/json\r\n"
		   "anthropic-version: 2023-06-01\r\n\r\n");
	assert_str(gt_app_head(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\nx-request-id: r1\r\n\r\n");
	assert_str(gt_reported_host(&gt_app.reported, 0), "api.openai.com");
}

/* An application may ask for a coding by its own header line, and then decodes the body itself. */
static void test_curl_easy_content_coding_is_reported_when_libcurl_leaves_it_on(void **state)
{
	static const struct {
		const char *accept; /* NULL: the option is not set */
		bool keeps, reported;
	} rows[] = { { NULL, false, true }, { "", false, false }, { "gzip", false, false }, { "gzip", true, true } };

	(void)state;
	for (int i = 0; i < (int)GT_ROWS(rows); i++) {
		gt_app_post();
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_ACCEPT_ENCODING, (void *)rows[i].accept);
		gt_app_set_number(&gt_app.f, GT_CURLOPT_HTTP_CONTENT_DECODING, !rows[i].keeps);
		gt_easy_begin(gt_app.e, NULL);
		gt_app.f.status = 200;
		gt_app.f.response[0] = (struct header){ "Content-Encoding", "gzip", 1, 0, 1, NULL };
		gt_app.f.response[1] = (struct header){ "Content-Length", "7", 1, 0, 1, NULL };
		gt_app.f.n_response = 2;
		gt_easy_finish(gt_app.e, 0);
		gt_reported_take(&gt_app.reported);
		assert_str(gt_reported_nth(&gt_app.reported, GT_EVENT_RESPONSE_HEAD, i)->data,
			   rows[i].reported ? "HTTP/1.1 200 \r\nContent-Encoding: gzip\r\n\r\n" : "HTTP/1.1 200 \r\n\r\n");
	}
}

/* exchange.h: no head of a message source carries a credential */
static void test_curl_easy_a_key_in_the_query_is_not_reported(void **state)
{
	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL,
			   "https://generativelanguage.googleapis.com/v1beta/models/gemini:generateContent?alt=sse&key=SECRET");
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_false(gt_str_icontains(gt_app_head(GT_EVENT_REQUEST_HEAD), GT_STR("SECRET")));
	assert_true(gt_str_icontains(gt_app_head(GT_EVENT_REQUEST_HEAD), GT_STR("gemini:generateContent")));
}

static void test_curl_easy_without_header_api_the_content_type_is_reported(void **state)
{
	(void)state;
	gt_fake_has_nextheader = false;
	gt_easy_created(&gt_app.f, NULL);
	gt_app.e = gt_easy_find(&gt_app.f);
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_app.f.status = 429;
	gt_app.f.content_type = "text/event-stream";
	gt_easy_finish(gt_app.e, 0);
	assert_str(gt_app_head(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 429 \r\ncontent-type: text/event-stream\r\n\r\n");
}

static void test_curl_easy_header_values_cannot_end_their_line(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_app.f.status = 200;
	gt_app.f.response[0] = (struct header){ "x-odd", "a\nx-injected: b", 1, 0, 1, NULL };
	gt_app.f.n_response = 1;
	gt_easy_finish(gt_app.e, 0);
	assert_str(gt_app_head(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\n\r\n");
}

static void test_curl_easy_urls(void **state)
{
	static const struct {
		const char *url, *host, *head; /* head NULL: ignored */
		int port;
		bool tls;
	} rows[] = {
		{ "https://api.openai.com/v1/responses", "api.openai.com", "/v1/responses", 443, true },
		{ "HTTPS://API.openai.com/v1/responses", "API.openai.com", "/v1/responses", 443, true },
		{ "http://api.openai.com/v1/responses", "api.openai.com", "/v1/responses", 80, false },
		{ "https://api.openai.com:8443/v1/responses?x=1#frag", "api.openai.com", "/v1/responses", 8443, true },
		{ "api.openai.com/v1/responses", "api.openai.com", "/v1/responses", 80, false },
		{ "api.openai.com:99/v1/responses", "api.openai.com", "/v1/responses", 99, false },
		{ "api.openai.com/v1/responses?next=http://x", "api.openai.com", "/v1/responses", 80, false },
		{ "api.openai.com:99/v1/responses?next=http://x", "api.openai.com", "/v1/responses", 99, false },
		{ "http://u:p@api.openai.com/v1/responses", "api.openai.com", "/v1/responses", 80, false },
		{ "http://u:p@ss@api.openai.com/v1/responses", "api.openai.com", "/v1/responses", 80, false },
		{ "http://api.openai.com/v1/responses?mail=a@b/c", "api.openai.com", "/v1/responses", 80, false },
		{ "http://[::1]:11434/api/chat", "::1", "/api/chat", 11434, false },
		{ "http://api.openai.com", NULL, NULL, 0, false },
		{ "http://api.openai.com?/v1/responses", NULL, NULL, 0, false },
		{ "http://api.openai.com#@evil/v1/responses", NULL, NULL, 0, false },
		{ "imap://api.openai.com/v1/responses", NULL, NULL, 0, false },
		{ "http://", NULL, NULL, 0, false },
		{ "http://@/v1/responses", NULL, NULL, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char start[256];

		gt_app_fresh(1 << 20);
		gt_app_post();
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, rows[i].url);
		assert_int_equal(gt_easy_begin(gt_app.e, NULL), rows[i].head != NULL);
		if (!rows[i].head)
			continue;
		gt_easy_finish(gt_app.e, 0);
		gt_reported_take(&gt_app.reported);
		assert_str(gt_reported_host(&gt_app.reported, 0), rows[i].host);
		assert_int_equal(gt_reported_begin(&gt_app.reported, 0).port, rows[i].port);
		assert_int_equal(gt_reported_begin(&gt_app.reported, 0).is_tls, rows[i].tls);
		snprintf(start, sizeof(start), "POST %s HTTP/1.1\r\n", rows[i].head);
		assert_true(gt_str_starts(gt_app_head(GT_EVENT_REQUEST_HEAD), gt_str_of(start)));
	}
}

static void test_curl_easy_a_parsed_url_is_asked_for_at_each_transfer(void **state)
{
	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_CURLU, &gt_app.g);
	gt_app.g.curlu_text = "https://example.com/";
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_app.g.curlu_text = NULL;
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_app.g.curlu_text = "https://api.anthropic.com/v1/messages";
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	assert_str(gt_reported_host(&gt_app.reported, 0), "api.anthropic.com");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_CURLU, NULL); /* CURLOPT_URL is used again */
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	gt_reported_take(&gt_app.reported);
	assert_str(gt_reported_host(&gt_app.reported, 1), "api.openai.com");
}

static void test_curl_easy_a_url_that_is_too_long_or_gone_is_none(void **state)
{
	char *big = malloc(10001);

	(void)state;
	memset(big, 'a', 10000);
	memcpy(big, URL "?", sizeof(URL));
	big[10000] = 0;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, big);
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_CURLU, &gt_app.g);
	gt_app.g.curlu_text = big;
	if (gt_easy_begin(gt_app.e, NULL))
		gt_easy_finish(gt_app.e, 0);
	free(big);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_CURLU, NULL);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, NULL);
	assert_false(gt_easy_begin(gt_app.e, NULL));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_a_handle_that_is_not_ours_is_not_touched),
		T(test_curl_easy_nodes_of_ours_stand_before_the_applications_list_and_go_again),
		T(test_curl_easy_a_list_changed_during_the_transfer_is_followed),
		T(test_curl_easy_the_applications_own_traceparent_stands),
		T(test_curl_easy_header_lines_in_libcurls_notation),
		T(test_curl_easy_a_whole_transfer_is_reported_in_order),
		T(test_curl_easy_ends_say_why),
		T(test_curl_easy_the_end_is_stamped_with_libcurls_own_time),
		T(test_curl_easy_no_credential_is_reported),
		T(test_curl_easy_content_coding_is_reported_when_libcurl_leaves_it_on),
		T(test_curl_easy_a_key_in_the_query_is_not_reported),
		T(test_curl_easy_without_header_api_the_content_type_is_reported),
		T(test_curl_easy_header_values_cannot_end_their_line),
		T(test_curl_easy_urls),
		T(test_curl_easy_a_parsed_url_is_asked_for_at_each_transfer),
		T(test_curl_easy_a_url_that_is_too_long_or_gone_is_none),
	};

	return GT_TESTS(tests);
}
