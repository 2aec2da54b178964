/*
 * The table of all APIs, and the functions that most of them share.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_provider *const providers[GT_API_COUNT] = {
	[GT_API_OPENAI_CHAT] = &gt_openai_chat,
	[GT_API_OPENAI_COMPLETIONS] = &gt_openai_completions,
	[GT_API_OPENAI_RESPONSES] = &gt_openai_responses,
	[GT_API_OPENAI_EMBEDDINGS] = &gt_openai_embeddings,
	[GT_API_OPENAI_STORED] = &gt_openai_stored,
	[GT_API_OPENAI_INPUT_TOKENS] = &gt_openai_input_tokens,
	[GT_API_OPENAI_IMAGES] = &gt_openai_images,
	[GT_API_OPENAI_AUDIO] = &gt_openai_audio,
	[GT_API_OPENAI_MODERATIONS] = &gt_openai_moderations,
	[GT_API_OPENAI_ASSISTANTS] = &gt_openai_assistants,
	[GT_API_OPENAI_CONVERSATIONS] = &gt_openai_conversations,
	[GT_API_OPENAI_SEARCH] = &gt_openai_search,
	[GT_API_BATCHES] = &gt_batches,
	[GT_API_ANTHROPIC_MESSAGES] = &gt_anthropic_messages,
	[GT_API_ANTHROPIC_COUNT] = &gt_anthropic_count,
	[GT_API_ANTHROPIC_COMPLETE] = &gt_anthropic_complete,
	[GT_API_GEMINI_GENERATE] = &gt_gemini_generate,
	[GT_API_GEMINI_EMBED] = &gt_gemini_embed,
	[GT_API_GEMINI_COUNT] = &gt_gemini_count,
	[GT_API_GEMINI_INTERACTIONS] = &gt_gemini_interactions,
	[GT_API_VERTEX_PREDICT] = &gt_vertex_predict,
	[GT_API_VERTEX_RAW] = &gt_vertex_raw,
	[GT_API_BEDROCK_CONVERSE] = &gt_bedrock_converse,
	[GT_API_BEDROCK_INVOKE] = &gt_bedrock_invoke,
	[GT_API_BEDROCK_COUNT] = &gt_bedrock_count,
	[GT_API_BEDROCK_AGENT] = &gt_bedrock_agent,
	[GT_API_BEDROCK_RETRIEVE] = &gt_bedrock_retrieve,
	[GT_API_COHERE_CHAT] = &gt_cohere_chat,
	[GT_API_COHERE_GENERATE] = &gt_cohere_generate,
	[GT_API_COHERE_EMBED] = &gt_cohere_embed,
	[GT_API_RERANK] = &gt_rerank,
	[GT_API_MISTRAL_OCR] = &gt_mistral_ocr,
	[GT_API_MISTRAL_CONVERSATIONS] = &gt_mistral_conversations,
	[GT_API_OLLAMA_CHAT] = &gt_ollama_chat,
	[GT_API_OLLAMA_GENERATE] = &gt_ollama_generate,
	[GT_API_OLLAMA_EMBED] = &gt_ollama_embed,
	[GT_API_TGI_GENERATE] = &gt_tgi_generate,
	[GT_API_TGI_EMBED] = &gt_tgi_embed,
	[GT_API_SAGEMAKER] = &gt_sagemaker,
	[GT_API_LLAMA_CPP] = &gt_llama_cpp,
	[GT_API_ALEPH_ALPHA] = &gt_aleph_alpha,
	[GT_API_WATSONX_GENERATE] = &gt_watsonx_generate,
	[GT_API_WATSONX_EMBED] = &gt_watsonx_embed,
	[GT_API_REPLICATE] = &gt_replicate,
	[GT_API_DASHSCOPE_GENERATE] = &gt_dashscope_generate,
	[GT_API_DASHSCOPE_EMBED] = &gt_dashscope_embed,
	[GT_API_CLOUDFLARE_RUN] = &gt_cloudflare_run,
	[GT_API_DATABRICKS] = &gt_databricks,
	[GT_API_LM_STUDIO] = &gt_lm_studio,
	[GT_API_LLAMA_CHAT] = &gt_llama_chat,
	[GT_API_CODE_ASSIST] = &gt_code_assist,
	[GT_API_PERPLEXITY_ASYNC] = &gt_perplexity_async,
	[GT_API_X_AI_DEFERRED] = &gt_x_ai_deferred,
	[GT_API_GEMINI_BATCHES] = &gt_gemini_batches,
	[GT_API_BATCH_RESULTS] = &gt_batch_results,
	[GT_API_BEDROCK_RAG] = &gt_bedrock_rag,
	[GT_API_AGENTCORE] = &gt_agentcore,
	[GT_API_OPENAI_RESPONSES_SOCKET] = &gt_openai_responses_socket,
	[GT_API_OPENAI_REALTIME] = &gt_openai_realtime,
	[GT_API_GEMINI_LIVE] = &gt_gemini_live,
	[GT_API_MCP] = &gt_mcp,
};

const struct gt_provider *gt_provider_of(enum gt_api api)
{
	return (unsigned)api < GT_API_COUNT ? providers[api] : NULL;
}

static void take_rows(struct gt_reading *r, const cJSON *json, const struct gt_take *rows)
{
	for (; rows && rows->path; rows++)
		gt_take_all(r, json, rows, 1);
}

static void take_counts(struct gt_reading *r, const cJSON *json, const struct gt_count *rows)
{
	for (; rows && rows->path; rows++)
		gt_take_tokens((int64_t *)((char *)&r->usage + rows->field), json, rows->path);
}

void gt_provider_request(const struct gt_provider *p, struct gt_reading *r, const cJSON *json)
{
	take_rows(r, json, p->request_rows);
	if (p->request)
		p->request(r, json);
	if (r->content && p->content)
		p->content->request(r->content, json);
}

/* ---------------------------------------------------------------- what every document shows */

/* True when a document has nothing to read besides these members. */
static bool is_bare(const cJSON *json)
{
	static const char *const bare[] = { "id", "responseId", "object", "created", "model", "usage" };
	const cJSON *item;

	cJSON_ArrayForEach (item, json) {
		bool is_known = cJSON_IsNull(item);

		for (size_t i = 0; i < GT_COUNT_OF(bare) && !is_known; i++)
			is_known = !strcmp(item->string, bare[i]);
		if (!is_known)
			return false;
	}
	return true;
}

static bool is_familiar(const struct gt_provider *p, const cJSON *json)
{
	if (cJSON_IsArray(json))
		json = json->child;
	if (!p->members || !json)
		return true;
	for (const char *const *name = p->members; *name; name++)
		if (gt_json_at(json, *name))
			return true;
	return cJSON_IsObject(json) && is_bare(json);
}

static void take_common(const struct gt_provider *p, struct gt_reading *r, const cJSON *json, bool is_part)
{
	bool is_foreign = !is_familiar(p, json);

	if (p->response == gt_shape_response) /* it passed on all of the document */
		return;
	r->is_understood |= !is_foreign;
	r->has_foreign |= is_foreign;
	if (is_part)
		gt_note_masked_error(r, json, is_foreign);
	else
		gt_read_masked_error(r, json, is_foreign);
}

void gt_provider_response(const struct gt_provider *p, struct gt_reading *r, const cJSON *json)
{
	take_rows(r, json, p->response_rows);
	take_counts(r, json, p->usage_rows);
	if (p->response)
		p->response(r, json);
	take_common(p, r, json, false);
	if (r->content && p->content)
		p->content->response(r->content, json);
}

void gt_provider_event(const struct gt_provider *p, struct gt_reading *r, const struct gt_document *d)
{
	if (d->json) {
		take_rows(r, d->json, p->response_rows);
		take_counts(r, d->json, p->usage_rows);
	}
	if (p->event)
		p->event(r, d);
	else if (d->json && p->response)
		p->response(r, d->json);
	else if (!d->json && gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]")))
		r->is_final = true;
	if (gt_str_eq(d->event, GT_STR("error")))
		gt_read_error_event(r, d);
	if (d->json)
		take_common(p, r, d->json, true);
	if (r->content && p->content && d->json) {
		if (p->content->event)
			p->content->event(r->content, d);
		else
			p->content->response(r->content, d->json);
	}
}

void gt_provider_finish(struct gt_reading *r)
{
	gt_settle_masked_error(r);
	if (r->provider->finish)
		r->provider->finish(r);
}

void gt_shape_set(struct gt_reading *r, const struct gt_provider *shape)
{
	r->shape = shape;
	gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, gt_str_of(shape->operation));
}

void gt_shape_response(struct gt_reading *r, const cJSON *json)
{
	gt_provider_response(r->shape, r, json);
}

void gt_shape_event(struct gt_reading *r, const struct gt_document *d)
{
	gt_provider_event(r->shape, r, d);
}

void gt_shape_finish(struct gt_reading *r)
{
	if (r->shape && r->shape->finish)
		r->shape->finish(r);
}

/* ---------------------------------------------------------------- requests */

bool gt_request_has_text(const struct gt_call *call, const char *text)
{
	return call->request_body.len && memmem(call->request_body.data, call->request_body.len, text, strlen(text));
}
