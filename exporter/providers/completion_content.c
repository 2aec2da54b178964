/*
 * Content of APIs that complete a prompt, of Ollama and DashScope, and of MCP: small formats that differ mainly in
 * where the text is.
 */
#include "exporter/providers/content_readers.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- prompts */

/* A string, or a list of strings that are a prompt each. Lists of token numbers are ignored: they are not readable
 * text. */
static bool put_prompt(struct gt_content *c, const cJSON *prompt)
{
	const cJSON *item;
	bool some = false;

	if (cJSON_IsString(prompt) && prompt->valuestring[0]) {
		gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(prompt->valuestring));
		return true;
	}
	cJSON_ArrayForEach (item, (cJSON_IsArray(prompt) ? prompt : NULL)) {
		if (cJSON_IsString(item)) {
			gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(item->valuestring));
			some = true;
		} else if (gt_content_str(item, "data").len && !some) { /* Aleph Alpha: pieces of one prompt */
			cJSON *parts = gt_content_input(c, GT_STR("user"));

			cJSON_ArrayForEach (item, prompt) {
				if (gt_str_eq(gt_content_str(item, "type"), GT_STR("text")))
					gt_part_text_at(c, parts, item, "data");
				else if (gt_str_eq(gt_content_str(item, "type"), GT_STR("image")))
					gt_part_blob(c, parts, GT_STR(""), "image", gt_content_str(item, "data"));
			}
			return true;
		}
	}
	return some;
}

static void prompt_request(struct gt_content *c, const cJSON *json)
{
	static const char *const systems[] = { "system", "input.system_prompt", "system_prompt" };
	static const char *const prompts[] = { "prompt", "inputs", "inputText", "input.prompt", "input" };
	const cJSON *image;

	for (size_t i = 0; i < GT_COUNT_OF(systems); i++)
		if (gt_content_str(json, systems[i]).len)
			gt_part_text_at(c, gt_content_system(c), json, systems[i]);
	for (size_t i = 0; i < GT_COUNT_OF(prompts); i++)
		if (put_prompt(c, gt_json_at(json, prompts[i])))
			break;
	cJSON_ArrayForEach (image, gt_json_at(json, "images")) /* Ollama */
		if (cJSON_IsString(image))
			gt_part_blob(c, gt_content_input(c, GT_STR("user")), GT_STR(""), "image",
				     gt_str_of(image->valuestring));
}

/* Where a completion is: in a list, or alone. */
static const char *const lists[][2] = {
	{ "choices", "text" },	   { "results", "generated_text" }, { "results", "outputText" },     { "outputs", "text" },
	{ "generations", "text" }, { "completions", "data.text" },  { "completions", "completion" },
};
static const char *const singles[] = { "generation", "value",	"outputText",	  "completion", "response",
				       "text",	     "content", "generated_text", "output" };

/* A list of strings is one completion: Replicate cuts it into words. */
static void put_words(struct gt_content *c, const cJSON *words)
{
	const cJSON *word;

	cJSON_ArrayForEach (word, words)
		if (cJSON_IsString(word))
			gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_DRAFT_LAST), gt_str_of(word->valuestring));
}

static void prompt_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *item;

	if (cJSON_IsArray(json)) /* Text Generation Inference: a list with one item */
		json = cJSON_GetArrayItem(json, 0);
	for (size_t i = 0; i < GT_COUNT_OF(lists); i++) {
		int64_t place = 0, index;

		cJSON_ArrayForEach (item, gt_json_at(json, lists[i][0])) {
			index = place++;
			gt_json_int(item, "index", &index);
			if (gt_content_str(item, lists[i][1]).len)
				gt_part_text_at(c, gt_content_choice(c, index), item, lists[i][1]);
		}
		if (place && c->choices[0])
			return;
	}
	if (gt_content_str(json, "thinking").len)
		gt_part_reasoning(c, gt_content_choice(c, 0), gt_content_str(json, "thinking"));
	for (size_t i = 0; i < GT_COUNT_OF(singles); i++) {
		if (gt_content_str(json, singles[i]).len) {
			gt_part_text_at(c, gt_content_choice(c, 0), json, singles[i]);
			return;
		}
	}
	put_words(c, gt_json_is_array(json, "output") ? gt_json_at(json, "output") : NULL);
}

static void add(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, struct gt_str text)
{
	if (text.len)
		gt_draft_add(c, gt_draft_of(c, choice, kind, 0), text);
}

/* Every document has the next piece. Text Generation Inference repeats the whole text in the last document: ignored. */
static void prompt_event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *item;
	bool is_special = false;

	if (gt_json_has(d->json, "token")) {
		gt_json_bool(d->json, "token.special", &is_special);
		if (!is_special)
			add(c, 0, GT_DRAFT_TEXT, gt_content_str(d->json, "token.text"));
		return;
	}
	add(c, 0, GT_DRAFT_REASONING, gt_content_str(d->json, "thinking"));
	for (size_t i = 0; i < GT_COUNT_OF(lists); i++) {
		int64_t place = 0, index;

		cJSON_ArrayForEach (item, gt_json_at(d->json, lists[i][0])) {
			index = place++;
			gt_json_int(item, "index", &index);
			add(c, index, GT_DRAFT_TEXT, gt_content_str(item, lists[i][1]));
		}
		if (place)
			return;
	}
	for (size_t i = 0; i < GT_COUNT_OF(singles); i++) {
		if (gt_content_str(d->json, singles[i]).len) {
			add(c, 0, GT_DRAFT_TEXT, gt_content_str(d->json, singles[i]));
			return;
		}
	}
}

const struct gt_content_reader gt_content_prompt = { .request = prompt_request,
						     .response = prompt_response,
						     .event = prompt_event };

/* ---------------------------------------------------------------- Ollama's chat */

static void ollama_request(struct gt_content *c, const cJSON *json)
{
	gt_openai_input(c, gt_json_at(json, "messages"));
	gt_openai_tools(c, gt_json_at(json, "tools"));
}

static void ollama_response(struct gt_content *c, const cJSON *json)
{
	if (gt_json_is_object(json, "message"))
		gt_openai_message(c, gt_content_choice(c, 0), gt_json_at(json, "message"));
}

static void ollama_event(struct gt_content *c, const struct gt_document *d)
{
	gt_openai_delta(c, 0, gt_json_at(d->json, "message"));
}

const struct gt_content_reader gt_content_ollama = { .request = ollama_request,
						     .response = ollama_response,
						     .event = ollama_event };

/* ---------------------------------------------------------------- DashScope */

static void dashscope_request(struct gt_content *c, const cJSON *json)
{
	bool is_incremental = false;

	gt_json_bool(json, "parameters.incremental_output", &is_incremental);
	c->is_cumulative = !is_incremental;
	if (gt_json_is_array(json, "input.messages"))
		gt_openai_input(c, gt_json_at(json, "input.messages"));
	else
		put_prompt(c, gt_json_at(json, "input.prompt"));
	gt_openai_tools(c, gt_json_at(json, "parameters.tools"));
}

static void dashscope_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *choice;
	int64_t place = 0;

	cJSON_ArrayForEach (choice, gt_json_at(json, "output.choices"))
		gt_openai_message(c, gt_content_choice(c, place++), gt_json_at(choice, "message"));
	if (!place && gt_content_str(json, "output.text").len)
		gt_part_text_at(c, gt_content_choice(c, 0), json, "output.text");
}

/* Unless the request asked for increments, each document repeats all text so far. */
static void dashscope_event(struct gt_content *c, const struct gt_document *d)
{
	const cJSON *choice;
	int64_t place = 0;

	if (!gt_json_has(d->json, "output"))
		return;
	if (c->is_cumulative) {
		gt_content_forget_output(c);
		dashscope_response(c, d->json);
		return;
	}
	cJSON_ArrayForEach (choice, gt_json_at(d->json, "output.choices"))
		gt_openai_delta(c, place++, gt_json_at(choice, "message"));
	add(c, 0, GT_DRAFT_TEXT, gt_content_str(d->json, "output.text"));
}

const struct gt_content_reader gt_content_dashscope = {
	.request = dashscope_request,
	.response = dashscope_response,
	.event = dashscope_event,
};

/* ---------------------------------------------------------------- MCP: a tool's arguments and result */

static void mcp_request(struct gt_content *c, const cJSON *json)
{
	const cJSON *message = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, 0) : json;

	c->is_tool_call = gt_str_eq(gt_content_str(message, "method"), GT_STR("tools/call"));
	if (c->is_tool_call && gt_json_has(message, "params.arguments"))
		gt_content_arguments(c, gt_json_at(message, "params.arguments"));
}

/* Besides the result, a reply may hold notifications and requests from the server. */
static void mcp_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *message;

	cJSON_ArrayForEach (message, (cJSON_IsArray(json) ? json : NULL))
		mcp_response(c, message);
	if (c->is_tool_call && !c->result && gt_json_is_object(json, "result") && !gt_json_has(json, "method"))
		gt_content_result(c, gt_json_at(json, "result"));
}

const struct gt_content_reader gt_content_mcp = { .request = mcp_request, .response = mcp_response };
