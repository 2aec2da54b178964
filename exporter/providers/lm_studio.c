/*
 * LM Studio's native API. Its other paths speak OpenAI's formats. A stream has named events; the last of them holds the
 * whole reply.
 *
 * Source: the REST API's documentation, lmstudio.ai/docs/developer/rest.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "top_p", GT_ATTR_REQUEST_TOP_P },
					       { "top_k", GT_ATTR_REQUEST_TOP_K },
					       { "reasoning", GT_ATTR_REQUEST_REASONING_LEVEL },
					       { "previous_response_id", GT_ATTR_REQUEST_PREVIOUS_RESPONSE_ID },
					       { NULL } };

static const struct gt_take response_rows[] = { { "model_instance_id", GT_ATTR_RESPONSE_MODEL },
						{ "response_id", GT_ATTR_RESPONSE_ID },
						{ NULL } };

static const struct gt_count usage_rows[] = { { "stats.input_tokens", GT_TOKENS(input) },
					      { "stats.total_output_tokens", GT_TOKENS(output) },
					      { "stats.reasoning_output_tokens", GT_TOKENS(reasoning) },
					      { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;

	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	if (gt_has_error(json))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type = d->event;

	gt_json_str(d->json, "type", &type);
	if (gt_str_eq(type, GT_STR("chat.start"))) {
		gt_take_str(r, GT_ATTR_RESPONSE_MODEL, d->json, "model_instance_id");
	} else if (gt_str_eq(type, GT_STR("chat.end"))) {
		gt_provider_response(&gt_lm_studio, r, gt_json_at(d->json, "result"));
		r->is_final = true;
	} else if (gt_str_eq(type, GT_STR("error"))) {
		gt_read_common_error(r, d->json);
	}
}

/* Other chat programs have this path too. */
static bool claims(const struct gt_call *call, const cJSON *json)
{
	const cJSON *input = gt_json_at(json, "input");

	if (!json)
		return gt_request_has_text(call, "\"model\"") && gt_request_has_text(call, "\"input\"");
	return gt_json_has(json, "model") && (cJSON_IsString(input) || cJSON_IsArray(input));
}

/* ---------------------------------------------------------------- content */

static void put_inputs(struct gt_content *c, const cJSON *json)
{
	const cJSON *input = gt_json_at(json, "input"), *item;
	cJSON *parts;

	if (gt_content_str(json, "system_prompt").len)
		gt_part_text_at(c, gt_content_system(c), json, "system_prompt");
	if (!cJSON_IsString(input) && !cJSON_IsArray(input))
		return;
	parts = gt_content_input(c, GT_STR("user"));
	if (cJSON_IsString(input))
		gt_part_text(c, parts, gt_str_of(input->valuestring));
	cJSON_ArrayForEach (item, (cJSON_IsArray(input) ? input : NULL)) {
		if (gt_content_str(item, "data_url").len)
			gt_part_uri(c, parts, GT_STR(""), "image", gt_content_str(item, "data_url"));
		else
			gt_part_text_at(c, parts, item, "content");
	}
}

static void put_outputs(struct gt_content *c, const cJSON *json)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, gt_json_at(json, "output")) {
		struct gt_str type = gt_content_str(item, "type");
		cJSON *parts = gt_content_choice(c, 0);

		if (gt_str_eq(type, GT_STR("message")))
			gt_part_text_at(c, parts, item, "content");
		else if (gt_str_eq(type, GT_STR("reasoning")))
			gt_part_reasoning(c, parts, gt_content_str(item, "content"));
		else /* the server runs the tools */
			gt_part_server_tool(c, parts, "server_tool_call", item);
	}
}

static void put_event(struct gt_content *c, const struct gt_document *d)
{
	struct gt_str type = d->event;
	enum gt_draft_kind kind = GT_DRAFT_TEXT;

	gt_json_str(d->json, "type", &type);
	if (gt_str_eq(type, GT_STR("chat.end"))) {
		gt_content_forget_output(c);
		put_outputs(c, gt_json_at(d->json, "result"));
	} else if (gt_str_eq(type, GT_STR("message.delta")) || gt_str_eq(type, GT_STR("reasoning.delta"))) {
		if (type.p[0] == 'r')
			kind = GT_DRAFT_REASONING;
		gt_draft_add(c, gt_draft_of(c, 0, kind, GT_DRAFT_LAST), gt_content_str(d->json, "content"));
	}
}

static const struct gt_content_reader content = { .request = put_inputs, .response = put_outputs, .event = put_event };

static const char *const members[] = { "output", "type", NULL };

const struct gt_provider gt_lm_studio = {
	.api = GT_API_LM_STUDIO,
	.operation = "chat",
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = usage_rows,
	.members = members,
	.content = &content,
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
};
