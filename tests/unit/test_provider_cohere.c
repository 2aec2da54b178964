#include "support/span_lines.h"
#include "support/test.h"

#define V2		.api = GT_API_COHERE_CHAT, .provider = "cohere", .target = "/v2/chat"
#define V1		.api = GT_API_COHERE_CHAT, .provider = "cohere", .target = "/v1/chat"
#define EMBED		.api = GT_API_COHERE_EMBED, .provider = "cohere", .target = "/v2/embed"
#define RERANK		.api = GT_API_RERANK, .provider = "cohere", .target = "/v2/rerank"
#define NAME		SPAN_OF("chat", "cohere", "command-r")
#define TOKENS(in, out) "cohere.usage.tokens.input_tokens=" #in "\ncohere.usage.tokens.output_tokens=" #out "\n"
#define BILLED(in, out) "cohere.usage.billed_units.input_tokens=" #in "\ncohere.usage.billed_units.output_tokens=" #out "\n"
#define ASK		.request = "{'model':'command-r','messages':[]}"
#define ASK_STREAM	.request = "{'model':'command-r','messages':[],'stream':true}"

static void test_cohere_second_generation_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ V2,
		  .request =
			  "{'model':'command-r','messages':[],'max_tokens':9,'temperature':0.5,'p':0.75,'k':40,'stop_sequences':['x'],'seed':3,"
			  "'frequency_penalty':0.25,'presence_penalty':0.5,'response_format':{'type':'json_object'}}",
		  .fields = "x-debug-trace-id: t-1\r\n",
		  .response =
			  "{'id':'c1','finish_reason':'TOOL_CALL','message':{},'usage':{'billed_units':{'input_tokens':5,'output_tokens':4},"
			  "'tokens':{'input_tokens':100.0,'output_tokens':20.0},'cached_tokens':64}}",
		  .want = "chat command-r\noperation.name=chat\nprovider.name=cohere\nrequest.model=command-r\noutput.type=json\nrequest.seed=3\n"
			  "request.top_k=40\nrequest.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.75\nrequest.frequency_penalty=0.25\n"
			  "request.presence_penalty=0.5\nrequest.stop_sequences=[x]\nresponse.id=c1\nresponse.finish_reasons=[TOOL_CALL]\n"
			  "usage.input_tokens=100\nusage.output_tokens=20\nusage.cache_read.input_tokens=64\n" TOKENS(100, 20)
				  BILLED(5, 4) OK "http.response.header.x-debug-trace-id=[t-1]\n" },
		/* billed units where other counts are absent */
		{ V2, ASK,
		  .response =
			  "{'id':'c1','finish_reason':'COMPLETE','usage':{'billed_units':{'input_tokens':5,'output_tokens':4}}}",
		  .want = NAME
		  "response.id=c1\nresponse.finish_reasons=[COMPLETE]\nusage.input_tokens=5\nusage.output_tokens=4\n" BILLED(
			  5, 4) OK },
		{ V2, ASK,
		  .response =
			  "{'id':'c1','finish_reason':'COMPLETE','usage':{'billed_units':{'input_tokens':5,'output_tokens':4},"
			  "'dream_tokens':1}}",
		  .want = NAME
		  "response.id=c1\nresponse.finish_reasons=[COMPLETE]\nusage.input_tokens=5\nusage.output_tokens=4\n" BILLED(
			  5, 4) OK "gentap.incomplete=unknown_usage\n" },
		{ V2, ASK, .status = 401, .response = "{'id':'e1','message':'invalid api token'}",
		  .want = NAME "response.id=e1\nerror.type=401\nhttp.response.status_code=401\nerror \"invalid api token\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_cohere_streams_of_both_generations_are_put_together(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ V2, ASK_STREAM, .type = "text/event-stream",
		  .response =
			  "event: message-start\ndata: {'id':'c1','type':'message-start','delta':{'message':{}}}\n\n"
			  "event: content-delta\ndata: {'type':'content-delta','index':0,'delta':{'message':{'content':{'text':'x'}}}}\n\n"
			  "event: message-end\ndata: {'type':'message-end','delta':{'finish_reason':'COMPLETE','usage':{'tokens':{'input_tokens':7,'output_tokens':2}}}}\n\n"
			  "data: [DONE]\n\n",
		  .want = NAME
		  "request.stream=true\nresponse.id=c1\nresponse.finish_reasons=[COMPLETE]\nusage.input_tokens=7\nusage.output_tokens=2\n" TOKENS(
			  7, 2) OK },
		{ V1, .request = "{'model':'command-r','message':'Hi','conversation_id':'conv','stream':true}",
		  .type = "application/stream+json",
		  .response =
			  "{'is_finished':false,'event_type':'stream-start','generation_id':'g1'}\n{'is_finished':false,'event_type':'text-generation','text':'x'}\n"
			  "{'is_finished':true,'event_type':'stream-end','finish_reason':'COMPLETE','response':{'response_id':'r1','generation_id':'g1',"
			  "'meta':{'tokens':{'input_tokens':9,'output_tokens':3},'billed_units':{'input_tokens':1,'output_tokens':1}}}}\n",
		  .want = "chat command-r\noperation.name=chat\nprovider.name=cohere\nrequest.model=command-r\nconversation.id=conv\nrequest.stream=true\n"
			  "response.id=g1\nresponse.finish_reasons=[COMPLETE]\nusage.input_tokens=9\nusage.output_tokens=3\n" TOKENS(
				  9, 3) BILLED(1, 1) OK },
		/* the last event is missing */
		{ V2, ASK_STREAM, .type = "text/event-stream", .end = GT_CASE_CLOSED,
		  .response = "data: {'id':'c1','type':'message-start'}\n\n",
		  .want = NAME "request.stream=true\nresponse.id=c1\nerror.type=cancelled\n" OK
			       "error \"the application gave up before the response ended\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_cohere_first_generation_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		/* older clients send no model */
		{ V1, .request = "{'message':'Hi','chat_history':[]}",
		  .response =
			  "{'response_id':'r1','generation_id':'g1','text':'x','finish_reason':'COMPLETE','meta':{'billed_units':{'input_tokens':5,'output_tokens':4}}}",
		  .want = "chat\noperation.name=chat\nprovider.name=cohere\nresponse.id=g1\nresponse.finish_reasons=[COMPLETE]\n"
			  "usage.input_tokens=5\nusage.output_tokens=4\n" BILLED(5, 4) OK },
		{ .api = GT_API_COHERE_GENERATE,
		  .provider = "cohere",
		  .target = "/v1/generate",
		  .request = "{'model':'m','prompt':'Hi','num_generations':2}",
		  .response =
			  "{'id':'g','generations':[{'finish_reason':'COMPLETE'},{'finish_reason':'MAX_TOKENS'}],'meta':{'billed_units':{'input_tokens':5,'output_tokens':4}}}",
		  .want = "text_completion m\noperation.name=text_completion\nprovider.name=cohere\nrequest.model=m\nrequest.choice.count=2\nresponse.id=g\n"
			  "response.finish_reasons=[COMPLETE, MAX_TOKENS]\nusage.input_tokens=5\nusage.output_tokens=4\n" BILLED(
				  5, 4) OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_cohere_embeddings_are_read(void **state)
{
	static const char name[] =
		SPAN_OF("embeddings", "cohere", "e") "embeddings.dimension.count=3\nresponse.id=x\nusage.input_tokens=7\n" OK;
	static const struct gt_exchange_case cases[] = {
		{ EMBED, .request = "{'model':'e','texts':['a','b']}",
		  .response =
			  "{'id':'x','embeddings':[[1,2,3],[1,2,3]],'meta':{'billed_units':{'input_tokens':7,'image_tokens':0}}}",
		  .want = name },
		{ EMBED, .request = "{'model':'e','texts':['a'],'embedding_types':['float','int8'],'output_dimension':3}",
		  .response =
			  "{'id':'x','embeddings':{'float':[[1,2,3]],'int8':[[1,2,3]]},'meta':{'billed_units':{'input_tokens':7}}}",
		  .want = "embeddings e\noperation.name=embeddings\nprovider.name=cohere\nrequest.model=e\nrequest.encoding_formats=[float, int8]\n"
			  "embeddings.dimension.count=3\nresponse.id=x\nusage.input_tokens=7\n" OK },
		/* tokens of a picture are not input tokens: they have their own count */
		{ EMBED, .request = "{'model':'e','images':['data:x']}",
		  .response = "{'id':'x','meta':{'billed_units':{'image_tokens':12}}}",
		  .want = "embeddings e\noperation.name=embeddings\nprovider.name=cohere\nrequest.model=e\nresponse.id=x\nusage.input_tokens=12\nusage.image.input_tokens=12\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_rerank_is_no_chat_and_counts_tokens_where_there_are_any(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ RERANK, .request = "{'model':'r','query':'q','documents':['a']}",
		  .response = "{'id':'x','results':[],'meta':{'billed_units':{'search_units':1}}}",
		  .want = "rerank r\noperation.name=rerank\nprovider.name=cohere\nrequest.model=r\nresponse.id=x\n" OK },
		{ .api = GT_API_RERANK,
		  .provider = "voyage",
		  .target = "/v1/rerank",
		  .request = "{'model':'r','query':'q','documents':['a']}",
		  .response = "{'object':'list','data':[],'model':'r-2','usage':{'total_tokens':43}}",
		  .want = "rerank r\noperation.name=rerank\nprovider.name=voyage\nrequest.model=r\nresponse.model=r-2\nusage.input_tokens=43\n" OK },
		{ RERANK, .candidate = true, .request = "{'query':'q','documents':['a']}", .response = "{}",
		  .want = "rerank\noperation.name=rerank\nprovider.name=cohere\n" OK },
		{ RERANK, .candidate = true, .request = "{'query':'q','documents':3}", .response = "{}", .want = "no span\n" },
		{ RERANK, .candidate = true, .request = "{'player':'q'}", .response = "{}", .want = "no span\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_cohere_second_generation_is_read),
		GT_TEST(test_cohere_streams_of_both_generations_are_put_together),
		GT_TEST(test_cohere_first_generation_is_read),
		GT_TEST(test_cohere_embeddings_are_read),
		GT_TEST(test_rerank_is_no_chat_and_counts_tokens_where_there_are_any),
	};

	return GT_TESTS(tests);
}
