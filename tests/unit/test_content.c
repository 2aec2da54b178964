/*
 * Content of each format: an exchange, and exactly the attributes of content that it must give. Each exchange is
 * delivered in every way, and with every allocation failing in turn. In all texts ' is written for ".
 */
#include "support/exchange_case.h"
#include "support/span_text.h"
#include "support/test.h"

#include "exporter/base/json.h"
#include "exporter/content/capture.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_json.h"
#include "exporter/otlp/otlp_pb.h"
#include "exporter/sinks/sink.h"
#include "logs.pb-c.h"

static const struct gt_capture capture = { .to = GT_CONTENT_TO_SPAN,
					   .attribute_max = 65536,
					   .span_max = 262144,
					   .has_whole_tools = true,
					   .redact = { .classes = GT_SECRET_ALL } };

struct row {
	struct gt_exchange_case exchange;
	const char *want; /* a line for each attribute that is present */
};

static const struct {
	enum gt_attr key;
	const char *name;
} keys[] = {
	{ GT_ATTR_SYSTEM_INSTRUCTIONS, "system" }, { GT_ATTR_INPUT_MESSAGES, "in" },
	{ GT_ATTR_OUTPUT_MESSAGES, "out" },	   { GT_ATTR_TOOL_DEFINITIONS, "tools" },
	{ GT_ATTR_TOOL_CALL_ARGUMENTS, "args" },   { GT_ATTR_TOOL_CALL_RESULT, "result" },
};

static char *content_of(const struct gt_span *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < GT_ROWS(keys); i++) {
		const struct gt_value *v = gt_span_get(s, keys[i].key);

		if (!v)
			continue;
		assert_int_equal(v->type, GT_VALUE_JSON);
		fprintf(out, "%s %s\n", keys[i].name, v->str.p);
	}
	fclose(out);
	return text;
}

static void check(const struct row *row)
{
	struct gt_exchange_case c = row->exchange;
	struct gt_span *with, *without;
	char *have, *want = gt_exchange_case_json(row->want), *whole;

	without = gt_exchange_case_span(&c);
	c.capture = &capture;
	with = gt_exchange_case_span(&c);
	assert_true(with && without);
	have = content_of(with);
	assert_string_equal(have, want);
	/* no other attribute changes, and without capture the span has none of them */
	for (int i = 0; i < GT_ATTR_COUNT; i++)
		if (gt_attr_type((enum gt_attr)i) == GT_VALUE_JSON)
			assert_false(gt_span_has(without, (enum gt_attr)i));
		else
			assert_int_equal(gt_span_has(without, (enum gt_attr)i), gt_span_has(with, (enum gt_attr)i));
	whole = gt_span_text_of(with);
	c.want = whole;
	gt_exchange_case_check(&c);
	gt_span_free(with);
	gt_span_free(without);
	free(have);
	free(want);
	free(whole);
}

#define CHECK(rows)                                   \
	for (size_t i_ = 0; i_ < GT_ROWS(rows); i_++) \
	check(&(rows)[i_])

#define SSE  .type = "text/event-stream"
#define CHAT .api = GT_API_OPENAI_CHAT, .provider = "openai", .target = "/v1/chat/completions"

static void test_content_of_chat_completions(void **state)
{
	static const struct row rows[] = {
		{ { CHAT,
		    .request =
			    "{'model':'gpt-5.1','messages':[{'role':'developer','content':'Be brief.'},{'role':'user','content':[{'type':'text','text':'Late?'},"
			    "{'type':'image_url','image_url':{'url':'data:image/png;base64,QUJD'}},{'type':'image_url','image_url':{'url':'https://x.example/a.png'}}]},"
			    "{'role':'assistant','content':null,'tool_calls':[{'id':'c1','type':'function','function':{'name':'bus','arguments':'{\\'line\\':7}'}}]},"
			    "{'role':'tool','tool_call_id':'c1','content':'4 min'}],"
			    "'tools':[{'type':'function','function':{'name':'bus','description':'d','parameters':{'type':'object'},'strict':true}}]}",
		    .response =
			    "{'choices':[{'index':0,'message':{'role':'assistant','content':'Yes.','refusal':null},'finish_reason':'stop'},"
			    "{'index':1,'message':{'role':'assistant','reasoning_content':'Hm','reasoning':'Hm','tool_calls':[{'id':'c2','function':{'name':'bus','arguments':'{'}}]},'finish_reason':'tool_calls'}]}" },
		  "in [{'role':'system','parts':[{'type':'text','content':'Be brief.'}]},{'role':'user','parts':[{'type':'text','content':'Late?'},"
		  "{'type':'blob','mime_type':'image/png','modality':'image','byte_size':3,"
		  "'sha256':'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78'},{'type':'uri','modality':'image','uri':'https://x.example/a.png'}]},"
		  "{'role':'assistant','parts':[{'type':'tool_call','id':'c1','name':'bus','arguments':{'line':7}}]},"
		  "{'role':'tool','parts':[{'type':'tool_call_response','id':'c1','response':'4 min'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Yes.'}],'finish_reason':'stop'},"
		  "{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'tool_call','id':'c2','name':'bus','arguments':'{'}],'finish_reason':'tool_call'}]\n"
		  "tools [{'type':'function','name':'bus','description':'d','parameters':{'type':'object'}}]\n" },
		{ { CHAT, SSE, .request = "{'model':'gpt-5.1','stream':true,'messages':[{'role':'user','content':'Hi'}]}",
		    .response =
			    "data: {'choices':[{'index':0,'delta':{'role':'assistant','content':''}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'reasoning_content':'think','reasoning':'think'}},{'index':1,'delta':{'content':'Sec'}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'content':'a@exam'}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'content':'ple.com!'}},{'index':1,'delta':{'content':'ond'}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c1','function':{'name':'f','arguments':''}},{'index':1,'id':'c2','function':{'name':'g','arguments':'{}'}}]}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'{\\'a\\''}}]}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':':1}'}}]},'finish_reason':'tool_calls'}]}\n\n"
			    "data: {'choices':[{'index':1,'delta':{},'finish_reason':'length'}]}\n\ndata: [DONE]\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'think'},{'type':'text','content':'[redacted:email]!'},"
		  "{'type':'tool_call','id':'c1','name':'f','arguments':{'a':1}},{'type':'tool_call','id':'c2','name':'g','arguments':{}}],'finish_reason':'tool_call'},"
		  "{'role':'assistant','parts':[{'type':'text','content':'Second'}],'finish_reason':'length'}]\n" },
		/* calls without an index: an id begins a new call */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}",
		    .response =
			    "data: {'choices':[{'delta':{'tool_calls':[{'id':'a','function':{'name':'f','arguments':'{\\'x\\':'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'function':{'arguments':'1}'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'id':'b','function':{'name':'f','arguments':'{}'}}]},'finish_reason':'tool_calls'}]}\n\ndata: [DONE]\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'a','name':'f','arguments':{'x':1}},{'type':'tool_call','id':'b','name':'f','arguments':{}}],"
		  "'finish_reason':'tool_call'}]\n" },
		/* a surrogate pair is split over two chunks, and half a pair ends the text */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[{'role':'user','content':'cut \\ud83d'}]}",
		    .response =
			    "data: {'choices':[{'index':0,'delta':{'content':'Bus \\ud83d'}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{'content':'\\ude8c is\\u0000late \\ud83d'}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{},'logprobs':{'content':[{'logprob':-Infinity}]},'finish_reason':'stop'}]}\n\n"
			    "data: [DONE]\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'cut \xef\xbf\xbd'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Bus \xf0\x9f\x9a\x8c is\xef\xbf\xbdlate \xef\xbf\xbd'}],'finish_reason':'stop'}]\n" },
		/* so is the argument of a call */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}",
		    .response =
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':'{\\'x\\':\\'\\ud83d'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'function':{'arguments':'\\ude8c\\\\udcff\\'}'}}]},'finish_reason':'tool_calls'}]}\n\n"
			    "data: [DONE]\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'a','name':'f','arguments':{'x':'\xf0\x9f\x9a\x8c\xef\xbf\xbd'}}],"
		  "'finish_reason':'tool_call'}]\n" },
		/* all calls with the same index: another id, or whole arguments and a name, begin another call */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}",
		    .response =
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':'{\\'x\\':1}'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'b','function':{'name':'f','arguments':'{\\'x\\':'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'function':{'arguments':'2}'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'function':{'name':'g','arguments':'{'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'','function':{'name':'g','arguments':'}'}}]},'finish_reason':'tool_calls'}]}\n\n"
			    "data: [DONE]\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'a','name':'f','arguments':{'x':1}},{'type':'tool_call','id':'b','name':'f','arguments':{'x':2}},"
		  "{'type':'tool_call','name':'g','arguments':{}}],'finish_reason':'tool_call'}]\n" },
		/* the id and the name may be in every fragment, another id in fragments without a name, and calls may alternate */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}",
		    .response =
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':'{\\'x\\':'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'b','function':{'name':'f','arguments':'{\\'x\\':'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':'1}'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'b','function':{'arguments':'2'}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'random','function':{'arguments':'}'}}]},'finish_reason':'tool_calls'}]}\n\n"
			    "data: [DONE]\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'a','name':'f','arguments':{'x':1}},{'type':'tool_call','id':'b','name':'f','arguments':{'x':2}}],"
		  "'finish_reason':'tool_call'}]\n" },
		/* calls of custom tools, and the older function_call */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}",
		    .response =
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','type':'custom','custom':{'name':'sql','input':''}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'custom':{'input':'SELECT '}}]}}]}\n\n"
			    "data: {'choices':[{'delta':{'tool_calls':[{'index':0,'custom':{'input':'1'}}]}}]}\n\n"
			    "data: {'choices':[{'index':1,'delta':{'function_call':{'name':'f','arguments':''}}}]}\n\n"
			    "data: {'choices':[{'index':1,'delta':{'function_call':{'arguments':'{\\'x\\':'}}}]}\n\n"
			    "data: {'choices':[{'index':1,'delta':{'function_call':{'name':'f','arguments':'1}'}}}]}\n\n"
			    "data: {'choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'},{'index':1,'delta':{},'finish_reason':'function_call'}]}\n\n"
			    "data: [DONE]\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'a','name':'sql','arguments':'SELECT 1'}],'finish_reason':'tool_call'},"
		  "{'role':'assistant','parts':[{'type':'tool_call','name':'f','arguments':{'x':1}}],'finish_reason':'tool_call'}]\n" },
		/* cut: the received text is reported, and the reason is absent */
		{ { CHAT, SSE, .request = "{'model':'m','stream':true,'messages':[]}", .end = GT_CASE_RESET,
		    .response = "data: {'choices':[{'index':0,'delta':{'content':'Yes, f'}}]}\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Yes, f'}],'finish_reason':'error'}]\n" },
		{ { CHAT, .request = "{'model':'m','messages':[{'role':'user','content':'Hi'}]}", .status = 401,
		    .response = "{'error':{'code':'invalid_api_key'}}" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n" },
	};

	(void)state;
	CHECK(rows);
}

#define RESPONSES .api = GT_API_OPENAI_RESPONSES, .provider = "openai", .target = "/v1/responses"

static void test_content_of_responses(void **state)
{
	static const struct row rows[] = {
		{ { RESPONSES,
		    .request =
			    "{'model':'gpt-5.1','instructions':'Be brief.','input':[{'role':'user','content':[{'type':'input_text','text':'Late?'}]},"
			    "{'type':'function_call','call_id':'c1','name':'bus','arguments':'{\\'line\\':7}'},"
			    "{'type':'function_call_output','call_id':'c1','output':'4 min'}],'tools':[{'type':'function','name':'bus','parameters':{}},{'type':'web_search'}]}",
		    .response =
			    "{'status':'completed','output':[{'type':'reasoning','summary':[{'type':'summary_text','text':'Hm'}]},"
			    "{'type':'web_search_call','id':'ws','status':'completed'},{'type':'message','content':[{'type':'output_text','text':'Yes.'}]}]}" },
		  "system [{'type':'text','content':'Be brief.'}]\n"
		  "in [{'role':'user','parts':[{'type':'text','content':'Late?'}]},{'role':'assistant','parts':[{'type':'tool_call','id':'c1','name':'bus','arguments':{'line':7}}]},"
		  "{'role':'tool','parts':[{'type':'tool_call_response','id':'c1','response':'4 min'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'server_tool_call','id':'ws','name':'web_search_call',"
		  "'server_tool_call':{'type':'web_search_call','status':'completed'}},{'type':'text','content':'Yes.'}],'finish_reason':'stop'}]\n"
		  "tools [{'type':'function','name':'bus','parameters':{}},{'type':'web_search','name':'web_search'}]\n" },
		{ { RESPONSES, SSE, .request = "{'model':'gpt-5.1','input':'Hi','stream':true}",
		    .response =
			    "event: response.output_text.delta\ndata: {'type':'response.output_text.delta','output_index':0,'content_index':0,'delta':'Ye'}\n\n"
			    "event: response.completed\ndata: {'type':'response.completed','response':{'status':'completed','output':[{'type':'message','content':[{'type':'output_text','text':'Yes.'}]}]}}\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\nout [{'role':'assistant','parts':[{'type':'text','content':'Yes.'}],'finish_reason':'stop'}]\n" },
		/* the last event has no items: the events before it count */
		{ { RESPONSES, SSE, .request = "{'model':'gpt-5.1','input':'Hi','stream':true}",
		    .response =
			    "data: {'type':'response.output_item.done','output_index':0,'item':{'type':'web_search_call','id':'ws','status':'completed'}}\n\n"
			    "data: {'type':'response.output_item.added','output_index':1,'item':{'type':'message','content':[]}}\n\n"
			    "data: {'type':'response.output_text.delta','output_index':1,'content_index':0,'delta':'Yes.'}\n\n"
			    "data: {'type':'response.output_item.done','output_index':1,'item':{'type':'message','content':[{'type':'output_text','text':'Yes.'}]}}\n\n"
			    "data: {'type':'response.output_item.added','output_index':2,'item':{'type':'function_call','call_id':'c1','name':'f','arguments':''}}\n\n"
			    "data: {'type':'response.output_item.done','output_index':2,'item':{'type':'function_call','call_id':'c1','name':'f','arguments':'{\\'a\\':2}'}}\n\n"
			    "data: {'type':'response.output_item.done','output_index':3,'item':{'type':'custom_tool_call','call_id':'c2','name':'g','input':'x'}}\n\n"
			    "data: {'type':'response.completed','response':{'status':'completed','output':[]}}\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'server_tool_call','id':'ws','name':'web_search_call',"
		  "'server_tool_call':{'type':'web_search_call','status':'completed'}},{'type':'text','content':'Yes.'},"
		  "{'type':'tool_call','id':'c1','name':'f','arguments':{'a':2}},{'type':'tool_call','id':'c2','name':'g','arguments':'x'}],'finish_reason':'tool_call'}]\n" },
		/* a copy that sends no indices */
		{ { RESPONSES, SSE, .request = "{'model':'m','input':'Hi','stream':true}",
		    .response =
			    "data: {'type':'response.output_item.added','item':{'type':'function_call','call_id':'c1','name':'f','arguments':''}}\n\n"
			    "data: {'type':'response.function_call_arguments.delta','delta':'{\\'a\\':1}'}\n\n"
			    "data: {'type':'response.output_item.done','item':{'type':'function_call','call_id':'c1','name':'f','arguments':'{\\'a\\':1}'}}\n\n"
			    "data: {'type':'response.output_item.added','item':{'type':'function_call','call_id':'c2','name':'f','arguments':''}}\n\n"
			    "data: {'type':'response.function_call_arguments.delta','delta':'{\\'a\\':2}'}\n\n"
			    "data: {'type':'response.output_item.done','item':{'type':'web_search_call','id':'ws'}}\n\n"
			    "data: {'type':'response.completed','response':{'status':'completed','output':[]}}\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'c1','name':'f','arguments':{'a':1}},{'type':'tool_call','id':'c2','name':'f','arguments':{'a':2}},"
		  "{'type':'server_tool_call','id':'ws','name':'web_search_call','server_tool_call':{'type':'web_search_call'}}],'finish_reason':'tool_call'}]\n" },
		{ { RESPONSES, SSE, .request = "{'model':'gpt-5.1','input':'Hi','stream':true}", .end = GT_CASE_RESET,
		    .response =
			    "data: {'type':'response.output_item.added','output_index':1,'item':{'type':'function_call','call_id':'c1','name':'f','arguments':''}}\n\n"
			    "data: {'type':'response.function_call_arguments.delta','output_index':1,'delta':'{\\'a\\':'}\n\n"
			    "data: {'type':'response.function_call_arguments.delta','output_index':1,'delta':'2}'}\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'c1','name':'f','arguments':{'a':2}}],'finish_reason':'error'}]\n" },
	};

	(void)state;
	CHECK(rows);
}

#define MESSAGES .api = GT_API_ANTHROPIC_MESSAGES, .provider = "anthropic", .target = "/v1/messages"

static void test_content_of_anthropic_messages(void **state)
{
	static const struct row rows[] = {
		{ { MESSAGES,
		    .request =
			    "{'model':'c','max_tokens':9,'system':[{'type':'text','text':'Be brief.'}],'messages':[{'role':'user','content':'Late?'},"
			    "{'role':'assistant','content':[{'type':'thinking','thinking':'Hm','signature':'x'},{'type':'tool_use','id':'t1','name':'bus','input':{'line':7}}]},"
			    "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','content':[{'type':'text','text':'4'}]}]},"
			    "{'role':'user','content':[{'type':'image','source':{'type':'base64','media_type':'image/gif','data':'QUJD'}}]}],"
			    "'tools':[{'name':'bus','description':'d','input_schema':{'type':'object'}},{'type':'web_search_20250305','name':'web_search'}]}",
		    .response = "{'content':[{'type':'text','text':'Yes.'}],'stop_reason':'end_turn'}" },
		  "system [{'type':'text','content':'Be brief.'}]\n"
		  "in [{'role':'user','parts':[{'type':'text','content':'Late?'}]},{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},"
		  "{'type':'tool_call','id':'t1','name':'bus','arguments':{'line':7}}]},{'role':'tool','parts':[{'type':'tool_call_response','id':'t1','response':[{'type':'text','text':'4'}]}]},"
		  "{'role':'user','parts':[{'type':'blob','mime_type':'image/gif','modality':'image','byte_size':3,"
		  "'sha256':'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Yes.'}],'finish_reason':'stop'}]\n"
		  "tools [{'type':'function','name':'bus','description':'d','parameters':{'type':'object'}},{'type':'web_search_20250305','name':'web_search'}]\n" },
		{ { MESSAGES, SSE, .request = "{'model':'c','max_tokens':9,'stream':true,'messages':[]}",
		    .response =
			    "event: message_start\ndata: {'type':'message_start','message':{'content':[]}}\n\n"
			    "event: content_block_start\ndata: {'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':''}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'Hm'}}\n\n"
			    "event: content_block_start\ndata: {'type':'content_block_start','index':1,'content_block':{'type':'text','text':''}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'Let '}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'me see.'}}\n\n"
			    "event: content_block_start\ndata: {'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'t1','name':'bus','input':{}}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':''}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':'{\\'li'}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':'ne\\':7}'}}\n\n"
			    "event: content_block_start\ndata: {'type':'content_block_start','index':3,'content_block':{'type':'tool_use','id':'t2','name':'now','input':{}}}\n\n"
			    "event: content_block_start\ndata: {'type':'content_block_start','index':4,'content_block':{'type':'server_tool_use','id':'s1','name':'web_search','input':{}}}\n\n"
			    "event: content_block_delta\ndata: {'type':'content_block_delta','index':4,'delta':{'type':'input_json_delta','partial_json':'{\\'q\\':\\'x\\'}'}}\n\n"
			    "event: message_delta\ndata: {'type':'message_delta','delta':{'stop_reason':'tool_use'}}\n\n"
			    "event: message_stop\ndata: {'type':'message_stop'}\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'text','content':'Let me see.'},"
		  "{'type':'tool_call','id':'t1','name':'bus','arguments':{'line':7}},{'type':'tool_call','id':'t2','name':'now','arguments':{}},"
		  "{'type':'server_tool_call','id':'s1','name':'web_search','server_tool_call':{'type':'web_search','input':{'q':'x'}}}],'finish_reason':'tool_call'}]\n" },
		/* a copy that gives all blocks one index */
		{ { MESSAGES, SSE, .request = "{'model':'c','max_tokens':9,'stream':true,'messages':[]}",
		    .response =
			    "data: {'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'t1','name':'f','input':{}}}\n\n"
			    "data: {'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':'{\\'a\\':1}'}}\n\n"
			    "data: {'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'t2','name':'f','input':{}}}\n\n"
			    "data: {'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':'{\\'a\\':2}'}}\n\n"
			    "data: {'type':'message_delta','delta':{'stop_reason':'tool_use'}}\n\ndata: {'type':'message_stop'}\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'t1','name':'f','arguments':{'a':1}},"
		  "{'type':'tool_call','id':'t2','name':'f','arguments':{'a':2}}],'finish_reason':'tool_call'}]\n" },
	};

	(void)state;
	CHECK(rows);
}

#define GEMINI(verb) .api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", .target = "/v1beta/models/g:" verb

static void test_content_of_gemini(void **state)
{
	static const struct row rows[] = {
		{ { GEMINI("generateContent"),
		    .request =
			    "{'systemInstruction':{'parts':[{'text':'Be brief.'}]},'contents':[{'role':'user','parts':[{'text':'Late?'},"
			    "{'inlineData':{'mimeType':'audio/wav','data':'QUJD'}}]},{'role':'model','parts':[{'functionCall':{'name':'bus','args':{'line':7}}}]},"
			    "{'role':'user','parts':[{'functionResponse':{'name':'bus','response':{'min':4}}}]}],"
			    "'tools':[{'functionDeclarations':[{'name':'bus','description':'d','parameters':{'type':'OBJECT'}}]},{'googleSearch':{}}]}",
		    .response =
			    "{'candidates':[{'content':{'parts':[{'text':'Hm','thought':true},{'text':'Yes.'}]},'finishReason':'STOP'}]}" },
		  "system [{'type':'text','content':'Be brief.'}]\n"
		  "in [{'role':'user','parts':[{'type':'text','content':'Late?'},{'type':'blob','mime_type':'audio/wav','modality':'audio','byte_size':3,"
		  "'sha256':'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78'}]},"
		  "{'role':'assistant','parts':[{'type':'tool_call','name':'bus','arguments':{'line':7}}]},"
		  "{'role':'tool','parts':[{'type':'tool_call_response','id':'bus','response':{'min':4}}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'text','content':'Yes.'}],'finish_reason':'stop'}]\n"
		  "tools [{'type':'function','name':'bus','description':'d','parameters':{'type':'OBJECT'}},{'type':'googleSearch','name':'googleSearch'}]\n" },
		{ { GEMINI("streamGenerateContent?alt=sse"), SSE,
		    .request = "{'contents':[{'role':'user','parts':[{'text':'Hi'}]}]}",
		    .response =
			    "data: {'candidates':[{'content':{'parts':[{'text':'Fo'}]},'index':0}]}\n\ndata: {'candidates':[{'content':{'parts':[{'text':'ur'}]},'index':0}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'name':'f','args':{}}},{'text':'.'}]},'finishReason':'MAX_TOKENS','index':0}]}\n\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Four'},{'type':'tool_call','name':'f','arguments':{}},{'type':'text','content':'.'}],'finish_reason':'length'}]\n" },
		/* arguments that arrive value by value (Vertex AI) */
		{ { GEMINI("streamGenerateContent?alt=sse"), SSE, .request = "{'contents':[]}",
		    .response =
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'name':'bus','id':'c1','willContinue':true}}]}}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':[{'jsonPath':'$.stop','stringValue':'Main \\ud83d','willContinue':true}],'willContinue':true}}]}}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':[{'jsonPath':'$.stop','stringValue':'\\ude8c Street','willContinue':true}],'willContinue':true}}]}}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':[{'jsonPath':'$.stop','stringValue':''},{'jsonPath':'$.line','numberValue':7},"
			    "{'jsonPath':'$.a.list[0].late','boolValue':true},{'jsonPath':'$.a.list[1]','nullValue':'NULL_VALUE'},{'jsonPath':'$[\\'x.y\\']','stringValue':'z'},"
			    "{'jsonPath':'nothing','stringValue':'no'},{'jsonPath':'$','stringValue':'no'},{'jsonPath':'$.a','stringValue':'no'}],'willContinue':true}}]}}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{}}]}}]}\n\n"
			    "data: {'candidates':[{'content':{'parts':[{'functionCall':{'name':'now','willContinue':true}},{'functionCall':{}},{'functionCall':{'name':'f','args':{'x':1}}}]},"
			    "'finishReason':'STOP'}]}\n\n" },
		  "out [{'role':'assistant','parts':[{'type':'tool_call','id':'c1','name':'bus','arguments':{'stop':'Main \xf0\x9f\x9a\x8c Street','line':7,"
		  "'a':{'list':[{'late':true},null]},'x.y':'z'}},{'type':'tool_call','name':'now','arguments':{}},{'type':'tool_call','name':'f','arguments':{'x':1}}],'finish_reason':'stop'}]\n" },
		{ { GEMINI("streamGenerateContent"), .request = "{'contents':[]}",
		    .response =
			    "[{'candidates':[{'content':{'parts':[{'text':'Fo'}]}}]},{'candidates':[{'content':{'parts':[{'text':'ur'}]},'finishReason':'STOP'}]}]" },
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'stop'}]\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_content_of_bedrock(void **state)
{
	static const struct row rows[] = {
		{ { .api = GT_API_BEDROCK_CONVERSE,
		    .provider = "aws.bedrock",
		    .target = "/model/m/converse",
		    .request =
			    "{'system':[{'text':'Be brief.'}],'messages':[{'role':'user','content':[{'text':'Late?'},{'image':{'format':'png','source':{'bytes':'QUJD'}}}]},"
			    "{'role':'assistant','content':[{'toolUse':{'toolUseId':'t1','name':'bus','input':{'line':7}}}]},"
			    "{'role':'user','content':[{'toolResult':{'toolUseId':'t1','content':[{'text':'4'}],'status':'success'}}]}],"
			    "'toolConfig':{'tools':[{'toolSpec':{'name':'bus','description':'d','inputSchema':{'json':{'type':'object'}}}}]}}",
		    .response =
			    "{'output':{'message':{'role':'assistant','content':[{'reasoningContent':{'reasoningText':{'text':'Hm'}}},{'text':'Yes.'}]}},'stopReason':'end_turn'}" },
		  "system [{'type':'text','content':'Be brief.'}]\n"
		  "in [{'role':'user','parts':[{'type':'text','content':'Late?'},{'type':'blob','mime_type':'image/png','modality':'image','byte_size':3,"
		  "'sha256':'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78'}]},"
		  "{'role':'assistant','parts':[{'type':'tool_call','id':'t1','name':'bus','arguments':{'line':7}}]},"
		  "{'role':'tool','parts':[{'type':'tool_call_response','id':'t1','response':[{'text':'4'}]}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'text','content':'Yes.'}],'finish_reason':'stop'}]\n"
		  "tools [{'type':'function','name':'bus','description':'d','parameters':{'type':'object'}}]\n" },
		{ { .api = GT_API_BEDROCK_CONVERSE,
		    .provider = "aws.bedrock",
		    .target = "/model/m/converse-stream",
		    .type = "application/vnd.amazon.eventstream",
		    .request = "{'messages':[{'role':'user','content':[{'text':'Hi'}]}]}",
		    .response =
			    "messageStart {'role':'assistant'}\ncontentBlockDelta {'contentBlockIndex':0,'delta':{'text':'Fo'}}\n"
			    "contentBlockDelta {'contentBlockIndex':0,'delta':{'text':'ur'}}\n"
			    "contentBlockStart {'contentBlockIndex':1,'start':{'toolUse':{'toolUseId':'t','name':'f'}}}\n"
			    "contentBlockDelta {'contentBlockIndex':1,'delta':{'toolUse':{'input':'{\\'a\\':1}'}}}\nmessageStop {'stopReason':'tool_use'}\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'text','content':'Four'},{'type':'tool_call','id':'t','name':'f','arguments':{'a':1}}],'finish_reason':'tool_call'}]\n" },
		{ { .api = GT_API_BEDROCK_INVOKE,
		    .provider = "aws.bedrock",
		    .target = "/model/anthropic.claude/invoke-with-response-stream",
		    .type = "application/vnd.amazon.eventstream",
		    .request =
			    "{'anthropic_version':'bedrock-2023-05-31','max_tokens':9,'messages':[{'role':'user','content':'Hi'}]}",
		    .response =
			    "chunk {'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Four'}}\nchunk {'type':'message_delta','delta':{'stop_reason':'end_turn'}}\n"
			    "chunk {'type':'message_stop'}\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\nout [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'stop'}]\n" },
		{ { .api = GT_API_BEDROCK_INVOKE,
		    .provider = "aws.bedrock",
		    .target = "/model/amazon.titan-text/invoke",
		    .request = "{'inputText':'Hi'}",
		    .response = "{'results':[{'outputText':'Four','completionReason':'FINISH'}]}" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\nout [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'stop'}]\n" },
		{ { .api = GT_API_BEDROCK_INVOKE,
		    .provider = "aws.bedrock",
		    .target = "/model/meta.llama/invoke-with-response-stream",
		    .type = "application/vnd.amazon.eventstream",
		    .request = "{'prompt':'Hi'}",
		    .response =
			    "chunk {'generation':'Fo','stop_reason':null}\nchunk {'generation':'ur','stop_reason':'length'}\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\nout [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'length'}]\n" },
		{ { .api = GT_API_BEDROCK_INVOKE,
		    .provider = "aws.bedrock",
		    .target = "/model/amazon.nova/invoke-with-response-stream",
		    .type = "application/vnd.amazon.eventstream",
		    .request = "{'messages':[{'role':'user','content':[{'text':'Hi'}]}],'inferenceConfig':{}}",
		    .response =
			    "chunk {'contentBlockDelta':{'contentBlockIndex':0,'delta':{'text':'Four'}}}\nchunk {'messageStop':{'stopReason':'end_turn'}}\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\nout [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'stop'}]\n" },
	};

	(void)state;
	CHECK(rows);
}

#define IN_HI	    "in [{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n"
#define OUT(reason) "out [{'role':'assistant','parts':[{'type':'text','content':'Four'}],'finish_reason':'" reason "'}]\n"
#define NDJSON	    .type = "application/x-ndjson"

static void test_content_of_those_who_have_formats_of_their_own(void **state)
{
	static const struct row rows[] = {
		{ { .api = GT_API_OLLAMA_CHAT,
		    .provider = "ollama",
		    .target = "/api/chat",
		    NDJSON,
		    .request =
			    "{'model':'q','messages':[{'role':'user','content':'Hi','images':['QUJD']},{'role':'tool','tool_name':'f','content':'1'}],"
			    "'tools':[{'type':'function','function':{'name':'f'}}]}",
		    .response =
			    "{'message':{'role':'assistant','content':'','thinking':'Hm'},'done':false}\n{'message':{'role':'assistant','content':'Fo'},'done':false}\n"
			    "{'message':{'role':'assistant','content':'ur','tool_calls':[{'function':{'name':'f','arguments':{'a':1}}},{'function':{'name':'f','arguments':{'a':2}}}]},'done':true,'done_reason':'stop'}\n" },
		  "in [{'role':'user','parts':[{'type':'text','content':'Hi'},{'type':'blob','modality':'image','byte_size':3,"
		  "'sha256':'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78'}]},{'role':'tool','parts':[{'type':'tool_call_response','id':'f','response':'1'}]}]\n"
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'text','content':'Four'},{'type':'tool_call','name':'f','arguments':{'a':1}},"
		  "{'type':'tool_call','name':'f','arguments':{'a':2}}],'finish_reason':'stop'}]\ntools [{'type':'function','name':'f'}]\n" },
		{ { .api = GT_API_OLLAMA_GENERATE,
		    .provider = "ollama",
		    .target = "/api/generate",
		    NDJSON,
		    .request = "{'model':'q','system':'Be.','prompt':'Hi'}",
		    .response = "{'response':'Fo','done':false}\n{'response':'ur','done':true,'done_reason':'stop'}\n" },
		  "system [{'type':'text','content':'Be.'}]\n" IN_HI OUT("stop") },
		{ { .api = GT_API_COHERE_CHAT,
		    .provider = "cohere",
		    .target = "/v2/chat",
		    .request = "{'model':'c','messages':[{'role':'user','content':'Hi'}]}",
		    .response =
			    "{'id':'x','finish_reason':'COMPLETE','message':{'role':'assistant','content':[{'type':'text','text':'Four'}]}}" },
		  IN_HI OUT("stop") },
		{ { .api = GT_API_COHERE_CHAT,
		    .provider = "cohere",
		    .target = "/v2/chat",
		    SSE,
		    .request = "{'model':'c','stream':true,'messages':[{'role':'user','content':'Hi'}]}",
		    .response =
			    "event: tool-plan-delta\ndata: {'type':'tool-plan-delta','delta':{'message':{'tool_plan':'Hm'}}}\n\n"
			    "event: tool-call-start\ndata: {'type':'tool-call-start','index':0,'delta':{'message':{'tool_calls':{'id':'t','function':{'name':'f','arguments':''}}}}}\n\n"
			    "event: tool-call-delta\ndata: {'type':'tool-call-delta','index':0,'delta':{'message':{'tool_calls':{'function':{'arguments':'{\\'a\\':1}'}}}}}\n\n"
			    "event: content-delta\ndata: {'type':'content-delta','index':0,'delta':{'message':{'content':{'text':'Four'}}}}\n\n"
			    "event: message-end\ndata: {'type':'message-end','delta':{'finish_reason':'TOOL_CALL'}}\n\n" },
		  IN_HI
		  "out [{'role':'assistant','parts':[{'type':'reasoning','content':'Hm'},{'type':'tool_call','id':'t','name':'f','arguments':{'a':1}},"
		  "{'type':'text','content':'Four'}],'finish_reason':'tool_call'}]\n" },
		{ { .api = GT_API_COHERE_CHAT,
		    .provider = "cohere",
		    .target = "/v1/chat",
		    .type = "application/stream+json",
		    .request =
			    "{'message':'Hi','preamble':'Be.','chat_history':[{'role':'USER','message':'a'},{'role':'CHATBOT','message':'b'}],'stream':true}",
		    .response = "{'event_type':'text-generation','text':'Fo'}\n{'event_type':'text-generation','text':'ur'}\n"
				"{'event_type':'stream-end','finish_reason':'COMPLETE','response':{'text':'Four'}}\n" },
		  "system [{'type':'text','content':'Be.'}]\nin [{'role':'user','parts':[{'type':'text','content':'a'}]},{'role':'assistant','parts':[{'type':'text','content':'b'}]},"
		  "{'role':'user','parts':[{'type':'text','content':'Hi'}]}]\n" OUT("stop") },
		{ { .api = GT_API_WATSONX_GENERATE,
		    .provider = "ibm.watsonx.ai",
		    .target = "/ml/v1/text/generation",
		    .request = "{'model_id':'g','input':'Hi'}",
		    .response = "{'results':[{'generated_text':'Four','stop_reason':'max_tokens'}]}" },
		  IN_HI OUT("length") },
		{ { .api = GT_API_TGI_GENERATE,
		    .provider = "huggingface",
		    .target = "/generate",
		    .request = "{'inputs':'Hi'}",
		    .response = "[{'generated_text':'Four','details':{'finish_reason':'length'}}]" },
		  IN_HI OUT("length") },
		{ { .api = GT_API_TGI_GENERATE,
		    .provider = "huggingface",
		    .target = "/generate_stream",
		    SSE,
		    .request = "{'inputs':'Hi'}",
		    .response =
			    "data: {'token':{'text':'Fo','special':false}}\n\ndata: {'token':{'text':'ur','special':false}}\n\n"
			    "data: {'token':{'text':'</s>','special':true},'generated_text':'Four','details':{'finish_reason':'eos_token'}}\n\n" },
		  IN_HI OUT("stop") },
		{ { .api = GT_API_REPLICATE,
		    .provider = "replicate",
		    .target = "/v1/predictions",
		    .request = "{'version':'v','input':{'prompt':'Hi','system_prompt':'Be.'}}",
		    .response = "{'status':'succeeded','output':['Fo','ur']}" },
		  "system [{'type':'text','content':'Be.'}]\n" IN_HI OUT("unknown") },
		{ { .api = GT_API_DASHSCOPE_GENERATE,
		    .provider = "dashscope",
		    .target = "/x",
		    SSE,
		    .request = "{'model':'q','input':{'messages':[{'role':'user','content':[{'text':'Hi'}]}]}}",
		    .response =
			    "data: {'output':{'choices':[{'message':{'content':'Fo'},'finish_reason':'null'}]}}\n\ndata: {'output':{'choices':[{'message':{'content':'Four'},'finish_reason':'stop'}]}}\n\n" },
		  IN_HI OUT("stop") },
		{ { .api = GT_API_CLOUDFLARE_RUN,
		    .provider = "cloudflare",
		    .target = "/client/v4/accounts/a/ai/run/@cf/m",
		    SSE,
		    .request = "{'messages':[{'role':'user','content':'Hi'}],'stream':true}",
		    .response = "data: {'response':'Fo'}\n\ndata: {'response':'ur'}\n\ndata: [DONE]\n\n" },
		  IN_HI OUT("unknown") },
		{ { .api = GT_API_MISTRAL_CONVERSATIONS,
		    .provider = "mistral_ai",
		    .target = "/v1/conversations",
		    SSE,
		    .request = "{'model':'m','inputs':'Hi','instructions':'Be.','stream':true}",
		    .response =
			    "event: message.output.delta\ndata: {'type':'message.output.delta','content':'Fo'}\n\nevent: message.output.delta\ndata: {'type':'message.output.delta','content':'ur'}\n\n"
			    "event: conversation.response.done\ndata: {'type':'conversation.response.done'}\n\n" },
		  "system [{'type':'text','content':'Be.'}]\n" IN_HI OUT("unknown") },
		{ { .api = GT_API_OPENAI_COMPLETIONS,
		    .provider = "openai",
		    .target = "/v1/completions",
		    SSE,
		    .request = "{'model':'m','prompt':'Hi','stream':true}",
		    .response =
			    "data: {'choices':[{'index':0,'text':'Fo'}]}\n\ndata: {'choices':[{'index':0,'text':'ur','finish_reason':'stop'}]}\n\ndata: [DONE]\n\n" },
		  IN_HI OUT("stop") },
		{ { .api = GT_API_LLAMA_CPP,
		    .provider = "llama.cpp",
		    .target = "/completion",
		    SSE,
		    .request = "{'prompt':'Hi','n_predict':4,'stream':true}",
		    .response =
			    "data: {'content':'Fo','stop':false}\n\ndata: {'content':'ur','stop':false}\n\ndata: {'content':'','stop':true,'stop_type':'eos'}\n\n" },
		  IN_HI OUT("stop") },
		{ { .api = GT_API_ALEPH_ALPHA,
		    .provider = "aleph_alpha",
		    .target = "/complete",
		    .request = "{'model':'l','prompt':[{'type':'text','data':'Hi'}]}",
		    .response = "{'completions':[{'completion':'Four','finish_reason':'maximum_tokens'}]}" },
		  IN_HI OUT("maximum_tokens") },
		{ { .api = GT_API_MCP,
		    .target = "/mcp",
		    .request =
			    "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'bus','arguments':{'line':7,'password':'x','card':4111111111111111}}}",
		    .response =
			    "{'jsonrpc':'2.0','id':1,'result':{'content':[{'type':'text','text':'mail a@example.com'}],'isError':false}}" },
		  "args {'line':7,'password':'[redacted:password]','card':'[redacted:card]'}\nresult {'content':[{'type':'text','text':'mail [redacted:email]'}],'isError':false}\n" },
		{ { .api = GT_API_MCP,
		    .target = "/mcp",
		    .request = "{'jsonrpc':'2.0','id':1,'method':'tools/list'}",
		    .response = "{'jsonrpc':'2.0','id':1,'result':{'tools':[]}}" },
		  "" },
	};

	(void)state;
	CHECK(rows);
}

/* ---------------------------------------------------------------- limits */

/* The content of a chat with one message, `request`, and one answer. */
static struct gt_span *chat(const struct gt_capture *c, const char *request, const char *answer)
{
	struct gt_exchange_case x = { CHAT, .request = request, .response = answer, .capture = c };

	return gt_exchange_case_span(&x);
}

static void check_valid(const struct gt_span *s, size_t max)
{
	for (size_t i = 0; i < GT_ROWS(keys); i++) {
		const struct gt_value *v = gt_span_get(s, keys[i].key);
		cJSON *json;

		if (!v)
			continue;
		assert_true(v->str.len <= max);
		json = cJSON_ParseWithLengthOpts(v->str.p, v->str.len + 1, NULL, true);
		assert_non_null(json);
		cJSON_Delete(json);
	}
}

static void test_content_is_cut_to_its_limits_and_stays_json(void **state)
{
	struct gt_random r = gt_random_from(99);

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct gt_capture small = capture;
		char *request = NULL, *answer = NULL;
		size_t len;
		FILE *out = open_memstream(&request, &len);
		struct gt_span *s;
		int messages = (int)gt_random_below(&r, 60);

		small.attribute_max = (uint32_t)(1024 + gt_random_below(&r, 6000));
		small.span_max = (uint32_t)(1024 + gt_random_below(&r, 9000));
		fputs("{'model':'m','messages':[", out);
		for (int i = 0; i <= messages; i++)
			fprintf(out, "%s{'role':'user','content':'%d %.*s a@b.example'}", i ? "," : "", i,
				(int)gt_random_below(&r, 200),
				"\\u00e9\\n\\u0001\\\\ \\u20ac words words words words words words words words words words words words words words words");
		fputs("]}", out);
		fclose(out);
		out = open_memstream(&answer, &len);
		fputs("{'choices':[{'message':{'content':'", out);
		for (size_t n = gt_random_below(&r, 3000); n; n--)
			fputs("\\u00e9 a@b.example ", out);
		fputs("'},'finish_reason':'stop'}]}", out);
		fclose(out);
		s = chat(&small, request, answer);
		assert_non_null(s);
		check_valid(s, small.attribute_max < small.span_max ? small.attribute_max : small.span_max);
		assert_true(gt_span_has(s, GT_ATTR_OUTPUT_MESSAGES));
		gt_span_free(s);
		free(request);
		free(answer);
	}
}

static void test_content_leaves_out_the_oldest_messages_and_says_so(void **state)
{
	struct gt_capture small = capture;
	char request[20000] = "{'model':'m','messages':[";
	struct gt_span *s;
	const char *text;

	(void)state;
	small.attribute_max = 1024;
	for (int i = 0; i < 100; i++)
		snprintf(request + strlen(request), 100, "%s{'role':'user','content':'message number %d'}", i ? "," : "", i);
	strcat(request, "]}");
	s = chat(&small, request, "{'choices':[{'message':{'content':'x'},'finish_reason':'stop'}]}");
	text = gt_span_get(s, GT_ATTR_INPUT_MESSAGES)->str.p;
	assert_non_null(strstr(text, "[{\"role\":\"other\",\"parts\":[{\"type\":\"gentap.truncated\",\"messages\":"));
	assert_non_null(strstr(text, "message number 99"));
	assert_null(strstr(text, "message number 10\""));
	gt_span_free(s);
	memset(request, 0, sizeof(request));
	strcpy(request, "{'model':'m','messages':[{'role':'user','content':'");
	memset(request + strlen(request), 'w', 5000);
	strcat(request, "'}]}");
	s = chat(&small, request, "{'choices':[]}");
	text = gt_span_get(s, GT_ATTR_INPUT_MESSAGES)->str.p;
	assert_non_null(strstr(text, "wwww[truncated]\"}]}]"));
	gt_span_free(s);
}

static void test_content_that_is_media_is_reported_by_size_and_digest_only(void **state)
{
	char request[3000], data[900];
	struct gt_span *s;
	const char *text;

	(void)state;
	memset(data, 'Q', sizeof(data) - 1);
	data[sizeof(data) - 1] = 0;
	/* also where the type does not say that it is media */
	snprintf(
		request, sizeof(request),
		"{'model':'m','messages':[{'role':'tool','tool_call_id':'c','content':[{'type':'image','data':'%s'}]},{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'%s','format':'wav'}}]}]}",
		data, data);
	s = chat(&capture, request, "{'choices':[]}");
	text = gt_span_get(s, GT_ATTR_INPUT_MESSAGES)->str.p;
	assert_null(strstr(text, "QQQQ"));
	assert_non_null(strstr(text, "[media: 674 bytes, sha256 "));
	assert_non_null(strstr(text, "\"mime_type\":\"audio/wav\",\"modality\":\"audio\",\"byte_size\":674"));
	gt_span_free(s);
}

typedef Opentelemetry__Proto__Common__V1__KeyValue pair;

static const pair *attribute(const Opentelemetry__Proto__Logs__V1__ExportLogsServiceRequest *request, const char *name)
{
	const Opentelemetry__Proto__Logs__V1__LogRecord *record = request->resource_logs[0]->scope_logs[0]->log_records[0];

	for (size_t i = 0; i < record->n_attributes; i++)
		if (!strcmp(record->attributes[i]->key, name))
			return record->attributes[i];
	return NULL;
}

static void test_content_is_structured_on_events_and_a_string_on_spans(void **state)
{
	static const struct gt_naming naming = { GT_N2, 0 };
	struct gt_capture c = capture;
	struct gt_resource resource = { .n = 0 };
	Opentelemetry__Proto__Logs__V1__ExportLogsServiceRequest *request;
	const Opentelemetry__Proto__Common__V1__AnyValue *v;
	struct gt_arena memory;
	struct gt_span *s;
	uint8_t *out;
	size_t len;

	(void)state;
	c.to = GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT;
	s = chat(
		&c,
		"{'model':'m','messages':[{'role':'assistant','tool_calls':[{'id':'c','function':{'name':'f','arguments':'{\\'n\\':7,\\'d\\':0.5,\\'b\\':true,\\'z\\':null}'}}]}]}",
		"{'choices':[]}");
	{
		struct gt_batch_view view = { .first = s, .n = 1, .resource = &resource, .naming = &naming };

		gt_arena_init(&memory, 0);
		assert_int_equal(gt_otlp_events_json_encode(&view, 1 << 20, &memory, &out, &len), 0);
		assert_non_null(strstr(
			(const char *)out,
			"{\"key\":\"arguments\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"n\",\"value\":{\"intValue\":\"7\"}},"
			"{\"key\":\"d\",\"value\":{\"doubleValue\":0.5}},{\"key\":\"b\",\"value\":{\"boolValue\":true}},{\"key\":\"z\",\"value\":{}}]}}}"));
		assert_int_equal(gt_otlp_json_request(&view, 1 << 20, &memory, &out, &len), 0);
		assert_non_null(
			strstr((const char *)out, "\"gen_ai.input.messages\",\"value\":{\"stringValue\":\"[{\\\"role\\\":"));
		assert_int_equal(gt_otlp_events_pb_encode(&view, 1 << 20, &memory, &out, &len), 0);
	}
	request = opentelemetry__proto__logs__v1__export_logs_service_request__unpack(NULL, len, out);
	assert_non_null(request);
	v = attribute(request, "gen_ai.input.messages")->value->array_value->values[0]; /* the message */
	assert_string_equal(v->kvlist_value->values[0]->key, "role");
	v = v->kvlist_value->values[1]->value->array_value->values[0]; /* its first part */
	assert_int_equal(v->kvlist_value->n_values, 4);
	v = v->kvlist_value->values[3]->value; /* the arguments of the call */
	assert_int_equal(v->kvlist_value->values[0]->value->int_value, 7);
	assert_true(v->kvlist_value->values[1]->value->double_value == 0.5);
	assert_true(v->kvlist_value->values[2]->value->bool_value);
	assert_int_equal(v->kvlist_value->values[3]->value->value_case, 0);
	opentelemetry__proto__logs__v1__export_logs_service_request__free_unpacked(request, NULL);
	gt_arena_free(&memory);
	gt_span_free(s);
}

static bool tells(int (*encode)(const struct gt_batch_view *, size_t, struct gt_arena *, uint8_t **, size_t *),
		  const struct gt_span *s)
{
	static const struct gt_naming naming = { GT_N2, 0 };
	struct gt_resource resource = { .n = 0 };
	struct gt_batch_view view = { .first = s, .n = 1, .resource = &resource, .naming = &naming };
	struct gt_arena memory;
	uint8_t *out;
	size_t len;
	bool reported;

	gt_arena_init(&memory, 0);
	assert_int_equal(encode(&view, 1 << 20, &memory, &out, &len), 0);
	reported = memmem(out, len, "gen_ai.input.messages", 21) && memmem(out, len, "Bus seven", 9);
	gt_arena_free(&memory);
	return reported;
}

static void test_content_is_on_spans_or_on_events_as_asked_for(void **state)
{
	static const unsigned to[] = { GT_CONTENT_TO_SPAN, GT_CONTENT_TO_EVENT, GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(to); i++) {
		struct gt_capture c = capture;
		struct gt_span *s;

		c.to = to[i];
		s = chat(&c, "{'model':'m','messages':[{'role':'user','content':'Bus seven'}]}", "{'choices':[]}");
		assert_int_equal(tells(gt_otlp_pb_encode, s), (to[i] & GT_CONTENT_TO_SPAN) != 0);
		assert_int_equal(tells(gt_otlp_json_request, s), (to[i] & GT_CONTENT_TO_SPAN) != 0);
		assert_int_equal(tells(gt_otlp_events_pb_encode, s), (to[i] & GT_CONTENT_TO_EVENT) != 0);
		assert_int_equal(tells(gt_otlp_events_json_encode, s), (to[i] & GT_CONTENT_TO_EVENT) != 0);
		gt_span_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_content_of_chat_completions),
		GT_TEST(test_content_of_responses),
		GT_TEST(test_content_of_anthropic_messages),
		GT_TEST(test_content_of_gemini),
		GT_TEST(test_content_of_bedrock),
		GT_TEST(test_content_of_those_who_have_formats_of_their_own),
		GT_TEST(test_content_is_cut_to_its_limits_and_stays_json),
		GT_TEST(test_content_leaves_out_the_oldest_messages_and_says_so),
		GT_TEST(test_content_that_is_media_is_reported_by_size_and_digest_only),
		GT_TEST(test_content_is_structured_on_events_and_a_string_on_spans),
		GT_TEST(test_content_is_on_spans_or_on_events_as_asked_for),
	};

	return GT_TESTS(tests);
}
