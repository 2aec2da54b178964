#include "shim/curl_events.h"

#include <stdio.h>

#include "shim/curl_request.h"
#include "shim/curl_state.h"
#include "shim/event_copy.h"
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"
#include "shim/shared/read_fields.h"

bool gt_transfer_is_reported(void)
{
	return atomic_load_explicit(&gt_awake, memory_order_relaxed);
}

static size_t append_field(char *out, size_t at, size_t cap, const char *name, const char *value)
{
	struct gt_str n = gt_str_of(name), v = gt_str_of(value);

	if (!n.len || memchr(v.p, '\n', v.len) || at + n.len + v.len + 4 > cap)
		return at;
	memcpy(out + at, n.p, n.len);
	memcpy(out + at + n.len, ": ", 2);
	memcpy(out + at + n.len + 2, v.p, v.len);
	memcpy(out + at + n.len + 2 + v.len, "\r\n", 2);
	return at + n.len + v.len + 4;
}

static void put_head(enum gt_event_type type, struct gt_event *ev, size_t len)
{
	ev->type = (uint8_t)type;
	ev->len = (uint32_t)len;
	gt_handoff_put(gt_event_fit(ev));
}

/* Does the field describe a framing or coding that libcurl has already removed from the bytes that the hooks see? */
static bool is_of_framing(const struct gt_easy_options *o, struct gt_str name)
{
	if (gt_str_ieq(name, GT_STR("content-encoding")))
		return o->accepts_coding && !o->keeps_coding;
	return gt_str_ieq(name, GT_STR("transfer-encoding")) || gt_str_ieq(name, GT_STR("content-length"));
}

void gt_curl_emit_response_head(struct gt_easy *e)
{
	gt_curl_getinfo_fn *getinfo = e->library.getinfo;
	gt_curl_nextheader_fn *next = e->library.nextheader;
	long status = gt_easy_info(e, INFO_RESPONSE_CODE);
	struct gt_event *ev;
	size_t at;

	if (e->now.is_head_reported || status < 100 || status > 999 || !gt_transfer_is_reported())
		return;
	ev = gt_event_new(GT_EVENT_RESPONSE_HEAD, e->now.stream, GT_EVENT_ROOM_MAX);
	if (!ev)
		return;
	e->now.is_head_reported = true;
	at = (size_t)snprintf(ev->data, GT_EVENT_ROOM_MAX, "HTTP/1.1 %ld \r\n", status);
	if (next) {
		struct gt_curl_header *h = NULL;

		while ((h = next(e->key, CURLH_HEADER, -1, h))) {
			struct gt_str name = gt_str_of(h->name);

			if (!gt_field_is_read(name) || is_of_framing(&e->set, name))
				continue;
			at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, h->name, h->value);
		}
	} else {
		char *type = NULL;

		if (getinfo && getinfo(e->key, INFO_CONTENT_TYPE, &type) == CURLE_OK && type)
			at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, "content-type", type);
	}
	memcpy(ev->data + at, "\r\n", 2);
	put_head(GT_EVENT_RESPONSE_HEAD, ev, at + 2);
}

void gt_curl_emit_gap(struct gt_transfer *t)
{
	gt_event_copy_gap(t->stream, &t->gap);
}

void gt_curl_emit_response(struct gt_easy *e, struct gt_mono at, const char *p, size_t len)
{
	if (!gt_transfer_is_reported())
		return;
	gt_curl_emit_response_head(e);
	e->now.last = at;
	gt_event_copy_answer(e->now.stream, &e->now.gap, NULL, at, p, len);
	gt_exporter_thread_want();
}

void gt_curl_emit_request(struct gt_easy *e, const char *p, size_t len)
{
	if (gt_transfer_is_reported())
		gt_event_copy_request(e->now.stream, &e->now.kept, gt_limits.body_max, p, len);
}

void gt_curl_emit_request_head(struct gt_easy *e, const struct gt_request_view *view)
{
	struct gt_event *ev = gt_event_new(GT_EVENT_REQUEST_HEAD, e->now.stream, GT_EVENT_ROOM_MAX);
	struct gt_str name, value;
	size_t at;
	int n;

	if (!ev)
		return;
	/* without the query: some APIs put the key there */
	n = snprintf(ev->data, GT_EVENT_ROOM_MAX, "%.*s %.*s HTTP/1.1\r\nhost: %.*s\r\n", GT_STR_ARG(view->method),
		     GT_STR_ARG(gt_target_path(view->target)), GT_STR_ARG(view->host));
	if (n < 0 || (size_t)n >= GT_EVENT_ROOM_MAX - 2) {
		gt_event_free(ev);
		return;
	}
	at = (size_t)n;
	for (const struct gt_curl_slist *h = e->set.headers; h; h = h->next) {
		char field[64];

		if (!h->data || !gt_curl_split_field(h->data, &name, &value) || !gt_field_is_read(name) ||
		    name.len >= sizeof(field) || gt_str_ieq(name, GT_STR("host")))
			continue;
		gt_str_copy(name, field, sizeof(field));
		/* the value runs to the end of the string; append_field accepts trailing spaces */
		at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, field, value.p);
	}
	memcpy(ev->data + at, "\r\n", 2);
	put_head(GT_EVENT_REQUEST_HEAD, ev, at + 2);
}

struct gt_event *gt_curl_emit_begin(struct gt_easy *e, const struct gt_endpoint *ep, const struct gt_parentage *par,
				    struct gt_str authority, bool is_tls, bool injected)
{
	struct gt_str host;
	struct gt_event *ev;
	struct gt_begin *b;
	uint16_t port;
	char *text;

	gt_host_split(authority, &host, &port);
	if (host.len > 255)
		host.len = 0;
	ev = gt_event_new(GT_EVENT_BEGIN, e->now.stream, sizeof(*b) + host.len + ep->provider.len + par->tracestate_len);
	if (!ev)
		return NULL;
	gt_pool_admit(e->now.stream, ev->at);
	b = (struct gt_begin *)ev->data;
	*b = (struct gt_begin){
		.context = par->span,
		.parent = par->parent,
		.parent_is_remote = par->parent_is_remote,
		.is_injected = injected,
		.is_tls = is_tls,
		.source = GT_SOURCE_MESSAGE,
		.api = ep->api,
		.is_certain = ep->is_certain,
		.started = gt_wall_now(),
		.port = port   ? port :
			is_tls ? 443 :
				 80,
		.host_len = (uint16_t)host.len,
		.provider_len = (uint16_t)ep->provider.len,
		.tracestate_len = par->tracestate_len,
	};
	text = (char *)(b + 1);
	memcpy(text, host.p, host.len);
	text += host.len;
	if (ep->provider.len)
		memcpy(text, ep->provider.p, ep->provider.len);
	text += ep->provider.len;
	memcpy(text, par->tracestate, par->tracestate_len);
	ev->len = (uint32_t)(text + par->tracestate_len - ev->data);
	return ev;
}
