/*
 * Content of Anthropic's messages, which consist of blocks. In a stream each block has an index, and its pieces name
 * that index.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

static bool is(struct gt_str type, const char *word)
{
	return gt_str_eq(type, gt_str_of(word));
}

static void put_source(struct gt_content *c, cJSON *parts, const cJSON *source, const char *modality)
{
	struct gt_str type = gt_content_str(source, "type"), mime = gt_content_str(source, "media_type");

	if (is(type, "base64"))
		gt_part_blob(c, parts, mime, modality, gt_content_str(source, "data"));
	else if (is(type, "url"))
		gt_part_uri(c, parts, mime, modality, gt_content_str(source, "url"));
	else if (is(type, "file"))
		gt_part_file(c, parts, modality, gt_content_str(source, "file_id"));
	else if (is(type, "text"))
		gt_part_text_at(c, parts, source, "data");
	else if (is(type, "content"))
		gt_openai_parts(c, parts, gt_json_at(source, "content"));
}

static void put_block(struct gt_content *c, cJSON *parts, const cJSON *block)
{
	struct gt_str type = gt_content_str(block, "type");

	if (is(type, "text"))
		gt_part_text_at(c, parts, block, "text");
	else if (is(type, "thinking"))
		gt_part_reasoning(c, parts, gt_content_str(block, "thinking"));
	else if (is(type, "redacted_thinking"))
		gt_part_reasoning(c, parts, GT_STR("[encrypted]"));
	else if (is(type, "image") || is(type, "document"))
		put_source(c, parts, gt_json_at(block, "source"), is(type, "image") ? "image" : "document");
	else if (is(type, "tool_use"))
		gt_part_tool_call(c, parts, gt_content_str(block, "id"), gt_content_str(block, "name"),
				  gt_json_at(block, "input"));
	else if (is(type, "tool_result"))
		gt_part_tool_response(c, parts, gt_content_str(block, "tool_use_id"), gt_json_at(block, "content"));
	else if (is(type, "server_tool_use") || is(type, "mcp_tool_use"))
		gt_part_server_tool(c, parts, "server_tool_call", block);
	else if (gt_str_ends(type, GT_STR("_tool_result")))
		gt_part_server_tool(c, parts, "server_tool_call_response", block);
	else
		gt_part_other(c, parts, block, "unknown");
}

static void put_blocks(struct gt_content *c, cJSON *parts, const cJSON *content)
{
	const cJSON *block;

	if (cJSON_IsString(content))
		gt_part_text(c, parts, gt_str_of(content->valuestring));
	else if (cJSON_IsArray(content))
		cJSON_ArrayForEach (block, content)
			put_block(c, parts, block);
}

static void request(struct gt_content *c, const cJSON *json)
{
	const cJSON *message, *tool;

	if (gt_json_has(json, "system"))
		gt_openai_parts(c, gt_content_system(c), gt_json_at(json, "system"));
	cJSON_ArrayForEach (message, gt_json_at(json, "messages")) {
		put_blocks(c, gt_content_input(c, gt_content_str(message, "role")), gt_json_at(message, "content"));
		gt_content_settle_role(c);
	}
	cJSON_ArrayForEach (tool, gt_json_at(json, "tools")) {
		struct gt_str type = gt_content_str(tool, "type");

		gt_content_tool(c, !type.len || is(type, "custom") ? "function" : type.p, gt_content_str(tool, "name"),
				gt_json_at(tool, "description"), gt_json_at(tool, "input_schema"));
	}
}

static void response(struct gt_content *c, const cJSON *json)
{
	if (gt_json_is_array(json, "content"))
		put_blocks(c, gt_content_choice(c, 0), gt_json_at(json, "content"));
}

/* ---------------------------------------------------------------- streams */

static void start_block(struct gt_content *c, int64_t index, const cJSON *block)
{
	struct gt_str type = gt_content_str(block, "type");

	if (is(type, "text")) {
		if (gt_content_str(block, "text").len)
			gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, index), gt_content_str(block, "text"));
	} else if (is(type, "thinking")) {
		if (gt_content_str(block, "thinking").len)
			gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_REASONING, index), gt_content_str(block, "thinking"));
	} else if (is(type, "tool_use") || is(type, "server_tool_use") || is(type, "mcp_tool_use")) {
		enum gt_draft_kind kind = is(type, "tool_use") ? GT_DRAFT_TOOL_CALL : GT_DRAFT_SERVER_CALL;
		struct gt_draft *d = gt_draft_begin(c, 0, kind, index, gt_content_str(block, "id"));
		const cJSON *input = gt_json_at(block, "input");

		gt_draft_name(c, d, gt_content_str(block, "id"), gt_content_str(block, "name"));
		gt_draft_expect_object(c, d);
		if (input && input->child) /* already whole; {} is a placeholder for pieces to come */
			gt_draft_add_json(c, d, input);
	} else {
		put_block(c, gt_content_choice(c, 0), block);
	}
}

static void add_delta(struct gt_content *c, int64_t index, const cJSON *delta)
{
	struct gt_str type = gt_content_str(delta, "type");

	if (is(type, "text_delta"))
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, index), gt_content_str(delta, "text"));
	else if (is(type, "thinking_delta"))
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_REASONING, index), gt_content_str(delta, "thinking"));
	else if (is(type, "input_json_delta") && gt_content_str(delta, "partial_json").len)
		gt_draft_add(c, gt_draft_call(c, 0, index), gt_content_str(delta, "partial_json"));
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	struct gt_str type = d->event;
	int64_t index = 0;

	gt_json_str(d->json, "type", &type);
	gt_json_int(d->json, "index", &index);
	index = index < 0 ? 0 : index;
	if (is(type, "message_start"))
		response(c, gt_json_at(d->json, "message"));
	else if (is(type, "content_block_start"))
		start_block(c, index, gt_json_at(d->json, "content_block"));
	else if (is(type, "content_block_delta"))
		add_delta(c, index, gt_json_at(d->json, "delta"));
}

const struct gt_content_reader gt_content_anthropic = { .request = request, .response = response, .event = event };
