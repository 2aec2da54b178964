#include "exporter/exchange/turns.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/json.h"
#include "exporter/exchange/turn_dialects.h"
#include "shim/shared/compiler.h"

static const struct gt_turn_dialect *const dialects[] = { &gt_turns_of_responses, &gt_turns_of_realtime, &gt_turns_of_live };

static const struct gt_turn_dialect *dialect_of(enum gt_api api)
{
	for (size_t i = 0; i < GT_COUNT_OF(dialects); i++)
		if (dialects[i]->api == api)
			return dialects[i];
	return NULL;
}

struct gt_turns *gt_turns_new(const struct gt_call *handshake, size_t *left, gt_call_done *done)
{
	const struct gt_turn_dialect *dialect = dialect_of((enum gt_api)handshake->begin.api);
	struct gt_turns *t = dialect ? calloc(1, sizeof(*t)) : NULL;

	if (!t)
		return NULL;
	t->dialect = dialect;
	t->left = left;
	t->done = done;
	t->handshake = gt_call_like(handshake);
	if (t->handshake)
		return t;
	free(t);
	return NULL;
}

static void remove_turn(struct gt_turns *t, struct gt_turn *turn)
{
	size_t i = (size_t)(turn - t->open);

	t->n--;
	memmove(turn, turn + 1, (t->n - i) * sizeof(*turn));
}

static void finish(struct gt_turns *t, struct gt_turn *turn, enum gt_outcome outcome, struct gt_str failure, struct gt_mono at)
{
	struct gt_call *c = turn->call;

	/* a set-up that succeeded, or that the application did not wait for, is not reported */
	if (turn->is_setup && outcome != GT_OUTCOME_CUT && outcome != GT_OUTCOME_FAILED)
		outcome = GT_OUTCOME_NEVER;
	remove_turn(t, turn);
	c->outcome = outcome;
	c->failure = failure;
	c->ended = at;
	t->done(c->ctx, c);
}

void gt_turns_end(struct gt_turns *t, enum gt_outcome outcome, struct gt_str failure, struct gt_mono at)
{
	while (t->n) {
		struct gt_turn *turn = t->open;

		/* all of the answer has come */
		if (turn->is_settled && outcome != GT_OUTCOME_NEVER)
			finish(t, turn, GT_OUTCOME_COMPLETE, GT_STR_NONE, turn->call->last_data);
		else
			finish(t, turn, outcome, failure, at);
	}
}

void gt_turns_free(struct gt_turns *t)
{
	if (!t)
		return;
	gt_turns_end(t, GT_OUTCOME_NEVER, GT_STR_NONE, t->handshake->began);
	cJSON_Delete(t->session);
	gt_call_free(t->handshake);
	free(t);
}

size_t gt_turns_open(const struct gt_turns *t)
{
	return t->n;
}

/* ---------------------------------------------------------------- messages */

void gt_turns_message(struct gt_turns *t, bool is_sent, struct gt_mono at, struct gt_str text)
{
	struct gt_turn_message m = { .at = at, .text = gt_str_trim(text) };
	cJSON *json;

	if (!m.text.len || m.text.p[0] != '{' || (is_sent && t->dialect->is_media && t->dialect->is_media(m.text)))
		return;
	json = gt_json_parse(m.text);
	m.json = json;
	if (!cJSON_IsObject(json))
		gt_turns_lost(t, is_sent, GT_DAMAGE_TOO_BIG);
	else if (is_sent)
		t->dialect->sent(t, &m);
	else
		t->dialect->received(t, &m);
	cJSON_Delete(json);
}

void gt_turns_lost(struct gt_turns *t, bool is_sent, enum gt_damage why)
{
	t->is_request_lost |= is_sent;
	for (size_t i = 0; i < t->n && !is_sent; i++)
		gt_call_damage(t->open[i].call, why);
}

/* The words of the registry of close codes (RFC 6455, 11.7). Empty for an end in good order. */
static struct gt_str word_of_close(unsigned code, char room[24])
{
	static const struct {
		unsigned code;
		const char *word;
	} words[] = {
		{ 1000, "" },
		{ 1001, "" },
		{ 1002, "protocol_error" },
		{ 1003, "unsupported_data" },
		{ 1007, "invalid_payload" },
		{ 1008, "policy_violation" },
		{ 1009, "message_too_big" },
		{ 1010, "mandatory_extension" },
		{ 1011, "internal_error" },
		{ 1012, "service_restart" },
		{ 1013, "try_again_later" },
		{ 1014, "bad_gateway" },
	};

	for (size_t i = 0; i < GT_COUNT_OF(words); i++)
		if (words[i].code == code)
			return gt_str_of(words[i].word);
	snprintf(room, 24, "websocket_close_%u", code);
	return gt_str_of(room);
}

/* The error that a server reports by closing, as a document of each open turn. */
static void give_close_error(struct gt_turns *t, struct gt_mono at, struct gt_str word, struct gt_str reason)
{
	cJSON *json = cJSON_CreateObject(), *error = cJSON_AddObjectToObject(json, "error");
	char word_text[32], reason_text[GT_TURN_ID_MAX + 8], *text;

	snprintf(word_text, sizeof(word_text), "%.*s", GT_STR_ARG(word));
	snprintf(reason_text, sizeof(reason_text), "%.*s", GT_STR_ARG(reason));
	cJSON_AddStringToObject(json, "type", "error");
	cJSON_AddStringToObject(error, "code", word_text);
	cJSON_AddStringToObject(error, "message", reason_text);
	text = error ? cJSON_PrintUnformatted(json) : NULL;
	for (size_t i = 0; text && i < t->n; i++)
		if (!t->open[i].is_settled)
			gt_turn_document(&t->open[i], at, gt_str_of(text), false);
	cJSON_free(text);
	cJSON_Delete(json);
}

void gt_turns_close(struct gt_turns *t, bool is_sent, struct gt_mono at, struct gt_str payload)
{
	char room[24];

	if (!is_sent && payload.len >= 2) {
		unsigned code = (unsigned)((uint8_t)payload.p[0] << 8 | (uint8_t)payload.p[1]);
		struct gt_str word = word_of_close(code, room);

		if (word.len)
			give_close_error(t, at, word, gt_str_skip(payload, 2));
	}
	gt_turns_end(t, is_sent ? GT_OUTCOME_ABANDONED : GT_OUTCOME_CUT, GT_STR_NONE, at);
}

/* ---------------------------------------------------------------- for dialects */

struct gt_turn_id gt_turn_id_of(const cJSON *json, const char *path)
{
	struct gt_turn_id id = { .len = 0 };
	struct gt_str text;

	if (gt_json_str(json, path, &text)) {
		id.len = (uint8_t)(text.len < sizeof(id.text) ? text.len : sizeof(id.text));
		memcpy(id.text, text.p, id.len);
	}
	return id;
}

bool gt_turn_is(const struct gt_turn_id *a, const struct gt_turn_id *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

struct gt_turn *gt_turn_open(struct gt_turns *t, struct gt_mono at, enum gt_api api)
{
	struct gt_turn *turn = &t->open[t->n];

	if (t->n == GT_TURNS_MAX)
		return NULL;
	*turn = (struct gt_turn){ .call = gt_call_like(t->handshake) };
	if (!turn->call)
		return NULL;
	gt_call_share(turn->call, t->left);
	gt_call_begin_below(turn->call, at, api);
	turn->call->is_request_cut = t->is_request_lost;
	t->is_request_lost = false;
	t->n++;
	return turn;
}

void gt_turn_ask(struct gt_turn *turn, struct gt_str text)
{
	turn->call->is_request_cut = false;
	gt_buf_reset(&turn->call->request_body);
	gt_call_request_body(turn->call, text);
}

void gt_turn_ask_tree(struct gt_turn *turn, cJSON *tree)
{
	char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;

	if (text)
		gt_turn_ask(turn, gt_str_of(text));
	else
		turn->call->is_request_cut = true;
	cJSON_free(text);
	cJSON_Delete(tree);
}

void gt_turn_document(struct gt_turn *turn, struct gt_mono at, struct gt_str text, bool is_output)
{
	struct gt_call *c = turn->call;

	if (!c->first_byte.ns)
		c->first_byte = at;
	if (is_output && !c->first_data.ns)
		c->first_data = at;
	c->last_data = at;
	c->data_events++;
	c->on_document(c->ctx, c, GT_STR(""), text);
}

void gt_turn_end(struct gt_turns *t, struct gt_turn *turn, enum gt_outcome outcome, struct gt_mono at)
{
	finish(t, turn, outcome, GT_STR_NONE, at);
}

/* RFC 7396 */
static void merge(cJSON *into, const cJSON *news)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, news) {
		cJSON *old = cJSON_GetObjectItemCaseSensitive(into, item->string), *copy;

		if (cJSON_IsNull(item)) {
			cJSON_DeleteItemFromObjectCaseSensitive(into, item->string);
		} else if (cJSON_IsObject(item) && cJSON_IsObject(old)) {
			merge(old, item);
		} else {
			copy = cJSON_Duplicate(item, true);
			cJSON_DeleteItemFromObjectCaseSensitive(into, item->string);
			if (copy && !cJSON_AddItemToObject(into, item->string, copy))
				cJSON_Delete(copy);
		}
	}
}

void gt_turn_refer(cJSON *tree, const char *name, const cJSON *object)
{
	cJSON *reference = tree ? cJSON_CreateObjectReference(object->child) : NULL;

	if (reference && !cJSON_AddItemToObject(tree, name, reference))
		cJSON_Delete(reference);
}

void gt_turns_set(struct gt_turns *t, const cJSON *settings, bool replaces)
{
	if (!cJSON_IsObject(settings))
		return;
	if (replaces || !t->session) {
		cJSON_Delete(t->session);
		t->session = cJSON_Duplicate(settings, true);
	} else {
		merge(t->session, settings);
	}
}
