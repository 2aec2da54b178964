/*
 * Mistral's APIs besides OpenAI's formats: OCR, and conversations that the service stores.
 */
#include "exporter/providers/openai_members.h"

static const struct gt_take ocr_request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL }, { NULL } };
static const struct gt_take ocr_response_rows[] = { { "model", GT_ATTR_RESPONSE_MODEL }, { NULL } };

/* Its usage is in pages, so no tokens are read. */
const struct gt_provider gt_mistral_ocr = {
	.api = GT_API_MISTRAL_OCR,
	.operation = "ocr",
	.request_rows = ocr_request_rows,
	.response_rows = ocr_response_rows,
};

/* ---------------------------------------------------------------- conversations */

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "agent_id", GT_ATTR_AGENT_ID },
					       { "completion_args.max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "completion_args.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "completion_args.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "completion_args.random_seed", GT_ATTR_REQUEST_SEED },
					       { "completion_args.stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "completion_args.frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
					       { "completion_args.presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
					       { NULL } };

static const struct gt_take response_rows[] = { { "conversation_id", GT_ATTR_CONVERSATION_ID }, { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	gt_set_decoded(r, GT_ATTR_CONVERSATION_ID, gt_call_path_segment(r->call, "/conversations/"));
	gt_openai_take_format(r, json, "completion_args.response_format.type");
	gt_openai_take_stream(r, json);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "outputs.0.model");
	gt_openai_take_usage(r, gt_json_at(json, "usage"));
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type = d->event;

	gt_json_str(d->json, "type", &type);
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, d->json, "model");
	gt_openai_take_usage(r, gt_json_at(d->json, "usage"));
	if (gt_str_eq(type, GT_STR("conversation.response.error")))
		gt_read_common_error(r, d->json);
	if (gt_str_eq(type, GT_STR("conversation.response.done")) || gt_str_eq(type, GT_STR("conversation.response.error")))
		r->is_final = true;
}

static const char *const members[] = { "outputs", "type", NULL };

const struct gt_provider gt_mistral_conversations = {
	.api = GT_API_MISTRAL_CONVERSATIONS,
	.operation = "chat",
	.members = members,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.request = request,
	.response = response,
	.event = event,
	.content = &gt_content_mistral,
};
