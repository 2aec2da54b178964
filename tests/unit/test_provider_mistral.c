#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "mistral_ai", model)

#define CONVERSE .api = GT_API_MISTRAL_CONVERSATIONS, .provider = "mistral_ai", .target = "/v1/conversations"

static void test_mistral_conversations_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSE,
		  .request =
			  "{'model':'mistral-large','inputs':'Hi','completion_args':{'max_tokens':9,'temperature':0.5,'top_p':0.9,'random_seed':7,'stop':['x']}}",
		  .fields = "mistral-correlation-id: m1\r\n",
		  .response =
			  "{'object':'conversation.response','conversation_id':'conv_1','outputs':[{'type':'message.output','model':'mistral-large-1'}],"
			  "'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}",
		  .want = "chat mistral-large\noperation.name=chat\nprovider.name=mistral_ai\nrequest.model=mistral-large\nconversation.id=conv_1\nrequest.seed=7\n"
			  "request.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\nrequest.stop_sequences=[x]\nresponse.model=mistral-large-1\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\n" OK
			  "http.response.header.mistral-correlation-id=[m1]\n" },
		{ .api = GT_API_MISTRAL_CONVERSATIONS,
		  .provider = "mistral_ai",
		  .target = "/v1/conversations/conv_1/restart",
		  .request = "{'inputs':'Hi','from_entry_id':'e1'}",
		  .response =
			  "{'conversation_id':'conv_2','outputs':[{'model':'m-1'}],'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}",
		  .want = "chat\noperation.name=chat\nprovider.name=mistral_ai\nconversation.id=conv_2\nresponse.model=m-1\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ .api = GT_API_MISTRAL_CONVERSATIONS,
		  .provider = "mistral_ai",
		  .target = "/v1/conversations/conv_1",
		  .request = "{'inputs':'Hi','agent_id':'ag_1','stream':true}",
		  .type = "text/event-stream",
		  .response =
			  "event: conversation.response.started\ndata: {'type':'conversation.response.started','conversation_id':'conv_1'}\n\n"
			  "event: message.output.delta\ndata: {'type':'message.output.delta','model':'m-1','content':'x'}\n\n"
			  "event: conversation.response.done\ndata: {'type':'conversation.response.done','usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}\n\n",
		  .want = "chat\noperation.name=chat\nprovider.name=mistral_ai\nconversation.id=conv_1\nrequest.stream=true\nresponse.model=m-1\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\nagent.id=ag_1\n" OK },
		{ CONVERSE, .request = "{'inputs':'Hi','stream':true}", .type = "text/event-stream",
		  .response =
			  "event: conversation.response.error\ndata: {'type':'conversation.response.error','message':'no','code':'busy'}\n\n",
		  .want = "chat\noperation.name=chat\nprovider.name=mistral_ai\nrequest.stream=true\nerror.type=busy\n" OK
			  "error \"no\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_mistral_ocr_fim_and_agents_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_MISTRAL_OCR,
		  .provider = "mistral_ai",
		  .target = "/v1/ocr",
		  .request = "{'model':'mistral-ocr-latest','document':{}}",
		  .response = "{'pages':[],'model':'mistral-ocr-1','usage_info':{'pages_processed':1}}",
		  .want = SPAN("ocr", "mistral-ocr-latest") "response.model=mistral-ocr-1\n" OK },
		{ .api = GT_API_OPENAI_COMPLETIONS,
		  .provider = "mistral_ai",
		  .target = "/v1/fim/completions",
		  .request = "{'model':'codestral','prompt':'def','suffix':'x','random_seed':7}",
		  .response =
			  "{'id':'c','choices':[{'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7,'num_cached_tokens':2}}",
		  .want = SPAN(
			  "text_completion",
			  "codestral") "request.seed=7\nresponse.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n"
				       "usage.cache_read.input_tokens=2\n" OK },
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "mistral_ai",
		  .target = "/v1/agents/completions",
		  .request = "{'agent_id':'ag_1','messages':[]}",
		  .response = "{'id':'c'}",
		  .want = "chat\noperation.name=chat\nprovider.name=mistral_ai\nresponse.id=c\nagent.id=ag_1\n" OK },
		/* a transcription is billed by the second: its tokens are reported unchanged, next to the audio */
		{ .api = GT_API_OPENAI_AUDIO,
		  .provider = "mistral_ai",
		  .target = "/v1/audio/transcriptions",
		  .request = "{'model':'voxtral','file_url':'x'}",
		  .response =
			  "{'model':'voxtral-1','text':'x','usage':{'prompt_audio_seconds':3,'prompt_tokens':3,'completion_tokens':11,'total_tokens':389,'prompt_tokens_details':{'audio_tokens':375}}}",
		  .want = SPAN(
			  "transcription",
			  "voxtral") "response.model=voxtral-1\nusage.input_tokens=378\nusage.output_tokens=11\nusage.audio.input_tokens=375\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_mistral_conversations_are_read),
		GT_TEST(test_mistral_ocr_fim_and_agents_are_read),
	};

	return GT_TESTS(tests);
}
