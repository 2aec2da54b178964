/*
 * Content of Google's generateContent: contents made of parts. Requests may use camelCase or snake_case. Every document
 * of a stream has whole parts; consecutive texts are one text.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

/* A member under either of its names. */
static const cJSON *either(const cJSON *json, const char *camel, const char *snake)
{
	const cJSON *v = gt_json_at(json, camel);

	return v ? v : gt_json_at(json, snake);
}

static struct gt_str either_str(const cJSON *json, const char *camel, const char *snake)
{
	struct gt_str s = gt_content_str(json, camel);

	return s.len ? s : gt_content_str(json, snake);
}

static void put_response(struct gt_content *c, cJSON *parts, const cJSON *function)
{
	struct gt_str id = gt_content_str(function, "id"), name = gt_content_str(function, "name");

	/* without an id, only the name links it to its call */
	gt_part_tool_response(c, parts, id.len ? id : name, gt_json_at(function, "response"));
}

static void put_file(struct gt_content *c, cJSON *parts, const cJSON *part)
{
	const cJSON *data = either(part, "inlineData", "inline_data"), *file = either(part, "fileData", "file_data");

	if (data)
		gt_part_blob(c, parts, either_str(data, "mimeType", "mime_type"), NULL, gt_content_str(data, "data"));
	else
		gt_part_uri(c, parts, either_str(file, "mimeType", "mime_type"), NULL, either_str(file, "fileUri", "file_uri"));
}

static void put_part(struct gt_content *c, cJSON *parts, const cJSON *part)
{
	const cJSON *call = either(part, "functionCall", "function_call"),
		    *answer = either(part, "functionResponse", "function_response");
	bool is_thought = false;

	gt_json_bool(part, "thought", &is_thought);
	if (gt_json_has(part, "text")) {
		if (is_thought)
			gt_part_reasoning(c, parts, gt_content_str(part, "text"));
		else
			gt_part_text_at(c, parts, part, "text");
	} else if (call) {
		gt_part_tool_call(c, parts, gt_content_str(call, "id"), gt_content_str(call, "name"), gt_json_at(call, "args"));
	} else if (answer) {
		put_response(c, parts, answer);
	} else if (either(part, "inlineData", "inline_data") || either(part, "fileData", "file_data")) {
		put_file(c, parts, part);
	} else if (either(part, "executableCode", "executable_code")) {
		gt_part_server_tool(c, parts, "server_tool_call", either(part, "executableCode", "executable_code"));
	} else if (either(part, "codeExecutionResult", "code_execution_result")) {
		gt_part_server_tool(c, parts, "server_tool_call_response",
				    either(part, "codeExecutionResult", "code_execution_result"));
	} else if (!gt_json_has(part, "thoughtSignature")) {
		gt_part_other(c, parts, part, "unknown");
	}
}

static void put_parts(struct gt_content *c, cJSON *parts, const cJSON *list)
{
	const cJSON *part;

	if (cJSON_IsObject(list)) { /* a single part */
		put_part(c, parts, list);
		return;
	}
	cJSON_ArrayForEach (part, list)
		put_part(c, parts, part);
}

static void put_tools(struct gt_content *c, const cJSON *tools)
{
	const cJSON *tool, *function, *member;

	cJSON_ArrayForEach (tool, tools) {
		cJSON_ArrayForEach (member, tool) {
			if (strcmp(member->string, "functionDeclarations") && strcmp(member->string, "function_declarations")) {
				gt_content_tool(c, member->string, gt_str_of(member->string), NULL, NULL);
				continue;
			}
			cJSON_ArrayForEach (function, member) {
				const cJSON *parameters = gt_json_at(function, "parameters");

				gt_content_tool(
					c, "function", gt_content_str(function, "name"), gt_json_at(function, "description"),
					parameters ? parameters :
						     either(function, "parametersJsonSchema", "parameters_json_schema"));
			}
		}
	}
}

static void put_system(struct gt_content *c, const cJSON *system)
{
	const cJSON *part;

	if (!system)
		return;
	cJSON_ArrayForEach (part, gt_json_at(system, "parts"))
		gt_part_text_at(c, gt_content_system(c), part, "text");
	gt_part_text_at(c, gt_content_system(c), gt_json_at(system, "parts"), "text");
}

static void put_content(struct gt_content *c, const cJSON *content)
{
	put_parts(c, gt_content_input(c, gt_content_str(content, "role")), gt_json_at(content, "parts"));
	gt_content_settle_role(c);
}

static void request(struct gt_content *c, const cJSON *json)
{
	const cJSON *contents = gt_json_at(json, "contents"), *content;

	put_system(c, either(json, "systemInstruction", "system_instruction"));
	if (cJSON_IsObject(contents))
		put_content(c, contents);
	else
		cJSON_ArrayForEach (content, contents)
			put_content(c, content);
	put_tools(c, gt_json_at(json, "tools"));
}

/* ---------------------------------------------------------------- replies */

/* A call whose arguments arrive value by value: the first part has its name, later parts have values, the last may be
 * empty. True for such a part. */
static bool add_call(struct gt_content *c, int64_t choice, const cJSON *call)
{
	static const char *const kinds[][2] = { { "stringValue", "string_value" },
						{ "numberValue", "number_value" },
						{ "boolValue", "bool_value" } };
	const cJSON *values = either(call, "partialArgs", "partial_args"), *value, *found;
	struct gt_str name = gt_content_str(call, "name");
	bool will_continue = false;
	struct gt_draft *d;

	if (!gt_json_bool(call, "willContinue", &will_continue))
		gt_json_bool(call, "will_continue", &will_continue);
	if (!cJSON_IsObject(call) || gt_json_has(call, "args") || (name.len && !values && !will_continue))
		return false;
	d = name.len ? gt_draft_new(c, choice, GT_DRAFT_TOOL_CALL) : gt_draft_call(c, choice, GT_DRAFT_LAST);
	gt_draft_name(c, d, gt_content_str(call, "id"), name);
	gt_draft_expect_object(c, d);
	cJSON_ArrayForEach (value, values) {
		found = NULL;
		for (size_t i = 0; i < GT_COUNT_OF(kinds) && !found; i++)
			found = either(value, kinds[i][0], kinds[i][1]);
		gt_draft_add_value(c, d, either_str(value, "jsonPath", "json_path"), found);
	}
	if (!will_continue)
		gt_draft_end_value(c, d);
	return true;
}

static void add_part(struct gt_content *c, int64_t choice, const cJSON *part)
{
	struct gt_str text = gt_content_str(part, "text");
	bool is_thought = false;

	if (add_call(c, choice, either(part, "functionCall", "function_call")))
		return;
	gt_json_bool(part, "thought", &is_thought);
	if (!gt_json_has(part, "text"))
		put_part(c, gt_content_choice(c, choice), part);
	else if (text.len)
		gt_draft_add(c, gt_draft_of(c, choice, is_thought ? GT_DRAFT_REASONING : GT_DRAFT_TEXT, GT_DRAFT_LAST), text);
}

static void take(struct gt_content *c, const cJSON *json, bool is_piece)
{
	const cJSON *candidate, *part;
	int64_t place = 0, index;

	cJSON_ArrayForEach (candidate, gt_json_at(json, "candidates")) {
		index = place++;
		gt_json_int(candidate, "index", &index);
		if (!gt_json_has(candidate, "content"))
			continue;
		if (!is_piece)
			put_parts(c, gt_content_choice(c, index), gt_json_at(candidate, "content.parts"));
		else
			cJSON_ArrayForEach (part, gt_json_at(candidate, "content.parts"))
				add_part(c, index, part);
	}
}

/* Without alt=sse a stream is one JSON array of the same objects. */
static void response(struct gt_content *c, const cJSON *json)
{
	const cJSON *piece;

	if (!cJSON_IsArray(json))
		take(c, json, false);
	else
		cJSON_ArrayForEach (piece, json)
			take(c, piece, true);
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	take(c, d->json, true);
}

const struct gt_content_reader gt_content_gemini = { .request = request, .response = response, .event = event };
