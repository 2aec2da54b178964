/*
 * Content of Amazon Bedrock's converse, and of Nova's messages. Nova's format differs only in streams, where each event
 * is wrapped in its name.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

#include <stdio.h>

static void put_file(struct gt_content *c, cJSON *parts, const char *kind, const cJSON *file)
{
	struct gt_str format = gt_content_str(file, "format"), uri = gt_content_str(file, "source.s3Location.uri");
	char mime[64];

	/* a document's format is a file type such as pdf: its media type is application/pdf */
	snprintf(mime, sizeof(mime), "%s/%.*s", strcmp(kind, "document") ? kind : "application",
		 format.len < 32 ? (int)format.len : 32, format.len ? format.p : "");
	if (uri.len)
		gt_part_uri(c, parts, format.len ? gt_str_of(mime) : GT_STR(""), kind, uri);
	else if (gt_content_str(file, "source.text").len)
		gt_part_text_at(c, parts, file, "source.text");
	else
		gt_part_blob(c, parts, format.len ? gt_str_of(mime) : GT_STR(""), kind, gt_content_str(file, "source.bytes"));
}

static void put_block(struct gt_content *c, cJSON *parts, const cJSON *block)
{
	static const char *const files[] = { "image", "document", "video", "audio" };
	const cJSON *call = gt_json_at(block, "toolUse"), *result = gt_json_at(block, "toolResult"), *piece;

	for (size_t i = 0; i < GT_COUNT_OF(files); i++) {
		if (gt_json_is_object(block, files[i])) {
			put_file(c, parts, files[i], gt_json_at(block, files[i]));
			return;
		}
	}
	if (gt_json_has(block, "text"))
		gt_part_text_at(c, parts, block, "text");
	else if (call)
		gt_part_tool_call(c, parts, gt_content_str(call, "toolUseId"), gt_content_str(call, "name"),
				  gt_json_at(call, "input"));
	else if (result)
		gt_part_tool_response(c, parts, gt_content_str(result, "toolUseId"), gt_json_at(result, "content"));
	else if (gt_json_has(block, "reasoningContent.reasoningText"))
		gt_part_reasoning(c, parts, gt_content_str(block, "reasoningContent.reasoningText.text"));
	else if (gt_json_has(block, "reasoningContent"))
		gt_part_reasoning(c, parts, GT_STR("[encrypted]"));
	else if (gt_json_has(block, "guardContent.text"))
		gt_part_text_at(c, parts, block, "guardContent.text.text");
	else if (gt_json_has(block, "citationsContent"))
		cJSON_ArrayForEach (piece, gt_json_at(block, "citationsContent.content"))
			gt_part_text_at(c, parts, piece, "text");
	else if (!gt_json_has(block, "cachePoint"))
		gt_part_other(c, parts, block, "unknown");
}

static void put_blocks(struct gt_content *c, cJSON *parts, const cJSON *content)
{
	const cJSON *block;

	if (cJSON_IsString(content)) /* Nova accepts a string */
		gt_part_text(c, parts, gt_str_of(content->valuestring));
	cJSON_ArrayForEach (block, (cJSON_IsArray(content) ? content : NULL))
		put_block(c, parts, block);
}

static void request(struct gt_content *c, const cJSON *json)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, gt_json_at(json, "system"))
		gt_part_text_at(c, gt_content_system(c), item, "text");
	cJSON_ArrayForEach (item, gt_json_at(json, "messages")) {
		put_blocks(c, gt_content_input(c, gt_content_str(item, "role")), gt_json_at(item, "content"));
		gt_content_settle_role(c);
	}
	cJSON_ArrayForEach (item, gt_json_at(json, "toolConfig.tools")) {
		const cJSON *spec = gt_json_at(item, "toolSpec");

		if (spec)
			gt_content_tool(c, "function", gt_content_str(spec, "name"), gt_json_at(spec, "description"),
					gt_json_at(spec, "inputSchema.json"));
		else if (gt_json_has(item, "systemTool"))
			gt_content_tool(c, "systemTool", gt_content_str(item, "systemTool.name"), NULL, NULL);
	}
}

static void response(struct gt_content *c, const cJSON *json)
{
	if (gt_json_has(json, "output.message.content"))
		put_blocks(c, gt_content_choice(c, 0), gt_json_at(json, "output.message.content"));
}

static void take_piece(struct gt_content *c, const cJSON *json)
{
	struct gt_str text = gt_content_str(json, "delta.text"), thought = gt_content_str(json, "delta.reasoningContent.text");
	struct gt_str input = gt_content_str(json, "delta.toolUse.input");
	const cJSON *call = gt_json_at(json, "start.toolUse");
	int64_t index = 0;

	if (!gt_json_int(json, "contentBlockIndex", &index) || index < 0)
		return;
	if (call) {
		struct gt_str id = gt_content_str(call, "toolUseId");
		struct gt_draft *d = gt_draft_begin(c, 0, GT_DRAFT_TOOL_CALL, index, id);

		gt_draft_name(c, d, id, gt_content_str(call, "name"));
		gt_draft_expect_object(c, d);
	}
	if (text.len)
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, index), text);
	if (thought.len)
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_REASONING, index), thought);
	if (input.len)
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TOOL_CALL, index), input);
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	take_piece(c, d->json);
	take_piece(c, gt_json_at(d->json, "contentBlockStart"));
	take_piece(c, gt_json_at(d->json, "contentBlockDelta"));
}

const struct gt_content_reader gt_content_converse = { .request = request, .response = response, .event = event };
