/*
 * OpenAI's other APIs: pictures, sound, moderation; and stored responses, conversations, assistants and batches.
 */
#include "support/span_lines.h"
#include "support/test.h"

#define AT(a, path)	  .api = GT_API_##a, .provider = "openai", .target = path
#define SPAN(op, model)	  SPAN_OF(op, "openai", model)
#define NAME(op)	  op "\noperation.name=" op "\nprovider.name=openai\n"
#define FORM		  .request_type = "multipart/form-data; boundary=\"b 1\""
#define PART(name, value) "--b 1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static void test_openai_images_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_IMAGES, "/v1/images/generations"),
		  .request = "{'model':'gpt-image-1','prompt':'a bus','n':2,'size':'1024x1024'}",
		  .response =
			  "{'created':1,'data':[{'b64_json':'x'}],'usage':{'input_tokens':50,'output_tokens':200,'total_tokens':250,"
			  "'input_tokens_details':{'text_tokens':10,'image_tokens':40}}}",
		  .want = "image_generation gpt-image-1\noperation.name=image_generation\nprovider.name=openai\nrequest.model=gpt-image-1\noutput.type=image\n"
			  "request.choice.count=2\nusage.input_tokens=50\nusage.output_tokens=200\nusage.text.input_tokens=10\nusage.image.input_tokens=40\n" OK },
		{ AT(OPENAI_IMAGES, "/v1/images/generations"),
		  .request = "{'model':'gpt-image-1','prompt':'a bus','stream':true}", .type = "text/event-stream",
		  .response =
			  "event: image_generation.partial_image\ndata: {'type':'image_generation.partial_image','b64_json':'x'}\n\n"
			  "event: image_generation.completed\ndata: {'type':'image_generation.completed','usage':{'input_tokens':5,'output_tokens':6,'total_tokens':11}}\n\n",
		  .want = "image_generation gpt-image-1\noperation.name=image_generation\nprovider.name=openai\nrequest.model=gpt-image-1\noutput.type=image\n"
			  "request.stream=true\nusage.input_tokens=5\nusage.output_tokens=6\n" OK },
		{ AT(OPENAI_IMAGES, "/v1/images/edits"), FORM,
		  .request = PART("image", "\x89PNG\r\n--b 2\r\n") PART("model", "gpt-image-1") PART("n", "3") "--b 1--\r\n",
		  .response = "{}",
		  .want = "image_generation gpt-image-1\noperation.name=image_generation\nprovider.name=openai\nrequest.model=gpt-image-1\noutput.type=image\n"
			  "request.choice.count=3\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_audio_is_read_and_its_bytes_are_not(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM,
		  .request = PART("model", "whisper-1") PART("response_format", "verbose_json") "--b 1--\r\n",
		  .response = "{'text':'x','usage':{'type':'duration','seconds':3}}",
		  .want = "transcription whisper-1\noperation.name=transcription\nprovider.name=openai\nrequest.model=whisper-1\noutput.type=json\n" OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM,
		  .request = PART("model", "gpt-4o-transcribe") PART("stream", "true") "--b 1--\r\n",
		  .type = "text/event-stream",
		  .response =
			  "data: {'type':'transcript.text.delta','delta':'x'}\n\ndata: {'type':'transcript.text.done','text':'x','usage':{'type':'tokens',"
			  "'input_tokens':14,'output_tokens':5,'total_tokens':19,'input_token_details':{'text_tokens':4,'audio_tokens':10}}}\n\n",
		  .want = SPAN("transcription",
			       "gpt-4o-transcribe") "request.stream=true\nusage.input_tokens=14\nusage.output_tokens=5\n"
						    "usage.text.input_tokens=4\nusage.audio.input_tokens=10\n" OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/translations"), FORM, .request = PART("model", "whisper-1") "--b 1--\r\n",
		  .type = "text/plain", .response = "hello", .want = SPAN("translation", "whisper-1") OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/speech"), .request = "{'model':'tts-1','input':'Hi','voice':'alloy'}",
		  .type = "audio/mpeg", .response = "data: not an event",
		  .want = "speech tts-1\noperation.name=speech\nprovider.name=openai\nrequest.model=tts-1\noutput.type=speech\n" OK },
		/* on a host that gentap does not know */
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM, .candidate = true,
		  .request = PART("file", "RIFF") PART("model", "whisper-1") "--b 1--\r\n", .response = "{'text':'x'}",
		  .want = SPAN("transcription", "whisper-1") OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), .candidate = true,
		  .request = "{'model':'m','input_audio':{'data':'x'}}", .response = "{'text':'x'}",
		  .want = SPAN("transcription", "m") OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM, .candidate = true,
		  .request = PART("file", "RIFF") PART("lang", "de") "--b 1--\r\n", .response = "{}", .want = "no span\n" },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), .candidate = true, .request = "{'model':'m','input':'x'}",
		  .response = "{}", .want = "no span\n" },
		/* an invalid form, and a truncated part */
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM,
		  .request = "--b 1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhis", .response = "{}",
		  .want = NAME("transcription") OK },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), .request_type = "multipart/form-data",
		  .request = PART("model", "whisper-1"), .response = "{}", .want = NAME("transcription") OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_moderations_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_MODERATIONS, "/v1/moderations"), .request = "{'model':'omni','input':'x'}",
		  .response = "{'id':'modr-1','model':'omni-1','results':[]}",
		  .want = SPAN("moderation", "omni") "response.id=modr-1\nresponse.model=omni-1\n" OK },
		{ AT(OPENAI_MODERATIONS, "/v1/moderations"), .candidate = true, .request = "{'input':'x'}", .response = "{}",
		  .want = "no span\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_stored_responses_have_no_tokens(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_STORED, "/v1/responses/resp_1?include=x"), .method = "GET",
		  .response =
			  "{'id':'resp_1','model':'gpt-4o-1','status':'completed','output':[{'type':'message'}],'usage':{'input_tokens':5,'output_tokens':6}}",
		  .want = NAME(
			  "fetch_response") "response.id=resp_1\nresponse.model=gpt-4o-1\nresponse.finish_reasons=[stop]\nresponse.status=completed\n"
					    "openai.api.type=responses\n" OK },
		{ AT(OPENAI_STORED, "/v1/responses/resp_1"), .method = "GET",
		  .response = "{'id':'resp_1','status':'failed','error':{'code':'server_error','message':'x'}}",
		  .want = NAME(
			  "fetch_response") "response.id=resp_1\nresponse.finish_reasons=[error]\nresponse.status=failed\nopenai.api.type=responses\n" OK },
		{ AT(OPENAI_STORED, "/v1/responses/resp_1"), .method = "GET", .response = "{'id':'resp_1','status':'queued'}",
		  .want = NAME("fetch_response") "response.id=resp_1\nresponse.status=queued\nopenai.api.type=responses\n" OK },
		{ AT(OPENAI_STORED, "/v1/responses/resp_1?stream=true&starting_after=42"), .method = "GET",
		  .type = "text/event-stream",
		  .response =
			  "event: response.completed\ndata: {'type':'response.completed','response':{'id':'resp_1','status':'completed','usage':{'input_tokens':5,'output_tokens':6}}}\n\n",
		  .want = NAME(
			  "fetch_response") "request.stream=true\nresponse.id=resp_1\nresponse.finish_reasons=[stop]\nresponse.status=completed\n"
					    "request.stream_cursor=42\nopenai.api.type=responses\n" OK },
		{ AT(OPENAI_STORED, "/v1/responses/resp_1"), .method = "GET", .status = 404,
		  .response = "{'error':{'message':'gone','type':'invalid_request_error','code':null}}",
		  .want = NAME(
			  "fetch_response") "response.id=resp_1\nopenai.api.type=responses\nerror.type=invalid_request_error\nhttp.response.status_code=404\nerror \"gone\"\n" },
		{ AT(OPENAI_INPUT_TOKENS, "/v1/responses/input_tokens"), .request = "{'model':'gpt-4o','input':'x'}",
		  .response = "{'object':'response.input_tokens','input_tokens':11}",
		  .want = SPAN("count_tokens", "gpt-4o") OK },
	};

	(void)state;
	CHECK(cases);
}

#define RUN(status, more)                                                                                                       \
	"{'id':'run_1','object':'thread.run','assistant_id':'asst_1','thread_id':'thread_1','model':'gpt-4o','status':'" status \
	"'" more "}"

static void test_openai_assistants_are_recognised_by_method_and_path(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_ASSISTANTS, "/v1/assistants"),
		  .request = "{'model':'gpt-4o','name':'Bus agent','description':'knows buses'}",
		  .response = "{'id':'asst_1','object':'assistant','name':'Bus agent','model':'gpt-4o'}",
		  .want = "create_agent Bus agent\noperation.name=create_agent\nprovider.name=openai\nrequest.model=gpt-4o\nagent.id=asst_1\nagent.name=Bus agent\n"
			  "agent.description=knows buses\n" OK },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads"), .request = "{}", .response = "{'id':'thread_1','object':'thread'}",
		  .want = "create_thread\noperation.name=create_thread\nprovider.name=openai\nconversation.id=thread_1\n" OK },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/thread_1/runs"),
		  .request = "{'assistant_id':'asst_1','max_completion_tokens':9}", .response = RUN("queued", ",'usage':null"),
		  .want = "invoke_agent\noperation.name=invoke_agent\nprovider.name=openai\nconversation.id=thread_1\nrequest.max_tokens=9\nresponse.id=run_1\n"
			  "response.model=gpt-4o\nresponse.status=queued\nagent.id=asst_1\n" OK },
		/* only the last poll has the usage */
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/thread_1/runs/run_1"), .method = "GET",
		  .response = RUN(
			  "completed",
			  ",'usage':{'prompt_tokens':30,'completion_tokens':4,'total_tokens':34,'prompt_token_details':{'cached_tokens':8}}"),
		  .want = "fetch_run\noperation.name=fetch_run\nprovider.name=openai\nconversation.id=thread_1\nresponse.id=run_1\nresponse.model=gpt-4o\n"
			  "response.finish_reasons=[stop]\nresponse.status=completed\nusage.input_tokens=30\nusage.output_tokens=4\nusage.cache_read.input_tokens=8\nagent.id=asst_1\n" OK },
		/* fetching a failed run succeeds */
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/thread_1/runs/run_1"), .method = "GET",
		  .response = RUN("failed", ",'last_error':{'code':'server_error','message':'x'}"),
		  .want = "fetch_run\noperation.name=fetch_run\nprovider.name=openai\nconversation.id=thread_1\nresponse.id=run_1\nresponse.model=gpt-4o\n"
			  "response.status=failed\nagent.id=asst_1\n" OK },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/thread_1/runs/run_1/submit_tool_outputs"),
		  .request = "{'tool_outputs':[]}", .response = RUN("queued", ""),
		  .want = "submit_tool_outputs\noperation.name=submit_tool_outputs\nprovider.name=openai\nconversation.id=thread_1\nresponse.id=run_1\n"
			  "response.model=gpt-4o\nresponse.status=queued\nagent.id=asst_1\n" OK },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/runs"), .request = "{'assistant_id':'asst_1','stream':true}",
		  .type = "text/event-stream",
		  .response =
			  "event: thread.created\ndata: {'id':'thread_1','object':'thread'}\n\nevent: thread.run.created\ndata: " RUN(
				  "queued", "") "\n\n"
						"event: thread.run.requires_action\ndata: " RUN(
							"requires_action", "") "\n\nevent: done\ndata: [DONE]\n\n",
		  .want = "invoke_agent\noperation.name=invoke_agent\nprovider.name=openai\nconversation.id=thread_1\nrequest.stream=true\nresponse.id=run_1\n"
			  "response.model=gpt-4o\nresponse.finish_reasons=[tool_calls]\nresponse.status=requires_action\nagent.id=asst_1\n" OK },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/thread_1/"), .method = "DELETE",
		  .response = "{'id':'thread_1','object':'thread.deleted'}",
		  .want = "delete_thread\noperation.name=delete_thread\nprovider.name=openai\nconversation.id=thread_1\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_conversations_batches_and_searches(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AT(OPENAI_CONVERSATIONS, "/v1/conversations"), .request = "{}",
		  .response = "{'id':'conv_1','object':'conversation'}",
		  .want = "create_conversation\noperation.name=create_conversation\nprovider.name=openai\nconversation.id=conv_1\n" OK },
		{ AT(OPENAI_CONVERSATIONS, "/v1/conversations/conv_1/items?limit=2"), .method = "GET",
		  .response = "{'object':'list','data':[]}",
		  .want = "list_conversation_items\noperation.name=list_conversation_items\nprovider.name=openai\nconversation.id=conv_1\n" OK },
		{ AT(OPENAI_CONVERSATIONS, "/v1/conversations/conv_1"), .method = "DELETE", .response = "{}",
		  .want = "delete_conversation\noperation.name=delete_conversation\nprovider.name=openai\nconversation.id=conv_1\n" OK },
		{ AT(BATCHES, "/v1/batches"), .request = "{'input_file_id':'f','endpoint':'/v1/chat/completions'}",
		  .response = "{'id':'batch_1','object':'batch'}", .want = NAME("create_batch") "response.id=batch_1\n" OK },
		{ .api = GT_API_BATCHES,
		  .provider = "anthropic",
		  .target = "/v1/messages/batches/b1",
		  .method = "GET",
		  .response = "{'id':'b1','type':'message_batch'}",
		  .want = "fetch_batch\noperation.name=fetch_batch\nprovider.name=anthropic\nresponse.id=b1\n" OK },
		{ AT(OPENAI_SEARCH, "/v1/vector_stores/vs_1/search"), .request = "{'query':'x','max_num_results':3}",
		  .response = "{'data':[]}",
		  .want = "retrieval vs_1\noperation.name=retrieval\nprovider.name=openai\ndata_source.id=vs_1\nretrieval.top_k=3\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_anthropic_counting_and_completions(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_ANTHROPIC_COUNT,
		  .provider = "anthropic",
		  .target = "/v1/messages/count_tokens",
		  .request = "{'model':'claude','messages':[]}",
		  .response = "{'input_tokens':14}",
		  .want = "count_tokens claude\noperation.name=count_tokens\nprovider.name=anthropic\nrequest.model=claude\n" OK },
		{ .api = GT_API_ANTHROPIC_COMPLETE,
		  .provider = "anthropic",
		  .target = "/v1/complete",
		  .request = "{'model':'claude-2.1','prompt':'x','max_tokens_to_sample':9,'stream':true}",
		  .type = "text/event-stream",
		  .response =
			  "event: completion\ndata: {'type':'completion','id':'compl_1','completion':'x','stop_reason':null,'model':'claude-2.1'}\n\nevent: ping\ndata: {'type':'ping'}\n\n"
			  "event: completion\ndata: {'type':'completion','id':'compl_1','completion':'','stop_reason':'stop_sequence','model':'claude-2.1'}\n\n",
		  .want = "text_completion claude-2.1\noperation.name=text_completion\nprovider.name=anthropic\nrequest.model=claude-2.1\nrequest.stream=true\nrequest.max_tokens=9\n"
			  "response.id=compl_1\nresponse.model=claude-2.1\nresponse.finish_reasons=[stop_sequence]\n" OK },
		{ .api = GT_API_ANTHROPIC_COMPLETE,
		  .provider = "anthropic",
		  .target = "/v1/complete",
		  .request = "{'model':'claude-2.1','prompt':'x','stream':true}",
		  .type = "text/event-stream",
		  .response = "event: error\ndata: {'type':'error','error':{'type':'overloaded_error','message':'busy'}}\n\n",
		  .want = "text_completion claude-2.1\noperation.name=text_completion\nprovider.name=anthropic\nrequest.model=claude-2.1\nrequest.stream=true\n"
			  "error.type=overloaded_error\n" OK "error \"busy\"\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_openai_images_are_read),
		GT_TEST(test_openai_audio_is_read_and_its_bytes_are_not),
		GT_TEST(test_openai_moderations_are_read),
		GT_TEST(test_openai_stored_responses_have_no_tokens),
		GT_TEST(test_openai_assistants_are_recognised_by_method_and_path),
		GT_TEST(test_openai_conversations_batches_and_searches),
		GT_TEST(test_anthropic_counting_and_completions),
	};

	return GT_TESTS(tests);
}
