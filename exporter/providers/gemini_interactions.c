/*
 * Google's interactions, on the Gemini API and on Vertex AI: a POST runs one, or starts it in the background; a GET reads
 * it. A stream names its events in `event_type`; the last of them holds the whole interaction, with the usage.
 *
 * Thoughts and what tools add to the prompt are counted apart from output and input, as in generateContent.
 *
 * Source: the API reference at ai.google.dev/api/interactions-api.
 */
#include "exporter/providers/operation.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

#define KIND "interaction"

static const struct gt_operation_row operations[] = {
	{ "POST", END("/cancel"), "cancel_response" },
	{ "GET", PART("/interactions/"), "fetch_response" },
	{ "DELETE", PART("/interactions/"), "delete_response" },
};

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "agent", GT_ATTR_AGENT_ID },
					       { "previous_interaction_id", GT_ATTR_REQUEST_PREVIOUS_RESPONSE_ID },
					       { "generation_config.max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "generation_config.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "generation_config.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "generation_config.seed", GT_ATTR_REQUEST_SEED },
					       { "generation_config.stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "generation_config.thinking_level", GT_ATTR_REQUEST_REASONING_LEVEL },
					       { NULL } };

static bool is_read(const struct gt_reading *r)
{
	return gt_str_eq(r->call->request.method, GT_STR("GET"));
}

static void request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str value;
	bool stream = false;

	gt_operation_set(r, operations, GT_COUNT_OF(operations));
	gt_set_decoded(r, GT_ATTR_RESPONSE_ID, gt_call_path_segment(r->call, "/interactions/"));
	if (gt_call_query(r->call, "last_event_id", &value))
		gt_set_decoded(r, GT_ATTR_REQUEST_STREAM_CURSOR, value);
	if ((gt_json_bool(json, "stream", &stream) && stream) ||
	    (gt_call_query(r->call, "stream", &value) && gt_str_eq(value, GT_STR("true"))))
		gt_set_stream(r);
	if (gt_json_str(json, "response_mime_type", &value) && gt_str_istarts(value, GT_STR("application/json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	gt_take_tier(r, json, "service_tier");
}

static void take_modalities(const cJSON *list, int64_t *text, int64_t *image, int64_t *audio)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		struct gt_str name = GT_STR("");

		gt_json_str(item, "modality", &name);
		gt_take_tokens(gt_str_ieq(name, GT_STR("text"))	 ? text :
			       gt_str_ieq(name, GT_STR("image")) ? image :
			       gt_str_ieq(name, GT_STR("audio")) ? audio :
								   &(int64_t){ 0 },
			       item, "tokens");
	}
}

static void take_usage(struct gt_reading *r, const cJSON *usage)
{
	int64_t input = GT_TOKENS_NONE, output = GT_TOKENS_NONE, thought = GT_TOKENS_NONE, tool = GT_TOKENS_NONE, total = -1;
	struct gt_usage *u = &r->usage;

	gt_take_tokens(&input, usage, "total_input_tokens");
	gt_take_tokens(&output, usage, "total_output_tokens");
	gt_take_tokens(&thought, usage, "total_reasoning_tokens"); /* the name in the first preview */
	gt_take_tokens(&thought, usage, "total_thought_tokens");
	gt_take_tokens(&tool, usage, "total_tool_use_tokens");
	gt_take_tokens(&total, usage, "total_tokens");
	if (input == GT_TOKENS_NONE && output == GT_TOKENS_NONE)
		return;
	/* where the total has no room for it, the input includes it */
	if (tool > 0 && total >= 0 && total < gt_tokens_sum(gt_tokens_sum(input, output), gt_tokens_sum(thought, tool)))
		tool = GT_TOKENS_NONE;
	u->input = gt_tokens_sum(input, tool);
	u->output = gt_tokens_sum(output, thought);
	u->reasoning = thought;
	gt_take_tokens(&u->cache_read, usage, "total_cached_tokens");
	take_modalities(gt_json_at(usage, "input_tokens_by_modality"), &u->text_input, &u->image_input, &u->audio_input);
	take_modalities(gt_json_at(usage, "output_tokens_by_modality"), &u->text_output, &u->image_output, &u->audio_output);
	take_modalities(gt_json_at(usage, "cached_tokens_by_modality"), &u->text_cache_read, &u->image_cache_read,
			&u->audio_cache_read);
	r->has_fees |= gt_json_has(usage, "grounding_tool_count.0"); /* searches are charged per query */
}

static bool is_over(struct gt_str status)
{
	return status.len && !gt_str_eq(status, GT_STR("in_progress")) && !gt_str_eq(status, GT_STR("queued"));
}

/* The reason that the conventions expect, from the status. */
static void take_status(struct gt_reading *r, const cJSON *json)
{
	static const struct {
		struct gt_str status, reason;
	} rows[] = {
		{ { "completed", 9 }, { "stop", 4 } },
		{ { "requires_action", 15 }, { "tool_calls", 10 } },
		{ { "incomplete", 10 }, { "length", 6 } },
	};
	struct gt_str status;

	if (!gt_json_str(json, "status", &status))
		return;
	r->is_final |= is_over(status);
	if (is_read(r))
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_STATUS, status);
	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (gt_str_eq(status, rows[i].status))
			gt_set_finish(r, 0, rows[i].reason);
	if (!is_read(r) && gt_str_eq(status, GT_STR("failed")))
		gt_set_reply_error(r, status, GT_STR(""));
}

static void response(struct gt_reading *r, const cJSON *json)
{
	if (gt_has_error(json))
		gt_read_common_error(r, json);
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	if (is_read(r))
		gt_take_str(r, GT_ATTR_AGENT_ID, json, "agent");
	gt_take_tier(r, json, "service_tier");
	take_usage(r, gt_json_at(json, "usage"));
	take_status(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	if (!d->json) {
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
		return;
	}
	if (gt_has_error(d->json)) {
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
	response(r, gt_json_at(d->json, "interaction"));
}

/* Started in the background, an interaction has its usage on a read. Other reads repeat what its POST has reported. */
static void finish(struct gt_reading *r)
{
	struct gt_str id = gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID);
	struct gt_str status = gt_span_get_str(r->span, GT_ATTR_RESPONSE_STATUS);

	if (!is_read(r)) {
		gt_note_operation(r, KIND, id, gt_has_usage(r));
		return;
	}
	gt_count_once(r, KIND, id, is_over(status));
	if (gt_str_eq(status, GT_STR("failed")) || gt_str_eq(status, GT_STR("cancelled"))) {
		gt_set_finish(r, 0, GT_STR("error"));
		r->has_error = false; /* the read itself succeeded */
	}
	gt_span_set_name(r->span, gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), GT_STR(""));
}

/* ---------------------------------------------------------------- content */

static bool is(const cJSON *json, const char *word)
{
	return gt_str_eq(gt_content_str(json, "type"), gt_str_of(word));
}

static void put_part(struct gt_content *c, cJSON *parts, const cJSON *part)
{
	struct gt_str mime = gt_content_str(part, "mime_type");
	const cJSON *piece;

	if (is(part, "text")) {
		gt_part_text_at(c, parts, part, "text");
	} else if (is(part, "thought")) {
		cJSON_ArrayForEach (piece, gt_json_at(part, "summary"))
			gt_part_reasoning(c, parts, gt_content_str(piece, "text"));
	} else if (is(part, "function_call")) {
		gt_part_tool_call(c, parts, gt_content_str(part, "id"), gt_content_str(part, "name"),
				  gt_json_at(part, "arguments"));
	} else if (is(part, "function_result")) {
		gt_part_tool_response(c, parts, gt_content_str(part, "call_id"), gt_json_at(part, "result"));
	} else if (gt_content_str(part, "data").len) {
		gt_part_blob(c, parts, mime, NULL, gt_content_str(part, "data"));
	} else if (gt_content_str(part, "uri").len) {
		gt_part_uri(c, parts, mime, NULL, gt_content_str(part, "uri"));
	} else {
		gt_part_server_tool(c, parts,
				    gt_str_ends(gt_content_str(part, "type"), GT_STR("_result")) ? "server_tool_call_response" :
												   "server_tool_call",
				    part);
	}
}

/* A string, a part, or a list of parts. */
static void put_parts(struct gt_content *c, cJSON *parts, const cJSON *content)
{
	const cJSON *part;

	if (cJSON_IsString(content))
		gt_part_text(c, parts, gt_str_of(content->valuestring));
	else if (cJSON_IsObject(content))
		put_part(c, parts, content);
	else
		cJSON_ArrayForEach (part, content)
			put_part(c, parts, part);
}

/* Parts of the user's only message, or a history: turns with roles, or steps with types. */
static void put_input(struct gt_content *c, const cJSON *input)
{
	const cJSON *item;
	bool has_history = gt_json_has(input, "0.role") || gt_json_has(input, "0.content");

	if (!input)
		return;
	if (!has_history) {
		put_parts(c, gt_content_input(c, GT_STR("user")), input);
		gt_content_settle_role(c);
		return;
	}
	cJSON_ArrayForEach (item, input) {
		struct gt_str role = gt_content_str(item, "role");

		if (!role.len)
			role = is(item, "model_output") ? GT_STR("model") : GT_STR("user");
		put_parts(c, gt_content_input(c, role), gt_json_has(item, "content") ? gt_json_at(item, "content") : item);
		gt_content_settle_role(c);
	}
}

static void put_request(struct gt_content *c, const cJSON *json)
{
	const cJSON *tool;

	if (gt_content_str(json, "system_instruction").len)
		gt_part_text_at(c, gt_content_system(c), json, "system_instruction");
	put_input(c, gt_json_at(json, "input"));
	cJSON_ArrayForEach (tool, gt_json_at(json, "tools"))
		gt_content_tool(c, gt_content_str(tool, "type").len ? gt_content_str(tool, "type").p : "function",
				gt_content_str(tool, "name"), gt_json_at(tool, "description"), gt_json_at(tool, "parameters"));
}

/* The earlier revision has `outputs`, the later `steps`. */
static void put_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, gt_json_at(json, "outputs"))
		put_part(c, gt_content_choice(c, 0), item);
	cJSON_ArrayForEach (item, gt_json_at(json, "steps")) {
		if (is(item, "model_output"))
			put_parts(c, gt_content_choice(c, 0), gt_json_at(item, "content"));
		else if (!is(item, "user_input") && !is(item, "function_result"))
			put_part(c, gt_content_choice(c, 0), item);
	}
}

static void add_delta(struct gt_content *c, int64_t index, const cJSON *delta)
{
	struct gt_draft *call;

	if (is(delta, "text")) {
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, index), gt_content_str(delta, "text"));
	} else if (is(delta, "thought_summary")) {
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_REASONING, index), gt_content_str(delta, "content.text"));
	} else if (is(delta, "function_call") || is(delta, "arguments_delta")) {
		call = gt_draft_of(c, 0, GT_DRAFT_TOOL_CALL, index);
		gt_draft_name(c, call, gt_content_str(delta, "id"), gt_content_str(delta, "name"));
		gt_draft_add_json(c, call, gt_json_at(delta, "arguments"));
		gt_draft_add_json(c, call, gt_json_at(delta, "partial_arguments"));
	}
}

static void put_event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *whole = gt_json_at(d->json, "interaction"), *step = gt_json_at(d->json, "step");
	int64_t index = 0;

	gt_json_int(d->json, "index", &index);
	if (gt_json_has(whole, "outputs.0") || gt_json_has(whole, "steps.0")) {
		gt_content_forget_output(c);
		put_response(c, whole);
	} else if (is(step, "function_call")) {
		gt_draft_name(c, gt_draft_of(c, 0, GT_DRAFT_TOOL_CALL, index), gt_content_str(step, "id"),
			      gt_content_str(step, "name"));
	} else if (gt_json_has(d->json, "delta")) {
		add_delta(c, index, gt_json_at(d->json, "delta"));
	}
}

static const struct gt_content_reader content = { .request = put_request, .response = put_response, .event = put_event };

static const char *const members[] = { "id", "status", "event_type", NULL };

const struct gt_provider gt_gemini_interactions = {
	.api = GT_API_GEMINI_INTERACTIONS,
	.operation = "chat",
	.request_rows = request_rows,
	.members = members,
	.content = &content,
	.request = request,
	.response = response,
	.event = event,
	.finish = finish,
};
