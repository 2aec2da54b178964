/*
 * A streamed reply of any API. The span must be the same in whatever pieces the reply arrives. For SSE it must also
 * be the same in any writing: line ends, comments, spaces after the colon, a byte order mark.
 *
 * The data is the request and then, each after a `|`, the documents of the reply. A document may begin with "@name ",
 * the name of its event.
 */
#include "../unit/support/event_frames.h"
#include "../unit/support/feed.h"
#include "../unit/support/span_text.h"
#include "span_check.h"

enum form { EVENTS, LINES, ARRAY, FRAMES, FORMS };

static const char *const types[FORMS] = { "text/event-stream", "application/x-ndjson", "application/json",
					  "application/vnd.amazon.eventstream" };

static const char *const targets[] = {
	"/v1/chat/completions",
	"/v1beta/models/gemini-2.0-flash:streamGenerateContent",
	"/model/us.anthropic.claude-3%3A0/invoke-with-response-stream",
	"/model/amazon.nova-micro-v1%3A0/invoke-with-response-stream",
	"/v1/threads/t/runs",
	"/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict",
	"/mcp",
	"/v1beta/interactions",
	"/v1internal:streamGenerateContent",
	"/v1/files/f/content",
	"/v1/responses/r",
	"/api/v1/chat",
	"/serving-endpoints/e/invocations",
};

/* Each byte above 0x7f is replaced with one of these. */
static const char *const words[] = {
	"|{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}],\"usage\":null}",
	"|{\"choices\":[{\"index\":1,\"finish_reason\":\"stop\"}]}",
	"|{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":15,\"completion_tokens_details\":"
	"{\"reasoning_tokens\":2}}}",
	"|[DONE]",
	"|{\"x_groq\":{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}}",
	"|{\"error\":{\"type\":\"t\",\"code\":502,\"message\":\"m\"}}",
	"|@error {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}",
	"|@message_start {\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"model\":\"m\",\"usage\":{\"input_tokens\":3,"
	"\"cache_read_input_tokens\":2,\"output_tokens\":1}}}",
	"|@ping {\"type\":\"ping\"}",
	"|@content_block_delta {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"x\"}}",
	"|@message_delta {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":8}}",
	"|@message_stop {\"type\":\"message_stop\"}",
	"|@response.created {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"m\",\"status\":\"in_progress\"}}",
	"|@response.completed {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":"
	"\"function_call\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":6,\"total_tokens\":11}}}",
	"|@response.failed {\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}",
	"|{\"candidates\":[{\"content\":{},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":2,\"thoughtsTokenCount\":1},"
	"\"modelVersion\":\"g\",\"responseId\":\"r\"}",
	"|{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
	"|@messageStop {\"stopReason\":\"tool_use\"}",
	"|@metadata {\"usage\":{\"inputTokens\":1,\"outputTokens\":2,\"cacheReadInputTokens\":3}}",
	"|@exception/throttlingException {\"message\":\"slow\"}",
	"|@chunk {\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3MiOnsiaW5wdXRUb2tlbkNvdW50Ijo5fX0=\"}",
	"|{\"type\":\"message-start\",\"id\":\"i\"}",
	"|{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":3.0}}}}",
	"|{\"event_type\":\"stream-end\",\"finish_reason\":\"COMPLETE\",\"response\":{\"generation_id\":\"g\",\"meta\":{\"billed_units\":"
	"{\"input_tokens\":4}}}}",
	"|{\"model\":\"m\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":8}",
	"|{\"results\":[{\"stop_reason\":\"not_finished\",\"input_token_count\":3,\"generated_token_count\":1}]}",
	"|{\"results\":[{\"stop_reason\":\"eos_token\",\"generated_token_count\":4}],\"model_id\":\"m\"}",
	"|{\"token\":{},\"generated_text\":\"x\",\"details\":{\"finish_reason\":\"eos\",\"generated_tokens\":4}}",
	"|@result {\"output\":{\"finish_reason\":\"null\"},\"usage\":{\"input_tokens\":1},\"request_id\":\"q\"}",
	"|{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"isError\":true}}",
	"|@thread.run.completed {\"object\":\"thread.run\",\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"prompt_tokens\":1}}",
	"|@conversation.response.done {\"type\":\"conversation.response.done\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
	"|{\"response\":\"x\",\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}",
	"|{\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i\",\"status\":\"completed\",\"usage\":{"
	"\"total_input_tokens\":9,\"total_output_tokens\":2,\"total_tokens\":11}}}",
	"|{\"response\":{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":2}},\"traceId\":\"t\"}",
	"|{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":4,"
	"\"completion_tokens\":2}}}}",
	"|{\"custom_id\":\"b\",\"result\":{\"type\":\"succeeded\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}}",
	"|{\"custom_id\":\"c\",\"result\":{\"type\":\"errored\",\"error\":{}}}",
	"|{\"id\":\"l\",\"event\":{\"event_type\":\"complete\",\"stop_reason\":\"stop\",\"metrics\":[{\"metric\":\"num_prompt_tokens\","
	"\"value\":2}]}}",
	"|@chat.end {\"type\":\"chat.end\",\"result\":{\"response_id\":\"r\",\"stats\":{\"input_tokens\":2,\"total_output_tokens\":3}}}",
	"|{\"text\":\"x\",\"meta_info\":{\"id\":\"a\",\"finish_reason\":\"stop\",\"prompt_tokens\":2,\"completion_tokens\":4}}",
	"{\"text\":\"x\",\"sampling_params\":{}}",
	"{\"model\":\"m\",\"input\":\"x\",\"stream\":true,\"background\":true}",
	"{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}],\"stream\":true,\"max_tokens\":5}",
	"{\"anthropic_version\":\"bedrock-2023-05-31\",\"messages\":[]}",
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}",
	"{\"model_id\":\"m\",\"input\":\"x\",\"inputs\":\"x\",\"prompt\":\"x\",\"contents\":[]}",
	"|",
	"null",
	"\n",
	"\\u00e9",
	"\xc3\xa9",
	"\xff",
};

#define BODY_ROOM (1 << 20)

/* ---------------------------------------------------------------- writing */

struct writing {
	const char *eol;
	bool tight, comments, mark; /* no space after the colon; comments and other fields; a byte order mark */
};

static void say(struct fuzz_text *t, const char *text)
{
	fuzz_say(t, text, strlen(text));
}

static void add_event(struct fuzz_text *t, const struct writing *w, struct gt_str name, struct gt_str document)
{
	struct gt_str line;

	if (w->comments) {
		say(t, ": keep-alive");
		say(t, w->eol);
		say(t, "id: 7");
		say(t, w->eol);
	}
	if (name.len) {
		say(t, "event: ");
		fuzz_say(t, name.p, name.len);
		say(t, w->eol);
	}
	while (gt_str_next(&document, '\n', &line)) {
		say(t, w->tight && !gt_str_starts(line, GT_STR(" ")) ? "data:" : "data: ");
		fuzz_say(t, line.p, line.len);
		say(t, w->eol);
	}
	say(t, w->eol);
	if (w->comments) {
		say(t, "retry: 3000");
		say(t, w->eol);
		say(t, w->eol);
	}
}

static void add_frame(struct fuzz_text *t, struct gt_str name, struct gt_str document)
{
	char event[64], *frame = malloc(document.len + 512);

	gt_str_copy(name, event, sizeof(event));
	fuzz_say(t, frame, gt_event_frame(frame, event, document.p, document.len));
	free(frame);
}

static void add_document(struct fuzz_text *t, enum form form, const struct writing *w, struct gt_str document)
{
	size_t space = document.len && document.p[0] == '@' ? gt_str_find(document, ' ') : 0;
	struct gt_str name = space ? gt_str_make(document.p + 1, space - 1) : GT_STR("");

	document = gt_str_skip(document, space ? space + 1 : 0);
	if (form == EVENTS) {
		add_event(t, w, name, document);
	} else if (form == FRAMES) {
		add_frame(t, name, document);
	} else if (form == LINES) {
		fuzz_say(t, document.p, document.len);
		say(t, w->eol);
	} else {
		say(t, t->len ? ",\r\n" : "[");
		fuzz_say(t, document.p, document.len);
	}
}

static struct fuzz_text body_of(struct gt_str documents, enum form form, const struct writing *w, bool is_whole)
{
	struct fuzz_text body = { NULL, 0, 0 };
	struct gt_str document;

	if (form == EVENTS && w->mark)
		say(&body, "\xef\xbb\xbf");
	while (documents.len && gt_str_next(&documents, '|', &document) && body.len < BODY_ROOM / 2)
		add_document(&body, form, w, document);
	if (form == ARRAY && is_whole)
		say(&body, "]");
	return body;
}

/* ---------------------------------------------------------------- exchange */

struct exchange {
	struct gt_begin begin;
	struct fuzz_text request_head, response_head;
	struct gt_str request;
};

static void put_pieces(struct gt_feed *f, struct gt_str s, struct fuzz_input *cut)
{
	while (s.len) {
		size_t n = fuzz_piece(cut, s.len);

		n = n < 16000 ? n : 16000;
		gt_feed_put(f, 1, GT_EVENT_RESPONSE, s.p, n);
		s = gt_str_skip(s, n);
	}
}

/* Feeds the exchange and gives its span as text. */
static struct fuzz_text run(const struct exchange *e, const struct fuzz_text *body, int code, struct fuzz_input *cut)
{
	struct fuzz_text out = { NULL, 0, 0 };
	struct gt_span *s;
	struct gt_feed f;
	char *text;

	FUZZ_CHECK(gt_feed_init(&f, BODY_ROOM));
	gt_feed_begin(&f, 1, &e->begin, "h", "openai");
	gt_feed_put(&f, 1, GT_EVENT_REQUEST_HEAD, e->request_head.p, e->request_head.len);
	gt_feed_pieces(&f, 1, GT_EVENT_REQUEST, e->request.p, e->request.len, 16000);
	gt_feed_put(&f, 1, GT_EVENT_RESPONSE_HEAD, e->response_head.p, e->response_head.len);
	put_pieces(&f, gt_str_make(body->p, body->len), cut);
	gt_feed_end(&f, 1, GT_END_CURL, code);
	gt_feed_expire(&f, true);
	s = gt_feed_take(&f);
	FUZZ_CHECK(s);
	span_check(s);
	text = gt_span_text_of(s);
	say(&out, text);
	free(text);
	gt_span_free(s);
	gt_feed_free(&f);
	return out;
}

static void check(const struct exchange *e, const struct fuzz_text *want, const struct fuzz_text *body, int code,
		  struct fuzz_input *cut)
{
	struct fuzz_text have = run(e, body, code, cut);

	fuzz_same(want, &have);
	fuzz_text_free(&have);
}

static void exchange_init(struct exchange *e, struct fuzz_input *in, enum form form, struct gt_str *documents)
{
	*e = (struct exchange){ .begin = gt_feed_plain_begin((enum gt_api)(1 + fuzz_below(in, GT_API_COUNT - 1))) };
	e->begin.source = GT_SOURCE_MESSAGE;
	say(&e->request_head, "POST ");
	say(&e->request_head, targets[fuzz_below(in, sizeof(targets) / sizeof(targets[0]))]);
	say(&e->request_head, " HTTP/1.1\r\nHost: h\r\n\r\n");
	say(&e->response_head, fuzz_below(in, 8) == 7 ? "HTTP/1.1 500 X\r\n" : "HTTP/1.1 200 OK\r\n");
	if (fuzz_below(in, 4) || form == FRAMES) { /* a few servers send no Content-Type */
		say(&e->response_head, "Content-Type: ");
		say(&e->response_head, types[form]);
		say(&e->response_head, "\r\n");
	}
	say(&e->response_head, "\r\n");
	*documents = gt_str_make(in->data, in->len);
	gt_str_next(documents, '|', &e->request);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char *const eols[] = { "\n", "\r\n", "\r" };
	static const struct writing plain = { .eol = "\n" };
	struct fuzz_input in = fuzz_input_of(p, len);
	enum form form = (enum form)fuzz_below(&in, FORMS);
	struct fuzz_text body, want;
	struct gt_str documents;
	struct exchange e;
	struct writing w;
	bool is_whole;
	int code;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), FUZZ_TEXT_MAX);
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] == '\r')
			in.data[i] = '\n'; /* a CR before a line end would make a blank line in some writings only */
	exchange_init(&e, &in, form, &documents);
	is_whole = fuzz_below(&in, 4) != 3;
	code = fuzz_below(&in, 4) == 3 ? 18 : 0;
	body = body_of(documents, form, &plain, is_whole);
	want = run(&e, &body, code, NULL);
	for (int round = 0; round < 2; round++)
		check(&e, &want, &body, code, &in);
	fuzz_text_free(&body);
	if (form == EVENTS && memmem(e.response_head.p, e.response_head.len, "text/", 5)) {
		w = (struct writing){ eols[fuzz_below(&in, 3)], fuzz_below(&in, 2), fuzz_below(&in, 2), fuzz_below(&in, 2) };
		body = body_of(documents, form, &w, is_whole);
		check(&e, &want, &body, code, &in);
		fuzz_text_free(&body);
	}
	fuzz_text_free(&want);
	fuzz_text_free(&e.request_head);
	fuzz_text_free(&e.response_head);
	fuzz_input_free(&in);
	return 0;
}
