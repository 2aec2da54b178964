/*
 * Turns the collected content into the span's attributes.
 */
#include "exporter/content/content.h"
#include "exporter/content/content_text.h"
#include "exporter/span/reading.h"

#include "shim/shared/compiler.h"

/* Translates finish reasons to the conventions' words; unknown reasons are kept. */
static struct gt_str finish_word(struct gt_str reason)
{
	static const struct {
		struct gt_str wire, word;
	} rows[] = {
#define ROW(wire, word)                        \
	{                                      \
		{ wire, sizeof(wire) - 1 },    \
		{                              \
			word, sizeof(word) - 1 \
		}                              \
	}
		ROW("end_turn", "stop"),
		ROW("stop_sequence", "stop"),
		ROW("complete", "stop"),
		ROW("completed", "stop"),
		ROW("eos_token", "stop"),
		ROW("eos", "stop"),
		ROW("finish", "stop"),
		ROW("endoftext", "stop"),
		ROW("stop", "stop"),
		ROW("stop_criteria_met", "stop"),
		ROW("limit", "length"),
		ROW("pause_turn", "stop"),
		ROW("length", "length"),
		ROW("max_tokens", "length"),
		ROW("model_length", "length"),
		ROW("max_output_tokens", "length"),
		ROW("model_context_window_exceeded", "length"),
		ROW("tool_calls", "tool_call"),
		ROW("tool_use", "tool_call"),
		ROW("tool_call", "tool_call"),
		ROW("function_call", "tool_call"),
		ROW("content_filter", "content_filter"),
		ROW("content_filtered", "content_filter"),
		ROW("safety", "content_filter"),
		ROW("refusal", "content_filter"),
		ROW("guardrail_intervened", "content_filter"),
		ROW("recitation", "content_filter"),
		ROW("blocklist", "content_filter"),
		ROW("prohibited_content", "content_filter"),
		ROW("spii", "content_filter"),
		ROW("sensitive", "content_filter"),
		ROW("error", "error"),
		ROW("compaction", "compaction"),
#undef ROW
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (gt_str_ieq(reason, rows[i].wire))
			return rows[i].word;
	return reason;
}

/* Builds exactly one message for each choice, in order of the choices. Takes their parts. */
static cJSON *output_of(struct gt_content *c, const struct gt_reading *r)
{
	cJSON *output = NULL;

	for (int i = 0; i < GT_CONTENT_CHOICES; i++) {
		struct gt_str reason = i < GT_CHOICES_MAX ? finish_word(r->finish[i]) : GT_STR("");
		cJSON *message;

		if (!c->choices[i])
			continue;
		if (!output)
			output = cJSON_CreateArray();
		message = cJSON_CreateObject();
		if (message) {
			gt_content_add(c, message, "role", gt_content_node(c, GT_STR("assistant")));
			gt_content_add(c, message, "parts", c->choices[i]);
			c->choices[i] = NULL;
			/* the member is required: a missing reason is `error` if the call failed, else `unknown` */
			if (!reason.len)
				reason = r->span->is_error ? GT_STR("error") : GT_STR("unknown");
			gt_content_add(c, message, "finish_reason", gt_content_node(c, reason));
		}
		gt_content_add(c, output, NULL, message);
	}
	return output;
}

/* Writes the text of one attribute into `text`, which has at most `max` bytes. */
static bool write(struct gt_content *c, const cJSON *json, enum gt_content_kind kind, size_t max, struct gt_text *text)
{
	gt_text_init(text, max);
	return gt_content_text(json, kind, &c->capture->redact, max, text);
}

/* The maximum length of one text. A limit is in characters; a text never has more characters than bytes. */
static size_t most(size_t left, const struct gt_content *c, const struct gt_span_limits *limits)
{
	size_t max = c->capture->attribute_max;

	if (max > limits->value_length)
		max = limits->value_length;
	return max < left ? max : left;
}

/* Sets the text that the event has where its limit is not the span's. */
static void put_event_text(struct gt_content *c, struct gt_span *s, enum gt_attr key, const cJSON *json,
			   enum gt_content_kind kind, size_t max)
{
	struct gt_text text;

	gt_span_set_event_json(s, key, write(c, json, kind, max, &text) ? gt_str_make(text.p, text.len) : GT_STR(""));
	gt_text_free(&text);
}

/* Sets one attribute and deducts its size from `*left`, the span's remaining room. */
static void put(struct gt_content *c, struct gt_span *s, enum gt_attr key, const cJSON *json, enum gt_content_kind kind,
		size_t *left)
{
	size_t max = most(*left, c, &s->limits), event_max = most(*left, c, &s->event_limits);
	bool goes_to_both = s->content_to == (GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT), is_good;
	struct gt_text text;

	if (!json)
		return;
	if (s->content_to == GT_CONTENT_TO_EVENT)
		max = event_max;
	is_good = write(c, json, kind, max, &text);
	if (is_good || (goes_to_both && max != event_max))
		gt_span_set_json(s, key, is_good ? gt_str_make(text.p, text.len) : GT_STR(""));
	if (!is_good)
		s->dropped++;
	if (goes_to_both && max != event_max)
		put_event_text(c, s, key, json, kind, event_max);
	*left -= text.len < *left ? text.len : *left;
	gt_text_free(&text);
}

/* Sets the most useful attributes first, because there may not be room for all. */
void gt_content_put(struct gt_content *c, struct gt_reading *r)
{
	size_t left = c->capture->span_max;
	cJSON *output;

	gt_drafts_end(c);
	output = output_of(c, r);
	r->span->content_to = c->capture->to;
	if (c->has_failed) { /* some content is missing, and a reader could not tell which */
		r->span->dropped++;
	} else {
		put(c, r->span, GT_ATTR_OUTPUT_MESSAGES, output, GT_CONTENT_OUTPUT, &left);
		put(c, r->span, GT_ATTR_TOOL_CALL_RESULT, c->result, GT_CONTENT_VALUE, &left);
		put(c, r->span, GT_ATTR_TOOL_CALL_ARGUMENTS, c->arguments, GT_CONTENT_VALUE, &left);
		put(c, r->span, GT_ATTR_INPUT_MESSAGES, c->input, GT_CONTENT_INPUT, &left);
		put(c, r->span, GT_ATTR_SYSTEM_INSTRUCTIONS, c->system, GT_CONTENT_SYSTEM, &left);
		put(c, r->span, GT_ATTR_TOOL_DEFINITIONS, c->tools, GT_CONTENT_TOOLS, &left);
	}
	cJSON_Delete(output);
}
