/*
 * OpenAI's two APIs over a WebSocket, and their copies.
 *
 * Responses: `response.create` has the members of the HTTP request, and the server answers with the events of the HTTP
 * stream. Several conversations may share a socket; their messages have a `stream_id`.
 *
 * Realtime: the session has settings (`session.update`). A response is created by `response.create`, or by the server when it
 * hears that the user has finished. Events of a response name its id.
 *
 * Source: the type definitions of the official SDK.
 */
#include "exporter/exchange/turn_dialects.h"

#include "exporter/base/json.h"
#include "shim/shared/compiler.h"

static struct gt_str type_of(const cJSON *json)
{
	struct gt_str type = GT_STR("");

	gt_json_str(json, "type", &type);
	return type;
}

static bool is_output(struct gt_str type)
{
	return gt_str_ends(type, GT_STR(".delta")) || gt_str_eq(type, GT_STR("response.output_item.done"));
}

static struct gt_turn *find_turn(struct gt_turns *t, const struct gt_turn_id *id)
{
	for (size_t i = 0; id->len && i < t->n; i++)
		if (gt_turn_is(&t->open[i].id, id))
			return &t->open[i];
	return NULL;
}

static struct gt_turn_id response_of(const cJSON *json)
{
	struct gt_turn_id id = gt_turn_id_of(json, "response_id");

	return id.len ? id : gt_turn_id_of(json, "response.id");
}

/* The first turn of that conversation; with `is_new` of those that the server has not answered. */
static struct gt_turn *first_turn(struct gt_turns *t, const struct gt_turn_id *lane, bool is_new)
{
	for (size_t i = 0; i < t->n; i++)
		if (gt_turn_is(&t->open[i].lane, lane) && !(is_new && t->open[i].id.len))
			return &t->open[i];
	return NULL;
}

/* ---------------------------------------------------------------- Responses */

static void ask_for_response(struct gt_turns *t, const struct gt_turn_message *m, enum gt_api api)
{
	struct gt_turn *turn = gt_turn_open(t, m->at, api);

	if (!turn)
		return;
	turn->lane = gt_turn_id_of(m->json, "stream_id");
	turn->asked = gt_turn_id_of(m->json, "event_id");
	gt_turn_ask(turn, m->text);
}

static void responses_sent(struct gt_turns *t, const struct gt_turn_message *m)
{
	if (gt_str_eq(type_of(m->json), GT_STR("response.create")))
		ask_for_response(t, m, GT_API_OPENAI_RESPONSES);
}

static bool is_end(struct gt_str type)
{
	static const struct gt_str ends[] = { { "response.completed", 18 },
					      { "response.incomplete", 19 },
					      { "response.failed", 15 },
					      { "response.cancelled", 18 },
					      { "response.done", 13 } };

	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		if (gt_str_eq(type, ends[i]))
			return true;
	return false;
}

static void responses_received(struct gt_turns *t, const struct gt_turn_message *m)
{
	struct gt_turn_id id = response_of(m->json), lane = gt_turn_id_of(m->json, "stream_id");
	struct gt_str type = type_of(m->json);
	bool is_created = gt_str_eq(type, GT_STR("response.created")), is_error = gt_str_eq(type, GT_STR("error"));
	struct gt_turn *turn = find_turn(t, &id);

	/* what a client adds to a response under way, and news of other things */
	if (gt_str_starts(type, GT_STR("response.steer.")) || (!is_error && !gt_str_starts(type, GT_STR("response."))))
		return;
	if (!turn)
		turn = first_turn(t, &lane, is_created);
	if (!turn && is_created) { /* the server goes on with what the client has added */
		turn = gt_turn_open(t, m->at, GT_API_OPENAI_RESPONSES);
		if (turn)
			turn->lane = lane;
	}
	if (!turn)
		return;
	if (id.len)
		turn->id = id;
	gt_turn_document(turn, m->at, m->text, is_output(type));
	if (is_error || is_end(type))
		gt_turn_end(t, turn, GT_OUTCOME_COMPLETE, m->at);
}

const struct gt_turn_dialect gt_turns_of_responses = {
	.api = GT_API_OPENAI_RESPONSES_SOCKET,
	.sent = responses_sent,
	.received = responses_received,
};

/* ---------------------------------------------------------------- Realtime */

#define BEGINNING 200 /* bytes of a message that show its type */

static bool realtime_is_media(struct gt_str text)
{
	static const char append[] = "\"input_audio_buffer.append\"";

	return memmem(text.p, text.len < BEGINNING ? text.len : BEGINNING, append, sizeof(append) - 1) != NULL;
}

static void add_name(cJSON *tree, const char *name, const struct gt_turn_id *id)
{
	char text[GT_TURN_ID_MAX + 1];

	memcpy(text, id->text, id->len);
	text[id->len] = 0;
	if (id->len)
		cJSON_AddStringToObject(tree, name, text);
}

/* The request of a turn: the session's settings, which models were asked for and are served, and what the client asks for
 * this response alone. */
static void ask_in_session(struct gt_turns *t, struct gt_turn *turn, const cJSON *response)
{
	cJSON *tree = cJSON_CreateObject();

	add_name(tree, "asked_model", &t->asked_model);
	add_name(tree, "served_model", &t->served_model);
	if (t->session)
		gt_turn_refer(tree, "session", t->session);
	if (cJSON_IsObject(response))
		gt_turn_refer(tree, "response", response);
	gt_turn_ask_tree(turn, tree);
}

static void realtime_sent(struct gt_turns *t, const struct gt_turn_message *m)
{
	struct gt_str type = type_of(m->json);
	struct gt_turn_id model = gt_turn_id_of(m->json, "session.model");
	struct gt_turn *turn;

	if (gt_str_eq(type, GT_STR("session.update"))) {
		gt_turns_set(t, gt_json_at(m->json, "session"), false);
		if (model.len)
			t->asked_model = model;
	}
	if (!gt_str_eq(type, GT_STR("response.create")))
		return;
	turn = gt_turn_open(t, m->at, GT_API_OPENAI_REALTIME);
	if (!turn)
		return;
	turn->asked = gt_turn_id_of(m->json, "event_id");
	ask_in_session(t, turn, gt_json_at(m->json, "response"));
}

/* Which turn an error ends: the request that it names, or the first without an answer. Most errors are of other messages,
 * and the session goes on. */
static struct gt_turn *turn_of_error(struct gt_turns *t, const cJSON *json)
{
	struct gt_turn_id asked = gt_turn_id_of(json, "error.event_id");

	for (size_t i = 0; i < t->n; i++)
		if (!t->open[i].id.len && (!asked.len || gt_turn_is(&asked, &t->open[i].asked)))
			return &t->open[i];
	return NULL;
}

static void realtime_error(struct gt_turns *t, const struct gt_turn_message *m)
{
	struct gt_turn *turn = turn_of_error(t, m->json);

	if (!turn && !t->has_session && !t->n) { /* the session is refused: no model, no access */
		turn = gt_turn_open(t, t->handshake->began, GT_API_OPENAI_REALTIME);
		if (turn)
			ask_in_session(t, turn, NULL);
	}
	if (!turn)
		return;
	gt_turn_document(turn, m->at, m->text, false);
	gt_turn_end(t, turn, GT_OUTCOME_COMPLETE, m->at);
}

/* The server has processed every earlier message: what the session is now holds for this turn. */
static void ask_again(struct gt_turns *t, struct gt_turn *turn)
{
	cJSON *asked = gt_json_parse(gt_buf_str(&turn->call->request_body));

	if (asked)
		ask_in_session(t, turn, gt_json_at(asked, "response"));
	cJSON_Delete(asked);
}

static void take_session(struct gt_turns *t, const cJSON *json, bool is_new)
{
	struct gt_turn_id model = gt_turn_id_of(json, "session.model");

	t->has_session = true;
	gt_turns_set(t, gt_json_at(json, "session"), is_new); /* some servers repeat only what has changed */
	if (model.len)
		t->served_model = model;
}

static struct gt_turn *turn_of_event(struct gt_turns *t, const struct gt_turn_message *m, bool is_created)
{
	const struct gt_turn_id none = { .len = 0 };
	struct gt_turn_id id = response_of(m->json);
	struct gt_turn *turn = find_turn(t, &id);

	if (turn || !is_created)
		return turn;
	turn = first_turn(t, &none, true);
	if (turn) {
		ask_again(t, turn);
	} else { /* the server has heard the end of the user's speech */
		turn = gt_turn_open(t, m->at, GT_API_OPENAI_REALTIME);
		if (turn)
			ask_in_session(t, turn, NULL);
	}
	if (turn)
		turn->id = id;
	return turn;
}

static void realtime_received(struct gt_turns *t, const struct gt_turn_message *m)
{
	struct gt_str type = type_of(m->json);
	struct gt_turn *turn;

	if (gt_str_eq(type, GT_STR("session.created")) || gt_str_eq(type, GT_STR("session.updated"))) {
		take_session(t, m->json, gt_str_eq(type, GT_STR("session.created")));
		return;
	}
	if (gt_str_eq(type, GT_STR("error"))) {
		realtime_error(t, m);
		return;
	}
	turn = turn_of_event(t, m, gt_str_eq(type, GT_STR("response.created")));
	if (!turn)
		return;
	gt_turn_document(turn, m->at, m->text, is_output(type));
	if (gt_str_eq(type, GT_STR("response.done")))
		gt_turn_end(t, turn, GT_OUTCOME_COMPLETE, m->at);
}

const struct gt_turn_dialect gt_turns_of_realtime = {
	.api = GT_API_OPENAI_REALTIME,
	.is_media = realtime_is_media,
	.sent = realtime_sent,
	.received = realtime_received,
};
