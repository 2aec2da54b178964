/*
 * Amazon Bedrock's agents and knowledge bases: invoking an agent, retrieval, generation from what was retrieved, and
 * AgentCore, which runs programs of its users. None of them reports tokens in its reply.
 */
#include "exporter/providers/aws_error.h"
#include "exporter/providers/provider.h"

static void aws_finish(struct gt_reading *r)
{
	if (r->call->response.status >= 400)
		gt_aws_read_error(r, NULL);
}

static void aws_event(struct gt_reading *r, const struct gt_document *d)
{
	gt_aws_read_exception(r, d->event, d->json, d->text);
}

/* ---------------------------------------------------------------- agents */

static const struct gt_take agent_rows[] = { { "foundationModel", GT_ATTR_REQUEST_MODEL }, /* of an inline agent */
					     { NULL } };

/* "/agents/{agent}/agentAliases/{alias}/sessions/{session}/text", or "/agents/{session}" for an agent that the request
 * describes */
static void agent_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str session = gt_call_path_segment(r->call, "/sessions/"), first = gt_call_path_segment(r->call, "/agents/");

	(void)json;
	gt_set_decoded(r, GT_ATTR_CONVERSATION_ID, session.len ? session : first);
	if (session.len)
		gt_set_decoded(r, GT_ATTR_AGENT_ID, first);
	gt_set_stream(r); /* this API always streams */
}

const struct gt_provider gt_bedrock_agent = {
	.api = GT_API_BEDROCK_AGENT,
	.operation = "invoke_agent",
	.request_rows = agent_rows,
	.request = agent_request,
	.event = aws_event,
	.error = gt_aws_read_error,
	.finish = aws_finish,
};

/* ---------------------------------------------------------------- retrieval */

static const struct gt_take retrieve_rows[] = { { "retrievalConfiguration.vectorSearchConfiguration.numberOfResults",
						  GT_ATTR_RETRIEVAL_TOP_K },
						{ "guardrailConfiguration.guardrailId", GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID },
						{ NULL } };

static void retrieve_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str id = gt_call_path_segment(r->call, "/knowledgebases/");

	(void)json;
	gt_set_decoded(r, GT_ATTR_AWS_BEDROCK_KNOWLEDGE_BASE_ID, id);
	gt_set_decoded(r, GT_ATTR_DATA_SOURCE_ID, id);
}

static void retrieve_finish(struct gt_reading *r)
{
	aws_finish(r);
	gt_span_set_name(r->span, GT_STR("retrieval"), gt_span_get_str(r->span, GT_ATTR_DATA_SOURCE_ID));
}

const struct gt_provider gt_bedrock_retrieve = {
	.api = GT_API_BEDROCK_RETRIEVE,
	.operation = "retrieval",
	.request_rows = retrieve_rows,
	.request = retrieve_request,
	.error = gt_aws_read_error,
	.finish = retrieve_finish,
};

/* ---------------------------------------------------------------- retrieval and generation in one */

#define KB	  "retrieveAndGenerateConfiguration.knowledgeBaseConfiguration."
#define FILES	  "retrieveAndGenerateConfiguration.externalSourcesConfiguration."
#define GENERATES "generationConfiguration."
#define INFERENCE GENERATES "inferenceConfig.textInferenceConfig."

/* From a knowledge base, or from files in the request. */
static const struct gt_take rag_rows[] = {
	{ FILES "modelArn", GT_ATTR_REQUEST_MODEL },
	{ KB "modelArn", GT_ATTR_REQUEST_MODEL },
	{ KB "knowledgeBaseId", GT_ATTR_AWS_BEDROCK_KNOWLEDGE_BASE_ID },
	{ KB "knowledgeBaseId", GT_ATTR_DATA_SOURCE_ID },
	{ KB "retrievalConfiguration.vectorSearchConfiguration.numberOfResults", GT_ATTR_RETRIEVAL_TOP_K },
	{ FILES INFERENCE "maxTokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ KB INFERENCE "maxTokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ FILES INFERENCE "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ KB INFERENCE "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ FILES INFERENCE "topP", GT_ATTR_REQUEST_TOP_P },
	{ KB INFERENCE "topP", GT_ATTR_REQUEST_TOP_P },
	{ FILES INFERENCE "stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ KB INFERENCE "stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ FILES GENERATES "guardrailConfiguration.guardrailId", GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID },
	{ KB GENERATES "guardrailConfiguration.guardrailId", GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID },
	{ "sessionId", GT_ATTR_CONVERSATION_ID },
	{ NULL }
};

static void rag_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	if (gt_str_ends(gt_target_path(r->call->request.target), GT_STR("Stream")))
		gt_set_stream(r);
}

static void rag_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str action;

	gt_take_str(r, GT_ATTR_CONVERSATION_ID, json, "sessionId");
	if ((gt_json_str(json, "guardrailAction", &action) || gt_json_str(json, "action", &action)) &&
	    gt_str_starts(action, GT_STR("INTERVENED")))
		gt_set_finish(r, 0, GT_STR("guardrail_intervened"));
}

static void rag_event(struct gt_reading *r, const struct gt_document *d)
{
	if (!gt_aws_read_exception(r, d->event, d->json, d->text))
		rag_response(r, d->json);
}

/* A stream has no end mark. */
static void rag_finish(struct gt_reading *r)
{
	struct gt_str session = gt_call_response_field(r->call, "x-amzn-bedrock-knowledge-base-session-id");

	aws_finish(r);
	if (session.len)
		gt_span_set_str(r->span, GT_ATTR_CONVERSATION_ID, session);
}

static void put_rag_request(struct gt_content *c, const cJSON *json)
{
	if (gt_content_str(json, "input.text").len)
		gt_part_text_at(c, gt_content_input(c, GT_STR("user")), json, "input.text");
}

static void put_rag_response(struct gt_content *c, const cJSON *json)
{
	if (gt_content_str(json, "output.text").len)
		gt_part_text_at(c, gt_content_choice(c, 0), json, "output.text");
}

static void put_rag_event(struct gt_content *c, const struct gt_document *d)
{
	if (gt_str_eq(d->event, GT_STR("output")))
		gt_draft_add(c, gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_DRAFT_LAST), gt_content_str(d->json, "text"));
}

static const struct gt_content_reader rag_content = { .request = put_rag_request,
						      .response = put_rag_response,
						      .event = put_rag_event };

const struct gt_provider gt_bedrock_rag = {
	.api = GT_API_BEDROCK_RAG,
	.operation = "retrieve_and_generate",
	.request_rows = rag_rows,
	.content = &rag_content,
	.request = rag_request,
	.response = rag_response,
	.event = rag_event,
	.error = gt_aws_read_error,
	.finish = rag_finish,
};

/* ---------------------------------------------------------------- AgentCore */

/* The bodies are the program's own. */
static void core_request(struct gt_reading *r, const cJSON *json)
{
	static const struct gt_str before = { "/runtimes/", 10 }, after = { "/invocations", 12 };
	struct gt_str path = gt_target_path(r->call->request.target), session;
	const char *at = memmem(path.p, path.len, before.p, before.len), *end;

	(void)json;
	if (at) {
		path = gt_str_skip(path, (size_t)(at - path.p) + before.len);
		end = memmem(path.p, path.len, after.p, after.len);
		gt_set_decoded(r, GT_ATTR_AGENT_ID, gt_str_make(path.p, end ? (size_t)(end - path.p) : path.len));
	}
	session = gt_call_request_field(r->call, "x-amzn-bedrock-agentcore-runtime-session-id");
	if (session.len)
		gt_span_set_str(r->span, GT_ATTR_CONVERSATION_ID, session);
}

static void core_finish(struct gt_reading *r)
{
	struct gt_str session = gt_call_response_field(r->call, "x-amzn-bedrock-agentcore-runtime-session-id");

	aws_finish(r);
	if (session.len)
		gt_span_set_str(r->span, GT_ATTR_CONVERSATION_ID, session);
}

const struct gt_provider gt_agentcore = {
	.api = GT_API_AGENTCORE,
	.operation = "invoke_agent",
	.request = core_request,
	.error = gt_aws_read_error,
	.finish = core_finish,
};
