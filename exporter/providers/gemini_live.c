/*
 * Google's Live API: the handshake of a session, when it is refused, and each turn of a session.
 *
 * The request of a turn is made by exporter/exchange/turns_live.c: the session's `setup`. The documents are the server's
 * messages. The counts of a later `usageMetadata` replace those of an earlier: they are of the whole turn.
 */
#include "exporter/providers/gemini_members.h"

/* "models/m", "projects/p/locations/l/publishers/google/models/m", or the bare name. */
static void take_model(struct gt_reading *r, const cJSON *setup)
{
	struct gt_str model;
	size_t at;

	if (!gt_json_str(setup, "model", &model))
		return;
	for (at = model.len; at && model.p[at - 1] != '/';)
		at--;
	if (at < model.len)
		gt_span_set_str(r->span, GT_ATTR_REQUEST_MODEL, gt_str_skip(model, at));
}

static void live_request(struct gt_reading *r, const cJSON *json)
{
	const cJSON *setup = gt_json_at(json, "setup");

	take_model(r, setup);
	gt_gemini_take_config(r, setup);
}

static void take_content(struct gt_reading *r, const cJSON *content)
{
	bool is_set = false;

	if (gt_json_bool(content, "turnComplete", &is_set) && is_set) {
		r->is_final = true;
		if (!r->choices || !r->finish[0].len)
			gt_set_finish(r, 0, GT_STR("stop"));
	}
	is_set = false;
	if (gt_json_bool(content, "interrupted", &is_set) && is_set) {
		r->is_final = true;
		gt_set_finish(r, 0, GT_STR("interrupted"));
	}
	/* searches are charged */
	r->has_fees |= gt_json_has(content, "groundingMetadata.webSearchQueries.0") ||
		       gt_json_has(content, "groundingMetadata.groundingChunks.0");
}

static void live_event(struct gt_reading *r, const struct gt_document *d)
{
	if (!d->json)
		return;
	if (gt_json_has(d->json, "toolCall")) {
		r->is_final = true;
		gt_set_finish(r, 0, GT_STR("tool_calls"));
	}
	take_content(r, gt_json_at(d->json, "serverContent"));
	gt_gemini_take_usage(r, gt_json_at(d->json, "usageMetadata"));
	if (gt_json_is_object(d->json, "error"))
		gt_read_common_error(r, d->json);
}

static const char *const live_members[] = { "serverContent", "toolCall", "usageMetadata", "error", NULL };

const struct gt_provider gt_gemini_live = {
	.api = GT_API_GEMINI_LIVE,
	.operation = "generate_content",
	.members = live_members,
	.request = live_request,
	.event = live_event,
};
