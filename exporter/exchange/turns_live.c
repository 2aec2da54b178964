/*
 * Google's Live API: one socket is one session, whose first message is its `setup`.
 *
 * The client's content asks for a turn when it says that the client's turn is complete. Of what the user says in audio or text
 * (`realtimeInput`) the server decides when it is complete. A turn ends with `turnComplete`. When the model calls tools, it
 * waits for their results. What it says after them is another turn: another inference with counts of its own.
 *
 * Members may be written in snake_case too. Source: the reference of the Live API, and the official SDK.
 */
#include "exporter/exchange/turn_dialects.h"

#include "exporter/base/json.h"

#define BEGINNING 64	     /* bytes of a message that show its kind */
#define NO_MEDIA  (4 * 1024) /* shorter input may be text, or the end of an activity */

static bool live_is_media(struct gt_str text)
{
	static const char input[] = "\"realtimeInput\"", snake[] = "\"realtime_input\"";
	size_t n = text.len < BEGINNING ? text.len : BEGINNING;

	return text.len > NO_MEDIA &&
	       (memmem(text.p, n, input, sizeof(input) - 1) || memmem(text.p, n, snake, sizeof(snake) - 1));
}

static const cJSON *member(const cJSON *json, const char *camel, const char *snake)
{
	const cJSON *found = gt_json_at(json, camel);

	return found ? found : gt_json_at(json, snake);
}

static struct gt_turn *begin_turn(struct gt_turns *t, struct gt_mono at)
{
	struct gt_turn *turn = gt_turn_open(t, at, GT_API_GEMINI_LIVE);
	cJSON *tree = turn ? cJSON_CreateObject() : NULL;

	if (!turn)
		return NULL;
	if (t->session)
		gt_turn_refer(tree, "setup", t->session);
	gt_turn_ask_tree(turn, tree);
	return turn;
}

static void live_setup(struct gt_turns *t, const struct gt_turn_message *m, const cJSON *setup)
{
	struct gt_turn *turn;

	gt_turns_set(t, setup, true);
	if (t->n)
		return;
	turn = begin_turn(t, m->at);
	if (turn)
		turn->is_setup = true;
}

/* Ends the turn of which nothing is missing. */
static void end_settled(struct gt_turns *t)
{
	if (t->n && t->open[0].is_settled)
		gt_turn_end(t, t->open, GT_OUTCOME_COMPLETE, t->open[0].call->last_data);
}

/* The client asks for a turn. While another is under way, the server interrupts that, and begins the next when it likes. */
static void live_ask(struct gt_turns *t, struct gt_mono at)
{
	end_settled(t);
	t->input = at;
	if (t->n)
		return;
	t->input = (struct gt_mono){ 0 };
	begin_turn(t, at);
}

static bool is_input(const cJSON *input)
{
	return gt_json_has(input, "text") || gt_json_has(input, "activityEnd") || gt_json_has(input, "activity_end") ||
	       gt_json_has(input, "audioStreamEnd") || gt_json_has(input, "audio_stream_end");
}

static void live_sent(struct gt_turns *t, const struct gt_turn_message *m)
{
	const cJSON *setup = gt_json_at(m->json, "setup"), *content = member(m->json, "clientContent", "client_content");
	bool is_complete = false;

	if (cJSON_IsObject(setup))
		live_setup(t, m, setup);
	if (content && !gt_json_bool(content, "turnComplete", &is_complete))
		gt_json_bool(content, "turn_complete", &is_complete);
	/* results of further tools belong to the turn that the first have begun */
	if (member(m->json, "toolResponse", "tool_response"))
		is_complete = t->n && t->open[0].is_settled;
	if (is_complete)
		live_ask(t, m->at);
	else if (is_input(member(m->json, "realtimeInput", "realtime_input")))
		t->input = m->at;
}

static bool has_output(const cJSON *content, const cJSON *tools)
{
	return tools || gt_json_has(content, "modelTurn.parts") || gt_json_has(content, "outputTranscription.text");
}

/* The turn that this message belongs to. The server begins one by itself when it has heard the end of the user's speech. */
static struct gt_turn *turn_of(struct gt_turns *t, struct gt_mono at, bool is_output)
{
	struct gt_turn *turn;

	if (is_output && t->n && (t->open[0].is_over || t->open[0].is_setup))
		gt_turn_end(t, t->open, GT_OUTCOME_COMPLETE, t->open[0].call->last_data);
	if (t->n || !is_output)
		return t->n ? t->open : NULL;
	turn = begin_turn(t, t->input.ns ? t->input : at);
	if (turn)
		turn->has_no_start = !t->input.ns;
	t->input = (struct gt_mono){ 0 };
	return turn;
}

static void live_received(struct gt_turns *t, const struct gt_turn_message *m)
{
	const cJSON *content = gt_json_at(m->json, "serverContent"), *tools = gt_json_at(m->json, "toolCall");
	bool is_complete = false, is_interrupted = false, has_usage = gt_json_has(m->json, "usageMetadata");
	bool is_output = has_output(content, tools);
	struct gt_turn *turn;

	if (gt_json_has(m->json, "setupComplete")) {
		if (t->n && t->open[0].is_setup)
			gt_turn_end(t, t->open, GT_OUTCOME_COMPLETE, m->at);
		return;
	}
	turn = turn_of(t, m->at, is_output);
	if (!turn || !(content || tools || has_usage || gt_json_is_object(m->json, "error")))
		return;
	gt_json_bool(content, "turnComplete", &is_complete);
	gt_json_bool(content, "interrupted", &is_interrupted);
	turn->is_over |= is_complete || is_interrupted;
	turn->is_settled = turn->is_over || tools || (turn->is_settled && !content);
	gt_turn_document(turn, m->at, m->text, is_output && !turn->has_no_start);
	if (turn->is_over && has_usage)
		gt_turn_end(t, turn, GT_OUTCOME_COMPLETE, m->at);
}

const struct gt_turn_dialect gt_turns_of_live = {
	.api = GT_API_GEMINI_LIVE,
	.is_media = live_is_media,
	.sent = live_sent,
	.received = live_received,
};
