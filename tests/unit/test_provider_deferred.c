/* Chat completions that are answered later: Perplexity's asynchronous API, xAI's deferred completions. */
#include "support/span_lines.h"
#include "support/test.h"

#define COMPLETION                                                                                                         \
	"{'id':'c1','object':'chat.completion','model':'m-1','choices':[{'index':0,'finish_reason':'stop','message':{}}]," \
	"'usage':{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15}}"
#define COUNTS		"usage.input_tokens=10\nusage.output_tokens=5\n"
#define FETCH(provider) "fetch_response\noperation.name=fetch_response\nprovider.name=" provider "\n"

static void test_perplexity_async_is_a_chat_and_its_fetch(void **state)
{
#define AT(path) .api = GT_API_PERPLEXITY_ASYNC, .provider = "perplexity", .target = path
	static const struct gt_exchange_case cases[] = {
		{ AT("/async/chat/completions"),
		  .request = "{'request':{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}]}}",
		  .response = "{'id':'r1','model':'m','status':'CREATED','response':null}",
		  .want = SPAN_OF("chat", "perplexity",
				  "m") "request.max_tokens=9\nresponse.id=r1\nresponse.model=m\nresponse.status=queued\n" OK },
		{ AT("/async/chat/completions/r1"), .method = "GET",
		  .response = "{'id':'r1','model':'m','status':'IN_PROGRESS','response':null}",
		  .want = FETCH("perplexity") "response.id=r1\nresponse.model=m\nresponse.status=in_progress\n" OK },
		{ AT("/v1/async/sonar/r1"), .method = "GET",
		  .response = "{'id':'r1','model':'m','status':'COMPLETED','response':" COMPLETION "}",
		  .want = FETCH(
			  "perplexity") "response.id=r1\nresponse.model=m\nresponse.finish_reasons=[stop]\nresponse.status=completed\n" COUNTS
			  OK },
		{ AT("/async/chat/completions/r1"), .method = "GET",
		  .response = "{'id':'r1','model':'m','status':'FAILED','error_message':'x'}",
		  .want = FETCH(
			  "perplexity") "response.id=r1\nresponse.model=m\nresponse.finish_reasons=[error]\nresponse.status=failed\n" OK },
		{ AT("/async/chat/completions/r1"), .method = "GET", .status = 404,
		  .response = "{'error':{'type':'not_found','message':'no'}}",
		  .want = FETCH(
			  "perplexity") "response.id=r1\nerror.type=not_found\nhttp.response.status_code=404\nerror \"no\"\n" },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

static void test_x_ai_deferred_is_a_chat_and_its_fetch(void **state)
{
#define AT(path) .api = GT_API_X_AI_DEFERRED, .provider = "x_ai", .target = path, .method = "GET"
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "x_ai",
		  .target = "/v1/chat/completions",
		  .request = "{'model':'grok','deferred':true,'messages':[]}",
		  .response = "{'request_id':'r1'}",
		  .want = SPAN_OF("chat", "x_ai", "grok") "response.id=r1\n" OK },
		{ AT("/v1/chat/deferred-completion/r1"), .status = 202, .response = "",
		  .want = FETCH("x_ai") "response.id=r1\nresponse.status=in_progress\nhttp.response.status_code=202\n" },
		{ AT("/v1/chat/deferred-completion/r1"), .response = COMPLETION,
		  .want = FETCH(
			  "x_ai") "response.id=r1\nresponse.model=m-1\nresponse.finish_reasons=[stop]\nresponse.status=completed\n" COUNTS
			  OK },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_perplexity_async_is_a_chat_and_its_fetch),
		GT_TEST(test_x_ai_deferred_is_a_chat_and_its_fetch),
	};

	return GT_TESTS(tests);
}
