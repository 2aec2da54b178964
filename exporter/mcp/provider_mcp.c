/*
 * MCP over streamable HTTP, on the client and on the server: JSON-RPC 2.0 messages, each in a POST of its own. The
 * answer is JSON or an event stream.
 *
 * Both generations of the protocol are read: sessions with Mcp-Session-Id, and the stateless revision, which repeats
 * method and target in headers. Some exchanges carry no message: the GET that listens, and the DELETE that ends a
 * session. Their spans have the HTTP method as name. A listener that ends is not an error.
 *
 * A batch (revision 2025-03-26 only) has one span. It has what all messages of the batch share, and their number.
 *
 * In the older transport (revision 2024-11-05) the server only acknowledges a POST; the answer comes on another
 * connection. The span is that of the POST. gentap.incomplete says so, and its duration does not count as the
 * operation's.
 *
 * The server's requests to the client come in an answer or on a listening stream. The client answers each with a POST.
 * That POST's span represents the server's request: it has its method and id, and starts when the request went over the
 * wire. The roles are swapped (conventions, "MCP": the sender's span is CLIENT, the receiver's SERVER).
 */
#include "exporter/providers/provider.h"

#include <stdio.h>

#include "exporter/mcp/mcp_memory.h"
#include "exporter/mcp/mcp_message.h"
#include "exporter/mcp/mcp_parent.h"
#include "shim/shared/compiler.h"
#include "shim/shared/match.h"

#define KEY_MAX 512

static void set_transport(struct gt_reading *r)
{
	char version[] = "1.1";
	struct gt_str session = gt_call_request_field(r->call, "mcp-session-id");
	struct gt_str protocol = gt_call_request_field(r->call, "mcp-protocol-version");

	gt_span_set_str(r->span, GT_ATTR_NETWORK_TRANSPORT, GT_STR("tcp"));
	gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_NAME, GT_STR("http"));
	/* of libcurl's calls the version on the wire is unknown */
	if (r->call->begin.is_http2) {
		gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_VERSION, GT_STR("2"));
	} else if (r->call->begin.source == GT_SOURCE_STREAM) {
		version[2] = (char)('0' + r->call->request.minor);
		gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_VERSION, gt_str_of(version));
	}
	if (session.len)
		gt_span_set_str(r->span, GT_ATTR_MCP_SESSION_ID, session);
	if (protocol.len)
		gt_span_set_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION, protocol);
}

/* ---------------------------------------------------------------- what is known of earlier exchanges */

/* Makes the key of a note. The client's and the server's keys differ. Without a session, a client's key has the
 * server's address. Returns the key's length; 0 when there is neither, or when the key would be too long. */
static size_t make_key(const struct gt_reading *r, const char *what, const char *id, char out[KEY_MAX])
{
	struct gt_str session = gt_span_get_str(r->span, GT_ATTR_MCP_SESSION_ID);
	int n;

	if (!session.len)
		session = gt_call_response_field(r->call, "mcp-session-id");
	if (session.len)
		n = snprintf(out, KEY_MAX, "%s %d %.*s %s", what, r->call->begin.is_inbound, GT_STR_ARG(session), id);
	else if (r->call->host.len && !r->call->begin.is_inbound)
		n = snprintf(out, KEY_MAX, "%s at %.*s:%u %s", what, GT_STR_ARG(r->call->host), r->call->begin.port, id);
	else
		return 0;
	return n > 0 && n < KEY_MAX ? (size_t)n : 0;
}

/* Notes a request of the other side. An exchange of its own will answer it. */
static void note_question(struct gt_reading *r, const cJSON *message)
{
	struct gt_mcp_note note = { .at = r->call->last_data, .by = r->span->context };
	char id[GT_MCP_ID_MAX], key[KEY_MAX];
	struct gt_str method;
	size_t len;

	if (gt_mcp_kind_of(message) != GT_MCP_REQUEST || !gt_mcp_id(message, id) || !gt_json_str(message, "method", &method) ||
	    method.len >= sizeof(note.text))
		return;
	gt_str_copy(method, note.text, sizeof(note.text));
	len = make_key(r, "ask", id, key);
	if (len)
		gt_mcp_memory_put(r->run->mcp, gt_str_make(key, len), &note);
}

/* This exchange carries the answer to an earlier request of the other side, if there is a note of it. */
static void take_question(struct gt_reading *r, const cJSON *message)
{
	char id[GT_MCP_ID_MAX], key[KEY_MAX];
	struct gt_mcp_note note;
	size_t len;

	if (!gt_mcp_id(message, id) || !(len = make_key(r, "ask", id, key)) ||
	    !gt_mcp_memory_take(r->run->mcp, gt_str_make(key, len), &note))
		return;
	gt_span_set_str(r->span, GT_ATTR_MCP_METHOD_NAME, gt_str_of(note.text));
	gt_span_set_str(r->span, GT_ATTR_JSONRPC_REQUEST_ID, gt_str_of(id));
	r->span->kind = r->call->begin.is_inbound ? GT_KIND_CLIENT : GT_KIND_SERVER;
	r->earlier_ns = r->call->began.ns - note.at.ns;
	gt_mcp_parent_of_question(r, &note.by);
}

/* ---------------------------------------------------------------- the request */

/* Takes the target from the body. When the body could not be read, from the header of the stateless revision. */
static void take_named_target(struct gt_reading *r, enum gt_attr key, const cJSON *message, const char *path)
{
	struct gt_str name = gt_call_request_field(r->call, "mcp-name");

	gt_take_str(r, key, message, path);
	if (!message && name.len && !gt_str_starts(name, GT_STR("=?"))) /* "=?" starts an encoded name */
		gt_span_set_str(r->span, key, name);
}

static void set_target(struct gt_reading *r, struct gt_str method, const cJSON *message)
{
	if (gt_str_eq(method, GT_STR("tools/call")))
		take_named_target(r, GT_ATTR_TOOL_NAME, message, "params.name");
	else if (gt_str_eq(method, GT_STR("prompts/get")))
		take_named_target(r, GT_ATTR_PROMPT_NAME, message, "params.name");
	else if (gt_str_starts(method, GT_STR("resources/")))
		take_named_target(r, GT_ATTR_MCP_RESOURCE_URI, message, "params.uri");
	else if (gt_str_eq(method, GT_STR("notifications/resources/updated")))
		gt_take_str(r, GT_ATTR_MCP_RESOURCE_URI, message, "params.uri");
}

static void set_method(struct gt_reading *r, struct gt_str method)
{
	gt_span_set_str(r->span, GT_ATTR_MCP_METHOD_NAME, method);
	if (gt_str_eq(method, GT_STR("tools/call")))
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("execute_tool"));
}

/* In the stateless revision every message has the version. Its key contains dots, so gt_json_str cannot find it. */
static void take_version(struct gt_reading *r, const cJSON *message)
{
	const cJSON *meta = gt_json_at(message, "params._meta");
	const cJSON *version = meta ? cJSON_GetObjectItemCaseSensitive(meta, "io.modelcontextprotocol/protocolVersion") : NULL;
	struct gt_str rpc;

	if (gt_json_str(message, "jsonrpc", &rpc) && !gt_str_eq(rpc, GT_STR("2.0")))
		gt_span_set_str(r->span, GT_ATTR_JSONRPC_PROTOCOL_VERSION, rpc);
	if (cJSON_IsString(version) && !gt_span_has(r->span, GT_ATTR_MCP_PROTOCOL_VERSION))
		gt_span_set_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION, gt_str_of(version->valuestring));
}

static void take_reply_error(struct gt_reading *r, const cJSON *message);

static void read_message(struct gt_reading *r, const cJSON *message)
{
	struct gt_str method = gt_call_request_field(r->call, "mcp-method");
	char id[GT_MCP_ID_MAX];

	gt_json_str(message, "method", &method);
	take_version(r, message);
	if (!method.len && gt_mcp_kind_of(message) == GT_MCP_RESPONSE) {
		r->is_rpc_answer = true;
		take_question(r, message);
		take_reply_error(r, message);
	}
	if (!method.len)
		return;
	set_method(r, method);
	set_target(r, method, message);
	if (gt_mcp_id(message, id))
		gt_span_set_str(r->span, GT_ATTR_JSONRPC_REQUEST_ID, gt_str_of(id));
	gt_mcp_parent_of_message(r, message);
}

static void keep_common(struct gt_reading *r, enum gt_attr key, const cJSON *batch, const char *path)
{
	const cJSON *message;
	struct gt_str first, other;

	if (!gt_json_str(batch->child, path, &first))
		return;
	cJSON_ArrayForEach (message, batch)
		if (!gt_json_str(message, path, &other) || !gt_str_eq(first, other))
			return;
	gt_span_set_str(r->span, key, first);
}

static void read_batch(struct gt_reading *r, const cJSON *batch)
{
	struct gt_str method = GT_STR(""), other;
	const cJSON *message;
	bool is_mixed = false;

	gt_span_set_int(r->span, GT_ATTR_GENTAP_MCP_BATCH_SIZE, cJSON_GetArraySize(batch));
	cJSON_ArrayForEach (message, batch) {
		r->rpc_requests += gt_mcp_kind_of(message) == GT_MCP_REQUEST;
		if (!gt_json_str(message, "method", &other))
			continue;
		is_mixed |= method.len && !gt_str_eq(method, other);
		method = other;
	}
	take_version(r, batch->child);
	r->is_rpc_answer = !method.len;
	if (!method.len)
		return;
	set_method(r, is_mixed ? GT_STR("batch") : method);
	if (gt_str_eq(method, GT_STR("tools/call")) && !is_mixed)
		keep_common(r, GT_ATTR_TOOL_NAME, batch, "params.name");
	else if (gt_str_eq(method, GT_STR("prompts/get")) && !is_mixed)
		keep_common(r, GT_ATTR_PROMPT_NAME, batch, "params.name");
	else if (gt_str_starts(method, GT_STR("resources/")) && !is_mixed)
		keep_common(r, GT_ATTR_MCP_RESOURCE_URI, batch, "params.uri");
}

static void request(struct gt_reading *r, const cJSON *json)
{
	r->rpc_requests = 0;
	set_transport(r);
	if (!cJSON_IsArray(json))
		read_message(r, json);
	else if (cJSON_GetArraySize(json) == 1)
		read_message(r, json->child);
	else if (json->child)
		read_batch(r, json);
}

/* ---------------------------------------------------------------- the reply */

/* Codes of requests that are wrong: no JSON, no request, no such method, wrong parameters, no such resource. As a status of
 * 4xx, they are not an error of the server's span (HTTP conventions). */
static bool is_callers_mistake(int64_t code)
{
	return code == -32700 || (code >= -32602 && code <= -32600) || code == -32002;
}

static void take_reply_error(struct gt_reading *r, const cJSON *message)
{
	struct gt_str text = GT_STR("");
	bool is_error = false;
	int64_t number;
	char code[24];

	if (gt_json_int(message, "error.code", &number)) {
		snprintf(code, sizeof(code), "%lld", (long long)number);
		if (!r->has_error)
			gt_span_set_str(r->span, GT_ATTR_RPC_RESPONSE_STATUS_CODE, gt_str_of(code));
		if (r->span->kind == GT_KIND_SERVER && is_callers_mistake(number)) {
			r->is_callers_mistake = true;
			return;
		}
		gt_json_str(message, "error.message", &text);
		gt_set_reply_error(r, gt_str_of(code), text);
	} else if (gt_json_bool(message, "result.isError", &is_error) && is_error) {
		gt_set_reply_error(r, GT_STR("tool_error"), GT_STR(""));
	}
}

/* True for a request, or a batch with requests. */
static bool is_request(const struct gt_reading *r)
{
	return r->rpc_requests || gt_span_has(r->span, GT_ATTR_JSONRPC_REQUEST_ID);
}

/* True for the answer to our request, or for an answer to our batch. */
static bool is_answer(const struct gt_reading *r, const cJSON *message)
{
	char id[GT_MCP_ID_MAX];

	if (r->is_rpc_answer || gt_mcp_kind_of(message) != GT_MCP_RESPONSE || !gt_mcp_id(message, id))
		return false;
	return r->rpc_requests || gt_str_eq(gt_str_of(id), gt_span_get_str(r->span, GT_ATTR_JSONRPC_REQUEST_ID));
}

/* Keeps an error without the request's id. A server that could not read the id answers so (JSON-RPC 2.0, 5), and some
 * use another id. It counts when the right answer does not come. */
static void keep_stray_error(struct gt_reading *r, const cJSON *message)
{
	if (!r->stray_error && !r->is_rpc_answer && gt_json_has(message, "error.code") && is_request(r))
		r->stray_error = cJSON_Duplicate(message, true);
}

/* Where the HTTP status is an error, it is that error: no more is certain. */
static void take_stray_error(struct gt_reading *r)
{
	int64_t code = 0;

	r->is_final = true;
	gt_json_int(r->stray_error, "error.code", &code);
	if (r->call->response.status < 400)
		take_reply_error(r, r->stray_error);
	else
		r->is_callers_mistake |= is_callers_mistake(code);
}

static void take_reply(struct gt_reading *r, const cJSON *message)
{
	note_question(r, message);
	if (!is_answer(r, message)) {
		keep_stray_error(r, message);
		return;
	}
	r->rpc_answers++;
	r->is_final = r->rpc_answers >= r->rpc_requests;
	/* the version that initialize agreed on; later requests repeat it in a header */
	gt_take_str(r, GT_ATTR_MCP_PROTOCOL_VERSION, message, "result.protocolVersion");
	take_reply_error(r, message);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *message;

	if (!cJSON_IsArray(json)) {
		take_reply(r, json);
		return;
	}
	cJSON_ArrayForEach (message, json)
		take_reply(r, message);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		response(r, d->json);
}

static void error(struct gt_reading *r, const cJSON *json)
{
	response(r, json);
}

/* ---------------------------------------------------------------- the end */

/* A session lasts from its initialize to its DELETE. A session without a DELETE has no known end and no duration. */
static void follow_session(struct gt_reading *r)
{
	struct gt_mcp_note note = { .at = r->call->began };
	struct gt_str version = gt_span_get_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION);
	char key[KEY_MAX];
	size_t len;

	if (!gt_span_has(r->span, GT_ATTR_MCP_SESSION_ID) || r->call->response.status < 200 || r->call->response.status > 299)
		return;
	len = make_key(r, "session", "", key);
	if (gt_str_eq(gt_span_get_str(r->span, GT_ATTR_MCP_METHOD_NAME), GT_STR("initialize")) && !r->has_error) {
		if (version.len < sizeof(note.text))
			gt_str_copy(version, note.text, sizeof(note.text));
		gt_mcp_memory_put(r->run->mcp, gt_str_make(key, len), &note);
	} else if (gt_str_eq(r->call->request.method, GT_STR("DELETE")) &&
		   gt_mcp_memory_take(r->run->mcp, gt_str_make(key, len), &note)) {
		r->span->session_ns = r->call->ended.ns - note.at.ns;
		if (!version.len && *note.text)
			gt_span_set_str(r->span, GT_ATTR_MCP_PROTOCOL_VERSION, gt_str_of(note.text));
	}
}

/* True for a request that was only acknowledged, or whose stream ended without its answer (awaited.h). Also true for a
 * request at a path of the older transport (match.c) that the application abandoned before any response. */
static bool is_answered_elsewhere(const struct gt_reading *r)
{
	struct gt_str path = gt_target_path(r->call->request.target), session;

	if (r->is_rpc_answer || !gt_span_has(r->span, GT_ATTR_JSONRPC_REQUEST_ID))
		return false;
	if (path.len && path.p[path.len - 1] == '/')
		path.len--;
	if (r->call->response.status == 200 && r->call->body_kind == GT_BODY_SSE && r->call->outcome == GT_OUTCOME_COMPLETE)
		return !r->rpc_answers && !r->has_error;
	return r->call->response.status == 202 ||
	       (!r->call->response.status && r->call->outcome == GT_OUTCOME_ABANDONED &&
		(gt_str_ends(path, GT_STR("/messages")) || gt_str_ends(path, GT_STR("/message"))) &&
		(gt_call_query(r->call, "session_id", &session) || gt_call_query(r->call, "sessionId", &session)));
}

static void finish(struct gt_reading *r)
{
	struct gt_str method = gt_span_get_str(r->span, GT_ATTR_MCP_METHOD_NAME);
	struct gt_str target = gt_span_get_str(r->span, GT_ATTR_TOOL_NAME);
	struct gt_str session = gt_call_response_field(r->call, "mcp-session-id");

	if (session.len && !gt_span_has(r->span, GT_ATTR_MCP_SESSION_ID))
		gt_span_set_str(r->span, GT_ATTR_MCP_SESSION_ID, session);
	gt_hide_secrets(r, GT_ATTR_MCP_RESOURCE_URI); /* postgres://user:password@host/table */
	if (!target.len)
		target = gt_span_get_str(r->span, GT_ATTR_PROMPT_NAME);
	if (method.len)
		gt_span_set_name(r->span, method, target);
	else
		gt_span_set_name(r->span, r->call->request.method.len ? r->call->request.method : GT_STR("HTTP"), GT_STR(""));
	/* notifications and answers get no answer; a listener's stream may end at any time */
	if (r->is_rpc_answer || !is_request(r))
		r->is_final = true;
	if (r->stray_error && !r->rpc_answers)
		take_stray_error(r);
	if (is_answered_elsewhere(r)) {
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR(GT_ANSWERED_ELSEWHERE));
		r->is_final = true; /* the client may have the answer before the acknowledgement */
	}
	follow_session(r);
}

/* ---------------------------------------------------------------- is it MCP */

static bool claims(const struct gt_call *call, const cJSON *json)
{
	const cJSON *message;
	char quoted[64];

	if (cJSON_IsArray(json)) {
		cJSON_ArrayForEach (message, json)
			if (gt_mcp_is_unmistakable(message))
				return true;
		return false;
	}
	if (json)
		return gt_mcp_is_unmistakable(json);
	/* broken JSON is still a message: it has an MCP method, or it has no method and goes to a path ending in
	 * /mcp */
	if (!gt_request_has_text(call, "\"jsonrpc\""))
		return false;
	for (size_t i = 0; gt_mcp_methods[i]; i++) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", gt_mcp_methods[i]);
		if (gt_request_has_text(call, quoted))
			return true;
	}
	return !gt_request_has_text(call, "\"method\"") && gt_str_ends(gt_target_path(call->request.target), GT_STR("/mcp"));
}

static const char *const members[] = { "jsonrpc", "result", "error", "method", NULL };

const struct gt_provider gt_mcp = {
	.api = GT_API_MCP,
	.members = members,
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.error = error,
	.finish = finish,
	.content = &gt_content_mcp,
};
