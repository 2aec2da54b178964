/* Google's interactions, on the Gemini API and on Vertex AI. */
#include "support/span_lines.h"
#include "support/test.h"

#define AT(path)  .api = GT_API_GEMINI_INTERACTIONS, .provider = "gcp.gemini", .target = "/v1beta/" path
#define SPAN	  SPAN_OF("chat", "gcp.gemini", "g")
#define FETCH	  "fetch_response\noperation.name=fetch_response\nprovider.name=gcp.gemini\n"
#define SSE(json) "data: " json "\n\n"
#define USAGE_7_26_1                                                                                                   \
	"'usage':{'total_input_tokens':7,'total_output_tokens':26,'total_thought_tokens':115,'total_cached_tokens':2," \
	"'total_tool_use_tokens':0,'total_tokens':148,'input_tokens_by_modality':[{'modality':'text','tokens':7}],"    \
	"'output_tokens_by_modality':[{'modality':'IMAGE','tokens':20},{'modality':'video','tokens':6}]}"
#define COUNTS                                                                                                                \
	"usage.input_tokens=7\nusage.output_tokens=141\nusage.cache_read.input_tokens=2\nusage.reasoning.output_tokens=115\n" \
	"usage.text.input_tokens=7\nusage.image.output_tokens=20\n"

static void test_interactions_have_the_usage_of_thoughts_and_tools(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT("interactions"),
		  .request =
			  "{'model':'g','input':'Hi','previous_interaction_id':'i0','generation_config':{'max_output_tokens':9,"
			  "'temperature':0.5,'thinking_level':'low'}}",
		  .response = "{'id':'i1','object':'interaction','model':'g-1','status':'completed'," USAGE_7_26_1 "}",
		  .want = SPAN
		  "request.max_tokens=9\nrequest.temperature=0.5\nrequest.reasoning.level=low\n"
		  "request.previous_response.id=i0\nresponse.id=i1\nresponse.model=g-1\nresponse.finish_reasons=[stop]\n" COUNTS
			  OK },
		/* what a tool adds to the prompt is input, unless the total shows that the input has it */
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}",
		  .response =
			  "{'id':'i1','status':'completed','usage':{'total_input_tokens':10,'total_output_tokens':5,'total_tool_use_tokens':3,'total_tokens':18}}",
		  .want = SPAN
		  "response.id=i1\nresponse.finish_reasons=[stop]\nusage.input_tokens=13\nusage.output_tokens=5\n" OK },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}",
		  .response =
			  "{'id':'i1','status':'requires_action','usage':{'total_input_tokens':10,'total_output_tokens':5,'total_tool_use_tokens':3,'total_tokens':15}}",
		  .want = SPAN
		  "response.id=i1\nresponse.finish_reasons=[tool_calls]\nusage.input_tokens=10\nusage.output_tokens=5\n" OK },
		/* the words of the first preview; an agent in place of a model */
		{ AT("interactions"), .request = "{'agent':'deep-research','input':'Hi','background':true}",
		  .response = "{'id':'i1','status':'in_progress'}",
		  .want = "chat\noperation.name=chat\nprovider.name=gcp.gemini\nresponse.id=i1\nagent.id=deep-research\n" OK },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}",
		  .response =
			  "{'id':'i1','status':'incomplete','usage':{'total_input_tokens':1,'total_output_tokens':2,'total_reasoning_tokens':3}}",
		  .want = SPAN
		  "response.id=i1\nresponse.finish_reasons=[length]\nusage.input_tokens=1\nusage.output_tokens=5\nusage.reasoning.output_tokens=3\n" OK },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}", .response = "{'id':'i1','status':'failed'}",
		  .want = SPAN "response.id=i1\nerror.type=failed\nhttp.response.status_code=200\nerror \"\"\n" },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}", .status = 429,
		  .response = "{'error':{'code':'too_many_requests','message':'slow down'}}",
		  .want = SPAN ERROR("too_many_requests", "429", "slow down") },
	};

	(void)state;
	CHECK(cases);
}

static void test_interactions_stream_their_usage_last(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT("interactions?alt=sse"), .request = "{'model':'g','input':'Hi','stream':true}",
		  .type = "text/event-stream",
		  .response = "event: interaction.created\n" SSE(
			  "{'event_type':'interaction.created','interaction':{'id':'i1','model':'g-1','status':'in_progress'}}")
			  SSE("{'event_type':'step.delta','index':0,'delta':{'type':'text','text':'x'}}") SSE(
				  "{'event_type':'interaction.completed','interaction':{'id':'i1','model':'g-1','status':'completed'," USAGE_7_26_1
				  "}}") "event: done\ndata: [DONE]\n\n",
		  .want = SPAN
		  "request.stream=true\nresponse.id=i1\nresponse.model=g-1\nresponse.finish_reasons=[stop]\n" COUNTS OK },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi','stream':true}", .type = "text/event-stream",
		  .response = SSE("{'event_type':'interaction.start','interaction':{'id':'i1','status':'in_progress'}}")
			  SSE("{'event_type':'error','error':{'code':'deadline_exceeded','message':'late'}}"),
		  .want = SPAN
		  "request.stream=true\nresponse.id=i1\nerror.type=deadline_exceeded\nhttp.response.status_code=200\nerror \"late\"\n" },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}", .response = "{'code':'busy','message':'full'}",
		  .want = SPAN ERROR("busy", "200", "full") },
		{ AT("interactions"), .request = "{'model':'g','input':'Hi'}", .response = "{'ok':true}",
		  .want = SPAN OK "gentap.incomplete=unknown_format\n" },
		/* cut before its end */
		{ AT("interactions"), .request = "{'model':'g','input':'Hi','stream':true}", .type = "text/event-stream",
		  .response = SSE("{'event_type':'interaction.start','interaction':{'id':'i1','status':'in_progress'}}"),
		  .end = GT_CASE_EOF,
		  .want = SPAN
		  "request.stream=true\nresponse.id=i1\nerror.type=connection_reset\nhttp.response.status_code=200\nerror \"the connection ended before the response did\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_interactions_are_read_cancelled_and_deleted(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT("interactions/i1"), .method = "GET",
		  .response = "{'id':'i1','agent':'deep-research','status':'completed'," USAGE_7_26_1 "}",
		  .want = FETCH "response.id=i1\nresponse.finish_reasons=[stop]\nresponse.status=completed\n" COUNTS
				"agent.id=deep-research\n" OK },
		{ AT("interactions/i1"), .method = "GET", .response = "{'id':'i1','status':'in_progress'," USAGE_7_26_1 "}",
		  .want = FETCH "response.id=i1\nresponse.status=in_progress\n" OK },
		{ AT("interactions/i1"), .method = "GET", .response = "{'id':'i1','status':'failed','error':{'message':'x'}}",
		  .want = FETCH "response.id=i1\nresponse.finish_reasons=[error]\nresponse.status=failed\n" OK },
		{ AT("interactions/i1?stream=true&last_event_id=e7"), .method = "GET", .type = "text/event-stream",
		  .response =
			  SSE("{'event_type':'interaction.complete','interaction':{'id':'i1','status':'completed'," USAGE_7_26_1
			      "}}"),
		  .want = FETCH
		  "request.stream=true\nresponse.id=i1\nresponse.finish_reasons=[stop]\nresponse.status=completed\nrequest.stream_cursor=e7\n" COUNTS
			  OK },
		{ AT("interactions/i1/cancel"), .response = "{'id':'i1','status':'cancelled'}",
		  .want = "cancel_response\noperation.name=cancel_response\nprovider.name=gcp.gemini\nresponse.id=i1\n" OK },
		{ AT("interactions/i1"), .method = "DELETE", .response = "{}",
		  .want = "delete_response\noperation.name=delete_response\nprovider.name=gcp.gemini\nresponse.id=i1\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_interactions_have_the_usage_of_thoughts_and_tools),
		GT_TEST(test_interactions_stream_their_usage_last),
		GT_TEST(test_interactions_are_read_cancelled_and_deleted),
	};

	return GT_TESTS(tests);
}
