/* Formats of a single server or service: Databricks, LM Studio, Llama API, SGLang, Gemini Code Assist. */
#include "support/span_lines.h"
#include "support/test.h"

#define SSE(json) "data: " json "\n\n"

static void test_databricks_serves_formats_of_others(void **state)
{
#define AT(name) .api = GT_API_DATABRICKS, .provider = "databricks", .target = "/serving-endpoints/" name "/invocations"
#define SPAN(op) SPAN_OF(op, "databricks", "e")
	static const struct gt_exchange_case cases[] = {
		{ AT("e"), .candidate = true, .request = "{'messages':[{'role':'user','content':'Hi'}],'max_tokens':10}",
		  .response =
			  "{'id':'c1','object':'chat.completion','model':'m','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':20,'completion_tokens':4,'total_tokens':24}}",
		  .want = SPAN(
			  "chat") "request.max_tokens=10\nresponse.id=c1\nresponse.model=m\nresponse.finish_reasons=[stop]\nusage.input_tokens=20\nusage.output_tokens=4\n" OK },
		{ AT("e"), .candidate = true, .request = "{'messages':[{'role':'user','content':'Hi'}],'stream':true}",
		  .type = "text/event-stream",
		  .response = SSE(
			  "{'id':'c1','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':2,'completion_tokens':4}}")
			  SSE("[DONE]"),
		  .want = SPAN(
			  "chat") "request.stream=true\nresponse.id=c1\nresponse.finish_reasons=[stop]\nusage.input_tokens=2\nusage.output_tokens=4\n" OK },
		{ AT("e"), .candidate = true, .request = "{'input':['a','b']}",
		  .response =
			  "{'object':'list','data':[{'index':0,'embedding':[1,2,3]}],'usage':{'prompt_tokens':4,'total_tokens':4}}",
		  .want = SPAN("embeddings") "embeddings.dimension.count=3\nusage.input_tokens=4\n" OK },
		{ AT("e"), .candidate = true, .request = "{'prompt':'Hi'}", .response = "{'choices':[{'text':'x'}]}",
		  .want = SPAN("text_completion") OK },
		{ AT("e"), .candidate = true, .request = "{'input':[{'role':'user','content':'Hi'}]}",
		  .response = "{'id':'r1','object':'response','status':'completed','output':[]}",
		  .want = SPAN("chat") "response.id=r1\nresponse.finish_reasons=[stop]\n" OK },
		{ AT("e"), .candidate = true, .request = "{'messages':[{'role':'user','content':'Hi'}]}", .status = 404,
		  .response = "{'error_code':'RESOURCE_DOES_NOT_EXIST','message':'no such endpoint'}",
		  .want = SPAN("chat") ERROR("RESOURCE_DOES_NOT_EXIST", "404", "no such endpoint") },
		/* other kinds of models */
		{ AT("e"), .candidate = true, .request = "{'dataframe_split':{'columns':['a'],'data':[[1]]}}",
		  .response = "{'predictions':[1]}", .want = "no span\n" },
		{ AT("e"), .candidate = true, .request = "{'inputs':[[1,2]]}", .response = "{'predictions':[1]}",
		  .want = "no span\n" },
	};
#undef AT
#undef SPAN

	(void)state;
	CHECK(cases);
}

static void test_lm_studio_has_an_api_of_its_own(void **state)
{
#define AT   .api = GT_API_LM_STUDIO, .provider = "lm_studio", .target = "/api/v1/chat", .candidate = true
#define SPAN SPAN_OF("chat", "lm_studio", "qwen3")
#define ASK  "{'model':'qwen3','input':'Hi'}"
#define RESULT                                                                                                      \
	"{'model_instance_id':'qwen3:2','output':[{'type':'message','content':'Seven'}],'stats':{'input_tokens':9," \
	"'total_output_tokens':3,'reasoning_output_tokens':1,'tokens_per_second':9.1},'response_id':'resp_1'}"
#define TOKENS "usage.input_tokens=9\nusage.output_tokens=3\nusage.reasoning.output_tokens=1\n"
	static const struct gt_exchange_case cases[] = {
		{ AT,
		  .request =
			  "{'model':'qwen3','input':'Hi','max_output_tokens':5,'temperature':0.5,'previous_response_id':'r0'}",
		  .response = RESULT,
		  .want = SPAN
		  "request.max_tokens=5\nrequest.temperature=0.5\nrequest.previous_response.id=r0\nresponse.id=resp_1\nresponse.model=qwen3:2\n" TOKENS
			  OK },
		{ AT, .request = "{'model':'qwen3','input':[{'type':'text','content':'Hi'}],'stream':true}",
		  .type = "text/event-stream",
		  .response = "event: chat.start\n" SSE("{'type':'chat.start','model_instance_id':'qwen3:2'}") "event: message.delta\n" SSE(
			  "{'type':'message.delta','content':'Seven'}") "event: chat.end\n" SSE("{'type':'chat.end','result':" RESULT
												"}"),
		  .want = SPAN "request.stream=true\nresponse.id=resp_1\nresponse.model=qwen3:2\n" TOKENS OK },
		{ AT, .request = "{'model':'qwen3','input':'Hi','stream':true}", .type = "text/event-stream",
		  .response = "event: error\n" SSE("{'type':'error','error':{'type':'model_not_found','message':'no'}}"),
		  .want = SPAN "request.stream=true\n" ERROR("model_not_found", "200", "no") },
		{ AT, .request = ASK, .status = 400,
		  .response = "{'error':{'message':'no','type':'invalid_request','code':'missing_required_parameter'}}",
		  .want = SPAN ERROR("missing_required_parameter", "400", "no") },
		{ AT, .request = ASK, .response = "{'ok':true}", .want = SPAN OK "gentap.incomplete=unknown_format\n" },
		{ AT, .request = ASK, .response = "{'code':503,'message':'busy'}", .want = SPAN ERROR("503", "200", "busy") },
		/* another chat program */
		{ AT, .request = "{'model':'m','messages':[]}", .response = "{}", .want = "no span\n" },
		{ AT, .request = "{'input':'Hi'}", .response = "{}", .want = "no span\n" },
	};
#undef AT
#undef SPAN
#undef ASK
#undef RESULT
#undef TOKENS

	(void)state;
	CHECK(cases);
}

static void test_llama_api_names_its_counts(void **state)
{
#define AT   .api = GT_API_LLAMA_CHAT, .provider = "llama", .target = "/v1/chat/completions"
#define SPAN SPAN_OF("chat", "llama", "Llama-4")
#define METRICS                                                                                                               \
	"'metrics':[{'metric':'num_completion_tokens','value':25,'unit':'tokens'},{'metric':'num_prompt_tokens','value':12}," \
	"{'metric':'num_total_tokens','value':37}]"
#define TOKENS "usage.input_tokens=12\nusage.output_tokens=25\n"
	static const struct gt_exchange_case cases[] = {
		{ AT, .request = "{'model':'Llama-4','messages':[{'role':'user','content':'Hi'}],'max_completion_tokens':9}",
		  .response =
			  "{'id':'l1','completion_message':{'role':'assistant','stop_reason':'stop','content':{'type':'text','text':'x'}}," METRICS
			  "}",
		  .want = SPAN "request.max_tokens=9\nresponse.id=l1\nresponse.finish_reasons=[stop]\n" TOKENS OK },
		{ AT, .request = "{'model':'Llama-4','messages':[],'stream':true}", .type = "text/event-stream",
		  .response = SSE("{'id':'l1','event':{'event_type':'start','delta':{'type':'text','text':''}}}") SSE(
			  "{'id':'l1','event':{'event_type':'progress','delta':{'type':'text','text':'x'}}}")
			  SSE("{'id':'l1','event':{'event_type':'complete','delta':{'type':'text','text':''},'stop_reason':'length'}}")
				  SSE("{'id':'l1','event':{'event_type':'metrics','delta':{'type':'text','text':''}," METRICS
				      "}}"),
		  .want = SPAN "request.stream=true\nresponse.id=l1\nresponse.finish_reasons=[length]\n" TOKENS OK },
		{ AT, .request = "{'model':'Llama-4','messages':[]}", .status = 400,
		  .response = "{'title':'Bad request','detail':'no messages','status':400}",
		  .want = SPAN ERROR("400", "400", "no messages") },
		{ AT, .request = "{'model':'Llama-4','messages':[]}", .response = "{'detail':'no messages'}",
		  .want = SPAN ERROR("_OTHER", "200", "no messages") },
	};
#undef AT
#undef SPAN
#undef METRICS
#undef TOKENS

	(void)state;
	CHECK(cases);
}

static void test_sglang_shares_a_path_with_another_server(void **state)
{
#define AT   .api = GT_API_TGI_GENERATE, .provider = "huggingface", .target = "/generate", .candidate = true
#define SPAN "text_completion\noperation.name=text_completion\nprovider.name=sglang\n"
#define META(in, out, reason) \
	"'meta_info':{'id':'a','finish_reason':" reason ",'prompt_tokens':" in ",'completion_tokens':" out ",'cached_tokens':1}"
	static const struct gt_exchange_case cases[] = {
		{ AT, .request = "{'text':'Hi','sampling_params':{'max_new_tokens':4,'temperature':0.5}}",
		  .response = "{'text':'x'," META("2", "4", "{'type':'length','length':4}") "}",
		  .want = SPAN
		  "request.max_tokens=4\nrequest.temperature=0.5\nresponse.id=a\nresponse.finish_reasons=[length]\nusage.input_tokens=2\nusage.output_tokens=4\nusage.cache_read.input_tokens=1\n" OK },
		/* each document repeats everything before it */
		{ AT, .request = "{'input_ids':[1,2],'sampling_params':{},'stream':true}", .type = "text/event-stream",
		  .response = SSE("{'text':'x'," META("2", "1", "null") "}")
			  SSE("{'text':'xy'," META("2", "2", "{'type':'stop'}") "}") SSE("[DONE]"),
		  .want = SPAN
		  "request.stream=true\nresponse.id=a\nresponse.finish_reasons=[stop]\nusage.input_tokens=2\nusage.output_tokens=2\nusage.cache_read.input_tokens=1\n" OK },
		/* two prompts, and two answers to one prompt */
		{ AT, .request = "{'text':['a','b'],'sampling_params':{}}",
		  .response = "[{'text':'x'," META("2", "4", "'stop'") "},{'text':'y'," META("3", "5", "'length'") "}]",
		  .want = SPAN
		  "response.finish_reasons=[stop, length]\nusage.input_tokens=5\nusage.output_tokens=9\nusage.cache_read.input_tokens=2\n" OK },
		{ AT, .request = "{'text':'a','sampling_params':{'n':2}}",
		  .response = "[{'text':'x'," META("2", "4", "'stop'") "},{'text':'y'," META("2", "5", "'stop'") "}]",
		  .want = SPAN "request.choice.count=2\nresponse.finish_reasons=[stop, stop]\nusage.output_tokens=9\n" OK },
		{ AT, .request = "{'text':'a','sampling_params':{}}", .status = 400,
		  .response = "{'error':{'message':'too long'}}", .want = SPAN ERROR("400", "400", "too long") },
		{ AT, .request = "{'text':'a','sampling_params':{}}", .response = "{'type':'busy','message':'full'}",
		  .want = SPAN ERROR("busy", "200", "full") },
		{ AT, .request = "{'text':'a','sampling_params':{}}", .response = "{'ok':true}",
		  .want = SPAN OK "gentap.incomplete=unknown_format\n" },
		/* another program that generates something */
		{ AT, .request = "{'text':'a','font':'b'}", .response = "{}", .want = "no span\n" },
		/* at the other server's own host it has that server's name */
		{ .api = GT_API_TGI_GENERATE,
		  .provider = "huggingface",
		  .target = "/generate",
		  .request = "{'text':'Hi','sampling_params':{}}",
		  .response = "{'text':'x'}",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=huggingface\n" OK },
	};
#undef AT
#undef SPAN
#undef META

	(void)state;
	CHECK(cases);
}

static void test_code_assist_puts_an_envelope_around_gemini(void **state)
{
#define AT(verb) .api = GT_API_CODE_ASSIST, .provider = "gcp.gen_ai", .target = "/v1internal:" verb
#define SPAN(op) SPAN_OF(op, "gcp.gen_ai", "gemini-3")
#define USAGE	 "'usageMetadata':{'promptTokenCount':30,'candidatesTokenCount':4,'thoughtsTokenCount':10,'totalTokenCount':44}"
#define ANSWER                                                                                                                     \
	"response.id=r1\nresponse.model=gemini-3\nresponse.finish_reasons=[STOP]\nusage.input_tokens=30\nusage.output_tokens=14\n" \
	"usage.reasoning.output_tokens=10\n"
	static const struct gt_exchange_case cases[] = {
		{ AT("streamGenerateContent?alt=sse"),
		  .request =
			  "{'model':'gemini-3','project':'p','request':{'contents':[{'role':'user','parts':[]}],'generationConfig':{'temperature':0.5}}}",
		  .type = "text/event-stream",
		  .response = SSE("{'response':{'candidates':[{'index':0}],'modelVersion':'gemini-3','responseId':'r1'}}")
			  SSE("{'response':{'candidates':[{'finishReason':'STOP','index':0}]," USAGE "},'traceId':'t'}"),
		  .want = SPAN("generate_content") "request.stream=true\nrequest.temperature=0.5\n" ANSWER OK },
		{ AT("generateContent"), .candidate = true, .request = "{'model':'models/gemini-3','request':{'contents':[]}}",
		  .response =
			  "{'response':{'candidates':[{'finishReason':'STOP'}],'modelVersion':'gemini-3','responseId':'r1'," USAGE
			  "}}",
		  .want = SPAN("generate_content") ANSWER OK },
		{ AT("countTokens"), .request = "{'request':{'model':'models/gemini-3','contents':[]}}",
		  .response = "{'totalTokens':8}", .want = SPAN("count_tokens") OK },
		{ AT("generateContent"), .request = "{'model':'gemini-3','request':{'contents':[]}}", .status = 429,
		  .response = "{'error':{'code':429,'message':'quota','status':'RESOURCE_EXHAUSTED'}}",
		  .want = SPAN("generate_content") ERROR("RESOURCE_EXHAUSTED", "429", "quota") },
		{ AT("generateContent"), .candidate = true, .request = "{'contents':'x'}", .response = "{}",
		  .want = "no span\n" },
	};
#undef AT
#undef SPAN

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_databricks_serves_formats_of_others),
		GT_TEST(test_lm_studio_has_an_api_of_its_own),
		GT_TEST(test_llama_api_names_its_counts),
		GT_TEST(test_sglang_shares_a_path_with_another_server),
		GT_TEST(test_code_assist_puts_an_envelope_around_gemini),
	};

	return GT_TESTS(tests);
}
