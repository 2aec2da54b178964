#include "exporter/awaited.h"

#include "exporter/genai.h"
#include "exporter/mcp/mcp_message.h"
#include "exporter/span/reading.h"

static struct gt_str id_of(const struct gt_call *c)
{
	return gt_span_get_str(c->reading->span, GT_ATTR_JSONRPC_REQUEST_ID);
}

static struct gt_str session_of(const struct gt_call *c)
{
	struct gt_str session = gt_call_request_field(c, "mcp-session-id");

	return session.len ? session : gt_call_response_field(c, "mcp-session-id");
}

bool gt_awaited_keep(struct gt_awaited *a, struct gt_call *c)
{
	struct gt_reading *r = c->reading;
	struct gt_call **last = &a->first;

	if (c->begin.api != GT_API_MCP || !r || !r->is_known || r->is_final || r->has_error || r->is_rpc_answer ||
	    r->stray_error || !id_of(c).len || c->response.status != 200 || c->body_kind != GT_BODY_SSE || !c->sse.has_id ||
	    c->damage != GT_DAMAGE_NONE || c->outcome > GT_OUTCOME_FAILED || c->outcome == GT_OUTCOME_ABANDONED)
		return false;
	gt_buf_free(&c->request_body); /* it has been read */
	r->request_len = 0;
	while (*last)
		last = &(*last)->next;
	c->next = NULL;
	*last = c;
	a->n++;
	return true;
}

static struct gt_call *unlink_at(struct gt_awaited *a, struct gt_call **at)
{
	struct gt_call *c = *at;

	*at = c->next;
	c->next = NULL;
	a->n--;
	return c;
}

static bool is_same_session(const struct gt_call *a, const struct gt_call *b)
{
	struct gt_str session = session_of(a);

	if (a->begin.is_inbound != b->begin.is_inbound || !gt_str_eq(session, session_of(b)))
		return false;
	return session.len || (!a->begin.is_inbound && gt_str_eq(a->host, b->host) && a->begin.port == b->begin.port);
}

struct gt_call *gt_awaited_answer(struct gt_awaited *a, const struct gt_run_context *run, const struct gt_call *by,
				  struct gt_str event, struct gt_str data)
{
	struct gt_call **at = &a->first, *c = NULL;
	char id[GT_MCP_ID_MAX];
	cJSON *message;

	if (!a->first || by->begin.api != GT_API_MCP)
		return NULL;
	message = gt_json_parse(data);
	if (gt_mcp_kind_of(message) == GT_MCP_RESPONSE && gt_mcp_id(message, id)) {
		while (*at && !(is_same_session(*at, by) && gt_str_eq(id_of(*at), gt_str_of(id))))
			at = &(*at)->next;
		c = *at ? unlink_at(a, at) : NULL;
	}
	cJSON_Delete(message);
	if (!c)
		return NULL;
	c->last_data = c->ended = by->last_data;
	c->outcome = GT_OUTCOME_COMPLETE;
	gt_genai_document(run, c, event, data);
	return c;
}

struct gt_call *gt_awaited_expired(struct gt_awaited *a, struct gt_mono now)
{
	bool is_due = a->first && (a->n > GT_AWAITED_MAX || now.ns - a->first->ended.ns >= GT_AWAITED_NS);

	return is_due ? unlink_at(a, &a->first) : NULL;
}

struct gt_call *gt_awaited_any(struct gt_awaited *a)
{
	return a->first ? unlink_at(a, &a->first) : NULL;
}

int64_t gt_awaited_due_in(const struct gt_awaited *a, struct gt_mono now)
{
	int64_t left = a->first ? a->first->ended.ns + GT_AWAITED_NS - now.ns : -1;

	return a->first && left < 0 ? 0 : left;
}
