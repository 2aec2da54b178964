#include "support/span_lines.h"
#include "support/test.h"

#define CHAT	   .api = GT_API_OPENAI_CHAT, .provider = "openai", .target = "/v1/chat/completions"
#define TEXT	   .api = GT_API_OPENAI_COMPLETIONS, .provider = "openai", .target = "/v1/completions"
#define RESPONSES  .api = GT_API_OPENAI_RESPONSES, .provider = "openai", .target = "/v1/responses"
#define EMBEDDINGS .api = GT_API_OPENAI_EMBEDDINGS, .provider = "openai", .target = "/v1/embeddings"
#define ASK	   .request = "{'model':'gpt-4o','messages':[{'role':'user','content':'Is bus 7 late?'}]}"
#define ASK_STREAM                                                                                             \
	.request = "{'model':'gpt-4o','stream':true,'messages':[{'role':'user','content':'Is bus 7 late?'}]}", \
	.type = "text/event-stream"
#define CHAT_SPAN   SPAN_OF("chat", "openai", "gpt-4o")
#define CHAT_STREAM CHAT_SPAN "request.stream=true\n"
#define API	    "openai.api.type=chat_completions\n"

/* ---------------------------------------------------------------- chat: requests */

static void test_openai_chat_request_parameters_become_attributes(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT,
		  .request =
			  "{'model':'gpt-4o','messages':[],'max_tokens':10,'max_completion_tokens':64,'temperature':0.2,'top_p':0.9,"
			  "'frequency_penalty':0.5,'presence_penalty':-0.5,'seed':42,'stop':['END','STOP'],'n':2,'top_logprobs':5,"
			  "'response_format':{'type':'json_schema','json_schema':{}},'service_tier':'flex','reasoning_effort':'low',"
			  "'user':'u','metadata':{'k':'v'},'store':true,'tools':[],'tool_choice':'auto'}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\noutput.type=json\n"
			  "request.choice.count=2\nrequest.seed=42\nrequest.max_tokens=64\nrequest.temperature=0.2\nrequest.top_p=0.9\n"
			  "request.frequency_penalty=0.5\nrequest.presence_penalty=-0.5\nrequest.stop_sequences=[END, STOP]\n"
			  "request.reasoning.level=low\n" API "openai.request.service_tier=flex\n" OK },
		/* values without meaning are left out */
		{ CHAT,
		  .request =
			  "{'model':'gpt-4o','messages':[],'max_tokens':null,'temperature':null,'seed':null,'stop':null,'n':1,'stream':false,"
			  "'response_format':null,'service_tier':'auto','reasoning_effort':null}",
		  .response = "{}", .want = CHAT_SPAN API OK },
		{ CHAT,
		  .request =
			  "{'model':'gpt-4o','messages':[],'max_tokens':16,'temperature':0,'top_p':1,'seed':-1,'stop':'END','top_k':40,"
			  "'response_format':{'type':'text'},'service_tier':'default'}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\noutput.type=text\nrequest.seed=-1\n"
			  "request.top_k=40\nrequest.max_tokens=16\nrequest.temperature=0\nrequest.top_p=1\nrequest.stop_sequences=[END]\n" API
			  "openai.request.service_tier=default\n" OK },
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'response_format':{'type':'json_object'}}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\noutput.type=json\n" API
			  OK },
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'modalities':['text','audio'],'audio':{'voice':'alloy'}}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\noutput.type=speech\n" API
			  OK },
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'modalities':['text'],'random_seed':7}", .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nrequest.seed=7\n" API
			  OK },
		/* as OpenRouter and Snowflake send it */
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'reasoning':{'effort':'high'}}", .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nrequest.reasoning.level=high\n" API
			  OK },
		/* a coded request */
		{ CHAT, .request_coding = "gzip", .request = "{'model':'gpt-4o','messages':[],'temperature':0.5}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nrequest.temperature=0.5\n" API
			  OK },
		/* without a model, or with an unreadable request, the name is one word */
		{ CHAT, .request = "{'messages':[]}", .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=openai\n" API OK },
		{ CHAT, .request = "{'model':'gpt-4o','mess", .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=openai\n" API INCOMPLETE("request_not_json") },
		{ CHAT, .request = "[]", .response = "{}", .want = "chat\noperation.name=chat\nprovider.name=openai\n" API OK },
		{ CHAT, .request = "", .response = "{}", .want = "chat\noperation.name=chat\nprovider.name=openai\n" API OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_attributes_of_its_own_are_for_openai_alone(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "groq",
		  .request = "{'model':'llama','messages':[],'service_tier':'flex'}",
		  .response = "{'id':'c','model':'llama-3','choices':[],'service_tier':'on_demand','system_fingerprint':'fp'}",
		  .want = "chat llama\noperation.name=chat\nprovider.name=groq\nrequest.model=llama\nresponse.id=c\nresponse.model=llama-3\n" OK },
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "azure.ai.openai",
		  .request = "{'model':'gpt-4o','messages':[]}",
		  .response = "{'id':'c','model':'gpt-4o-2024-08-06','choices':[],'system_fingerprint':'fp'}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=azure.ai.openai\nrequest.model=gpt-4o\nresponse.id=c\n"
			  "response.model=gpt-4o-2024-08-06\n" API "openai.response.system_fingerprint=fp\n"
			  "azure.resource_provider.namespace=Microsoft.CognitiveServices\n" OK },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- chat: whole responses */

static void test_openai_chat_response_is_read_whole(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK,
		  .response =
			  "{'id':'chatcmpl-1','object':'chat.completion','created':1760000000,'model':'gpt-4o-2024-08-06','choices':[{'index':0,"
			  "'message':{'role':'assistant','content':'Four minutes \xe2\x80\x93 sorry.','refusal':null},'logprobs':null,"
			  "'finish_reason':'stop'}],'usage':{'prompt_tokens':41,'completion_tokens':13,'total_tokens':54,'prompt_tokens_details':"
			  "{'cached_tokens':16,'audio_tokens':0},'completion_tokens_details':{'reasoning_tokens':4,'audio_tokens':0,"
			  "'accepted_prediction_tokens':0,'rejected_prediction_tokens':0}},'service_tier':'default','system_fingerprint':'fp_1'}",
		  .want = CHAT_SPAN
		  "response.id=chatcmpl-1\nresponse.model=gpt-4o-2024-08-06\nresponse.finish_reasons=[stop]\nusage.input_tokens=41\n"
		  "usage.output_tokens=13\nusage.cache_read.input_tokens=16\nusage.reasoning.output_tokens=4\n"
		  "usage.audio.input_tokens=0\nusage.audio.output_tokens=0\n" API
		  "openai.response.service_tier=default\nopenai.response.system_fingerprint=fp_1\n" OK },
		/* several choices: ordered by index, in any order of arrival */
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'n':3}",
		  .response = "{'choices':[{'index':2,'finish_reason':'content_filter'},{'index':0,'finish_reason':'stop'},"
			      "{'index':1,'finish_reason':'length'}]}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nrequest.choice.count=3\n"
			  "response.finish_reasons=[stop, length, content_filter]\n" API OK },
		{ CHAT, ASK, .response = "{'choices':[{'finish_reason':'tool_calls'},{'finish_reason':'stop'}]}",
		  .want = CHAT_SPAN "response.finish_reasons=[tool_calls, stop]\n" API OK },
		{ CHAT, ASK,
		  .response =
			  "{'choices':[{'index':0,'finish_reason':null},{'index':1,'finish_reason':'stop'},{'index':-3,'finish_reason':'x'},"
			  "{'index':99999,'finish_reason':'x'}]}",
		  .want = CHAT_SPAN "response.finish_reasons=[stop]\n" API OK },
		/* with Content-Encoding */
		{ CHAT, ASK, .coding = "gzip",
		  .response = "{'id':'chatcmpl-1','model':'gpt-4o-2024-08-06','choices':[{'index':0,'finish_reason':'stop'}]}",
		  .want = CHAT_SPAN
		  "response.id=chatcmpl-1\nresponse.model=gpt-4o-2024-08-06\nresponse.finish_reasons=[stop]\n" API OK },
		/* values of the wrong types, or not JSON: a span without them */
		{ CHAT, ASK,
		  .response = "{'id':[7],'model':null,'choices':{'a':1},'usage':[],'service_tier':{},'system_fingerprint':5}",
		  .want = CHAT_SPAN API OK },
		{ CHAT, ASK, .response = "{'id':'chatcmpl-1','model':'gpt", .want = CHAT_SPAN API INCOMPLETE("not_json") },
		{ CHAT, ASK, .type = "text/html", .response = "<html>hello</html>",
		  .want = CHAT_SPAN API INCOMPLETE("not_json") },
		{ CHAT, ASK, .response = "", .want = CHAT_SPAN API INCOMPLETE("not_json") },
		{ CHAT, ASK, .type = "audio/mpeg", .response = "ID3", .want = CHAT_SPAN API INCOMPLETE("not_json") },
		{ CHAT, ASK, .response = "{'response':'Four minutes.'}", .want = CHAT_SPAN API INCOMPLETE("unknown_format") },
		{ CHAT, ASK, .type = "text/event-stream", .response = ": ping\n\n",
		  .want = CHAT_STREAM API INCOMPLETE("not_json") },
		{ CHAT, ASK, .type = "text/event-stream", .response = "data: {'text':'Four'}\n\ndata: {'text':'.'}\n\n",
		  .want = CHAT_STREAM API INCOMPLETE("unknown_format") },
		/* nothing to understand */
		{ CHAT, ASK, .status = 204, .response = "", .want = CHAT_SPAN API "http.response.status_code=204\n" },
		{ CHAT, ASK, .response = "{'id':'c','object':'x','error':null}", .want = CHAT_SPAN "response.id=c\n" API OK },
		{ CHAT, ASK, .response = "[1,2,3]", .want = CHAT_SPAN API INCOMPLETE("unknown_format") },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- chat: usage */

#define USAGE(json, lines) { CHAT, ASK, .response = "{'usage':" json "}", .want = CHAT_SPAN lines API OK }

static void test_openai_usage_is_counted_by_the_rules_of_the_conventions(void **state)
{
	static const struct gt_exchange_case cases[] = {
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		USAGE("{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}",
		      "usage.input_tokens=0\nusage.output_tokens=0\n"),
		USAGE("null", ""),
		USAGE("{}", ""),
		/* the input includes cached tokens, both written and read */
		USAGE("{'prompt_tokens':100,'completion_tokens':5,'total_tokens':105,'prompt_tokens_details':{'cached_tokens':64,'cache_write_tokens':20}}",
		      "usage.input_tokens=100\nusage.output_tokens=5\nusage.cache_read.input_tokens=64\nusage.cache_creation.input_tokens=20\n"),
		/* (a) Mistral: only the total includes audio */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':115,'prompt_tokens_details':{'audio_tokens':100}}",
		      "usage.input_tokens=110\nusage.output_tokens=5\nusage.audio.input_tokens=100\n"),
		/* (b) Gemini's endpoint for this API: only the total includes thinking, which has no count */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':57}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		/* (c) xAI: only the total includes reasoning */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':57,'completion_tokens_details':{'reasoning_tokens':42}}",
		      "usage.input_tokens=10\nusage.output_tokens=47\nusage.reasoning.output_tokens=42\n"),
		/* not where the output already includes it */
		USAGE("{'prompt_tokens':10,'completion_tokens':47,'total_tokens':57,'completion_tokens_details':{'reasoning_tokens':42}}",
		      "usage.input_tokens=10\nusage.output_tokens=47\nusage.reasoning.output_tokens=42\n"),
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':58,'completion_tokens_details':{'reasoning_tokens':42},"
		      "'prompt_tokens_details':{'audio_tokens':40}}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.reasoning.output_tokens=42\nusage.audio.input_tokens=40\n"),
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':12}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		/* (d) DeepSeek */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'prompt_cache_hit_tokens':8,'prompt_cache_miss_tokens':2}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.cache_read.input_tokens=8\n"),
		/* (e) Together, TGI, Moonshot */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'cached_tokens':8}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.cache_read.input_tokens=8\n"),
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'num_cached_tokens':8}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.cache_read.input_tokens=8\n"),
		/* (f) 12.0 */
		USAGE("{'prompt_tokens':10.0,'completion_tokens':5.0,'total_tokens':15.0}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		/* (g) without the s */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'prompt_token_details':{'cached_tokens':8}}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.cache_read.input_tokens=8\n"),
		/* (h) null instead of a number */
		USAGE("{'prompt_tokens':10,'completion_tokens':null,'total_tokens':null,'prompt_tokens_details':null,"
		      "'completion_tokens_details':{'reasoning_tokens':null}}",
		      "usage.input_tokens=10\n"),
		/* (j) kinds of tokens */
		USAGE("{'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,'prompt_tokens_details':{'text_tokens':60,'image_tokens':30,"
		      "'audio_tokens':10,'cached_tokens':0},'completion_tokens_details':{'text_tokens':20,'image_tokens':25,'audio_tokens':5,"
		      "'reasoning_tokens':0}}",
		      "usage.input_tokens=100\nusage.output_tokens=50\nusage.cache_read.input_tokens=0\nusage.reasoning.output_tokens=0\n"
		      "usage.text.input_tokens=60\nusage.image.input_tokens=30\nusage.audio.input_tokens=10\nusage.text.output_tokens=20\n"
		      "usage.image.output_tokens=25\nusage.audio.output_tokens=5\n"),
		/* Perplexity */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':57,'reasoning_tokens':42,'citation_tokens':7,'num_search_queries':3}",
		      "usage.input_tokens=10\nusage.output_tokens=47\nusage.reasoning.output_tokens=42\n"),
		/* two formats at once: zeros do not replace counts */
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'input_tokens':0,'output_tokens':0}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'cached_tokens':8,'prompt_tokens_details':{'cached_tokens':0}}",
		      "usage.input_tokens=10\nusage.output_tokens=5\nusage.cache_read.input_tokens=8\n"),
		/* implausible */
		USAGE("{'prompt_tokens':-1,'completion_tokens':5,'total_tokens':15}", "usage.output_tokens=5\n"),
		USAGE("{'prompt_tokens':'10','completion_tokens':5.5,'total_tokens':15}", ""),
		USAGE("{'total_tokens':15,'prompt_tokens_details':{'cached_tokens':3}}", ""),
	};

	(void)state;
	CHECK(cases);
}

/* Gateways to models of other formats add that format's words for writes to a cache. */
static void test_openai_usage_of_gateways_has_writes_to_the_cache(void **state)
{
#define WRITES(more)                                                                     \
	USAGE("{'prompt_tokens':100,'completion_tokens':5,'total_tokens':105," more "}", \
	      "usage.input_tokens=100\nusage.output_tokens=5\nusage.cache_creation.input_tokens=20\n")
#define READS_AND_WRITES(more)                                                                                         \
	USAGE("{'prompt_tokens':100,'completion_tokens':5,'total_tokens':105," more "}",                               \
	      "usage.input_tokens=100\nusage.output_tokens=5\nusage.cache_read.input_tokens=64\nusage.cache_creation." \
	      "input_tokens=20\n")
	static const struct gt_exchange_case cases[] = {
		WRITES("'cache_creation_input_tokens':20"),
		WRITES("'cache_write_input_tokens':20"),
		WRITES("'prompt_tokens_details':{'cache_creation_tokens':20}"),
		WRITES("'prompt_tokens_details':{'cached_creation_tokens':20}"),
		WRITES("'prompt_tokens_details':{'cache_creation_input_tokens':20}"),
		WRITES("'prompt_tokens_details':{'cache_write_tokens':20}"),
		/* LiteLLM */
		READS_AND_WRITES("'cache_creation_input_tokens':20,'cache_read_input_tokens':64,'prompt_tokens_details':{"
				 "'cached_tokens':64,'cache_creation_tokens':20,'cache_creation_token_details':{"
				 "'ephemeral_5m_input_tokens':20,'ephemeral_1h_input_tokens':0}}"),
		/* New API */
		READS_AND_WRITES("'prompt_tokens_details':{'cached_tokens':64,'cached_creation_tokens':20},"
				 "'claude_cache_creation_5_m_tokens':20,'claude_cache_creation_1_h_tokens':0,'input_tokens':0,"
				 "'output_tokens':0"),
		/* only the total includes what the cache has */
		USAGE("{'prompt_tokens':16,'completion_tokens':5,'total_tokens':105,'cache_creation_input_tokens':20,"
		      "'cache_read_input_tokens':64}",
		      "usage.input_tokens=100\nusage.output_tokens=5\nusage.cache_read.input_tokens=64\n"
		      "usage.cache_creation.input_tokens=20\n"),
		USAGE("{'prompt_tokens':80,'completion_tokens':5,'total_tokens':105,'cache_creation_input_tokens':20}",
		      "usage.input_tokens=100\nusage.output_tokens=5\nusage.cache_creation.input_tokens=20\n"),
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_usage_with_counts_that_nothing_knows_says_so(void **state)
{
#define UNCOUNTED(more)                                                                                                   \
	{                                                                                                                 \
		CHAT, ASK, .response = "{'usage':{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15," more "}}", \
			.want = CHAT_SPAN "usage.input_tokens=10\nusage.output_tokens=5\n" API OK                         \
					  "gentap.incomplete=unknown_usage\n"                                             \
	}
	static const struct gt_exchange_case cases[] = {
		UNCOUNTED("'dream_tokens':3"),
		UNCOUNTED("'prompt_tokens_details':{'dream_tokens':3}"),
		UNCOUNTED("'completion_tokens_details':{'dream':{'tokens':3}}"),
		USAGE("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15,'dream_tokens':0,'dreams':3,"
		      "'completion_tokens_details':{'accepted_prediction_tokens':1,'rejected_prediction_tokens':2}}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		{ EMBEDDINGS, .request = "{'model':'gpt-4o','input':'x'}",
		  .response = "{'data':[],'usage':{'prompt_tokens':5,'total_tokens':5,'dream_tokens':1}}",
		  .want = SPAN_OF("embeddings", "openai", "gpt-4o") "usage.input_tokens=5\n" OK
								    "gentap.incomplete=unknown_usage\n" },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- chat: streams */

static void test_openai_chat_stream_is_put_together(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'chatcmpl-1','object':'chat.completion.chunk','model':'gpt-4o-2024-08-06','service_tier':'default',"
			  "'system_fingerprint':'fp_1','choices':[{'index':0,'delta':{'role':'assistant','content':''},'finish_reason':null}],'usage':null,"
			  "'obfuscation':'x'}\n\n"
			  "data: {'id':'chatcmpl-1','model':'gpt-4o-2024-08-06','choices':[{'index':0,'delta':{'content':'Four \xe2\x80\x93'},"
			  "'finish_reason':null}],'usage':null}\n\n"
			  "data: {'id':'chatcmpl-1','model':'gpt-4o-2024-08-06','choices':[{'index':0,'delta':{},'finish_reason':'stop'}],'usage':null}\n\n"
			  "data: {'id':'chatcmpl-1','model':'gpt-4o-2024-08-06','choices':[],'usage':{'prompt_tokens':41,'completion_tokens':13,"
			  "'total_tokens':54,'prompt_tokens_details':{'cached_tokens':0},'completion_tokens_details':{'reasoning_tokens':4}}}\n\n"
			  "data: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=chatcmpl-1\nresponse.model=gpt-4o-2024-08-06\nresponse.finish_reasons=[stop]\nusage.input_tokens=41\n"
		  "usage.output_tokens=13\nusage.cache_read.input_tokens=0\nusage.reasoning.output_tokens=4\n" API
		  "openai.response.service_tier=default\nopenai.response.system_fingerprint=fp_1\n" OK },
		/* without usage the counts are absent; Azure's first chunk has an empty id and model */
		{ CHAT, ASK_STREAM, .coding = "gzip",
		  .response = "data: {'id':'','model':'','choices':[],'prompt_filter_results':[]}\n\n"
			      "data: {'id':'chatcmpl-2','model':'gpt-4o','choices':[{'index':0,'delta':{'content':'x'}}]}\n\n"
			      "data: {'id':'','model':'','choices':[{'index':0,'finish_reason':'length'}]}\n\n"
			      "data: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=chatcmpl-2\nresponse.model=gpt-4o\nresponse.finish_reasons=[length]\n" API NO_USAGE },
		/* several choices, with their last chunks in any order */
		{ CHAT, ASK_STREAM,
		  .response = "data: {'id':'c','choices':[{'index':1,'delta':{},'finish_reason':'stop'}]}\n\n"
			      "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'}]}\n\n"
			      "data: [DONE]\n\n",
		  .want = CHAT_STREAM "response.id=c\nresponse.finish_reasons=[tool_calls, stop]\n" API NO_USAGE },
		/* Groq, in x_groq; CR LF; comments */
		{ CHAT, ASK_STREAM,
		  .response =
			  ": OPENROUTER PROCESSING\r\n\r\n"
			  "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'stop'}],'x_groq':{'id':'req_1','usage':"
			  "{'queue_time':0.01,'prompt_tokens':12,'completion_tokens':26,'total_tokens':38}}}\r\n\r\n"
			  ": keep-alive\r\n\r\ndata: [DONE]\r\n\r\n",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=12\nusage.output_tokens=26\n" API OK },
		/* Perplexity: cumulative usage on every chunk, without [DONE]; the last chunk counts */
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{'content':'a'}}],'usage':{'prompt_tokens':12,'completion_tokens':1,'total_tokens':13}}\r\n\r\n"
			  "data: {'id':'c','object':'chat.completion.done','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':12,"
			  "'completion_tokens':9,'total_tokens':21,'reasoning_tokens':null}}\r\n\r\n",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=12\nusage.output_tokens=9\n" API OK },
		/* Moonshot: usage in the choice */
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'finish_reason':'stop','usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7,"
			  "'cached_tokens':2}}]}\n\ndata: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n"
		  "usage.cache_read.input_tokens=2\n" API OK },
		/* events that are not JSON; the last event without its blank line; no content type */
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'stream':true}", .type = "",
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'finish_reason':'stop'}]}\n\ndata: oops\n\nevent: x\ndata: {'a'\n\ndata: [DONE]",
		  .want = CHAT_STREAM "response.id=c\nresponse.finish_reasons=[stop]\n" API INCOMPLETE(
			  "not_json") "gentap.usage_absent=not_requested\n" },
		/* a stream that was not requested, and a requested stream that is not a stream */
		{ CHAT, ASK, .type = "text/event-stream",
		  .response = "data: {'id':'c','choices':[{'index':0,'finish_reason':'stop'}]}\n\ndata: [DONE]\n\n",
		  .want = CHAT_STREAM "response.id=c\nresponse.finish_reasons=[stop]\n" API NO_USAGE },
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'stream':true}",
		  .response =
			  "{'id':'c','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4}}",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" API OK },
		/* a second usage that has zeros, of both counts and of one */
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':12,'completion_tokens':9,"
			  "'prompt_tokens_details':{'cached_tokens':8}}}\n\n"
			  "data: {'choices':[],'usage':{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}}\n\ndata: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=12\nusage.output_tokens=9\n"
		  "usage.cache_read.input_tokens=8\n" API OK },
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'finish_reason':null}],'usage':{'prompt_tokens':12,'completion_tokens':0,"
			  "'prompt_tokens_details':{'cached_tokens':8}}}\n\n"
			  "data: {'choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':0,'completion_tokens':9}}\n\n"
			  "data: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=12\nusage.output_tokens=9\n"
		  "usage.cache_read.input_tokens=8\n" API OK },
		{ CHAT, ASK_STREAM, .response = "", .want = CHAT_STREAM API INCOMPLETE("not_json") },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- chat: errors */

static void test_openai_chat_errors_have_type_and_message(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK, .status = 401,
		  .response =
			  "{'error':{'message':'Incorrect API key provided: sk-abcde***fghi. You can find your key at x.','type':'invalid_request_error',"
			  "'param':null,'code':'invalid_api_key'}}",
		  .want = CHAT_SPAN API ERROR("invalid_api_key", "401",
					      "Incorrect API key provided: ***. You can find your key at x.") },
		{ CHAT, ASK, .status = 400,
		  .response = "{'error':{'message':'bad','type':'invalid_request_error','param':'n','code':null}}",
		  .want = CHAT_SPAN API ERROR("invalid_request_error", "400", "bad") },
		{ CHAT, ASK, .status = 404,
		  .response = "{'error':{'message':'no such','type':'invalid_request_error','code':'model_not_found'}}",
		  .want = CHAT_SPAN API ERROR("model_not_found", "404", "no such") },
		{ CHAT, ASK, .status = 429, .fields = "retry-after: 1\r\n", .coding = "gzip",
		  .response = "{'error':{'message':'Rate limit','type':'requests','code':'rate_limit_exceeded'}}",
		  .want = CHAT_SPAN API
		  "error.type=rate_limit_exceeded\nhttp.response.status_code=429\nhttp.response.header.retry-after=[1]\n"
		  "error \"Rate limit\"\n" },
		{ CHAT, ASK, .status = 500, .response = "", .want = CHAT_SPAN API ERROR("500", "500", "") },
		{ CHAT, ASK, .status = 502, .type = "text/html", .response = "<html><h1>502 Bad Gateway</h1></html>",
		  .want = CHAT_SPAN API ERROR("502", "502", "") },
		{ CHAT, ASK, .status = 503, .response = "{'error':{'mess", .want = CHAT_SPAN API ERROR("503", "503", "") },
		{ CHAT, ASK, .status = 422, .response = "{'detail':[{'loc':['body','model'],'msg':'field required'}]}",
		  .want = CHAT_SPAN API ERROR("422", "422", "") },
		/* requested as a stream, rejected as JSON; an error has no first chunk */
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'stream':true}", .status = 429,
		  .response = "{'error':{'message':'slow','code':429}}", .want = CHAT_STREAM API ERROR("429", "429", "slow") },
		/* an error with a status of success */
		{ CHAT, ASK, .response = "{'error':{'message':'upstream','code':502},'user_id':'u'}",
		  .want = CHAT_SPAN API ERROR("502", "200", "upstream") },
		{ CHAT, ASK,
		  .response =
			  "{'id':'c','choices':[{'index':0,'error':{'message':'filtered','code':403},'finish_reason':'error'}]}",
		  .want = CHAT_SPAN "response.id=c\nresponse.finish_reasons=[error]\n" API ERROR("403", "200", "filtered") },
		{ CHAT, ASK, .response = "{'error':'something'}", .want = CHAT_SPAN API ERROR("_OTHER", "200", "something") },
		{ CHAT, ASK, .response = "{'id':'c','choices':[{'index':0,'finish_reason':'stop','error':null}],'error':null}",
		  .want = CHAT_SPAN "response.id=c\nresponse.finish_reasons=[stop]\n" API OK },
		/* in the middle of a stream */
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{'content':'a'}}]}\n\n"
			  "data: {'error':{'message':'The server had an error','type':'server_error','param':null,'code':null}}\n\n",
		  .want = CHAT_STREAM "response.id=c\n" API ERROR("server_error", "200", "The server had an error") },
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{'content':'a'}}]}\n\n"
			  "event: error\ndata: {'error':{'message':'no tool','type':'invalid_request_error','code':'tool_use_failed','failed_generation':'x'}}\n\n"
			  "data: [DONE]\n\n",
		  .want = CHAT_STREAM "response.id=c\n" API ERROR("tool_use_failed", "200", "no tool") },
		{ CHAT, ASK_STREAM,
		  .response =
			  "data: {'id':'gen-1','choices':[{'index':0,'delta':{},'finish_reason':'error','error':{'code':502,'message':'provider gone'}}]}\n\n"
			  "data: [DONE]\n\n",
		  .want = CHAT_STREAM
		  "response.id=gen-1\nresponse.finish_reasons=[error]\n" API ERROR("502", "200", "provider gone") },
	};

	(void)state;
	CHECK(cases);
}

#define CHUNK "data: {'id':'c','choices':[{'index':0,'delta':{'content':'a'}}]}\n\n"
#define LAST  "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n"
#define DONE  "data: [DONE]\n\n"
#define SEEN  CHAT_STREAM "response.id=c\n" API
#define FULL  CHAT_STREAM "response.id=c\nresponse.finish_reasons=[stop]\n" API NO_USAGE
#define CUT   ERROR("connection_reset", "200", "the connection ended before the response did")
#define GONE  ERROR("cancelled", "200", "the application gave up before the response ended")

static void test_openai_chat_stream_that_ends_early_says_how_and_keeps_what_it_saw(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_EOF, .want = SEEN CUT },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_CLOSED, .want = SEEN GONE },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_RESET, .code = 104,
		  .want = SEEN ERROR("connection_reset", "200", "") },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_RESET, .code = 110,
		  .want = SEEN ERROR("timeout", "200", "") },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_LOST, .want = SEEN OK "gentap.incomplete=unreadable\n" },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_REMOVED, .want = SEEN GONE },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_CURL, .code = 28,
		  .want = SEEN ERROR("timeout", "200", "") },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_CURL, .code = 18,
		  .want = SEEN ERROR("connection_reset", "200", "") },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_CURL, .code = 23, .want = SEEN GONE },
		{ CHAT, ASK_STREAM, .response = CHUNK, .end = GT_CASE_CURL, .code = 92,
		  .want = SEEN ERROR("_OTHER", "200", "") },
		/* after its end mark a stream is complete, however the connection ends */
		{ CHAT, ASK_STREAM, .response = CHUNK LAST DONE, .end = GT_CASE_EOF, .want = FULL },
		{ CHAT, ASK_STREAM, .response = CHUNK LAST DONE, .end = GT_CASE_CLOSED, .want = FULL },
		{ CHAT, ASK_STREAM, .response = CHUNK LAST DONE, .end = GT_CASE_RESET, .code = 104, .want = FULL },
		{ CHAT, ASK_STREAM, .response = CHUNK LAST, .end = GT_CASE_CLOSED, .want = FULL },
		{ CHAT, ASK_STREAM, .response = CHUNK LAST DONE, .end = GT_CASE_CURL, .code = 23, .want = FULL },
		{ CHAT, ASK_STREAM, .response = CHUNK LAST DONE, .end = GT_CASE_REMOVED, .want = FULL },
		/* of several choices, all must end: those that were asked for, and those that were seen */
		{ CHAT, ASK_STREAM,
		  .response = "data: {'choices':[{'index':0,'delta':{'content':'a'}},{'index':1,'delta':{'content':'b'}}]}\n\n"
			      "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n",
		  .end = GT_CASE_EOF, .want = CHAT_STREAM "response.finish_reasons=[stop]\n" API CUT },
		{ CHAT, ASK_STREAM,
		  .response = "data: {'choices':[{'index':0,'delta':{}},{'index':1,'delta':{}}]}\n\n"
			      "data: {'choices':[{'index':1,'delta':{},'finish_reason':'stop'}]}\n\n"
			      "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n",
		  .end = GT_CASE_EOF, .want = CHAT_STREAM "response.finish_reasons=[stop, stop]\n" API NO_USAGE },
		{ CHAT, .request = "{'model':'gpt-4o','messages':[],'stream':true,'n':2}", .type = "text/event-stream",
		  .response = "data: {'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':'stop'}]}\n\n",
		  .end = GT_CASE_CLOSED,
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nrequest.choice.count=2\n"
			  "request.stream=true\nresponse.finish_reasons=[stop]\n" API GONE },
		/* no answer */
		{ CHAT, ASK, .end = GT_CASE_EOF,
		  .want = CHAT_SPAN API
		  "error.type=connection_reset\nerror \"the connection ended before the response did\"\n" },
		{ CHAT, ASK, .end = GT_CASE_CLOSED,
		  .want = CHAT_SPAN API "error.type=cancelled\nerror \"the application gave up before the response ended\"\n" },
		{ CHAT, ASK, .end = GT_CASE_RESET, .code = 111,
		  .want = CHAT_SPAN API "error.type=connection_refused\nerror \"\"\n" },
		{ CHAT, ASK, .end = GT_CASE_CURL, .code = 6, .want = CHAT_SPAN API "error.type=dns_error\nerror \"\"\n" },
		{ CHAT, ASK, .end = GT_CASE_CURL, .code = 35, .want = CHAT_SPAN API "error.type=tls_error\nerror \"\"\n" },
		/* the status of an error counts more than the end of its body */
		{ CHAT, ASK, .status = 500, .response = "{'err", .end = GT_CASE_RESET, .code = 104,
		  .want = CHAT_SPAN API ERROR("500", "500", "") },
		/* a cut JSON document is not read */
		{ CHAT, ASK, .response = "{'id':'c','choices':[", .end = GT_CASE_EOF, .want = CHAT_SPAN API CUT },
		/* a complete document counts although a byte after it is missing */
		{ CHAT, ASK, .response = "{'id':'c','choices':[{'finish_reason':'stop'}]}", .end = GT_CASE_CLOSED,
		  .want = CHAT_SPAN "response.id=c\nresponse.finish_reasons=[stop]\n" API OK },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- completions */

#define TEXT_SPAN SPAN_OF("text_completion", "openai", "davinci")

static void test_openai_completions_are_read_as_chat_is(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ TEXT,
		  .request =
			  "{'model':'davinci','prompt':'Say','max_tokens':7,'temperature':1.5,'top_p':0.5,'n':2,'stop':['a'],'seed':3,"
			  "'frequency_penalty':1,'presence_penalty':2,'best_of':2,'echo':true}",
		  .response =
			  "{'id':'cmpl-1','object':'text_completion','model':'davinci-002','choices':[{'text':'x','index':0,'finish_reason':'stop'},"
			  "{'text':'y','index':1,'finish_reason':'length'}],'usage':{'prompt_tokens':1,'completion_tokens':14,'total_tokens':15}}",
		  .want = SPAN_OF(
			  "text_completion", "openai",
			  "davinci") "request.choice.count=2\nrequest.seed=3\nrequest.max_tokens=7\nrequest.temperature=1.5\nrequest.top_p=0.5\n"
				     "request.frequency_penalty=1\nrequest.presence_penalty=2\nrequest.stop_sequences=[a]\nresponse.id=cmpl-1\n"
				     "response.model=davinci-002\nresponse.finish_reasons=[stop, length]\nusage.input_tokens=1\nusage.output_tokens=14\n" OK },
		{ TEXT, .request = "{'model':'davinci','prompt':'Say','stream':true}",
		  .type = "text/event-stream; charset=utf-8",
		  .response =
			  "data: {'id':'cmpl-1','model':'davinci-002','choices':[{'text':'x','index':0,'finish_reason':null}]}\n\n"
			  "data: {'id':'cmpl-1','model':'davinci-002','choices':[{'text':'','index':0,'finish_reason':'stop'}]}\n\ndata: [DONE]\n\n",
		  .want = TEXT_SPAN
		  "request.stream=true\nresponse.id=cmpl-1\nresponse.model=davinci-002\nresponse.finish_reasons=[stop]\n" NO_USAGE },
		{ TEXT, .request = "{'model':'davinci','prompt':'Say'}", .status = 404,
		  .response = "{'error':{'message':'gone','code':'model_not_found'}}",
		  .want = TEXT_SPAN ERROR("model_not_found", "404", "gone") },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- responses */

#define RSPAN SPAN_OF("chat", "openai", "gpt-4o")
#define RAPI  "openai.api.type=responses\n"
#define RASK  .request = "{'model':'gpt-4o','input':'Is bus 7 late?'}"
#define RASK_STREAM \
	.request = "{'model':'gpt-4o','input':'Is bus 7 late?','stream':true}", .type = "text/event-stream; charset=utf-8"

static void test_openai_responses_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ RESPONSES,
		  .request =
			  "{'model':'gpt-4o','input':[{'role':'user','content':'x'}],'instructions':'be','max_output_tokens':50,'temperature':0.5,'top_p':0.25,"
			  "'reasoning':{'effort':'high','summary':'auto'},'text':{'format':{'type':'json_schema','name':'n','schema':{}}},"
			  "'service_tier':'priority','previous_response_id':'resp_0','conversation':'conv_1','store':true,'tools':[]}",
		  .response =
			  "{'id':'resp_1','object':'response','status':'completed','model':'gpt-4o-2024-08-06','error':null,'incomplete_details':null,"
			  "'output':[{'type':'message','id':'msg_1','role':'assistant','content':[{'type':'output_text','text':'x'}]}],'service_tier':'default',"
			  "'usage':{'input_tokens':30,'input_tokens_details':{'cached_tokens':10},'output_tokens':20,'output_tokens_details':"
			  "{'reasoning_tokens':5},'total_tokens':50}}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nconversation.id=conv_1\noutput.type=json\n"
			  "request.max_tokens=50\nrequest.temperature=0.5\nrequest.top_p=0.25\nrequest.reasoning.level=high\n"
			  "request.previous_response.id=resp_0\nresponse.id=resp_1\nresponse.model=gpt-4o-2024-08-06\nresponse.finish_reasons=[stop]\n"
			  "usage.input_tokens=30\nusage.output_tokens=20\nusage.cache_read.input_tokens=10\nusage.reasoning.output_tokens=5\n" RAPI
			  "openai.request.service_tier=priority\nopenai.response.service_tier=default\n" OK },
		/* compaction has neither a model nor a status in its answer */
		{ .api = GT_API_OPENAI_RESPONSES,
		  .provider = "openai",
		  .target = "/v1/responses/compact",
		  .request = "{'model':'gpt-4o','input':[{'role':'user','content':'x'}]}",
		  .response =
			  "{'id':'resp_c1','object':'response.compaction','output':[{'type':'compaction','id':'cmp_1','encrypted_content':'x'}],"
			  "'usage':{'input_tokens':30,'input_tokens_details':{'cached_tokens':10},'output_tokens':20,'total_tokens':50}}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nconversation.compacted=true\n"
			  "response.id=resp_c1\nusage.input_tokens=30\nusage.output_tokens=20\nusage.cache_read.input_tokens=10\n" RAPI
				  OK },
		/* the conversation as an object, and in the answer only */
		{ RESPONSES, .request = "{'model':'gpt-4o','input':'x','conversation':{'id':'conv_2'}}",
		  .response = "{'id':'r'}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nconversation.id=conv_2\nresponse.id=r\n" RAPI
			  OK },
		{ RESPONSES, RASK, .response = "{'id':'r','conversation':{'id':'conv_3'}}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nconversation.id=conv_3\nresponse.id=r\n" RAPI
			  OK },
		{ RESPONSES, .request = "{'model':'gpt-4o','prompt':{'id':'pmpt_1'},'text':{'format':{'type':'text'}}}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\noutput.type=text\n" RAPI
			  OK },
		/* the status takes the place of a finish reason */
		{ RESPONSES, RASK,
		  .response =
			  "{'status':'completed','output':[{'type':'reasoning'},{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}]}",
		  .want = RSPAN "response.finish_reasons=[tool_calls]\n" RAPI OK },
		{ RESPONSES, RASK,
		  .response = "{'status':'completed','output':[{'type':'custom_tool_call'},{'type':'message'}]}",
		  .want = RSPAN "response.finish_reasons=[tool_calls]\n" RAPI OK },
		{ RESPONSES, RASK,
		  .response = "{'status':'completed','output':[{'type':'web_search_call'},{'type':'message'}]}",
		  .want = RSPAN "response.finish_reasons=[stop]\n" RAPI OK },
		{ RESPONSES, RASK, .response = "{'status':'incomplete','incomplete_details':{'reason':'max_output_tokens'}}",
		  .want = RSPAN "response.finish_reasons=[length]\n" RAPI OK },
		{ RESPONSES, RASK, .response = "{'status':'incomplete','incomplete_details':{'reason':'content_filter'}}",
		  .want = RSPAN "response.finish_reasons=[content_filter]\n" RAPI OK },
		/* in the background: without a result yet */
		{ RESPONSES, .request = "{'model':'gpt-4o','input':'x','background':true}",
		  .response = "{'id':'r','status':'queued','usage':null,'error':null}",
		  .want = RSPAN "response.id=r\n" RAPI OK },
		{ RESPONSES, RASK,
		  .response = "{'id':'r','status':'failed','error':{'code':'server_error','message':'sorry'},'usage':null}",
		  .want = RSPAN "response.id=r\n" RAPI ERROR("server_error", "200", "sorry") },
		{ RESPONSES, RASK, .response = "{'id':'r','status':'failed','error':{'message':'sorry'}}",
		  .want = RSPAN "response.id=r\n" RAPI ERROR("_OTHER", "200", "sorry") },
		{ RESPONSES, RASK, .status = 400, .response = "{'code':'invalid-argument','error':'no such model'}",
		  .want = RSPAN RAPI ERROR("invalid-argument", "400", "no such model") },
	};

	(void)state;
	CHECK(cases);
}

#define CREATED \
	"event: response.created\ndata: {'type':'response.created','response':{'id':'resp_1','model':'gpt-4o-2024-08-06','status':'in_progress','usage':null,'service_tier':'auto'}}\n\n"
#define DELTA	"event: response.output_text.delta\ndata: {'type':'response.output_text.delta','delta':'x'}\n\n"
#define RSTREAM RSPAN "request.stream=true\nresponse.id=resp_1\nresponse.model=gpt-4o-2024-08-06\n"

static void test_openai_responses_stream_is_read_from_its_last_event(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED DELTA
		  "event: response.completed\ndata: {'type':'response.completed','response':{'id':'resp_1','model':'gpt-4o-2024-08-06','status':'completed',"
		  "'output':[{'type':'message'}],'service_tier':'default','usage':{'input_tokens':30,'output_tokens':20,'total_tokens':50,"
		  "'input_tokens_details':{'cached_tokens':0},'output_tokens_details':{'reasoning_tokens':0}}}}\n\n",
		  .want = RSTREAM
		  "response.finish_reasons=[stop]\nusage.input_tokens=30\nusage.output_tokens=20\nusage.cache_read.input_tokens=0\n"
		  "usage.reasoning.output_tokens=0\n" RAPI "openai.response.service_tier=default\n" OK },
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED DELTA
		  "data: {'type':'response.incomplete','response':{'status':'incomplete','incomplete_details':"
		  "{'reason':'max_output_tokens'},'usage':{'input_tokens':1,'output_tokens':2}}}\n\ndata: [DONE]\n\n",
		  .end = GT_CASE_CLOSED,
		  .want = RSTREAM "response.finish_reasons=[length]\nusage.input_tokens=1\nusage.output_tokens=2\n" RAPI
				  "openai.response.service_tier=auto\n" OK },
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED
		  "data: {'type':'response.failed','response':{'status':'failed','error':{'code':'server_error','message':'sorry'}}}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("server_error", "200", "sorry") },
		/* a last event without items, or without a status: the events before it have them */
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED
		  "data: {'type':'response.output_item.done','output_index':0,'item':{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}}\n\n"
		  "data: {'type':'response.completed','response':{'status':'completed','output':[],'usage':{'input_tokens':1,'output_tokens':2}}}\n\n",
		  .want = RSTREAM "response.finish_reasons=[tool_calls]\nusage.input_tokens=1\nusage.output_tokens=2\n" RAPI
				  "openai.response.service_tier=auto\n" OK },
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED
		  "data: {'type':'response.output_item.added','output_index':0,'item':{'type':'custom_tool_call','call_id':'c','name':'f','input':''}}\n\n"
		  "data: {'type':'response.completed','response':{'usage':{'input_tokens':1,'output_tokens':2}}}\n\n",
		  .want = RSTREAM "response.finish_reasons=[tool_calls]\nusage.input_tokens=1\nusage.output_tokens=2\n" RAPI
				  "openai.response.service_tier=auto\n" OK },
		{ RESPONSES, RASK_STREAM, .response = CREATED DELTA "data: {'type':'response.completed'}\n\n",
		  .want = RSTREAM "response.finish_reasons=[stop]\n" RAPI "openai.response.service_tier=auto\n" OK },
		/* a failure without an error */
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED "data: {'type':'response.failed','response':{'status':'failed','error':null}}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("_OTHER", "200", "") },
		/* errors: at the top level, nested, and by the event's name only */
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED
		  "event: error\ndata: {'type':'error','code':'rate_limit_exceeded','message':'slow','param':null}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("rate_limit_exceeded", "200", "slow") },
		{ RESPONSES, RASK_STREAM,
		  .response = CREATED
		  "event: error\ndata: {'type':'error','error':{'type':'invalid_request_error','code':null,'message':'bad'}}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("invalid_request_error", "200", "bad") },
		{ RESPONSES, RASK_STREAM, .response = CREATED "event: error\ndata: {'error':{'code':'x','message':'bad'}}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("x", "200", "bad") },
		{ RESPONSES, RASK_STREAM, .response = CREATED "data: {'error':{'type':'server_error','message':'bad'}}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("server_error", "200", "bad") },
		{ RESPONSES, RASK_STREAM, .response = CREATED "data: {'type':'error','code':null,'message':'bad'}\n\n",
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" ERROR("_OTHER", "200", "bad") },
		/* cut before its end */
		{ RESPONSES, RASK_STREAM, .response = CREATED DELTA, .end = GT_CASE_EOF,
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" CUT },
		{ RESPONSES, RASK_STREAM, .response = CREATED DELTA, .end = GT_CASE_CLOSED,
		  .want = RSTREAM RAPI "openai.response.service_tier=auto\n" GONE },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- embeddings */

#define ESPAN SPAN_OF("embeddings", "openai", "e-3")

static void test_openai_embeddings_have_input_tokens_and_dimensions(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ EMBEDDINGS, .request = "{'model':'e-3','input':['a','b'],'encoding_format':'float','dimensions':256}",
		  .response =
			  "{'object':'list','data':[{'object':'embedding','index':0,'embedding':[0.1,-0.2,3e-2]}],'model':'e-3-small',"
			  "'usage':{'prompt_tokens':5,'total_tokens':5}}",
		  .want = ESPAN
		  "request.encoding_formats=[float]\nembeddings.dimension.count=256\nresponse.model=e-3-small\nusage.input_tokens=5\n" OK },
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a'}",
		  .response =
			  "{'data':[{'embedding':[0.1,-0.2,3e-2]},{'embedding':[1]}],'model':'e-3','usage':{'prompt_tokens':5,'completion_tokens':9,'total_tokens':14}}",
		  .want = ESPAN
		  "embeddings.dimension.count=3\nresponse.model=e-3\nusage.input_tokens=5\n" OK }, /* (i) no output tokens */
		/* base64 of three and of four floats */
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a','encoding_format':'base64'}",
		  .response = "{'data':[{'embedding':'AAAAAAAAAAAAAAAA'}]}",
		  .want = ESPAN "request.encoding_formats=[base64]\nembeddings.dimension.count=3\n" OK },
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a'}",
		  .response = "{'data':[{'embedding':'AAAAAAAAAAAAAAAAAAAAAA=='}]}",
		  .want = ESPAN "embeddings.dimension.count=4\n" OK },
		/* Perplexity: bytes, or bits */
		{ .api = GT_API_OPENAI_EMBEDDINGS,
		  .provider = "perplexity",
		  .target = "/v1/embeddings",
		  .request = "{'model':'e-3','input':'a'}",
		  .response = "{'data':[{'embedding':'AAAAAAAAAAAAAAAAAAAAAA=='}]}",
		  .want = SPAN_OF("embeddings", "perplexity", "e-3") "embeddings.dimension.count=16\n" OK },
		{ .api = GT_API_OPENAI_EMBEDDINGS,
		  .provider = "perplexity",
		  .target = "/v1/contextualizedembeddings",
		  .request = "{'model':'e-3','input':[['a']],'encoding_format':'base64_binary'}",
		  .response = "{'data':[{'data':[{'embedding':'AAAAAAAAAAAAAAAAAAAAAA=='}]}]}",
		  .want = SPAN_OF("embeddings", "perplexity",
				  "e-3") "request.encoding_formats=[base64_binary]\nembeddings.dimension.count=128\n" OK },
		/* Voyage */
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a','output_dimension':512}",
		  .response = "{'data':[],'usage':{'total_tokens':7}}",
		  .want = ESPAN "embeddings.dimension.count=512\nusage.input_tokens=7\n" OK },
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a'}", .status = 401,
		  .response = "{'detail':'Provided API key is invalid.'}",
		  .want = ESPAN ERROR("401", "401", "Provided API key is invalid.") },
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a'}",
		  .response = "{'error':{'message':'no provider','code':502}}",
		  .want = ESPAN ERROR("502", "200", "no provider") },
		{ EMBEDDINGS, .request = "{'model':'e-3','input':'a'}",
		  .response = "{'data':{},'usage':{'prompt_tokens':null}}", .want = ESPAN OK },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- look-alikes */

#define UNKNOWN(which, body) \
	{ .api = GT_API_OPENAI_##which, .provider = "openai", .candidate = true, .request = body, .response = "{}" }

static void test_openai_bodies_of_other_kinds_give_no_span_on_unknown_hosts(void **state)
{
	static const struct gt_exchange_case cases[] = {
		UNKNOWN(CHAT, "{}"),
		UNKNOWN(CHAT, ""),
		UNKNOWN(CHAT, "[]"),
		UNKNOWN(CHAT, "{'messages':'text'}"),
		UNKNOWN(CHAT, "{'messages':{'a':1},'model':'m'}"),
		UNKNOWN(CHAT, "{'order':{'messages':[]}}"),
		UNKNOWN(COMPLETIONS, "{'prompt':'x'}"),
		UNKNOWN(COMPLETIONS, "{'model':'x'}"),
		UNKNOWN(COMPLETIONS, "{'course':'algebra','done':true}"),
		UNKNOWN(COMPLETIONS, "{'course"),
		UNKNOWN(RESPONSES, "{'survey':1,'answers':[]}"),
		UNKNOWN(RESPONSES, "{'survey':1,'ans"),
		UNKNOWN(RESPONSES, "{'prompt':'text'}"),
		UNKNOWN(EMBEDDINGS, "{'input':'x'}"),
		UNKNOWN(EMBEDDINGS, "{'model':'x','text':'y'}"),
		UNKNOWN(EMBEDDINGS, "{'model':'x','text'"),
	};

	(void)state;
	CHECK(cases);
}

static void test_openai_bodies_of_its_kind_give_a_span_on_unknown_hosts(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK, .candidate = true, .response = "{'id':'c'}", .want = CHAT_SPAN "response.id=c\n" API OK },
		{ CHAT, ASK_STREAM, .candidate = true, .response = LAST DONE, .want = FULL },
		{ TEXT, .candidate = true, .request = "{'model':'davinci','prompt':['a']}", .response = "{}",
		  .want = TEXT_SPAN OK },
		{ RESPONSES, RASK, .candidate = true, .response = "{}", .want = RSPAN RAPI OK },
		{ RESPONSES, .candidate = true, .request = "{'model':'gpt-4o','prompt':{'id':'pmpt_1'}}", .response = "{}",
		  .want = RSPAN RAPI OK },
		{ EMBEDDINGS, .candidate = true, .request = "{'model':'e-3','input':[1,2]}", .response = "{}",
		  .want = ESPAN OK },
		/* broken, but the path decides */
		{ CHAT, .candidate = true, .request = "{'model':'gpt-4o','messages':[{", .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=openai\n" API INCOMPLETE("request_not_json") },
		{ TEXT, .candidate = true, .request = "{'model':'m','prompt':'", .response = "{}",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=openai\n" INCOMPLETE(
			  "request_not_json") },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_openai_chat_request_parameters_become_attributes),
		GT_TEST(test_openai_attributes_of_its_own_are_for_openai_alone),
		GT_TEST(test_openai_chat_response_is_read_whole),
		GT_TEST(test_openai_usage_is_counted_by_the_rules_of_the_conventions),
		GT_TEST(test_openai_usage_of_gateways_has_writes_to_the_cache),
		GT_TEST(test_openai_usage_with_counts_that_nothing_knows_says_so),
		GT_TEST(test_openai_chat_stream_is_put_together),
		GT_TEST(test_openai_chat_errors_have_type_and_message),
		GT_TEST(test_openai_chat_stream_that_ends_early_says_how_and_keeps_what_it_saw),
		GT_TEST(test_openai_completions_are_read_as_chat_is),
		GT_TEST(test_openai_responses_are_read),
		GT_TEST(test_openai_responses_stream_is_read_from_its_last_event),
		GT_TEST(test_openai_embeddings_have_input_tokens_and_dimensions),
		GT_TEST(test_openai_bodies_of_other_kinds_give_no_span_on_unknown_hosts),
		GT_TEST(test_openai_bodies_of_its_kind_give_a_span_on_unknown_hosts),
	};

	return GT_TESTS(tests);
}
