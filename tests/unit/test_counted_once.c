/* Operations that several exchanges of one process read: their tokens count once, on the first read that shows the end. */
#include "support/exchange_case.h"
#include "support/test.h"

#include <math.h>

#include "exporter/cost/price_list.h"
#include "exporter/span/ledger.h"

struct step {
	const char *method, *target, *response;
	int64_t input; /* tokens that the span must have; -1: none */
	const char *operation;
};

struct story {
	enum gt_api api;
	const char *provider;
	struct step steps[6];
};

static void run(struct gt_feed *f, uint64_t stream, enum gt_api api, const char *provider, const struct step *s)
{
	struct gt_begin b = gt_feed_plain_begin(api);
	char *json = gt_exchange_case_json(s->response), head[256];

	gt_feed_begin(f, stream, &b, "api.example", provider);
	snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: api.example\r\n\r\n", s->method, s->target);
	gt_feed_text(f, stream, GT_EVENT_REQUEST, head);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		 strlen(json));
	gt_feed_text(f, stream, GT_EVENT_RESPONSE, head);
	gt_feed_text(f, stream, GT_EVENT_RESPONSE, json);
	gt_feed_end(f, stream, GT_END_CLOSED, 0);
	free(json);
}

static int64_t input_of(const struct gt_span *s)
{
	const struct gt_value *v = gt_span_get(s, GT_ATTR_USAGE_INPUT_TOKENS);

	return v ? v->i : -1;
}

static void check(const struct story *story, struct gt_feed *f, size_t number)
{
	for (size_t i = 0; story->steps[i].method; i++) {
		const struct step *step = &story->steps[i];
		struct gt_span *s;

		run(f, 1 + i, story->api, story->provider, step);
		s = gt_feed_take(f);
		assert_non_null(s);
		if (input_of(s) != step->input ||
		    !gt_str_eq(gt_span_get_str(s, GT_ATTR_OPERATION_NAME), gt_str_of(step->operation)))
			fail_msg("story %zu, step %zu: %s with %lld tokens", number, i,
				 gt_span_get_str(s, GT_ATTR_OPERATION_NAME).p, (long long)input_of(s));
		gt_span_free(s);
	}
}

#define RESPONSE(status, more) "{'id':'resp_1','object':'response','status':'" status "'" more "}"
#define RESPONSE_USAGE	       ",'usage':{'input_tokens':7,'output_tokens':2}"
#define BACKGROUND	       ",'background':true"
#define RUN(status, more)      "{'id':'run_1','object':'thread.run','thread_id':'t1','status':'" status "'" more "}"
#define RUN_USAGE	       ",'usage':{'prompt_tokens':7,'completion_tokens':2}"
#define PREDICTION(status, m)  "{'id':'p1','status':'" status "'" m "}"
#define PREDICTION_USAGE       ",'metrics':{'input_token_count':7,'output_token_count':2}"
#define INTERACTION(status, m) "{'id':'i1','status':'" status "'" m "}"
#define INTERACTION_USAGE      ",'usage':{'total_input_tokens':7,'total_output_tokens':2}"

#define POST_RESPONSE "POST", "/v1/responses"
#define GET_RESPONSE  "GET", "/v1/responses/resp_1"

/* A background response has one API for creating it and another for fetching it. */
static void test_counted_once_a_response_of_the_background(void **state)
{
	static const struct {
		const char *created;
		int64_t input;
		struct step reads[4];
	} rows[] = {
		{ RESPONSE("queued", BACKGROUND ",'usage':null"),
		  -1,
		  { { GET_RESPONSE, RESPONSE("in_progress", BACKGROUND), -1 },
		    { GET_RESPONSE, RESPONSE("completed", BACKGROUND RESPONSE_USAGE), 7 },
		    { GET_RESPONSE, RESPONSE("completed", BACKGROUND RESPONSE_USAGE), -1 } } },
		/* a failure, and a limit, are ends too */
		{ RESPONSE("queued", BACKGROUND), -1, { { GET_RESPONSE, RESPONSE("failed", BACKGROUND RESPONSE_USAGE), 7 } } },
		{ RESPONSE("queued", BACKGROUND),
		  -1,
		  { { GET_RESPONSE, RESPONSE("incomplete", BACKGROUND RESPONSE_USAGE), 7 } } },
		/* the creation has reported the tokens */
		{ RESPONSE("completed", RESPONSE_USAGE),
		  7,
		  { { GET_RESPONSE, RESPONSE("completed", RESPONSE_USAGE), -1 },
		    { GET_RESPONSE, RESPONSE("completed", BACKGROUND RESPONSE_USAGE), -1 } } },
		/* its stream was lost: this process created it, and has not seen the tokens */
		{ RESPONSE("in_progress", ""), -1, { { GET_RESPONSE, RESPONSE("completed", RESPONSE_USAGE), 7 } } },
		/* another process created it: only one of the background can have tokens that no exchange reports */
		{ NULL,
		  0,
		  { { GET_RESPONSE, RESPONSE("completed", RESPONSE_USAGE), -1 },
		    { GET_RESPONSE, RESPONSE("completed", RESPONSE_USAGE), -1 } } },
		{ NULL,
		  0,
		  { { GET_RESPONSE, RESPONSE("completed", BACKGROUND RESPONSE_USAGE), 7 },
		    { GET_RESPONSE, RESPONSE("completed", BACKGROUND RESPONSE_USAGE), -1 } } },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct story created = { GT_API_OPENAI_RESPONSES,
					 "openai",
					 { { POST_RESPONSE, rows[i].created, rows[i].input, "chat" } } };
		struct story fetched = { GT_API_OPENAI_STORED, "openai", { { NULL } } };
		struct gt_feed f;

		memcpy(fetched.steps, rows[i].reads, sizeof(rows[i].reads));
		for (size_t k = 0; fetched.steps[k].method; k++)
			fetched.steps[k].operation = "fetch_response";
		assert_true(gt_feed_init(&f, 1 << 20));
		f.run.ledger = gt_ledger_new();
		if (rows[i].created)
			check(&created, &f, i);
		check(&fetched, &f, i);
		gt_ledger_free(f.run.ledger);
		gt_feed_free(&f);
	}
}

#define GET_RUN	       "GET", "/v1/threads/t1/runs/run_1"
#define GET_PREDICTION "GET", "/v1/predictions/p1"
#define GET_I	       "GET", "/v1beta/interactions/i1"
#define GET_SONAR      "GET", "/async/chat/completions/r1"
#define GET_DEFERRED   "GET", "/v1/chat/deferred-completion/r1"
#define GET_BATCH      "GET", "/v1beta/batches/b1"
#define CHAT	       "{'id':'c1','choices':[],'usage':{'prompt_tokens':7,'completion_tokens':2}}"
#define GEMINI_BATCH                                                                                                         \
	"{'name':'batches/b1','done':true,'response':{'inlinedResponses':{'inlinedResponses':[{'response':{'candidates':[]," \
	"'usageMetadata':{'promptTokenCount':7,'candidatesTokenCount':2}}}]}}}"

static void test_counted_once_what_is_polled(void **state)
{
	static const struct story stories[] = {
		{ GT_API_OPENAI_ASSISTANTS,
		  "openai",
		  { { "POST", "/v1/threads/t1/runs", RUN("queued", ",'usage':null"), -1, "invoke_agent" },
		    { GET_RUN, RUN("in_progress", ",'usage':null"), -1, "fetch_run" },
		    { GET_RUN, RUN("completed", RUN_USAGE), 7, "fetch_run" },
		    { GET_RUN, RUN("completed", RUN_USAGE), -1, "fetch_run" },
		    { GET_RUN, RUN("completed", RUN_USAGE), -1, "fetch_run" } } },
		{ GT_API_OPENAI_ASSISTANTS,
		  "azure.ai.openai",
		  { { "POST", "/api/projects/p/threads/t1/runs", RUN("completed", RUN_USAGE), 7, "invoke_agent" },
		    { GET_RUN, RUN("completed", RUN_USAGE), -1, "fetch_run" } } },
		{ GT_API_OPENAI_ASSISTANTS,
		  "openai",
		  { { GET_RUN, RUN("requires_action", RUN_USAGE), -1, "fetch_run" },
		    { GET_RUN, RUN("expired", RUN_USAGE), 7, "fetch_run" } } },
		/* the first exchange that shows a prediction is the completion */
		{ GT_API_REPLICATE,
		  "replicate",
		  { { "POST", "/v1/predictions", PREDICTION("starting", ""), -1, "text_completion" },
		    { GET_PREDICTION, PREDICTION("processing", ""), -1, "fetch_prediction" },
		    { GET_PREDICTION, PREDICTION("succeeded", PREDICTION_USAGE), 7, "fetch_prediction" },
		    { GET_PREDICTION, PREDICTION("succeeded", PREDICTION_USAGE), -1, "fetch_prediction" } } },
		{ GT_API_REPLICATE,
		  "replicate",
		  { { "POST", "/v1/predictions", PREDICTION("succeeded", PREDICTION_USAGE), 7, "text_completion" },
		    { GET_PREDICTION, PREDICTION("succeeded", PREDICTION_USAGE), -1, "fetch_prediction" } } },
		{ GT_API_REPLICATE,
		  "replicate",
		  { { GET_PREDICTION, PREDICTION("succeeded", PREDICTION_USAGE), 7, "text_completion" },
		    { GET_PREDICTION, PREDICTION("succeeded", PREDICTION_USAGE), -1, "fetch_prediction" } } },
		{ GT_API_GEMINI_INTERACTIONS,
		  "gcp.gemini",
		  { { "POST", "/v1beta/interactions", INTERACTION("in_progress", ""), -1, "chat" },
		    { GET_I, INTERACTION("in_progress", INTERACTION_USAGE), -1, "fetch_response" },
		    { GET_I, INTERACTION("completed", INTERACTION_USAGE), 7, "fetch_response" },
		    { GET_I, INTERACTION("completed", INTERACTION_USAGE), -1, "fetch_response" } } },
		{ GT_API_GEMINI_INTERACTIONS,
		  "gcp.vertex_ai",
		  { { "POST", "/v1/interactions", INTERACTION("completed", INTERACTION_USAGE), 7, "chat" },
		    { GET_I, INTERACTION("completed", INTERACTION_USAGE), -1, "fetch_response" } } },
		{ GT_API_PERPLEXITY_ASYNC,
		  "perplexity",
		  { { "POST", "/async/chat/completions", "{'id':'r1','status':'CREATED'}", -1, "chat" },
		    { GET_SONAR, "{'id':'r1','status':'IN_PROGRESS'}", -1, "fetch_response" },
		    { GET_SONAR, "{'id':'r1','status':'COMPLETED','response':" CHAT "}", 7, "fetch_response" },
		    { GET_SONAR, "{'id':'r1','status':'COMPLETED','response':" CHAT "}", -1, "fetch_response" } } },
		{ GT_API_X_AI_DEFERRED,
		  "x_ai",
		  { { GET_DEFERRED, CHAT, 7, "fetch_response" }, { GET_DEFERRED, CHAT, -1, "fetch_response" } } },
		{ GT_API_GEMINI_BATCHES,
		  "gcp.gemini",
		  { { GET_BATCH, "{'name':'batches/b1'}", -1, "fetch_batch" },
		    { GET_BATCH, GEMINI_BATCH, 7, "fetch_batch" },
		    { GET_BATCH, GEMINI_BATCH, -1, "fetch_batch" } } },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(stories); i++) {
		struct gt_feed f;

		assert_true(gt_feed_init(&f, 1 << 20));
		f.run.ledger = gt_ledger_new();
		check(&stories[i], &f, i);
		gt_ledger_free(f.run.ledger);
		gt_feed_free(&f);
	}
}

/* Both the batch and the file have the sum. */
static void test_counted_once_a_batch_and_its_file(void **state)
{
	static const struct step batch = {
		.method = "GET",
		.target = "/v1/batches/batch_1",
		.response =
			"{'id':'batch_1','status':'completed','output_file_id':'file-1','usage':{'input_tokens':7,'output_tokens':2}}",
	};
	static const struct step file = {
		.method = "GET",
		.target = "/v1/files/file-1/content",
		.response = "{'custom_id':'1','response':{'body':{'object':'chat.completion','choices':[],'usage':{"
			    "'prompt_tokens':7,'completion_tokens':2}}},'error':null}\n",
	};

	(void)state;
	for (int file_first = 0; file_first < 2; file_first++) {
		struct gt_feed f;

		assert_true(gt_feed_init(&f, 1 << 20));
		f.run.ledger = gt_ledger_new();
		for (uint64_t i = 0; i < 4; i++) {
			bool is_file = (i + (uint64_t)file_first) % 2;
			struct gt_span *s;

			run(&f, 1 + i, is_file ? GT_API_BATCH_RESULTS : GT_API_BATCHES, "openai", is_file ? &file : &batch);
			s = gt_feed_take(&f);
			assert_non_null(s);
			assert_int_equal(input_of(s), i ? -1 : 7);
			gt_span_free(s);
		}
		gt_ledger_free(f.run.ledger);
		gt_feed_free(&f);
	}
}

/* The sum of a batch does not show which tools its responses used, which cost extra. The file does: where the batch has the
 * tokens and no cost, the file has the cost, once. */
static void test_counted_once_the_cost_of_a_batch_and_its_file(void **state)
{
#define BATCH_OF(endpoint)                                                                                                  \
	"{'id':'batch_1','status':'completed','model':'gpt-5','endpoint':'" endpoint "','output_file_id':'file-1','usage':" \
	"{'input_tokens':100000,'output_tokens':10000,'input_tokens_details':{'cached_tokens':0}}}"
#define RESULT(model, output)                                                                                              \
	"{'custom_id':'1','response':{'body':{'id':'resp_1','object':'response','status':'completed','model':'" model "'," \
	"'output':[" output "],'usage':{'input_tokens':100000,'output_tokens':10000,"                                      \
	"'input_tokens_details':{'cached_tokens':0}}}}}\n"
#define MESSAGE "{'type':'message'}"
#define POLL	"GET", "/v1/batches/batch_1"
#define FILE_1	"GET", "/v1/files/file-1/content"
	static const struct {
		const char *batch, *file;
		double batch_first[4]; /* of batch, file, batch, file; 0: none */
		double file_first[4];
	} rows[] = {
		{ BATCH_OF("/v1/responses"), RESULT("gpt-5", MESSAGE), { 0, 0.1, 0, 0 }, { 0.1, 0, 0, 0 } },
		{ BATCH_OF("/v1/chat/completions"), RESULT("gpt-5", MESSAGE), { 0.1, 0, 0, 0 }, { 0.1, 0, 0, 0 } },
		{ BATCH_OF("/v1/responses"), RESULT("gpt-5", "{'type':'web_search_call'}"), { 0 }, { 0 } },
		{ BATCH_OF("/v1/responses"), RESULT("gpt-unknown", MESSAGE), { 0 }, { 0 } },
	};
	struct gt_price_lists lists = { .users = { 0 } };
	struct gt_prices_bad bad;

	(void)state;
	assert_int_equal(gt_prices_parse(&lists.ours, GT_STR("openai gpt-5 in=1 out=10\n"), &bad), 0);
	for (size_t i = 0; i < 2 * GT_ROWS(rows); i++) {
		const struct step batch = { POLL, rows[i / 2].batch, 0, NULL }, file = { FILE_1, rows[i / 2].file, 0, NULL };
		const double *want = i % 2 ? rows[i / 2].file_first : rows[i / 2].batch_first;
		struct gt_feed f;

		assert_true(gt_feed_init(&f, 1 << 20));
		f.run.ledger = gt_ledger_new();
		f.run.prices = &lists;
		for (uint64_t k = 0; k < 4; k++) {
			bool is_file = (k + i) % 2;
			const struct gt_value *usd;
			struct gt_span *s;

			run(&f, 1 + k, is_file ? GT_API_BATCH_RESULTS : GT_API_BATCHES, "openai", is_file ? &file : &batch);
			s = gt_feed_take(&f);
			assert_non_null(s);
			assert_int_equal(input_of(s), k ? -1 : 100000);
			usd = gt_span_get(s, GT_ATTR_USAGE_COST);
			if (fabs((usd ? usd->d : 0) - want[k]) > 1e-9)
				fail_msg("row %zu, read %llu costs %g", i, (unsigned long long)k, usd ? usd->d : 0);
			gt_span_free(s);
		}
		gt_ledger_free(f.run.ledger);
		gt_feed_free(&f);
	}
	gt_prices_free(&lists.ours);
}

/* A file with more responses than the ledger has room for does not make it forget the batch they belong to. */
static void test_counted_once_a_batch_of_more_responses_than_the_ledger_holds(void **state)
{
	static const struct step batch = {
		"GET", "/v1/batches/batch_1",
		"{'id':'batch_1','status':'completed','endpoint':'/v1/responses','output_file_id':'file-1',"
		"'usage':{'input_tokens':7,'output_tokens':2}}",
		7, "fetch_batch"
	};
	const size_t lines = GT_LEDGER_MAX + 100, room = lines * 160;
	struct step file = { "GET", "/v1/files/file-1/content", NULL, -1, "fetch_batch_results" };
	const struct story of_batch = { GT_API_BATCHES, "openai", { batch } };
	struct story of_file = { GT_API_BATCH_RESULTS, "openai", { { NULL } } };
	char *text = malloc(room);
	struct gt_feed f;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < lines; i++)
		n += (size_t)snprintf(text + n, room - n,
				      "{'custom_id':'%zu','response':{'body':{'id':'resp_%zu','object':'response','output':[],"
				      "'usage':{'input_tokens':1,'output_tokens':1}}}}\n",
				      i, i);
	file.response = text;
	of_file.steps[0] = file;
	assert_true(gt_feed_init(&f, 1 << 24));
	f.run.ledger = gt_ledger_new();
	check(&of_batch, &f, 0);
	check(&of_file, &f, 1);
	gt_ledger_free(f.run.ledger);
	gt_feed_free(&f);
	free(text);
}

static void test_counted_once_for_each_id_provider_and_host(void **state)
{
	static const struct step one = { "GET", "/v1/threads/t1/runs/run_1", RUN("completed", RUN_USAGE), 7, "fetch_run" };
	static const struct step other = { "GET", "/v1/threads/t1/runs/run_2",
					   "{'id':'run_2','object':'thread.run','status':'completed'" RUN_USAGE "}", 7,
					   "fetch_run" };
	const struct story stories[] = { { GT_API_OPENAI_ASSISTANTS, "openai", { one } },
					 { GT_API_OPENAI_ASSISTANTS, "openai", { other } },
					 { GT_API_OPENAI_ASSISTANTS, "azure.ai.openai", { one } } };
	struct gt_feed f;

	(void)state;
	assert_true(gt_feed_init(&f, 1 << 20));
	f.run.ledger = gt_ledger_new();
	for (size_t i = 0; i < GT_ROWS(stories); i++)
		check(&stories[i], &f, i);
	gt_ledger_free(f.run.ledger);
	gt_feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_counted_once_a_response_of_the_background),
		GT_TEST(test_counted_once_what_is_polled),
		GT_TEST(test_counted_once_a_batch_and_its_file),
		GT_TEST(test_counted_once_the_cost_of_a_batch_and_its_file),
		GT_TEST(test_counted_once_a_batch_of_more_responses_than_the_ledger_holds),
		GT_TEST(test_counted_once_for_each_id_provider_and_host),
	};

	return GT_TESTS(tests);
}
