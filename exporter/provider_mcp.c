/*
 * MCP over streamable HTTP, client side: JSON-RPC 2.0 messages, one POST each, answered as JSON or as an event stream.
 *
 * Both generations of the protocol are read: sessions with Mcp-Session-Id, and the stateless revision, whose method and target
 * stand in headers too. Exchanges that carry no message (the GET that listens, the DELETE that ends a session) are told as what
 * they are on the wire, and a listener that ends is no error.
 */
#include "provider.h"

#include <stdio.h>

#include "../shim/compiler.h"

/* The text form of an id: "7" for 7, the string itself for a string. False for null and for what no id may be. */
static bool id_text(const cJSON *message, char *out, size_t cap)
{
	const cJSON *id = gt_json_at(message, "id");
	int64_t number;

	if (cJSON_IsString(id) && id->valuestring)
		return gt_str_copy(gt_str_of(id->valuestring), out, cap) > 0;
	if (!gt_json_int(message, "id", &number))
		return false;
	snprintf(out, cap, "%lld", (long long)number);
	return true;
}

static void set_transport(struct gt_reading *r)
{
	char version[] = "1.1";
	struct gt_str session = gt_call_request_field(r->call, "mcp-session-id");
	struct gt_str protocol = gt_call_request_field(r->call, "mcp-protocol-version");

	gt_span_set_str(r->span, GT_ATTR_NETWORK_TRANSPORT, GT_STR("tcp"));
	gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_NAME, GT_STR("http"));
	/* libcurl may have spoken another version below */
	if (r->call->begin.source == GT_SOURCE_STREAM) {
		version[2] = (char)('0' + r->call->request.minor);
		gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_VERSION, gt_str_of(version));
	}
	if (session.len)
		gt_span_set_str(r->span, GT_ATTR_MCP_SESSION_ID, session);
	if (protocol.len)
		gt_span_set_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION, protocol);
}

/* A message of the request; of a batch, the first. */
static const cJSON *first_message(const cJSON *json)
{
	return cJSON_IsArray(json) ? cJSON_GetArrayItem(json, 0) : json;
}

static void request(struct gt_reading *r, const cJSON *json)
{
	const cJSON *message = first_message(json), *meta = gt_json_at(message, "params._meta"), *version;
	struct gt_str method = gt_call_request_field(r->call, "mcp-method"), rpc;
	char id[128];

	set_transport(r);
	gt_json_str(message, "method", &method);
	if (!method.len)
		return;
	gt_span_set_str(r->span, GT_ATTR_MCP_METHOD_NAME, method);
	if (id_text(message, id, sizeof(id)))
		gt_span_set_str(r->span, GT_ATTR_JSONRPC_REQUEST_ID, gt_str_of(id));
	if (gt_json_str(message, "jsonrpc", &rpc) && !gt_str_eq(rpc, GT_STR("2.0")))
		gt_span_set_str(r->span, GT_ATTR_JSONRPC_PROTOCOL_VERSION, rpc);
	if (gt_str_eq(method, GT_STR("tools/call"))) {
		gt_take_str(r, GT_ATTR_TOOL_NAME, message, "params.name");
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("execute_tool"));
	} else if (gt_str_eq(method, GT_STR("prompts/get"))) {
		gt_take_str(r, GT_ATTR_PROMPT_NAME, message, "params.name");
	} else if (gt_str_starts(method, GT_STR("resources/")) ||
		   gt_str_eq(method, GT_STR("notifications/resources/updated"))) {
		gt_take_str(r, GT_ATTR_MCP_RESOURCE_URI, message, "params.uri");
	}
	/* the stateless revision says the version in every message; its key holds dots, so it is no path */
	version = meta ? cJSON_GetObjectItemCaseSensitive(meta, "io.modelcontextprotocol/protocolVersion") : NULL;
	if (cJSON_IsString(version) && !gt_span_has(r->span, GT_ATTR_MCP_PROTOCOL_VERSION))
		gt_span_set_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION, gt_str_of(version->valuestring));
}

/* The answer to our request, when `message` is it. */
static void take_answer(struct gt_reading *r, const cJSON *message)
{
	char id[128], code[24];
	struct gt_str text = GT_STR("");
	int64_t number;
	bool is_error = false;

	if (!id_text(message, id, sizeof(id)) || gt_json_has(message, "method") ||
	    !gt_str_eq(gt_str_of(id), gt_span_get_str(r->span, GT_ATTR_JSONRPC_REQUEST_ID)))
		return;
	r->is_final = true;
	/* what initialize has settled on; a header of later requests says the same */
	gt_take_str(r, GT_ATTR_MCP_PROTOCOL_VERSION, message, "result.protocolVersion");
	if (gt_json_int(message, "error.code", &number)) {
		snprintf(code, sizeof(code), "%lld", (long long)number);
		gt_span_set_str(r->span, GT_ATTR_RPC_RESPONSE_STATUS_CODE, gt_str_of(code));
		gt_json_str(message, "error.message", &text);
		gt_set_reply_error(r, gt_str_of(code), text);
	} else if (gt_json_bool(message, "result.isError", &is_error) && is_error) {
		gt_set_reply_error(r, GT_STR("tool_error"), GT_STR(""));
	}
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *message;

	if (!cJSON_IsArray(json)) {
		take_answer(r, json);
		return;
	}
	cJSON_ArrayForEach(message, json)
		take_answer(r, message);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		response(r, d->json);
}

/* Only an answer with the request's own id says what went wrong with it; else the HTTP status does. */
static void error(struct gt_reading *r, const cJSON *json)
{
	response(r, json);
}

static void finish(struct gt_reading *r)
{
	struct gt_str method = gt_span_get_str(r->span, GT_ATTR_MCP_METHOD_NAME);
	struct gt_str target = gt_span_get_str(r->span, GT_ATTR_TOOL_NAME);
	struct gt_str session = gt_call_response_field(r->call, "mcp-session-id");

	if (session.len && !gt_span_has(r->span, GT_ATTR_MCP_SESSION_ID))
		gt_span_set_str(r->span, GT_ATTR_MCP_SESSION_ID, session);
	if (!target.len)
		target = gt_span_get_str(r->span, GT_ATTR_PROMPT_NAME);
	if (method.len)
		gt_span_set_name(r->span, method, target);
	else
		gt_span_set_name(r->span, r->call->request.method.len ? r->call->request.method : GT_STR("HTTP"), GT_STR(""));
	/* a notification has no answer; a listener goes on for as long as somebody listens */
	if (!gt_span_has(r->span, GT_ATTR_JSONRPC_REQUEST_ID))
		r->is_final = true;
}

static bool claims(const struct gt_call *call, const cJSON *json)
{
	const cJSON *message = first_message(json);
	struct gt_str version;

	/* broken JSON is still a message that somebody sent */
	if (!json)
		return gt_request_has_text(call, "\"jsonrpc\"");
	return gt_json_str(message, "jsonrpc", &version);
}

const struct gt_provider gt_mcp = {
	.api = GT_API_MCP,
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.error = error,
	.finish = finish,
	.content = &gt_content_mcp,
};
