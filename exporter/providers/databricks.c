/*
 * Model serving of Databricks. One path serves models of every kind: the request's members decide the format. Requests
 * to other kinds of models (data frames, tensors) are not read.
 */
#include "exporter/providers/provider.h"

static bool is_list_of_messages(const cJSON *json, const char *path)
{
	const cJSON *list = gt_json_at(json, path);

	return cJSON_IsArray(list) && cJSON_IsObject(list->child);
}

/* The format of the request; NULL: not a language model's. */
static const struct gt_provider *shape_of(const cJSON *json)
{
	if (is_list_of_messages(json, "messages"))
		return &gt_openai_chat;
	if (is_list_of_messages(json, "input")) /* agents */
		return &gt_openai_responses;
	if (gt_json_has(json, "prompt"))
		return &gt_openai_completions;
	return cJSON_IsString(gt_json_at(json, "input")) || cJSON_IsString(gt_json_at(json, "input.0")) ?
		       &gt_openai_embeddings :
		       NULL;
}

static bool claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return shape_of(json) != NULL;
}

static void request(struct gt_reading *r, const cJSON *json)
{
	const struct gt_provider *shape = shape_of(json);

	gt_shape_set(r, shape ? shape : &gt_openai_chat); /* a body that is cut, or on a host that the user named */
	gt_provider_request(r->shape, r, json);
	gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_call_path_segment(r->call, "/serving-endpoints/"));
}

/* {"error_code":"RESOURCE_DOES_NOT_EXIST","message":...} */
static void error(struct gt_reading *r, const cJSON *json)
{
	struct gt_str code, message = GT_STR("");

	gt_json_str(json, "message", &message);
	if (gt_json_str(json, "error_code", &code))
		gt_set_reply_error(r, code, message);
	else
		gt_read_common_error(r, json);
}

const struct gt_provider gt_databricks = {
	.api = GT_API_DATABRICKS,
	.operation = "chat",
	.claims = claims,
	.request = request,
	.response = gt_shape_response,
	.event = gt_shape_event,
	.error = error,
	.finish = gt_shape_finish,
};
