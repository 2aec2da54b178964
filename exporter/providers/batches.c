/*
 * Batches: OpenAI's and every copy of theirs, Anthropic's, Gemini's. A batch is created, polled, and its results are read:
 * lines of a file, or a list in the reply of a poll. Each result is the reply of one call and is read as such, but the
 * span has only sums: the tokens and the cost of all calls.
 *
 * They count once in a process, on the first read that shows them whole. OpenAI repeats the sum of a batch in the batch
 * itself, so one of the two counts. The cost counts once too, and not always on the same read: the batch does not show
 * what tools its calls used, and the file does.
 */
#include "exporter/providers/openai_members.h"
#include "exporter/providers/operation.h"

#include "exporter/cost/cost.h"
#include "shim/shared/compiler.h"

#define BATCH	"batch"
#define RESULTS "results"
#define COST	"cost of results"

/* ---------------------------------------------------------------- results */

static void add_usage(struct gt_usage *sum, const struct gt_usage *u)
{
	static const size_t fields[] = {
		GT_TOKENS(input),
		GT_TOKENS(output),
		GT_TOKENS(cache_read),
		GT_TOKENS(cache_write),
		GT_TOKENS(reasoning),
		GT_TOKENS(text_input),
		GT_TOKENS(image_input),
		GT_TOKENS(audio_input),
		GT_TOKENS(text_output),
		GT_TOKENS(image_output),
		GT_TOKENS(audio_output),
		GT_TOKENS(text_cache_read),
		GT_TOKENS(image_cache_read),
		GT_TOKENS(audio_cache_read),
		GT_TOKENS(cache_write_1h),
	};

	for (size_t i = 0; i < GT_COUNT_OF(fields); i++) {
		int64_t *to = (int64_t *)((char *)sum + fields[i]);

		*to = gt_tokens_sum(*to, *(const int64_t *)((const char *)u + fields[i]));
	}
}

/* A sum has one source: the user's prices and gentap's do not add up to either. */
static void add_cost(struct gt_reading *r, const struct gt_reading *one)
{
	const struct gt_value *usd = gt_span_get(one->span, GT_ATTR_USAGE_COST);
	struct gt_str source = gt_span_get_str(one->span, GT_ATTR_GENTAP_COST_SOURCE);
	struct gt_str read = gt_span_get_str(one->span, GT_ATTR_GENTAP_COST_PRICES_READ);

	if (!gt_has_usage(one))
		return;
	if (!usd || (r->batch.source.len && !gt_str_eq(r->batch.source, source))) {
		r->batch.priceless++;
		return;
	}
	r->batch.usd += usd->d;
	if (!r->batch.source.len)
		r->batch.source = gt_span_text(r->span, source, 64);
	if (read.len && (!r->batch.read.len || memcmp(read.p, r->batch.read.p, read.len) < 0)) /* days of one length */
		r->batch.read = gt_span_text(r->span, read, 64);
}

static void add_model(struct gt_reading *r, const struct gt_reading *one)
{
	struct gt_str model = gt_span_get_str(one->span, GT_ATTR_RESPONSE_MODEL);

	if (!model.len)
		return;
	r->batch.has_many_models |= r->batch.model.len && !gt_str_eq(model, r->batch.model);
	if (!r->batch.model.len)
		r->batch.model = gt_span_text(r->span, model, UINT32_MAX);
}

/* Reads a result as the reply of a call of its own. */
static void add_reply(struct gt_reading *r, const struct gt_provider *format, const cJSON *reply)
{
	struct gt_reading one = { .call = r->call, .run = r->run, .provider = format, .is_batch = true };

	one.span = gt_span_new(&r->run->limits);
	if (!one.span) {
		r->batch.priceless++;
		return;
	}
	gt_drop_usage(&one);
	one.span->start_unix_ns = r->span->start_unix_ns;
	gt_provider_response(format, &one, reply);
	if (format->finish)
		format->finish(&one);
	gt_cost_set(&one);
	add_usage(&r->usage, &one.usage);
	add_cost(r, &one);
	add_model(r, &one);
	gt_span_free(one.span);
}

/* OpenAI's formats differ in members of the reply. */
static const struct gt_provider *openai_format(const cJSON *body)
{
	struct gt_str object = GT_STR("");

	gt_json_str(body, "object", &object);
	if (gt_str_eq(object, GT_STR("response")))
		return &gt_openai_responses;
	if (gt_str_eq(object, GT_STR("list")))
		return &gt_openai_embeddings;
	return &gt_openai_chat;
}

/* One line of a file of results. Files of other kinds have other lines. */
static void add_line(struct gt_reading *r, const cJSON *line)
{
	const cJSON *body = gt_json_at(line, "response.body");

	if (gt_json_has(line, "result.type")) { /* Anthropic */
		r->batch.lines++;
		if (gt_json_is_object(line, "result.message"))
			add_reply(r, &gt_anthropic_messages, gt_json_at(line, "result.message"));
	} else if (gt_json_has(line, "custom_id") && (body || gt_json_has(line, "error"))) {
		r->batch.lines++;
		if (cJSON_IsObject(body))
			add_reply(r, openai_format(body), body);
	} else if (gt_json_is_object(line, "response.usageMetadata") || gt_json_is_array(line, "response.candidates")) {
		r->batch.lines++;
		add_reply(r, &gt_gemini_generate, gt_json_at(line, "response"));
	} else if (gt_json_is_object(line, "response.embedding") || (gt_json_has(line, "key") && gt_json_has(line, "error"))) {
		r->batch.lines++;
		if (gt_json_is_object(line, "response.embedding"))
			add_reply(r, &gt_gemini_embed, gt_json_at(line, "response"));
	}
}

/* Sets the cost of all results, which gt_cost_set cannot know: the sum has no price of its own. `counts`: no other read
 * has the cost. */
static void finish_sum(struct gt_reading *r, bool counts)
{
	r->has_fees = true;
	if (r->batch.model.len && !r->batch.has_many_models)
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_MODEL, r->batch.model);
	if (!counts || r->batch.priceless || !r->batch.source.len)
		return;
	gt_span_set_double(r->span, GT_ATTR_USAGE_COST, r->batch.usd);
	gt_span_set_str(r->span, GT_ATTR_GENTAP_COST_SOURCE, r->batch.source);
	if (r->batch.read.len)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_COST_PRICES_READ, r->batch.read);
}

static bool is_whole(const struct gt_call *c)
{
	return c->outcome == GT_OUTCOME_COMPLETE && c->damage == GT_DAMAGE_NONE && c->response.status < 300;
}

/* The id of the batch, or of the file: the segment that names what is read. */
static struct gt_str id_of_results(const struct gt_call *c)
{
	struct gt_str id = gt_call_path_segment(c, "/batches/");

	if (!id.len)
		id = gt_call_path_segment(c, "/files/");
	id.len = gt_str_find(id, ':'); /* Gemini: a method follows */
	return id;
}

static void results_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	if (gt_call_path_segment(r->call, "/batches/").len)
		gt_set_decoded(r, GT_ATTR_RESPONSE_ID, id_of_results(r->call));
}

static void results_event(struct gt_reading *r, const struct gt_document *d)
{
	if (r->call->response.status < 400)
		add_line(r, d->json);
	else if (d->json)
		gt_read_common_error(r, d->json);
}

/* A part of the results has no sum. */
static void results_finish(struct gt_reading *r)
{
	bool has_sum = is_whole(r->call) && gt_has_usage(r);
	struct gt_str id = id_of_results(r->call);

	/* a file may be of any kind: its contents decide */
	r->is_disclaimed = r->call->response.status < 300 && !r->batch.lines && gt_call_path_segment(r->call, "/files/").len;
	gt_count_once(r, RESULTS, id, has_sum);
	finish_sum(r, has_sum && gt_note_operation(r, COST, id, true) != GT_LEDGER_COUNTED);
	gt_span_set_name(r->span, gt_str_of(r->provider->operation), GT_STR(""));
}

const struct gt_provider gt_batch_results = {
	.api = GT_API_BATCH_RESULTS,
	.operation = "fetch_batch_results",
	.is_list = true,
	.request = results_request,
	.event = results_event,
	.finish = results_finish,
};

/* ---------------------------------------------------------------- batches of OpenAI and Anthropic, and their copies */

static const struct gt_operation_row operations[] = {
	{ "POST", END("/batches"), "create_batch" },	{ "POST", END("/batch/jobs"), "create_batch" },
	{ "POST", END("/cancel"), "cancel_batch" },	{ "GET", PART("/batches/"), "fetch_batch" },
	{ "GET", PART("/batch/jobs/"), "fetch_batch" },
};

static const struct gt_take batch_rows[] = { { "id", GT_ATTR_RESPONSE_ID }, { "model", GT_ATTR_RESPONSE_MODEL }, { NULL } };

static void batch_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	gt_operation_set(r, operations, GT_COUNT_OF(operations));
}

static bool is_over(const cJSON *json)
{
	static const struct gt_str words[] = { { "completed", 9 }, { "expired", 7 }, { "cancelled", 9 }, { "failed", 6 } };
	struct gt_str status = GT_STR("");
	bool found = false;

	gt_json_str(json, "status", &status);
	for (size_t i = 0; i < GT_COUNT_OF(words); i++)
		found |= gt_str_eq(status, words[i]);
	return found;
}

/* Other calls of the batch's API may use tools that cost extra. */
static bool has_no_fees(const cJSON *json)
{
	static const struct gt_str ends[] = { { "/chat/completions", 17 }, { "/completions", 12 }, { "/embeddings", 11 } };
	struct gt_str endpoint = GT_STR("");
	bool found = false;

	gt_json_str(json, "endpoint", &endpoint);
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		found |= gt_str_ends(endpoint, ends[i]);
	return found;
}

/* The usage of all calls, in batches of OpenAI. The file of results has it too: what is read first counts. */
static void batch_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str id = GT_STR(""), file = GT_STR("");
	bool is_counted;

	gt_openai_take_usage(r, gt_json_at(json, "usage"));
	gt_json_str(json, "id", &id);
	gt_json_str(json, "output_file_id", &file);
	r->is_batch = r->is_sum = true;
	r->has_fees = !has_no_fees(json);
	is_counted = gt_note_operation(r, RESULTS, file, false) == GT_LEDGER_COUNTED;
	gt_count_once(r, BATCH, id, is_over(json) && !is_counted);
	if (!gt_has_usage(r))
		return;
	gt_note_operation(r, RESULTS, file, true);
	gt_cost_set(r);
	if (gt_span_has(r->span, GT_ATTR_USAGE_COST))
		gt_note_operation(r, COST, file, true);
}

const struct gt_provider gt_batches = {
	.api = GT_API_BATCHES,
	.operation = "batches",
	.response_rows = batch_rows,
	.request = batch_request,
	.response = batch_response,
};

/* ---------------------------------------------------------------- batches of Gemini */

static const struct gt_operation_row gemini_operations[] = {
	{ "POST", END("Content"), "create_batch" },
	{ "POST", END("cancel"), "cancel_batch" },
	{ "GET", PART("/batches/"), "fetch_batch" },
};

static void gemini_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str verb;

	(void)json;
	gt_operation_set(r, gemini_operations, GT_COUNT_OF(gemini_operations));
	if (!gt_call_path_segment(r->call, "/batches/").len)
		gt_google_take_path(r, &verb);
}

static const cJSON *results_in(const cJSON *json)
{
	static const char *const places[] = {
		"response.inlinedResponses.inlinedResponses",
		"metadata.output.inlinedResponses.inlinedResponses",
	};
	const cJSON *found = NULL;

	for (size_t i = 0; i < GT_COUNT_OF(places) && !found; i++)
		found = gt_json_at(json, places[i]);
	return found;
}

/* An operation: its name, its state, and its results unless they are in a file. */
static void gemini_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str model;
	const cJSON *item;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "name");
	if (gt_json_str(json, "metadata.model", &model) && gt_str_starts(model, GT_STR("models/")))
		gt_span_set_str(r->span, GT_ATTR_REQUEST_MODEL, gt_str_skip(model, 7));
	cJSON_ArrayForEach (item, results_in(json))
		add_line(r, item);
	if (gt_json_is_object(json, "error") && r->call->response.status >= 400)
		gt_read_common_error(r, json);
}

static void gemini_finish(struct gt_reading *r)
{
	gt_count_once(r, BATCH, gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID), is_whole(r->call));
	finish_sum(r, gt_has_usage(r));
	if (!gt_str_eq(gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), GT_STR("create_batch")))
		gt_span_set_name(r->span, gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), GT_STR(""));
}

const struct gt_provider gt_gemini_batches = {
	.api = GT_API_GEMINI_BATCHES,
	.operation = "batches",
	.request = gemini_request,
	.response = gemini_response,
	.finish = gemini_finish,
};
