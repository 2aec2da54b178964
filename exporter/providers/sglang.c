/*
 * SGLang's native API, on the path of Text Generation Inference. A reply is an object, or a list of them when the request
 * has several prompts or asks for several answers. Each document of a stream repeats everything so far.
 *
 * Source: the server's io_struct.py and its native-API guide.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "sampling_params.max_new_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "sampling_params.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "sampling_params.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "sampling_params.top_k", GT_ATTR_REQUEST_TOP_K },
					       { "sampling_params.stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "sampling_params.frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
					       { "sampling_params.presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
					       { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;
	int64_t n;

	if (gt_json_int(json, "sampling_params.n", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static void take_reason(struct gt_reading *r, int64_t place, const cJSON *answer)
{
	gt_take_finish(r, place, answer, "meta_info.finish_reason"); /* older versions: a string */
	gt_take_finish(r, place, answer, "meta_info.finish_reason.type");
}

static void take_one(struct gt_reading *r, const cJSON *answer)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, answer, "meta_info.id");
	gt_take_tokens(&r->usage.input, answer, "meta_info.prompt_tokens");
	gt_take_tokens(&r->usage.output, answer, "meta_info.completion_tokens");
	gt_take_tokens(&r->usage.cache_read, answer, "meta_info.cached_tokens");
	take_reason(r, 0, answer);
	if (gt_has_error(answer))
		gt_read_common_error(r, answer);
}

/* Answers to one prompt repeat its count; answers to several prompts do not. The reply does not tell them apart, so the
 * input counts only when one answer exists for each prompt. */
static void take_list(struct gt_reading *r, const cJSON *list)
{
	const struct gt_value *n = gt_span_get(r->span, GT_ATTR_REQUEST_CHOICE_COUNT);
	const cJSON *answer;
	int64_t place = 0, count;

	cJSON_ArrayForEach (answer, list) {
		take_reason(r, place++, answer);
		if (gt_json_int(answer, "meta_info.completion_tokens", &count) && count >= 0)
			r->usage.output = gt_tokens_sum(r->usage.output, count);
		if (!n && gt_json_int(answer, "meta_info.prompt_tokens", &count) && count >= 0)
			r->usage.input = gt_tokens_sum(r->usage.input, count);
		if (!n && gt_json_int(answer, "meta_info.cached_tokens", &count) && count >= 0)
			r->usage.cache_read = gt_tokens_sum(r->usage.cache_read, count);
	}
}

static void response(struct gt_reading *r, const cJSON *json)
{
	if (cJSON_IsArray(json))
		take_list(r, json);
	else
		take_one(r, json);
}

/* A stream of several answers tells them apart by an index; its counts are not read. */
static void event(struct gt_reading *r, const struct gt_document *d)
{
	int64_t index = 0;

	if (!d->json) {
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
		return;
	}
	gt_json_int(d->json, "index", &index);
	if (index == 0 && !gt_span_has(r->span, GT_ATTR_REQUEST_CHOICE_COUNT))
		take_one(r, d->json);
	else
		gt_drop_usage(r);
	r->is_final |= r->choices > 0;
}

/* ---------------------------------------------------------------- content */

static void put_request(struct gt_content *c, const cJSON *json)
{
	const cJSON *text = gt_json_at(json, "text"), *item;

	if (cJSON_IsString(text))
		gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(text->valuestring));
	cJSON_ArrayForEach (item, (cJSON_IsArray(text) ? text : NULL))
		if (cJSON_IsString(item))
			gt_part_text(c, gt_content_input(c, GT_STR("user")), gt_str_of(item->valuestring));
}

static void put_response(struct gt_content *c, const cJSON *json)
{
	const cJSON *answer;
	int64_t place = 0;

	if (cJSON_IsArray(json))
		cJSON_ArrayForEach (answer, json)
			gt_part_text_at(c, gt_content_choice(c, place++), answer, "text");
	else
		gt_part_text_at(c, gt_content_choice(c, 0), json, "text");
}

static void put_event(struct gt_content *c, const struct gt_document *d)
{
	gt_content_forget_output(c);
	put_response(c, d->json);
}

static const struct gt_content_reader content = { .request = put_request, .response = put_response, .event = put_event };

static const char *const members[] = { "text", "output_ids", "meta_info", NULL };

const struct gt_provider gt_sglang_generate = {
	.api = GT_API_TGI_GENERATE,
	.operation = "text_completion",
	.request_rows = request_rows,
	.members = members,
	.content = &content,
	.request = request,
	.response = response,
	.event = event,
};
