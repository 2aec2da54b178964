/*
 * Recorded real exchanges, read from GENTAP_RECORDINGS or ../shared/data/recordings. match.c recognizes each from its
 * request head. Its bytes are fed whole and in random pieces, and must give the span in the index of the recordings.
 */
#include "support/feed.h"
#include "support/span_text.h"
#include "support/test.h"

#include <cjson/cJSON.h>

#include <math.h>

#include "exporter/base/json.h"
#include "exporter/content/capture.h"
#include "exporter/cost/cost.h"
#include "exporter/cost/price_list.h"
#include "shim/shared/match.h"

#define SKIPPED	 77
#define BODY_MAX (16u << 20)

static const char *folder;
static cJSON *recordings; /* the array of index.json */

/* ---------------------------------------------------------------- files */

static cJSON *read_json(const char *name)
{
	char path[1024], *text;
	cJSON *json;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	len = (size_t)ftell(f);
	rewind(f);
	text = malloc(len + 1);
	len = fread(text, 1, len, f);
	fclose(f);
	json = cJSON_ParseWithLength(text, len);
	free(text);
	return json;
}

/* Where the index repeats the wire against the rules that it was made with. Mistral: the total includes audio and the prompt
 * does not, by the amount of the audio. */
static void correct_index(void)
{
	cJSON *entry;

	cJSON_ArrayForEach (entry, recordings)
		if (!strcmp(cJSON_GetObjectItem(entry, "id")->valuestring, "d0141"))
			cJSON_SetNumberValue(
				cJSON_GetObjectItem(cJSON_GetObjectItem(entry, "expect"), "gen_ai.usage.input_tokens"), 378);
}

static const char *text_of(const cJSON *json, const char *name)
{
	const cJSON *v = cJSON_GetObjectItem(json, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

struct bytes {
	char *p;
	size_t len;
};

static struct bytes unbase64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct bytes b = { malloc(strlen(text) + 1), 0 };
	unsigned bits = 0, n = 0;

	for (; *text && *text != '='; text++) {
		bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			b.p[b.len++] = (char)(bits >> n);
		}
	}
	return b;
}

static struct bytes body_of(const cJSON *message)
{
	const char *coded = text_of(message, "body_base64"), *plain = text_of(message, "body");
	struct bytes b;

	if (coded)
		return unbase64(coded);
	b.len = plain ? strlen(plain) : 0;
	b.p = strdup(plain ? plain : "");
	return b;
}

/* ---------------------------------------------------------------- bytes */

static void put_fields(FILE *out, const cJSON *message, const char *const *without)
{
	const cJSON *field;

	cJSON_ArrayForEach (field, cJSON_GetObjectItem(message, "headers")) {
		struct gt_str name = gt_str_of(cJSON_GetArrayItem(field, 0)->valuestring);
		bool skip = false;

		for (int i = 0; without[i]; i++)
			skip |= gt_str_ieq(name, gt_str_of(without[i]));
		if (!skip)
			fprintf(out, "%s: %s\r\n", name.p, cJSON_GetArrayItem(field, 1)->valuestring);
	}
}

static struct bytes request_bytes(const cJSON *request, struct gt_str url)
{
	static const char *const own[] = { "host", "content-length", "transfer-encoding", "connection", NULL };
	struct gt_str authority = gt_str_skip(url, gt_str_starts(url, GT_STR("https://")) ? 8 : 7), target;
	struct bytes b = { NULL, 0 }, body = body_of(request);
	FILE *out = open_memstream(&b.p, &b.len);

	target = gt_str_skip(authority, gt_str_find(authority, '/'));
	authority.len -= target.len;
	fprintf(out, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\n", text_of(request, "method"), target.len ? (int)target.len : 1,
		target.len ? target.p : "/", GT_STR_ARG(authority));
	put_fields(out, request, own);
	if (body.len)
		fprintf(out, "Content-Length: %zu\r\n", body.len);
	fputs("\r\n", out);
	fwrite(body.p, 1, body.len, out);
	fclose(out);
	free(body.p);
	return b;
}

/* Chunks of random sizes; `r` NULL: one. */
static struct bytes response_bytes(const cJSON *response, struct gt_random *r)
{
	static const char *const own[] = { "content-length", "transfer-encoding", "connection", NULL };
	struct bytes b = { NULL, 0 }, body = body_of(response);
	FILE *out = open_memstream(&b.p, &b.len);

	fprintf(out, "HTTP/1.1 %d %s\r\n", cJSON_GetObjectItem(response, "status")->valueint,
		text_of(response, "reason") ? text_of(response, "reason") : "");
	put_fields(out, response, own);
	if (!r) {
		fprintf(out, "Content-Length: %zu\r\n\r\n", body.len);
		fwrite(body.p, 1, body.len, out);
	} else {
		fputs("Transfer-Encoding: chunked\r\n\r\n", out);
		for (size_t i = 0, n; i < body.len; i += n) {
			n = 1 + gt_random_below(r, gt_random_below(r, 4) ? 60 : 4000);
			if (n > body.len - i)
				n = body.len - i;
			fprintf(out, "%zx\r\n", n);
			fwrite(body.p + i, 1, n, out);
			fputs("\r\n", out);
		}
		fputs("0\r\n\r\n", out);
	}
	fclose(out);
	free(body.p);
	return b;
}

struct recognised {
	struct gt_endpoint endpoint;
	char host[256];
	uint16_t port;
};

static struct recognised recognise(struct bytes request, bool is_tls)
{
	struct recognised found = { .port = is_tls ? 443 : 80 };
	struct gt_request_view view;
	struct gt_http1_head head;
	struct gt_str host;
	uint16_t port;

	assert_true(gt_http1_parse_head(GT_HTTP1_REQUEST, request.p, request.len, NULL, &head) > 0);
	gt_request_view_of(&head, &view);
	found.endpoint = gt_match(&view, GT_STR_NONE);
	gt_host_split(view.host, &host, &port);
	gt_str_copy(host, found.host, sizeof(found.host));
	if (port)
		found.port = port;
	return found;
}

static const struct gt_capture *captured; /* NULL: no content */

/* Gives the span, or NULL. */
static struct gt_span *replay(const cJSON *recording, struct gt_random *r, struct recognised *found)
{
	const cJSON *request = cJSON_GetObjectItem(recording, "request"),
		    *response = cJSON_GetObjectItem(recording, "response");
	struct gt_str url = gt_str_of(text_of(request, "url"));
	bool is_tls = gt_str_starts(url, GT_STR("https://"));
	struct bytes q = request_bytes(request, url), a = response_bytes(response, r);
	char provider[GT_PROVIDER_NAME_MAX] = "";
	struct gt_span *s = NULL;
	struct gt_begin b;
	struct gt_feed f;

	*found = recognise(q, is_tls);
	assert_true(gt_feed_init(&f, BODY_MAX));
	f.run.capture = captured;
	if (found->endpoint.api == GT_API_NONE)
		goto out;
	b = gt_feed_plain_begin((enum gt_api)found->endpoint.api);
	b.is_certain = found->endpoint.is_certain;
	b.port = found->port;
	gt_str_copy(found->endpoint.provider, provider, sizeof(provider));
	gt_feed_begin(&f, 1, &b, found->host, provider);
	gt_feed_pieces(&f, 1, GT_EVENT_REQUEST, q.p, q.len, 16000);
	for (size_t i = 0, n; i < a.len; i += n) {
		n = r ? 1 + gt_random_below(r, gt_random_below(r, 4) ? 100 : 9000) : 16000;
		if (n > a.len - i)
			n = a.len - i;
		gt_feed_put(&f, 1, GT_EVENT_RESPONSE, a.p + i, n);
	}
	gt_feed_end(&f, 1, GT_END_CLOSED, 0);
	s = gt_feed_take(&f);
	assert_null(f.first);
out:
	gt_feed_free(&f);
	free(q.p);
	free(a.p);
	return s;
}

/* ---------------------------------------------------------------- comparison */

/* An attribute as JSON, to compare and print. */
static cJSON *json_of(const struct gt_value *v)
{
	cJSON *list;

	switch (v->type) {
	case GT_VALUE_JSON:
	case GT_VALUE_STR:
		return cJSON_CreateString(v->str.p);
	case GT_VALUE_INT:
		return cJSON_CreateNumber((double)v->i);
	case GT_VALUE_DOUBLE:
		return cJSON_CreateNumber(v->d);
	case GT_VALUE_BOOL:
		return cJSON_CreateBool(v->b);
	default:
		list = cJSON_CreateArray();
		for (uint32_t i = 0; i < v->strs.n; i++)
			cJSON_AddItemToArray(list, cJSON_CreateString(v->strs.items[i].p));
		return list;
	}
}

static void compare_one(const struct gt_span *s, const char *key, const cJSON *want, const char *id, int *wrong)
{
	bool any_of = gt_str_ends(gt_str_of(key), GT_STR(" (any of)"));
	enum gt_attr attr = gt_attr_of_name(key, strlen(key) - (any_of ? 9 : 0));
	const struct gt_value *v = attr < GT_ATTR_COUNT ? gt_span_get(s, attr) : NULL;
	cJSON *have = v ? json_of(v) : cJSON_CreateNull();
	bool same =
		cJSON_Compare(have, want, true) || (!v && cJSON_IsString(want) && !*want->valuestring); /* sent, but empty */
	const cJSON *choice;
	char *a, *b;

	if (any_of)
		cJSON_ArrayForEach (choice, want)
			same |= cJSON_Compare(have, choice, true);
	if (!same) {
		a = cJSON_PrintUnformatted(have);
		b = cJSON_PrintUnformatted(want);
		print_error("%s: %s is %s, expected %s\n", id, key, a, b);
		free(a);
		free(b);
		++*wrong;
	}
	cJSON_Delete(have);
}

static bool has_usage(const struct gt_span *s)
{
	for (int i = GT_ATTR_USAGE_INPUT_TOKENS; i <= GT_ATTR_USAGE_AUDIO_OUTPUT; i++)
		if (gt_span_has(s, (enum gt_attr)i))
			return true;
	return false;
}

/* The provider's figure, from the copy of its usage object in the index; -1: absent. */
static double reported_cost(const cJSON *entry)
{
	const cJSON *usage = cJSON_GetObjectItem(cJSON_GetObjectItem(entry, "facts"), "usage_raw"), *v;

	v = cJSON_GetObjectItem(usage, "cost_in_usd_ticks");
	if (v)
		return v->valuedouble / 1e10;
	v = cJSON_GetObjectItem(usage, "cost");
	if (cJSON_IsObject(v))
		v = cJSON_GetObjectItem(v, "total_cost");
	return v ? v->valuedouble : -1;
}

static int64_t tokens(const struct gt_span *s, enum gt_attr key)
{
	const struct gt_value *v = gt_span_get(s, key);

	return v ? v->i : GT_TOKENS_NONE;
}

/* The cost of the same tokens by the price list; -1: not in the list. */
static double listed_cost(const struct gt_span *s)
{
	struct gt_purchase what = { gt_span_get_str(s, GT_ATTR_PROVIDER_NAME),
				    gt_span_get_str(s, GT_ATTR_RESPONSE_MODEL),
				    GT_STR(""),
				    tokens(s, GT_ATTR_USAGE_INPUT_TOKENS),
				    { 20260821, 0 } };
	struct gt_price_lists lists;
	const struct gt_price *price;
	struct gt_usage u;
	double usd = -1;

	memset(&u, 0xff, sizeof(u));
	u.input = what.input;
	u.output = tokens(s, GT_ATTR_USAGE_OUTPUT_TOKENS);
	u.cache_read = tokens(s, GT_ATTR_USAGE_CACHE_READ);
	assert_int_equal(gt_price_lists_read(&lists, NULL, NULL, NULL), 0);
	price = gt_price_find(&lists.ours, &what);
	if (!price || !gt_cost_of_usage(&u, price, &usd))
		usd = -1;
	gt_price_lists_free(&lists);
	return usd;
}

static int costs_reported, costs_computed;

static void compare_cost(const struct gt_span *s, const cJSON *entry, int *wrong)
{
	double reported = reported_cost(entry), listed = reported < 0 ? -1 : listed_cost(s);
	const struct gt_value *v = gt_span_get(s, GT_ATTR_USAGE_COST);

	if ((reported < 0) != !v || (v && fabs(v->d - reported) > 1e-12)) {
		print_error("%s: costs %g, expected %g\n", text_of(entry, "id"), v ? v->d : -1, reported);
		++*wrong;
	}
	/* the provider's figure and the price list must agree */
	if (listed >= 0 && fabs(listed - reported) > 1e-9) {
		print_error("%s: costs %g by the list, expected %g\n", text_of(entry, "id"), listed, reported);
		++*wrong;
	}
	costs_reported += reported >= 0;
	costs_computed += listed >= 0;
}

static bool is_answered_elsewhere(const struct gt_span *s)
{
	return gt_str_eq(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), GT_STR(GT_ANSWERED_ELSEWHERE));
}

static void compare(const struct gt_span *s, const cJSON *entry, const struct recognised *found, int *wrong)
{
	const cJSON *expect = cJSON_GetObjectItem(entry, "expect"), *want;
	const char *id = text_of(entry, "id");
	/* the index lacks the counts of Text Generation Inference, which are in `details` and header fields */
	bool wants_usage = !strcmp(text_of(cJSON_GetObjectItem(entry, "facts"), "api"), "huggingface.inference");
	bool wants_error = false;

	cJSON_ArrayForEach (want, expect) {
		wants_usage |= gt_str_starts(gt_str_of(want->string), GT_STR("gen_ai.usage."));
		wants_error |= gt_str_starts(gt_str_of(want->string), GT_STR("error.type"));
		/* on an unknown host only the format is known */
		if (!strcmp(want->string, "gen_ai.provider.name") && !found->endpoint.is_certain)
			continue;
		compare_one(s, want->string, want, id, wrong);
	}
	if (!wants_usage && has_usage(s)) {
		print_error("%s: has usage, expected none\n", id);
		++*wrong;
	}
	compare_cost(s, entry, wrong);
	if (wants_error != s->is_error && found->endpoint.api != GT_API_MCP) {
		print_error("%s: error %d, expected %d\n", id, s->is_error, wants_error);
		++*wrong;
	}
	if (gt_span_has(s, GT_ATTR_GENTAP_INCOMPLETE) && !is_answered_elsewhere(s)) {
		print_error("%s: gentap.incomplete is %s\n", id, gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE).p);
		++*wrong;
	}
	if (!gt_str_eq(gt_span_get_str(s, GT_ATTR_SERVER_ADDRESS), gt_str_of(found->host))) {
		print_error("%s: server.address\n", id);
		++*wrong;
	}
}

/* The older MCP transport answers on a second connection, which is not read. A posted message has no answer. */
static bool is_out_of_reach(const cJSON *recording, const char *api)
{
	const cJSON *request = cJSON_GetObjectItem(recording, "request");
	struct gt_str path = gt_target_path(gt_str_of(text_of(request, "url")));

	return !strcmp(api, "mcp") && (gt_str_ends(path, GT_STR("/sse")) || gt_str_ends(path, GT_STR("/messages")));
}

static void test_recordings_give_the_spans_their_index_expects(void **state)
{
	struct gt_random r = gt_random_from(4711);
	int wrong = 0, read = 0;
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach (entry, recordings) {
		const char *id = text_of(entry, "id"), *api = text_of(cJSON_GetObjectItem(entry, "facts"), "api");
		struct recognised found;
		cJSON *recording;
		struct gt_span *s;
		char *whole;

		recording = read_json(text_of(entry, "file"));
		assert_non_null(recording);
		s = replay(recording, NULL, &found);
		if (!s && !is_out_of_reach(recording, api)) {
			print_error("%s: no span (%s, api %d)\n", id, api, found.endpoint.api);
			wrong++;
		}
		if (s)
			compare(s, entry, &found, &wrong);
		if (s && is_answered_elsewhere(s) && !is_out_of_reach(recording, api)) {
			print_error("%s: answered elsewhere\n", id);
			wrong++;
		}
		whole = gt_span_text_of(s);
		read += s != NULL;
		gt_span_free(s);
		for (int round = 0; round < 3; round++) {
			char *text;

			s = replay(recording, &r, &found);
			text = gt_span_text_of(s);
			if (strcmp(text, whole)) {
				print_error("%s: in pieces\n%sbut whole\n%s", id, text, whole);
				wrong++;
			}
			gt_span_free(s);
			free(text);
		}
		free(whole);
		cJSON_Delete(recording);
	}
	print_message("%d recordings give a span, %d say what they cost, %d as the list of prices\n", read, costs_reported,
		      costs_computed);
	assert_true(read > 200 && costs_reported > 5 && costs_computed > 0);
	assert_int_equal(wrong, 0);
}

/* ---------------------------------------------------------------- content */

static bool has_all(const cJSON *v, const char *const *names)
{
	for (; *names; names++)
		if (!cJSON_GetObjectItemCaseSensitive(v, *names))
			return false;
	return true;
}

/* The schema of the conventions: members that a part of each type must have. Other types need only the type. */
static bool is_part(const cJSON *part)
{
	static const struct {
		const char *type, *must[4];
	} rows[] = {
		{ "text", { "content" } },
		{ "reasoning", { "content" } },
		{ "tool_call", { "name" } },
		{ "tool_call_response", { "response" } },
		{ "server_tool_call", { "name", "server_tool_call" } },
		{ "server_tool_call_response", { "server_tool_call_response" } },
		{ "blob", { "modality" } }, /* without the bytes: for readers a part that the conventions leave open */
		{ "file", { "modality", "file_id" } },
		{ "uri", { "modality", "uri" } },
	};
	const char *type = text_of(part, "type");

	for (size_t i = 0; type && i < GT_ROWS(rows); i++)
		if (!strcmp(type, rows[i].type))
			return has_all(part, rows[i].must);
	return type && *type;
}

static bool is_message(const cJSON *message, bool is_output)
{
	const cJSON *part, *parts = cJSON_GetObjectItem(message, "parts");

	if (!text_of(message, "role") || !cJSON_IsArray(parts) || (is_output && !text_of(message, "finish_reason")))
		return false;
	cJSON_ArrayForEach (part, parts)
		if (!is_part(part))
			return false;
	return true;
}

static bool is_of_schema(enum gt_attr key, const cJSON *json)
{
	const cJSON *item;

	if (key == GT_ATTR_TOOL_CALL_ARGUMENTS || key == GT_ATTR_TOOL_CALL_RESULT)
		return cJSON_IsObject(json);
	if (!cJSON_IsArray(json) || !json->child)
		return false;
	cJSON_ArrayForEach (item, json)
		if (key == GT_ATTR_INPUT_MESSAGES || key == GT_ATTR_OUTPUT_MESSAGES ?
			    !is_message(item, key == GT_ATTR_OUTPUT_MESSAGES) :
		    key == GT_ATTR_TOOL_DEFINITIONS ?
			    !text_of(item, "type") || !text_of(item, "name") :
			    !text_of(item, "type") || strcmp(text_of(item, "type"), "text") || !text_of(item, "content"))
			return false;
	return true;
}

/* Counts the attributes of content and removes them, to compare the rest. */
static int take_content(struct gt_span *s, const char *id, int *wrong)
{
	uint32_t kept = 0;
	int n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct gt_attribute *a = &s->attributes[i];
		cJSON *json;

		if (a->value.type != GT_VALUE_JSON) {
			s->attributes[kept++] = *a;
			continue;
		}
		json = cJSON_ParseWithLengthOpts(a->value.str.p, a->value.str.len + 1, NULL, true);
		if (!json || !is_of_schema(a->key, json)) {
			print_error("%s: attribute %d is %.2000s\n", id, (int)a->key, a->value.str.p);
			++*wrong;
		}
		cJSON_Delete(json);
		n++;
	}
	s->n = kept;
	return n;
}

static void test_recordings_have_content_of_the_conventions_schema_and_nothing_else_changes(void **state)
{
	static const struct gt_capture all = { .to = GT_CONTENT_TO_SPAN,
					       .attribute_max = 1 << 20,
					       .span_max = 4 << 20,
					       .has_whole_tools = true,
					       .redact = { .classes = GT_SECRET_ALL } };
	struct gt_random r = gt_random_from(4712);
	int wrong = 0, with_output = 0, with_input = 0;
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach (entry, recordings) {
		const char *id = text_of(entry, "id");
		cJSON *recording = read_json(text_of(entry, "file"));
		struct recognised found;
		struct gt_span *s = replay(recording, NULL, &found), *with, *pieces;
		char *plain, *whole, *cut;

		plain = gt_span_text_of(s);
		captured = &all;
		with = replay(recording, NULL, &found);
		pieces = replay(recording, &r, &found);
		captured = NULL;
		whole = gt_span_text_of(with);
		cut = gt_span_text_of(pieces);
		if (strcmp(whole, cut)) {
			print_error("%s: in pieces\n%s\nbut whole\n%s\n", id, cut, whole);
			wrong++;
		}
		free(whole);
		with_output += with && gt_span_has(with, GT_ATTR_OUTPUT_MESSAGES);
		with_input += with && gt_span_has(with, GT_ATTR_INPUT_MESSAGES);
		if (with)
			take_content(with, id, &wrong);
		whole = gt_span_text_of(with);
		if (strcmp(whole, plain)) {
			print_error("%s: with content\n%s\nbut without\n%s\n", id, whole, plain);
			wrong++;
		}
		free(plain);
		free(whole);
		free(cut);
		gt_span_free(s);
		gt_span_free(with);
		gt_span_free(pieces);
		cJSON_Delete(recording);
	}
	print_message("%d recordings have input, %d output\n", with_input, with_output);
	assert_true(with_input > 100 && with_output > 100);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_recordings_give_the_spans_their_index_expects),
		GT_TEST(test_recordings_have_content_of_the_conventions_schema_and_nothing_else_changes),
	};
	cJSON *index;
	int ret;

	folder = getenv("GENTAP_RECORDINGS") ? getenv("GENTAP_RECORDINGS") : "../shared/data/recordings";
	index = read_json("index.json");
	if (!index) {
		puts("no recordings: GENTAP_RECORDINGS names no folder with an index.json");
		return SKIPPED;
	}
	recordings = cJSON_GetObjectItem(index, "exchanges");
	correct_index();
	ret = GT_TESTS(tests);
	cJSON_Delete(index);
	return ret;
}
