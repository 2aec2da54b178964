/*
 * The bookkeeping of options against a libcurl that is only pretended: it keeps what is set, and calls back as libcurl does
 * (setopt.c, sendf.c of 7.88). What the application would have got from it without gentap is what it must get with it.
 */
#include "support/test.h"

#include <errno.h>

#include "shim/curl_added.h"
#include "shim/curl_easy.h"
#include "shim/curl_transfer.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"
#include "shim/shared/stat.h"
#include "support/fail_nth.h"
#include "support/fake_exporter_thread.h"
#include "support/in_child.h"
#include "support/told.h"

#define URL  "https://api.openai.com/v1/chat/completions"
#define BODY "{\"model\":\"m\"}"

struct slist {
	char *data;
	struct slist *next;
};

struct header {
	char *name, *value;
	size_t amount, index;
	unsigned origin;
	void *anchor;
};

typedef size_t data_fn(char *p, size_t size, size_t n, void *user);

#define WRITE_PAUSE 0x10000001
#define READ_ABORT  0x10000000
#define READ_PAUSE  0x10000001

/* ---------------------------------------------------------------- libcurl, pretended */

struct fake {
	struct slist *headers;
	data_fn *write, *read, *header;
	void *out, *in, *header_out;
	bool header_in_body;
	int calls; /* of setopt */

	/* what getinfo and nextheader say */
	long status, os_errno;
	int64_t total_us;
	char *content_type;
	struct header response[4];
	int n_response;
	const char *curlu_text;
};

static bool has_nextheader;

static void fake_reset(struct fake *f)
{
	int calls = f->calls;

	*f = (struct fake){ .write = (data_fn *)fwrite, .read = (data_fn *)fread, .out = stdout, .in = stdin, .calls = calls };
}

static int fake_setopt(void *easy, int option, ...)
{
	struct fake *f = easy;
	va_list args;
	void *p;

	f->calls++;
	va_start(args, option);
	if (option == GT_CURLOPT_HEADER) {
		f->header_in_body = va_arg(args, long);
		va_end(args);
		return 0;
	}
	p = va_arg(args, void *);
	va_end(args);
	switch (option) {
	case GT_CURLOPT_HTTPHEADER:
		f->headers = p;
		break;
	case GT_CURLOPT_WRITEFUNCTION:
		f->write = p ? (data_fn *)p : (data_fn *)fwrite;
		break;
	case GT_CURLOPT_WRITEDATA:
		f->out = p;
		break;
	case GT_CURLOPT_READFUNCTION:
		f->read = p ? (data_fn *)p : (data_fn *)fread;
		break;
	case GT_CURLOPT_READDATA:
		f->in = p;
		break;
	case GT_CURLOPT_HEADERFUNCTION:
		f->header = (data_fn *)p;
		break;
	case GT_CURLOPT_HEADERDATA:
		f->header_out = p;
		break;
	}
	return 0;
}

static int fake_getinfo(void *easy, int info, ...)
{
	struct fake *f = easy;
	va_list args;
	void *out;

	va_start(args, info);
	out = va_arg(args, void *);
	va_end(args);
	switch (info) {
	case 0x200000 + 2:
		*(long *)out = f->status;
		return 0;
	case 0x200000 + 25:
		*(long *)out = f->os_errno;
		return 0;
	case 0x600000 + 50:
		*(int64_t *)out = f->total_us;
		return 0;
	case 0x100000 + 18:
		*(char **)out = f->content_type;
		return 0;
	}
	return 48;
}

static struct header *fake_nextheader(void *easy, unsigned origin, int request, struct header *prev)
{
	struct fake *f = easy;
	int i = prev ? (int)(prev - f->response) + 1 : 0;

	assert_int_equal(origin, 1);
	assert_int_equal(request, -1);
	return i < f->n_response ? &f->response[i] : NULL;
}

static int fake_url_get(const void *url, int part, char **out, unsigned flags)
{
	assert_int_equal(part, 0);
	assert_int_equal(flags, 0);
	*out = ((struct fake *)url)->curlu_text ? strdup(((struct fake *)url)->curlu_text) : NULL;
	return *out ? 0 : 9;
}

/* Instead of real.c: the archive's own is then not linked. */
void *gt_foreign(const struct gt_caller *caller, enum gt_foreign which)
{
	(void)caller;
	switch (which) {
	case GT_FOREIGN_curl_easy_setopt:
		return (void *)fake_setopt;
	case GT_FOREIGN_curl_easy_getinfo:
		return (void *)fake_getinfo;
	case GT_FOREIGN_curl_easy_nextheader:
		return has_nextheader ? (void *)fake_nextheader : NULL;
	case GT_FOREIGN_curl_url_get:
		return (void *)fake_url_get;
	case GT_FOREIGN_curl_free:
		return (void *)free;
	default:
		return NULL;
	}
}

/* What libcurl does with body bytes: all to the write function; PAUSE keeps them and they come again. */
static size_t deliver(struct fake *f, const char *z)
{
	return f->write((char *)z, 1, strlen(z), f->out);
}

/* What it does with one header line. */
static void deliver_header(struct fake *f, const char *z)
{
	data_fn *fn = f->header ? f->header : f->header_out ? f->write : NULL;

	if (f->header_in_body)
		f->write((char *)z, 1, strlen(z), f->out);
	if (fn)
		fn((char *)z, 1, strlen(z), f->header_out);
}

/* ---------------------------------------------------------------- the application */

static struct fake f, g;
static struct gt_easy *e;
static struct gt_told told;

struct sink {
	char text[4096];
	size_t len;
	size_t answer; /* what the callback returns when it is not 0 */
	int calls;
	uint32_t depth; /* gt_self.depth during the last call */
};

static struct sink body_sink, header_sink;

static size_t collect(char *p, size_t size, size_t n, void *user)
{
	struct sink *s = user;

	s->calls++;
	s->depth = gt_self.depth;
	errno = EPROTO;
	if (s->answer)
		return s->answer;
	assert_true(s->len + size * n < sizeof(s->text));
	memcpy(s->text + s->len, p, size * n);
	s->len += size * n;
	s->text[s->len] = 0;
	return size * n;
}

static struct gt_easy *easy_of(struct fake *fake)
{
	return gt_easy_find(fake);
}

/* curl_easy_setopt as hook_curl.c does it. */
static void set_pointer(struct fake *fake, int option, const void *value)
{
	void *v = (void *)value;

	if (!easy_of(fake) || gt_easy_note_pointer(easy_of(fake), option, &v))
		fake_setopt(fake, option, v);
}

static void set_number(struct fake *fake, int option, int64_t value)
{
	gt_easy_note_number(easy_of(fake), option, value);
	if (option == GT_CURLOPT_HEADER)
		fake_setopt(fake, option, (long)value);
}

static void fresh(uint64_t memory)
{
	gt_easy_forget(&f);
	gt_easy_forget(&g);
	gt_told_free(&told);
	gt_handoff_after_fork();
	gt_handoff_init(memory);
	gt_stat_reset();
	gt_awake = true;
	gt_limits.body_max = GT_BODY_MAX_DEFAULT;
	has_nextheader = true;
	f.calls = g.calls = 0;
	fake_reset(&f);
	fake_reset(&g);
	body_sink = header_sink = (struct sink){ 0 };
	gt_easy_created(&f, NULL);
	e = gt_easy_find(&f);
	assert_non_null(e);
}

static int set_up(void **state)
{
	(void)state;
	fresh(4 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gt_easy_forget(&f);
	gt_easy_forget(&g);
	gt_told_free(&told);
	return 0;
}

static void post(void)
{
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_pointer(&f, GT_CURLOPT_POSTFIELDS, BODY);
	set_pointer(&f, GT_CURLOPT_WRITEFUNCTION, (void *)collect);
	set_pointer(&f, GT_CURLOPT_WRITEDATA, &body_sink);
}

#define assert_told(text) assert_string_equal(gt_told_text(&told, 0), text)

static struct gt_str head_told(enum gt_event_type type)
{
	const struct gt_told_event *k;

	gt_told_take(&told);
	k = gt_told_nth(&told, type, 0);
	assert_non_null(k);
	return k->data;
}

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

		fresh(1 << 20);
		set_pointer(&f, GT_CURLOPT_URL, rows[i].url);
		if (rows[i].fields)
			set_pointer(&f, GT_CURLOPT_POSTFIELDS, rows[i].fields);
		calls = f.calls;
		assert_false(gt_easy_begin(e, NULL));
		assert_int_equal(f.calls, calls);
		gt_easy_finish(e, 0);
		gt_easy_remove(e);
		assert_int_equal(f.calls, calls);
		assert_told("");
	}
}

/* T30 */
static void test_curl_easy_nodes_of_ours_stand_before_the_applications_list_and_go_again(void **state)
{
	struct slist second = { "X-B: 2", NULL }, first = { "X-A: 1", &second };
	struct gt_begin b;
	char expected[128];

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &first);
	assert_true(gt_easy_begin(e, NULL));
	assert_ptr_not_equal(f.headers, &first);
	assert_ptr_equal(f.headers->next, &first);
	gt_told_take(&told);
	b = gt_told_begin(&told, 0);
	memcpy(expected, "traceparent: ", 13);
	gt_traceparent_format(&b.context, expected + 13);
	expected[13 + GT_TRACEPARENT_LEN] = 0;
	assert_string_equal(f.headers->data, expected);
	assert_true(b.injected && b.is_tls && b.certain);
	assert_int_equal(b.source, GT_SOURCE_MESSAGE);
	assert_int_equal(b.api, GT_API_OPENAI_CHAT);
	assert_int_equal(b.port, 443);
	assert_str(gt_told_host(&told, 0), "api.openai.com");
	assert_str(gt_told_provider(&told, 0), "openai");
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.headers, &first);
	assert_ptr_equal(first.next, &second);
	assert_null(second.next);
	assert_string_equal(first.data, "X-A: 1");
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
}

static void test_curl_easy_a_list_changed_during_the_transfer_is_followed(void **state)
{
	struct slist a = { "X-A: 1", NULL }, b = { "X-B: 2", NULL };

	(void)state;
	post();
	assert_true(gt_easy_begin(e, NULL)); /* without a list */
	assert_non_null(f.headers);
	assert_null(f.headers->next);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &a);
	assert_memory_equal(f.headers->data, "traceparent", 11);
	assert_ptr_equal(f.headers->next, &a);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &b);
	assert_ptr_equal(f.headers->next, &b);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, NULL);
	assert_memory_equal(f.headers->data, "traceparent", 11);
	assert_null(f.headers->next);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &b);
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.headers, &b);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &a);
	assert_ptr_equal(f.headers, &a);
}

static void test_curl_easy_the_applications_own_traceparent_stands(void **state)
{
	struct slist own = { "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL },
		     other = { "X: y", &own };
	char hex[16];

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &other);
	assert_true(gt_easy_begin(e, NULL));
	assert_ptr_equal(f.headers, &other);
	gt_told_take(&told);
	assert_false(gt_told_begin(&told, 0).injected);
	gt_hex(gt_told_begin(&told, 0).parent.b, 8, hex);
	assert_memory_equal(hex, "b7ad6b7169203331", 16);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &own);
	assert_ptr_equal(f.headers, &own);
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.headers, &own);
}

static void test_curl_easy_header_lines_in_libcurls_notation(void **state)
{
	static const struct {
		const char *line;
		bool injected;
	} rows[] = {
		{ "traceparent: x", false },
		{ "Traceparent;", false }, /* sends an empty field */
		{ "traceparent:", true },  /* removes it: none is sent but ours */
		{ "traceparent:  ", true },
		{ "traceparent", true }, /* no field at all */
		{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct slist line = { (char *)rows[i].line, NULL };

		fresh(1 << 20);
		post();
		set_pointer(&f, GT_CURLOPT_HTTPHEADER, &line);
		assert_true(gt_easy_begin(e, NULL));
		gt_told_take(&told);
		assert_int_equal(gt_told_begin(&told, 0).injected, rows[i].injected);
		gt_easy_finish(e, 0);
	}
}

/* ---------------------------------------------------------------- what is told */

static void test_curl_easy_a_whole_transfer_is_told_in_order(void **state)
{
	(void)state;
	post();
	assert_true(gt_easy_begin(e, NULL));
	assert_false(gt_easy_begin(e, NULL)); /* while it is open */
	f.status = 200;
	f.response[0] = (struct header){ "content-type", "application/json", 1, 0, 1, NULL };
	f.n_response = 1;
	deliver(&f, "{\"a\":");
	deliver(&f, "1}");
	gt_easy_finish(e, 0);
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE END");
	assert_str(head_told(GT_EVENT_REQUEST_HEAD), "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\n\r\n");
	assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), BODY);
	assert_str(head_told(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\ncontent-type: application/json\r\n\r\n");
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "{\"a\":1}");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_CURL);
	assert_string_equal(body_sink.text, "{\"a\":1}");
	for (int i = 0; i < told.n; i++)
		assert_int_equal(told.list[i].stream, told.list[0].stream);
}

static void test_curl_easy_ends_say_why(void **state)
{
	struct gt_end end;

	(void)state;
	post();
	f.os_errno = ECONNREFUSED;
	gt_easy_begin(e, NULL);
	gt_easy_finish(e, 7);
	gt_told_take(&told);
	end = gt_told_end(&told, 0);
	assert_int_equal(end.why, GT_END_CURL);
	assert_int_equal(end.code, 7);
	assert_int_equal(end.os_errno, ECONNREFUSED);
	gt_easy_begin(e, NULL);
	gt_easy_remove(e);
	gt_easy_begin(e, NULL);
	gt_easy_cancel(e);
	gt_easy_begin(e, NULL);
	gt_easy_before_cleanup(&f);
	gt_told_take(&told);
	assert_int_equal(gt_told_end(&told, 1).why, GT_END_REMOVED);
	assert_int_equal(gt_told_end(&told, 2).why, GT_END_NEVER);
	assert_int_equal(gt_told_end(&told, 3).why, GT_END_REMOVED);
}

static void test_curl_easy_the_end_is_stamped_with_libcurls_own_time(void **state)
{
	const struct gt_told_event *begin, *end;

	(void)state;
	post();
	f.total_us = 1;
	gt_easy_begin(e, NULL);
	gt_easy_finish(e, 0); /* asked for long after the transfer was over */
	gt_told_take(&told);
	begin = gt_told_nth(&told, GT_EVENT_BEGIN, 0);
	end = gt_told_nth(&told, GT_EVENT_END, 0);
	assert_int_equal(end->at.ns, begin->at.ns + 1000);
	f.total_us = 3600 * 1000000LL; /* of which it cannot have been */
	gt_easy_begin(e, NULL);
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	assert_true(gt_told_nth(&told, GT_EVENT_END, 1)->at.ns <= gt_mono_now().ns);
	f.total_us = 1; /* its clock starts after ours: what was received by then was received */
	f.status = 200;
	gt_easy_begin(e, NULL);
	usleep(1000);
	deliver(&f, "{}");
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	assert_true(gt_told_nth(&told, GT_EVENT_END, 2)->at.ns >= gt_told_nth(&told, GT_EVENT_RESPONSE, 0)->at.ns);
}

static void test_curl_easy_no_credential_is_told(void **state)
{
	struct slist l[] = {
		{ "Authorization: Bearer sk-SECRET", &l[1] },
		{ "X-Api-Key: SECRET", &l[2] },
		{ "cookie: SECRET", &l[3] },
		{ "x-goog-api-key:SECRET", &l[4] },
		{ "Content-Type: application/json", NULL },
	};

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_URL, "https://user:SECRET@api.openai.com/v1/chat/completions");
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, l);
	gt_easy_begin(e, NULL);
	f.status = 200;
	f.response[0] = (struct header){ "Set-Cookie", "SECRET", 1, 0, 1, NULL };
	f.response[1] = (struct header){ "x-request-id", "r1", 1, 0, 1, NULL };
	f.n_response = 2;
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	for (int i = 0; i < told.n; i++)
		assert_false(gt_str_icontains(told.list[i].data, GT_STR("SECRET")));
	assert_str(head_told(GT_EVENT_REQUEST_HEAD),
		   "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nContent-Type: application/json\r\n\r\n");
	assert_str(head_told(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\nx-request-id: r1\r\n\r\n");
	assert_str(gt_told_host(&told, 0), "api.openai.com");
}

/* An application may ask for a coding by a header of its own, and then decodes the body itself. */
static void test_curl_easy_content_coding_is_told_when_libcurl_leaves_it_on(void **state)
{
	static const struct {
		const char *accept; /* NULL: the option is not set */
		bool keeps, told;
	} rows[] = { { NULL, false, true }, { "", false, false }, { "gzip", false, false }, { "gzip", true, true } };

	(void)state;
	for (int i = 0; i < (int)GT_ROWS(rows); i++) {
		post();
		set_pointer(&f, GT_CURLOPT_ACCEPT_ENCODING, (void *)rows[i].accept);
		set_number(&f, GT_CURLOPT_HTTP_CONTENT_DECODING, !rows[i].keeps);
		gt_easy_begin(e, NULL);
		f.status = 200;
		f.response[0] = (struct header){ "Content-Encoding", "gzip", 1, 0, 1, NULL };
		f.response[1] = (struct header){ "Content-Length", "7", 1, 0, 1, NULL };
		f.n_response = 2;
		gt_easy_finish(e, 0);
		gt_told_take(&told);
		assert_str(gt_told_nth(&told, GT_EVENT_RESPONSE_HEAD, i)->data,
			   rows[i].told ? "HTTP/1.1 200 \r\nContent-Encoding: gzip\r\n\r\n" : "HTTP/1.1 200 \r\n\r\n");
	}
}

/* exchange.h: no head of a message source carries a credential */
static void test_curl_easy_a_key_in_the_query_is_not_told(void **state)
{
	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_URL,
		    "https://generativelanguage.googleapis.com/v1beta/models/gemini:generateContent?alt=sse&key=SECRET");
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_false(gt_str_icontains(head_told(GT_EVENT_REQUEST_HEAD), GT_STR("SECRET")));
	assert_true(gt_str_icontains(head_told(GT_EVENT_REQUEST_HEAD), GT_STR("gemini:generateContent")));
}

static void test_curl_easy_without_header_api_the_content_type_is_told(void **state)
{
	(void)state;
	has_nextheader = false;
	post();
	gt_easy_begin(e, NULL);
	f.status = 429;
	f.content_type = "text/event-stream";
	gt_easy_finish(e, 0);
	assert_str(head_told(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 429 \r\ncontent-type: text/event-stream\r\n\r\n");
}

static void test_curl_easy_header_values_cannot_end_their_line(void **state)
{
	(void)state;
	post();
	gt_easy_begin(e, NULL);
	f.status = 200;
	f.response[0] = (struct header){ "x-odd", "a\nx-injected: b", 1, 0, 1, NULL };
	f.n_response = 1;
	gt_easy_finish(e, 0);
	assert_str(head_told(GT_EVENT_RESPONSE_HEAD), "HTTP/1.1 200 \r\n\r\n");
}

static void test_curl_easy_urls(void **state)
{
	static const struct {
		const char *url, *host, *head; /* head NULL: not ours */
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

		fresh(1 << 20);
		post();
		set_pointer(&f, GT_CURLOPT_URL, rows[i].url);
		assert_int_equal(gt_easy_begin(e, NULL), rows[i].head != NULL);
		if (!rows[i].head)
			continue;
		gt_easy_finish(e, 0);
		gt_told_take(&told);
		assert_str(gt_told_host(&told, 0), rows[i].host);
		assert_int_equal(gt_told_begin(&told, 0).port, rows[i].port);
		assert_int_equal(gt_told_begin(&told, 0).is_tls, rows[i].tls);
		snprintf(start, sizeof(start), "POST %s HTTP/1.1\r\n", rows[i].head);
		assert_true(gt_str_starts(head_told(GT_EVENT_REQUEST_HEAD), gt_str_of(start)));
	}
}

static void test_curl_easy_a_parsed_url_is_asked_for_at_each_transfer(void **state)
{
	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_CURLU, &g);
	g.curlu_text = "https://example.com/";
	assert_false(gt_easy_begin(e, NULL));
	g.curlu_text = NULL;
	assert_false(gt_easy_begin(e, NULL));
	g.curlu_text = "https://api.anthropic.com/v1/messages";
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	assert_str(gt_told_host(&told, 0), "api.anthropic.com");
	set_pointer(&f, GT_CURLOPT_CURLU, NULL); /* CURLOPT_URL counts again */
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	assert_str(gt_told_host(&told, 1), "api.openai.com");
}

static void test_curl_easy_a_url_that_is_too_long_or_gone_is_none(void **state)
{
	char *big = malloc(10001);

	(void)state;
	memset(big, 'a', 10000);
	memcpy(big, URL "?", sizeof(URL));
	big[10000] = 0;
	post();
	set_pointer(&f, GT_CURLOPT_URL, big);
	assert_false(gt_easy_begin(e, NULL));
	set_pointer(&f, GT_CURLOPT_CURLU, &g);
	g.curlu_text = big;
	if (gt_easy_begin(e, NULL))
		gt_easy_finish(e, 0);
	free(big);
	set_pointer(&f, GT_CURLOPT_CURLU, NULL);
	set_pointer(&f, GT_CURLOPT_URL, NULL);
	assert_false(gt_easy_begin(e, NULL));
}

/* ---------------------------------------------------------------- methods and bodies */

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
		/* an MCP server takes POST, GET and DELETE, so that more than POST can be seen */
		struct slist mcp = { "Mcp-Session-Id: 1", NULL };
		char start[64];
		bool ours = strcmp(rows[i].method, "PUT") && strcmp(rows[i].method, "HEAD") && strcmp(rows[i].method, "PATCH");

		fresh(1 << 20);
		set_pointer(&f, GT_CURLOPT_URL, "http://tools.corp/mcp");
		set_pointer(&f, GT_CURLOPT_HTTPHEADER, &mcp);
		for (int k = 0; rows[i].set[k].kind != END; k++) {
			if (rows[i].set[k].kind == NUM)
				set_number(&f, rows[i].set[k].option, rows[i].set[k].value);
			else
				set_pointer(&f, rows[i].set[k].option, (void *)rows[i].set[k].value);
		}
		assert_int_equal(gt_easy_begin(e, NULL), ours);
		if (!ours)
			continue;
		gt_easy_finish(e, 0);
		snprintf(start, sizeof(start), "%s /mcp HTTP/1.1\r\n", rows[i].method);
		assert_true(gt_str_starts(head_told(GT_EVENT_REQUEST_HEAD), gt_str_of(start)));
	}
}

/* The sizes libcurl itself would send, by its setopt.c; -2: no size is set. */
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
		{ 3, true, "hello", 5, NULL },	/* a larger size: the copy is thrown away */
		{ -2, true, "hello", 3, NULL }, /* so it is for the first size that is set */
		{ -2, true, "hello", -1, "hello" },  { 0, true, "hello", -2, "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *text;

		fresh(1 << 20);
		set_pointer(&f, GT_CURLOPT_URL, URL);
		if (rows[i].size_before != -2)
			set_number(&f, GT_CURLOPT_POSTFIELDSIZE, rows[i].size_before);
		text = strdup(rows[i].fields);
		set_pointer(&f, rows[i].copy ? GT_CURLOPT_COPYPOSTFIELDS : GT_CURLOPT_POSTFIELDS, text);
		if (rows[i].copy)
			memset(text, 'x', strlen(text)); /* the application's own is gone */
		if (rows[i].size_after != -2)
			set_number(&f, GT_CURLOPT_POSTFIELDSIZE_LARGE, rows[i].size_after);
		assert_true(gt_easy_begin(e, NULL));
		assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), rows[i].sent ? rows[i].sent : "");
		gt_easy_finish(e, 0);
		free(text);
	}
}

static void test_curl_easy_the_size_of_a_copy_is_not_that_of_the_next_fields(void **state)
{
	char *small = strdup("x");

	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, "a copy that is a good deal longer");
	set_pointer(&f, GT_CURLOPT_POSTFIELDS, small);
	assert_true(gt_easy_begin(e, NULL));
	assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), "x");
	gt_easy_finish(e, 0);
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, "again");
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, small);
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, "longer again");
	gt_told_free(&told);
	assert_true(gt_easy_begin(e, NULL));
	assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), "longer again");
	gt_easy_finish(e, 0);
	free(small);
}

static void test_curl_easy_of_fields_that_are_too_long_the_start_is_told(void **state)
{
	static char big[5000];

	(void)state;
	memset(big, 'b', sizeof(big));
	gt_limits.body_max = 1000;
	post();
	set_number(&f, GT_CURLOPT_POSTFIELDSIZE, sizeof(big));
	set_pointer(&f, GT_CURLOPT_POSTFIELDS, big);
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST CUT END");
	assert_int_equal(gt_told_bytes(&told, GT_EVENT_REQUEST, 0).len, 1000);
	/* a copy of that length is not kept; the request is told all the same */
	gt_told_free(&told);
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, big);
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	gt_told_take(&told);
	assert_non_null(gt_told_nth(&told, GT_EVENT_REQUEST_CUT, 0));
}

static size_t give(char *p, size_t size, size_t n, void *user)
{
	struct sink *s = user;
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

static void test_curl_easy_what_the_read_function_gives_is_told(void **state)
{
	char buf[8];
	size_t n;

	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_number(&f, GT_CURLOPT_POST, 1);
	set_pointer(&f, GT_CURLOPT_READFUNCTION, (void *)give);
	set_pointer(&f, GT_CURLOPT_READDATA, &body_sink);
	strcpy(body_sink.text, "a body of twenty six bytes");
	assert_true(gt_easy_begin(e, NULL));
	assert_ptr_not_equal(f.read, give);
	body_sink.answer = READ_PAUSE;
	assert_int_equal(f.read(buf, 1, sizeof(buf), f.in), READ_PAUSE);
	body_sink.answer = READ_ABORT;
	assert_int_equal(f.read(buf, 1, sizeof(buf), f.in), READ_ABORT);
	body_sink.answer = 0;
	gt_self.depth = 1;
	errno = 0;
	while ((n = f.read(buf, 1, sizeof(buf), f.in)))
		assert_int_equal(body_sink.depth, 0);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(gt_self.depth, 1);
	gt_self.depth = 0;
	gt_easy_finish(e, 0);
	assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), "a body of twenty six bytes");
	assert_ptr_equal(f.read, give);
	assert_ptr_equal(f.in, &body_sink);
}

static void test_curl_easy_a_read_function_without_data_gets_what_libcurl_gives(void **state)
{
	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_number(&f, GT_CURLOPT_POST, 1);
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.read, fread);
	assert_ptr_equal(f.in, stdin);
}

/* ---------------------------------------------------------------- the write function */

static void test_curl_easy_the_write_function_is_put_back(void **state)
{
	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_pointer(&f, GT_CURLOPT_POSTFIELDS, BODY);
	assert_true(gt_easy_begin(e, NULL)); /* nothing set: libcurl's own */
	assert_ptr_not_equal(f.write, fwrite);
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.write, fwrite);
	assert_ptr_equal(f.out, stdout);
	post();
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.write, collect);
	assert_ptr_equal(f.out, &body_sink);
	set_pointer(&f, GT_CURLOPT_WRITEDATA, NULL);
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_null(f.out);
}

static void *last_user;

static size_t note_user(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	last_user = user;
	return size * n;
}

/* Its documentation promises FILE * stdout, and programs write there. */
static void test_curl_easy_callbacks_without_data_get_stdout_and_stdin_as_from_libcurl(void **state)
{
	char buf[4];

	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_number(&f, GT_CURLOPT_POST, 1);
	set_pointer(&f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
	set_pointer(&f, GT_CURLOPT_READFUNCTION, (void *)note_user);
	assert_true(gt_easy_begin(e, NULL));
	deliver(&f, "x");
	assert_ptr_equal(last_user, stdout);
	f.read(buf, 1, sizeof(buf), f.in);
	assert_ptr_equal(last_user, stdin);
	gt_easy_finish(e, 0);
}

static void test_curl_easy_write_functions_changed_during_the_transfer_take_over(void **state)
{
	(void)state;
	post();
	assert_true(gt_easy_begin(e, NULL));
	deliver(&f, "one ");
	set_pointer(&f, GT_CURLOPT_WRITEDATA, &header_sink);
	deliver(&f, "two ");
	set_pointer(&f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
	deliver(&f, "three");
	assert_ptr_equal(last_user, &header_sink);
	gt_easy_finish(e, 0);
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "one two three");
	assert_string_equal(body_sink.text, "one ");
	assert_string_equal(header_sink.text, "two ");
	assert_ptr_equal(f.write, note_user);
	assert_ptr_equal(f.out, &header_sink);
}

static void test_curl_easy_bytes_that_are_paused_or_refused_are_told_once_or_not(void **state)
{
	(void)state;
	post();
	assert_true(gt_easy_begin(e, NULL));
	body_sink.answer = WRITE_PAUSE;
	assert_int_equal(deliver(&f, "paused"), WRITE_PAUSE);
	assert_int_equal(deliver(&f, "paused"), WRITE_PAUSE);
	body_sink.answer = 0;
	assert_int_equal(deliver(&f, "paused"), 6); /* delivered after all */
	body_sink.answer = 3;
	assert_int_equal(deliver(&f, "refused"), 3); /* an error to libcurl */
	gt_easy_finish(e, 23);
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "paused");
	assert_int_equal(body_sink.calls, 4);
}

/* T10 */
static void test_curl_easy_callbacks_run_outside_the_guard_and_keep_errno(void **state)
{
	(void)state;
	post();
	gt_easy_begin(e, NULL);
	gt_self.depth = 1; /* as inside curl_easy_perform */
	body_sink.depth = 9;
	errno = 0;
	deliver(&f, "x");
	assert_int_equal(errno, EPROTO);
	assert_int_equal(body_sink.depth, 0);
	assert_int_equal(gt_self.depth, 1);
	gt_self.depth = 0;
	gt_easy_finish(e, 0);
}

/* ---------------------------------------------------------------- headers through callbacks */

static void test_curl_easy_header_lines_in_the_body_are_not_told_as_body(void **state)
{
	static const char *const lines[] = { "HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
					     "content-type: text/plain\r\n", "\r\n" };

	(void)state;
	post();
	set_number(&f, GT_CURLOPT_HEADER, 1);
	gt_easy_begin(e, NULL);
	for (size_t i = 0; i < GT_ROWS(lines); i++)
		deliver_header(&f, lines[i]);
	deliver(&f, "HTT");
	deliver(&f, "P/1.1 is a protocol\r\n");
	deliver(&f, "\r\n");
	gt_easy_finish(e, 0);
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "HTTP/1.1 is a protocol\r\n\r\n");
	assert_int_equal(strncmp(body_sink.text, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 42), 0);
}

static void test_curl_easy_header_data_without_function_gets_headers_through_the_write_function(void **state)
{
	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HEADERDATA, &header_sink);
	assert_true(gt_easy_begin(e, NULL));
	deliver_header(&f, "HTTP/1.1 200 OK\r\n");
	deliver_header(&f, "\r\n");
	deliver(&f, "body");
	gt_easy_finish(e, 0);
	assert_string_equal(header_sink.text, "HTTP/1.1 200 OK\r\n\r\n");
	assert_string_equal(body_sink.text, "body");
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "body");
	assert_null(f.header);
	assert_ptr_equal(f.header_out, &header_sink);
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
			fresh(1 << 20);
			post();
			if (open)
				assert_true(gt_easy_begin(e, NULL));
			for (int k = 0; k < 4 && orders[i][k] >= 0; k++) {
				switch (orders[i][k]) {
				case DATA:
					set_pointer(&f, GT_CURLOPT_HEADERDATA, &header_sink);
					break;
				case FUNCTION:
					set_pointer(&f, GT_CURLOPT_HEADERFUNCTION, (void *)note_user);
					break;
				case NO_DATA:
					set_pointer(&f, GT_CURLOPT_HEADERDATA, NULL);
					break;
				case NO_FUNCTION:
					set_pointer(&f, GT_CURLOPT_HEADERFUNCTION, NULL);
					break;
				case WRITE:
					set_pointer(&f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
					break;
				}
			}
			last_user = NULL;
			deliver_header(&f, "HTTP/1.1 200 OK\r\n");
			if (last_user)
				strcpy(header_sink.text, "noted");
			deliver(&f, "body");
			if (!open) {
				strcpy(expected[0], header_sink.text);
				strcpy(expected[1], body_sink.text);
			} else {
				assert_string_equal(header_sink.text, expected[0]);
				assert_string_equal(body_sink.text, expected[1]);
				gt_easy_finish(e, 0);
				assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "body");
			}
		}
	}
}

/* ---------------------------------------------------------------- handles */

static void test_curl_easy_reset_forgets_all_options(void **state)
{
	(void)state;
	post();
	gt_easy_begin(e, NULL);
	gt_easy_remove(e); /* as the hook does */
	fake_reset(&f);
	gt_easy_note_reset(e);
	assert_false(gt_easy_begin(e, NULL)); /* no URL */
	set_pointer(&f, GT_CURLOPT_URL, URL);
	assert_false(gt_easy_begin(e, NULL)); /* GET again */
	set_pointer(&f, GT_CURLOPT_POSTFIELDS, "new");
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
	assert_ptr_equal(f.write, fwrite);
	assert_ptr_equal(f.out, stdout);
}

static void test_curl_easy_a_duplicate_of_an_open_handle_has_nothing_of_ours(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	set_pointer(&f, GT_CURLOPT_HEADERDATA, &header_sink);
	assert_true(gt_easy_begin(e, NULL));
	g = f; /* what curl_easy_duphandle copies */
	gt_easy_note_duplicate(e, &g, NULL);
	assert_ptr_equal(g.headers, &list);
	assert_ptr_equal(g.write, collect);
	assert_ptr_equal(g.out, &body_sink);
	assert_null(g.header);
	gt_easy_finish(e, 0);
	gt_easy_forget(&f); /* the original goes first */
	deliver(&g, "to the copy");
	assert_string_equal(body_sink.text, "to the copy");
	gt_told_take(&told);
	gt_told_free(&told);
	assert_true(gt_easy_begin(gt_easy_find(&g), NULL)); /* and it remembers what the original knew */
	gt_easy_finish(gt_easy_find(&g), 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST END");
	assert_ptr_equal(g.headers, &list);
}

static void test_curl_easy_a_duplicate_has_a_copy_of_copied_fields(void **state)
{
	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, URL);
	set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, BODY);
	g = f;
	gt_easy_note_duplicate(e, &g, NULL);
	gt_easy_forget(&f);
	assert_true(gt_easy_begin(gt_easy_find(&g), NULL));
	gt_easy_finish(gt_easy_find(&g), 0);
	assert_str(gt_told_bytes(&told, GT_EVENT_REQUEST, 0), BODY);
}

static void test_curl_easy_a_new_handle_at_an_old_address_knows_nothing(void **state)
{
	(void)state;
	post();
	gt_easy_created(&f, NULL);
	e = gt_easy_find(&f);
	assert_false(gt_easy_begin(e, NULL));
	gt_easy_forget(&f);
	assert_null(gt_easy_find(&f));
	gt_easy_forget(&f);
	gt_easy_before_cleanup(&f);
	assert_non_null(gt_easy_of(&f, NULL));
	assert_ptr_equal(gt_easy_of(&f, NULL), gt_easy_find(&f));
}

static void test_curl_easy_cleaning_up_a_multi_handle_ends_its_transfers_only(void **state)
{
	int multi, other;

	(void)state;
	post();
	assert_true(gt_easy_begin(e, &multi));
	gt_easy_created(&g, NULL);
	set_pointer(&g, GT_CURLOPT_URL, URL);
	set_pointer(&g, GT_CURLOPT_POSTFIELDS, BODY);
	assert_true(gt_easy_begin(gt_easy_find(&g), &other));
	gt_easy_remove_all(&multi);
	gt_told_take(&told);
	assert_non_null(gt_told_nth(&told, GT_EVENT_END, 0));
	assert_null(gt_told_nth(&told, GT_EVENT_END, 1));
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_REMOVED);
	assert_ptr_equal(f.write, collect);
	gt_easy_remove_all(&other);
	gt_easy_remove_all(&other);
	gt_told_take(&told);
	assert_non_null(gt_told_nth(&told, GT_EVENT_END, 1));
	assert_null(gt_told_nth(&told, GT_EVENT_END, 2));
}

/* A list that was freed: who walks it falls. */
static void freed(struct slist *l)
{
	l->data = NULL;
	l->next = (struct slist *)8;
}

static void test_curl_easy_options_are_read_when_the_multi_handle_runs_and_not_when_it_gets_the_handle(void **state)
{
	struct slist old = { "X-A: 1", NULL }, list = { "X-B: 2", NULL };
	int multi, other, calls;

	(void)state;
	set_pointer(&f, GT_CURLOPT_URL, "https://example.com/");
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &old);
	freed(&old);
	calls = f.calls;
	assert_true(gt_easy_add(e, &multi));
	assert_true(gt_added_any());
	assert_false(gt_easy_add(e, &multi));
	assert_false(gt_easy_begin(e, NULL)); /* curl_easy_perform, which libcurl refuses */
	assert_int_equal(f.calls, calls);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	assert_ptr_equal(f.headers, &list);
	post();
	gt_easy_begin_added(&other);
	assert_ptr_equal(f.headers, &list);
	assert_told("");
	gt_easy_begin_added(&multi);
	assert_false(gt_added_any());
	assert_ptr_equal(f.headers->next, &list);
	assert_false(gt_easy_add(e, &multi));
	gt_easy_begin_added(&multi);
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST END");
	assert_str(head_told(GT_EVENT_REQUEST_HEAD),
		   "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nX-B: 2\r\n\r\n");
	assert_ptr_equal(f.headers, &list);
}

static void test_curl_easy_a_list_freed_after_the_next_was_set_is_not_looked_at_again(void **state)
{
	struct slist old = { "X-A: 1", NULL }, list = { "X-B: 2", NULL };
	int multi;

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &old);
	gt_easy_add(e, &multi);
	gt_easy_begin_added(&multi);
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	freed(&old);
	for (struct slist *l = f.headers; l; l = l->next)
		assert_ptr_not_equal(l, &old);
	f.status = 200;
	deliver(&f, "x");
	g = f;
	gt_easy_note_duplicate(e, &g, NULL);
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE END");
	assert_ptr_equal(f.headers, &list);
	assert_ptr_equal(g.headers, &list);
}

static void test_curl_easy_a_handle_that_leaves_before_the_first_run_never_started(void **state)
{
	enum { CANCELLED, TAKEN, FORGOTTEN, MADE_ANEW, MULTI_GONE, WAYS };
	int multi, other;

	(void)state;
	for (int way = 0; way < WAYS; way++) {
		fresh(1 << 20);
		post();
		assert_true(gt_easy_add(e, &multi));
		gt_easy_remove_all(&other);
		assert_true(gt_added_any());
		switch (way) {
		case CANCELLED:
			gt_easy_cancel(e);
			break;
		case TAKEN:
			assert_true(gt_added_take(e));
			assert_false(gt_added_take(e));
			break;
		case FORGOTTEN:
			gt_easy_forget(&f);
			break;
		case MADE_ANEW:
			gt_easy_created(&f, NULL);
			break;
		case MULTI_GONE:
			gt_easy_remove_all(&multi);
			break;
		}
		assert_false(gt_added_any());
		gt_easy_begin_added(&multi);
		assert_told("");
		assert_ptr_equal(f.write, collect);
	}
	fresh(1 << 20);
	assert_false(gt_easy_add(e, NULL)); /* which libcurl refuses */
	assert_false(gt_added_any());
}

static void test_curl_easy_only_what_was_begun_for_a_multi_handle_ends_when_it_is_taken_out(void **state)
{
	int multi, own;

	(void)state;
	post();
	gt_easy_add(e, &multi);
	gt_easy_removed(e, &own);
	assert_true(gt_added_any());
	gt_easy_removed(e, &multi);
	assert_false(gt_added_any());
	assert_told("");
	assert_true(gt_easy_begin(e, NULL)); /* curl_easy_perform, in a multi handle of libcurl's own */
	gt_easy_removed(e, &own);
	assert_told("BEGIN REQUEST_HEAD REQUEST");
	gt_easy_finish(e, 0);
	gt_easy_add(e, &multi);
	gt_easy_begin_added(&multi);
	gt_easy_removed(e, &own);
	assert_ptr_not_equal(f.write, collect);
	gt_easy_removed(e, &multi);
	assert_ptr_equal(f.write, collect);
	gt_told_take(&told);
	assert_int_equal(gt_told_end(&told, 1).why, GT_END_REMOVED);
}

static void test_curl_easy_handles_begin_in_the_order_in_which_they_were_added(void **state)
{
	static struct fake fakes[4];
	struct gt_easy *all[4];
	int multi, other;

	(void)state;
	/* who leaves early, by its place in the list: the last one's place is taken by the one before */
	for (int leaves = -1; leaves < 4; leaves++) {
		for (int i = 0; i < 4; i++) {
			gt_easy_created(&fakes[i], NULL);
			all[i] = gt_easy_find(&fakes[i]);
			assert_true(gt_easy_add(all[i], i == 1 ? &other : &multi));
		}
		if (leaves >= 0) {
			assert_true(gt_added_take(all[leaves]));
			assert_true(gt_easy_add(all[leaves], &multi));
		}
		for (int i = 0; i < 4; i++)
			if (i != leaves && i != 1)
				assert_ptr_equal(gt_added_take_for(&multi), all[i]);
		if (leaves >= 0)
			assert_ptr_equal(gt_added_take_for(&multi), all[leaves]);
		assert_null(gt_added_take_for(&multi));
		assert_ptr_equal(gt_added_take_for(&other), leaves == 1 ? NULL : all[1]);
		assert_false(gt_added_any());
	}
	for (int i = 0; i < 4; i++)
		gt_easy_forget(&fakes[i]);
}

static void run_in_forked_child(void *multi)
{
	gt_handoff_after_fork();
	gt_easy_after_fork();
	gt_handoff_init(1 << 20);
	gt_easy_created(&g, NULL);
	gt_easy_add(gt_easy_find(&g), multi);
	gt_child_check(gt_added_take_for(multi) == e);
	gt_child_check(gt_added_take_for(multi) == gt_easy_find(&g));
	gt_child_check(!gt_added_any());
}

static void test_curl_easy_a_handle_that_waits_at_a_fork_waits_in_both_processes(void **state)
{
	int multi;

	(void)state;
	post();
	gt_easy_add(e, &multi);
	assert_int_equal(gt_in_child(run_in_forked_child, &multi), 0);
	gt_easy_begin_added(&multi);
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST END");
}

static void test_curl_easy_connect_only_is_no_exchange(void **state)
{
	(void)state;
	post();
	set_number(&f, GT_CURLOPT_CONNECT_ONLY, 1);
	assert_false(gt_easy_begin(e, NULL));
	set_number(&f, GT_CURLOPT_CONNECT_ONLY, 0);
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
}

static void test_curl_easy_a_handle_used_again_is_a_new_exchange_each_time(void **state)
{
	(void)state;
	post();
	for (int i = 0; i < 20; i++) {
		assert_true(gt_easy_begin(e, NULL));
		f.status = 200;
		deliver(&f, "x");
		gt_easy_finish(e, 0);
	}
	gt_told_take(&told);
	for (int i = 1; i < 20; i++) {
		assert_memory_not_equal(gt_told_begin(&told, i).context.span_id.b,
					gt_told_begin(&told, i - 1).context.span_id.b, 8);
		assert_int_not_equal(gt_told_nth(&told, GT_EVENT_BEGIN, i)->stream,
				     gt_told_nth(&told, GT_EVENT_BEGIN, i - 1)->stream);
	}
}

static void fill_pool(void);
static void empty_pool(void);

/* The exporter cannot be loaded, which is found out during the first transfer: gentap goes to sleep for good. */
static void test_curl_easy_a_transfer_that_is_open_when_gentap_goes_to_sleep_is_undone(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	assert_true(gt_easy_begin(e, NULL));
	deliver(&f, "one");
	gt_told_take(&told);
	gt_told_free(&told);
	gt_awake = false;
	deliver(&f, "two");
	assert_string_equal(body_sink.text, "onetwo");
	set_pointer(&f, GT_CURLOPT_WRITEDATA, &header_sink); /* must not reach libcurl while our function is there */
	deliver(&f, "three");
	assert_string_equal(header_sink.text, "three");
	gt_easy_finish(e, 0);
	assert_told("");
	assert_ptr_equal(f.headers, &list);
	assert_ptr_equal(f.write, collect);
	assert_ptr_equal(f.out, &header_sink);
	assert_false(gt_easy_begin(e, NULL));
	fill_pool(); /* and everything is back in the pool */
	empty_pool();
	assert_true(gt_handoff_is_empty());
}

/* ---------------------------------------------------------------- little memory, fork */

static struct gt_event *held;

static void fill_pool(void)
{
	struct gt_event *k;

	while ((k = gt_event_new(GT_EVENT_RESPONSE, 999, GT_EVENT_ROOM_MAX)) || (k = gt_event_new(GT_EVENT_RESPONSE, 999, 0))) {
		k->next = held;
		held = k;
	}
}

static void empty_pool(void)
{
	for (struct gt_event *next; held; held = next) {
		next = held->next;
		gt_event_free(held);
	}
}

static void test_curl_easy_with_the_hand_off_full_the_handle_is_left_alone(void **state)
{
	struct slist list = { "X-A: 1", NULL };
	int calls;

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	calls = f.calls;
	fill_pool();
	assert_false(gt_easy_begin(e, NULL));
	assert_int_equal(f.calls, calls);
	empty_pool();
	assert_true(gt_easy_begin(e, NULL));
	gt_easy_finish(e, 0);
}

static void test_curl_easy_response_bytes_without_room_are_told_as_a_gap(void **state)
{
	(void)state;
	post();
	gt_easy_begin(e, NULL);
	f.status = 200;
	deliver(&f, "one");
	fill_pool();
	deliver(&f, "two");
	empty_pool();
	deliver(&f, "three");
	fill_pool();
	deliver(&f, "four");
	assert_string_equal(body_sink.text, "onetwothreefour");
	empty_pool();
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE GAP RESPONSE GAP END");
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "onethree");
}

/* libcurl delivers up to 16 KiB at once, which is a little more than one event holds. */
static void test_curl_easy_of_response_bytes_that_find_room_in_part_the_rest_is_told_as_a_gap(void **state)
{
	static char chunk[16 * 1024];
	struct gt_event **at;
	struct gt_gap gap;

	(void)state;
	post();
	gt_easy_begin(e, NULL);
	f.status = 200;
	deliver(&f, "x");
	body_sink.answer = sizeof(chunk);
	fill_pool();
	for (at = &held; (*at)->next; at = &(*at)->next) /* the first that was taken is a large one */
		;
	gt_event_free(*at);
	*at = NULL;
	f.write(chunk, 1, sizeof(chunk), f.out);
	empty_pool();
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE GAP END");
	memcpy(&gap, gt_told_nth(&told, GT_EVENT_GAP, 0)->data.p, sizeof(gap));
	assert_int_equal(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0).len, 1 + GT_EVENT_ROOM_MAX);
	assert_int_equal(gap.bytes, sizeof(chunk) - GT_EVENT_ROOM_MAX);
}

static void test_curl_easy_the_end_is_told_also_when_the_hand_off_is_full(void **state)
{
	(void)state;
	post();
	gt_easy_begin(e, NULL);
	fill_pool();
	gt_easy_finish(e, 0);
	assert_told("BEGIN REQUEST_HEAD REQUEST END");
	empty_pool();
}

static void test_curl_easy_nothing_leaks_from_the_pool(void **state)
{
	(void)state;
	fresh(1);
	for (int i = 0; i < 2000; i++) {
		gt_easy_created(&f, NULL); /* also when the cleanup of the former went by unseen, in the middle of a transfer */
		e = gt_easy_find(&f);
		fake_reset(&f);
		post();
		assert_true(gt_easy_begin(e, NULL));
		gt_easy_cancel(e);
		assert_true(gt_easy_begin(e, NULL));
		gt_told_free(&told);
		gt_told_take(&told);
	}
}

static void test_curl_easy_any_allocation_may_fail(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++) {
		gt_easy_created(&f, NULL);
		e = gt_easy_find(&f);
		fake_reset(&f);
		if (e) {
			bool begun;

			set_pointer(&f, GT_CURLOPT_URL, URL);
			set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
			set_pointer(&f, GT_CURLOPT_COPYPOSTFIELDS, BODY);
			set_pointer(&f, GT_CURLOPT_WRITEFUNCTION, (void *)note_user);
			begun = gt_easy_begin(e, NULL);
			deliver(&f, "x");
			g = f;
			gt_easy_note_duplicate(e, &g, NULL);
			if (begun)
				gt_easy_finish(e, 0);
		}
		gt_fail_none();
		if (e) {
			assert_ptr_equal(f.headers, &list);
			assert_ptr_equal(f.write, note_user);
		}
		gt_told_take(&told);
		gt_easy_forget(&g);
	}
	gt_fail_none();
}

static void in_forked_child(void *list)
{
	gt_handoff_after_fork();
	gt_easy_after_fork();
	gt_handoff_init(1 << 20);
	/* the parent's transfer goes on in the child: bytes reach the application, and nobody else */
	deliver(&f, "late");
	gt_child_check(!strcmp(body_sink.text, "earlylate"));
	gt_easy_finish(e, 0);
	gt_child_check(gt_handoff_is_empty());
	/* a duplicate gets the application's own values */
	g = f;
	gt_easy_note_duplicate(e, &g, NULL);
	gt_child_check(g.headers == list && g.write == collect && g.out == &body_sink);
	/* options set now are kept until the handle is used again */
	set_pointer(&f, GT_CURLOPT_WRITEDATA, &header_sink);
	deliver(&f, "later");
	gt_child_check(!strcmp(header_sink.text, "later"));
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, NULL);
	/* a new transfer is the child's own */
	gt_child_check(gt_easy_begin(e, NULL));
	deliver(&f, "x");
	gt_easy_finish(e, 0);
	gt_child_check(!strcmp(gt_told_text(&told, 0), "BEGIN REQUEST_HEAD REQUEST RESPONSE END"));
	gt_child_check(f.write == collect && f.out == &header_sink && !f.headers);
}

/* T18 */
static void test_curl_easy_an_open_transfer_stays_the_parents_after_fork(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	post();
	set_pointer(&f, GT_CURLOPT_HTTPHEADER, &list);
	assert_true(gt_easy_begin(e, NULL));
	deliver(&f, "early");
	gt_told_take(&told);
	gt_told_free(&told);
	assert_int_equal(gt_in_child(in_forked_child, &list), 0);
	deliver(&f, "!");
	gt_easy_finish(e, 0);
	assert_told("RESPONSE END");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_a_handle_that_is_not_ours_is_not_touched),
		T(test_curl_easy_nodes_of_ours_stand_before_the_applications_list_and_go_again),
		T(test_curl_easy_a_list_changed_during_the_transfer_is_followed),
		T(test_curl_easy_the_applications_own_traceparent_stands),
		T(test_curl_easy_header_lines_in_libcurls_notation),
		T(test_curl_easy_a_whole_transfer_is_told_in_order),
		T(test_curl_easy_ends_say_why),
		T(test_curl_easy_the_end_is_stamped_with_libcurls_own_time),
		T(test_curl_easy_no_credential_is_told),
		T(test_curl_easy_content_coding_is_told_when_libcurl_leaves_it_on),
		T(test_curl_easy_a_key_in_the_query_is_not_told),
		T(test_curl_easy_without_header_api_the_content_type_is_told),
		T(test_curl_easy_header_values_cannot_end_their_line),
		T(test_curl_easy_urls),
		T(test_curl_easy_a_parsed_url_is_asked_for_at_each_transfer),
		T(test_curl_easy_a_url_that_is_too_long_or_gone_is_none),
		T(test_curl_easy_methods_are_implied_as_libcurl_does),
		T(test_curl_easy_post_field_sizes),
		T(test_curl_easy_the_size_of_a_copy_is_not_that_of_the_next_fields),
		T(test_curl_easy_of_fields_that_are_too_long_the_start_is_told),
		T(test_curl_easy_what_the_read_function_gives_is_told),
		T(test_curl_easy_a_read_function_without_data_gets_what_libcurl_gives),
		T(test_curl_easy_the_write_function_is_put_back),
		T(test_curl_easy_callbacks_without_data_get_stdout_and_stdin_as_from_libcurl),
		T(test_curl_easy_write_functions_changed_during_the_transfer_take_over),
		T(test_curl_easy_bytes_that_are_paused_or_refused_are_told_once_or_not),
		T(test_curl_easy_callbacks_run_outside_the_guard_and_keep_errno),
		T(test_curl_easy_header_lines_in_the_body_are_not_told_as_body),
		T(test_curl_easy_header_data_without_function_gets_headers_through_the_write_function),
		T(test_curl_easy_header_options_set_during_the_transfer_do_what_libcurl_does),
		T(test_curl_easy_reset_forgets_all_options),
		T(test_curl_easy_a_duplicate_of_an_open_handle_has_nothing_of_ours),
		T(test_curl_easy_a_duplicate_has_a_copy_of_copied_fields),
		T(test_curl_easy_a_new_handle_at_an_old_address_knows_nothing),
		T(test_curl_easy_cleaning_up_a_multi_handle_ends_its_transfers_only),
		T(test_curl_easy_options_are_read_when_the_multi_handle_runs_and_not_when_it_gets_the_handle),
		T(test_curl_easy_a_list_freed_after_the_next_was_set_is_not_looked_at_again),
		T(test_curl_easy_a_handle_that_leaves_before_the_first_run_never_started),
		T(test_curl_easy_only_what_was_begun_for_a_multi_handle_ends_when_it_is_taken_out),
		T(test_curl_easy_handles_begin_in_the_order_in_which_they_were_added),
		T(test_curl_easy_a_handle_that_waits_at_a_fork_waits_in_both_processes),
		T(test_curl_easy_connect_only_is_no_exchange),
		T(test_curl_easy_a_handle_used_again_is_a_new_exchange_each_time),
		T(test_curl_easy_a_transfer_that_is_open_when_gentap_goes_to_sleep_is_undone),
		T(test_curl_easy_with_the_hand_off_full_the_handle_is_left_alone),
		T(test_curl_easy_response_bytes_without_room_are_told_as_a_gap),
		T(test_curl_easy_of_response_bytes_that_find_room_in_part_the_rest_is_told_as_a_gap),
		T(test_curl_easy_the_end_is_told_also_when_the_hand_off_is_full),
		T(test_curl_easy_nothing_leaks_from_the_pool),
		T(test_curl_easy_any_allocation_may_fail),
		T(test_curl_easy_an_open_transfer_stays_the_parents_after_fork),
	};

	return GT_TESTS(tests);
}
