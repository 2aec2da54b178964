/*
 * OpenAI's Realtime API, and its copies (Azure, xAI and others): the handshake of a session, when it is refused, and each turn
 * of a session.
 *
 * The request of a turn is made by exporter/exchange/turns_openai.c: the session's settings, which models were asked for
 * and are served, and the settings of this response alone. The documents are the server's events that name the response.
 */
#include "exporter/providers/openai_members.h"

#include "shim/shared/compiler.h"

/* The older names belong to the beta. A limit may also be the text "inf". */
static const struct gt_take request_rows[] = {
	{ "session.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "response.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "session.max_response_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "session.max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "response.max_response_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "response.max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "session.reasoning.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "response.reasoning.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ NULL },
};

static void take_model(struct gt_reading *r, const cJSON *json)
{
	struct gt_str model;

	if (gt_call_query(r->call, "model", &model) || gt_call_query(r->call, "deployment", &model))
		gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, model);
	gt_take_str(r, GT_ATTR_REQUEST_MODEL, json, "asked_model");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "served_model");
	if (!gt_span_has(r->span, GT_ATTR_REQUEST_MODEL)) /* the server's choice */
		gt_take_str(r, GT_ATTR_REQUEST_MODEL, json, "served_model");
}

/* A response has one kind of output; audio comes with a transcript. */
static void take_output_type(struct gt_reading *r, const cJSON *json)
{
	static const char *const paths[] = { "session.modalities", "session.output_modalities", "response.modalities",
					     "response.output_modalities" };

	for (size_t i = 0; i < GT_COUNT_OF(paths); i++) {
		const cJSON *item, *list = gt_json_at(json, paths[i]);
		bool is_speech = false;

		cJSON_ArrayForEach (item, list)
			is_speech |= cJSON_IsString(item) && !strcmp(item->valuestring, "audio");
		if (cJSON_GetArraySize(list) > 0)
			gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, is_speech ? GT_STR("speech") : GT_STR("text"));
	}
}

static void realtime_request(struct gt_reading *r, const cJSON *json)
{
	take_model(r, json);
	take_output_type(r, json);
}

/* Why a response ended, in the words of the conventions. */
static void take_status(struct gt_reading *r, const cJSON *response)
{
	struct gt_str status = GT_STR(""), reason = GT_STR("");

	gt_json_str(response, "status", &status);
	gt_json_str(response, "status_details.reason", &reason);
	if (gt_str_eq(status, GT_STR("completed")))
		gt_set_finish(r, 0, r->has_calls ? GT_STR("tool_calls") : GT_STR("stop"));
	else if (gt_str_eq(status, GT_STR("incomplete")))
		gt_set_finish(r, 0, gt_str_eq(reason, GT_STR("max_output_tokens")) ? GT_STR("length") : reason);
	else if (gt_str_eq(status, GT_STR("cancelled"))) /* by the client, or because the user went on speaking */
		gt_set_finish(r, 0, GT_STR("error"));
	else if (gt_str_eq(status, GT_STR("failed")) && gt_json_is_object(response, "status_details.error"))
		gt_read_common_error(r, gt_json_at(response, "status_details"));
	else if (gt_str_eq(status, GT_STR("failed")))
		gt_set_reply_error(r, GT_STR(""), GT_STR(""));
}

static void take_response(struct gt_reading *r, const cJSON *response)
{
	const cJSON *item;
	struct gt_str type;

	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, response, "id");
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, response, "model");
	gt_take_first_str(r, GT_ATTR_CONVERSATION_ID, response, "conversation_id");
	gt_openai_take_usage(r, gt_json_at(response, "usage"));
	cJSON_ArrayForEach (item, gt_json_at(response, "output"))
		if (gt_json_str(item, "type", &type) && gt_str_eq(type, GT_STR("function_call")))
			r->has_calls = true;
}

static void realtime_event(struct gt_reading *r, const struct gt_document *d)
{
	const cJSON *response = gt_json_at(d->json, "response");
	struct gt_str type = GT_STR("");

	gt_json_str(d->json, "type", &type);
	take_response(r, response);
	if (gt_str_eq(type, GT_STR("response.done"))) {
		take_status(r, response);
		r->is_final = true;
	} else if (gt_str_eq(type, GT_STR("error"))) {
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
}

static const char *const realtime_members[] = { "type", NULL };

const struct gt_provider gt_openai_realtime = {
	.api = GT_API_OPENAI_REALTIME,
	.operation = "chat",
	.members = realtime_members,
	.request_rows = request_rows,
	.request = realtime_request,
	.event = realtime_event,
};
