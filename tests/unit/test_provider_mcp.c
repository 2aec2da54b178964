#include "support/span_lines.h"
#include "support/span_text.h"
#include "support/test.h"

#include "exporter/mcp/mcp_memory.h"

#include <stdlib.h>

#define WIRE			"network.transport=tcp\nnetwork.protocol.name=http\nnetwork.protocol.version=1.1\n"
#define SSE			.type = "text/event-stream"
#define SESSION			.request_fields = "Mcp-Session-Id: s-1\r\nMCP-Protocol-Version: 2025-11-25\r\n"
#define STATELESS(method, name) .request_fields = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " method "\r\n" name

#define CALL(id, name) "{'jsonrpc':'2.0','id':" id ",'method':'tools/call','params':{'name':'" name "'}}"
#define DONE(id)       "{'jsonrpc':'2.0','id':" id ",'result':{}}"
#define TOOL_CALL(id) \
	"tools/call t\noperation.name=execute_tool\ntool.name=t\nmcp.method.name=tools/call\njsonrpc.request.id=" id "\n"
#define STREAMED_CALL(id)                                                                                           \
	"tools/call t\noperation.name=execute_tool\nrequest.stream=true\ntool.name=t\nmcp.method.name=tools/call\n" \
	"jsonrpc.request.id=" id "\n"

static const struct gt_exchange_case messages[] = {
	{ .api = GT_API_MCP,
	  SESSION,
	  .request = "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'bus_status'}}",
	  .response = "{'jsonrpc':'2.0','id':7,'result':{'content':[],'isError':false}}",
	  .want = "tools/call bus_status\noperation.name=execute_tool\ntool.name=bus_status\nmcp.method.name=tools/call\n"
		  "mcp.protocol.version=2025-11-25\nmcp.session.id=s-1\njsonrpc.request.id=7\n" WIRE OK },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':'x','method':'tools/list'}",
	  .response = "{'jsonrpc':'2.0','id':'x','error':{'code':-32601,'message':'no such method'}}",
	  .want = "tools/list\nmcp.method.name=tools/list\njsonrpc.request.id=x\nrpc.response.status_code=-32601\n" WIRE
		  "error.type=-32601\n" OK "error \"no such method\"\n" },
	{ .api = GT_API_MCP,
	  .request =
		  "{'jsonrpc':'2.0','id':1,'method':'completion/complete','params':{'ref':{'type':'ref/prompt','name':'p'}}}",
	  .response = "{'jsonrpc':'2.0','id':1,'result':{'completion':{'values':[]}}}",
	  .want = "completion/complete\nmcp.method.name=completion/complete\njsonrpc.request.id=1\n" WIRE OK },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'logging/setLevel','params':{'level':'info'}}",
	  .response = "{'jsonrpc':'2.0','id':1,'result':{}}",
	  .want = "logging/setLevel\nmcp.method.name=logging/setLevel\njsonrpc.request.id=1\n" WIRE OK },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'ping'}",
	  .response = "{'jsonrpc':'2.0','id':1,'result':{}}",
	  .want = "ping\nmcp.method.name=ping\njsonrpc.request.id=1\n" WIRE OK },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'resources/subscribe','params':{'uri':'file:///a'}}",
	  .response = "{'jsonrpc':'2.0','id':1,'result':{}}",
	  .want = "resources/subscribe\nmcp.method.name=resources/subscribe\nmcp.resource.uri=file:///a\njsonrpc.request.id=1\n" WIRE
		  OK },
	/* answered on another connection */
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .target = "/messages/?session_id=7",
	  .status = 202,
	  .type = "text/plain",
	  .request = "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'t'}}",
	  .response = "Accepted",
	  .want = "tools/call t\noperation.name=execute_tool\ntool.name=t\nmcp.method.name=tools/call\njsonrpc.request.id=1\n" WIRE
		  "http.response.status_code=202\ngentap.incomplete=answered_elsewhere\n" },
	/* after its answer a client need not wait for the acknowledgement; without a server there is neither */
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .target = "/message?sessionId=7",
	  .end = GT_CASE_CLOSED,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'tools/list'}",
	  .want = "tools/list\nmcp.method.name=tools/list\njsonrpc.request.id=1\n" WIRE
		  "gentap.incomplete=answered_elsewhere\n" },
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .target = "/message?sessionId=7",
	  .end = GT_CASE_RESET,
	  .code = 104,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'tools/list'}",
	  .want = "tools/list\nmcp.method.name=tools/list\njsonrpc.request.id=1\n" WIRE
		  "error.type=connection_reset\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .target = "/mcp",
	  .end = GT_CASE_CLOSED,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'tools/list'}",
	  .want = "tools/list\nmcp.method.name=tools/list\njsonrpc.request.id=1\n" WIRE
		  "error.type=cancelled\nerror \"the application gave up before the response ended\"\n" },
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .target = "/messages/?session_id=7",
	  .status = 202,
	  .type = "text/plain",
	  .request = "{'text':'hello','to':'Ann'}",
	  .response = "Accepted" },
	/* the stateless revision; with an unreadable body only the headers count */
	{ .api = GT_API_MCP,
	  STATELESS("tools/call", "Mcp-Name: bus_status\r\n"),
	  .request = "{'jsonrpc':'2.0','id':7,'method':",
	  .response = "{'jsonrpc':'2.0','id':null,'error':{'code':-32700,'message':'x'}}",
	  .status = 400,
	  .want = "tools/call bus_status\noperation.name=execute_tool\ntool.name=bus_status\nmcp.method.name=tools/call\n"
		  "mcp.protocol.version=2026-07-28\n" WIRE "error.type=400\nhttp.response.status_code=400\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  STATELESS("prompts/get", "Mcp-Name: =?base64?w7w=?=\r\n"),
	  .request = "{",
	  .response = "{}",
	  .want = "prompts/get\nmcp.method.name=prompts/get\nmcp.protocol.version=2026-07-28\n" WIRE INCOMPLETE(
		  "request_not_json") },
	/* a message of the server is not the answer, nor is an answer to another id */
	{ .api = GT_API_MCP,
	  SSE,
	  .request = "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'t'}}",
	  .response =
		  "data: {'jsonrpc':'2.0','id':1,'method':'roots/list'}\n\ndata: {'jsonrpc':'2.0','id':2,'error':{'code':1}}\n\n"
		  "data: {'jsonrpc':'2.0','id':1,'result':{'isError':true}}\n\n",
	  .want = "tools/call t\noperation.name=execute_tool\nrequest.stream=true\ntool.name=t\nmcp.method.name=tools/call\n"
		  "jsonrpc.request.id=1\n" WIRE "error.type=tool_error\n" OK "error \"\"\n" },
	/* an error without the request's id, whole and in a stream; the right answer takes precedence, and so does the HTTP status */
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t'}}",
	  .response = "{'jsonrpc':'2.0','id':null,'error':{'code':-32600,'message':'Invalid request'}}",
	  .want = TOOL_CALL("5") "rpc.response.status_code=-32600\n" WIRE "error.type=-32600\n" OK
				 "error \"Invalid request\"\n" },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t'}}",
	  .response = "{'jsonrpc':'2.0','id':'server-error','error':{'code':-32603,'message':'broke'}}",
	  .want = TOOL_CALL("5") "rpc.response.status_code=-32603\n" WIRE "error.type=-32603\n" OK "error \"broke\"\n" },
	{ .api = GT_API_MCP,
	  SSE,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t'}}",
	  .response = "data: {'jsonrpc':'2.0','error':{'code':-32603,'message':'broke'}}\n\n",
	  .want = STREAMED_CALL("5") "rpc.response.status_code=-32603\n" WIRE "error.type=-32603\n" OK "error \"broke\"\n" },
	{ .api = GT_API_MCP,
	  SSE,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t'}}",
	  .response = "data: {'jsonrpc':'2.0','id':null,'error':{'code':-32603,'message':'broke'}}\n\n"
		      "data: {'jsonrpc':'2.0','id':5,'result':{}}\n\n",
	  .want = STREAMED_CALL("5") WIRE OK },
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t'}}",
	  .status = 404,
	  .response = "{'jsonrpc':'2.0','id':null,'error':{'code':-32001,'message':'Session not found'}}",
	  .want = TOOL_CALL("5") WIRE "error.type=404\nhttp.response.status_code=404\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  .request = "[" CALL("1", "bus") "," CALL("2", "bus") "]",
	  .response = "{'jsonrpc':'2.0','id':null,'error':{'code':-32600,'message':'no batches'}}",
	  .want = "tools/call bus\noperation.name=execute_tool\ntool.name=bus\nmcp.method.name=tools/call\nrpc.response.status_code=-32600\n" WIRE
		  "error.type=-32600\n" OK "gentap.mcp.batch_size=2\nerror \"no batches\"\n" },
	/* an answer whose text ends in half a surrogate pair */
	{ .api = GT_API_MCP,
	  .request = "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'t','arguments':{'path':'a\\udcff'}}}",
	  .response =
		  "{'jsonrpc':'2.0','id':5,'result':{'isError':true,'content':[{'type':'text','text':'bad \\udcff name'}]}}",
	  .want = TOOL_CALL("5") WIRE "error.type=tool_error\n" OK "error \"\"\n" },
	/* a rejected listener; and the end of a session */
	{ .api = GT_API_MCP,
	  .method = "GET",
	  SESSION,
	  .status = 405,
	  .response = "",
	  .want = "GET\nmcp.protocol.version=2025-11-25\nmcp.session.id=s-1\n" WIRE
		  "error.type=405\nhttp.response.status_code=405\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  .method = "DELETE",
	  SESSION,
	  .response = "",
	  .want = "DELETE\nmcp.protocol.version=2025-11-25\nmcp.session.id=s-1\n" WIRE OK },
};

static const struct gt_exchange_case batches[] = {
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .request = "[" CALL("1", "bus") "," CALL("2", "bus") "]",
	  .response = "[" DONE("2") "," DONE("1") "]",
	  .want = "tools/call bus\noperation.name=execute_tool\ntool.name=bus\nmcp.method.name=tools/call\n" WIRE OK
		  "gentap.mcp.batch_size=2\n" },
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .request = "[" CALL("1", "bus") "," CALL("2", "tram") "]",
	  .response = "[" DONE("1") ",{'jsonrpc':'2.0','id':2,'result':{'isError':true}}]",
	  .want = "tools/call\noperation.name=execute_tool\nmcp.method.name=tools/call\n" WIRE "error.type=tool_error\n" OK
		  "gentap.mcp.batch_size=2\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  .candidate = true,
	  SSE,
	  .request = "[{'jsonrpc':'2.0','method':'notifications/initialized'}," CALL(
		  "1", "bus") ",{'jsonrpc':'2.0','id':'b','method':'ping'}]",
	  .response = "data: " DONE("1") "\n\ndata: {'jsonrpc':'2.0','id':'b','error':{'code':-32000,'message':'late'}}\n\n",
	  .want = "batch\nrequest.stream=true\nmcp.method.name=batch\nrpc.response.status_code=-32000\n" WIRE
		  "error.type=-32000\n" OK "gentap.mcp.batch_size=3\nerror \"late\"\n" },
	/* a batch of one is that request */
	{ .api = GT_API_MCP,
	  .candidate = true,
	  .request = "[" CALL("1", "bus") "]",
	  .response = "[" DONE("1") "]",
	  .want = "tools/call bus\noperation.name=execute_tool\ntool.name=bus\nmcp.method.name=tools/call\njsonrpc.request.id=1\n" WIRE
		  OK },
	/* both requests are answered, so the missing end of the stream is not a loss */
	{ .api = GT_API_MCP,
	  SSE,
	  .request = "[" CALL("1", "bus") "," CALL("2", "bus") "]",
	  .end = GT_CASE_RESET,
	  .code = 104,
	  .response = "data: " DONE("1") "\n\ndata: " DONE("2") "\n\n",
	  .want = "tools/call bus\noperation.name=execute_tool\nrequest.stream=true\ntool.name=bus\nmcp.method.name=tools/call\n" WIRE OK
		  "gentap.mcp.batch_size=2\n" },
	{ .api = GT_API_MCP,
	  SSE,
	  .request = "[" CALL("1", "bus") "," CALL("2", "bus") "]",
	  .end = GT_CASE_RESET,
	  .code = 104,
	  .response = "data: " DONE("1") "\n\n",
	  .want = "tools/call bus\noperation.name=execute_tool\nrequest.stream=true\ntool.name=bus\nmcp.method.name=tools/call\n" WIRE
		  "error.type=connection_reset\n" OK "gentap.mcp.batch_size=2\nerror \"\"\n" },
	{ .api = GT_API_MCP,
	  SESSION,
	  .request = "[" DONE("1") "," DONE("2") "]",
	  .status = 202,
	  .response = "",
	  .type = "",
	  .want = "POST\nmcp.protocol.version=2025-11-25\nmcp.session.id=s-1\n" WIRE
		  "http.response.status_code=202\ngentap.mcp.batch_size=2\n" },
	{ .api = GT_API_MCP,
	  SESSION,
	  .request = "[]",
	  .status = 400,
	  .response = "{}",
	  .want = "POST\nmcp.protocol.version=2025-11-25\nmcp.session.id=s-1\n" WIRE
		  "error.type=400\nhttp.response.status_code=400\nerror \"\"\n" },
};

static void test_mcp_messages_give_their_span(void **state)
{
	(void)state;
	gt_exchange_case_check_all(messages, GT_ROWS(messages));
}

static void test_mcp_of_a_batch_what_its_messages_have_in_common(void **state)
{
	(void)state;
	gt_exchange_case_check_all(batches, GT_ROWS(batches));
}

/* ---------------------------------------------------------------- several exchanges */

struct several {
	struct gt_feed feed;
	struct gt_begin begin;
	uint64_t stream;
};

static void set_up(struct several *s)
{
	assert_true(gt_feed_init(&s->feed, 1 << 20));
	s->feed.run.mcp = gt_mcp_memory_new();
	s->begin = gt_feed_plain_begin(GT_API_MCP);
	s->stream = 0;
}

static void tear_down(struct several *s)
{
	struct gt_mcp_memory *mcp = s->feed.run.mcp;

	gt_feed_free(&s->feed);
	gt_mcp_memory_free(mcp);
}

/* Begins an exchange on a new connection; its span has the number of the connection. In `body` ' is written for ". */
static uint64_t asks(struct several *s, const char *method, const char *fields, const char *body)
{
	char *json = gt_exchange_case_json(body), head[512];

	s->begin.context.span_id.b[7] = (uint8_t)++s->stream;
	gt_feed_begin(&s->feed, s->stream, &s->begin, "mcp.corp", "");
	snprintf(head, sizeof(head), "%s /mcp HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n", method, fields,
		 strlen(json));
	gt_feed_text(&s->feed, s->stream, GT_EVENT_REQUEST, head);
	if (*json)
		gt_feed_text(&s->feed, s->stream, GT_EVENT_REQUEST, json);
	free(json);
	return s->stream;
}

static void is_reported(struct several *s, uint64_t stream, const char *text)
{
	char *json = gt_exchange_case_json(text);

	gt_feed_text(&s->feed, stream, GT_EVENT_RESPONSE, json);
	free(json);
}

#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s-1\r\n\r\n"
#define ACCEPTED    "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
#define IN_SESSION  "Mcp-Session-Id: s-1\r\n"
#define QUESTION    "data: {'jsonrpc':'2.0','id':'q-1','method':'sampling/createMessage','params':{}}\n\n"
#define ANSWER	    "{'jsonrpc':'2.0','id':'q-1','result':{'role':'assistant'}}"

static struct gt_span *answer_of(struct several *s, const char *fields, const char *answer)
{
	is_reported(s, asks(s, "POST", fields, answer), ACCEPTED);
	return gt_feed_take(&s->feed);
}

static void test_mcp_a_question_of_the_server_is_recognised_by_its_answer(void **state)
{
	struct gt_span *span;
	struct several s;
	uint64_t call;

	(void)state;
	set_up(&s);
	call = asks(&s, "POST", IN_SESSION, CALL("1", "bus"));
	is_reported(&s, call, STREAM_HEAD QUESTION);
	span = answer_of(&s, IN_SESSION, ANSWER);
	assert_str(span->name, "sampling/createMessage");
	assert_int_equal(span->kind, GT_KIND_SERVER); /* this process is the server */
	assert_str(gt_span_get_str(span, GT_ATTR_JSONRPC_REQUEST_ID), "q-1");
	assert_int_equal(span->parent.b[7], call);
	assert_int_equal(span->n_links, 0);
	assert_int_equal(GT_FEED_STARTED - span->start_unix_ns, GT_NS_PER_MS); /* from the question to the answer */
	assert_int_equal(span->end_unix_ns - GT_FEED_STARTED, 3 * GT_NS_PER_MS);
	assert_false(span->is_error);
	gt_span_free(span);
	span = answer_of(&s, IN_SESSION, ANSWER); /* a second answer is ignored */
	assert_str(span->name, "POST");
	assert_false(gt_span_has(span, GT_ATTR_MCP_METHOD_NAME));
	gt_span_free(span);
	tear_down(&s);
}

static void test_mcp_an_answer_belongs_to_its_own_session_and_id(void **state)
{
	static const struct {
		const char *fields, *answer;
	} rows[] = {
		{ "Mcp-Session-Id: s-2\r\n", ANSWER },
		{ IN_SESSION, "{'jsonrpc':'2.0','id':'q-2','result':{}}" },
		{ IN_SESSION, "{'jsonrpc':'2.0','id':null,'result':{}}" },
	};
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	is_reported(&s, asks(&s, "GET", IN_SESSION, ""), STREAM_HEAD QUESTION);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		span = answer_of(&s, rows[i].fields, rows[i].answer);
		assert_str(span->name, "POST");
		gt_span_free(span);
	}
	span = answer_of(&s, IN_SESSION, "{'jsonrpc':'2.0','id':'q-1','error':{'code':-1,'message':'rejected'}}");
	assert_str(span->name, "sampling/createMessage");
	assert_str(gt_span_get_str(span, GT_ATTR_ERROR_TYPE), "-1");
	assert_str(gt_span_get_str(span, GT_ATTR_RPC_RESPONSE_STATUS_CODE), "-1");
	gt_span_free(span);
	tear_down(&s);
}

/* The same answers on both sides: the client's span is an error, and the server's only when the server is at fault. */
static void test_mcp_a_wrong_request_is_no_error_of_the_server(void **state)
{
	static const struct {
		const char *status, *answer, *code;
		bool is_error;
	} rows[] = {
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'error':{'code':-32601,'message':'m'}}", "-32601", false },
		{ "404 Not Found", "{'jsonrpc':'2.0','id':1,'error':{'code':-32601,'message':'m'}}", "-32601", false },
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'error':{'code':-32602,'message':'m'}}", "-32602", false },
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'error':{'code':-32002,'message':'m'}}", "-32002", false },
		{ "400 Bad Request", "{'jsonrpc':'2.0','id':null,'error':{'code':-32600,'message':'m'}}", "", false },
		{ "200 OK", "{'jsonrpc':'2.0','id':null,'error':{'code':-32700,'message':'m'}}", "-32700", false },
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'error':{'code':-32603,'message':'m'}}", "-32603", true },
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'error':{'code':-32001,'message':'m'}}", "-32001", true },
		{ "400 Bad Request", "{'jsonrpc':'2.0','id':1,'error':{'code':-32603,'message':'m'}}", "-32603", true },
		{ "500 Oops", "{'jsonrpc':'2.0','id':1,'error':{'code':-32601,'message':'m'}}", "-32601", true },
		{ "200 OK", "{'jsonrpc':'2.0','id':1,'result':{'isError':true}}", "", true },
	};

	(void)state;
	for (size_t i = 0; i < 2 * GT_ROWS(rows); i++) {
		size_t row = i / 2;
		bool is_server = i % 2;
		struct gt_span *span;
		struct several s;
		char head[200];

		set_up(&s);
		s.begin.is_inbound = is_server;
		snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 rows[row].status, strlen(rows[row].answer), rows[row].answer);
		is_reported(&s, asks(&s, "POST", IN_SESSION, CALL("1", "bus")), head);
		span = gt_feed_take(&s.feed);
		assert_int_equal(span->is_error, !is_server || rows[row].is_error);
		assert_int_equal(gt_span_has(span, GT_ATTR_ERROR_TYPE), span->is_error);
		assert_str(gt_span_get_str(span, GT_ATTR_RPC_RESPONSE_STATUS_CODE), rows[row].code);
		gt_span_free(span);
		tear_down(&s);
	}
}

#define PRIMED	  STREAM_HEAD "id: ev-1\nretry: 500\ndata: \n\n"
#define FAILS(id) "id: ev-2\ndata: {'jsonrpc':'2.0','id':" id ",'result':{'isError':true}}\n\n"

/* The server ends the stream of a request early, and the client asks for the rest of it. */
static void test_mcp_an_answer_on_a_resumed_stream_belongs_to_its_request(void **state)
{
	static const enum gt_end_why ends[] = { GT_END_EOF, GT_END_RESET };

	(void)state;
	for (size_t i = 0; i < 2 * GT_ROWS(ends); i++) {
		uint64_t call, listener;
		struct gt_span *span;
		struct several s;

		set_up(&s);
		s.begin.is_inbound = i >= GT_ROWS(ends);
		call = asks(&s, "POST", IN_SESSION, CALL("1", "bus"));
		is_reported(&s, call, PRIMED);
		gt_feed_end(&s.feed, call, ends[i % GT_ROWS(ends)], 0);
		assert_null(gt_feed_take(&s.feed));
		listener = asks(&s, "GET", IN_SESSION "Last-Event-ID: ev-1\r\n", "");
		is_reported(&s, listener, STREAM_HEAD FAILS("2") FAILS("1"));
		span = gt_feed_take(&s.feed);
		assert_non_null(span);
		assert_str(span->name, "tools/call bus");
		assert_str(gt_span_get_str(span, GT_ATTR_ERROR_TYPE), "tool_error");
		assert_false(gt_span_has(span, GT_ATTR_GENTAP_INCOMPLETE));
		assert_int_equal(span->context.span_id.b[7], call);
		/* until the answer came */
		assert_int_equal(span->end_unix_ns - GT_FEED_STARTED, (int64_t)s.feed.now.ns - GT_NS_PER_MS - 5 * GT_NS_PER_S);
		gt_span_free(span);
		gt_feed_end(&s.feed, listener, GT_END_EOF, 0);
		span = gt_feed_take(&s.feed);
		assert_str(span->name, "GET");
		assert_false(span->is_error);
		gt_span_free(span);
		tear_down(&s);
	}
}

static void test_mcp_an_answer_that_never_comes_is_not_waited_for_for_ever(void **state)
{
	static const struct {
		const char *stream;
		enum gt_end_why end;
		bool waits;
		const char *incomplete, *error;
	} rows[] = {
		{ PRIMED, GT_END_EOF, true, "answered_elsewhere", "" },
		{ PRIMED, GT_END_RESET, true, "", "connection_reset" },
		{ PRIMED, GT_END_CLOSED, false, "", "cancelled" },
		{ PRIMED, GT_END_LOST, false, "unreadable", "" },
		{ STREAM_HEAD "data: \n\n", GT_END_EOF, false, "answered_elsewhere",
		  "" }, /* without an id it cannot be resumed */
		{ STREAM_HEAD "id\ndata: \n\n", GT_END_EOF, false, "answered_elsewhere", "" },
		{ PRIMED FAILS("1"), GT_END_EOF, false, "", "tool_error" },
		{ PRIMED "data: {'jsonrpc':'2.0','id':null,'error':{'code':-32603}}\n\n", GT_END_EOF, false, "", "-32603" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_span *span;
		struct several s;
		uint64_t call;

		set_up(&s);
		call = asks(&s, "POST", IN_SESSION, CALL("1", "bus"));
		is_reported(&s, call, rows[i].stream);
		gt_feed_end(&s.feed, call, rows[i].end, 0);
		assert_int_equal(s.feed.awaited.n, rows[i].waits);
		/* answers of another session, to another id, and on the server's side of this process are not its answer */
		is_reported(&s, asks(&s, "GET", "Mcp-Session-Id: s-2\r\n", ""),
			    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" FAILS("1"));
		is_reported(&s, asks(&s, "GET", IN_SESSION, ""), STREAM_HEAD FAILS("2"));
		s.begin.is_inbound = true;
		is_reported(&s, asks(&s, "GET", IN_SESSION, ""), STREAM_HEAD FAILS("1"));
		assert_int_equal(s.feed.awaited.n, rows[i].waits);
		s.feed.now.ns += GT_AWAITED_NS - 60 * GT_NS_PER_S;
		gt_feed_expire(&s.feed, false);
		assert_int_equal(s.feed.awaited.n, rows[i].waits);
		s.feed.now.ns += 60 * GT_NS_PER_S;
		assert_int_equal(gt_awaited_due_in(&s.feed.awaited, s.feed.now), rows[i].waits ? 0 : -1);
		gt_feed_expire(&s.feed, false);
		assert_int_equal(s.feed.awaited.n, 0);
		span = gt_feed_take(&s.feed);
		assert_str(span->name, "tools/call bus");
		assert_str(gt_span_get_str(span, GT_ATTR_GENTAP_INCOMPLETE), rows[i].incomplete);
		assert_str(gt_span_get_str(span, GT_ATTR_ERROR_TYPE), rows[i].error);
		assert_true(span->end_unix_ns - GT_FEED_STARTED < GT_NS_PER_S); /* not the time it waited */
		gt_span_free(span);
		tear_down(&s);
	}
}

static void test_mcp_only_so_many_answers_are_waited_for(void **state)
{
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	for (int i = 0; i <= GT_AWAITED_MAX; i++) {
		uint64_t call = asks(&s, "POST", IN_SESSION, CALL("1", "bus"));

		is_reported(&s, call, PRIMED);
		gt_feed_end(&s.feed, call, GT_END_EOF, 0);
	}
	gt_feed_expire(&s.feed, false);
	assert_int_equal(s.feed.awaited.n, GT_AWAITED_MAX);
	span = gt_feed_take(&s.feed);
	assert_int_equal(span->context.span_id.b[7], 1); /* the oldest */
	gt_span_free(span);
	tear_down(&s);
}

static void test_mcp_a_question_of_another_trace_is_linked(void **state)
{
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	is_reported(&s, asks(&s, "GET", IN_SESSION, ""), STREAM_HEAD QUESTION);
	s.begin.context.trace_id.b[0] = 0xee;
	span = answer_of(&s, IN_SESSION, ANSWER);
	assert_int_equal(span->context.trace_id.b[0], 0xee);
	assert_true(gt_is_all_zero(span->parent.b, 8));
	assert_int_equal(span->n_links, 1);
	assert_int_equal(span->links[0].trace_id.b[0], 1);
	assert_int_equal(span->links[0].span_id.b[7], 1);
	gt_span_free(span);
	tear_down(&s);
}

static void test_mcp_the_server_tells_its_question_as_the_sender(void **state)
{
	struct gt_span *span;
	struct several s;
	uint64_t call;

	(void)state;
	set_up(&s);
	s.begin.is_inbound = true;
	s.begin.is_injected = false;
	call = asks(&s, "POST", IN_SESSION, CALL("1", "bus"));
	is_reported(&s, call, STREAM_HEAD QUESTION);
	s.begin.context.trace_id.b[0] = 0xee; /* the client's span */
	s.begin.parent.b[7] = 99;
	span = answer_of(&s, IN_SESSION, ANSWER);
	assert_str(span->name, "sampling/createMessage");
	assert_int_equal(span->kind, GT_KIND_CLIENT);
	assert_int_equal(span->context.trace_id.b[0], 1);
	assert_int_equal(span->context.span_id.b[7], 2);
	assert_int_equal(span->parent.b[7], call);
	assert_int_equal(span->n_links, 1);
	assert_int_equal(span->links[0].trace_id.b[0], 0xee);
	assert_int_equal(span->links[0].span_id.b[7], 99);
	gt_span_free(span);
	is_reported(&s, call, "data: {'jsonrpc':'2.0','id':1,'result':{}}\n\n");
	gt_feed_end(&s.feed, call, GT_END_EOF, 0);
	span = gt_feed_take(&s.feed);
	assert_str(span->name, "tools/call bus");
	assert_int_equal(span->kind, GT_KIND_SERVER);
	assert_str(gt_span_get_str(span, GT_ATTR_CLIENT_ADDRESS), "mcp.corp");
	assert_int_equal(gt_span_get(span, GT_ATTR_CLIENT_PORT)->i, 443);
	assert_false(gt_span_has(span, GT_ATTR_SERVER_ADDRESS));
	gt_span_free(span);
	tear_down(&s);
}

static void test_mcp_a_server_that_refuses_a_listener_has_no_error(void **state)
{
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	s.begin.is_inbound = true;
	is_reported(&s, asks(&s, "GET", IN_SESSION, ""), "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
	span = gt_feed_take(&s.feed);
	assert_str(span->name, "GET");
	assert_false(span->is_error);
	gt_span_free(span);
	is_reported(&s, asks(&s, "GET", IN_SESSION, ""), "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	span = gt_feed_take(&s.feed);
	assert_str(gt_span_get_str(span, GT_ATTR_ERROR_TYPE), "500");
	gt_span_free(span);
	tear_down(&s);
}

#define META(trace, flags)                                                                                     \
	"{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'t','_meta':{'traceparent':'00-" trace \
	"-00000000000000aa-" flags "'}}}"
#define SAME  "0102030405060708090a0b0c0d0e0f10"
#define OTHER "ee02030405060708090a0b0c0d0e0f10"
#define REPLY \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n{'jsonrpc':'2.0','id':1,'result':{}}"

static void test_mcp_a_traceparent_in_the_message_is_the_parent_where_it_can_be(void **state)
{
	static const struct {
		const char *body, *fields;
		bool injected, is_inbound;
		uint8_t trace, parent, link;
	} rows[] = {
		{ META(SAME, "01"), "", true, false, 0x01, 0xaa, 0 },
		{ META(OTHER, "01"), "", false, false, 0xee, 0xaa, 0 }, /* the server did not get another context */
		{ META(OTHER, "01"), "", true, false, 0x01, 0, 0xee },
		{ META("zz", "01"), "", true, false, 0x01, 0, 0 },
		{ META(SAME, "01"), "traceparent: 00-" SAME "-00000000000000bb-01\r\n", false, false, 0x01, 0, 0 },
		{ META(OTHER, "01"), "", false, true, 0x01, 0, 0 }, /* the preload has read the context */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_span *span;
		struct several s;

		set_up(&s);
		s.begin.is_injected = rows[i].injected;
		s.begin.is_inbound = rows[i].is_inbound;
		is_reported(&s, asks(&s, "POST", rows[i].fields, rows[i].body), REPLY);
		span = gt_feed_take(&s.feed);
		assert_str(span->name, "tools/call t");
		assert_int_equal(span->context.trace_id.b[0], rows[i].trace);
		assert_int_equal(span->parent.b[7], rows[i].parent);
		assert_int_equal(span->n_links, rows[i].link ? 1 : 0);
		if (rows[i].link)
			assert_int_equal(span->links[0].trace_id.b[0], rows[i].link);
		gt_span_free(span);
		tear_down(&s);
	}
}

static void test_mcp_below_a_message_that_is_not_sampled_nothing_is(void **state)
{
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	is_reported(&s, asks(&s, "POST", "", META(SAME, "00")), REPLY);
	span = gt_feed_take(&s.feed);
	assert_false(span->context.flags & GT_TRACE_SAMPLED);
	gt_span_free(span);
	tear_down(&s);
}

#define INITIALIZE "{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'2025-03-26'}}"
#define WELCOME	   "{'jsonrpc':'2.0','id':0,'result':{'protocolVersion':'2025-03-26'}}"

static void test_mcp_a_session_lasts_from_its_beginning_to_its_end(void **state)
{
	struct gt_span *span;
	struct several s;

	(void)state;
	set_up(&s);
	is_reported(
		&s, asks(&s, "POST", "", INITIALIZE),
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nMcp-Session-Id: s-1\r\nContent-Length: 66\r\n\r\n" WELCOME);
	span = gt_feed_take(&s.feed);
	assert_str(span->name, "initialize");
	assert_str(gt_span_get_str(span, GT_ATTR_MCP_SESSION_ID), "s-1");
	assert_int_equal(span->session_ns, 0);
	gt_span_free(span);
	is_reported(&s, asks(&s, "DELETE", "Mcp-Session-Id: s-2\r\n", ""), "HTTP/1.1 204 OK\r\n\r\n");
	span = gt_feed_take(&s.feed);
	assert_int_equal(span->session_ns, 0); /* of another session */
	gt_span_free(span);
	is_reported(&s, asks(&s, "DELETE", IN_SESSION, ""), "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
	span = gt_feed_take(&s.feed);
	assert_int_equal(span->session_ns, 0); /* rejected */
	gt_span_free(span);
	is_reported(&s, asks(&s, "DELETE", IN_SESSION, ""), "HTTP/1.1 204 OK\r\n\r\n");
	span = gt_feed_take(&s.feed);
	assert_int_equal(span->session_ns, 12 * GT_NS_PER_MS);
	assert_str(gt_span_get_str(span, GT_ATTR_MCP_PROTOCOL_VERSION), "2025-03-26");
	gt_span_free(span);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_mcp_messages_give_their_span),
		GT_TEST(test_mcp_of_a_batch_what_its_messages_have_in_common),
		GT_TEST(test_mcp_a_question_of_the_server_is_recognised_by_its_answer),
		GT_TEST(test_mcp_an_answer_belongs_to_its_own_session_and_id),
		GT_TEST(test_mcp_a_wrong_request_is_no_error_of_the_server),
		GT_TEST(test_mcp_an_answer_on_a_resumed_stream_belongs_to_its_request),
		GT_TEST(test_mcp_an_answer_that_never_comes_is_not_waited_for_for_ever),
		GT_TEST(test_mcp_only_so_many_answers_are_waited_for),
		GT_TEST(test_mcp_a_question_of_another_trace_is_linked),
		GT_TEST(test_mcp_the_server_tells_its_question_as_the_sender),
		GT_TEST(test_mcp_a_server_that_refuses_a_listener_has_no_error),
		GT_TEST(test_mcp_a_traceparent_in_the_message_is_the_parent_where_it_can_be),
		GT_TEST(test_mcp_below_a_message_that_is_not_sampled_nothing_is),
		GT_TEST(test_mcp_a_session_lasts_from_its_beginning_to_its_end),
	};

	return GT_TESTS(tests);
}
