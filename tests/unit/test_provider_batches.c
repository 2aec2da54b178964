/* Batches of every provider: creating, polling, and the results, of which each is the reply of a call. */
#include "support/span_lines.h"
#include "support/test.h"

#include "exporter/cost/price_list.h"

#define NAME(op, provider) op "\noperation.name=" op "\nprovider.name=" provider "\n"

#define CHAT(id, model, in, out)                                                                                    \
	"{'id':'b','custom_id':'" id                                                                                \
	"','response':{'status_code':200,'body':{'id':'c','object':'chat.completion','model':'" model               \
	"','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':" in ",'completion_tokens':" out \
	",'prompt_tokens_details':{'cached_tokens':0}}}},'error':null}\n"
#define FAILED_CHAT "{'id':'b','custom_id':'3','response':null,'error':{'code':'batch_expired','message':'x'}}\n"
#define MESSAGE(model, in, cached, out)                                                                                       \
	"{'custom_id':'1','result':{'type':'succeeded','message':{'id':'m','type':'message','model':'" model                  \
	"','stop_reason':'end_turn','usage':{'input_tokens':" in ",'cache_read_input_tokens':" cached ",'output_tokens':" out \
	",'service_tier':'batch'}}}}\n"
#define GENERATED(in, out)                                                                                                     \
	"{'key':'1','response':{'candidates':[{'finishReason':'STOP'}],'modelVersion':'gemini-2.5-pro','usageMetadata':"       \
	"{'promptTokenCount':" in ",'candidatesTokenCount':" out ",'promptTokensDetails':[{'modality':'TEXT','tokenCount':" in \
	"}]}}}"

static void test_batch_results_are_summed(void **state)
{
#define OPENAI_FILE                                                                                               \
	.api = GT_API_BATCH_RESULTS, .provider = "openai", .target = "/v1/files/file-1/content", .method = "GET", \
	.type = "application/octet-stream"
#define ANTHROPIC_FILE                                                                                                      \
	.api = GT_API_BATCH_RESULTS, .provider = "anthropic", .target = "/v1/messages/batches/b1/results", .method = "GET", \
	.type = "application/x-jsonl"
#define GEMINI_FILE                                                             \
	.api = GT_API_BATCH_RESULTS, .provider = "gcp.gemini", .method = "GET", \
	.target = "/download/v1beta/files/f1:download?alt=media"
#define RESULTS(provider) NAME("fetch_batch_results", provider)
#define OTHER_FILE	  "GET\nhttp.request.method=GET\nurl.full=https://llm.example/v1/files/file-1/content\n" OK
	static const struct gt_exchange_case cases[] = {
		{ OPENAI_FILE, .response = CHAT("1", "gpt-4o", "100", "10") CHAT("2", "gpt-4o", "50", "5") FAILED_CHAT,
		  .want = RESULTS("openai") "response.model=gpt-4o\nusage.input_tokens=150\nusage.output_tokens=15\n"
					    "usage.cache_read.input_tokens=0\n" OK },
		/* one line, without its end; two models */
		{ OPENAI_FILE,
		  .response = "{'custom_id':'1','response':{'body':{'object':'list','model':'e','usage':{'prompt_tokens':8,"
			      "'total_tokens':8}}}}",
		  .want = RESULTS("openai") "response.model=e\nusage.input_tokens=8\n" OK },
		{ OPENAI_FILE, .response = CHAT("1", "gpt-4o", "100", "10") CHAT("2", "gpt-5", "50", "5"),
		  .want = RESULTS(
			  "openai") "usage.input_tokens=150\nusage.output_tokens=15\nusage.cache_read.input_tokens=0\n" OK },
		{ OPENAI_FILE, .response = FAILED_CHAT, .want = RESULTS("openai") OK },
		{ ANTHROPIC_FILE,
		  .response = MESSAGE("claude-1", "10", "90", "7")
			  MESSAGE("claude-1", "5", "0", "3") "{'custom_id':'3','result':{'type':'expired'}}\n",
		  .want = RESULTS("anthropic") "response.id=b1\nresponse.model=claude-1\nusage.input_tokens=105\n"
					       "usage.output_tokens=10\nusage.cache_read.input_tokens=90\n" OK },
		{ GEMINI_FILE,
		  .response = GENERATED("3", "4") "\n" GENERATED("5", "6") "\n{'key':'3','error':{'message':'x'}}\n",
		  .want = RESULTS("gcp.gemini") "response.model=gemini-2.5-pro\nusage.input_tokens=8\n"
						"usage.output_tokens=10\nusage.text.input_tokens=8\n" OK },
		{ ANTHROPIC_FILE, .status = 404,
		  .response = "{'type':'error','error':{'type':'not_found_error','message':'no'}}",
		  .want = RESULTS("anthropic") "response.id=b1\n" ERROR("not_found_error", "404", "no") },
		/* a part has no sum */
		{ OPENAI_FILE, .end = GT_CASE_EOF, .response = CHAT("1", "gpt-4o", "100", "10"),
		  .want = RESULTS(
			  "openai") "response.model=gpt-4o\nerror.type=connection_reset\nhttp.response.status_code=200\n"
				    "error \"the connection ended before the response did\"\n" },
		/* files of other kinds: the batch's requests, training data, anything */
		{ OPENAI_FILE,
		  .response = "{'custom_id':'1','method':'POST','url':'/v1/chat/completions','body':{'model':'m'}}\n",
		  .want = OTHER_FILE },
		{ OPENAI_FILE, .response = "", .want = OTHER_FILE }, /* an empty file */
		{ OPENAI_FILE, .response = "{'messages':[{'role':'user','content':'x'}]}\n{'messages':[]}\n",
		  .want = OTHER_FILE },
		{ OPENAI_FILE, .response = "%PDF-1.7\n{'custom_id':'1','error':1}\n", .want = OTHER_FILE },
		{ OPENAI_FILE, .response = "a,b\n1,2\n", .want = OTHER_FILE },
		{ OPENAI_FILE, .response = "", .want = OTHER_FILE },
		{ OPENAI_FILE, .response = "\n", .want = OTHER_FILE },
		{ ANTHROPIC_FILE, .response = "", .want = RESULTS("anthropic") "response.id=b1\n" OK },
	};

	(void)state;
	CHECK(cases);
}

/* The wall time of these tests is in June 2025. */
static const char prices[] = "openai gpt-4o in=2.5 cached=1.25 out=10 read=2025-06-01\n"
			     "openai with-row in=2 out=4\n"
			     "openai with-row in=1.5 out=3 tier=batch\n"
			     "openai by-length in=1 out=2\n"
			     "openai by-length in=2 out=3 over=1000\n"
			     "openai new-today in=1 out=2 from=2025-06-15\n"
			     "anthropic claude-1 in=3 cached=0.3 out=15\n"
			     "x_ai grok in=3 out=15\n";

static void check_with_prices(const struct gt_exchange_case *cases, size_t n)
{
	struct gt_price_lists lists;
	struct gt_prices_bad bad;

	memset(&lists, 0, sizeof(lists));

	assert_int_equal(gt_prices_parse(&lists.ours, GT_STR(prices), &bad), 0);
	assert_int_equal(bad.n, 0);
	for (size_t i = 0; i < n; i++) {
		struct gt_exchange_case c = cases[i];

		c.prices = &lists;
		gt_exchange_case_check(&c);
	}
	gt_prices_free(&lists.ours);
}

#define USED(in, out) "usage.input_tokens=" in "\nusage.output_tokens=" out "\nusage.cache_read.input_tokens=0\n"
#define COSTS(usd)    "usage.cost=" usd "\n" OK "gentap.cost_source=prices\n"
#define ONE(model)    OPENAI_FILE, .response = CHAT("1", model, "100000", "10000")
#define SUM_OF(model) RESULTS("openai") "response.model=" model "\n" USED("100000", "10000")

static void test_batch_results_cost_half(void **state)
{
	static const struct gt_exchange_case cases[] = {
		/* 150,000 at 2.5 and 15,000 at 10 dollars a million, halved */
		{ OPENAI_FILE, .response = CHAT("1", "gpt-4o", "100000", "10000") CHAT("2", "gpt-4o", "50000", "5000"),
		  .want = RESULTS("openai") "response.model=gpt-4o\n" USED("150000", "15000")
			  COSTS("0.2625") "gentap.cost_prices_read=2025-06-01\n" },
		/* a row of its own; a row for each call's own length; 100,000 tokens are more than 1,000 */
		{ ONE("with-row"), .want = SUM_OF("with-row") COSTS("0.18") },
		{ ONE("by-length"), .want = SUM_OF("by-length") COSTS("0.115") },
		{ OPENAI_FILE, .response = CHAT("1", "by-length", "1000", "0") CHAT("2", "by-length", "1000", "0"),
		  .want = RESULTS("openai") "response.model=by-length\n" USED("2000", "0") COSTS("0.001") },
		/* no price: of a model, and of a batch that may have run before the price was valid */
		{ OPENAI_FILE, .response = CHAT("1", "gpt-4o", "100000", "10000") CHAT("2", "gpt-none", "1", "1"),
		  .want = RESULTS("openai") USED("100001", "10001") OK },
		{ ONE("new-today"), .want = SUM_OF("new-today") OK },
		/* cached tokens are cheaper here too: 1,000 at 3, 10,000 at 0.3 and 100 at 15, halved */
		{ ANTHROPIC_FILE, .response = MESSAGE("claude-1", "1000", "10000", "100"),
		  .want = RESULTS("anthropic") "response.id=b1\nresponse.model=claude-1\nusage.input_tokens=11000\n"
					       "usage.output_tokens=100\nusage.cache_read.input_tokens=10000\n" COSTS(
						       "0.00375") },
		/* and not here */
		{ OPENAI_FILE,
		  .response =
			  "{'custom_id':'1','response':{'body':{'object':'chat.completion','model':'gpt-4o','choices':[],'usage':{'prompt_tokens':9,"
			  "'completion_tokens':4,'prompt_tokens_details':{'cached_tokens':5}}}}}\n",
		  .want = RESULTS("openai") "response.model=gpt-4o\nusage.input_tokens=9\nusage.output_tokens=4\n"
					    "usage.cache_read.input_tokens=5\n" OK },
		/* a provider that promises no discount */
		{ .api = GT_API_BATCH_RESULTS,
		  .provider = "x_ai",
		  .target = "/v1/files/f/content",
		  .method = "GET",
		  .response = CHAT("1", "grok", "100000", "10000"),
		  .want = RESULTS("x_ai") "response.model=grok\n" USED("100000", "10000") OK },
	};

	(void)state;
	check_with_prices(cases, GT_ROWS(cases));
}

/* The sum of a batch does not show how long its calls were, nor what tools they used. */
static void test_batches_cost_half_where_only_tokens_matter(void **state)
{
#define SUM(model, endpoint)                                                                     \
	.api = GT_API_BATCHES, .provider = "openai", .target = "/v1/batches/b", .method = "GET", \
	.response = "{'id':'b','status':'completed','model':'" model "','endpoint':'" endpoint   \
		    "','usage':{'input_tokens':100000,'output_tokens':10000,'input_tokens_details':{'cached_tokens':0}}}"
#define SUM_SPAN(model) NAME("fetch_batch", "openai") "response.id=b\nresponse.model=" model "\n" USED("100000", "10000")
	static const struct gt_exchange_case cases[] = {
		{ SUM("gpt-4o", "/v1/chat/completions"),
		  .want = SUM_SPAN("gpt-4o") COSTS("0.175") "gentap.cost_prices_read=2025-06-01\n" },
		{ SUM("by-length", "/v1/chat/completions"), .want = SUM_SPAN("by-length") OK },
		{ SUM("gpt-4o", "/v1/responses"), .want = SUM_SPAN("gpt-4o") OK },
	};
#undef SUM

	(void)state;
	check_with_prices(cases, GT_ROWS(cases));
}
#undef OPENAI_FILE
#undef ANTHROPIC_FILE
#undef GEMINI_FILE

static void test_batches_are_created_polled_and_cancelled(void **state)
{
#define AT(path)	    .api = GT_API_BATCHES, .provider = "openai", .target = path
#define BATCH(status, more) "{'id':'batch_1','object':'batch','status':'" status "'" more "}"
#define USAGE                                                                                                                        \
	",'model':'gpt-4o','endpoint':'/v1/chat/completions','output_file_id':'file-1','usage':{'input_tokens':9,'output_tokens':4," \
	"'total_tokens':13,'input_tokens_details':{'cached_tokens':0},'output_tokens_details':{'reasoning_tokens':1}}"
	static const struct gt_exchange_case cases[] = {
		{ AT("/v1/batches"), .request = "{'input_file_id':'f','endpoint':'/v1/chat/completions'}",
		  .response = BATCH("validating", ""), .want = NAME("create_batch", "openai") "response.id=batch_1\n" OK },
		{ AT("/v1/batches/batch_1"), .method = "GET", .response = BATCH("in_progress", USAGE),
		  .want = NAME("fetch_batch", "openai") "response.id=batch_1\nresponse.model=gpt-4o\n" OK },
		{ AT("/v1/batches/batch_1"), .method = "GET", .response = BATCH("completed", USAGE),
		  .want = NAME("fetch_batch", "openai") "response.id=batch_1\nresponse.model=gpt-4o\nusage.input_tokens=9\n"
							"usage.output_tokens=4\nusage.cache_read.input_tokens=0\n"
							"usage.reasoning.output_tokens=1\n" OK },
		{ AT("/v1/batches/batch_1/cancel"), .response = BATCH("cancelling", ""),
		  .want = NAME("cancel_batch", "openai") "response.id=batch_1\n" OK },
		{ .api = GT_API_BATCHES,
		  .provider = "mistral_ai",
		  .target = "/v1/batch/jobs",
		  .request = "{'input_files':['f'],'model':'m'}",
		  .response = "{'id':'job_1','status':'QUEUED','model':'m'}",
		  .want = NAME("create_batch", "mistral_ai") "response.id=job_1\nresponse.model=m\n" OK },
		{ .api = GT_API_BATCHES,
		  .provider = "anthropic",
		  .target = "/v1/messages/batches/b1",
		  .method = "GET",
		  .response = "{'id':'b1','type':'message_batch','processing_status':'ended'}",
		  .want = NAME("fetch_batch", "anthropic") "response.id=b1\n" OK },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

static void test_batches_of_gemini_hold_their_results(void **state)
{
#define AT(path) .api = GT_API_GEMINI_BATCHES, .provider = "gcp.gemini", .target = "/v1beta/" path
	static const struct gt_exchange_case cases[] = {
		{ AT("models/gemini-2.5-pro:batchGenerateContent"), .request = "{'batch':{'display_name':'b'}}",
		  .response = "{'name':'batches/b1','metadata':{'state':'BATCH_STATE_PENDING'}}",
		  .want = SPAN_OF("create_batch", "gcp.gemini", "gemini-2.5-pro") "response.id=batches/b1\n" OK },
		{ AT("batches/b1"), .method = "GET",
		  .response =
			  "{'name':'batches/b1','metadata':{'model':'models/gemini-2.5-pro','state':'BATCH_STATE_SUCCEEDED'},'done':true,"
			  "'response':{'inlinedResponses':{'inlinedResponses':[" GENERATED("3", "4") "," GENERATED(
				  "5", "6") ",{'key':'3','error':{'message':'x'}}]}}}",
		  .want = "fetch_batch\noperation.name=fetch_batch\nprovider.name=gcp.gemini\nrequest.model=gemini-2.5-pro\n"
			  "response.id=batches/b1\nresponse.model=gemini-2.5-pro\nusage.input_tokens=8\nusage.output_tokens=10\n"
			  "usage.text.input_tokens=8\n" OK },
		{ AT("batches/b1"), .method = "GET",
		  .response = "{'name':'batches/b1','done':true,'response':{'responsesFile':'files/f1'}}",
		  .want = NAME("fetch_batch", "gcp.gemini") "response.id=batches/b1\n" OK },
		{ AT("batches/b1:cancel"), .response = "{}", .want = NAME("cancel_batch", "gcp.gemini") OK },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_batch_results_are_summed),
		GT_TEST(test_batch_results_cost_half),
		GT_TEST(test_batches_cost_half_where_only_tokens_matter),
		GT_TEST(test_batches_are_created_polled_and_cancelled),
		GT_TEST(test_batches_of_gemini_hold_their_results),
	};

	return GT_TESTS(tests);
}
