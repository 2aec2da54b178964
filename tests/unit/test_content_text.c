/* Members whose name marks a secret are hidden, whatever type the value has. Texts write ' for ". */
#include "support/exchange_case.h"
#include "support/test.h"

#include "exporter/content/content_text.h"

#define HIDDEN "'[redacted:password]'"

/* The caller frees. */
static char *text_of(const char *json, enum gt_content_kind kind, unsigned classes)
{
	const struct gt_redact redact = { .classes = classes };
	char *plain = gt_exchange_case_json(json), *out;
	cJSON *tree = cJSON_Parse(plain);
	struct gt_text text;

	assert_non_null(tree);
	gt_text_init(&text, 4096);
	assert_true(gt_content_text(tree, kind, &redact, 4096, &text));
	out = strndup(text.p, text.len);
	gt_text_free(&text);
	cJSON_Delete(tree);
	free(plain);
	return out;
}

static void check(const char *json, enum gt_content_kind kind, unsigned classes, const char *want)
{
	char *have = text_of(json, kind, classes), *wanted = gt_exchange_case_json(want);

	assert_string_equal(have, wanted);
	free(have);
	free(wanted);
}

static void test_content_text_a_secret_member_is_hidden_whatever_its_type(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{'pin':1234}", "{'pin':" HIDDEN "}" },
		{ "{'pin':0}", "{'pin':" HIDDEN "}" },
		{ "{'pin':-1}", "{'pin':" HIDDEN "}" },
		{ "{'cvv':12.5}", "{'cvv':" HIDDEN "}" },
		{ "{'password':1e300}", "{'password':" HIDDEN "}" },
		{ "{'apiKey':90071992547409930}", "{'apiKey':" HIDDEN "}" },
		{ "{'pin':'1234'}", "{'pin':" HIDDEN "}" },
		{ "{'a':[{'pin':1234,'n':2}]}", "{'a':[{'pin':" HIDDEN ",'n':2}]}" },
		{ "{'a':{'b':{'access_token':17}}}", "{'a':{'b':{'access_token':" HIDDEN "}}}" },
		{ "{'password':['correct','horse']}", "{'password':" HIDDEN "}" },
		{ "{'password':{'value':'correct','n':[1]},'a':'b'}", "{'password':" HIDDEN ",'a':'b'}" },
		{ "{'headers':{'Cookie':['sid=k2j4h5k2j4h5'],'Host':['h']}}",
		  "{'headers':{'Cookie':" HIDDEN ",'Host':['h']}}" },
		{ "{'passwords':'correct','userSecrets':['a'],'api_keys':{'a':'b'}}",
		  "{'passwords':" HIDDEN ",'userSecrets':" HIDDEN ",'api_keys':" HIDDEN "}" },
		{ "{'token':{'value':'abc'}}", "{'token':" HIDDEN "}" },
		/* no secret in these */
		{ "{'pin':'','secret':null,'token':true}", "{'pin':'','secret':null,'token':true}" },
		{ "{'secret':[],'cookies':{},'password':false}", "{'secret':[],'cookies':{},'password':false}" },
		{ "{'pins':1234,'max_tokens':100}", "{'pins':1234,'max_tokens':100}" },
		{ "{'tokens':['a','b'],'usage':{'tokens':{'in':1}}}", "{'tokens':['a','b'],'usage':{'tokens':{'in':1}}}" },
		{ "{'token':{'id':17,'text':' late','logprob':-0.25}}", "{'token':{'id':17,'text':' late','logprob':-0.25}}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(rows[i].json, GT_CONTENT_VALUE, GT_SECRET_ALL, rows[i].want);
}

static void test_content_text_the_value_of_a_telling_pair_is_hidden(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{'name':'Authorization','value':'kx82nd9wqq'}", "{'name':'Authorization','value':" HIDDEN "}" },
		{ "{'value':'kx82nd9wqq','name':'Authorization'}", "{'value':" HIDDEN ",'name':'Authorization'}" },
		{ "{'key':'db_password','on':true,'value':{'stringValue':'a'}}",
		  "{'key':'db_password','on':true,'value':" HIDDEN "}" },
		{ "{'header':'Cookie','values':['a=b']}", "{'header':'Cookie','values':" HIDDEN "}" },
		{ "{'id':'pin','default':1234}", "{'id':'pin','default':" HIDDEN "}" },
		{ "[{'name':'A','value':'b'},{'name':'TOKEN','value':'c'}]",
		  "[{'name':'A','value':'b'},{'name':'TOKEN','value':" HIDDEN "}]" },
		{ "[['Authorization','kx82nd9wq'],['Host','h']]", "[['Authorization'," HIDDEN "],['Host','h']]" },
		{ "['Host','h','Cookie','sid=a']", "['Host','h','Cookie'," HIDDEN "]" },
		{ "['run','--password','letters']", "['run','--password'," HIDDEN "]" },
		{ "{'name':'Authorization','value':null,'x':'y'}", "{'name':'Authorization','value':null,'x':'y'}" },
		{ "{'required':['password','username','token']}", "{'required':['password','username','token']}" },
		{ "{'name':'get_token','arguments':{'value':'x'}}", "{'name':'get_token','arguments':{'value':'x'}}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(rows[i].json, GT_CONTENT_VALUE, GT_SECRET_ALL, rows[i].want);
}

static void test_content_text_the_schema_of_a_secret_stays_but_its_default(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{'properties':{'password':{'type':'string','description':'d'},'n':{'type':'integer'}}}", NULL },
		{ "{'secret':{'$ref':'#/x'},'token':{'anyOf':[{'type':'string'}]},'pin':{'type':['integer','null']}}", NULL },
		{ "{'apiKey':{'type':'string','default':'abc','examples':['d']},'x':{'default':'abc'}}",
		  "{'apiKey':{'type':'string','default':" HIDDEN ",'examples':" HIDDEN "},'x':{'default':'abc'}}" },
		{ "{'password':{'type':'string','value':'abc'}}", "{'password':" HIDDEN "}" },
		{ "{'password':{'type':'plain'}}", "{'password':" HIDDEN "}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(rows[i].json, GT_CONTENT_VALUE, GT_SECRET_ALL, rows[i].want ? rows[i].want : rows[i].json);
}

static void test_content_text_a_number_is_hidden_in_messages_as_in_arguments(void **state)
{
#define MESSAGE(pin) "[{'role':'tool','parts':[{'type':'tool_call_response','response':{'pin':" pin "}}]}]"
	static const enum gt_content_kind kinds[] = { GT_CONTENT_INPUT, GT_CONTENT_OUTPUT, GT_CONTENT_SYSTEM,
						      GT_CONTENT_TOOLS };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(kinds); i++)
		check(MESSAGE("1234"), kinds[i], GT_SECRET_ALL, MESSAGE(HIDDEN));
}

static void test_content_text_names_hide_nothing_when_passwords_are_let_through(void **state)
{
	(void)state;
	check("{'pin':1234,'password':'x'}", GT_CONTENT_VALUE, GT_SECRET_ALL & ~(1u << GT_SECRET_PASSWORD),
	      "{'pin':1234,'password':'x'}");
	check("{'name':'pin','value':[1],'l':['Cookie','a=b'],'secret':{'a':1}}", GT_CONTENT_VALUE,
	      GT_SECRET_ALL & ~(1u << GT_SECRET_PASSWORD), "{'name':'pin','value':[1],'l':['Cookie','a=b'],'secret':{'a':1}}");
	check("{'pin':1234,'password':'x'}", GT_CONTENT_VALUE, 1u << GT_SECRET_PASSWORD,
	      "{'pin':" HIDDEN ",'password':" HIDDEN "}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_content_text_a_secret_member_is_hidden_whatever_its_type),
		GT_TEST(test_content_text_the_value_of_a_telling_pair_is_hidden),
		GT_TEST(test_content_text_the_schema_of_a_secret_stays_but_its_default),
		GT_TEST(test_content_text_a_number_is_hidden_in_messages_as_in_arguments),
		GT_TEST(test_content_text_names_hide_nothing_when_passwords_are_let_through),
	};

	return GT_TESTS(tests);
}
