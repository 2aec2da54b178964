#include "exporter/providers/aws_error.h"

void gt_aws_read_error(struct gt_reading *r, const cJSON *json)
{
	struct gt_str type = gt_call_response_field(r->call, "x-amzn-errortype"), message = GT_STR("");

	if (!type.len && gt_json_str(json, "__type", &type))
		type = gt_str_skip(type, gt_str_find(type, '#') < type.len ? gt_str_find(type, '#') + 1 : 0);
	if (!gt_json_str(json, "message", &message))
		gt_json_str(json, "Message", &message);
	/* where a gateway has removed the type, the words of the message still identify throttling */
	if (!type.len && r->call->response.status == 429 && gt_str_istarts(message, GT_STR("too many ")))
		type = GT_STR("ThrottlingException");
	type.len = gt_str_find(type, ':'); /* a link to the documentation may follow */
	if (type.len || message.len)
		gt_set_reply_error(r, type, message);
}

bool gt_aws_read_exception(struct gt_reading *r, struct gt_str event, const cJSON *json, struct gt_str text)
{
	struct gt_str message = json ? GT_STR("") : text;
	size_t slash = gt_str_find(event, '/');

	if (slash == event.len)
		return false;
	if (!gt_json_str(json, "message", &message))
		gt_json_str(json, "Message", &message);
	gt_set_reply_error(r, gt_str_skip(event, slash + 1), message);
	r->is_final = true;
	return true;
}
