/* Documents of a stream that are not of the API's format: news of the queue, and errors of a gateway. */
#include "support/span_lines.h"
#include "support/test.h"

#define CHAT	   .api = GT_API_OPENAI_CHAT, .provider = "x", .target = "/v1/chat/completions"
#define SSE	   .type = "text/event-stream"
#define ASK_STREAM .request = "{'model':'m','messages':[],'stream':true}", SSE
#define STREAM	   SPAN_OF("chat", "x", "m") "request.stream=true\n"
#define DATA(json) "data: " json "\n\n"
#define TEXT	   DATA("{'id':'c','choices':[{'index':0,'delta':{'content':'a'}}]}")
#define STOP	   DATA("{'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}")
#define USAGE	   DATA("{'id':'c','choices':[],'usage':{'prompt_tokens':9,'completion_tokens':4}}")
#define DONE	   DATA("[DONE]")
#define ANSWERED   STREAM "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=9\nusage.output_tokens=4\n" OK
#define BEGUN	   STREAM "response.id=c\n"

static void test_stream_error_is_none_where_an_answer_follows(void **state)
{
	static const char *const news[] = {
		"{'type':'status','status':'processing','message':'queued at position 3'}",
		"{'status':'waiting for a replica','message':'queued at position 3'}",
		"{'type':'ping','message':'still here'}",
		"{'type':'notice','message':'a slower model answers'}",
		"{'code':'cold_start','message':'loading'}",
		"{'code':102,'msg':'loading'}",
		"{'detail':'searching'}",
		"{'success':false,'message':'not yet'}",
	};
	static const char *const places[] = {
		DATA("%s") TEXT STOP USAGE DONE,
		TEXT DATA("%s") STOP USAGE DONE,
		TEXT STOP USAGE DATA("%s") DONE,
		DATA("%s") DATA("%s") TEXT STOP USAGE DONE,
		DATA("%s") TEXT DATA("%s") STOP USAGE DONE,
		TEXT STOP USAGE DATA("%s"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(news) * GT_ROWS(places); i++) {
		const char *document = news[i / GT_ROWS(places)];
		struct gt_exchange_case c = { CHAT, ASK_STREAM, .want = ANSWERED };
		char *text;

		assert_true(asprintf(&text, places[i % GT_ROWS(places)], document, document) > 0);
		c.response = text;
		gt_exchange_case_check(&c);
		free(text);
	}
}

static void test_stream_error_is_what_ends_the_stream(void **state)
{
#define GEMINI_STREAM                                                                               \
	.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", .request = "{'contents':[]}", SSE, \
	.target = "/v1beta/models/m:streamGenerateContent?alt=sse"
#define GEMINI_SPAN SPAN_OF("generate_content", "gcp.gemini", "m") "request.stream=true\n"
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK_STREAM, .response = DATA("{'type':'overloaded','message':'busy'}"),
		  .want = STREAM ERROR("overloaded", "200", "busy") },
		{ CHAT, ASK_STREAM, .response = TEXT DATA("{'code':'E7','message':'broke'}") DONE,
		  .want = BEGUN ERROR("E7", "200", "broke") },
		{ CHAT, ASK_STREAM, .response = DATA("{'detail':'Not authenticated'}") DONE,
		  .want = STREAM ERROR("_OTHER", "200", "Not authenticated") },
		{ CHAT, ASK_STREAM, .end = GT_CASE_EOF,
		  .response = DATA("{'type':'ping','message':'a'}") TEXT DATA("{'statusCode':500,'message':'broke'}"),
		  .want = BEGUN ERROR("500", "200", "broke") },
		/* the first of two; the second is about the first */
		{ CHAT, ASK_STREAM,
		  .response = TEXT DATA("{'code':'E7','message':'broke'}") DATA("{'code':'E8','message':'closing'}") DONE,
		  .want = BEGUN ERROR("E7", "200", "broke") },
		/* news are not why the stream ended */
		{ CHAT, ASK_STREAM, .end = GT_CASE_EOF, .response = DATA("{'status':'processing','message':'queued'}"),
		  .want = STREAM ERROR("connection_reset", "200", "the connection ended before the response did") },
		{ GEMINI_STREAM,
		  .response = DATA("{'status':'busy','message':'queued'}")
			  DATA("{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':'STOP'}]}"),
		  .want = GEMINI_SPAN "response.finish_reasons=[STOP]\n" OK },
		{ GEMINI_STREAM, .response = DATA("{'status':'busy','message':'no room'}"),
		  .want = GEMINI_SPAN ERROR("busy", "200", "no room") },
		/* the member is a service's own */
		{ CHAT, ASK_STREAM, .response = DATA("{'base_resp':{'status_code':1004,'status_msg':'login fail'}}") TEXT,
		  .want = BEGUN ERROR("1004", "200", "login fail") },
	};

	(void)state;
	CHECK(cases);
}

static void test_stream_error_is_none_in_a_document_of_progress(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, .request = "{'model':'m','messages':[]}", .response = "{'status':'queued','message':'position 3'}",
		  .want = SPAN_OF("chat", "x", "m") INCOMPLETE("unknown_format") },
		{ CHAT, .request = "{'model':'m','messages':[]}", .response = "{'status':'refused','message':'no room'}",
		  .want = SPAN_OF("chat", "x", "m") ERROR("refused", "200", "no room") },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_stream_error_is_none_where_an_answer_follows),
		GT_TEST(test_stream_error_is_what_ends_the_stream),
		GT_TEST(test_stream_error_is_none_in_a_document_of_progress),
	};

	return GT_TESTS(tests);
}
