#include "support/span_lines.h"
#include "support/test.h"

#define GENERATE \
	.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", .target = "/v1beta/models/gemini-2.5-flash:generateContent"
#define SSE                                                      \
	.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", \
	.target = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", .type = "text/event-stream"
#define ARRAY                                                    \
	.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", \
	.target = "/v1beta/models/gemini-2.5-flash:streamGenerateContent", .type = "application/json; charset=UTF-8"
#define ASK    .request = "{'contents':[{'role':'user','parts':[{'text':'Is bus 7 late?'}]}]}"
#define NAME   SPAN_OF("generate_content", "gcp.gemini", "gemini-2.5-flash")
#define STREAM NAME "request.stream=true\n"

static void test_gemini_request_parameters_are_read_in_both_spellings(void **state)
{
	static const char want[] =
		"generate_content gemini-2.5-flash\noperation.name=generate_content\nprovider.name=gcp.gemini\n"
		"request.model=gemini-2.5-flash\noutput.type=json\nrequest.choice.count=2\nrequest.seed=5\nrequest.top_k=40\n"
		"request.max_tokens=100\nrequest.temperature=0.5\nrequest.top_p=0.9\nrequest.frequency_penalty=0.25\n"
		"request.presence_penalty=0.75\nrequest.stop_sequences=[A, B]\nrequest.reasoning.level=low\n" OK;
	static const struct gt_exchange_case cases[] = {
		{ GENERATE,
		  .request =
			  "{'contents':[],'systemInstruction':{},'generationConfig':{'maxOutputTokens':100,'temperature':0.5,'topP':0.9,'topK':40.0,"
			  "'stopSequences':['A','B'],'seed':5,'frequencyPenalty':0.25,'presencePenalty':0.75,'candidateCount':2,"
			  "'responseMimeType':'application/json','responseSchema':{},'thinkingConfig':{'thinkingLevel':'low','includeThoughts':true}},'tools':[]}",
		  .response = "{}", .want = want },
		{ GENERATE,
		  .request =
			  "{'contents':[],'system_instruction':{},'generation_config':{'max_output_tokens':100,'temperature':0.5,'top_p':0.9,'top_k':40,"
			  "'stop_sequences':['A','B'],'seed':5,'frequency_penalty':0.25,'presence_penalty':0.75,'candidate_count':2,"
			  "'response_mime_type':'application/json','thinking_config':{'thinking_level':'low'}}}",
		  .response = "{}", .want = want },
		{ GENERATE,
		  .request =
			  "{'contents':[],'generationConfig':{'candidateCount':1,'responseMimeType':'text/plain','maxOutputTokens':null}}",
		  .response = "{}", .want = NAME OK },
		{ GENERATE, .request = "{'contents':[],'generationConfig':{'responseModalities':['AUDIO']}}", .response = "{}",
		  .want = SPAN_OF("generate_content", "gcp.gemini", "gemini-2.5-flash") "output.type=speech\n" OK },
		{ GENERATE, .request = "{'contents':[],'generation_config':{'response_modalities':['image']}}",
		  .response = "{}",
		  .want = SPAN_OF("generate_content", "gcp.gemini", "gemini-2.5-flash") "output.type=image\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_gemini_model_stands_in_the_path(void **state)
{
	static const struct {
		const char *target, *name;
	} rows[] = {
		{ "/v1/models/gemini-pro:generateContent", "gemini-pro" },
		{ "/v1beta/tunedModels/my-model-abc:generateContent?key=REDACTED", "my-model-abc" },
		{ "/v1beta/models/a%2Fb%3Ac:generateContent", "a/b:c" },
		{ "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro" },
		{ "/v1beta/models/name:with:colons:generateContent", "name:with:colons" },
		{ "http://host/v1/models/absolute:generateContent", "absolute" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const struct gt_exchange_case c = {
			.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", .target = rows[i].target, ASK, .response = "{}"
		};
		struct gt_span *s = gt_exchange_case_span(&c);

		assert_str(gt_span_get_str(s, GT_ATTR_REQUEST_MODEL), rows[i].name);
		assert_false(gt_span_has(s, GT_ATTR_REQUEST_STREAM));
		gt_span_free(s);
	}
}

static void test_gemini_usage_is_counted_by_the_rules_of_the_conventions(void **state)
{
	static const struct {
		const char *usage, *want;
	} rows[] = {
		{ "{'promptTokenCount':18,'candidatesTokenCount':7,'totalTokenCount':25}",
		  "usage.input_tokens=18\nusage.output_tokens=7\n" },
		/* thoughts are output, tool prompts are input, and the prompt includes cached content */
		{ "{'promptTokenCount':18,'candidatesTokenCount':7,'thoughtsTokenCount':11,'toolUsePromptTokenCount':30,'cachedContentTokenCount':8,'totalTokenCount':66}",
		  "usage.input_tokens=48\nusage.output_tokens=18\nusage.cache_read.input_tokens=8\nusage.reasoning.output_tokens=11\n" },
		{ "{'promptTokenCount':18,'thoughtsTokenCount':11,'totalTokenCount':29}",
		  "usage.input_tokens=18\nusage.output_tokens=11\nusage.reasoning.output_tokens=11\n" },
		{ "{'promptTokenCount':18,'totalTokenCount':18}", "usage.input_tokens=18\n" },
		{ "{'totalTokenCount':18}", "" },
		{ "{'promptTokenCount':18,'candidatesTokenCount':7,'totalTokenCount':40}",
		  "usage.input_tokens=18\nusage.output_tokens=7\n" },
		{ "null", "" },
		{ "{'promptTokenCount':null,'candidatesTokenCount':-7}", "" },
		/* by modality: as names, as numbers, and of cached tokens */
		{ "{'promptTokenCount':60,'candidatesTokenCount':9,'promptTokensDetails':[{'modality':'TEXT','tokenCount':10},{'modality':'IMAGE','tokenCount':20},"
		  "{'modality':'AUDIO','tokenCount':30},{'modality':'VIDEO','tokenCount':5}],'candidatesTokensDetails':[{'modality':'TEXT','tokenCount':4},"
		  "{'modality':'IMAGE','tokenCount':3},{'modality':'AUDIO','tokenCount':2}]}",
		  "usage.input_tokens=60\nusage.output_tokens=9\nusage.text.input_tokens=10\nusage.image.input_tokens=20\nusage.audio.input_tokens=30\n"
		  "usage.text.output_tokens=4\nusage.image.output_tokens=3\nusage.audio.output_tokens=2\n" },
		{ "{'promptTokenCount':21,'candidatesTokenCount':7,'promptTokensDetails':[{'modality':1,'tokenCount':21}],'candidatesTokensDetails':[{'modality':1,'tokenCount':7}]}",
		  "usage.input_tokens=21\nusage.output_tokens=7\nusage.text.input_tokens=21\nusage.text.output_tokens=7\n" },
		{ "{'promptTokenCount':21,'promptTokensDetails':{'modality':1},'candidatesTokensDetails':[null,7,{'modality':'TEXT'}]}",
		  "usage.input_tokens=21\n" },
		{ "{'promptTokenCount':60,'cachedContentTokenCount':40,'cacheTokensDetails':[{'modality':'TEXT','tokenCount':30},{'modality':'IMAGE','tokenCount':10}]}",
		  "usage.input_tokens=60\nusage.cache_read.input_tokens=40\nusage.text.cache_read.input_tokens=30\nusage.image.cache_read.input_tokens=10\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char response[1000], want[1000];
		const struct gt_exchange_case c = { GENERATE, ASK, .response = response, .want = want };

		snprintf(response, sizeof(response), "{'usageMetadata':%s}", rows[i].usage);
		snprintf(want, sizeof(want), "%s%s%s", NAME, rows[i].want, OK);
		gt_exchange_case_check(&c);
	}
}

static void test_gemini_responses_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ GENERATE, ASK,
		  .response =
			  "{'candidates':[{'content':{'parts':[{'text':'x'}],'role':'model'},'finishReason':'STOP','index':0,'safetyRatings':[]}],"
			  "'usageMetadata':{'promptTokenCount':18,'candidatesTokenCount':7,'totalTokenCount':25},'modelVersion':'gemini-2.5-flash-001','responseId':'r1'}",
		  .want = NAME
		  "response.id=r1\nresponse.model=gemini-2.5-flash-001\nresponse.finish_reasons=[STOP]\nusage.input_tokens=18\nusage.output_tokens=7\n" OK },
		/* the first candidate's index is often left out */
		{ GENERATE, ASK,
		  .response =
			  "{'candidates':[{'finishReason':'STOP'},{'index':2,'finishReason':'SAFETY'},{'index':1,'finishReason':'MAX_TOKENS'}]}",
		  .want = NAME "response.finish_reasons=[STOP, MAX_TOKENS, SAFETY]\n" OK },
		/* numbers instead of names, which clients may ask for */
		{ GENERATE, ASK,
		  .response =
			  "{'candidates':[{'finishReason':1},{'index':1,'finishReason':2},{'index':2,'finishReason':3},{'index':3,'finishReason':4},"
			  "{'index':4,'finishReason':5},{'index':5,'finishReason':9},{'index':6,'finishReason':0},{'index':7,'finishReason':-1}]}",
		  .want = NAME "response.finish_reasons=[STOP, MAX_TOKENS, SAFETY, RECITATION, OTHER]\n" OK },
		/* a rejected prompt */
		{ GENERATE, ASK,
		  .response =
			  "{'promptFeedback':{'blockReason':'PROHIBITED_CONTENT'},'usageMetadata':{'promptTokenCount':18},'modelVersion':'m'}",
		  .want = NAME "response.model=m\nresponse.finish_reasons=[PROHIBITED_CONTENT]\nusage.input_tokens=18\n" OK },
		{ GENERATE, ASK, .response = "{'candidates':'x','modelVersion':7}", .want = NAME OK },
		{ GENERATE, .request = "{'contents':[", .response = "{'responseId':'r1'}",
		  .want = NAME "response.id=r1\n" INCOMPLETE("request_not_json") },
		/* errors */
		{ GENERATE, ASK, .status = 429,
		  .response =
			  "{'error':{'code':429,'message':'Resource has been exhausted','status':'RESOURCE_EXHAUSTED','details':[{'@type':'x','reason':'y'}]}}",
		  .want = NAME ERROR("RESOURCE_EXHAUSTED", "429", "Resource has been exhausted") },
		{ ARRAY, ASK, .status = 400, .response = "[{'error':{'code':400,'message':'bad','status':'INVALID_ARGUMENT'}}]",
		  .want = STREAM ERROR("INVALID_ARGUMENT", "400", "bad") },
		{ GENERATE, ASK, .status = 503, .response = "", .want = NAME ERROR("503", "503", "") },
	};

	(void)state;
	CHECK(cases);
}

#define PART1 \
	"{'candidates':[{'content':{'parts':[{'text':'Four ]}\\'{['}],'role':'model'},'index':0}],'usageMetadata':{'promptTokenCount':18,'totalTokenCount':18},'modelVersion':'m1','responseId':'r1'}"
#define PART2 \
	"{'candidates':[{'content':{'parts':[{'text':'minutes'}],'role':'model'},'index':0}],'usageMetadata':{'promptTokenCount':18,'candidatesTokenCount':3,'totalTokenCount':21},'modelVersion':'m1','responseId':'r1'}"
#define PART3 \
	"{'candidates':[{'content':{'parts':[{'text':'.'}]},'index':0,'finishReason':'STOP'}],'usageMetadata':{'promptTokenCount':18,'candidatesTokenCount':7,'thoughtsTokenCount':11,'totalTokenCount':36},'modelVersion':'m1','responseId':'r1'}"
#define FULL \
	STREAM "response.id=r1\nresponse.model=m1\nresponse.finish_reasons=[STOP]\nusage.input_tokens=18\nusage.output_tokens=18\nusage.reasoning.output_tokens=11\n" OK
#define SEEN STREAM "response.id=r1\nresponse.model=m1\nusage.input_tokens=18\nusage.output_tokens=3\n"

static void test_gemini_streams_of_both_forms_are_put_together(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ SSE, ASK, .response = "data: " PART1 "\r\n\r\ndata: " PART2 "\r\n\r\ndata: " PART3 "\r\n\r\n", .want = FULL },
		{ ARRAY, ASK, .coding = "gzip", .response = "[" PART1 "\n,\r\n" PART2 "\n,\r\n" PART3 "\n]\n", .want = FULL },
		/* counts that the last part leaves out */
		{ SSE, ASK,
		  .response =
			  "data: {'responseId':'r1','modelVersion':'m1','candidates':[{'index':0}],'usageMetadata':{'promptTokenCount':18,"
			  "'candidatesTokenCount':1,'thoughtsTokenCount':11,'totalTokenCount':30}}\n\ndata: {'candidates':[{'index':0,"
			  "'finishReason':'STOP'}],'usageMetadata':{'promptTokenCount':18,'candidatesTokenCount':7,'totalTokenCount':36}}\n\n",
		  .want = FULL },
		{ SSE, ASK,
		  .response =
			  "data: {'responseId':'r1','modelVersion':'m1','candidates':[{'index':0}],'usageMetadata':{'promptTokenCount':18,"
			  "'candidatesTokenCount':7,'totalTokenCount':25}}\n\ndata: {'candidates':[{'index':0,'finishReason':'STOP'}],"
			  "'usageMetadata':{'promptTokenCount':18,'thoughtsTokenCount':11,'totalTokenCount':36}}\n\n",
		  .want = FULL },
		/* counts that nothing knows */
		{ SSE, ASK,
		  .response = "data: {'responseId':'r1','modelVersion':'m1','candidates':[{'index':0,'finishReason':'STOP'}],"
			      "'usageMetadata':{'promptTokenCount':18,'candidatesTokenCount':7,'thoughtsTokenCount':11,"
			      "'dreamTokenCount':3}}\n\n",
		  .want = FULL "gentap.incomplete=unknown_usage\n" },
		/* the last candidate's reason is the only end mark */
		{ SSE, ASK, .response = "data: " PART1 "\n\ndata: " PART2 "\n\ndata: " PART3 "\n\n", .end = GT_CASE_CLOSED,
		  .want = FULL },
		{ SSE, ASK, .response = "data: " PART1 "\n\ndata: " PART2 "\n\n", .end = GT_CASE_EOF,
		  .want = SEEN ERROR("connection_reset", "200", "the connection ended before the response did") },
		/* a cut array: its complete objects are read */
		{ ARRAY, ASK, .response = "[" PART1 ",\n" PART2 ",\n{'candidates':[{'con", .end = GT_CASE_EOF,
		  .want = SEEN ERROR("connection_reset", "200", "the connection ended before the response did") },
		{ ARRAY, ASK, .response = "[" PART1 ",\n" PART2 "\n,", .end = GT_CASE_CLOSED,
		  .want = SEEN ERROR("cancelled", "200", "the application gave up before the response ended") },
		{ ARRAY, ASK, .response = "[" PART1 ",\n" PART2 "\n,\r\n" PART3, .end = GT_CASE_CLOSED, .want = FULL },
		{ ARRAY, ASK, .response = "[", .end = GT_CASE_CLOSED,
		  .want = STREAM ERROR("cancelled", "200", "the application gave up before the response ended") },
		/* an error in the middle */
		{ SSE, ASK,
		  .response =
			  "data: " PART2 "\n\ndata: {'error':{'code':503,'message':'overloaded','status':'UNAVAILABLE'}}\n\n",
		  .want = SEEN ERROR("UNAVAILABLE", "200", "overloaded") },
		{ ARRAY, ASK, .response = "[" PART2 ",\n{'error':{'code':503,'message':'overloaded','status':'UNAVAILABLE'}}]",
		  .want = SEEN ERROR("UNAVAILABLE", "200", "overloaded") },
	};

	(void)state;
	CHECK(cases);
}

#define EMBED	   .api = GT_API_GEMINI_EMBED, .provider = "gcp.gemini", .target = "/v1beta/models/e-001:embedContent"
#define EMBED_SPAN SPAN_OF("embeddings", "gcp.gemini", "e-001")

static void test_gemini_embeddings_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ EMBED, .request = "{'content':{'parts':[{'text':'x'}]}}",
		  .response = "{'embedding':{'values':[0.5,-1e-3,2]}}",
		  .want = EMBED_SPAN "embeddings.dimension.count=3\n" OK },
		{ EMBED, .request = "{'content':{},'outputDimensionality':768}",
		  .response = "{'embedding':{'values':[1]},'usageMetadata':{'promptTokenCount':4}}",
		  .want = EMBED_SPAN "embeddings.dimension.count=768\nusage.input_tokens=4\n" OK },
		{ .api = GT_API_GEMINI_EMBED,
		  .provider = "gcp.gemini",
		  .target = "/v1beta/models/e-001:batchEmbedContents",
		  .request = "{'requests':[{'model':'models/e-001','content':{},'output_dimensionality':2},{}]}",
		  .response = "{'embeddings':[{'values':[1,2]},{'values':[3,4]}]}",
		  .want = EMBED_SPAN "embeddings.dimension.count=2\n" OK },
		{ EMBED, .request = "{'content':{}}", .status = 403,
		  .response = "{'error':{'code':403,'message':'no','status':'PERMISSION_DENIED'}}",
		  .want = EMBED_SPAN ERROR("PERMISSION_DENIED", "403", "no") },
	};

	(void)state;
	CHECK(cases);
}

static void test_gemini_bodies_of_other_kinds_give_no_span_on_unknown_hosts(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ GENERATE, .candidate = true, ASK, .response = "{}", .want = NAME OK },
		{ GENERATE, .candidate = true, .request = "{'contents':[{", .response = "{}",
		  .want = NAME INCOMPLETE("request_not_json") },
		{ EMBED, .candidate = true, .request = "{'content':{}}", .response = "{}", .want = EMBED_SPAN OK },
		{ EMBED, .candidate = true, .request = "{'content':{", .response = "{}",
		  .want = EMBED_SPAN INCOMPLETE("request_not_json") },
		{ GENERATE, .candidate = true, .request = "{'content':[]}", .response = "{}" },
		{ GENERATE, .candidate = true, .request = "", .response = "{}" },
		{ EMBED, .candidate = true, .request = "{'contents':[]}", .response = "{}" },
		{ EMBED, .candidate = true, .request = "{'requests':{}}", .response = "{}" },
		{ EMBED, .candidate = true, .request = "", .response = "{}" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_gemini_request_parameters_are_read_in_both_spellings),
		GT_TEST(test_gemini_model_stands_in_the_path),
		GT_TEST(test_gemini_usage_is_counted_by_the_rules_of_the_conventions),
		GT_TEST(test_gemini_responses_are_read),
		GT_TEST(test_gemini_streams_of_both_forms_are_put_together),
		GT_TEST(test_gemini_embeddings_are_read),
		GT_TEST(test_gemini_bodies_of_other_kinds_give_no_span_on_unknown_hosts),
	};

	return GT_TESTS(tests);
}
