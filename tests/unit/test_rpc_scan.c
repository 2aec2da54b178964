#include "support/exchange_case.h"
#include "support/test.h"

#include "shim/rpc_scan.h"

#include <stdlib.h>

#define CONTEXT "'traceparent':'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'"
#define OTHER	"'traceparent':'00-11f7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'"

struct row {
	const char *text; /* ' is written for " */
	bool asks, has_context;
};

static void check(const struct row *row)
{
	char *json = gt_exchange_case_json(row->text);
	size_t len = strlen(json);

	for (size_t cut = 0; cut <= len; cut++) {
		struct gt_rpc_scan s;

		gt_rpc_scan_init(&s);
		gt_rpc_scan_feed(&s, json, cut);
		gt_rpc_scan_feed(&s, json + cut, len - cut);
		if (gt_rpc_scan_asks(&s) != row->asks || s.has_context != row->has_context)
			fail_msg("%s, cut at %zu: asks %d, context %d", row->text, cut, gt_rpc_scan_asks(&s), s.has_context);
		if (s.has_context)
			assert_int_equal(s.context.trace_id.b[0], 0x0a);
	}
	free(json);
}

static void test_rpc_scan_finds_the_method_and_the_context_of_the_message(void **state)
{
	static const struct row rows[] = {
		{ "{'jsonrpc':'2.0','id':1,'method':'tools/list'}", true, false },
		{ " {\n\t'method' : 'tools/call' , 'params' : { '_meta' : { " CONTEXT " } } }", true, true },
		{ "{'params':{'_meta':{" CONTEXT "},'name':'x'},'method':'tools/call'}", true, true },
		{ "{'method':'x','params':{'name':'a','arguments':{'b':[1,{}]},'_meta':{'progressToken':1," CONTEXT
		  ",'tracestate':'a=b'}}}",
		  true, true },
		{ "{'params':{'_meta':{" CONTEXT "}},'params':{'_meta':{" OTHER "}}}", false, true },
		{ "[{'method':'x','params':{'_meta':{" CONTEXT "}}}]", true, false },
		{ "{'params':{'_meta':{'a\\\\':'\\''," CONTEXT "}}}", false, true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(&rows[i]);
}

static void test_rpc_scan_finds_neither_elsewhere(void **state)
{
	static const struct row rows[] = {
		{ "", false, false },
		{ "{", false, false },
		{ "null", false, false },
		{ "}{'method':'x'}", false, false },
		{ "'method'", false, false },
		{ "{'jsonrpc':'2.0','id':1,'result':{'method':'x','params':{'_meta':{" CONTEXT "}}}}", false, false },
		{ "{'method':{'x':'y'}}", false, false },
		{ "{'method':['x']}", false, false },
		{ "{'method':''}", false, false },
		{ "{'method':null,'x':'y'}", false, false },
		{ "{'x':'method'}", false, false },
		{ "{'x':'method','y':'z'}", false, false },
		{ "{" CONTEXT "}", false, false },
		{ "{'_meta':{" CONTEXT "}}", false, false },
		{ "{'params':{" CONTEXT "}}", false, false },
		{ "{'params':{'arguments':{'_meta':{" CONTEXT "}}}}", false, false },
		{ "{'params':{'arguments':{'params':{'_meta':{" CONTEXT "}}}}}", false, false },
		{ "{'params':[{'_meta':{" CONTEXT "}}]}", false, false },
		{ "{'params':{'_meta':[{" CONTEXT "}]}}", false, false },
		{ "{'params':{'_meta':{'x':{" CONTEXT "}}}}", false, false },
		{ "{'params':{'_meta':{'x':1}," CONTEXT "}}", false, false },
		{ "{'params':{'_meta':{'traceparent':'00-0-0-00'}}}", false, false },
		{ "{'params':{'_meta':{'traceparent':{" CONTEXT "}}}}", false, false },
		{ "{'params':{'_meta':{'traceparent':1,'y':'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'}}}", false,
		  false },
		{ "{'params':{'_meta':{'traceparent':'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-and-more-than-there-is-room-for'}}}",
		  false, false },
		{ "{'a':'params':{'_meta':'x'}}", false, false },
		{ "{}{'method':'x'}", false, false }, /* only the first document counts */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_rpc_scan_finds_the_method_and_the_context_of_the_message),
		GT_TEST(test_rpc_scan_finds_neither_elsewhere),
	};

	return GT_TESTS(tests);
}
