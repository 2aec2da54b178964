/*
 * Ordinary APIs whose paths or bodies look like those of models. match.c recognizes them from the head and the exporter
 * reads them, but they give no span. Each path also has a row with the body of the model API, to prove that only the
 * body was the reason.
 */
#include "support/exchange_case.h"
#include "support/test.h"

#include "shim/shared/match.h"

struct ordinary {
	const char *host, *request, *body;
};

#define JSON "Content-Type: application/json\r\nAccept: application/json\r\n"

#define EITHER "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"

static struct gt_endpoint endpoint_of(const struct ordinary *o, const char *fields)
{
	char text[2048];
	struct gt_http1_head head;
	struct gt_request_view view;
	int n = snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", o->request, o->host, fields);

	assert_true(gt_http1_parse_head(GT_HTTP1_REQUEST, text, (size_t)n, NULL, &head) == n);
	gt_request_view_of(&head, &view);
	return gt_match(&view, GT_STR_NONE);
}

/* Gives the span, or NULL. */
static struct gt_span *span_of(const struct ordinary *o, const char *fields)
{
	struct gt_endpoint ep = endpoint_of(o, fields);
	char provider[GT_PROVIDER_NAME_MAX] = "", method[16] = "";
	struct gt_exchange_case c = { .api = (enum gt_api)ep.api,
				      .candidate = !ep.is_certain,
				      .request = o->body,
				      .response = "{'id':'1','model':'m','usage':{'input_tokens':1}}" };

	if (ep.api == GT_API_NONE)
		return NULL;
	gt_str_copy(ep.provider, provider, sizeof(provider));
	gt_str_copy(gt_str_make(o->request, strcspn(o->request, " ")), method, sizeof(method));
	c.provider = provider;
	c.method = method;
	c.target = strchr(o->request, '/');
	return gt_exchange_case_span(&c);
}

static const struct ordinary ordinary[] = {
	/* chat programs */
	{ "chat.corp", "POST /api/chat", "{'room':7,'message':'hi'}" },
	{ "chat.corp", "POST /api/chat", "{'messages':[{'from':'a','text':'hi'}]}" },
	{ "chat.corp", "POST /chat/completions", "{'messages':[{'id':1,'read':true}]}" },
	{ "chat.corp", "POST /v1/chat", "{'model':'m','messages':[{'role':'user'}]}" },
	/* messages to people */
	{ "sms.corp", "POST /v1/messages", "{'to':'+491','text':'Bus 7 is late'}" },
	{ "sms.corp", "POST /v1/messages", "{'messages':[{'to':'+491','body':'x'}]}" },
	{ "sms.corp", "POST /v1/messages", "{'model':'transactional','max_tokens':3}" },
	{ "sms.corp", "POST /v1/messages/count_tokens", "{'messages':3}" },
	/* completion while the user types */
	{ "search.corp", "POST /completions", "{'prefix':'bus','limit':5}" },
	{ "search.corp", "POST /completions", "{'prompt':'bus'}" },
	{ "search.corp", "POST /completion", "{'prompt':'Are you sure?','model':'dialog'}" },
	/* forms, surveys, webhooks */
	{ "survey.corp", "POST /surveys/12/responses", "{'answers':[1,2]}" },
	{ "survey.corp", "POST /surveys/12/responses", "{'input':{'q1':'yes'}}" },
	{ "survey.corp", "POST /surveys/12/responses", "{'prompt':'Which bus?'}" },
	{ "survey.corp", "GET /surveys/12/responses/34", "" },
	/* generators of other things */
	{ "reports.corp", "POST /generate", "{'report':'monthly','format':'pdf'}" },
	{ "reports.corp", "POST /generate", "{'inputs':[{'sheet':1}]}" },
	{ "reports.corp", "POST /api/generate", "{'model':'invoice','template':'a4'}" },
	{ "reports.corp", "POST /generate_stream", "{'inputs':{'a':1}}" },
	{ "codes.corp", "POST /images/generations", "{'prompt':'barcode'}" },
	{ "codes.corp", "POST /v1/audio/speech", "{'input':'ticket'}" },
	/* embedding of videos, of pages */
	{ "media.corp", "POST /api/embed", "{'url':'https://example.com/v'}" },
	{ "media.corp", "POST /embeddings", "{'input':'x'}" },
	{ "media.corp", "POST /api/embeddings", "{'model':'m'}" },
	/* sorting, moderation */
	{ "shop.corp", "POST /rerank", "{'query':'bus','items':[1]}" },
	{ "shop.corp", "POST /rerank", "{'documents':['a']}" },
	{ "forum.corp", "POST /moderations", "{'input':'a post','post':7}" },
	/* forums */
	{ "forum.corp", "POST /threads", "{'title':'Bus 7'}" },
	{ "forum.corp", "GET /threads/12", "" },
	{ "forum.corp", "GET /threads/12/messages", "" },
	{ "forum.corp", "DELETE /conversations/9", "" },
	{ "forum.corp", "POST /conversations", "{'with':[1,2]}" },
	{ "forum.corp", "POST /assistants", "{'name':'Ann','shop':7}" },
	/* methods after a colon, as in all Google APIs */
	{ "api.corp", "POST /v1/pages/7:generateContent", "{'title':'x'}" },
	{ "api.corp", "POST /v1/pages/7:generateContent", "{'contents':'x'}" },
	{ "api.corp", "POST /v1/pages/7:embedContent", "{'content':'<iframe>'}" },
	{ "api.corp", "POST /v1/wallets/7:countTokens", "{'currency':'x'}" },
	{ "api.corp", "POST /v1/lines/7:predict", "{'instances':[{'content':'x'}]}" },
	{ "us-central1-aiplatform.googleapis.com", "POST /v1/projects/p/locations/l/endpoints", "{}" },
	{ "generativelanguage.googleapis.com", "POST /upload/v1beta/files", "{}" },
	{ "translation.googleapis.com", "POST /v3/projects/p:translateText", "{'contents':['x']}" },
	/* models other than language models */
	{ "ml.corp", "POST /model/7/invoke", "{'args':[1,2]}" },
	{ "ml.corp", "POST /model/7/converse", "{'messages':[{'id':1}]}" },
	{ "ml.corp", "POST /predictions", "{'input':{'x':1}}" },
	{ "ml.corp", "POST /endpoints/e/invocations", "{'inputs':'x'}" },
	{ "runtime.sagemaker.us-east-1.amazonaws.com", "POST /endpoints/xgboost/invocations", "{'instances':[[1,2,3]]}" },
	{ "runtime.sagemaker.us-east-1.amazonaws.com", "POST /endpoints/xgboost/invocations", "1,2,3" },
	{ "x.us-east-1.aws.endpoints.huggingface.cloud", "POST /",
	  "{'inputs':'a bus','parameters':{'candidate_labels':['late']}}" },
	{ "x.us-east-1.aws.endpoints.huggingface.cloud", "POST /", "{'inputs':['a','b']}" },
	/* other things at the same providers */
	{ "bedrock.us-east-1.amazonaws.com", "POST /guardrails", "{'messages':[]}" },
	{ "dynamodb.us-east-1.amazonaws.com", "POST /", "{'TableName':'prompts'}" },
	{ "api.openai.com", "POST /v1/files", "{'purpose':'batch'}" },
	{ "api.openai.com", "GET /v1/models", "" },
	{ "api.anthropic.com", "GET /v1/messages/batches", "" },
	{ "api.cohere.com", "POST /v1/tokenize", "{'text':'x'}" },
	{ "api.mistral.ai", "POST /v1/files", "{}" },
	{ "api.cloudflare.com", "POST /client/v4/accounts/a/pages/projects", "{'prompt':'x'}" },
	{ "acme.snowflakecomputing.com", "POST /api/v2/statements", "{'statement':'select 1'}" },
	{ "acme.cognitiveservices.azure.com", "POST /language/:analyze-text", "{'kind':'x'}" },
	{ "iam.cloud.ibm.com", "POST /identity/token", "{}" },
	{ "models.github.ai", "GET /catalog/models", "" },
	/* other JSON-RPC, and almost JSON-RPC */
	{ "node.corp:8545", "POST /",
	  "[{'jsonrpc':'2.0','id':1,'method':'eth_call'},{'jsonrpc':'2.0','id':2,'method':'eth_chainId'}]" },
	{ "agent.corp", "POST /",
	  "{'jsonrpc':'2.0','id':'1','method':'message/send','params':{'message':{'role':'user','parts':[]}}}" },
	{ "agent.corp", "POST /a2a",
	  "{'jsonrpc':'2.0','id':'1','method':'message/stream','params':{'message':{'role':'user'}}}" },
	{ "agent.corp", "POST /mcp", "{'jsonrpc':'2.0','id':'1','method':'tasks/get','params':{'id':'t-1'}}" },
	{ "agent.corp", "POST /a2a", "{'jsonrpc':'2.0','id':'1','method':'tasks/cancel','params':{'id':'t-1'}}" },
	{ "agent.corp", "POST /a2a",
	  "{'jsonrpc':'2.0','id':'1','method':'tasks/pushNotificationConfig/get','params':{'id':'t-1'}}" },
	{ "agent.corp", "POST /a2a", "{'jsonrpc':'2.0','id':'1','result':{'kind':'task'}}" },
	{ "editor.corp", "POST /",
	  "{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'processId':7,'capabilities':{}}}" },
	{ "editor.corp", "POST /", "{'jsonrpc':'2.0','method':'textDocument/didOpen','params':{}}" },
	{ "editor.corp", "POST /", "{'jsonrpc':'2.0','method':'$/progress','params':{}}" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'2.0','id':1,'method':'ping'}" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'2.0','id':1,'method':'system.listMethods'}" },
	{ "rpc.corp", "POST /rpc", "{'method':'tools/call','params':{'name':'x'},'id':1}" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'1.0','method':'tools/call','id':1}" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'2.0','id':1,'method':'search','params':{'q':'tools/call'}}" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'2.0','id':1,'method':'search','par" },
	{ "rpc.corp", "POST /rpc", "{'jsonrpc':'2.0','id'" },
	{ "rpc.corp", "POST /rpc", "[]" },
	{ "rpc.corp", "POST /rpc", "['jsonrpc','tools/call']" },
	{ "node.corp:8545", "POST /", "{'jsonrpc':'2.0','id':1,'method':'eth_call','params':[]}" },
};

static void test_ordinary_exchanges_give_no_span(void **state)
{
	static const char *const clients[] = { JSON,
					       EITHER }; /* the second as an MCP client: its Accept field proves nothing */

	(void)state;
	for (size_t i = 0; i < GT_ROWS(ordinary) * 2; i++) {
		const struct ordinary *o = &ordinary[i / 2];
		struct gt_span *s = span_of(o, clients[i % 2]);

		if (s)
			fail_msg("%s %s %s %s: a span", o->host, o->request, clients[i % 2], o->body);
	}
}

static void test_messages_of_mcp_do_give_one_wherever_they_go(void **state)
{
	static const char *const bodies[] = {
		"{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':'2025-03-26'}}",
		"{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'x'}}",
		"{'jsonrpc':'2.0','method':'notifications/initialized'}",
		"[{'jsonrpc':'2.0','id':1,'method':'ping'},{'jsonrpc':'2.0','id':2,'method':'tools/list'}]",
		"{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'na",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bodies); i++) {
		struct gt_span *s = span_of(&(struct ordinary){ "rpc.corp", "POST /rpc", bodies[i] }, EITHER);

		if (!s)
			fail_msg("%s: no span", bodies[i]);
		gt_span_free(s);
	}
}

/* On unknown hosts only JSON is read, and no match is certain. */
static void test_ordinary_hosts_are_left_alone_with_anything_but_json(void **state)
{
	static const char *const types[] = {
		"",
		"Content-Type: text/plain\r\n",
		"Content-Type: application/x-www-form-urlencoded\r\n",
		"Content-Type: multipart/form-data; boundary=x\r\n",
		"Content-Type: application/octet-stream\r\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(ordinary); i++) {
		if (!gt_str_icontains(gt_str_of(ordinary[i].host), GT_STR(".corp")))
			continue;
		assert_false(endpoint_of(&ordinary[i], JSON).is_certain);
		for (size_t k = 0; k < GT_ROWS(types); k++)
			assert_int_equal(endpoint_of(&ordinary[i], types[k]).api, GT_API_NONE);
	}
}

static void test_the_same_paths_with_a_models_body_do_give_one(void **state)
{
	static const struct ordinary rows[] = {
		{ "llm.corp", "POST /api/chat", "{'model':'m','messages':[{'role':'user','content':'x'}]}" },
		{ "llm.corp", "POST /chat/completions", "{'messages':[{'role':'user','content':'x'}]}" },
		{ "llm.corp", "POST /v1/messages", "{'model':'m','max_tokens':3,'messages':[{'role':'user','content':'x'}]}" },
		{ "llm.corp", "POST /v1/messages/count_tokens", "{'model':'m','messages':[]}" },
		{ "llm.corp", "POST /completions", "{'model':'m','prompt':'x'}" },
		{ "llm.corp", "POST /completion", "{'prompt':'x','n_predict':3}" },
		{ "llm.corp", "POST /v1/responses", "{'model':'m','input':'x'}" },
		{ "llm.corp", "POST /generate", "{'inputs':'x'}" },
		{ "llm.corp", "POST /api/generate", "{'model':'m','prompt':'x'}" },
		{ "llm.corp", "POST /images/generations", "{'model':'m','prompt':'x'}" },
		{ "llm.corp", "POST /v1/audio/speech", "{'model':'m','input':'x','voice':'v'}" },
		{ "llm.corp", "POST /api/embed", "{'model':'m','input':'x'}" },
		{ "llm.corp", "POST /embeddings", "{'model':'m','input':'x'}" },
		{ "llm.corp", "POST /rerank", "{'query':'x','documents':['a']}" },
		{ "llm.corp", "POST /moderations", "{'model':'m','input':'x'}" },
		{ "llm.corp", "POST /v1/models/m:generateContent", "{'contents':[]}" },
		{ "llm.corp", "POST /v1/models/m:embedContent", "{'content':{'parts':[]}}" },
		{ "llm.corp", "POST /v1/models/m:countTokens", "{'contents':[]}" },
		{ "llm.corp", "POST /model/m/invoke", "{'prompt':'x'}" },
		{ "llm.corp", "POST /model/m/converse", "{'messages':[{'role':'user','content':[]}]}" },
		{ "runtime.sagemaker.us-east-1.amazonaws.com", "POST /endpoints/llama/invocations", "{'inputs':'x'}" },
		{ "x.us-east-1.aws.endpoints.huggingface.cloud", "POST /", "{'inputs':'x'}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_span *s = span_of(&rows[i], JSON);

		if (!s)
			fail_msg("%s %s: no span", rows[i].request, rows[i].body);
		gt_span_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_ordinary_exchanges_give_no_span),
		GT_TEST(test_messages_of_mcp_do_give_one_wherever_they_go),
		GT_TEST(test_ordinary_hosts_are_left_alone_with_anything_but_json),
		GT_TEST(test_the_same_paths_with_a_models_body_do_give_one),
	};

	return GT_TESTS(tests);
}
