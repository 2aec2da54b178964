/*
 * Variations of a format at one provider or in one version of a server. A new quirk is a new row.
 */
#include "support/span_lines.h"
#include "support/test.h"

#define SSE .type = "text/event-stream"

#define CHAT(who)   .api = GT_API_OPENAI_CHAT, .provider = who, .target = "/v1/chat/completions"
#define ASK	    .request = "{'model':'m','messages':[]}"
#define ASK_STREAM  .request = "{'model':'m','messages':[],'stream':true}", SSE
#define SPAN(who)   "chat m\noperation.name=chat\nprovider.name=" who "\nrequest.model=m\n"
#define STREAM(who) SPAN(who) "request.stream=true\n"
#define STOP	    "{'index':0,'delta':{},'finish_reason':'stop'}"
#define DONE	    "data: [DONE]\n\n"

static void test_variations_of_event_streams_are_read(void **state)
{
	static const char want[] = STREAM(
		"vllm") "response.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK;
	static const struct gt_exchange_case cases[] = {
		/* no blank after the colon; a byte order mark; CR; comments and other fields in between; data on
		 * two lines */
		{ CHAT("vllm"), ASK_STREAM,
		  .response = "data:{'id':'c','choices':[" STOP
			      "]}\n\ndata:{'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':4}}\n\ndata:[DONE]\n\n",
		  .want = want },
		{ CHAT("vllm"), ASK_STREAM,
		  .response = "\xef\xbb\xbf"
			      "data: {'id':'c','choices':[" STOP
			      "]}\r\n\r\ndata: {'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':4}}\r\n\r\n",
		  .want = want },
		{ CHAT("vllm"), ASK_STREAM,
		  .response = "data: {'id':'c','choices':[" STOP
			      "]}\r\rdata: {'usage':{'prompt_tokens':3,'completion_tokens':4}}\r\r"
			      "data: [DONE]\r\r",
		  .want = want },
		{ CHAT("vllm"), ASK_STREAM,
		  .response =
			  ": ping - 2026-08-01\n\nid: 1\nretry: 3000\nevent: message\n: x\ndata: {'id':'c',\ndata: 'choices':[" STOP
			  "]}\n\n"
			  "unknown: field\ndata: {'usage':{'prompt_tokens':3,'completion_tokens':4}}\n\n" DONE,
		  .want = want },
		/* without a content type, and with a wrong content type */
		{ CHAT("vllm"), .request = "{'model':'m','messages':[],'stream':true}", .type = "application/json",
		  .response =
			  "data: {'id':'c','choices':[" STOP "],'usage':{'prompt_tokens':3,'completion_tokens':4}}\n\n" DONE,
		  .want = want },
		{ CHAT("vllm"), .request = "{'model':'m','messages':[],'stream':true}", .type = "", .coding = "gzip",
		  .response = "\r\n\r\ndata: {'id':'c','choices':[" STOP
			      "],'usage':{'prompt_tokens':3,'completion_tokens':4}}\r\n\r\n" DONE,
		  .want = want },
		/* cumulative counts in every chunk, and null in some */
		{ CHAT("vllm"), ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{'content':'a'}}],'usage':{'prompt_tokens':3,'total_tokens':4,'completion_tokens':1}}\n\n"
			  "data: {'id':'c','choices':[{'index':0,'delta':{'content':'b'},'finish_reason':null,'stop_reason':null}],'usage':null}\n\n"
			  "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'stop','stop_reason':128009}],'usage':{'prompt_tokens':3,'completion_tokens':4}}\n\n" DONE,
		  .want = want },
		/* counts after the end mark */
		{ CHAT("vllm"), ASK_STREAM,
		  .response = "data: {'id':'c','choices':[" STOP "]}\n\n" DONE
			      "data: {'usage':{'prompt_tokens':3,'completion_tokens':4}}\n\n",
		  .want = want },
	};

	(void)state;
	CHECK(cases);
}

static void test_variations_of_choices_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		/* three choices out of order; filtered; a tool call in pieces */
		{ CHAT("azure.ai.openai"), .request = "{'model':'m','messages':[],'n':3,'stream':true}", SSE,
		  .response =
			  "data: {'id':'','model':'','choices':[],'prompt_filter_results':[{'prompt_index':0,'content_filter_results':{}}]}\n\n"
			  "data: {'id':'c','model':'m-1','choices':[{'index':2,'delta':{},'finish_reason':'content_filter','content_filter_results':{'hate':{'filtered':true}}}]}\n\n"
			  "data: {'id':'c','model':'m-1','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'t','function':{'name':'f','arguments':''}}]}}]}\n\n"
			  "data: {'id':'c','model':'m-1','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'{}'}}]}}]}\n\n"
			  "data: {'id':'c','model':'m-1','choices':[{'index':1,'delta':{'refusal':'no'},'finish_reason':'length'}]}\n\n"
			  "data: {'id':'c','model':'m-1','choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'}]}\n\n" DONE,
		  .want = "chat m\noperation.name=chat\nprovider.name=azure.ai.openai\nrequest.model=m\nrequest.choice.count=3\nrequest.stream=true\nresponse.id=c\n"
			  "response.model=m-1\nresponse.finish_reasons=[tool_calls, length, content_filter]\nopenai.api.type=chat_completions\n"
			  "azure.resource_provider.namespace=Microsoft.CognitiveServices\n" NO_USAGE },
		/* a reason in Bedrock's member, which has another meaning elsewhere */
		{ .api = GT_API_BEDROCK_INVOKE,
		  .provider = "aws.bedrock",
		  .target = "/model/mistral.mistral-large-2407-v1%3A0/invoke",
		  .request = "{'messages':[]}",
		  .fields = "x-amzn-bedrock-input-token-count: 7\r\nx-amzn-bedrock-output-token-count: 9\r\n",
		  .response = "{'choices':[{'index':0,'message':{'content':'x'},'stop_reason':'stop'}]}",
		  .want = "chat mistral.mistral-large-2407-v1:0\noperation.name=chat\nprovider.name=aws.bedrock\nrequest.model=mistral.mistral-large-2407-v1:0\n"
			  "response.finish_reasons=[stop]\nusage.input_tokens=7\nusage.output_tokens=9\n" OK },
		{ .api = GT_API_BEDROCK_INVOKE,
		  .provider = "aws.bedrock",
		  .target = "/model/us.deepseek.r1-v1%3A0/invoke",
		  .request = "{'prompt':'x','max_tokens':9}",
		  .response = "{'choices':[{'text':'x','stop_reason':'length'}]}",
		  .want = "text_completion us.deepseek.r1-v1:0\noperation.name=text_completion\nprovider.name=aws.bedrock\nrequest.model=us.deepseek.r1-v1:0\n"
			  "request.max_tokens=9\nresponse.finish_reasons=[length]\n" OK },
		{ .api = GT_API_BEDROCK_INVOKE,
		  .provider = "aws.bedrock",
		  .target = "/model/imported/invoke",
		  .request = "{'prompt':'x'}",
		  .response =
			  "{'id':'c','choices':[{'text':'x','finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4}}",
		  .want = "text_completion imported\noperation.name=text_completion\nprovider.name=aws.bedrock\nrequest.model=imported\nresponse.id=c\n"
			  "response.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ CHAT("vllm"), ASK,
		  .response = "{'id':'c','choices':[{'index':0,'finish_reason':null,'stop_reason':'<|eot|>'}]}",
		  .want = SPAN("vllm") "response.id=c\n" OK },
		{ CHAT("ibm.watsonx.ai"), .request = "{'model_id':'m','messages':[]}",
		  .response = "{'id':'c','model_id':'m-2','choices':[{'index':0,'finish_reason':'stop'}]}",
		  .want = SPAN("ibm.watsonx.ai") "response.id=c\nresponse.model=m-2\nresponse.finish_reasons=[stop]\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_variations_of_errors_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		/* older vLLM, in a stream and alone */
		{ CHAT("vllm"), ASK_STREAM,
		  .response =
			  "data: {'object':'error','message':'too long','type':'BadRequestError','param':null,'code':400}\n\n" DONE,
		  .want = STREAM("vllm") ERROR("BadRequestError", "200", "too long") },
		{ CHAT("vllm"), ASK, .status = 400,
		  .response = "{'object':'error','message':'too long','type':'BadRequestError','param':null,'code':400}",
		  .want = SPAN("vllm") ERROR("BadRequestError", "400", "too long") },
		{ CHAT("ibm.watsonx.ai"), ASK_STREAM,
		  .response =
			  "event: error\ndata: {'errors':[{'code':'model_no_support','message':'no'}],'status_code':400}\n\n",
		  .want = STREAM("ibm.watsonx.ai") ERROR("model_no_support", "200", "no") },
		/* plain JSON declared as an event stream */
		{ CHAT("openai"), ASK_STREAM, .status = 429,
		  .response = "{'error':{'message':'slow','type':'requests','code':'rate_limit_exceeded'}}",
		  .want = STREAM(
			  "openai") "openai.api.type=chat_completions\nerror.type=rate_limit_exceeded\nhttp.response.status_code=429\nerror \"slow\"\n" },
		/* error members without an error */
		{ CHAT("lm_studio"), ASK,
		  .response = "{'id':'c','choices':[{'index':0,'finish_reason':'stop','error':{}}],'error':''}",
		  .want = SPAN("lm_studio") "response.id=c\nresponse.finish_reasons=[stop]\n" OK },
		{ CHAT("lm_studio"), ASK,
		  .response = "{'id':'c','choices':[{'index':0,'finish_reason':'stop','error':false}],'error':{},'errors':[]}",
		  .want = SPAN("lm_studio") "response.id=c\nresponse.finish_reasons=[stop]\n" OK },
		/* an error of a gateway, in a stream of messages */
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .provider = "anthropic",
		  .target = "/v1/messages",
		  .request = "{'model':'m','max_tokens':9,'messages':[],'stream':true}",
		  SSE,
		  .response =
			  "event: message_start\ndata: {'type':'message_start','message':{'id':'i'}}\n\ndata: {'error':{'type':'overloaded_error','message':'busy'}}\n\n",
		  .want = "chat m\noperation.name=chat\nprovider.name=anthropic\nrequest.model=m\nrequest.stream=true\nrequest.max_tokens=9\nresponse.id=i\n" ERROR(
			  "overloaded_error", "200", "busy") },
		/* Gemini's in a stream, and wrapped in an array */
		{ .api = GT_API_GEMINI_GENERATE,
		  .provider = "gcp.gemini",
		  .target = "/v1beta/models/m:streamGenerateContent?alt=sse",
		  .request = "{'contents':[]}",
		  SSE,
		  .response = "data: {'candidates':[{'content':{}}],'usageMetadata':{'promptTokenCount':3}}\r\n\r\n"
			      "data: {'error':{'code':503,'message':'busy','status':'UNAVAILABLE'}}\r\n\r\n",
		  .want = "generate_content m\noperation.name=generate_content\nprovider.name=gcp.gemini\nrequest.model=m\nrequest.stream=true\nusage.input_tokens=3\n" ERROR(
			  "UNAVAILABLE", "200", "busy") },
		{ .api = GT_API_GEMINI_GENERATE,
		  .provider = "gcp.gemini",
		  .target = "/v1beta/models/m:streamGenerateContent?alt=sse",
		  .request = "{'contents':[]}",
		  SSE,
		  .status = 400,
		  .response = "[{'error':{'code':400,'message':'bad','status':'INVALID_ARGUMENT'}}]",
		  .want = "generate_content m\noperation.name=generate_content\nprovider.name=gcp.gemini\nrequest.model=m\nrequest.stream=true\n" ERROR(
			  "INVALID_ARGUMENT", "400", "bad") },
		{ .api = GT_API_TGI_GENERATE,
		  .provider = "huggingface",
		  .target = "/generate_stream",
		  .request = "{'inputs':'x'}",
		  SSE,
		  .response = "data:{'error':'Model is overloaded','error_type':'overloaded'}\n\n",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=huggingface\nrequest.stream=true\n" ERROR(
			  "overloaded", "200", "Model is overloaded") },
		{ .api = GT_API_DASHSCOPE_GENERATE,
		  .provider = "dashscope",
		  .target = "/api/v1/services/aigc/text-generation/generation",
		  .request_fields = "X-DashScope-SSE: enable\r\n",
		  .request = "{'model':'m','input':{'messages':[]}}",
		  SSE,
		  .response =
			  "id:1\nevent:error\n:HTTP_STATUS/400\ndata:{'code':'InvalidParameter','message':'bad','request_id':'q'}\n\n",
		  .want = STREAM("dashscope") "response.id=q\n" ERROR("InvalidParameter", "200", "bad") },
		/* Gemini's without a field name */
		{ .api = GT_API_GEMINI_GENERATE,
		  .provider = "gcp.gemini",
		  .target = "/v1beta/models/m:streamGenerateContent?alt=sse",
		  .request = "{'contents':[]}",
		  SSE,
		  .response =
			  "data: {'candidates':[{'content':{}}],'usageMetadata':{'promptTokenCount':3}}\r\n\r\n"
			  "{\r\n  'error': {\r\n    'code': 503,\r\n    'message': 'busy',\r\n    'status': 'UNAVAILABLE'\r\n  }\r\n}\r\n",
		  .want = "generate_content m\noperation.name=generate_content\nprovider.name=gcp.gemini\nrequest.model=m\nrequest.stream=true\nusage.input_tokens=3\n" ERROR(
			  "UNAVAILABLE", "200", "busy") },
		/* llama.cpp: a field of the name error, or an event whose members are the error's */
		{ CHAT("llama_cpp"), ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{}}]}\n\nerror: {'code':500,'message':'no slot','type':'server_error'}\n\n",
		  .want = STREAM("llama_cpp") "response.id=c\n" ERROR("server_error", "200", "no slot") },
		{ CHAT("llama_cpp"), ASK_STREAM,
		  .response = "event: error\ndata: {'code':500,'message':'no slot','type':'server_error'}\n\n",
		  .want = STREAM("llama_cpp") ERROR("server_error", "200", "no slot") },
	};

	(void)state;
	CHECK(cases);
}

static void test_variations_of_errors_under_a_status_of_success_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT("minimax"), ASK,
		  .response =
			  "{'id':'','choices':null,'created':1,'model':'M2','base_resp':{'status_code':1004,'status_msg':'login fail'}}",
		  .want = SPAN("minimax") "response.model=M2\n" ERROR("1004", "200", "login fail") },
		{ CHAT("minimax"), ASK_STREAM,
		  .response =
			  "data: {'choices':[{'index':0,'delta':{'content':'a'}}]}\n\n"
			  "data: {'choices':[{'index':0,'delta':{}}],'base_resp':{'status_code':1027,'status_msg':'sensitive'}}\n\n",
		  .want = STREAM("minimax") ERROR("1027", "200", "sensitive") },
		{ CHAT("minimax"), ASK,
		  .response =
			  "{'id':'c','choices':[{'index':0,'finish_reason':'stop'}],'base_resp':{'status_code':0,'status_msg':''}}",
		  .want = SPAN("minimax") "response.id=c\nresponse.finish_reasons=[stop]\n" OK },
		{ CHAT("groq"), ASK_STREAM,
		  .response =
			  "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':null}],'x_groq':{'id':'r','error':'tool call failed',"
			  "'usage':{'prompt_tokens':9,'completion_tokens':3,'total_tokens':12}}}\n\n" DONE,
		  .want = STREAM("groq") "response.id=c\nusage.input_tokens=9\nusage.output_tokens=3\n" ERROR(
			  "_OTHER", "200", "tool call failed") },
		{ CHAT("baidu"), ASK, .response = "{'error_code':336003,'error_msg':'the max length'}",
		  .want = SPAN("baidu") ERROR("336003", "200", "the max length") },
		{ CHAT("z_ai"), ASK, .response = "{'code':1113,'msg':'no balance','success':false}",
		  .want = SPAN("z_ai") ERROR("1113", "200", "no balance") },
		{ CHAT("siliconflow"), ASK, .response = "{'code':20012,'message':'Model does not exist.','data':null}",
		  .want = SPAN("siliconflow") ERROR("20012", "200", "Model does not exist.") },
		{ CHAT("vllm"), ASK, .response = "{'detail':'Not authenticated'}",
		  .want = SPAN("vllm") ERROR("_OTHER", "200", "Not authenticated") },
		{ CHAT("x"), ASK, .response = "{'success':false,'message':'no quota'}",
		  .want = SPAN("x") ERROR("_OTHER", "200", "no quota") },
		{ CHAT("x"), ASK, .response = "{'error':true,'error_description':'expired'}",
		  .want = SPAN("x") ERROR("_OTHER", "200", "expired") },
		{ CHAT("x"), ASK, .response = "{'errors':[{'message':'broken query'}],'data':null}",
		  .want = SPAN("x") ERROR("_OTHER", "200", "broken query") },
		{ CHAT("x"), ASK_STREAM, .response = "event: error\ndata: overloaded\n\n",
		  .want = STREAM("x") ERROR("_OTHER", "200", "overloaded") },
		/* words of success */
		{ CHAT("x"), ASK, .response = "{'code':200,'msg':'ok','data':{'text':'Four'}}",
		  .want = SPAN("x") INCOMPLETE("unknown_format") },
		{ CHAT("x"), ASK,
		  .response = "{'code':'Success','message':'ok','choices':[{'index':0,'finish_reason':'stop'}]}",
		  .want = SPAN("x") "response.finish_reasons=[stop]\n" OK },
		/* members with common names mean something else in an answer of the API */
		{ CHAT("x"), ASK, .response = "{'code':7,'message':'x','choices':[{'index':0,'finish_reason':'stop'}]}",
		  .want = SPAN("x") "response.finish_reasons=[stop]\n" OK },
		{ .api = GT_API_COHERE_CHAT,
		  .provider = "cohere",
		  .target = "/v2/chat",
		  .request = "{'model':'m','messages':[],'stream':true}",
		  SSE,
		  .response =
			  "event: message-start\ndata: {'id':'c','type':'message-start','delta':{'message':{}}}\n\n"
			  "event: message-end\ndata: {'type':'message-end','delta':{'error':'model failed','finish_reason':'ERROR'}}\n\n",
		  .want = "chat m\noperation.name=chat\nprovider.name=cohere\nrequest.model=m\nrequest.stream=true\nresponse.id=c\n"
			  "response.finish_reasons=[ERROR]\n" ERROR("_OTHER", "200", "model failed") },
		{ .api = GT_API_COHERE_CHAT,
		  .provider = "cohere",
		  .target = "/v2/chat",
		  .request = "{'model':'m','messages':[]}",
		  .response = "{'id':'c','finish_reason':'ERROR','message':{'role':'assistant'}}",
		  .want = "chat m\noperation.name=chat\nprovider.name=cohere\nrequest.model=m\nresponse.id=c\n"
			  "response.finish_reasons=[ERROR]\n" ERROR("_OTHER", "200", "") },
	};

	(void)state;
	CHECK(cases);
}

static void test_variations_of_responses_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		/* resumed in the middle, and cut: the first event has the values */
		{ .api = GT_API_OPENAI_RESPONSES,
		  .provider = "openai",
		  .target = "/v1/responses",
		  .request = "{'model':'m','input':'x','stream':true}",
		  SSE,
		  .response =
			  "event: response.in_progress\ndata: {'type':'response.in_progress','response':{'id':'r','model':'m-1','status':'in_progress'}}\n\n"
			  "event: response.unheard_of\ndata: {'type':'response.unheard_of','response':{'id':'other'}}\n\n",
		  .end = GT_CASE_EOF,
		  .want = STREAM(
			  "openai") "response.id=r\nresponse.model=m-1\nopenai.api.type=responses\nerror.type=connection_reset\n" OK
				    "error \"the connection ended before the response did\"\n" },
		/* tokens written to the cache; server tools and a refusal are not finish reasons */
		{ .api = GT_API_OPENAI_RESPONSES,
		  .provider = "openai",
		  .target = "/v1/responses",
		  .request = "{'model':'m','input':'x'}",
		  .response =
			  "{'id':'r','status':'completed','output':[{'type':'mcp_call'},{'type':'message','content':[{'type':'refusal','refusal':'no'}]}],"
			  "'tool_usage':{'image_gen':{'input_tokens':5,'output_tokens':6}},'usage':{'input_tokens':30,'input_tokens_details':{'cached_tokens':10,"
			  "'cache_write_tokens':20},'output_tokens':4,'output_tokens_details':{'reasoning_tokens':0},'total_tokens':34}}",
		  .want = SPAN(
			  "openai") "response.id=r\nresponse.finish_reasons=[stop]\nusage.input_tokens=30\nusage.output_tokens=4\nusage.cache_read.input_tokens=10\n"
				    "usage.cache_creation.input_tokens=20\nusage.reasoning.output_tokens=0\nopenai.api.type=responses\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_variations_of_vectors_are_measured_where_their_length_tells(void **state)
{
#define EMBED(who) .api = GT_API_OPENAI_EMBEDDINGS, .provider = who, .target = "/v1/embeddings"
#define ESPAN(who) "embeddings m\noperation.name=embeddings\nprovider.name=" who "\nrequest.model=m\n"
	static const struct gt_exchange_case cases[] = {
		{ EMBED("voyage"), .request = "{'model':'m','input':'x','output_dtype':'float'}",
		  .response = "{'data':[{'embedding':[1,2,3]}]}", .want = ESPAN("voyage") "embeddings.dimension.count=3\n" OK },
		/* packed embeddings do not show the dimensions */
		{ EMBED("voyage"), .request = "{'model':'m','input':'x','output_dtype':'ubinary'}",
		  .response = "{'data':[{'embedding':[1,2,3]}]}", .want = ESPAN("voyage") OK },
		{ EMBED("jina"), .request = "{'model':'m','input':['x'],'embedding_type':'binary'}",
		  .response = "{'data':[{'embedding':[1,2,3]}]}", .want = ESPAN("jina") OK },
		{ EMBED("mistral_ai"), .request = "{'model':'m','input':'x','output_dtype':'int8','output_dimension':64}",
		  .response = "{'data':[{'embedding':[1,2,3]}]}",
		  .want = ESPAN("mistral_ai") "embeddings.dimension.count=64\n" OK },
		{ .api = GT_API_COHERE_EMBED,
		  .provider = "cohere",
		  .target = "/v2/embed",
		  .request = "{'model':'m','texts':['x'],'embedding_types':['base64']}",
		  .response = "{'id':'e','embeddings':{'base64':['AAAAAAAAAAAAAAAA']}}",
		  .want = ESPAN(
			  "cohere") "request.encoding_formats=[base64]\nembeddings.dimension.count=3\nresponse.id=e\n" OK },
		{ .api = GT_API_COHERE_EMBED,
		  .provider = "cohere",
		  .target = "/v2/embed",
		  .request = "{'model':'m','texts':['x'],'embedding_types':['ubinary']}",
		  .response = "{'id':'e','embeddings':{'ubinary':[[1,2,3]]}}",
		  .want = ESPAN("cohere") "request.encoding_formats=[ubinary]\nresponse.id=e\n" OK },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- Ollama's API */

#define OLLAMA(path) .provider = "ollama", .target = "/api/" path
#define OCHAT	     .api = GT_API_OLLAMA_CHAT, OLLAMA("chat")

static void test_variations_of_ollama_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ OCHAT,
		  .request =
			  "{'model':'m','messages':[],'stream':false,'format':'json','think':'high','options':{'num_predict':9,'temperature':0.5,'top_p':0.9,"
			  "'top_k':3,'seed':7,'stop':['x'],'frequency_penalty':1,'presence_penalty':2,'num_ctx':4096}}",
		  .response =
			  "{'model':'m-1','message':{'role':'assistant','content':'x'},'done':true,'done_reason':'length','prompt_eval_count':5,'eval_count':9}",
		  .want = "chat m\noperation.name=chat\nprovider.name=ollama\nrequest.model=m\noutput.type=json\nrequest.seed=7\nrequest.top_k=3\nrequest.max_tokens=9\n"
			  "request.temperature=0.5\nrequest.top_p=0.9\nrequest.frequency_penalty=1\nrequest.presence_penalty=2\nrequest.stop_sequences=[x]\n"
			  "request.reasoning.level=high\nresponse.model=m-1\nresponse.finish_reasons=[length]\nusage.input_tokens=5\nusage.output_tokens=9\n" OK },
		/* streaming is the default; without a limit, and with a prompt that was cached whole */
		{ OCHAT, .request = "{'model':'m','messages':[],'think':true,'options':{'num_predict':-1}}",
		  .type = "application/x-ndjson",
		  .response =
			  "{'model':'m','message':{'content':'a'},'done':false}\n{'model':'m','message':{'content':''},'done':true,'done_reason':'stop','eval_count':2}\n",
		  .want = STREAM("ollama") "response.model=m\nresponse.finish_reasons=[stop]\nusage.output_tokens=2\n" OK },
		/* lines declared as one JSON document; lines after an error */
		{ OCHAT, ASK,
		  .response = "{'model':'m','message':{'content':'a'},'done':false}\n{'error':'model runner has stopped'}\n",
		  .want = STREAM("ollama") "response.model=m\nerror.type=_OTHER\n" OK "error \"model runner has stopped\"\n" },
		{ OCHAT, ASK, .status = 404, .response = "{'error':'model not found'}",
		  .want = STREAM("ollama") ERROR("404", "404", "model not found") },
		{ OCHAT, ASK, .type = "application/x-ndjson",
		  .response = "{'model':'m','message':{'content':'a'},'done':false}\n", .end = GT_CASE_EOF,
		  .want = STREAM("ollama") "response.model=m\n" ERROR("connection_reset", "200",
								      "the connection ended before the response did") },
		{ .api = GT_API_OLLAMA_GENERATE,
		  OLLAMA("generate"),
		  .request = "{'model':'m','prompt':'x','stream':false}",
		  .response =
			  "{'model':'m','response':'x','done':true,'done_reason':'stop','prompt_eval_count':5,'eval_count':9,'prompt_eval_cached_count':4}",
		  .want = "text_completion m\noperation.name=text_completion\nprovider.name=ollama\nrequest.model=m\nresponse.model=m\nresponse.finish_reasons=[stop]\n"
			  "usage.input_tokens=5\nusage.output_tokens=9\nusage.cache_read.input_tokens=4\n" OK },
		{ .api = GT_API_OLLAMA_EMBED,
		  OLLAMA("embed"),
		  .request = "{'model':'m','input':['x','y'],'dimensions':2}",
		  .response = "{'model':'m','embeddings':[[1,2],[3,4]],'prompt_eval_count':5}",
		  .want = "embeddings m\noperation.name=embeddings\nprovider.name=ollama\nrequest.model=m\nembeddings.dimension.count=2\nresponse.model=m\nusage.input_tokens=5\n" OK },
		{ .api = GT_API_OLLAMA_EMBED,
		  OLLAMA("embeddings"),
		  .request = "{'model':'m','prompt':'x'}",
		  .response = "{'embedding':[1,2,3]}",
		  .want = "embeddings m\noperation.name=embeddings\nprovider.name=ollama\nrequest.model=m\nembeddings.dimension.count=3\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_variations_of_event_streams_are_read),
		GT_TEST(test_variations_of_choices_are_read),
		GT_TEST(test_variations_of_errors_are_read),
		GT_TEST(test_variations_of_errors_under_a_status_of_success_are_read),
		GT_TEST(test_variations_of_responses_are_read),
		GT_TEST(test_variations_of_vectors_are_measured_where_their_length_tells),
		GT_TEST(test_variations_of_ollama_are_read),
	};

	return GT_TESTS(tests);
}
