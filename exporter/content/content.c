#include "exporter/content/content.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/steps.h"
#include "exporter/content/media.h"

struct gt_content *gt_content_new(const struct gt_capture *capture)
{
	struct gt_content *c = calloc(1, sizeof(*c));

	if (c)
		c->capture = capture;
	return c;
}

static void forget(cJSON **tree)
{
	cJSON_Delete(*tree);
	*tree = NULL;
}

void gt_content_forget_request(struct gt_content *c)
{
	forget(&c->system);
	forget(&c->input);
	forget(&c->tools);
	forget(&c->arguments);
}

void gt_drafts_free(struct gt_content *c)
{
	while (c->n_drafts) {
		struct gt_draft *d = c->drafts[--c->n_drafts];

		gt_buf_free(&d->text);
		free(d);
	}
	c->drafted = 0;
}

void gt_content_forget_output(struct gt_content *c)
{
	gt_drafts_free(c);
	for (int i = 0; i < GT_CONTENT_CHOICES; i++)
		forget(&c->choices[i]);
	forget(&c->result);
}

void gt_content_free(struct gt_content *c)
{
	if (!c)
		return;
	gt_content_forget_request(c);
	gt_content_forget_output(c);
	free(c);
}

struct gt_str gt_content_str(const cJSON *json, const char *path)
{
	struct gt_str s = GT_STR("");

	gt_json_str(json, path, &s);
	return s;
}

/* ---------------------------------------------------------------- trees */

cJSON *gt_content_node(struct gt_content *c, struct gt_str s)
{
	size_t most = (size_t)c->capture->attribute_max + 2 * GT_SECRET_REACH;
	cJSON *node = cJSON_CreateNull();

	if (s.len > most)
		s.len = most;
	GT_STEPS(s.len + 1);
	if (node)
		node->valuestring = cJSON_malloc(s.len + 1);
	if (!node || !node->valuestring) {
		cJSON_Delete(node);
		c->has_failed = true;
		return NULL;
	}
	node->type = cJSON_String;
	if (s.len)
		memcpy(node->valuestring, s.p, s.len);
	node->valuestring[s.len] = 0;
	return node;
}

void gt_content_add(struct gt_content *c, cJSON *to, const char *name, cJSON *item)
{
	GT_STEPS(1);
	if (item && to && (name ? cJSON_AddItemToObject(to, name, item) : cJSON_AddItemToArray(to, item)))
		return;
	cJSON_Delete(item);
	c->has_failed = true;
}

/* A tool's arguments and results may contain base64 data anywhere. It is replaced by type, size and digest. */
static cJSON *text_or_media(struct gt_content *c, struct gt_str s)
{
	struct gt_str type = GT_STR(""), data = s;
	struct gt_media media;
	char reported[200];

	if (!(gt_media_split(s, &type, &data) || gt_media_is_base64(s)) || !gt_media_of(data, &media))
		return gt_content_node(c, s);
	snprintf(reported, sizeof(reported), "[media: %.*s%s%llu bytes, sha256 %s]", type.len < 80 ? (int)type.len : 0, type.p,
		 type.len && type.len < 80 ? ", " : "", (unsigned long long)media.size, media.sha256);
	return gt_content_node(c, gt_str_of(reported));
}

/* `left` limits the width too: an attribute has no room for more members than bytes. */
static cJSON *copy(struct gt_content *c, const cJSON *json, int depth, uint32_t *left)
{
	cJSON *out;

	if (cJSON_IsString(json))
		return text_or_media(c, gt_str_of(json->valuestring));
	if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
		return cJSON_Duplicate(json, false);
	if (depth == GT_CONTENT_DEPTH)
		return gt_content_node(c, GT_STR("[truncated]"));
	out = cJSON_IsArray(json) ? cJSON_CreateArray() : cJSON_CreateObject();
	for (const cJSON *item = json->child; out && item && *left; item = item->next) {
		--*left;
		gt_content_add(c, out, cJSON_IsArray(json) ? NULL : item->string, copy(c, item, depth + 1, left));
	}
	c->has_failed |= !out;
	return out;
}

cJSON *gt_content_copy(struct gt_content *c, const cJSON *json)
{
	uint32_t left = c->capture->attribute_max;
	cJSON *out = copy(c, json, 0, &left);

	c->has_failed |= !out;
	return out;
}

cJSON *gt_content_parsed(struct gt_content *c, struct gt_str text)
{
	size_t i = 0;
	cJSON *json, *out;

	while (i < text.len && (text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == '\t'))
		i++;
	json = i < text.len && (text.p[i] == '{' || text.p[i] == '[') ? gt_json_parse(text) : NULL;
	out = json ? gt_content_copy(c, json) : gt_content_node(c, text);
	cJSON_Delete(json);
	return out;
}

/* ---------------------------------------------------------------- messages */

static struct gt_str role_word(struct gt_str role)
{
	static const struct {
		struct gt_str wire, word;
	} rows[] = {
		{ { "developer", 9 }, { "system", 6 } },    { { "model", 5 }, { "assistant", 9 } },
		{ { "chatbot", 7 }, { "assistant", 9 } },   { { "function", 8 }, { "tool", 4 } },
		{ { "system", 6 }, { "system", 6 } },	    { { "user", 4 }, { "user", 4 } },
		{ { "assistant", 9 }, { "assistant", 9 } }, { { "tool", 4 }, { "tool", 4 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (gt_str_ieq(role, rows[i].wire))
			return rows[i].word;
	return role.len ? role : GT_STR("user");
}

static cJSON *array_in(struct gt_content *c, cJSON **place)
{
	if (!*place)
		*place = cJSON_CreateArray();
	c->has_failed |= !*place;
	return *place;
}

cJSON *gt_content_input(struct gt_content *c, struct gt_str role)
{
	cJSON *message = cJSON_CreateObject(), *parts = NULL, *input = array_in(c, &c->input);

	if (message) {
		gt_content_add(c, message, "role", gt_content_node(c, role_word(role)));
		parts = cJSON_AddArrayToObject(message, "parts");
	}
	c->has_failed |= !parts;
	if (!message || !input || !cJSON_AddItemToArray(input, message)) {
		cJSON_Delete(message);
		c->has_failed = true;
		return NULL;
	}
	return parts;
}

cJSON *gt_content_choice(struct gt_content *c, int64_t choice)
{
	return choice >= 0 && choice < GT_CONTENT_CHOICES ? array_in(c, &c->choices[choice]) : NULL;
}

cJSON *gt_content_system(struct gt_content *c)
{
	return array_in(c, &c->system);
}

void gt_content_settle_role(struct gt_content *c)
{
	/* in cJSON, prev of the first item is the last item */
	cJSON *message = c->input && c->input->child ? c->input->child->prev : NULL;
	cJSON *role = cJSON_GetObjectItem(message, "role");
	const cJSON *part, *parts = cJSON_GetObjectItem(message, "parts");

	if (!cJSON_IsString(role) || strcmp(role->valuestring, "user") || !parts || !parts->child)
		return;
	cJSON_ArrayForEach (part, parts) {
		GT_STEPS(1);
		if (!gt_str_eq(gt_content_str(part, "type"), GT_STR("tool_call_response")))
			return;
	}
	memcpy(role->valuestring, "tool", 5); /* same length as "user" */
}

/* ---------------------------------------------------------------- parts */

static cJSON *part_of(struct gt_content *c, cJSON *parts, const char *type)
{
	cJSON *part = parts ? cJSON_CreateObject() : NULL;

	if (!part)
		return NULL;
	gt_content_add(c, part, "type", gt_content_node(c, gt_str_of(type)));
	if (cJSON_AddItemToArray(parts, part))
		return part;
	cJSON_Delete(part);
	return NULL;
}

static void member(struct gt_content *c, cJSON *part, const char *name, struct gt_str value)
{
	if (part && value.len)
		gt_content_add(c, part, name, gt_content_node(c, value));
}

void gt_part_text(struct gt_content *c, cJSON *parts, struct gt_str text)
{
	if (text.len)
		member(c, part_of(c, parts, "text"), "content", text);
}

void gt_part_reasoning(struct gt_content *c, cJSON *parts, struct gt_str text)
{
	if (text.len)
		member(c, part_of(c, parts, "reasoning"), "content", text);
}

void gt_part_text_at(struct gt_content *c, cJSON *parts, const cJSON *json, const char *path)
{
	gt_part_text(c, parts, gt_content_str(json, path));
}

void gt_part_tool_call(struct gt_content *c, cJSON *parts, struct gt_str id, struct gt_str name, const cJSON *arguments)
{
	cJSON *part = part_of(c, parts, "tool_call");

	if (!part)
		return;
	member(c, part, "id", id);
	gt_content_add(c, part, "name", gt_content_node(c, name));
	if (cJSON_IsString(arguments) && arguments->valuestring[0])
		gt_content_add(c, part, "arguments", gt_content_parsed(c, gt_str_of(arguments->valuestring)));
	else if (arguments && !cJSON_IsNull(arguments) && !cJSON_IsString(arguments))
		gt_content_add(c, part, "arguments", gt_content_copy(c, arguments));
}

void gt_part_tool_response(struct gt_content *c, cJSON *parts, struct gt_str id, const cJSON *response)
{
	cJSON *part = part_of(c, parts, "tool_call_response");

	if (!part)
		return;
	member(c, part, "id", id);
	gt_content_add(c, part, "response", response ? gt_content_copy(c, response) : cJSON_CreateNull());
}

void gt_part_server_tool(struct gt_content *c, cJSON *parts, const char *type, const cJSON *call)
{
	cJSON *part = part_of(c, parts, type), *inner = part ? gt_content_copy(c, call) : NULL;
	struct gt_str name = gt_content_str(call, "name");

	if (!part)
		return;
	member(c, part, "id", gt_content_str(call, "id"));
	if (!strcmp(type, "server_tool_call"))
		gt_content_add(c, part, "name", gt_content_node(c, name.len ? name : gt_content_str(call, "type")));
	cJSON_DeleteItemFromObject(inner, "id");
	gt_content_add(c, part, type, inner);
}

void gt_part_uri(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str uri)
{
	struct gt_str type, data;
	cJSON *part;

	if (gt_media_split(uri, &type, &data)) {
		gt_part_blob(c, parts, type, NULL, data);
		return;
	}
	part = part_of(c, parts, "uri");
	member(c, part, "mime_type", mime);
	member(c, part, "modality", gt_str_of(modality ? modality : gt_media_modality(mime)));
	member(c, part, "uri", uri);
}

void gt_part_file(struct gt_content *c, cJSON *parts, const char *modality, struct gt_str id)
{
	cJSON *part = part_of(c, parts, "file");

	member(c, part, "modality", gt_str_of(modality));
	member(c, part, "file_id", id);
}

void gt_part_blob(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str base64)
{
	cJSON *part = part_of(c, parts, "blob");
	struct gt_media media;

	if (!part)
		return;
	member(c, part, "mime_type", mime);
	member(c, part, "modality", gt_str_of(modality ? modality : gt_media_modality(mime)));
	/* without `content`: readers make a data: URL of an empty one */
	if (!gt_media_of(base64, &media))
		return;
	gt_content_add(c, part, "byte_size", cJSON_CreateNumber((double)media.size));
	member(c, part, "sha256", gt_str_of(media.sha256));
}

void gt_part_other(struct gt_content *c, cJSON *parts, const cJSON *part, const char *type)
{
	cJSON *copied;

	if (!parts || !cJSON_IsObject(part))
		return;
	copied = gt_content_copy(c, part);
	if (copied && !gt_content_str(copied, "type").len) {
		cJSON_DeleteItemFromObject(copied, "type");
		gt_content_add(c, copied, "type", gt_content_node(c, gt_str_of(type)));
	}
	gt_content_add(c, parts, NULL, copied);
}

/* ---------------------------------------------------------------- definitions, arguments, result */

void gt_content_tool(struct gt_content *c, const char *type, struct gt_str name, const cJSON *description,
		     const cJSON *parameters)
{
	cJSON *tools = array_in(c, &c->tools), *tool = part_of(c, tools, type);

	if (!tool)
		return;
	gt_content_add(c, tool, "name", gt_content_node(c, name.len ? name : gt_str_of(type)));
	if (!c->capture->has_whole_tools)
		return; /* in the conventions the rest is opt-in */
	if (cJSON_IsString(description))
		gt_content_add(c, tool, "description", gt_content_copy(c, description));
	if (cJSON_IsObject(parameters))
		gt_content_add(c, tool, "parameters", gt_content_copy(c, parameters));
}

/* Parses a string if it is JSON, because the conventions want an object. */
static void set(struct gt_content *c, cJSON **place, const cJSON *json)
{
	forget(place);
	if (json)
		*place = cJSON_IsString(json) ? gt_content_parsed(c, gt_str_of(json->valuestring)) : gt_content_copy(c, json);
}

void gt_content_arguments(struct gt_content *c, const cJSON *json)
{
	set(c, &c->arguments, json);
}

void gt_content_result(struct gt_content *c, const cJSON *json)
{
	set(c, &c->result, json);
}
