/*
 * OpenAI's images, audio and moderations. The conventions have no operations for them, so the names are gentap's own.
 * Requests with files are multipart forms. Audio replies are bytes without token counts.
 */
#include "exporter/exchange/multipart.h"
#include "exporter/providers/openai_members.h"

#include "shim/shared/compiler.h"

/* A field of the request, which is JSON or a form. */
static bool field_of(struct gt_reading *r, const cJSON *json, const char *name, struct gt_str *out)
{
	struct gt_str type = gt_call_request_field(r->call, "content-type");

	if (json)
		return gt_json_str(json, name, out);
	return gt_multipart_field(type.p ? type : GT_STR(""), gt_buf_str(&r->call->request_body), name, out) && out->len > 0;
}

static void media_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str value;
	uint64_t n;

	if (field_of(r, json, "model", &value))
		gt_span_set_str(r->span, GT_ATTR_REQUEST_MODEL, value);
	gt_openai_take_deployment(r);
	gt_openai_take_stream(r, json);
	if (!json && field_of(r, NULL, "stream", &value) && gt_str_ieq(value, GT_STR("true")))
		gt_set_stream(r);
	if (!json && field_of(r, NULL, "n", &value) && gt_str_u64(value, &n) && n > 1 && n < 1000)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, (int64_t)n);
}

static void media_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_openai_take_usage(r, gt_json_at(json, "usage"));
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

/* image_generation.completed, image_edit.completed, transcript.text.done, speech.audio.done have the usage. */
static void media_event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type = d->event;

	if (!d->json) {
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
		return;
	}
	gt_json_str(d->json, "type", &type);
	media_response(r, d->json);
	if (gt_str_ends(type, GT_STR(".completed")) || gt_str_ends(type, GT_STR(".done")))
		r->is_final = true;
}

/* ---------------------------------------------------------------- images */

static void images_request(struct gt_reading *r, const cJSON *json)
{
	int64_t n;

	media_request(r, json);
	if (gt_json_int(json, "n", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("image"));
}

/* A form whose field names a model. */
static bool is_form_with_model(const struct gt_call *call)
{
	struct gt_str type = gt_call_request_field(call, "content-type"), model;

	return gt_multipart_field(type.p ? type : GT_STR(""), gt_buf_str(&call->request_body), "model", &model) && model.len;
}

static bool images_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_has(json, "prompt") && gt_json_has(json, "model") : is_form_with_model(call);
}

const struct gt_provider gt_openai_images = {
	.api = GT_API_OPENAI_IMAGES,
	.operation = "image_generation",
	.claims = images_claims,
	.request = images_request,
	.response = media_response,
	.event = media_event,
};

/* ---------------------------------------------------------------- audio */

static void audio_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str path = gt_target_path(r->call->request.target), format;

	media_request(r, json);
	if (gt_str_ends(path, GT_STR("/speech"))) {
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("speech"));
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("speech"));
		if (gt_json_str(json, "stream_format", &format) && gt_str_eq(format, GT_STR("sse")))
			gt_set_stream(r);
		return;
	}
	if (gt_str_ends(path, GT_STR("/translations")))
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("translation"));
	if (field_of(r, json, "response_format", &format))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE,
				gt_str_icontains(format, GT_STR("json")) ? GT_STR("json") : GT_STR("text"));
}

static bool audio_claims(const struct gt_call *call, const cJSON *json)
{
	static const char *const sources[] = { "file", "file_url", "file_id", "input_audio" };
	bool has_source = false;

	if (!json)
		return is_form_with_model(call);
	for (size_t i = 0; i < GT_COUNT_OF(sources); i++)
		has_source |= gt_json_has(json, sources[i]);
	return gt_json_has(json, "voice") ? gt_json_has(json, "input") : has_source && gt_json_has(json, "model");
}

const struct gt_provider gt_openai_audio = {
	.api = GT_API_OPENAI_AUDIO,
	.operation = "transcription",
	.claims = audio_claims,
	.request = audio_request,
	.response = media_response,
	.event = media_event,
};

/* ---------------------------------------------------------------- moderations */

static const struct gt_take model_rows[] = { { "model", GT_ATTR_REQUEST_MODEL }, { NULL } };
static const struct gt_take moderations_rows[] = { { "id", GT_ATTR_RESPONSE_ID },
						   { "model", GT_ATTR_RESPONSE_MODEL },
						   { NULL } };

static bool moderations_claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_has(json, "input") && gt_json_has(json, "model");
}

const struct gt_provider gt_openai_moderations = {
	.api = GT_API_OPENAI_MODERATIONS,
	.operation = "moderation",
	.request_rows = model_rows,
	.response_rows = moderations_rows,
	.claims = moderations_claims,
};
