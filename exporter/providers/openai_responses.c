/*
 * OpenAI's responses: creating a response, fetching a stored response, and counting a request's tokens.
 *
 * Sources: the type definitions of the official SDK, and the deviations of the other providers, which only add fields.
 */
#include "exporter/providers/openai_members.h"

#include "shim/shared/compiler.h"

#define KIND "response"

static const struct gt_take responses_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "top_p", GT_ATTR_REQUEST_TOP_P },
	{ "reasoning.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "previous_response_id", GT_ATTR_REQUEST_PREVIOUS_RESPONSE_ID },
	{ "conversation", GT_ATTR_CONVERSATION_ID },
	{ "conversation.id", GT_ATTR_CONVERSATION_ID },
};

static void responses_request(struct gt_reading *r, const cJSON *json)
{
	gt_take_all(r, json, responses_rows, GT_COUNT_OF(responses_rows));
	gt_openai_take_deployment(r);
	gt_openai_take_format(r, json, "text.format.type");
	gt_openai_take_tier(r, GT_ATTR_OPENAI_REQUEST_SERVICE_TIER, json, "service_tier");
	gt_openai_take_stream(r, json);
	gt_openai_set_api_type(r, GT_STR("responses"));
}

static bool is_client_call(struct gt_str type)
{
	return gt_str_eq(type, GT_STR("function_call")) || gt_str_eq(type, GT_STR("custom_tool_call"));
}

/* The provider's own tools are charged per call or per minute. Those that come later will be too. */
static bool is_charged(struct gt_str type)
{
	static const struct gt_str free[] = {
		{ "function_call", 13 },    { "custom_tool_call", 16 }, { "mcp_call", 8 },	    { "computer_call", 13 },
		{ "local_shell_call", 16 }, { "apply_patch_call", 16 }, { "tool_search_call", 16 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(free); i++)
		if (gt_str_eq(type, free[i]))
			return false;
	return gt_str_ends(type, GT_STR("_call"));
}

/* An item of the output. In a stream the last event should repeat all items, but some servers send it without them. */
static void take_item(struct gt_reading *r, struct gt_str type)
{
	if (gt_str_eq(type, GT_STR("compaction")))
		gt_span_set_bool(r->span, GT_ATTR_CONVERSATION_COMPACTED, true);
	r->has_calls |= is_client_call(type);
	r->has_fees |= is_charged(type);
}

/* This API has no finish_reason. The reason that the conventions expect is derived from status and items. */
static void derive_finish(struct gt_reading *r, const cJSON *json, struct gt_str status)
{
	struct gt_str reason;

	if (gt_str_eq(status, GT_STR("incomplete")) && gt_json_str(json, "incomplete_details.reason", &reason))
		gt_set_finish(r, 0, gt_str_eq(reason, GT_STR("max_output_tokens")) ? GT_STR("length") : reason);
	else if (gt_str_eq(status, GT_STR("completed")))
		gt_set_finish(r, 0, r->has_calls ? GT_STR("tool_calls") : GT_STR("stop"));
}

/* `status` is what the event's name shows, or empty; the response's own takes precedence. */
static void take_response(struct gt_reading *r, const cJSON *json, struct gt_str status)
{
	const cJSON *item;
	struct gt_str type;

	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_openai_take_tier(r, GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, json, "service_tier");
	gt_take_first_str(r, GT_ATTR_CONVERSATION_ID, json, "conversation.id");
	gt_openai_take_usage(r, gt_json_at(json, "usage"));
	cJSON_ArrayForEach (item, gt_json_at(json, "output"))
		if (gt_json_str(item, "type", &type))
			take_item(r, type);
	gt_json_str(json, "status", &status);
	derive_finish(r, json, status);
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
	else if (gt_str_eq(status, GT_STR("failed"))) /* for a reason that is not sent */
		gt_set_reply_error(r, GT_STR(""), GT_STR(""));
}

static void responses_response(struct gt_reading *r, const cJSON *json)
{
	take_response(r, json, GT_STR(""));
}

/* An item by itself, or a step of one, as in response.web_search_call.in_progress. */
static void take_item_event(struct gt_reading *r, struct gt_str type, const cJSON *json)
{
	struct gt_str of_item;

	if (gt_json_str(json, "item.type", &of_item))
		take_item(r, of_item);
	if (gt_str_starts(type, GT_STR("response."))) {
		type = gt_str_skip(type, strlen("response."));
		take_item(r, gt_str_make(type.p, gt_str_find(type, '.')));
	}
}

static void responses_event(struct gt_reading *r, const struct gt_document *d)
{
	static const struct {
		struct gt_str type, status;
	} ends[] = {
		{ { "response.completed", 18 }, { "completed", 9 } },
		{ { "response.incomplete", 19 }, { "incomplete", 10 } },
		{ { "response.failed", 15 }, { "failed", 6 } },
		{ { "response.done", 13 }, { "completed", 9 } },
	};
	static const struct gt_str starts[] = { { "response.created", 16 },
						{ "response.queued", 15 },
						{ "response.in_progress", 20 } };
	struct gt_str type = d->event;

	if (!d->json) {
		if (gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]")))
			r->is_final = true;
		return;
	}
	gt_json_str(d->json, "type", &type);
	/* a resumed stream may start with any of these events */
	for (size_t i = 0; i < GT_COUNT_OF(starts); i++)
		if (gt_str_eq(type, starts[i]))
			responses_response(r, gt_json_at(d->json, "response"));
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++) {
		if (gt_str_eq(type, ends[i].type)) {
			take_response(r, gt_json_at(d->json, "response"), ends[i].status);
			r->is_final = true;
		}
	}
	take_item_event(r, type, d->json);
	/* OpenAI's error event is flat; other providers nest it, and some omit its type */
	if (gt_str_eq(type, GT_STR("error")) || gt_json_is_object(d->json, "error")) {
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
}

/* For a later fetch of the response. No program fetches the results of a batch once more, and they are many. */
static void responses_finish(struct gt_reading *r)
{
	if (r->is_batch)
		return;
	gt_note_operation(r, KIND, gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID), gt_has_usage(r));
}

static bool responses_claims(const struct gt_call *call, const cJSON *json)
{
	if (!json)
		return gt_request_has_text(call, "\"input\"") && gt_request_has_text(call, "\"model\"");
	return gt_json_is_object(json, "prompt") || (gt_json_has(json, "input") && gt_json_has(json, "model"));
}

static const char *const responses_members[] = { "output", "status", "type", "conversation", NULL };

const struct gt_provider gt_openai_responses = {
	.api = GT_API_OPENAI_RESPONSES,
	.operation = "chat",
	.members = responses_members,
	.claims = responses_claims,
	.request = responses_request,
	.response = responses_response,
	.event = responses_event,
	.finish = responses_finish,
	.content = &gt_content_responses,
};

/* The handshake of a WebSocket, when the server refuses it: what the connection is for shows in its messages alone.
 * gt_openai_responses reads each turn on a connection that opens. */
static void socket_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	gt_openai_set_api_type(r, GT_STR("responses"));
}

const struct gt_provider gt_openai_responses_socket = {
	.api = GT_API_OPENAI_RESPONSES_SOCKET,
	.operation = "chat",
	.request = socket_request,
};

/* ---------------------------------------------------------------- a stored response */

/* The tokens were counted when the response was created (conventions, fetch_response). Only a response that ran in the
 * background, or whose stream this process lost, has them on a fetch alone. */
static void stored_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str value;

	(void)json;
	gt_set_decoded(r, GT_ATTR_RESPONSE_ID, gt_call_path_segment(r->call, "/responses/"));
	if (gt_call_query(r->call, "starting_after", &value))
		gt_set_decoded(r, GT_ATTR_REQUEST_STREAM_CURSOR, value);
	if (gt_call_query(r->call, "stream", &value) && gt_str_eq(value, GT_STR("true")))
		gt_set_stream(r);
	gt_openai_set_api_type(r, GT_STR("responses"));
}

static void stored_finish(struct gt_reading *r)
{
	struct gt_str status = gt_span_get_str(r->span, GT_ATTR_RESPONSE_STATUS);
	struct gt_str id = gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID);
	bool is_over = status.len && !gt_str_eq(status, GT_STR("queued")) && !gt_str_eq(status, GT_STR("in_progress"));

	if (r->is_background)
		gt_count_once(r, KIND, id, is_over);
	else if (gt_note_operation(r, KIND, id, is_over) != GT_LEDGER_OPEN || !is_over)
		gt_drop_usage(r);
	if (gt_str_eq(status, GT_STR("failed")) || gt_str_eq(status, GT_STR("cancelled"))) {
		gt_set_finish(r, 0, GT_STR("error"));
		r->has_error = false; /* the fetch itself succeeded */
	}
	gt_span_set_name(r->span, gt_str_of(r->provider->operation), GT_STR(""));
}

static void stored_response(struct gt_reading *r, const cJSON *json)
{
	responses_response(r, json);
	gt_json_bool(json, "background", &r->is_background);
	gt_take_str(r, GT_ATTR_RESPONSE_STATUS, json, "status");
}

static void stored_event(struct gt_reading *r, const struct gt_document *d)
{
	responses_event(r, d);
	gt_json_bool(d->json, "response.background", &r->is_background);
	if (gt_json_has(d->json, "response.status"))
		gt_take_str(r, GT_ATTR_RESPONSE_STATUS, d->json, "response.status");
}

const struct gt_provider gt_openai_stored = {
	.api = GT_API_OPENAI_STORED,
	.operation = "fetch_response",
	.request = stored_request,
	.response = stored_response,
	.event = stored_event,
	.finish = stored_finish,
	.content = &gt_content_responses,
};

/* ---------------------------------------------------------------- token counting */

/* The count in the reply is not usage: no inference ran. */
static const struct gt_take model_rows[] = { { "model", GT_ATTR_REQUEST_MODEL }, { NULL } };

const struct gt_provider gt_openai_input_tokens = {
	.api = GT_API_OPENAI_INPUT_TOKENS,
	.operation = "count_tokens",
	.request_rows = model_rows,
};
