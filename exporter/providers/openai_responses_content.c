/*
 * Content of OpenAI's responses: a list of items, each a message, a call, a call's output, or reasoning. The last event
 * of a stream repeats all items in full. The events before it count only when it never arrives, or has no items.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static bool is(struct gt_str type, const char *word)
{
	return gt_str_eq(type, gt_str_of(word));
}

static void put_reasoning(struct gt_content *c, cJSON *parts, const cJSON *item)
{
	const cJSON *piece;

	cJSON_ArrayForEach (piece, gt_json_at(item, "summary"))
		gt_part_reasoning(c, parts, gt_content_str(piece, "text"));
	cJSON_ArrayForEach (piece, gt_json_at(item, "content"))
		gt_part_reasoning(c, parts, gt_content_str(piece, "text"));
}

static bool is_client_call(struct gt_str type)
{
	return is(type, "function_call") || is(type, "custom_tool_call");
}

/* An item as parts of an assistant's message. The item of a server-side tool contains the tool's result. */
static void put_output_item(struct gt_content *c, cJSON *parts, const cJSON *item)
{
	struct gt_str type = gt_content_str(item, "type");

	if (is(type, "message"))
		gt_openai_parts(c, parts, gt_json_at(item, "content"));
	else if (is(type, "reasoning"))
		put_reasoning(c, parts, item);
	else if (is_client_call(type))
		gt_part_tool_call(c, parts, gt_content_str(item, "call_id"), gt_content_str(item, "name"),
				  gt_json_has(item, "arguments") ? gt_json_at(item, "arguments") : gt_json_at(item, "input"));
	else if (is(type, "image_generation_call"))
		gt_part_blob(c, parts, GT_STR(""), "image", gt_content_str(item, "result"));
	else if (gt_str_ends(type, GT_STR("_call")))
		gt_part_server_tool(c, parts, "server_tool_call", item);
	else
		gt_part_other(c, parts, item, "unknown");
}

static void put_input_item(struct gt_content *c, const cJSON *item)
{
	struct gt_str type = gt_content_str(item, "type"), role = gt_content_str(item, "role");

	if (role.len) /* a message, even without a type */
		gt_openai_parts(c, gt_content_input(c, role), gt_json_at(item, "content"));
	else if (gt_str_ends(type, GT_STR("_output")))
		gt_part_tool_response(c, gt_content_input(c, GT_STR("tool")), gt_content_str(item, "call_id"),
				      gt_json_at(item, "output"));
	else
		put_output_item(c, gt_content_input(c, GT_STR("assistant")), item);
}

static void request(struct gt_content *c, const cJSON *json)
{
	const cJSON *input = gt_json_at(json, "input"), *item;

	if (gt_content_str(json, "instructions").len)
		gt_part_text_at(c, gt_content_system(c), json, "instructions");
	if (cJSON_IsString(input))
		gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(input->valuestring));
	else if (cJSON_IsArray(input))
		cJSON_ArrayForEach (item, input)
			put_input_item(c, item);
	gt_openai_tools(c, gt_json_at(json, "tools"));
}

static void response(struct gt_content *c, const cJSON *json)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, gt_json_at(json, "output"))
		put_output_item(c, gt_content_choice(c, 0), item);
}

/* ---------------------------------------------------------------- streams */

#define CONTENTS 256 /* no API sends more contents of one item */

/* A key for the item's and the content's index. */
static int64_t key_of(const cJSON *json)
{
	int64_t item = 0, content = 0;

	gt_json_int(json, "output_index", &item);
	if (!gt_json_int(json, "content_index", &content))
		gt_json_int(json, "summary_index", &content);
	return item >= 0 && content >= 0 && item < INT32_MAX ? item * CONTENTS + content % CONTENTS : 0;
}

static void add_delta(struct gt_content *c, struct gt_str type, const cJSON *json)
{
	static const struct {
		const char *type;
		enum gt_draft_kind kind;
	} rows[] = {
		{ "response.output_text.delta", GT_DRAFT_TEXT },
		{ "response.refusal.delta", GT_DRAFT_TEXT },
		{ "response.reasoning_summary_text.delta", GT_DRAFT_REASONING },
		{ "response.reasoning_text.delta", GT_DRAFT_REASONING },
		{ "response.function_call_arguments.delta", GT_DRAFT_TOOL_CALL },
		{ "response.custom_tool_call_input.delta", GT_DRAFT_TOOL_CALL },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (is(type, rows[i].type))
			gt_draft_add(c, gt_draft_of(c, 0, rows[i].kind, key_of(json)), gt_content_str(json, "delta"));
}

/* An item that is complete. Its pieces, if there were any, are in drafts. */
static void put_done_item(struct gt_content *c, const cJSON *event, const cJSON *item)
{
	struct gt_str type = gt_content_str(item, "type"), id = gt_content_str(item, "call_id");
	struct gt_draft *call = gt_draft_call_of(c, 0, GT_DRAFT_LAST, id);
	int64_t key = key_of(event);

	if (is_client_call(type) && call) {
		if (!call->text.len)
			gt_draft_add_json(c, call,
					  gt_json_has(item, "arguments") ? gt_json_at(item, "arguments") :
									   gt_json_at(item, "input"));
	} else if (!(is(type, "message") || is(type, "reasoning")) || !gt_draft_has(c, 0, key, key + CONTENTS - 1)) {
		put_output_item(c, gt_content_choice(c, 0), item);
	}
}

static void begin_call(struct gt_content *c, const cJSON *event, const cJSON *item)
{
	struct gt_str id = gt_content_str(item, "call_id");

	gt_draft_name(c, gt_draft_begin(c, 0, GT_DRAFT_TOOL_CALL, key_of(event), id), id, gt_content_str(item, "name"));
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *item = gt_json_at(d->json, "item"), *output = gt_json_at(d->json, "response.output");
	struct gt_str type = d->event;

	gt_json_str(d->json, "type", &type);
	if (cJSON_IsArray(output) && output->child) {
		gt_content_forget_output(c);
		response(c, gt_json_at(d->json, "response"));
	} else if (is(type, "response.output_item.added") && is_client_call(gt_content_str(item, "type"))) {
		begin_call(c, d->json, item);
	} else if (is(type, "response.output_item.done")) {
		put_done_item(c, d->json, item);
	} else {
		add_delta(c, type, d->json);
	}
}

const struct gt_content_reader gt_content_responses = { .request = request, .response = response, .event = event };

/* ---------------------------------------------------------------- Mistral's conversations, which are similar */

static void put_mistral(struct gt_content *c, cJSON *parts, const cJSON *entry)
{
	struct gt_str type = gt_content_str(entry, "type");

	if (is(type, "function.call"))
		gt_part_tool_call(c, parts, gt_content_str(entry, "tool_call_id"), gt_content_str(entry, "name"),
				  gt_json_at(entry, "arguments"));
	else if (is(type, "tool.execution"))
		gt_part_server_tool(c, parts, "server_tool_call", entry);
	else
		gt_openai_parts(c, parts, gt_json_at(entry, "content"));
}

static void mistral_request(struct gt_content *c, const cJSON *json)
{
	const cJSON *inputs = gt_json_at(json, "inputs"), *entry;

	if (gt_content_str(json, "instructions").len)
		gt_part_text_at(c, gt_content_system(c), json, "instructions");
	if (cJSON_IsString(inputs))
		gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(inputs->valuestring));
	cJSON_ArrayForEach (entry, (cJSON_IsArray(inputs) ? inputs : NULL)) {
		if (is(gt_content_str(entry, "type"), "function.result"))
			gt_part_tool_response(c, gt_content_input(c, GT_STR("tool")), gt_content_str(entry, "tool_call_id"),
					      gt_json_at(entry, "result"));
		else if (gt_content_str(entry, "role").len)
			put_mistral(c, gt_content_input(c, gt_content_str(entry, "role")), entry);
		else
			put_mistral(c, gt_content_input(c, GT_STR("assistant")), entry);
	}
	gt_openai_tools(c, gt_json_at(json, "tools"));
}

static void mistral_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, gt_json_at(json, "outputs"))
		put_mistral(c, gt_content_choice(c, 0), entry);
}

static void mistral_event(struct gt_content *c, const struct gt_document *d)
{
	struct gt_str type = d->event;

	gt_json_str(d->json, "type", &type);
	if (is(type, "message.output.delta")) {
		if (cJSON_IsString(gt_json_at(d->json, "content")))
			gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_DRAFT_LAST), gt_content_str(d->json, "content"));
		else
			gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_DRAFT_LAST),
				     gt_content_str(d->json, "content.text"));
	} else if (is(type, "function.call.delta")) {
		struct gt_draft *call = gt_draft_call(c, 0, GT_DRAFT_LAST);

		if (!gt_draft_is_called(call, gt_content_str(d->json, "tool_call_id")))
			call = gt_draft_new(c, 0, GT_DRAFT_TOOL_CALL);
		gt_draft_name(c, call, gt_content_str(d->json, "tool_call_id"), gt_content_str(d->json, "name"));
		gt_draft_add_json(c, call, gt_json_at(d->json, "arguments"));
	}
}

const struct gt_content_reader gt_content_mistral = { .request = mistral_request,
						      .response = mistral_response,
						      .event = mistral_event };
