/*
 * Meta's Llama API. A request has OpenAI's format, the reply a format of its own; below /compat both are OpenAI's. The
 * counts are a list of metrics with names.
 *
 * Source: the type definitions of its official SDK.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static void request(struct gt_reading *r, const cJSON *json)
{
	gt_openai_chat.request(r, json);
}

static void take_metrics(struct gt_reading *r, const cJSON *metrics)
{
	const cJSON *metric;

	cJSON_ArrayForEach (metric, metrics) {
		struct gt_str name = GT_STR("");

		gt_json_str(metric, "metric", &name);
		if (gt_str_eq(name, GT_STR("num_prompt_tokens")))
			gt_take_tokens(&r->usage.input, metric, "value");
		else if (gt_str_eq(name, GT_STR("num_completion_tokens")))
			gt_take_tokens(&r->usage.output, metric, "value");
	}
}

static void response(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_take_finish(r, 0, json, "completion_message.stop_reason");
	take_metrics(r, gt_json_at(json, "metrics"));
	if (gt_has_error(json))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type;

	if (!d->json) {
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
		return;
	}
	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, d->json, "id");
	gt_take_finish(r, 0, d->json, "event.stop_reason");
	take_metrics(r, gt_json_at(d->json, "event.metrics"));
	if (gt_json_str(d->json, "event.event_type", &type) && gt_str_eq(type, GT_STR("complete")))
		r->is_final = true;
	if (gt_has_error(d->json))
		gt_read_common_error(r, d->json);
}

/* ---------------------------------------------------------------- content */

static void put_request(struct gt_content *c, const cJSON *json)
{
	gt_openai_input(c, gt_json_at(json, "messages"));
	gt_openai_tools(c, gt_json_at(json, "tools"));
}

static void put_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *message = gt_json_at(json, "completion_message");

	if (gt_json_is_object(message, "content"))
		gt_part_text_at(c, gt_content_choice(c, 0), message, "content.text");
	if (message)
		gt_openai_message(c, gt_content_choice(c, 0), message);
}

/* The calls of a stream come in pieces, of which only the first has the id. */
static void put_event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *delta = gt_json_at(d->json, "event.delta");
	struct gt_draft *call;

	if (gt_content_str(delta, "text").len)
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_DRAFT_LAST), gt_content_str(delta, "text"));
	if (!gt_json_is_object(delta, "function"))
		return;
	call = gt_content_str(delta, "id").len ? gt_draft_new(c, 0, GT_DRAFT_TOOL_CALL) : gt_draft_call(c, 0, GT_DRAFT_LAST);
	if (!call)
		return;
	gt_draft_name(c, call, gt_content_str(delta, "id"), gt_content_str(delta, "function.name"));
	gt_draft_add(c, call, gt_content_str(delta, "function.arguments"));
}

static const struct gt_content_reader content = { .request = put_request, .response = put_response, .event = put_event };

static const char *const members[] = { "completion_message", "event", NULL };

const struct gt_provider gt_llama_chat = {
	.api = GT_API_LLAMA_CHAT,
	.operation = "chat",
	.members = members,
	.content = &content,
	.request = request,
	.response = response,
	.event = event,
};
