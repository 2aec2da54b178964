/*
 * What the exporter does with an exchange grows with the exchange, and no faster: bodies of any framing, and content of
 * many messages, parts, calls and pieces. One exchange must not keep the spans of others waiting.
 */
#include "support/event_frames.h"
#include "support/feed.h"
#include "support/linear.h"
#include "support/test.h"

#include "exporter/base/text.h"
#include "exporter/content/capture.h"
#include "exporter/exchange/event_stream.h"
#include "exporter/exchange/multipart.h"
#include "exporter/exchange/stream.h"
#include "exporter/exchange/vectors.h"

static void no_document(void *ctx, struct gt_str event, struct gt_str data)
{
	(void)ctx;
	(void)event;
	(void)data;
}

/* `n` bytes of a unit that is repeated. The caller frees. */
static char *repeated(const char *unit, size_t n)
{
	char *p = malloc(n + 1);
	size_t len = strlen(unit);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = unit[i % len];
	return p;
}

/* ---------------------------------------------------------------- framing and parsing */

static void feed_sse(void *ctx, size_t n)
{
	char *p = repeated(ctx, n);
	struct gt_sse whole, pieces;

	gt_sse_init(&whole, n + 1);
	gt_sse_feed(&whole, p, n, no_document, NULL);
	gt_sse_end(&whole, no_document, NULL);
	gt_sse_free(&whole);
	gt_sse_init(&pieces, n + 1);
	for (size_t i = 0; i < n; i++)
		gt_sse_feed(&pieces, p + i, 1, no_document, NULL);
	gt_sse_free(&pieces);
	free(p);
}

static void test_work_on_streams_is_linear_whatever_ends_their_lines(void **state)
{
	static const char *const units[] = {
		"\n", "\r", "\r\n", "a\r", "data: x\r", "data: x\n", "data: x\r\r", ":\r\n", "data"
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(units); i++)
		gt_assert_linear(units[i], feed_sse, (void *)units[i], 20000, 8);
}

static void feed_frames(void *ctx, size_t n)
{
	struct gt_event_stream s;
	char frame[200];
	size_t len = gt_event_frame(frame, "chunk", ctx, strlen(ctx));

	gt_event_stream_init(&s, 1000);
	for (size_t i = 0; i < n; i++)
		gt_event_stream_feed(&s, &frame[i % len], 1, no_document, NULL);
	assert_false(s.is_broken);
	gt_event_stream_free(&s);
}

static void test_work_on_event_streams_is_linear_byte_by_byte(void **state)
{
	(void)state;
	gt_assert_linear("frames", feed_frames, (void *)"{\"bytes\":\"e30=\"}", 20000, 40);
}

static void read_multipart(void *ctx, size_t n)
{
	char *p = repeated(ctx, n);
	struct gt_str value;

	assert_false(gt_multipart_field(GT_STR("multipart/form-data; boundary=b"), gt_str_make(p, n), "model", &value));
	free(p);
}

static void test_work_on_forms_is_linear(void **state)
{
	static const char *const units[] = {
		"--b\r\n\r\nx\r\n", "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n",
		"--b\r\n",	    "\r\n--",
		"\r\n\r\n",	    "a",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(units); i++)
		gt_assert_linear(units[i], read_multipart, (void *)units[i], 20000, 6);
}

static void parse_vectors(void *ctx, size_t n)
{
	char *p = repeated(ctx, n);

	cJSON_Delete(gt_vectors_parse(gt_str_make(p, n)));
	free(p);
}

static void test_work_on_vectors_is_linear(void **state)
{
	static const char *const units[] = { "[",    "[ ", "[1,",	"[1,2,3,4,5,6,7,8,9],", "[11111111111111111111",
					     "[[1]", "\"", "[        1" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(units); i++)
		gt_assert_linear(units[i], parse_vectors, (void *)units[i], 20000, 16);
}

/* ---------------------------------------------------------------- exchanges */

/* A template of JSON, with ' for ": the part between < and > is repeated `n` times, with commas between. */
struct exchange {
	const char *name;
	enum gt_api api;
	const char *provider, *type, *request, *response;
};

static void put(struct gt_text *out, const char *from, const char *to)
{
	for (; from < to; from++)
		gt_text_add(out, *from == '\'' ? GT_STR("\"") : gt_str_make(from, 1));
}

static void fill(struct gt_text *out, const char *template, size_t n)
{
	const char *open = strchr(template, '<'), *close = open ? strchr(open, '>') : NULL;
	bool is_stream = !strncmp(template, "data:", 5) || template[0] == '<';

	if (!open) {
		put(out, template, template + strlen(template));
		return;
	}
	put(out, template, open);
	for (size_t i = 0; i < n; i++) {
		put(out, open + 1, close);
		if (!is_stream && i + 1 < n)
			gt_text_add(out, GT_STR(","));
	}
	put(out, close + 1, close + strlen(close));
}

static struct gt_capture capture = { .to = GT_CONTENT_TO_SPAN,
				     .attribute_max = 4096, /* all sizes are over it */
				     .span_max = 16384,
				     .has_whole_tools = true,
				     .redact = { .classes = GT_SECRET_ALL } };

static void report(void *ctx, size_t n)
{
	const struct exchange *x = ctx;
	struct gt_begin b = gt_feed_plain_begin(x->api);
	struct gt_text request, response;
	char head[300];
	struct gt_feed f;
	struct gt_span *s;

	gt_text_init(&request, SIZE_MAX);
	gt_text_init(&response, SIZE_MAX);
	fill(&request, x->request, n);
	fill(&response, x->response, n);
	assert_true(gt_feed_init(&f, 64 << 20));
	f.run.capture = &capture;
	gt_feed_begin(&f, 1, &b, "h", x->provider);
	snprintf(head, sizeof(head), "POST /v1/models/m:generateContent HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
		 request.len);
	gt_feed_text(&f, 1, GT_EVENT_REQUEST, head);
	gt_feed_pieces(&f, 1, GT_EVENT_REQUEST, request.p, request.len, 4000);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", x->type,
		 response.len);
	gt_feed_text(&f, 1, GT_EVENT_RESPONSE, head);
	gt_feed_pieces(&f, 1, GT_EVENT_RESPONSE, response.p, response.len, 4000);
	gt_feed_end(&f, 1, GT_END_CLOSED, 0);
	s = gt_feed_take(&f);
	assert_non_null(s);
	gt_span_free(s);
	gt_feed_free(&f);
	gt_text_free(&request);
	gt_text_free(&response);
}

#define JSON "application/json"
#define SSE  "text/event-stream"
#define CHAT "{'choices':[{'message':{'content':'x'},'finish_reason':'stop'}]}"

static const struct exchange exchanges[] = {
	{ "messages, openai", GT_API_OPENAI_CHAT, "openai", JSON, "{'model':'m','messages':[<{'role':'user','content':'a'}>]}",
	  CHAT },
	{ "messages, anthropic", GT_API_ANTHROPIC_MESSAGES, "anthropic", JSON,
	  "{'model':'m','max_tokens':9,'messages':[<{'role':'user','content':'a'}>]}",
	  "{'content':[{'type':'text','text':'x'}]}" },
	{ "results, anthropic", GT_API_ANTHROPIC_MESSAGES, "anthropic", JSON,
	  "{'model':'m','max_tokens':9,'messages':[<{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':'a'}]}>]}",
	  "{'content':[{'type':'text','text':'x'}]}" },
	{ "results of one message, anthropic", GT_API_ANTHROPIC_MESSAGES, "anthropic", JSON,
	  "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':[<{'type':'tool_result','tool_use_id':'t','content':'a'}>]}]}",
	  "{'content':[{'type':'text','text':'x'}]}" },
	{ "contents, gemini", GT_API_GEMINI_GENERATE, "gcp.gemini", JSON,
	  "{'contents':[<{'role':'user','parts':[{'functionResponse':{'name':'f','response':{'a':1}}}]}>]}",
	  "{'candidates':[{'content':{'parts':[{'text':'x'}]}}]}" },
	{ "messages, bedrock", GT_API_BEDROCK_CONVERSE, "aws.bedrock", JSON,
	  "{'messages':[<{'role':'user','content':[{'toolResult':{'toolUseId':'t','content':[{'text':'a'}]}}]}>]}",
	  "{'output':{'message':{'content':[{'text':'x'}]}}}" },
	{ "items, responses", GT_API_OPENAI_RESPONSES, "openai", JSON,
	  "{'model':'m','input':[<{'type':'function_call_output','call_id':'c','output':'a'}>]}",
	  "{'output':[{'type':'message','content':[{'type':'output_text','text':'x'}]}]}" },
	{ "parts", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[{'role':'user','content':[<{'type':'text','text':'a'}>]}]}", CHAT },
	{ "members of an argument", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[{'role':'assistant','tool_calls':[{'id':'c','function':{'name':'f','arguments':{<'a':1>}}}]}]}",
	  CHAT },
	{ "members of telling names", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[{'role':'tool','content':{<'name':'password','value':'a'>}}]}", CHAT },
	{ "a list of telling names", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[{'role':'tool','content':[<'password'>]}]}", CHAT },
	{ "schemas of secrets", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[{'role':'tool','content':[<{'password':{'type':'string'}}>]}]}", CHAT },
	{ "tools", GT_API_OPENAI_CHAT, "openai", JSON,
	  "{'model':'m','messages':[],'tools':[<{'type':'function','function':{'name':'f','description':'d'}}>]}", CHAT },
	{ "calls of an answer", GT_API_OPENAI_CHAT, "openai", JSON, "{'model':'m','messages':[]}",
	  "{'choices':[{'message':{'tool_calls':[<{'id':'c','function':{'name':'f','arguments':'{}'}}>]}}]}" },
	{ "choices", GT_API_OPENAI_CHAT, "openai", JSON, "{'model':'m','messages':[]}",
	  "{'choices':[<{'message':{'content':'a'}}>]}" },
	{ "pieces of text", GT_API_OPENAI_CHAT, "openai", SSE, "{'model':'m','stream':true,'messages':[]}",
	  "<data: {'choices':[{'index':0,'delta':{'content':'a'}}]}\n\n>data: [DONE]\n\n" },
	{ "pieces of a call", GT_API_OPENAI_CHAT, "openai", SSE, "{'model':'m','stream':true,'messages':[]}",
	  "<data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'arguments':'1'}}]}}]}\n\n>data: [DONE]\n\n" },
	{ "calls without an index", GT_API_OPENAI_CHAT, "openai", SSE, "{'model':'m','stream':true,'messages':[]}",
	  "<data: {'choices':[{'index':0,'delta':{'tool_calls':[{'function':{'name':'f','arguments':{}}}]}}]}\n\n>data: [DONE]\n\n" },
	{ "blocks of a stream", GT_API_ANTHROPIC_MESSAGES, "anthropic", SSE, "{'model':'m','max_tokens':9,'messages':[]}",
	  "<data: {'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}\n\n>data: {'type':'message_stop'}\n\n" },
	{ "messages of a batch", GT_API_MCP, NULL, JSON,
	  "[<{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'f','arguments':{'a':'b'}}}>]",
	  "[<{'jsonrpc':'2.0','id':1,'result':{'content':[]}}>]" },
	{ "questions of a stream", GT_API_MCP, NULL, SSE,
	  "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'f'}}",
	  "<data: {'jsonrpc':'2.0','id':7,'method':'sampling/createMessage','params':{}}\n\n>data: {'jsonrpc':'2.0','id':1,'result':{}}\n\n" },
	{ "blank lines before an answer", GT_API_OPENAI_CHAT, "openai", JSON, "{'model':'m','messages':[]}",
	  "<\n>data: [DONE]\n\n" },
	{ "carriage returns of a stream", GT_API_OPENAI_CHAT, "openai", SSE, "{'model':'m','messages':[]}",
	  "<data: {}\r\r>data: [DONE]\n\n" },
};

static void test_work_on_an_exchange_is_linear(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(exchanges); i++)
		gt_assert_linear(exchanges[i].name, report, (void *)&exchanges[i], 3000, 600);
}

/* Every piece of this body is a byte: the kind of the body must not be guessed from all of it each time. */
struct beginning {
	const char *type, *first, *unit;
};

static void feed_beginning(void *ctx, size_t n)
{
	const struct beginning *x = ctx;
	struct gt_begin b = gt_feed_plain_begin(GT_API_OPENAI_CHAT);
	char head[200];
	struct gt_feed f;

	assert_true(gt_feed_init(&f, 1 << 20));
	gt_feed_begin(&f, 1, &b, "h", "openai");
	gt_feed_text(&f, 1, GT_EVENT_REQUEST, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 1000000\r\n\r\n%s", x->type,
		 x->first);
	gt_feed_text(&f, 1, GT_EVENT_RESPONSE, head);
	for (size_t i = 0; i < n; i++)
		gt_feed_put(&f, 1, GT_EVENT_RESPONSE, &x->unit[i % strlen(x->unit)], 1);
	gt_feed_end(&f, 1, GT_END_CLOSED, 0);
	gt_feed_free(&f);
}

static void test_work_on_the_beginning_of_a_body_is_linear(void **state)
{
	static const char *const types[] = { JSON, SSE, "application/x-ndjson", "text/plain" };
	static const char *const firsts[] = { "", "{", "[", "\xef\xbb\xbf", "d", "x" };
	static const char *const units[] = { "\n", " ", "\r", "\r\n", " \n", "a" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(types); i++) {
		for (size_t k = 0; k < GT_ROWS(firsts); k++) {
			for (size_t u = 0; u < GT_ROWS(units); u++) {
				struct beginning x = { types[i], firsts[k], units[u] };
				char name[100];

				snprintf(name, sizeof(name), "%s, %s%s", x.type, x.first, x.unit);
				gt_assert_linear(name, feed_beginning, &x, 3000, 20);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_work_on_streams_is_linear_whatever_ends_their_lines),
		GT_TEST(test_work_on_event_streams_is_linear_byte_by_byte),
		GT_TEST(test_work_on_forms_is_linear),
		GT_TEST(test_work_on_vectors_is_linear),
		GT_TEST(test_work_on_an_exchange_is_linear),
		GT_TEST(test_work_on_the_beginning_of_a_body_is_linear),
	};

	return GT_TESTS(tests);
}
