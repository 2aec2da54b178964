#include "support/span_lines.h"
#include "support/test.h"

#define STREAM "application/vnd.amazon.eventstream"
#define CONVERSE \
	.api = GT_API_BEDROCK_CONVERSE, .provider = "aws.bedrock", .target = "/model/us.amazon.nova-lite-v1%3A0/converse"
#define CONVERSING                                                 \
	.api = GT_API_BEDROCK_CONVERSE, .provider = "aws.bedrock", \
	.target = "/model/us.amazon.nova-lite-v1%3A0/converse-stream", .type = STREAM
#define INVOKE(id) .api = GT_API_BEDROCK_INVOKE, .provider = "aws.bedrock", .target = "/model/" id "/invoke"
#define INVOKING(id)                                                                                                    \
	.api = GT_API_BEDROCK_INVOKE, .provider = "aws.bedrock", .target = "/model/" id "/invoke-with-response-stream", \
	.type = STREAM
#define ASK .request = "{'messages':[{'role':'user','content':[{'text':'Is bus 7 late?'}]}]}"
#define NAME \
	"chat us.amazon.nova-lite-v1:0\noperation.name=chat\nprovider.name=aws.bedrock\nrequest.model=us.amazon.nova-lite-v1:0\n"
#define SPAN(op, id) SPAN_OF(op, "aws.bedrock", id)
#define CLAUDE	     "anthropic.claude-sonnet-4-5-v1:0"

static void test_bedrock_converse_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSE,
		  .request =
			  "{'messages':[],'inferenceConfig':{'maxTokens':100,'temperature':0.5,'topP':0.9,'stopSequences':['A']},"
			  "'additionalModelRequestFields':{'top_k':40},'guardrailConfig':{'guardrailIdentifier':'gr-1','guardrailVersion':'1'}}",
		  .fields = "x-amzn-requestid: r-1\r\n",
		  .response =
			  "{'output':{'message':{'role':'assistant','content':[{'text':'x'}]}},'stopReason':'tool_use',"
			  "'usage':{'inputTokens':10,'outputTokens':7,'totalTokens':167,'cacheReadInputTokens':100,'cacheWriteInputTokens':50},'metrics':{'latencyMs':4}}",
		  .want = NAME
		  "request.top_k=40\nrequest.max_tokens=100\nrequest.temperature=0.5\nrequest.top_p=0.9\nrequest.stop_sequences=[A]\n"
		  "response.finish_reasons=[tool_use]\nusage.input_tokens=160\nusage.output_tokens=7\nusage.cache_read.input_tokens=100\n"
		  "usage.cache_creation.input_tokens=50\naws.bedrock.guardrail.id=gr-1\naws.request_id=r-1\n" OK },
		{ CONVERSE, ASK,
		  .response = "{'usage':{'inputTokens':10,'outputTokens':7,'dreamTokens':3,'serverToolUsage':{'requests':2}}}",
		  .want = NAME "usage.input_tokens=10\nusage.output_tokens=7\n" OK "gentap.incomplete=unknown_usage\n" },
		{ CONVERSE, ASK, .response = "{'usage':null,'stopReason':7}", .want = NAME OK },
		{ CONVERSE, ASK, .response = "[]", .want = NAME OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_converse_stream_is_put_together_from_frames(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSING, ASK,
		  .response =
			  "messageStart {'role':'assistant'}\ncontentBlockDelta {'contentBlockIndex':0,'delta':{'text':'No'}}\ncontentBlockStop {}\n"
			  "messageStop {'stopReason':'end_turn'}\nmetadata {'usage':{'inputTokens':5,'outputTokens':3,'totalTokens':8},'metrics':{'latencyMs':3}}\n",
		  .want = NAME
		  "request.stream=true\nresponse.finish_reasons=[end_turn]\nusage.input_tokens=5\nusage.output_tokens=3\n" OK },
		/* an exception in the middle of a good stream */
		{ CONVERSING, ASK,
		  .response =
			  "messageStart {'role':'assistant'}\nexception/throttlingException {'message':'Too many tokens'}\n",
		  .want = NAME "request.stream=true\nerror.type=throttlingException\n" OK "error \"Too many tokens\"\n" },
		{ CONVERSING, ASK, .response = "error/InternalFailure {'message':'it broke'}\n",
		  .want = NAME "request.stream=true\nerror.type=InternalFailure\n" OK "error \"it broke\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_a_stream_cut_short_is_an_error_and_one_that_is_damaged_says_so(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSING, ASK, .end = GT_CASE_RESET, .response = "messageStart {'role':'assistant'}\n",
		  .want = NAME "request.stream=true\nerror.type=connection_reset\n" OK "error \"\"\n" },
		/* the message was complete */
		{ CONVERSING, ASK, .end = GT_CASE_CLOSED, .response = "messageStop {'stopReason':'end_turn'}\n",
		  .want = NAME "request.stream=true\nresponse.finish_reasons=[end_turn]\n" OK },
		{ .api = GT_API_BEDROCK_CONVERSE,
		  .provider = "aws.bedrock",
		  .target = "/model/m/converse-stream",
		  ASK,
		  .type = "application/vnd.amazon.eventstream; x=1",
		  .response = "this is not a frame, and long enough to be a frame",
		  .want = SPAN("chat", "m") "request.stream=true\n" OK "gentap.incomplete=event_stream\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_errors_have_their_type_from_the_head(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSE, ASK, .status = 400,
		  .fields = "x-amzn-ErrorType: ValidationException:http://internal.amazon.com/coral/\r\n",
		  .response = "{'message':'The model is not there'}",
		  .want = NAME
		  "error.type=ValidationException\nhttp.response.status_code=400\nerror \"The model is not there\"\n" },
		{ CONVERSE, ASK, .status = 403,
		  .response = "{'Message':'no','__type':'com.amazon.coral.service#AccessDeniedException'}",
		  .want = NAME "error.type=AccessDeniedException\nhttp.response.status_code=403\nerror \"no\"\n" },
		{ CONVERSE, ASK, .status = 503, .fields = "x-amzn-errortype: ServiceUnavailableException\r\n", .response = "",
		  .want = NAME "error.type=ServiceUnavailableException\nhttp.response.status_code=503\nerror \"\"\n" },
		{ CONVERSE, ASK, .status = 500, .response = "",
		  .want = NAME "error.type=500\nhttp.response.status_code=500\nerror \"\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_the_model_stands_in_the_path_whatever_its_form(void **state)
{
	static const struct {
		const char *target, *model;
	} rows[] = {
		{ "/model/amazon.nova-micro-v1:0/converse", "amazon.nova-micro-v1:0" },
		{ "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/converse",
		  "arn:aws:bedrock:us-east-1:1:inference-profile/us.x" },
		{ "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.x/converse?y=/z",
		  "arn:aws:bedrock:us-east-1:1:inference-profile/us.x" },
		{ "/bedrock/model/m/converse", "m" },
		{ "/model//converse", "" },
		{ "/model/converse", "" },
		{ "/converse", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const struct gt_exchange_case c = { .api = GT_API_BEDROCK_CONVERSE,
						    .provider = "aws.bedrock",
						    .target = rows[i].target,
						    ASK,
						    .response = "{}" };
		struct gt_span *s = gt_exchange_case_span(&c);

		assert_str(gt_span_get_str(s, GT_ATTR_REQUEST_MODEL), rows[i].model);
		gt_span_free(s);
	}
}

static void test_bedrock_invoke_reads_the_format_of_each_vendor(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ INVOKE("anthropic.claude-sonnet-4-5-v1%3A0"),
		  .request = "{'anthropic_version':'bedrock-2023-05-31','max_tokens':64,'messages':[],'top_k':5}",
		  .response =
			  "{'id':'msg_bdrk_1','model':'claude-sonnet-4-5','stop_reason':'end_turn','usage':{'input_tokens':3,'cache_read_input_tokens':4,'output_tokens':2}}",
		  .want = SPAN(
			  "chat",
			  CLAUDE) "request.top_k=5\nrequest.max_tokens=64\nresponse.id=msg_bdrk_1\nresponse.model=claude-sonnet-4-5\n"
				  "response.finish_reasons=[end_turn]\nusage.input_tokens=7\nusage.output_tokens=2\nusage.cache_read.input_tokens=4\n" OK },
		/* an ARN does not name the vendor: the body does */
		{ INVOKE("arn%3Aaws%3Ax%2Fy"),
		  .request = "{'anthropic_version':'bedrock-2023-05-31','max_tokens':64,'messages':[]}",
		  .response = "{'stop_reason':'max_tokens','usage':{'input_tokens':3,'output_tokens':2}}",
		  .want = SPAN(
			  "chat",
			  "arn:aws:x/y") "request.max_tokens=64\nresponse.finish_reasons=[max_tokens]\nusage.input_tokens=3\nusage.output_tokens=2\n" OK },
		{ INVOKE("amazon.titan-text-express-v1"),
		  .request =
			  "{'inputText':'Hi','textGenerationConfig':{'maxTokenCount':9,'temperature':0.5,'topP':1,'stopSequences':['|']}}",
		  .response =
			  "{'inputTextTokenCount':3,'results':[{'tokenCount':8,'outputText':'x','completionReason':'FINISH'}]}",
		  .want = SPAN(
			  "text_completion",
			  "amazon.titan-text-express-v1") "request.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=1\n"
							  "request.stop_sequences=[|]\nresponse.finish_reasons=[FINISH]\nusage.input_tokens=3\nusage.output_tokens=8\n" OK },
		{ INVOKE("amazon.nova-micro-v1:0"),
		  .request = "{'messages':[],'inferenceConfig':{'max_new_tokens':9,'temperature':0.5,'topP':0.9,'topK':20}}",
		  .response =
			  "{'output':{},'stopReason':'end_turn','usage':{'inputTokens':4,'outputTokens':2,'cacheReadInputTokenCount':1,'cacheWriteInputTokenCount':0}}",
		  .want = SPAN(
			  "chat",
			  "amazon.nova-micro-v1:0") "request.top_k=20\nrequest.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\n"
						    "response.finish_reasons=[end_turn]\nusage.input_tokens=5\nusage.output_tokens=2\nusage.cache_read.input_tokens=1\nusage.cache_creation.input_tokens=0\n" OK },
		{ INVOKE("meta.llama3-8b"), .request = "{'prompt':'Hi','max_gen_len':9,'temperature':0.5,'top_p':0.9}",
		  .response = "{'generation':'x','prompt_token_count':3,'generation_token_count':8,'stop_reason':'length'}",
		  .want = SPAN(
			  "text_completion",
			  "meta.llama3-8b") "request.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\n"
					    "response.finish_reasons=[length]\nusage.input_tokens=3\nusage.output_tokens=8\n" OK },
		/* without counts in the body: the counts of the head */
		{ INVOKE("mistral.mistral-7b"), .request = "{'prompt':'Hi','max_tokens':9,'stop':['x']}",
		  .fields = "x-amzn-bedrock-input-token-count: 5\r\nx-amzn-bedrock-output-token-count: 6\r\n",
		  .response = "{'outputs':[{'text':'x','stop_reason':'stop'}]}",
		  .want = SPAN(
			  "text_completion",
			  "mistral.mistral-7b") "request.max_tokens=9\nrequest.stop_sequences=[x]\nresponse.finish_reasons=[stop]\n"
						"usage.input_tokens=5\nusage.output_tokens=6\n" OK },
		/* implausibly large */
		{ INVOKE("mistral.mistral-7b"), .request = "{'prompt':'Hi'}",
		  .fields =
			  "x-amzn-bedrock-input-token-count: 9223372036854775806\r\nx-amzn-bedrock-output-token-count: 9007199254740992\r\n",
		  .response = "{'outputs':[{'text':'x','stop_reason':'stop'}]}",
		  .want = SPAN(
			  "text_completion",
			  "mistral.mistral-7b") "response.finish_reasons=[stop]\nusage.output_tokens=9007199254740992\n" OK },
		{ INVOKE("cohere.command-text"), .request = "{'prompt':'Hi','p':0.5,'k':3}",
		  .response = "{'id':'c1','generations':[{'finish_reason':'COMPLETE'}]}",
		  .want = SPAN(
			  "text_completion",
			  "cohere.command-text") "request.top_k=3\nrequest.top_p=0.5\nresponse.id=c1\nresponse.finish_reasons=[COMPLETE]\n" OK },
		{ INVOKE("ai21.j2-mid"), .request = "{'prompt':'Hi','maxTokens':9,'topP':0.5}",
		  .response = "{'completions':[{'finishReason':{'reason':'endoftext'}}]}",
		  .want = SPAN(
			  "text_completion",
			  "ai21.j2-mid") "request.max_tokens=9\nrequest.top_p=0.5\nresponse.finish_reasons=[endoftext]\n" OK },
		{ INVOKE("ai21.jamba-mini"), .request = "{'messages':[],'max_tokens':9}",
		  .response =
			  "{'id':'j','choices':[{'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':8,'total_tokens':11}}",
		  .want = SPAN(
			  "chat",
			  "ai21.jamba-mini") "request.max_tokens=9\nresponse.id=j\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=8\n" OK },
		{ INVOKE("amazon.titan-embed-text-v2:0"), .request = "{'inputText':'Hi','dimensions':4}",
		  .response = "{'embedding':[1,2,3,4],'inputTextTokenCount':3}",
		  .want = SPAN("embeddings",
			       "amazon.titan-embed-text-v2:0") "embeddings.dimension.count=4\nusage.input_tokens=3\n" OK },
		{ INVOKE("cohere.embed-english-v3"), .request = "{'texts':['Hi'],'input_type':'search_document'}",
		  .fields = "x-amzn-bedrock-input-token-count: 5\r\n", .response = "{'id':'e','embeddings':[[1,2,3]]}",
		  .want = SPAN(
			  "embeddings",
			  "cohere.embed-english-v3") "embeddings.dimension.count=3\nresponse.id=e\nusage.input_tokens=5\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_invoke_streams_hold_documents_in_base64(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ INVOKING("anthropic.claude-sonnet-4-5-v1%3A0"),
		  .request = "{'anthropic_version':'bedrock-2023-05-31','max_tokens':64,'messages':[]}",
		  .response =
			  "chunk {'type':'message_start','message':{'id':'msg_bdrk_1','model':'claude','usage':{'input_tokens':3,'output_tokens':1}}}\n"
			  "chunk {'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':9}}\n"
			  "chunk {'type':'message_stop','amazon-bedrock-invocationMetrics':{'inputTokenCount':99,'outputTokenCount':99,'invocationLatency':5}}\n",
		  .want = SPAN(
			  "chat",
			  CLAUDE) "request.stream=true\nrequest.max_tokens=64\nresponse.id=msg_bdrk_1\nresponse.model=claude\n"
				  "response.finish_reasons=[end_turn]\nusage.input_tokens=3\nusage.output_tokens=9\n" OK },
		/* without usage of the vendor: Bedrock's counts */
		{ INVOKING("mistral.mistral-7b"), .request = "{'prompt':'Hi'}",
		  .response =
			  "chunk {'outputs':[{'text':'x','stop_reason':null}]}\n"
			  "chunk {'outputs':[{'text':'','stop_reason':'stop'}],'amazon-bedrock-invocationMetrics':{'inputTokenCount':12,'outputTokenCount':34}}\n",
		  .want = SPAN(
			  "text_completion",
			  "mistral.mistral-7b") "request.stream=true\nresponse.finish_reasons=[stop]\nusage.input_tokens=12\nusage.output_tokens=34\n" OK },
		{ INVOKING("amazon.nova-micro-v1:0"), .request = "{'messages':[],'inferenceConfig':{}}",
		  .response =
			  "chunk {'messageStart':{'role':'assistant'}}\nchunk {'messageStop':{'stopReason':'end_turn'}}\n"
			  "chunk {'metadata':{'usage':{'inputTokens':2,'outputTokens':3}},'amazon-bedrock-invocationMetrics':{'inputTokenCount':2,'outputTokenCount':3}}\n",
		  .want = SPAN(
			  "chat",
			  "amazon.nova-micro-v1:0") "request.stream=true\nresponse.finish_reasons=[end_turn]\nusage.input_tokens=2\nusage.output_tokens=3\n" OK },
		{ INVOKING("mistral.mistral-7b"), .request = "{'prompt':'Hi'}",
		  .response = "exception/modelStreamErrorException {'message':'gone'}\n",
		  .want = SPAN("text_completion",
			       "mistral.mistral-7b") "request.stream=true\nerror.type=modelStreamErrorException\n" OK
						     "error \"gone\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_counting_is_no_chat(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_BEDROCK_COUNT,
		  .provider = "aws.bedrock",
		  .target = "/model/m/count-tokens",
		  .request = "{'input':{}}",
		  .response = "{'inputTokens':7}",
		  .want = SPAN("count_tokens", "m") OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_bedrock_behind_an_unknown_host_is_recognised_by_its_body(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CONVERSE, .candidate = true, ASK, .response = "{}", .want = NAME OK },
		{ CONVERSE, .candidate = true, .request = "{'question':'x'}", .response = "{}", .want = "no span\n" },
		{ INVOKE("m"), .candidate = true, .request = "{'prompt':'x'}", .response = "{}",
		  .want = SPAN("text_completion", "m") OK },
		{ INVOKE("m"), .candidate = true, .request = "{'instances':[]}", .response = "{}", .want = "no span\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_bedrock_converse_is_read),
		GT_TEST(test_bedrock_converse_stream_is_put_together_from_frames),
		GT_TEST(test_bedrock_a_stream_cut_short_is_an_error_and_one_that_is_damaged_says_so),
		GT_TEST(test_bedrock_errors_have_their_type_from_the_head),
		GT_TEST(test_bedrock_the_model_stands_in_the_path_whatever_its_form),
		GT_TEST(test_bedrock_invoke_reads_the_format_of_each_vendor),
		GT_TEST(test_bedrock_invoke_streams_hold_documents_in_base64),
		GT_TEST(test_bedrock_counting_is_no_chat),
		GT_TEST(test_bedrock_behind_an_unknown_host_is_recognised_by_its_body),
	};

	return GT_TESTS(tests);
}
