#include "support/span_lines.h"
#include "support/test.h"

#define MESSAGES                                                                                       \
	.api = GT_API_ANTHROPIC_MESSAGES, .provider = "anthropic", .target = "/v1/messages?beta=true", \
	.request_fields = "anthropic-version: 2023-06-01\r\n"
#define ASK .request = "{'model':'claude-sonnet-4-5','max_tokens':64,'messages':[{'role':'user','content':'Is bus 7 late?'}]}"
#define ASK_STREAM                                                                                                                     \
	.request =                                                                                                                     \
		"{'model':'claude-sonnet-4-5','max_tokens':64,'stream':true,'messages':[{'role':'user','content':'Is bus 7 late?'}]}", \
	.type = "text/event-stream; charset=utf-8"
#define NAME   SPAN_OF("chat", "anthropic", "claude-sonnet-4-5")
#define SPAN   NAME "request.max_tokens=64\n"
#define STREAM NAME "request.stream=true\nrequest.max_tokens=64\n"

static void test_anthropic_request_parameters_become_attributes(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES,
		  .request =
			  "{'model':'claude-sonnet-4-5','max_tokens':1024,'messages':[],'system':[{'type':'text','text':'x'}],'temperature':0.5,'top_p':0.9,"
			  "'top_k':40,'stop_sequences':['END'],'service_tier':'auto','thinking':{'type':'enabled','budget_tokens':1000},"
			  "'output_config':{'effort':'high','format':{'type':'json_schema','schema':{}}},'metadata':{'user_id':'u'},'tools':[]}",
		  .response = "{}",
		  .want = "chat claude-sonnet-4-5\noperation.name=chat\nprovider.name=anthropic\nrequest.model=claude-sonnet-4-5\noutput.type=json\n"
			  "request.top_k=40\nrequest.max_tokens=1024\nrequest.temperature=0.5\nrequest.top_p=0.9\nrequest.stop_sequences=[END]\n"
			  "request.reasoning.level=high\n" OK },
		{ MESSAGES,
		  .request =
			  "{'model':'claude-sonnet-4-5','max_tokens':64,'messages':[],'stream':false,'stop_sequences':[],'temperature':0}",
		  .response = "{}", .want = SPAN "request.temperature=0\n" OK },
		{ MESSAGES, .request = "{'model':'claude", .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=anthropic\n" INCOMPLETE("request_not_json") },
	};

	(void)state;
	CHECK(cases);
}

#define WHOLE(usage, lines)                                                                                                           \
	{ MESSAGES, ASK,                                                                                                              \
	  .response =                                                                                                                 \
		  "{'id':'msg_1','type':'message','role':'assistant','model':'claude-sonnet-4-5-20250929','content':[{'type':'text'," \
		  "'text':'x'}],'stop_reason':'end_turn','stop_sequence':null,'usage':" usage "}",                                    \
	  .want = SPAN                                                                                                                \
	  "response.id=msg_1\nresponse.model=claude-sonnet-4-5-20250929\nresponse.finish_reasons=[end_turn]\n" lines OK }

static void test_anthropic_input_tokens_hold_the_cached_ones(void **state)
{
	static const struct gt_exchange_case cases[] = {
		WHOLE("{'input_tokens':10,'output_tokens':5}", "usage.input_tokens=10\nusage.output_tokens=5\n"),
		WHOLE("{'input_tokens':10,'cache_creation_input_tokens':300,'cache_read_input_tokens':2000,'cache_creation':{'ephemeral_5m_input_tokens':300,"
		      "'ephemeral_1h_input_tokens':0},'output_tokens':5,'service_tier':'standard','server_tool_use':{'web_search_requests':1}}",
		      "usage.input_tokens=2310\nusage.output_tokens=5\nusage.cache_read.input_tokens=2000\nusage.cache_creation.input_tokens=300\n"),
		WHOLE("{'input_tokens':10,'cache_creation_input_tokens':null,'cache_read_input_tokens':null,'output_tokens':5}",
		      "usage.input_tokens=10\nusage.output_tokens=5\n"),
		WHOLE("{'input_tokens':0,'cache_creation_input_tokens':0,'cache_read_input_tokens':7,'output_tokens':0}",
		      "usage.input_tokens=7\nusage.output_tokens=0\nusage.cache_read.input_tokens=7\nusage.cache_creation.input_tokens=0\n"),
		WHOLE("{'input_tokens':10,'output_tokens':50,'output_tokens_details':{'thinking_tokens':40}}",
		      "usage.input_tokens=10\nusage.output_tokens=50\nusage.reasoning.output_tokens=40\n"),
		WHOLE("null", ""),
		WHOLE("{}", ""),
		WHOLE("{'input_tokens':-1,'output_tokens':'5'}", ""),
	};

	(void)state;
	CHECK(cases);
}

#define EV(name, data) "event: " name "\ndata: {'type':'" name "'" data "}\n\n"
#define START                                                                                                                \
	EV("message_start",                                                                                                  \
	   ",'message':{'id':'msg_1','type':'message','model':'claude-sonnet-4-5-20250929','content':[],'stop_reason':null," \
	   "'usage':{'input_tokens':10,'cache_creation_input_tokens':300,'cache_read_input_tokens':2000,'output_tokens':1}}")
#define TEXT_DELTA                                                                                       \
	EV("ping", "")                                                                                   \
	EV("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}")                \
	EV("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'Four \xe2\x80\x93'}") \
	EV("content_block_stop", ",'index':0")
#define DELTA(more) \
	EV("message_delta", ",'delta':{'stop_reason':'tool_use','stop_sequence':null},'usage':{'output_tokens':15" more "}")
#define STOP EV("message_stop", "")
#define IDS  "response.id=msg_1\nresponse.model=claude-sonnet-4-5-20250929\n"

static void test_anthropic_stream_usage_is_overwritten_and_never_added(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES, ASK_STREAM, .response = START TEXT_DELTA DELTA("") STOP,
		  .want = STREAM IDS
		  "response.finish_reasons=[tool_use]\nusage.input_tokens=2310\nusage.output_tokens=15\nusage.cache_read.input_tokens=2000\n"
		  "usage.cache_creation.input_tokens=300\n" OK },
		{ MESSAGES, ASK_STREAM, .coding = "gzip",
		  .response = START TEXT_DELTA DELTA(
			  ",'input_tokens':12,'cache_creation_input_tokens':null,'cache_read_input_tokens':2500") STOP,
		  .want = STREAM IDS
		  "response.finish_reasons=[tool_use]\nusage.input_tokens=2812\nusage.output_tokens=15\nusage.cache_read.input_tokens=2500\n"
		  "usage.cache_creation.input_tokens=300\n" OK },
		/* without names of events, and with names only */
		{ MESSAGES, ASK_STREAM,
		  .response =
			  "data: {'type':'message_start','message':{'id':'msg_1'}}\n\ndata: {'type':'message_delta','delta':{'stop_reason':'end_turn'}}\n\n"
			  "data: {'type':'message_stop'}\n\n",
		  .end = GT_CASE_EOF, .want = STREAM "response.id=msg_1\nresponse.finish_reasons=[end_turn]\n" OK },
		{ MESSAGES, ASK_STREAM, .response = START "event: message_stop\ndata: nothing\n\n", .end = GT_CASE_EOF,
		  .want = STREAM IDS
		  "usage.input_tokens=2310\nusage.output_tokens=1\nusage.cache_read.input_tokens=2000\nusage.cache_creation.input_tokens=300\n" OK },
	};

	(void)state;
	CHECK(cases);
}

#define SEEN       \
	STREAM IDS \
		"usage.input_tokens=2310\nusage.output_tokens=1\nusage.cache_read.input_tokens=2000\nusage.cache_creation.input_tokens=300\n"

static void test_anthropic_errors_have_type_and_message(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES, ASK, .status = 529,
		  .response =
			  "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'},'request_id':'req_1'}",
		  .want = SPAN ERROR("overloaded_error", "529", "Overloaded") },
		{ MESSAGES, ASK, .status = 401,
		  .response = "{'type':'error','error':{'type':'authentication_error','message':'invalid x-api-key'}}",
		  .want = SPAN ERROR("authentication_error", "401", "invalid x-api-key") },
		{ MESSAGES, ASK_STREAM, .status = 429,
		  .response = "{'type':'error','error':{'type':'rate_limit_error','message':'slow'}}",
		  .want = STREAM ERROR("rate_limit_error", "429", "slow") }, /* declared as an event stream, but it is JSON */
		{ MESSAGES, .request = "{'model':'claude-sonnet-4-5','max_tokens':64,'stream':true,'messages':[]}",
		  .status = 429, .response = "{'type':'error','error':{'type':'rate_limit_error','message':'slow'}}",
		  .want = STREAM ERROR("rate_limit_error", "429", "slow") },
		{ MESSAGES, ASK, .status = 504, .type = "text/plain", .response = "upstream timeout",
		  .want = SPAN ERROR("504", "504", "") },
		{ MESSAGES, ASK, .response = "{'type':'error','error':{'type':'api_error','message':'odd'}}",
		  .want = SPAN ERROR("api_error", "200", "odd") },
		{ MESSAGES, ASK_STREAM,
		  .response = START EV("error", ",'error':{'type':'overloaded_error','message':'Overloaded'}"),
		  .want = SEEN ERROR("overloaded_error", "200", "Overloaded") },
		/* cut: the received values stay, the reason is absent */
		{ MESSAGES, ASK_STREAM, .response = START TEXT_DELTA, .end = GT_CASE_EOF,
		  .want = SEEN ERROR("connection_reset", "200", "the connection ended before the response did") },
		{ MESSAGES, ASK_STREAM, .response = START TEXT_DELTA, .end = GT_CASE_REMOVED,
		  .want = SEEN ERROR("cancelled", "200", "the application gave up before the response ended") },
		{ MESSAGES, ASK_STREAM, .response = START TEXT_DELTA DELTA("") STOP, .end = GT_CASE_CLOSED,
		  .want = STREAM IDS
		  "response.finish_reasons=[tool_use]\nusage.input_tokens=2310\nusage.output_tokens=15\nusage.cache_read.input_tokens=2000\n"
		  "usage.cache_creation.input_tokens=300\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_anthropic_is_recognised_by_its_header_or_its_body(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES, ASK, .candidate = true, .response = "{}", .want = SPAN OK },
		{ MESSAGES, .candidate = true, .request = "{}", .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=anthropic\n" OK },
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .provider = "anthropic",
		  ASK,
		  .candidate = true,
		  .response = "{}",
		  .want = SPAN OK },
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .provider = "anthropic",
		  .candidate = true,
		  .request = "{'model':'m','max_tokens':7,'messages':[{",
		  .response = "{}",
		  .want = "chat\noperation.name=chat\nprovider.name=anthropic\n" INCOMPLETE("request_not_json") },
		{ .api = GT_API_ANTHROPIC_MESSAGES, .candidate = true, .request = "{'messages':[]}", .response = "{}" },
		{ .api = GT_API_ANTHROPIC_MESSAGES, .candidate = true, .request = "{'max_tokens':7}", .response = "{}" },
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .candidate = true,
		  .request = "{'to':'someone','messages':'text','max_tokens':1}",
		  .response = "{}" },
		{ .api = GT_API_ANTHROPIC_MESSAGES, .candidate = true, .request = "", .response = "{}" },
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .candidate = true,
		  .request = "{'to':'someone','messages':['",
		  .response = "{}" },
		{ .api = GT_API_ANTHROPIC_MESSAGES, .candidate = true, .request = "\x1f\x8b whatever", .response = "{}" },
	};

	(void)state;
	CHECK(cases);
}

/* ---------------------------------------------------------------- several inferences in one request */

#define COUNTS(in, read, write, out)                                                                       \
	"'input_tokens':" #in ",'cache_read_input_tokens':" #read ",'cache_creation_input_tokens':" #write \
	",'output_tokens':" #out
#define ITERATION(type, counts)		  "{'type':'" type "'," counts "}"
#define ITERATION_OF(type, model, counts) "{'type':'" type "','model':'" model "'," counts "}"
#define TOKENS(in, out, read, write)                                                                     \
	"usage.input_tokens=" #in "\nusage.output_tokens=" #out "\nusage.cache_read.input_tokens=" #read \
	"\nusage.cache_creation.input_tokens=" #write "\n"
#define UNKNOWN_USAGE OK "gentap.incomplete=unknown_usage\n"

/* Compaction and advice are billed, and the counts beside the list leave them out. */
static void test_anthropic_counts_are_of_all_that_is_billed(void **state)
{
	static const struct gt_exchange_case cases[] = {
		WHOLE("{" COUNTS(23000, 0, 0, 1000) ",'iterations':[" ITERATION(
			      "compaction", COUNTS(180000, 0, 0, 3500)) "," ITERATION("message",
										      COUNTS(23000, 0, 0, 1000)) "]}",
		      TOKENS(203000, 4500, 0, 0)),
		/* the input beside the list is that of the first message */
		WHOLE("{" COUNTS(412, 0, 0, 531) ",'iterations':[" ITERATION("message", COUNTS(412, 0, 0, 89)) "," ITERATION_OF(
			      "advisor_message", "claude-opus-4-8",
			      COUNTS(823, 0, 0, 1612)) "," ITERATION("message", COUNTS(1348, 412, 0, 442)) "]}",
		      TOKENS(2995, 2143, 412, 0)),
		/* or that of all messages */
		WHOLE("{" COUNTS(2, 226584, 7853, 491) ",'iterations':[" ITERATION(
			      "message",
			      COUNTS(1, 109696, 7192, 45)) "," ITERATION_OF("advisor_message", "claude-opus-4-8",
									    COUNTS(159419, 0, 0,
										   7805)) "," ITERATION("message",
													COUNTS(1, 116888, 661,
													       446)) "]}",
		      TOKENS(393858, 8296, 226584, 7853)),
		/* a tool that the provider runs: several messages, and counts that are their sum */
		WHOLE("{" COUNTS(30, 5, 0, 7) ",'iterations':[" ITERATION("message", COUNTS(10, 2, 0, 3)) "," ITERATION(
			      "message", COUNTS(20, 3, 0, 4)) "]}",
		      TOKENS(35, 7, 5, 0)),
		/* nothing new in the list */
		WHOLE("{" COUNTS(10, 2, 3, 5) ",'iterations':null}", TOKENS(15, 5, 2, 3)),
		WHOLE("{" COUNTS(10, 2, 3, 5) ",'iterations':[]}", TOKENS(15, 5, 2, 3)),
		WHOLE("{" COUNTS(10, 2, 3, 5) ",'iterations':[" ITERATION("message", COUNTS(10, 2, 3, 5)) "]}",
		      TOKENS(15, 5, 2, 3)),
		WHOLE("{" COUNTS(10, 2, 3, 5) ",'iterations':['message',7,null,{}]}", TOKENS(15, 5, 2, 3)),
		/* a list that is not whole: the counts beside it stay */
		WHOLE("{" COUNTS(10, 2, 3, 5) ",'iterations':[" ITERATION("message", COUNTS(10, 2, 0, 4)) "]}",
		      TOKENS(15, 5, 2, 3)),
	};

	(void)state;
	CHECK(cases);
}

/* A turn that runs tools for hours has more of them than a bill has items. */
static void test_anthropic_counts_are_of_any_number_of_inferences(void **state)
{
#define STEP	    "," ITERATION("message", COUNTS(1000, 10, 1, 10))
#define COMPACT	    "," ITERATION("compaction", COUNTS(1000, 10, 1, 10))
#define FOUR(x)	    x x x x
#define TWENTY(x)   FOUR(x) FOUR(x) FOUR(x) FOUR(x) FOUR(x)
#define SIXTY(x)    TWENTY(x) TWENTY(x) TWENTY(x)
#define MANY(steps) "{" COUNTS(1000, 10, 1, 10) ",'iterations':[" ITERATION("compaction", COUNTS(200000, 0, 0, 1000)) steps "]}"
	static const struct gt_exchange_case cases[] = {
		WHOLE(MANY(SIXTY(STEP) STEP STEP STEP), TOKENS(263693, 1630, 630, 63)),
		WHOLE(MANY(SIXTY(STEP) FOUR(STEP)), TOKENS(264704, 1640, 640, 64)),
		WHOLE(MANY(SIXTY(STEP) TWENTY(STEP)), TOKENS(280880, 1800, 800, 80)),
		/* the answer of another model, with the counts beside the list */
		WHOLE(MANY(SIXTY(COMPACT) TWENTY(COMPACT) "," ITERATION("fallback_message", COUNTS(1000, 10, 1, 10))),
		      TOKENS(281891, 1810, 810, 81)),
	};

	(void)state;
	CHECK(cases);
}

#define ANSWERED(model, content, usage, lines)                                                                    \
	{ MESSAGES, ASK,                                                                                          \
	  .response = "{'id':'msg_1','type':'message','role':'assistant','model':'" model "','content':[" content \
		      "],'stop_reason':'end_turn','usage':" usage "}",                                            \
	  .want = SPAN "response.id=msg_1\nresponse.model=claude-opus-4-8\nresponse.finish_reasons=[end_turn]\n" lines OK }
#define DECLINED_BEFORE                                                                                    \
	"'iterations':[" ITERATION_OF("message", "claude-fable-5", COUNTS(535, 0, 0, 0)) "," ITERATION_OF( \
		"fallback_message", "claude-opus-4-8", COUNTS(412, 0, 0, 264)) "]"
#define DECLINED_AFTER                                                                                             \
	"'iterations':[" ITERATION_OF("message", "claude-fable-5", COUNTS(2, 72769, 10421, 578)) "," ITERATION_OF( \
		"fallback_message", "claude-opus-4-8", COUNTS(2, 79214, 0, 13658)) "]"
#define FALLBACK "{'type':'fallback','from':{'model':'claude-fable-5'},'to':{'model':'claude-opus-4-8'}}"

static void test_anthropic_attempt_that_was_declined_is_not_added(void **state)
{
	static const struct gt_exchange_case cases[] = {
		ANSWERED("claude-opus-4-8", FALLBACK ",{'type':'text','text':'x'}",
			 "{" COUNTS(412, 0, 0, 264) "," DECLINED_BEFORE "}", TOKENS(412, 264, 0, 0)),
		ANSWERED("claude-opus-4-8", "", "{" COUNTS(2, 79214, 0, 13658) "," DECLINED_AFTER "}",
			 TOKENS(79216, 13658, 79214, 0)),
		/* a later turn goes to the same model at once */
		ANSWERED("claude-opus-4-8", "",
			 "{" COUNTS(412, 0, 0, 264) ",'iterations':[" ITERATION_OF("fallback_message", "claude-opus-4-8",
										   COUNTS(412, 0, 0, 264)) "]}",
			 TOKENS(412, 264, 0, 0)),
		/* the first fallback declined too */
		ANSWERED("claude-opus-4-8", "",
			 "{" COUNTS(412, 0, 0, 264) ",'iterations':[" ITERATION_OF(
				 "fallback_message", "claude-fable-5",
				 COUNTS(500, 0, 0, 0)) "," ITERATION_OF("fallback_message", "claude-opus-4-8",
									COUNTS(412, 0, 0, 264)) "]}",
			 TOKENS(412, 264, 0, 0)),
		/* a fallback after a compaction */
		ANSWERED("claude-opus-4-8", "",
			 "{" COUNTS(412, 0, 0, 264) ",'iterations':[" ITERATION(
				 "compaction",
				 COUNTS(1000, 0, 0,
					20)) "," ITERATION_OF("message", "claude-fable-5",
							      COUNTS(500, 0, 0,
								     0)) "," ITERATION_OF("fallback_message", "claude-opus-4-8",
											  COUNTS(412, 0, 0, 264)) "]}",
			 TOKENS(1412, 284, 0, 0)),
		/* in a stream, the first event names the model that was asked, and has its counts */
		{ MESSAGES, ASK_STREAM,
		  .response = EV("message_start",
				 ",'message':{'id':'msg_1','model':'claude-fable-5','usage':{" COUNTS(2, 72769, 10421, 1) "}}")
			  EV("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}")
				  EV("content_block_stop", ",'index':0") EV("content_block_start",
									    ",'index':1,'content_block':" FALLBACK)
					  EV("content_block_stop", ",'index':1")
						  EV("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{" COUNTS(
									      2, 79214, 0, 13658) "}") EV("message_stop", ""),
		  .want = STREAM
		  "response.id=msg_1\nresponse.model=claude-opus-4-8\nresponse.finish_reasons=[end_turn]\n" TOKENS(
			  79216, 13658, 79214, 0) OK },
		{ MESSAGES, ASK_STREAM,
		  .response = EV("message_start",
				 ",'message':{'id':'msg_1','model':'claude-fable-5','usage':{" COUNTS(2, 72769, 10421, 1) "}}")
			  EV("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{" COUNTS(
						      2, 79214, 0, 13658) "," DECLINED_AFTER "}") EV("message_stop", ""),
		  .want = STREAM
		  "response.id=msg_1\nresponse.model=claude-opus-4-8\nresponse.finish_reasons=[end_turn]\n" TOKENS(
			  79216, 13658, 79214, 0) OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_anthropic_iteration_of_an_unknown_type_is_told_and_not_added(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES, ASK,
		  .response = "{'usage':{" COUNTS(10, 0, 0, 5) ",'iterations':[" ITERATION(
			  "message", COUNTS(10, 0, 0, 5)) "," ITERATION("dream", COUNTS(99, 0, 0, 9)) "]}}",
		  .want = SPAN TOKENS(10, 5, 0, 0) UNKNOWN_USAGE },
	};

	(void)state;
	CHECK(cases);
}

static void test_anthropic_zeros_after_counts_are_not_news(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ MESSAGES, ASK_STREAM,
		  .response = START DELTA(",'input_tokens':0,'cache_creation_input_tokens':0,'cache_read_input_tokens':0") STOP,
		  .want = STREAM IDS "response.finish_reasons=[tool_use]\n" TOKENS(2310, 15, 2000, 300) OK },
		{ MESSAGES, ASK_STREAM,
		  .response = START DELTA("") EV("message_delta", ",'delta':{},'usage':{" COUNTS(0, 0, 0, 0) "}") STOP,
		  .want = STREAM IDS "response.finish_reasons=[tool_use]\n" TOKENS(2310, 15, 2000, 300) OK },
		/* counts after zeros are */
		{ MESSAGES, ASK_STREAM,
		  .response =
			  EV("message_start",
			     ",'message':{'id':'msg_1','model':'claude-sonnet-4-5-20250929','usage':{" COUNTS(0, 0, 0, 0) "}}")
				  DELTA(",'input_tokens':12,'cache_creation_input_tokens':0,'cache_read_input_tokens':8") STOP,
		  .want = STREAM IDS "response.finish_reasons=[tool_use]\n" TOKENS(20, 15, 8, 0) OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_anthropic_request_parameters_become_attributes),
		GT_TEST(test_anthropic_input_tokens_hold_the_cached_ones),
		GT_TEST(test_anthropic_stream_usage_is_overwritten_and_never_added),
		GT_TEST(test_anthropic_errors_have_type_and_message),
		GT_TEST(test_anthropic_is_recognised_by_its_header_or_its_body),
		GT_TEST(test_anthropic_counts_are_of_all_that_is_billed),
		GT_TEST(test_anthropic_counts_are_of_any_number_of_inferences),
		GT_TEST(test_anthropic_attempt_that_was_declined_is_not_added),
		GT_TEST(test_anthropic_iteration_of_an_unknown_type_is_told_and_not_added),
		GT_TEST(test_anthropic_zeros_after_counts_are_not_news),
	};

	return GT_TESTS(tests);
}
