/*
 * Parts of a response that arrive in pieces. Pieces are joined before redaction, because a secret may be split over
 * several.
 */
#include <stdlib.h>

#include "exporter/base/buf.h"
#include "exporter/base/utf8.h"
#include "exporter/content/content.h"

/* Limit on the bytes of all drafts of an exchange, as a multiple of the limit of one attribute. */
#define DRAFTED_MAX 8

static const char *const types[] = { [GT_DRAFT_TEXT] = "text",
				     [GT_DRAFT_REASONING] = "reasoning",
				     [GT_DRAFT_TOOL_CALL] = "tool_call",
				     [GT_DRAFT_SERVER_CALL] = "server_tool_call" };

static struct gt_draft *make(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key)
{
	cJSON *parts = gt_content_choice(c, choice), *part;
	struct gt_draft *d;

	if (!parts || c->n_drafts == GT_CONTENT_DRAFTS)
		return NULL;
	d = calloc(1, sizeof(*d));
	part = cJSON_CreateObject();
	if (!d || !part || !cJSON_AddItemToArray(parts, part)) {
		free(d);
		cJSON_Delete(part);
		c->has_failed = true;
		return NULL;
	}
	gt_content_add(c, part, "type", gt_content_node(c, gt_str_of(types[kind])));
	d->part = part;
	d->choice = choice;
	d->kind = kind;
	d->key = key;
	gt_buf_init(&d->text, (size_t)c->capture->attribute_max + 2 * GT_SECRET_REACH);
	c->drafts[c->n_drafts++] = d;
	return d;
}

struct gt_draft *gt_draft_of(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key)
{
	for (unsigned i = c->n_drafts; i--;) {
		struct gt_draft *d = c->drafts[i];

		if (d->choice != choice)
			continue;
		if (key == GT_DRAFT_LAST) {
			if (d->kind == kind && d->key == key && !d->part->next)
				return d;
			break;
		}
		if (d->kind == kind && d->key == key)
			return d;
	}
	return make(c, choice, kind, key);
}

struct gt_draft *gt_draft_new(struct gt_content *c, int64_t choice, enum gt_draft_kind kind)
{
	return make(c, choice, kind, INT32_MAX + (int64_t)c->n_drafts); /* larger than any index */
}

struct gt_draft *gt_draft_again(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key)
{
	return make(c, choice, kind, key);
}

struct gt_draft *gt_draft_begin(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key, struct gt_str id)
{
	struct gt_draft *d = gt_draft_of(c, choice, kind, key);

	return d && id.len && d->id.len && !gt_draft_is_called(d, id) ? gt_draft_again(c, choice, kind, key) : d;
}

struct gt_draft *gt_draft_call(struct gt_content *c, int64_t choice, int64_t key)
{
	for (unsigned i = c->n_drafts; i--;)
		if (c->drafts[i]->choice == choice && c->drafts[i]->kind >= GT_DRAFT_TOOL_CALL &&
		    (key == GT_DRAFT_LAST || c->drafts[i]->key == key))
			return c->drafts[i];
	return NULL;
}

struct gt_draft *gt_draft_call_of(struct gt_content *c, int64_t choice, int64_t key, struct gt_str id)
{
	for (unsigned i = c->n_drafts; i-- && id.len;) {
		struct gt_draft *d = c->drafts[i];

		if (d->choice == choice && d->kind >= GT_DRAFT_TOOL_CALL && (key == GT_DRAFT_LAST || d->key == key) &&
		    gt_draft_is_called(d, id))
			return d;
	}
	return NULL;
}

bool gt_draft_has(const struct gt_content *c, int64_t choice, int64_t from, int64_t to)
{
	for (unsigned i = 0; i < c->n_drafts; i++)
		if (c->drafts[i]->choice == choice && c->drafts[i]->key >= from && c->drafts[i]->key <= to)
			return true;
	return false;
}

void gt_draft_expect_object(struct gt_content *c, struct gt_draft *d)
{
	if (d && d->kind == GT_DRAFT_TOOL_CALL && !cJSON_HasObjectItem(d->part, "arguments"))
		gt_content_add(c, d->part, "arguments", cJSON_CreateObject());
}

void gt_draft_add(struct gt_content *c, struct gt_draft *d, struct gt_str piece)
{
	size_t room;

	if (!d || d->is_over)
		return;
	room = d->text.max - d->text.len;
	if (piece.len > room)
		piece.len = room; /* the draft already has more than an attribute can hold */
	c->drafted += piece.len;
	if (c->drafted > (size_t)DRAFTED_MAX * c->capture->attribute_max || !gt_buf_add(&d->text, piece.p, piece.len)) {
		gt_buf_free(&d->text);
		d->is_over = true;
	}
}

void gt_draft_add_json(struct gt_content *c, struct gt_draft *d, const cJSON *piece)
{
	char *text;

	if (cJSON_IsString(piece)) {
		gt_draft_add(c, d, gt_str_of(piece->valuestring));
		return;
	}
	text = piece && !cJSON_IsNull(piece) ? cJSON_PrintUnformatted(piece) : NULL;
	if (text)
		gt_draft_add(c, d, gt_str_of(text));
	cJSON_free(text);
}

bool gt_draft_is_whole(const struct gt_draft *d)
{
	struct gt_str text = gt_buf_str(&d->text);
	cJSON *json = text.len && text.p[0] == '{' && text.p[text.len - 1] == '}' ? gt_json_parse(text) : NULL;
	bool is_whole = json != NULL;

	cJSON_Delete(json);
	return is_whole;
}

bool gt_draft_is_called(const struct gt_draft *d, struct gt_str id)
{
	return d && gt_str_eq(d->id, id);
}

void gt_draft_name(struct gt_content *c, struct gt_draft *d, struct gt_str id, struct gt_str name)
{
	if (!d)
		return;
	if (id.len && !d->id.len) {
		gt_content_add(c, d->part, "id", gt_content_node(c, id));
		d->id = gt_content_str(d->part, "id");
	}
	if (name.len && !cJSON_HasObjectItem(d->part, "name"))
		gt_content_add(c, d->part, "name", gt_content_node(c, name));
}

static void end(struct gt_content *c, struct gt_draft *d)
{
	struct gt_str text = GT_STR("[truncated]");
	cJSON *call;

	gt_draft_end_value(c, d);
	if (!d->is_over) {
		d->text.len = gt_utf8_join_halves(d->text.data, d->text.len); /* a pair may be split over two pieces */
		text = gt_buf_str(&d->text);
	}
	if (d->kind == GT_DRAFT_TEXT || d->kind == GT_DRAFT_REASONING) {
		gt_content_add(c, d->part, "content", gt_content_node(c, text));
		return;
	}
	if (!cJSON_HasObjectItem(d->part, "name"))
		gt_content_add(c, d->part, "name", gt_content_node(c, GT_STR("")));
	if (d->kind == GT_DRAFT_TOOL_CALL) {
		if (!text.len)
			return;
		cJSON_DeleteItemFromObject(d->part, "arguments");
		gt_content_add(c, d->part, "arguments", gt_content_parsed(c, text));
		return;
	}
	call = cJSON_CreateObject();
	if (call) {
		gt_content_add(c, call, "type", gt_content_node(c, gt_content_str(d->part, "name")));
		if (text.len)
			gt_content_add(c, call, "input", gt_content_parsed(c, text));
	}
	gt_content_add(c, d->part, "server_tool_call", call);
}

void gt_drafts_end(struct gt_content *c)
{
	for (unsigned i = 0; i < c->n_drafts; i++)
		end(c, c->drafts[i]);
	gt_drafts_free(c);
}
