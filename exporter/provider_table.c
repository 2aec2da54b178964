/*
 * All APIs, and what most of them share.
 */
#include "provider.h"

#include <stdio.h>

#include "../shim/compiler.h"

static const struct gt_provider *const providers[] = {
	&gt_openai_chat,	 &gt_openai_completions, &gt_openai_responses, &gt_openai_embeddings,
	&gt_anthropic_messages,	 &gt_gemini_generate,	 &gt_gemini_embed,     &gt_ollama_chat,
	&gt_ollama_generate,	 &gt_ollama_embed,	 &gt_mcp,
};

const struct gt_provider *gt_provider_of(enum gt_api api)
{
	for (size_t i = 0; i < GT_COUNT_OF(providers); i++)
		if (providers[i]->api == api)
			return providers[i];
	return NULL;
}

bool gt_request_has_text(const struct gt_call *call, const char *text)
{
	return call->request_body.len && memmem(call->request_body.data, call->request_body.len, text, strlen(text));
}

/* The first of these members that is a string. Numbers are HTTP statuses said twice. */
static bool first_str(const cJSON *json, const char *const *paths, size_t n, struct gt_str *out)
{
	for (size_t i = 0; i < n; i++)
		if (gt_json_str(json, paths[i], out))
			return true;
	return false;
}

void gt_read_common_error(struct gt_reading *r, const cJSON *json)
{
	static const char *const types[] = { "error.code", "error.type", "error.status", "code", "error_type" };
	static const char *const own_types[] = { "type" };
	static const char *const messages[] = { "error.message", "message", "error", "detail" };
	struct gt_str type, message = GT_STR(""), object;
	char status[8];
	int64_t code;

	/* some streams wrap the object in an array */
	if (cJSON_IsArray(json))
		json = cJSON_GetArrayItem(json, 0);
	if (!cJSON_IsObject(json))
		return;
	first_str(json, messages, GT_COUNT_OF(messages), &message);
	if (!first_str(json, types, GT_COUNT_OF(types), &type)) {
		/* {"object":"error","type":...}; elsewhere "type" means something else */
		if (!(gt_json_str(json, "object", &object) && gt_str_eq(object, GT_STR("error")) &&
		      first_str(json, own_types, 1, &type)))
			type = GT_STR("");
	}
	/* a gateway that had begun with a 200 has no other place for the status it got itself */
	if (!type.len && r->call->response.status < 400 && gt_json_int(json, "error.code", &code) && code >= 400 && code < 600) {
		snprintf(status, sizeof(status), "%d", (int)code);
		type = gt_str_of(status);
	}
	gt_set_reply_error(r, type, message);
}
