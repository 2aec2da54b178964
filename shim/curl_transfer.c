#include "shim/curl_transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim/context.h"
#include "shim/curl_added.h"
#include "shim/curl_easy.h"
#include "shim/curl_events.h"
#include "shim/curl_reading.h"
#include "shim/curl_request.h"
#include "shim/curl_state.h"
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/shared/log.h"
#include "shim/unread.h"

/* ---------------------------------------------------------------- wrappers around the application's callbacks */

/* With CURLOPT_HEADER, header lines arrive through the write function, one per call. After a block comes another
 * block or the body. */
static bool is_header_line(struct gt_transfer *t, const char *p, size_t len)
{
	if (t->header == BEFORE_HEADER)
		t->header = len >= 5 && !memcmp(p, "HTTP/", 5) ? IN_HEADER : NO_HEADER;
	if (t->header == NO_HEADER)
		return false;
	if ((len == 2 && !memcmp(p, "\r\n", 2)) || (len == 1 && *p == '\n'))
		t->header = BEFORE_HEADER;
	return true;
}

static size_t on_write(char *ptr, size_t size, size_t n, void *user)
{
	struct gt_easy *e = user;
	gt_curl_data_fn *write = e->set.write ? e->set.write : (gt_curl_data_fn *)fwrite;
	void *data = e->set.has_write_data ? e->set.write_data : stdout;
	struct gt_mono at = gt_mono_now();
	size_t len = size * n, took;
	int saved;

	/* calls that the application makes in its callback are traced again */
	e->callbacks++;
	gt_callback_begin();
	took = write(ptr, size, n, data);
	gt_callback_end();
	e->callbacks--;
	saved = errno;
	/* CURL_WRITEFUNC_PAUSE and errors take nothing: the same bytes come again, or never */
	if (took == len && len && e->now.is_open && !is_header_line(&e->now, ptr, len))
		gt_curl_emit_response(e, at, ptr, len);
	errno = saved;
	return took;
}

/* ---------------------------------------------------------------- begin and end of a transfer */

/* May the request go through a proxy? libcurl reads the same variables. */
static bool may_use_proxy(const struct gt_easy_options *o)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	if (o->proxy != PROXY_OF_ENVIRONMENT)
		return o->proxy == A_PROXY;
	for (size_t i = 0; i < GT_COUNT_OF(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

/* May lines be added to CURLOPT_HTTPHEADER? A list that libcurl signs stays as it is: a proxy on the way may replace
 * traceparent. A list that also goes into CONNECT stays as it is: the proxy is not the server. A request through a proxy
 * may get the lines of CURLOPT_PROXYHEADER too, which may have a traceparent. */
static bool may_add(const struct gt_easy *e)
{
	const struct gt_easy_options *o = &e->set;

	if (o->signs_headers)
		return false;
	return !may_use_proxy(o) || (!o->has_proxy_trace && !gt_curl_headers_are_unified(&e->library, o->header_opt));
}

/* Puts one node per line in front of the application's list. Returns the number of nodes. */
static int make_nodes(struct gt_easy *e, const struct gt_parentage *par, const struct gt_request_view *view)
{
	struct gt_transfer *t = &e->now;
	char *line, *end;
	size_t len;

	t->lines = malloc(gt_context_lines_max());
	if (!t->lines)
		return 0;
	len = gt_context_lines(par, view, t->lines, gt_context_lines_max());
	for (line = t->lines; line < t->lines + len && t->n_nodes < LINES_MAX; line = end + 2) {
		end = memchr(line, '\r', (size_t)(t->lines + len - line));
		if (!end)
			break;
		*end = 0;
		t->nodes[t->n_nodes++].data = line;
	}
	for (int i = 0; i < t->n_nodes; i++)
		t->nodes[i].next = i + 1 < t->n_nodes ? &t->nodes[i + 1] : e->set.headers;
	return t->n_nodes;
}

static void install(struct gt_easy *e)
{
	struct gt_easy_options *o = &e->set;
	struct gt_transfer *t = &e->now;

	if (t->n_nodes)
		gt_easy_set_real(e, GT_CURLOPT_HTTPHEADER, &t->nodes[0]);
	gt_easy_set_real(e, GT_CURLOPT_WRITEFUNCTION, (void *)on_write);
	gt_easy_set_real(e, GT_CURLOPT_WRITEDATA, e);
	if (!o->header && o->header_data)
		gt_easy_set_real(e, GT_CURLOPT_HEADERFUNCTION, gt_easy_move_header(e));
	if (o->body == BODY_CALLBACK)
		gt_curl_reading_begin(e);
}

static void put_back(struct gt_easy *e)
{
	struct gt_easy_options *o = &e->set;

	if (e->now.n_nodes)
		gt_easy_set_real(e, GT_CURLOPT_HTTPHEADER, o->headers);
	gt_easy_set_real(e, GT_CURLOPT_WRITEFUNCTION, (void *)o->write);
	gt_easy_set_real(e, GT_CURLOPT_WRITEDATA, o->has_write_data ? o->write_data : stdout);
	if (e->now.has_moved_header)
		gt_easy_set_real(e, GT_CURLOPT_HEADERFUNCTION, NULL);
	gt_curl_reading_put_back(e, e);
}

static bool begin_with_url(struct gt_easy *e, void *multi, struct gt_str url)
{
	struct gt_str authority, host;
	struct gt_request_view view;
	struct gt_parentage par;
	struct gt_endpoint ep;
	struct gt_event *begin;
	uint16_t port;
	bool is_tls;

	if (!gt_curl_split_url(url, &is_tls, &authority))
		return false;
	gt_stat_add(GT_STAT_REQUESTS, 1);
	gt_curl_request_view(&e->set, url, authority, &view);
	gt_host_split(authority, &host, &port);
	ep = gt_match(&view, host);
	if (ep.api == GT_API_NONE || gt_api_is_socket(ep.api)) { /* what follows a 101 is not libcurl's any more */
		gt_unread_request(&view);
		return false;
	}
	gt_context_new(&view, &par);
	e->now = (struct gt_transfer){
		.multi = multi,
		.stream = gt_stream_next(),
		.header = e->set.has_header_in_body ? BEFORE_HEADER : NO_HEADER,
		.began = gt_mono_now(),
	};
	e->now.end = gt_event_new(GT_EVENT_END, e->now.stream, sizeof(struct gt_end));
	if (!view.has_traceparent)
		gt_stat_add(may_add(e) && make_nodes(e, &par, &view) ? GT_STAT_INJECTED : GT_STAT_NOT_INJECTED, 1);
	begin = e->now.end ? gt_curl_emit_begin(e, &ep, &par, authority, is_tls, e->now.n_nodes > 0) : NULL;
	if (!begin) {
		gt_transfer_drop(e);
		return false;
	}
	gt_log(GT_LOG_CURL, GT_LOG_DEBUG, "stream %llu: %.*s %.*s host %.*s matched (api %d)",
	       (unsigned long long)e->now.stream, GT_STR_ARG(view.method), GT_STR_ARG(gt_target_path(view.target)),
	       GT_STR_ARG(view.host), ep.api);
	gt_stat_add(GT_STAT_EXCHANGES, 1);
	begin->at = e->now.began;
	e->now.is_open = true;
	gt_handoff_put(begin);
	gt_curl_emit_request_head(e, &view);
	if (e->set.body == BODY_FIELDS && e->set.fields)
		gt_curl_emit_request(e, e->set.fields, gt_easy_fields_len(&e->set));
	install(e);
	return true;
}

bool gt_easy_begin(struct gt_easy *e, void *multi)
{
	bool begun = false;
	char *text = NULL;

	if (e->now.is_open || e->added_to || e->set.is_connect_only)
		return false;
	if (e->now.is_inherited) {
		put_back(e);
		gt_transfer_drop(e);
	}
	if (!gt_transfer_is_reported())
		return false;
	e->callbacks = 0; /* a jump may have left one */
	if (!e->set.curlu)
		return e->set.url && begin_with_url(e, multi, gt_str_of(e->set.url));
	if (e->library.url_get && e->library.free && e->library.url_get(e->set.curlu, CURLUPART_URL, &text, 0) == 0 && text) {
		begun = begin_with_url(e, multi, gt_str_of(text));
		e->library.free(text);
	}
	return begun;
}

bool gt_easy_add(struct gt_easy *e, void *multi)
{
	if (!multi || e->now.is_open || e->added_to)
		return false;
	gt_added_put(e, multi);
	return true;
}

void gt_easy_begin_added(void *multi)
{
	struct gt_easy *e;

	while ((e = gt_added_take_for(multi)))
		gt_easy_begin(e, multi);
}

/* When the transfer ended. The application may ask for the outcome much later, so libcurl's total time is more exact.
 * But its clock starts later than gentap's, so the end is never before the last received bytes. */
static struct gt_mono end_of(struct gt_easy *e)
{
	gt_curl_getinfo_fn *getinfo = e->library.getinfo;
	struct gt_mono now = gt_mono_now(), end = now;
	int64_t total_us = 0;

	if (getinfo && getinfo(e->key, INFO_TOTAL_TIME_T, &total_us) == CURLE_OK && total_us > 0 &&
	    e->now.began.ns + total_us * 1000 < now.ns)
		end.ns = e->now.began.ns + total_us * 1000;
	return end.ns < e->now.last.ns ? e->now.last : end;
}

/* Reports the end. */
static void report(struct gt_easy *e, enum gt_end_why why, int code)
{
	struct gt_event *end = e->now.end;

	if (!e->now.is_open || !gt_transfer_is_reported())
		return;
	gt_curl_emit_response_head(e);
	gt_curl_emit_gap(&e->now);
	*(struct gt_end *)end->data = (struct gt_end){
		.why = (uint8_t)why,
		.code = code,
		.os_errno = (int32_t)gt_easy_info(e, INFO_OS_ERRNO),
	};
	end->len = sizeof(struct gt_end);
	end->at = end_of(e);
	e->now.end = NULL;
	gt_handoff_put(end);
	gt_exporter_thread_want();
}

static void finish(struct gt_easy *e, enum gt_end_why why, int code)
{
	if (!e->now.is_open)
		return;
	report(e, why, code);
	put_back(e);
	gt_transfer_drop(e);
}

void gt_easy_was_reset(struct gt_easy *e)
{
	report(e, GT_END_REMOVED, 0);
	gt_easy_note_reset(e);
}

void gt_easy_finish(struct gt_easy *e, int code)
{
	finish(e, GT_END_CURL, code);
}

void gt_easy_remove(struct gt_easy *e)
{
	finish(e, GT_END_REMOVED, 0);
}

void gt_easy_removed(struct gt_easy *e, const void *multi)
{
	if (e->added_to == multi)
		gt_added_take(e);
	else if (e->now.multi == multi)
		gt_easy_remove(e);
}

void gt_easy_cancel(struct gt_easy *e)
{
	if (!gt_added_take(e))
		finish(e, GT_END_NEVER, 0);
}

void gt_easy_before_cleanup(void *easy)
{
	struct gt_easy *e = gt_easy_find(easy);

	if (e)
		gt_easy_remove(e);
}

void gt_easy_remove_all(void *multi)
{
	struct gt_easy *e;

	while (gt_added_take_for(multi))
		;
	while ((e = gt_easy_find_open(multi)))
		gt_easy_remove(e);
}
