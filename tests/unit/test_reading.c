#include "support/exchange_case.h"
#include "support/fail_nth.h"
#include "support/span_text.h"
#include "support/test.h"

#include "exporter/providers/provider.h"

/* A reading of an exchange with the response status `status`. */
struct bench {
	struct gt_call call;
	struct gt_reading r;
};

static void begin(struct bench *b, int status)
{
	*b = (struct bench){ .call.response.status = status };
	b->r.call = &b->call;
	b->r.span = gt_span_new(&(struct gt_span_limits){ 128, UINT32_MAX });
	memset(&b->r.usage, 0xff, sizeof(b->r.usage));
	assert_non_null(b->r.span);
}

static void end(struct bench *b)
{
	gt_span_free(b->r.span);
}

/* ' is written for ". */
static cJSON *parse(const char *text)
{
	char *json = gt_exchange_case_json(text);
	cJSON *tree = gt_json_parse(gt_str_of(json));

	free(json);
	return tree;
}

static void test_reading_takes_values_by_the_type_of_their_attribute(void **state)
{
	static const struct gt_take rows[] = {
		{ "s", GT_ATTR_REQUEST_MODEL },	 { "i", GT_ATTR_REQUEST_MAX_TOKENS },	  { "d", GT_ATTR_REQUEST_TEMPERATURE },
		{ "b", GT_ATTR_REQUEST_STREAM }, { "l", GT_ATTR_REQUEST_STOP_SEQUENCES },
	};
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ "{'s':'m','i':7,'d':0.5,'b':true,'l':['a','b']}",
		  "\nrequest.model=m\nrequest.stream=true\nrequest.max_tokens=7\nrequest.temperature=0.5\nrequest.stop_sequences=[a, b]\n" },
		{ "{'s':'m','i':7.0,'d':1,'b':false,'l':'a'}",
		  "\nrequest.model=m\nrequest.stream=false\nrequest.max_tokens=7\nrequest.temperature=1\nrequest.stop_sequences=[a]\n" },
		{ "{'l':['a',1,null,{},'','b']}", "\nrequest.stop_sequences=[a, , b]\n" },
		/* values of other types */
		{ "{'s':7,'i':'7','d':'0.5','b':'true','l':[1,2]}", "\n" },
		{ "{'s':null,'i':null,'d':null,'b':null,'l':null}", "\n" },
		{ "{'s':'','i':7.5,'d':true,'b':1,'l':[]}", "\n" },
		{ "{'s':['m'],'i':[7],'d':{},'b':[],'l':{}}", "\n" },
		{ "{'i':9007199254740994,'d':1e999}", "\n" },
		{ "{}", "\n" },
		{ "[]", "\n" },
		{ "7", "\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(cases); i++) {
		cJSON *json = parse(cases[i].json);
		struct bench b;
		char *text;

		begin(&b, 200);
		gt_take_all(&b.r, json, rows, GT_ROWS(rows));
		text = gt_span_text_of(b.r.span);
		assert_string_equal(text, cases[i].want);
		free(text);
		end(&b);
		cJSON_Delete(json);
	}
}

static void test_reading_takes_at_most_64_strings_of_a_list(void **state)
{
	cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "stop");
	struct bench b;

	(void)state;
	for (int i = 0; i < 100; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString("x"));
	begin(&b, 200);
	gt_take_strs(&b.r, GT_ATTR_REQUEST_STOP_SEQUENCES, json, "stop");
	assert_int_equal(gt_span_get(b.r.span, GT_ATTR_REQUEST_STOP_SEQUENCES)->strs.n, 64);
	end(&b);
	cJSON_Delete(json);
}

static void test_reading_first_string_that_is_not_empty_stays(void **state)
{
	static const char *const chunks[] = {
		"{'id':''}", "{'id':null}", "{}", "{'id':'first'}", "{'id':'second'}", "{'id':''}"
	};
	struct bench b;

	(void)state;
	begin(&b, 200);
	for (size_t i = 0; i < GT_ROWS(chunks); i++) {
		cJSON *json = parse(chunks[i]);

		gt_take_first_str(&b.r, GT_ATTR_RESPONSE_ID, json, "id");
		gt_take_str(&b.r, GT_ATTR_RESPONSE_MODEL, json, "id");
		cJSON_Delete(json);
	}
	assert_str(gt_span_get_str(b.r.span, GT_ATTR_RESPONSE_ID), "first");
	assert_str(gt_span_get_str(b.r.span, GT_ATTR_RESPONSE_MODEL), "second");
	end(&b);
}

static void test_reading_an_id_may_be_a_number(void **state)
{
	static const struct {
		const char *json, *id;
	} rows[] = {
		{ "{'id':1234}", "1234" },
		{ "{'id':-1}", "-1" },
		{ "{'id':0}", "0" },
		{ "{'id':9007199254740992}", "9007199254740992" },
		{ "{'id':1.5}", "" },
		{ "{'id':true}", "" },
		{ "{'id':9007199254740994}", "" }, /* not exact as a double */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = parse(rows[i].json);
		struct bench b;

		begin(&b, 200);
		gt_take_first_str(&b.r, GT_ATTR_RESPONSE_ID, json, "id");
		gt_take_str(&b.r, GT_ATTR_REQUEST_MODEL, json, "id");
		assert_str(gt_span_get_str(b.r.span, GT_ATTR_RESPONSE_ID), rows[i].id);
		assert_false(gt_span_has(b.r.span, GT_ATTR_REQUEST_MODEL));
		end(&b);
		cJSON_Delete(json);
	}
}

static void test_reading_token_counts_are_integers_that_are_not_negative(void **state)
{
	static const struct {
		const char *json;
		int64_t count;
	} rows[] = {
		{ "{'n':12}", 12 },    { "{'n':0}", 0 },
		{ "{'n':12.0}", 12 },  { "{'n':9007199254740992}", 9007199254740992 },
		{ "{'n':-1}", -7 },    { "{'n':1.5}", -7 },
		{ "{'n':null}", -7 },  { "{'n':'12'}", -7 },
		{ "{'n':1e300}", -7 }, { "{}", -7 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = parse(rows[i].json);
		int64_t count = -7;

		gt_take_tokens(&count, json, "n");
		assert_int_equal(count, rows[i].count);
		cJSON_Delete(json);
	}
	assert_int_equal(gt_tokens_sum(GT_TOKENS_NONE, GT_TOKENS_NONE), GT_TOKENS_NONE);
	assert_int_equal(gt_tokens_sum(GT_TOKENS_NONE, 5), 5);
	assert_int_equal(gt_tokens_sum(5, GT_TOKENS_NONE), 5);
	assert_int_equal(gt_tokens_sum(0, GT_TOKENS_NONE), 0);
	assert_int_equal(gt_tokens_sum(5, 6), 11);
	assert_int_equal(gt_tokens_sum(INT64_MAX - 1, 1), INT64_MAX);
	assert_int_equal(gt_tokens_sum(INT64_MAX, 5), INT64_MAX);
}

static void test_reading_finish_reasons_stand_by_choice_and_a_later_one_wins(void **state)
{
	char longer[100];
	struct bench b;

	(void)state;
	memset(longer, 'r', sizeof(longer));
	begin(&b, 200);
	gt_set_finish(&b.r, 2, GT_STR("length"));
	gt_set_finish(&b.r, 0, GT_STR("stop"));
	gt_set_finish(&b.r, 0, GT_STR("tool_calls"));
	gt_set_finish(&b.r, -1, GT_STR("no"));
	gt_set_finish(&b.r, GT_CHOICES_MAX, GT_STR("no"));
	gt_set_finish(&b.r, INT64_MAX, GT_STR("no"));
	gt_set_finish(&b.r, 5, GT_STR(""));
	assert_int_equal(b.r.choices, 3);
	assert_str(b.r.finish[0], "tool_calls");
	assert_int_equal(b.r.finish[1].len, 0);
	assert_str(b.r.finish[2], "length");
	gt_set_finish(&b.r, GT_CHOICES_MAX - 1, gt_str_make(longer, sizeof(longer)));
	assert_int_equal(b.r.choices, GT_CHOICES_MAX);
	assert_int_equal(b.r.finish[GT_CHOICES_MAX - 1].len, 64);
	end(&b);
}

static void test_reading_the_first_error_stays_and_its_message_is_masked_and_short(void **state)
{
	char message[5000];
	struct bench b;

	(void)state;
	memset(message, 'm', sizeof(message));
	memcpy(message, "bad sk-abcdefgh key ", 20);
	begin(&b, 401);
	gt_set_reply_error(&b.r, GT_STR("invalid_api_key"), gt_str_make(message, sizeof(message)));
	gt_set_reply_error(&b.r, GT_STR("other"), GT_STR("other"));
	assert_true(b.r.has_error);
	assert_str(b.r.error_type, "invalid_api_key");
	assert_int_equal(b.r.error_message.len, 512);
	assert_memory_equal(b.r.error_message.p, "bad *** key mmm", 15);
	end(&b);
}

/* Providers and gateways repeat what they were sent: keys, addresses of users, URLs of databases. */
static void test_reading_error_messages_and_types_are_redacted_like_content(void **state)
{
	static const struct gt_redact cards = { .classes = 1u << GT_SECRET_CARD };
	static const struct gt_run_context only_cards = { .redact = &cards };
	static const struct {
		const struct gt_run_context *run;
		const char *message, *want;
	} rows[] = {
		{ NULL, "no access for ada@example.org", "no access for [redacted:email]" },
		{ NULL, "cannot reach postgres://bus:hunter2@db/x", "cannot reach postgres://bus:[redacted:password]@db/x" },
		{ NULL, "bad field {\"password\":\"hunter\"}", "bad field {\"password\":\"[redacted:password]\"}" },
		{ NULL, "bad header Cookie: sid=a1; theme=b2", "bad header Cookie: [redacted:password]" },
		{ NULL, "4111 1111 1111 1111 declined", "[redacted:card] declined" },
		{ NULL, "The model `gpt-4o-mini-2024-07-18` does not exist",
		  "The model `gpt-4o-mini-2024-07-18` does not exist" },
		{ &only_cards, "ada@example.org used 4111 1111 1111 1111", "ada@example.org used [redacted:card]" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bench b;

		begin(&b, 400);
		b.r.run = rows[i].run;
		gt_set_reply_error(&b.r, gt_str_of(rows[i].message), gt_str_of(rows[i].message));
		assert_str(b.r.error_type, rows[i].want);
		assert_str(b.r.error_message, rows[i].want);
		end(&b);
	}
}

static void test_reading_a_secret_in_an_attribute_is_hidden_on_request(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 200);
	gt_hide_secrets(&b.r, GT_ATTR_MCP_RESOURCE_URI);
	assert_false(gt_span_has(b.r.span, GT_ATTR_MCP_RESOURCE_URI));
	gt_span_set_str(b.r.span, GT_ATTR_MCP_RESOURCE_URI, GT_STR("postgres://bus:hunter2@db/lines/7"));
	gt_hide_secrets(&b.r, GT_ATTR_MCP_RESOURCE_URI);
	assert_str(gt_span_get_str(b.r.span, GT_ATTR_MCP_RESOURCE_URI), "postgres://bus:[redacted:password]@db/lines/7");
	end(&b);
}

static void test_reading_path_segments_are_decoded(void **state)
{
	static const struct {
		const char *segment, *want;
	} rows[] = {
		{ "gemini-2.5-flash", "gemini-2.5-flash" },
		{ "a%3Ab", "a:b" },
		{ "%2Fx", "/x" },
		{ "a%2f", "a/" },
		{ "100%", "100%" },
		{ "%4", "%4" },
		{ "%zz1", "%zz1" },
		{ "%25%41", "%A" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "%ff", "\xef\xbf\xbd" },
		{ "a+b", "a+b" },
	};
	struct bench b;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		begin(&b, 200);
		gt_set_decoded(&b.r, GT_ATTR_REQUEST_MODEL, gt_str_of(rows[i].segment));
		assert_str(gt_span_get_str(b.r.span, GT_ATTR_REQUEST_MODEL), rows[i].want);
		end(&b);
	}
	begin(&b, 200);
	gt_set_decoded(&b.r, GT_ATTR_REQUEST_MODEL, GT_STR(""));
	assert_false(gt_span_has(b.r.span, GT_ATTR_REQUEST_MODEL));
	end(&b);
}

/* Error bodies as providers send them. */
static void test_reading_common_errors_have_their_type_and_message(void **state)
{
	static const struct {
		int status;
		const char *json, *type, *message;
	} rows[] = {
		{ 401, "{'error':{'message':'no','type':'invalid_request_error','param':null,'code':'invalid_api_key'}}",
		  "invalid_api_key", "no" },
		{ 400, "{'error':{'message':'no','type':'invalid_request_error','param':null,'code':null}}",
		  "invalid_request_error", "no" },
		{ 400, "{'error':{'message':'no','type':'invalid_request_error','code':''}}", "invalid_request_error", "no" },
		{ 529, "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'},'request_id':'r'}",
		  "overloaded_error", "Overloaded" },
		{ 429, "{'error':{'code':429,'message':'slow','status':'RESOURCE_EXHAUSTED','details':[]}}",
		  "RESOURCE_EXHAUSTED", "slow" },
		{ 400, "[{'error':{'code':400,'message':'bad','status':'INVALID_ARGUMENT'}}]", "INVALID_ARGUMENT", "bad" },
		{ 401, "{'error':{'code':'401','message':'Access denied'}}", "401", "Access denied" },
		{ 429, "{'error':{'code':429,'message':'rate limited','metadata':{'raw':'x'}}}", "", "rate limited" },
		{ 401, "{'error':{'type':'invalid_api_key','message':'no','code':401}}", "invalid_api_key", "no" },
		{ 400, "{'code':'invalid-argument','error':'text'}", "invalid-argument", "text" },
		{ 400, "{'object':'error','message':'m','type':'BadRequestError','param':null,'code':400}", "BadRequestError",
		  "m" },
		{ 400, "{'object':'error','message':'m','type':'invalid_model','code':'1500'}", "1500", "m" },
		{ 404, "{'error':'model not found'}", "", "model not found" },
		{ 424, "{'error':'text','error_type':'overloaded'}", "overloaded", "text" },
		{ 401, "{'detail':'Unauthorized'}", "", "Unauthorized" },
		{ 422, "{'detail':[{'loc':['body'],'msg':'x'}]}", "", "" },
		{ 400, "{'message':'no'}", "", "no" },
		{ 400, "{'type':'message','message':'no'}", "", "no" }, /* a type that is not an error's */
		{ 500, "{}", "", "" },
		/* in a response with a good status, the status in the body is the only type */
		{ 200, "{'error':{'code':502,'message':'upstream'}}", "502", "upstream" },
		{ 200, "{'error':{'code':7,'message':'odd'}}", "", "odd" },
		{ 502, "{'error':{'code':502,'message':'upstream'}}", "", "upstream" },
	};
	static const char *const no_object[] = { "'text'", "7", "null", "[]", "['x']", "[[]]" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = parse(rows[i].json);
		struct bench b;

		begin(&b, rows[i].status);
		gt_read_common_error(&b.r, json);
		assert_true(b.r.has_error);
		assert_str(b.r.error_type, rows[i].type);
		assert_str(b.r.error_message, rows[i].message);
		end(&b);
		cJSON_Delete(json);
	}
	for (size_t i = 0; i < GT_ROWS(no_object); i++) {
		cJSON *json = parse(no_object[i]);
		struct bench b;

		begin(&b, 500);
		gt_read_common_error(&b.r, json);
		assert_false(b.r.has_error);
		end(&b);
		cJSON_Delete(json);
	}
}

static void test_reading_every_api_has_a_provider_and_no_other_has(void **state)
{
	(void)state;
	for (int api = GT_API_NONE + 1; api < GT_API_COUNT; api++) {
		const struct gt_provider *p = gt_provider_of((enum gt_api)api);

		if (api == GT_API_OPAQUE) { /* not an API */
			assert_null(p);
			continue;
		}
		assert_non_null(p);
		assert_int_equal(p->api, api);
		assert_true(p->request || p->request_rows);
		assert_true(p->operation || api == GT_API_MCP);
	}
	assert_null(gt_provider_of(GT_API_NONE));
	assert_null(gt_provider_of(GT_API_COUNT));
}

static void test_reading_without_memory_leaves_out(void **state)
{
	cJSON *json = parse("{'s':'m','l':['a','b'],'error':{'message':'no','type':'t'}}");

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++) {
		struct bench b = { .call.response.status = 400 };

		b.r.call = &b.call;
		b.r.span = gt_span_new(&(struct gt_span_limits){ 128, UINT32_MAX });
		if (!b.r.span)
			continue;
		gt_take_str(&b.r, GT_ATTR_REQUEST_MODEL, json, "s");
		gt_take_strs(&b.r, GT_ATTR_REQUEST_STOP_SEQUENCES, json, "l");
		gt_set_finish(&b.r, 0, GT_STR("stop"));
		gt_set_decoded(&b.r, GT_ATTR_RESPONSE_MODEL, GT_STR("a%3Ab"));
		gt_read_common_error(&b.r, json);
		end(&b);
	}
	gt_fail_none();
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_reading_takes_values_by_the_type_of_their_attribute),
		GT_TEST(test_reading_takes_at_most_64_strings_of_a_list),
		GT_TEST(test_reading_first_string_that_is_not_empty_stays),
		GT_TEST(test_reading_an_id_may_be_a_number),
		GT_TEST(test_reading_token_counts_are_integers_that_are_not_negative),
		GT_TEST(test_reading_finish_reasons_stand_by_choice_and_a_later_one_wins),
		GT_TEST(test_reading_the_first_error_stays_and_its_message_is_masked_and_short),
		GT_TEST(test_reading_error_messages_and_types_are_redacted_like_content),
		GT_TEST(test_reading_a_secret_in_an_attribute_is_hidden_on_request),
		GT_TEST(test_reading_path_segments_are_decoded),
		GT_TEST(test_reading_common_errors_have_their_type_and_message),
		GT_TEST(test_reading_every_api_has_a_provider_and_no_other_has),
		GT_TEST(test_reading_without_memory_leaves_out),
	};

	return GT_TESTS(tests);
}
