/*
 * Any request and reply of any API, well-formed or not. The reply is a body, SSE, NDJSON, one array, or has no
 * Content-Type. A certain exchange must give a span. Every span must be valid and encodable, and its content must be
 * JSON within the limits.
 *
 * The data is the request and then, each after a `|`, the documents of the reply. A document may begin with "@name ",
 * the name of its event.
 */
#include "../unit/support/feed.h"
#include "exporter/content/capture.h"
#include "span_check.h"

enum form { WHOLE, EVENTS, LINES, ARRAY, UNTYPED, FORMS };

static const char *const types[FORMS] = { "application/json", "text/event-stream; charset=utf-8", "application/x-ndjson",
					  "application/json", NULL };

static const char *const targets[] = {
	"/v1/chat/completions",
	"/v1beta/models/gemini-2.0-flash:generateContent",
	"/v1beta/models/a%2fb%zz%:streamGenerateContent?alt=sse",
	"/mcp",
	"/",
};

static const char *const providers[] = { "openai", "azure.ai.openai", "deepseek", "", NULL };

static const char *const fields[] = { "", "anthropic-version: 1\r\n", "Mcp-Method: tools/call\r\nMcp-Session-Id: \xff\r\n" };

#define PICK(in, list) (list)[fuzz_below(in, sizeof(list) / sizeof((list)[0]))]

struct exchange {
	struct gt_begin begin;
	const char *provider;
	struct fuzz_text request_head, response_head, body;
	struct gt_str request;
};

static void say(struct fuzz_text *t, const char *text)
{
	fuzz_say(t, text, strlen(text));
}

static void add_lines(struct fuzz_text *t, struct gt_str document)
{
	struct gt_str line;

	while (gt_str_next(&document, '\n', &line)) {
		say(t, "data: ");
		fuzz_say(t, line.p, line.len);
		say(t, "\n");
	}
	say(t, "\n");
}

static void add_document(struct fuzz_text *t, enum form form, struct gt_str document)
{
	size_t name = document.len && document.p[0] == '@' ? gt_str_find(document, ' ') : 0;

	if (name && form == EVENTS) {
		say(t, "event: ");
		fuzz_say(t, document.p + 1, name - 1);
		say(t, "\n");
	}
	document = gt_str_skip(document, name);
	if (form == EVENTS) {
		add_lines(t, document);
		return;
	}
	if (form == ARRAY)
		say(t, t->len ? "," : "[");
	fuzz_say(t, document.p, document.len);
	if (form == LINES)
		say(t, "\n");
}

static void exchange_init(struct exchange *e, struct fuzz_input *in)
{
	static const char *const statuses[] = { "200", "400", "500", "204", "101" };
	enum form form = (enum form)fuzz_below(in, FORMS);
	struct gt_str rest = gt_str_make(in->data, in->len), document;

	*e = (struct exchange){ .begin = gt_feed_plain_begin((enum gt_api)(1 + fuzz_below(in, GT_API_COUNT - 1))) };
	e->begin.source = GT_SOURCE_MESSAGE;
	e->begin.is_certain = !fuzz_below(in, 2);
	e->provider = PICK(in, providers);
	say(&e->request_head, "POST ");
	say(&e->request_head, PICK(in, targets));
	say(&e->request_head, " HTTP/1.1\r\nHost: h\r\n");
	say(&e->request_head, PICK(in, fields));
	say(&e->request_head, "\r\n");
	say(&e->response_head, "HTTP/1.1 ");
	say(&e->response_head, PICK(in, statuses));
	say(&e->response_head, " X\r\n");
	if (types[form]) {
		say(&e->response_head, "Content-Type: ");
		say(&e->response_head, types[form]);
		say(&e->response_head, "\r\n");
	}
	say(&e->response_head, "\r\n");
	gt_str_next(&rest, '|', &e->request);
	while (gt_str_next(&rest, '|', &document))
		add_document(&e->body, form, document);
	if (form == ARRAY && fuzz_below(in, 2))
		say(&e->body, "]");
}

static void exchange_free(struct exchange *e)
{
	fuzz_text_free(&e->request_head);
	fuzz_text_free(&e->response_head);
	fuzz_text_free(&e->body);
}

static void feed(struct gt_feed *f, const struct exchange *e, struct fuzz_input *in)
{
	static const int codes[] = { 0, 0, 18, 23, 28 };
	bool is_early = fuzz_below(in, 4) == 3; /* the response arrives before the request body */

	gt_feed_begin(f, 1, &e->begin, "h", e->provider);
	gt_feed_put(f, 1, GT_EVENT_REQUEST_HEAD, e->request_head.p, e->request_head.len);
	if (!is_early)
		gt_feed_pieces(f, 1, GT_EVENT_REQUEST, e->request.p, e->request.len, 16000);
	gt_feed_put(f, 1, GT_EVENT_RESPONSE_HEAD, e->response_head.p, e->response_head.len);
	gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, e->body.p, e->body.len, 16000);
	if (is_early)
		gt_feed_pieces(f, 1, GT_EVENT_REQUEST, e->request.p, e->request.len, 16000);
	gt_feed_end(f, 1, GT_END_CURL, PICK(in, codes));
}

static void check_content(const struct gt_span *s, const struct gt_capture *capture)
{
	size_t all = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct gt_value *v = &s->attributes[i].value;

		if (v->type != GT_VALUE_JSON)
			continue;
		FUZZ_CHECK(v->str.len <= capture->attribute_max && v->str.len <= s->limits.value_length);
		all += v->str.len;
	}
	FUZZ_CHECK(all <= capture->span_max);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint32_t attributes[] = { 128, 128, 128, 5, 0 }, lengths[] = { UINT32_MAX, UINT32_MAX, 3, 0 },
			      maxima[] = { 65536, 1024, 300, 40, 2 };
	struct gt_capture capture = { .to = GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT, .redact = { .classes = GT_SECRET_ALL } };
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_naming naming;
	struct exchange e;
	struct gt_span *s;
	struct gt_feed f;

	exchange_init(&e, &in);
	FUZZ_CHECK(gt_feed_init(&f, 1 << 20));
	naming = (struct gt_naming){ fuzz_below(&in, 2) ? GT_N3 : GT_N2, (unsigned)fuzz_below(&in, 4) };
	f.run.limits = (struct gt_span_limits){ PICK(&in, attributes), PICK(&in, lengths) };
	capture.attribute_max = PICK(&in, maxima);
	capture.span_max = 4 * PICK(&in, maxima);
	capture.has_whole_tools = fuzz_below(&in, 2);
	f.run.capture = fuzz_below(&in, 8) < 7 ? &capture : NULL;
	feed(&f, &e, &in);
	gt_feed_expire(&f, true);
	FUZZ_CHECK(f.over == 1);
	s = gt_feed_take(&f);
	FUZZ_CHECK(s || !e.begin.is_certain);
	if (s) {
		span_check(s);
		check_content(s, &capture);
		span_check_encodings(s, &naming);
	}
	gt_span_free(s);
	gt_feed_free(&f);
	exchange_free(&e);
	fuzz_input_free(&in);
	return 0;
}
