/*
 * What OpenAI stores between requests: assistants with their threads and runs, conversations, vector stores. gentap reads
 * these APIs on known hosts only.
 *
 * The method and path of a request decide the operation. The conventions name only three: creating a run, creating an
 * assistant, and a search. The other names are gentap's own. A run has its usage once it is over, and every later read
 * repeats it.
 */
#include "exporter/providers/openai_members.h"
#include "exporter/providers/operation.h"

#include "shim/shared/compiler.h"

static bool is_operation(const struct gt_reading *r, struct gt_str name)
{
	return gt_str_eq(gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), name);
}

/* ---------------------------------------------------------------- assistants */

static const struct gt_operation_row assistants_operations[] = {
	{ "POST", END("/runs"), "invoke_agent" },
	{ "POST", END("/assistants"), "create_agent" },
	{ "POST", END("/threads"), "create_thread" },
	{ "POST", END("/messages"), "create_message" },
	{ "GET", END("/messages"), "list_messages" },
	{ "POST", END("/submit_tool_outputs"), "submit_tool_outputs" },
	{ "POST", END("/cancel"), "cancel_run" },
	{ "GET", END("/steps"), "list_run_steps" },
	{ "GET", PART("/runs/"), "fetch_run" },
	{ "POST", PART("/runs/"), "update_run" },
	{ "GET", PART("/assistants/"), "fetch_agent" },
	{ "POST", PART("/assistants/"), "update_agent" },
	{ "DELETE", PART("/assistants/"), "delete_agent" },
	{ "GET", PART("/threads/"), "fetch_thread" },
	{ "POST", PART("/threads/"), "update_thread" },
	{ "DELETE", PART("/threads/"), "delete_thread" },
};

static const struct gt_take assistants_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
						  { "assistant_id", GT_ATTR_AGENT_ID },
						  { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
						  { "top_p", GT_ATTR_REQUEST_TOP_P },
						  { "max_completion_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
						  { "reasoning_effort", GT_ATTR_REQUEST_REASONING_LEVEL },
						  { NULL } };

static void assistants_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str thread = gt_call_path_segment(r->call, "/threads/");

	gt_operation_set(r, assistants_operations, GT_COUNT_OF(assistants_operations));
	if (!gt_str_eq(thread, GT_STR("runs")))
		gt_set_decoded(r, GT_ATTR_CONVERSATION_ID, thread);
	gt_set_decoded(r, GT_ATTR_AGENT_ID, gt_call_path_segment(r->call, "/assistants/"));
	if (is_operation(r, GT_STR("create_agent"))) {
		gt_take_str(r, GT_ATTR_AGENT_NAME, json, "name");
		gt_take_str(r, GT_ATTR_AGENT_DESCRIPTION, json, "description");
	}
	gt_openai_take_format(r, json, "response_format.type");
	gt_openai_take_stream(r, json);
}

static void take_run(struct gt_reading *r, const cJSON *json)
{
	struct gt_str status = GT_STR(""), reason;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_take_str(r, GT_ATTR_AGENT_ID, json, "assistant_id");
	gt_take_str(r, GT_ATTR_CONVERSATION_ID, json, "thread_id");
	gt_openai_take_usage(r, gt_json_at(json, "usage"));
	if (gt_json_str(json, "status", &status))
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_STATUS, status);
	if (gt_str_eq(status, GT_STR("completed")))
		gt_set_finish(r, 0, GT_STR("stop"));
	else if (gt_str_eq(status, GT_STR("requires_action")))
		gt_set_finish(r, 0, GT_STR("tool_calls"));
	else if (gt_json_str(json, "incomplete_details.reason", &reason))
		gt_set_finish(r, 0, gt_str_ends(reason, GT_STR("_tokens")) ? GT_STR("length") : reason);
	/* fetching a failed run is not an error */
	if (!is_operation(r, GT_STR("fetch_run")) && gt_json_str(json, "last_error.code", &reason)) {
		struct gt_str message = GT_STR("");

		gt_json_str(json, "last_error.message", &message);
		gt_set_reply_error(r, reason, message);
	}
}

static void assistants_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str object = GT_STR("");

	gt_json_str(json, "object", &object);
	if (gt_str_eq(object, GT_STR("thread.run"))) {
		take_run(r, json);
	} else if (gt_str_eq(object, GT_STR("assistant"))) {
		gt_take_str(r, GT_ATTR_AGENT_ID, json, "id");
		gt_take_str(r, GT_ATTR_AGENT_NAME, json, "name");
	} else if (gt_str_eq(object, GT_STR("thread"))) {
		gt_take_str(r, GT_ATTR_CONVERSATION_ID, json, "id");
	} else if (gt_str_eq(object, GT_STR("thread.message"))) {
		gt_take_str(r, GT_ATTR_CONVERSATION_ID, json, "thread_id");
	}
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

static void assistants_event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		assistants_response(r, d->json);
	if (gt_str_eq(d->event, GT_STR("done")) || gt_str_eq(d->event, GT_STR("error")))
		r->is_final = true;
	if (d->json && gt_str_eq(d->event, GT_STR("error")))
		gt_read_common_error(r, d->json);
}

/* Conventions: the span's name has the agent's name, not the model. */
static void assistants_finish(struct gt_reading *r)
{
	static const struct gt_str open[] = {
		{ "queued", 6 }, { "in_progress", 11 }, { "requires_action", 15 }, { "cancelling", 10 }
	};
	struct gt_str status = gt_span_get_str(r->span, GT_ATTR_RESPONSE_STATUS);
	bool is_over = true;

	for (size_t i = 0; i < GT_COUNT_OF(open); i++)
		is_over &= !gt_str_eq(status, open[i]);
	gt_count_once(r, "run", gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID), is_over);
	gt_span_set_name(r->span, gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME),
			 gt_span_get_str(r->span, GT_ATTR_AGENT_NAME));
}

const struct gt_provider gt_openai_assistants = {
	.api = GT_API_OPENAI_ASSISTANTS,
	.operation = "assistants",
	.request_rows = assistants_rows,
	.request = assistants_request,
	.response = assistants_response,
	.event = assistants_event,
	.finish = assistants_finish,
};

/* ---------------------------------------------------------------- conversations */

static const struct gt_operation_row conversations_operations[] = {
	{ "POST", END("/conversations"), "create_conversation" }, { "POST", END("/items"), "create_conversation_items" },
	{ "GET", END("/items"), "list_conversation_items" },	  { "POST", PART("/conversations/"), "update_conversation" },
	{ "GET", PART("/conversations/"), "fetch_conversation" }, { "DELETE", PART("/conversations/"), "delete_conversation" },
};

static void conversations_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	gt_operation_set(r, conversations_operations, GT_COUNT_OF(conversations_operations));
	gt_set_decoded(r, GT_ATTR_CONVERSATION_ID, gt_call_path_segment(r->call, "/conversations/"));
}

static void conversations_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str object;

	if (gt_json_str(json, "object", &object) && gt_str_eq(object, GT_STR("conversation")))
		gt_take_str(r, GT_ATTR_CONVERSATION_ID, json, "id");
}

const struct gt_provider gt_openai_conversations = {
	.api = GT_API_OPENAI_CONVERSATIONS,
	.operation = "conversations",
	.request = conversations_request,
	.response = conversations_response,
};

/* ---------------------------------------------------------------- searching a vector store */

static const struct gt_take search_rows[] = { { "max_num_results", GT_ATTR_RETRIEVAL_TOP_K }, { NULL } };

static void search_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	gt_set_decoded(r, GT_ATTR_DATA_SOURCE_ID, gt_call_path_segment(r->call, "/vector_stores/"));
}

static void search_finish(struct gt_reading *r)
{
	gt_span_set_name(r->span, GT_STR("retrieval"), gt_span_get_str(r->span, GT_ATTR_DATA_SOURCE_ID));
}

const struct gt_provider gt_openai_search = {
	.api = GT_API_OPENAI_SEARCH,
	.operation = "retrieval",
	.request_rows = search_rows,
	.request = search_request,
	.finish = search_finish,
};
