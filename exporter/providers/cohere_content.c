/*
 * Content of Cohere's chat. The second generation has OpenAI's messages. The first has a message, a history and a
 * preamble.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

static bool is(struct gt_str type, const char *word)
{
	return gt_str_eq(type, gt_str_of(word));
}

/* First generation: {"name","parameters"}, without ids. */
static void put_calls(struct gt_content *c, cJSON *parts, const cJSON *calls)
{
	const cJSON *call;

	cJSON_ArrayForEach (call, calls)
		gt_part_tool_call(c, parts, GT_STR(""), gt_content_str(call, "name"), gt_json_at(call, "parameters"));
}

static void put_results(struct gt_content *c, const cJSON *results)
{
	const cJSON *result;

	cJSON_ArrayForEach (result, results)
		gt_part_tool_response(c, gt_content_input(c, GT_STR("tool")), gt_content_str(result, "call.name"),
				      gt_json_at(result, "outputs"));
}

static void first_request(struct gt_content *c, const cJSON *json)
{
	const cJSON *turn, *tool;

	if (gt_content_str(json, "preamble").len)
		gt_part_text_at(c, gt_content_system(c), json, "preamble");
	cJSON_ArrayForEach (turn, gt_json_at(json, "chat_history")) {
		if (gt_json_is_array(turn, "tool_results")) {
			put_results(c, gt_json_at(turn, "tool_results"));
		} else {
			cJSON *parts = gt_content_input(c, gt_content_str(turn, "role"));

			gt_part_text_at(c, parts, turn, "message");
			put_calls(c, parts, gt_json_at(turn, "tool_calls"));
		}
	}
	put_results(c, gt_json_at(json, "tool_results"));
	if (gt_content_str(json, "message").len)
		gt_part_text_at(c, gt_content_input(c, GT_STR("user")), json, "message");
	cJSON_ArrayForEach (tool, gt_json_at(json, "tools"))
		gt_content_tool(c, "function", gt_content_str(tool, "name"), gt_json_at(tool, "description"),
				gt_json_at(tool, "parameter_definitions"));
}

static void request(struct gt_content *c, const cJSON *json)
{
	if (!gt_json_is_array(json, "messages")) {
		first_request(c, json);
		return;
	}
	gt_openai_input(c, gt_json_at(json, "messages"));
	gt_openai_tools(c, gt_json_at(json, "tools"));
}

static void response(struct gt_content *c, const cJSON *json)
{
	if (gt_json_is_object(json, "message")) {
		gt_openai_message(c, gt_content_choice(c, 0), gt_json_at(json, "message"));
	} else if (gt_json_has(json, "text") || gt_json_has(json, "tool_calls")) {
		gt_part_text_at(c, gt_content_choice(c, 0), json, "text");
		put_calls(c, gt_content_choice(c, 0), gt_json_at(json, "tool_calls"));
	}
}

/* ---------------------------------------------------------------- streams */

static void add(struct gt_content *c, enum gt_draft_kind kind, int64_t key, struct gt_str text)
{
	if (text.len)
		gt_draft_add(c, gt_draft_of(c, 0, kind, key), text);
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *message = gt_json_at(d->json, "delta.message"), *call = gt_json_at(message, "tool_calls");
	struct gt_str type = d->event;
	int64_t index = 0;

	gt_json_str(d->json, "type", &type);
	gt_json_str(d->json, "event_type", &type); /* the first generation */
	gt_json_int(d->json, "index", &index);
	index = index < 0 ? 0 : index;
	if (is(type, "content-start") || is(type, "content-delta")) {
		add(c, GT_DRAFT_TEXT, index, gt_content_str(message, "content.text"));
		add(c, GT_DRAFT_REASONING, index, gt_content_str(message, "content.thinking"));
	} else if (is(type, "tool-plan-delta")) {
		add(c, GT_DRAFT_REASONING, GT_DRAFT_LAST, gt_content_str(message, "tool_plan"));
	} else if (is(type, "tool-call-start") || is(type, "tool-call-delta")) {
		struct gt_draft *draft = gt_draft_begin(c, 0, GT_DRAFT_TOOL_CALL, index, gt_content_str(call, "id"));

		gt_draft_name(c, draft, gt_content_str(call, "id"), gt_content_str(call, "function.name"));
		gt_draft_add_json(c, draft, gt_json_at(call, "function.arguments"));
	} else if (is(type, "text-generation")) {
		add(c, GT_DRAFT_TEXT, GT_DRAFT_LAST, gt_content_str(d->json, "text"));
	} else if (is(type, "tool-calls-generation")) {
		put_calls(c, gt_content_choice(c, 0), gt_json_at(d->json, "tool_calls"));
	}
}

const struct gt_content_reader gt_content_cohere = { .request = request, .response = response, .event = event };
