/* Requests to unknown hosts of which only a part was kept. That part and the answer decide which API it is. */
#include "support/feed.h"
#include "support/test.h"

#include "exporter/base/json.h"
#include "exporter/span/span.h"

#define JSON   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define USAGE  "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}"

/* The span of one exchange, or NULL. `request` is the part of the body that was kept; NULL: neither body nor head. */
static struct gt_span *exchange(struct gt_feed *f, enum gt_api api, const char *request, bool is_cut, const char *head,
				const char *reply)
{
	struct gt_begin b = gt_feed_plain_begin(api);

	assert_true(gt_feed_init(f, 1 << 20));
	b.source = GT_SOURCE_MESSAGE;
	b.is_certain = b.is_injected = false;
	gt_feed_begin(f, 1, &b, "h", "openai");
	if (request) {
		gt_feed_text(f, 1, GT_EVENT_REQUEST_HEAD, "POST /v1 HTTP/1.1\r\n\r\n");
		gt_feed_text(f, 1, GT_EVENT_REQUEST, request);
	}
	if (is_cut)
		gt_feed_put(f, 1, GT_EVENT_REQUEST_CUT, NULL, 0);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE_HEAD, head);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE, reply);
	gt_feed_end(f, 1, GT_END_CURL, 0);
	return gt_feed_take(f);
}

static void test_genai_cut_a_request_is_known_by_the_answer_of_a_model(void **state)
{
	static const struct {
		enum gt_api api;
		const char *request, *head, *reply, *name;
		int64_t input;
	} rows[] = {
		{ GT_API_OPENAI_CHAT, NULL, JSON, "{\"model\":\"m\",\"choices\":[]," USAGE "}", "chat", 3 },
		{ GT_API_OPENAI_CHAT, NULL, EVENTS, "data: {\"choices\":[]," USAGE "}\n\ndata: [DONE]\n\n", "chat", 3 },
		{ GT_API_OPENAI_CHAT, NULL, JSON, "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}", "chat", -1 },
		{ GT_API_OPENAI_EMBEDDINGS, "{\"input\":[\"a", JSON, "{\"data\":[],\"usage\":{\"prompt_tokens\":3}}",
		  "embeddings", 3 },
		{ GT_API_OLLAMA_GENERATE, "{\"prompt\":\"a", JSON, "{\"done\":true,\"prompt_eval_count\":3,\"eval_count\":5}",
		  "text_completion", 3 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_feed f;
		struct gt_span *s = exchange(&f, rows[i].api, rows[i].request, true, rows[i].head, rows[i].reply);
		const struct gt_value *input;

		assert_non_null(s);
		assert_str(s->name, rows[i].name);
		assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), rows[i].request ? "request_too_big" : "dropped");
		input = gt_span_get(s, GT_ATTR_USAGE_INPUT_TOKENS);
		assert_int_equal(input ? input->i : -1, rows[i].input);
		gt_span_free(s);
		gt_feed_free(&f);
	}
}

static void test_genai_cut_without_such_an_answer_there_is_no_span(void **state)
{
	static const struct {
		enum gt_api api;
		const char *request;
		bool is_cut;
		const char *reply;
	} rows[] = {
		{ GT_API_OPENAI_CHAT, NULL, true, "{\"id\":1,\"text\":\"sent\"}" },
		{ GT_API_OPENAI_EMBEDDINGS, "{\"url\":\"a", true, "{\"id\":1}" },
		{ GT_API_OPENAI_EMBEDDINGS, "{\"url\":\"a\"}", false, "{" USAGE "}" }, /* the request identifies the API */
		{ GT_API_MCP, NULL, true, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_feed f;

		assert_null(exchange(&f, rows[i].api, rows[i].request, rows[i].is_cut, JSON, rows[i].reply));
		gt_feed_free(&f);
	}
}

/* ---------------------------------------------------------------- many open exchanges */

#define BODY 60000

/* A request with a question of `BODY` bytes. */
static void ask(struct gt_feed *f, uint64_t stream)
{
	struct gt_begin b = gt_feed_plain_begin(GT_API_OPENAI_CHAT);
	static char question[BODY];

	memset(question, 'x', sizeof(question));
	b.source = GT_SOURCE_MESSAGE;
	b.is_certain = false;
	gt_feed_begin(f, stream, &b, "h", "openai");
	gt_feed_text(f, stream, GT_EVENT_REQUEST_HEAD, "POST /v1 HTTP/1.1\r\n\r\n");
	gt_feed_text(f, stream, GT_EVENT_REQUEST, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"");
	gt_feed_pieces(f, stream, GT_EVENT_REQUEST, question, sizeof(question), 16000);
	gt_feed_text(f, stream, GT_EVENT_REQUEST, "\"}]}");
}

static void answer(struct gt_feed *f, uint64_t stream)
{
	gt_feed_text(f, stream, GT_EVENT_RESPONSE_HEAD, JSON);
	gt_feed_text(f, stream, GT_EVENT_RESPONSE, "{\"choices\":[]," USAGE "}");
	gt_feed_end(f, stream, GT_END_CURL, 0);
}

static void check_next(struct gt_feed *f, const char *name, const char *incomplete)
{
	struct gt_span *s = gt_feed_take(f);

	assert_non_null(s);
	assert_str(s->name, name);
	assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), incomplete);
	gt_span_free(s);
}

static void test_genai_cut_bodies_of_all_open_exchanges_share_one_bound(void **state)
{
	struct gt_feed f;

	(void)state;
	assert_true(gt_feed_init(&f, 1 << 20));
	gt_assemble_bound(f.assemble, 2 * BODY);
	ask(&f, 1);
	ask(&f, 2); /* most of it fits */
	ask(&f, 3);
	answer(&f, 2);
	answer(&f, 3);
	answer(&f, 1);
	check_next(&f, "chat", "request_too_big");
	check_next(&f, "chat", "request_too_big");
	check_next(&f, "chat m", "");
	/* their room is free again */
	ask(&f, 4);
	answer(&f, 4);
	check_next(&f, "chat m", "");
	gt_feed_free(&f);
}

static void test_genai_cut_answers_share_it_too(void **state)
{
	static char text[2 * BODY];
	struct gt_feed f;

	(void)state;
	memset(text, ' ', sizeof(text));
	assert_true(gt_feed_init(&f, 1 << 20));
	gt_assemble_bound(f.assemble, 2 * BODY + 200);
	ask(&f, 1);
	gt_feed_text(&f, 1, GT_EVENT_RESPONSE_HEAD, JSON);
	gt_feed_text(&f, 1, GT_EVENT_RESPONSE, "{");
	gt_feed_pieces(&f, 1, GT_EVENT_RESPONSE, text, sizeof(text), 16000);
	/* its room is free before the exchange ends */
	ask(&f, 2);
	answer(&f, 2);
	check_next(&f, "chat m", "");
	gt_feed_end(&f, 1, GT_END_CURL, 0);
	check_next(&f, "chat m", "response_too_big");
	gt_feed_free(&f);
}

/* ---------------------------------------------------------------- too many values */

#define VALUES (GT_JSON_VALUES_MAX + 1)

static void test_genai_cut_bodies_of_too_many_values_are_not_read(void **state)
{
	static char values[3 * VALUES + 1];
	struct gt_begin b = gt_feed_plain_begin(GT_API_OPENAI_CHAT);
	struct gt_feed f;

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		memcpy(values + 3 * i, "[],", 3);
	b.source = GT_SOURCE_MESSAGE;
	for (int is_reply = 0; is_reply < 2; is_reply++) {
		assert_true(gt_feed_init(&f, 4 << 20));
		gt_feed_begin(&f, 1, &b, "h", "openai");
		gt_feed_text(&f, 1, GT_EVENT_REQUEST_HEAD, "POST /v1 HTTP/1.1\r\n\r\n");
		gt_feed_text(&f, 1, GT_EVENT_REQUEST, "{\"model\":\"m\",\"messages\":[");
		gt_feed_text(&f, 1, GT_EVENT_REQUEST, is_reply ? "0]}" : values);
		gt_feed_text(&f, 1, GT_EVENT_REQUEST, is_reply ? "" : "0]}");
		gt_feed_text(&f, 1, GT_EVENT_RESPONSE_HEAD, JSON);
		gt_feed_text(&f, 1, GT_EVENT_RESPONSE, "{" USAGE ",\"x\":[");
		gt_feed_text(&f, 1, GT_EVENT_RESPONSE, is_reply ? values : "");
		gt_feed_text(&f, 1, GT_EVENT_RESPONSE, "0]}");
		gt_feed_end(&f, 1, GT_END_CURL, 0);
		check_next(&f, is_reply ? "chat m" : "chat", is_reply ? "response_too_big" : "request_too_big");
		gt_feed_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_genai_cut_a_request_is_known_by_the_answer_of_a_model),
		GT_TEST(test_genai_cut_without_such_an_answer_there_is_no_span),
		GT_TEST(test_genai_cut_bodies_of_all_open_exchanges_share_one_bound),
		GT_TEST(test_genai_cut_answers_share_it_too),
		GT_TEST(test_genai_cut_bodies_of_too_many_values_are_not_read),
	};

	return GT_TESTS(tests);
}
