/*
 * Content of chat completions: OpenAI's format, and the members that its copies have added. (reasoning_content:
 * DeepSeek and others; reasoning: OpenRouter and Groq; thinking: Mistral, Cohere and Ollama.)
 */
#include "exporter/content/media.h"
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

/* Reasoning is a string, or a list of parts with texts. */
static void put_thinking(struct gt_content *c, cJSON *parts, const cJSON *thinking)
{
	const cJSON *item;

	if (cJSON_IsString(thinking))
		gt_part_reasoning(c, parts, gt_str_of(thinking->valuestring));
	else if (cJSON_IsArray(thinking))
		cJSON_ArrayForEach (item, thinking)
			gt_part_reasoning(c, parts, gt_content_str(item, "text"));
}

static void put_audio(struct gt_content *c, cJSON *parts, const cJSON *audio)
{
	char mime[32] = "audio/";

	gt_str_copy(gt_content_str(audio, "format"), mime + 6, sizeof(mime) - 6);
	gt_part_text_at(c, parts, audio, "transcript");
	if (gt_content_str(audio, "data").len)
		gt_part_blob(c, parts, mime[6] ? gt_str_of(mime) : GT_STR(""), "audio", gt_content_str(audio, "data"));
}

static void put_file(struct gt_content *c, cJSON *parts, const cJSON *file)
{
	struct gt_str data = gt_content_str(file, "file_data"), type, base64;

	if (gt_content_str(file, "file_id").len)
		gt_part_file(c, parts, "document", gt_content_str(file, "file_id"));
	else if (gt_content_str(file, "file_url").len)
		gt_part_uri(c, parts, GT_STR(""), "document", gt_content_str(file, "file_url"));
	else if (gt_media_split(data, &type, &base64))
		gt_part_blob(c, parts, type, NULL, base64);
	else if (data.len)
		gt_part_blob(c, parts, GT_STR(""), "document", data);
}

static void put_image(struct gt_content *c, cJSON *parts, const cJSON *part)
{
	static const char *const places[] = { "image_url.url", "image_url", "image" };

	if (gt_content_str(part, "file_id").len) {
		gt_part_file(c, parts, "image", gt_content_str(part, "file_id"));
		return;
	}
	for (size_t i = 0; i < GT_COUNT_OF(places); i++) {
		struct gt_str url = gt_content_str(part, places[i]);

		if (url.len) {
			gt_part_uri(c, parts, GT_STR(""), "image", url);
			return;
		}
	}
}

static void put_part(struct gt_content *c, cJSON *parts, const cJSON *part)
{
	struct gt_str type = gt_content_str(part, "type");

	if (cJSON_IsString(part))
		gt_part_text(c, parts, gt_str_of(part->valuestring));
	else if (gt_str_eq(type, GT_STR("refusal")))
		gt_part_text_at(c, parts, part, "refusal");
	else if (gt_str_eq(type, GT_STR("thinking")))
		put_thinking(c, parts, gt_json_at(part, "thinking"));
	else if (gt_str_ends(type, GT_STR("text")) || (!type.len && gt_json_has(part, "text"))) /* input_text, output_text */
		gt_part_text_at(c, parts, part, "text");
	else if (gt_str_eq(type, GT_STR("image_url")) || gt_str_eq(type, GT_STR("input_image")) ||
		 (!type.len && gt_json_has(part, "image")))
		put_image(c, parts, part);
	else if (gt_str_eq(type, GT_STR("input_audio")))
		put_audio(c, parts, gt_json_has(part, "input_audio.data") ? gt_json_at(part, "input_audio") : part);
	else if (gt_str_eq(type, GT_STR("file")) || gt_str_eq(type, GT_STR("input_file")))
		put_file(c, parts, gt_json_has(part, "file") ? gt_json_at(part, "file") : part);
	else
		gt_part_other(c, parts, part, "unknown");
}

void gt_openai_parts(struct gt_content *c, cJSON *parts, const cJSON *content)
{
	const cJSON *part;

	if (cJSON_IsString(content))
		gt_part_text(c, parts, gt_str_of(content->valuestring));
	else if (cJSON_IsArray(content))
		cJSON_ArrayForEach (part, content)
			put_part(c, parts, part);
}

static void put_calls(struct gt_content *c, cJSON *parts, const cJSON *calls)
{
	const cJSON *call;

	cJSON_ArrayForEach (call, calls) {
		const cJSON *function = gt_json_at(call, "function");

		if (!function)
			function = gt_json_has(call, "custom") ? gt_json_at(call, "custom") : call;
		gt_part_tool_call(c, parts, gt_content_str(call, "id"), gt_content_str(function, "name"),
				  gt_json_has(function, "arguments") ? gt_json_at(function, "arguments") :
								       gt_json_at(function, "input"));
	}
}

static const char *const reasonings[] = { "reasoning_content", "reasoning", "thinking", "tool_plan" };

/* Empty for a synonym that repeats another: OpenRouter, vLLM and LiteLLM send two of them. */
static struct gt_str reasoning_of(const cJSON *json, size_t which)
{
	struct gt_str text = gt_content_str(json, reasonings[which]);

	for (size_t i = 0; i < which; i++)
		if (gt_str_eq(text, gt_content_str(json, reasonings[i])))
			return GT_STR("");
	return text;
}

void gt_openai_message(struct gt_content *c, cJSON *parts, const cJSON *message)
{
	const cJSON *image;

	for (size_t i = 0; i < GT_COUNT_OF(reasonings); i++)
		gt_part_reasoning(c, parts, reasoning_of(message, i));
	gt_openai_parts(c, parts, gt_json_at(message, "content"));
	gt_part_text_at(c, parts, message, "refusal");
	put_audio(c, parts, gt_json_at(message, "audio"));
	cJSON_ArrayForEach (image, gt_json_at(message, "images")) { /* base64: Ollama; parts: OpenRouter */
		if (cJSON_IsString(image))
			gt_part_blob(c, parts, GT_STR(""), "image", gt_str_of(image->valuestring));
		else
			put_part(c, parts, image);
	}
	put_calls(c, parts, gt_json_at(message, "tool_calls"));
	if (gt_json_is_object(message, "function_call"))
		gt_part_tool_call(c, parts, GT_STR(""), gt_content_str(message, "function_call.name"),
				  gt_json_at(message, "function_call.arguments"));
}

void gt_openai_input(struct gt_content *c, const cJSON *messages)
{
	const cJSON *message;

	cJSON_ArrayForEach (message, messages) {
		struct gt_str role = gt_content_str(message, "role"), id = gt_content_str(message, "tool_call_id");
		cJSON *parts = gt_content_input(c, role);

		if (!gt_str_ieq(role, GT_STR("tool")) && !gt_str_ieq(role, GT_STR("function"))) {
			gt_openai_message(c, parts, message);
			continue;
		}
		/* without an id, only the name links it to its call */
		if (!id.len)
			id = gt_content_str(message, "tool_name");
		gt_part_tool_response(c, parts, id.len ? id : gt_content_str(message, "name"), gt_json_at(message, "content"));
	}
}

void gt_openai_tools(struct gt_content *c, const cJSON *tools)
{
	const cJSON *tool;

	cJSON_ArrayForEach (tool, tools) {
		struct gt_str type = gt_content_str(tool, "type");
		const cJSON *inner = gt_json_at(tool, "function");

		if (!inner)
			inner = gt_json_is_object(tool, "custom") ? gt_json_at(tool, "custom") : tool;
		gt_content_tool(c, type.len ? type.p : "function", gt_content_str(inner, "name"),
				gt_json_at(inner, "description"), gt_json_at(inner, "parameters"));
	}
}

static void request(struct gt_content *c, const cJSON *json)
{
	gt_openai_input(c, gt_json_at(json, "messages"));
	gt_openai_tools(c, gt_json_at(json, "tools"));
	gt_openai_tools(c, gt_json_at(json, "functions"));
}

static void response(struct gt_content *c, const cJSON *json)
{
	const cJSON *choice;
	int64_t place = 0, index;

	cJSON_ArrayForEach (choice, gt_json_at(json, "choices")) {
		index = place++;
		gt_json_int(choice, "index", &index);
		gt_openai_message(c, gt_content_choice(c, index), gt_json_at(choice, "message"));
	}
}

/* ---------------------------------------------------------------- streams */

static void add_text(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key, struct gt_str text)
{
	if (text.len)
		gt_draft_add(c, gt_draft_of(c, choice, kind, key), text);
}

struct fragment {
	struct gt_str id, name;
	const cJSON *arguments;
};

/* Some servers give all calls the same index. A fragment with the name of its tool begins another call when its id differs
 * from that of the call so far; without ids, when the arguments so far are whole and it brings an object. */
static bool is_another(const struct gt_draft *d, const struct fragment *f)
{
	struct gt_str piece = GT_STR("");

	if (!f->name.len)
		return false;
	if (f->id.len && d->id.len)
		return !gt_draft_is_called(d, f->id);
	if (cJSON_IsString(f->arguments))
		piece = gt_str_of(f->arguments->valuestring);
	return !f->id.len && piece.len && piece.p[0] == '{' && gt_draft_is_whole(d);
}

/* The call of a fragment with an index. */
static struct gt_draft *call_at(struct gt_content *c, int64_t choice, int64_t index, const struct fragment *f)
{
	struct gt_draft *d = gt_draft_call_of(c, choice, index, f->id);

	if (!d)
		d = gt_draft_of(c, choice, GT_DRAFT_TOOL_CALL, index);
	return d && is_another(d, f) ? gt_draft_again(c, choice, GT_DRAFT_TOOL_CALL, index) : d;
}

/* Without an index a fragment belongs to the last call, unless it has another id, or no id and whole arguments: then it
 * starts a new call. */
static struct gt_draft *last_call(struct gt_content *c, int64_t choice, const struct fragment *f)
{
	struct gt_draft *d = gt_draft_call_of(c, choice, GT_DRAFT_LAST, f->id);

	if (!d && !f->id.len)
		d = gt_draft_call(c, choice, GT_DRAFT_LAST);
	if (!d || (!f->id.len && (cJSON_IsObject(f->arguments) || is_another(d, f))))
		d = gt_draft_new(c, choice, GT_DRAFT_TOOL_CALL);
	return d;
}

static void add_call(struct gt_content *c, int64_t choice, const cJSON *call)
{
	const cJSON *function = gt_json_is_object(call, "function") ? gt_json_at(call, "function") :
				gt_json_is_object(call, "custom")   ? gt_json_at(call, "custom") :
								      call;
	struct fragment f = { .id = gt_content_str(call, "id"), .name = gt_content_str(function, "name") };
	struct gt_draft *d;
	int64_t index;

	f.arguments = gt_json_has(function, "arguments") ? gt_json_at(function, "arguments") : gt_json_at(function, "input");
	if (gt_json_int(call, "index", &index) || gt_json_int(function, "index", &index))
		d = call_at(c, choice, index >= 0 ? index : 0, &f);
	else
		d = last_call(c, choice, &f);
	gt_draft_name(c, d, f.id, f.name);
	gt_draft_add_json(c, d, f.arguments);
}

void gt_openai_delta(struct gt_content *c, int64_t choice, const cJSON *delta)
{
	const cJSON *item, *content = gt_json_at(delta, "content");

	for (size_t i = 0; i < GT_COUNT_OF(reasonings); i++)
		add_text(c, choice, GT_DRAFT_REASONING, 0, reasoning_of(delta, i));
	if (cJSON_IsString(content))
		add_text(c, choice, GT_DRAFT_TEXT, 0, gt_str_of(content->valuestring));
	cJSON_ArrayForEach (item, (cJSON_IsArray(content) ? content : NULL)) {
		const cJSON *thought;

		add_text(c, choice, GT_DRAFT_TEXT, 0, gt_content_str(item, "text"));
		add_text(c, choice, GT_DRAFT_REASONING, 0, gt_content_str(item, "thinking"));
		cJSON_ArrayForEach (thought, (gt_json_is_array(item, "thinking") ? gt_json_at(item, "thinking") : NULL))
			add_text(c, choice, GT_DRAFT_REASONING, 0, gt_content_str(thought, "text"));
	}
	add_text(c, choice, GT_DRAFT_TEXT, 1, gt_content_str(delta, "refusal"));
	add_text(c, choice, GT_DRAFT_TEXT, 2, gt_content_str(delta, "audio.transcript"));
	cJSON_ArrayForEach (item, gt_json_at(delta, "tool_calls"))
		add_call(c, choice, item);
	if (gt_json_is_object(delta, "function_call"))
		add_call(c, choice, gt_json_at(delta, "function_call"));
}

static void event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *choice;
	int64_t place = 0, index;

	cJSON_ArrayForEach (choice, gt_json_at(d->json, "choices")) {
		index = place++;
		gt_json_int(choice, "index", &index);
		gt_openai_delta(c, index, gt_json_at(choice, "delta"));
	}
}

const struct gt_content_reader gt_content_openai_chat = { .request = request, .response = response, .event = event };

/* ---------------------------------------------------------------- Cloudflare, whose replies are in an envelope */

static void cloudflare_request(struct gt_content *c, const cJSON *json)
{
	request(c, json);
	gt_content_prompt.request(c, json);
}

static void cloudflare_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *result = gt_json_at(json, "result");

	if (!gt_json_has(result, "response") && !gt_json_has(result, "tool_calls"))
		return;
	gt_part_text_at(c, gt_content_choice(c, 0), result, "response");
	put_calls(c, gt_content_choice(c, 0), gt_json_at(result, "tool_calls"));
}

static void cloudflare_event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *call;

	add_text(c, 0, GT_DRAFT_TEXT, 0, gt_content_str(d->json, "response"));
	cJSON_ArrayForEach (call, gt_json_at(d->json, "tool_calls"))
		add_call(c, 0, call);
}

const struct gt_content_reader gt_content_cloudflare = {
	.request = cloudflare_request,
	.response = cloudflare_response,
	.event = cloudflare_event,
};
