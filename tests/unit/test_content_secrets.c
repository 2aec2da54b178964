/*
 * The purpose of redaction: no output of the process contains a secret from a request or a reply. The secret may be at
 * any place, escaped in any way, and spread over any number of pieces of a stream.
 */
#include "support/feed.h"
#include "support/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "exporter/base/json.h"
#include "exporter/content/capture.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_json.h"
#include "exporter/otlp/otlp_pb.h"
#include "exporter/sinks/sink.h"

/* All are invented, and split here so that no scanner reports this file as a leak. `core` must not be in any output. */
static const struct {
	const char *text, *core;
} secrets[] = {
	{ "sk-"
	  "proj-Abc0123456789_defGHI",
	  "Abc0123456789" },
	{ "AKIA"
	  "QWERTZUI23456789",
	  "QWERTZUI2345" },
	{ "ghp_"
	  "Zyx0123456789abcdefghi",
	  "Zyx0123456789" },
	{ "eyJhbGciOiJIUzI1NiJ9"
	  ".eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
	  "eyJzdWIiOiIxMjM0In0" },
	{ "Bearer abcDEF0123456789xyz", "abcDEF0123456789xyz" },
	{ "password=hunter2hunter3", "hunter2hunter3" },
	{ "ada.lovelace@example.org", "lovelace" },
	{ "4111 1111 1111 1111", "4111 1111" },
	{ "5500000000000004", "5500000000000004" },
	{ "-----BEGIN PRIVATE"
	  " KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE"
	  " KEY-----",
	  "MIIEowIBAAKCAQEA" },
	{ "7123456789:AA"
	  "HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_;",
	  "HdqTcvCH1vGW" },
	{ "HRKU-"
	  "AAabcDEF0123456789abcdefGHIJKLMNOP1234abcdefghij0123456789AB",
	  "abcDEF0123456789" },
	{ "redis://correcthorse@cache/0", "correcthorse" },
	{ "postgres://bus:p\xc3\xa4sswort@db/x", "sswort@" },
	{ "PGPASSWORD=batterystaple psql", "batterystaple" },
	{ "{\"password\":[\"batterystaple\"]}", "batterystaple" },
	{ "{\"name\":\"Cookie\",\"value\":\"batterystaple\"}", "batterystaple" },
	{ "{\"pin\":90847}", "90847" },
	{ "4111.1111.1111.1111", "4111.1111" },
	{ "EMP-90210", "EMP-90210" }, /* matches the user's pattern */
};

static const char *const words[] = { "",	  "the bus", "is late\n",  "\"quoted\"", "\xe2\x82\xac 5",
				     "\\path\\x", "a: b,",   "{\"k\": 1}", "(" };

struct wire {
	char p[1 << 16];
	size_t len;
};

static void put(struct wire *w, const char *p, size_t n)
{
	assert_true(w->len + n < sizeof(w->p));
	memcpy(w->p + w->len, p, n);
	w->len += n;
}

/* A piece of a JSON string, `depth` times escaped, with random characters as \uXXXX. */
static void put_escaped(struct wire *w, struct gt_random *r, const char *p, size_t n, int depth)
{
	char one[8];

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		int len = 1;

		one[0] = (char)c;
		if (c < 0x20 || (c < 0x80 && gt_random_below(r, 6) == 0))
			len = snprintf(one, sizeof(one), "\\u%04x", c);
		else if (c == '"' || c == '\\')
			len = snprintf(one, sizeof(one), "\\%c", c);
		if (depth > 1)
			put_escaped(w, r, one, (size_t)len, depth - 1);
		else
			put(w, one, (size_t)len);
	}
}

/* Words, a secret, words. Returns its length. */
static size_t text_with_secret(struct gt_random *r, char *out, size_t cap)
{
	const char *secret = secrets[gt_random_below(r, GT_ROWS(secrets))].text;

	return (size_t)snprintf(out, cap, "%s %s %s%s%s", words[gt_random_below(r, GT_ROWS(words))],
				words[gt_random_below(r, GT_ROWS(words))], secret, gt_random_below(r, 2) ? "" : " ",
				words[gt_random_below(r, 3)]);
}

/* A template: ' for ", @ for a text with a secret, # for such a text in JSON in a string. In a stream, a line
 * after ~ is repeated, with $ for each piece of the text. */
static void fill_line(struct wire *w, struct gt_random *r, const char *from, const char *to, const char *piece,
		      size_t piece_len)
{
	char text[600];

	for (const char *p = from; p < to; p++) {
		if (*p == '@' || *p == '#')
			put_escaped(w, r, text, text_with_secret(r, text, sizeof(text)), *p == '@' ? 1 : 2);
		else if (*p == '$')
			put_escaped(w, r, piece, piece_len, 1);
		else if (*p == '%')
			put_escaped(w, r, piece, piece_len, 2);
		else
			put(w, *p == '\'' ? "\"" : p, 1);
	}
}

static void fill(struct wire *w, struct gt_random *r, const char *template)
{
	while (*template) {
		const char *end = strchr(template, '\n');
		char text[600];
		size_t len, n;

		end = end ? end + 1 : template + strlen(template);
		if (*template != '~') {
			fill_line(w, r, template, end, NULL, 0);
			template = end;
			continue;
		}
		len = text_with_secret(r, text, sizeof(text));
		for (size_t i = 0; i < len; i += n) {
			n = 1 + gt_random_below(r, gt_random_below(r, 3) ? 4 : 40);
			while (i + n < len && ((unsigned char)text[i + n] & 0xc0) == 0x80) /* JSON does not cut a character */
				n++;
			n = n < len - i ? n : len - i;
			fill_line(w, r, template + 1, end, text + i, n);
			put(w, "\n", 1); /* the event's end */
		}
		template = end;
	}
}

static const struct {
	enum gt_api api;
	const char *provider, *type, *request, *response;
} exchanges[] = {
	{ GT_API_OPENAI_CHAT, "openai", "application/json",
	  "{'model':'m','messages':[{'role':'system','content':'@'},{'role':'user','content':[{'type':'text','text':'@'},{'type':'image_url','image_url':{'url':'https://x/?q=@'}},"
	  "{'type':'odd','value':{'@':['@',{'deep':'@'}]}}]},{'role':'assistant','tool_calls':[{'id':'c','function':{'name':'f','arguments':'{\\'a\\':\\'#\\',\\'#\\':1}'}}]},"
	  "{'role':'tool','tool_call_id':'c','content':'@'}],'tools':[{'type':'function','function':{'name':'f','description':'@','parameters':{'properties':{'x':{'default':'@'}}}}}]}",
	  "{'choices':[{'message':{'content':'@','reasoning_content':'@','refusal':'@','tool_calls':[{'id':'c','function':{'name':'f','arguments':'{\\'a\\':\\'#\\'}'}}]},'finish_reason':'stop'}]}" },
	{ GT_API_OPENAI_CHAT, "openai", "text/event-stream",
	  "{'model':'m','stream':true,'messages':[{'role':'user','content':'@'}]}",
	  "~data: {'choices':[{'index':0,'delta':{'content':'$'}}]}\n~data: {'choices':[{'index':0,'delta':{'reasoning_content':'$'}}]}\n"
	  "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f','arguments':'{\\'a\\':\\''}}]}}]}\n\n"
	  "~data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'%'}}]}}]}\n"
	  "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'\\'}'}}]}}]}\n\ndata: [DONE]\n\n" },
	{ GT_API_OPENAI_RESPONSES, "openai", "text/event-stream",
	  "{'model':'m','instructions':'@','input':[{'role':'user','content':[{'type':'input_text','text':'@'}]},{'type':'function_call_output','call_id':'c','output':'@'}]}",
	  "~data: {'type':'response.output_text.delta','output_index':0,'content_index':0,'delta':'$'}\n" },
	{ GT_API_ANTHROPIC_MESSAGES, "anthropic", "text/event-stream",
	  "{'model':'m','max_tokens':9,'system':'@','messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':[{'type':'text','text':'@'}]},{'type':'text','text':'@'}]}]}",
	  "data: {'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}\n\n~data: {'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'$'}}\n"
	  "data: {'type':'content_block_start','index':1,'content_block':{'type':'tool_use','id':'t','name':'f','input':{}}}\n\n"
	  "data: {'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{\\'a\\':\\''}}\n\n"
	  "~data: {'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'%'}}\n"
	  "data: {'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'\\'}'}}\n\ndata: {'type':'message_stop'}\n\n" },
	{ GT_API_ANTHROPIC_MESSAGES, "anthropic", "application/json",
	  "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'@'}],'tools':[{'name':'f','description':'@'}]}",
	  "{'content':[{'type':'text','text':'@'},{'type':'tool_use','id':'t','name':'f','input':{'a':'@','l':['@']}},{'type':'new_block','x':'@'}],'stop_reason':'end_turn'}" },
	{ GT_API_GEMINI_GENERATE, "gcp.gemini", "text/event-stream",
	  "{'systemInstruction':{'parts':[{'text':'@'}]},'contents':[{'role':'user','parts':[{'text':'@'},{'functionResponse':{'name':'f','response':{'a':'@'}}}]}]}",
	  "~data: {'candidates':[{'content':{'parts':[{'text':'$'}]}}]}\ndata: {'candidates':[{'content':{'parts':[{'functionCall':{'name':'f','args':{'a':'@'}}}]},'finishReason':'STOP'}]}\n\n" },
	{ GT_API_BEDROCK_CONVERSE, "aws.bedrock", "application/json",
	  "{'system':[{'text':'@'}],'messages':[{'role':'user','content':[{'text':'@'},{'toolResult':{'toolUseId':'t','content':[{'json':{'a':'@'}}]}}]}]}",
	  "{'output':{'message':{'content':[{'text':'@'},{'toolUse':{'toolUseId':'t','name':'f','input':{'a':'@'}}}]}},'stopReason':'tool_use'}" },
	{ GT_API_OLLAMA_CHAT, "ollama", "application/x-ndjson", "{'model':'m','messages':[{'role':'user','content':'@'}]}",
	  "~{'message':{'content':'$'},'done':false}\n{'message':{'content':''},'done':true,'done_reason':'stop'}\n" },
	{ GT_API_COHERE_CHAT, "cohere", "text/event-stream", "{'model':'m','messages':[{'role':'user','content':'@'}]}",
	  "~data: {'type':'content-delta','index':0,'delta':{'message':{'content':{'text':'$'}}}}\n" },
	{ GT_API_OLLAMA_GENERATE, "ollama", "application/x-ndjson", "{'model':'m','prompt':'@','system':'@'}",
	  "~{'response':'$','done':false}\n" },
	{ GT_API_MCP, NULL, "application/json",
	  "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'f','arguments':{'a':'@','@':{'b':['@']}}}}",
	  "{'jsonrpc':'2.0','id':1,'result':{'content':[{'type':'text','text':'@'},{'type':'text','text':'{\\'a\\':\\'#\\'}'}],'structuredContent':{'a':'@'}}}" },
};

static void bad(void *ctx, unsigned item, const char *problem)
{
	(void)ctx;
	fail_msg("item %u %s", item, problem);
}

static void no_secret_in(const char *where, const void *p, size_t len, const struct wire *q, const struct wire *a)
{
	for (size_t i = 0; i < GT_ROWS(secrets); i++) {
		if (!len || !memmem(p, len, secrets[i].core, strlen(secrets[i].core)))
			continue;
		print_error("%s tells \"%s\" of\n%.*s\n%.*s\n%.*s\n", where, secrets[i].core, (int)q->len, q->p, (int)a->len,
			    a->p, (int)len, (const char *)p);
		fail();
	}
}

/* The output of the console sink, which writes to stderr. */
static size_t console(const struct gt_batch_view *view, enum gt_signal signal, char *out, size_t cap)
{
	char path[] = "gentap-console-XXXXXX";
	int saved = dup(2), file = mkstemp(path);
	struct gt_sink *sink = gt_sink_console_open(signal);
	ssize_t n;

	assert_true(file >= 0 && sink);
	unlink(path);
	dup2(file, 2);
	sink->ops->write(sink, view);
	sink->ops->close(sink);
	dup2(saved, 2);
	close(saved);
	n = pread(file, out, cap, 0);
	close(file);
	assert_true(n > 0 || signal == GT_LOGS); /* a tool call is not an event */
	return (size_t)n;
}

static void check_sinks(const struct gt_span *s, const struct wire *q, const struct wire *a)
{
	static const struct {
		const char *name;
		int (*encode)(const struct gt_batch_view *, size_t, struct gt_arena *, uint8_t **, size_t *);
	} forms[] = {
		{ "spans in protobuf", gt_otlp_pb_encode },
		{ "spans in JSON", gt_otlp_json_request },
		{ "events in protobuf", gt_otlp_events_pb_encode },
		{ "events in JSON", gt_otlp_events_json_encode },
	};
	static const struct gt_naming naming = { GT_N2, 0 };
	static char text[1 << 19];
	struct gt_resource resource = { .n = 0 };
	struct gt_batch_view view = { .first = s, .n = 1, .resource = &resource, .naming = &naming };

	for (size_t i = 0; i < GT_ROWS(forms); i++) {
		struct gt_arena memory;
		uint8_t *out;
		size_t len;

		gt_arena_init(&memory, 0);
		assert_int_equal(forms[i].encode(&view, 64 << 20, &memory, &out, &len), 0);
		no_secret_in(forms[i].name, out, len, q, a);
		gt_arena_free(&memory);
	}
	no_secret_in("the console", text, console(&view, GT_TRACES, text, sizeof(text)), q, a);
	no_secret_in("the console's events", text, console(&view, GT_LOGS, text, sizeof(text)), q, a);
}

static size_t redactions(const struct gt_span *s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->attributes[i].value.type == GT_VALUE_JSON)
			for (const char *p = s->attributes[i].value.str.p; (p = strstr(p, "[redacted:")); p++)
				n++;
	return n;
}

static void test_no_secret_reaches_a_sink(void **state)
{
	struct gt_random r = gt_random_from(20260803);
	struct gt_capture capture = { .to = GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT,
				      .attribute_max = 65536,
				      .span_max = 262144,
				      .has_whole_tools = true };
	static struct wire q, a, body;

	(void)state;
	gt_redact_read(&capture.redact, GT_STR("all,staff=/EMP-[0-9]{5}/"), bad, NULL);
	for (int round = 0; round < 3000; round++) {
		size_t which = gt_random_below(&r, GT_ROWS(exchanges));
		struct gt_begin b = gt_feed_plain_begin(exchanges[which].api);
		char head[300];
		struct gt_span *s;
		struct gt_feed f;

		capture.attribute_max = gt_random_below(&r, 3) ? 65536 : 1024 + (uint32_t)gt_random_below(&r, 500);
		body.len = q.len = a.len = 0;
		fill(&body, &r, exchanges[which].request);
		put(&q, head,
		    (size_t)snprintf(head, sizeof(head),
				     "POST /v1/x:generateContent HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
				     body.len));
		put(&q, body.p, body.len);
		body.len = 0;
		fill(&body, &r, exchanges[which].response);
		put(&a, head,
		    (size_t)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
				     exchanges[which].type, body.len));
		put(&a, body.p, body.len);
		assert_true(gt_feed_init(&f, 1 << 20));
		f.run.capture = &capture;
		gt_feed_begin(&f, 1, &b, "h", exchanges[which].provider);
		gt_feed_pieces(&f, 1, GT_EVENT_REQUEST, q.p, q.len, 4000);
		gt_feed_pieces(&f, 1, GT_EVENT_RESPONSE, a.p, a.len, 1 + gt_random_below(&r, 300));
		gt_feed_end(&f, 1, GT_END_CLOSED, 0);
		s = gt_feed_take(&f);
		assert_non_null(s);
		/* the secret was there and was redacted */
		if (capture.attribute_max == 65536 && redactions(s) < 2)
			print_error("round %d: %.*s\n%.*s\n", round, (int)q.len, q.p, (int)a.len, a.p);
		assert_true(capture.attribute_max < 65536 || redactions(s) >= 2);
		check_sinks(s, &q, &a);
		gt_span_free(s);
		gt_feed_free(&f);
	}
	gt_redact_free(&capture.redact);
}

int main(void)
{
	const struct CMUnitTest tests[] = { GT_TEST(test_no_secret_reaches_a_sink) };

	return GT_TESTS(tests);
}
