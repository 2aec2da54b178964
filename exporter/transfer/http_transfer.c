#include "exporter/transfer/http_transfer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/transfer/curl_handles.h"
#include "exporter/transfer/no_fork.h"
#include "exporter/transfer/own_sockets.h"
#include "shim/shared/clock.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"

#define PAUSE_NS GT_NS_PER_MS /* between steps while libcurl has no socket to wait for */
#define TLS_ROOM (1u << 20)

struct gt_http_transfer {
	struct gt_curl curl;
	bool is_under_way; /* curl.easy is in curl.multi */
	size_t body_len;
	uint8_t *reply;
	size_t reply_len, reply_room;
	bool reply_is_too_big;
	struct gt_arena reply_headers;
	char error[CURL_ERROR_SIZE];
};

static bool make_reply_room(struct gt_http_transfer *t, size_t need)
{
	size_t room = t->reply_room ? t->reply_room : 1024;
	uint8_t *bigger;

	while (room < need)
		room *= 2;
	if (room == t->reply_room)
		return true;
	bigger = realloc(t->reply, room);
	if (!bigger)
		return false;
	t->reply = bigger;
	t->reply_room = room;
	return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct gt_http_transfer *t = ctx;

	(void)size; /* is 1 */
	if (n > GT_HTTP_REPLY_MAX - t->reply_len) {
		t->reply_is_too_big = true;
		return 0;
	}
	/* out of memory: the reply is shortened, but its status counts */
	if (n && make_reply_room(t, t->reply_len + n)) {
		memcpy(t->reply + t->reply_len, p, n);
		t->reply_len += n;
	}
	return n;
}

struct gt_http_transfer *gt_http_transfer_open(const struct gt_otlp_config *config, const struct gt_http_style *style)
{
	struct gt_http_transfer *t = calloc(1, sizeof(*t));
	bool is_open;

	gt_no_fork_begin();
	is_open = t && gt_curl_open(&t->curl, config, style);
	gt_no_fork_end();
	if (!is_open) {
		gt_http_transfer_close(t);
		return NULL;
	}
	return t;
}

void gt_http_transfer_close(struct gt_http_transfer *t)
{
	if (!t)
		return;
	gt_no_fork_begin();
	if (t->curl.easy && !gt_own_sockets_are_ours())
		gt_curl_abandon(&t->curl);
	else if (t->is_under_way)
		curl_multi_remove_handle(t->curl.multi, t->curl.easy);
	gt_curl_close(&t->curl);
	gt_no_fork_end();
	gt_arena_free(&t->reply_headers);
	free(t->reply);
	free(t);
}

/* mbedTLS does not check all of its allocations. So a handshake starts only when there is memory for all of it,
 * certificates included. */
static bool has_room_for_tls(const struct gt_curl *c)
{
	void *room = c->ca_file ? malloc(TLS_ROOM) : NULL;
	bool good = room || !c->ca_file;

	free(room);
	return good;
}

static bool may_connect(void)
{
	static bool is_reported;
	const char *forbidden = gt_gate_missing(GT_SIDE_OWN, GT_NEED_NET);

	if (forbidden && !is_reported)
		gt_log(GT_LOG_SINK, GT_LOG_ERROR, "a seccomp filter forbids %s; nothing is sent over OTLP", forbidden);
	is_reported |= forbidden != NULL;
	return !forbidden;
}

static bool start(struct gt_http_transfer *t, const struct gt_http_request *request)
{
	struct gt_curl *c = &t->curl;

	if (!may_connect())
		return false;
	t->body_len = request->len;
	t->reply_len = 0;
	t->reply_is_too_big = false;
	t->error[0] = 0;
	gt_arena_free(&t->reply_headers);
	gt_arena_init(&t->reply_headers, 0);
	if (c->easy && !gt_own_sockets_are_ours())
		gt_curl_abandon(c);
	if ((!c->easy && !gt_curl_renew(c)) || !has_room_for_tls(c))
		return false;
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, gt_curl_headers(c, request->is_gzip, request->timeout_ns));
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, request->body);
	t->is_under_way = curl_multi_add_handle(c->multi, c->easy) == CURLM_OK;
	return t->is_under_way;
}

bool gt_http_transfer_start(struct gt_http_transfer *t, const struct gt_http_request *request)
{
	bool is_started;

	gt_no_fork_begin();
	is_started = start(t, request);
	gt_no_fork_end();
	return is_started;
}

void gt_http_transfer_rest(struct gt_http_transfer *t)
{
	gt_no_fork_begin();
	if (!t->is_under_way)
		gt_curl_rest(&t->curl);
	gt_no_fork_end();
}

/* Problems that a retry of the same request would meet again. */
static bool is_final(CURLcode code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL: /* also for a reply that is not HTTP */
	case CURLE_URL_MALFORMAT:
	case CURLE_NOT_BUILT_IN:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_WRITE_ERROR: /* the reply is too big */
		return true;
	default:
		return false;
	}
}

/* A header or trailer of the reply, copied: libcurl may reuse its memory. */
static struct gt_str header(struct gt_http_transfer *t, const char *name)
{
	struct curl_header *h;
	struct gt_str value;

	if (curl_easy_header(t->curl.easy, name, 0, CURLH_HEADER | CURLH_TRAILER, -1, &h) != CURLHE_OK)
		return GT_STR("");
	value = gt_str_of(h->value);
	value.p = gt_arena_copy(&t->reply_headers, value);
	return value.p ? value : GT_STR("");
}

/* libcurl has a stream's error code in its message only: "... was not closed cleanly: REFUSED_STREAM (err 7)". */
static int stream_error(const struct gt_http_transfer *t, CURLcode code)
{
	const char *at = code == CURLE_HTTP2_STREAM ? strstr(t->error, "(err ") : NULL;
	uint64_t v;

	if (!at || !gt_str_u64(gt_str_make(at + 5, strspn(at + 5, "0123456789")), &v) || v > INT_MAX)
		return -1;
	return (int)v;
}

static void read_reply(struct gt_http_transfer *t, CURLcode code, struct gt_http_reply *reply)
{
	*reply = (struct gt_http_reply){ .body = t->reply, .len = t->reply_len, .stream_error = stream_error(t, code) };
	curl_easy_getinfo(t->curl.easy, CURLINFO_RESPONSE_CODE, &reply->status);
	if (reply->status < 200)
		reply->status = 0; /* an interim response does not count */
	reply->type = header(t, "Content-Type");
	reply->retry_after = header(t, "Retry-After");
	reply->grpc_status = header(t, "grpc-status");
	reply->grpc_message = header(t, "grpc-message");
	reply->grpc_details = header(t, "grpc-status-details-bin");
}

static void finish(struct gt_http_transfer *t, CURLcode code, struct gt_http_reply *reply)
{
	read_reply(t, code, reply);
	if (code != CURLE_OK) {
		reply->problem = t->error[0] ? t->error : curl_easy_strerror(code);
		reply->is_final = is_final(code);
	}
	if (t->reply_is_too_big)
		reply->problem = "the reply is longer than 4 MiB";
	curl_multi_remove_handle(t->curl.multi, t->curl.easy);
	t->is_under_way = false;
}

static bool step(struct gt_http_transfer *t, struct gt_http_reply *reply)
{
	int running, left;
	CURLMsg *message;

	if (!gt_own_sockets_are_ours()) {
		gt_curl_abandon(&t->curl);
		t->is_under_way = false;
		*reply = (struct gt_http_reply){ .problem = "the application closed the connection", .stream_error = -1 };
		return true;
	}
	if (curl_multi_perform(t->curl.multi, &running) != CURLM_OK) {
		finish(t, CURLE_OUT_OF_MEMORY, reply);
		return true;
	}
	message = curl_multi_info_read(t->curl.multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return false;
	finish(t, message->data.result, reply);
	return true;
}

bool gt_http_transfer_step(struct gt_http_transfer *t, struct gt_http_reply *reply)
{
	bool is_done;

	gt_no_fork_begin();
	is_done = step(t, reply);
	gt_no_fork_end();
	return is_done;
}

bool gt_http_transfer_is_sent(const struct gt_http_transfer *t)
{
	curl_off_t sent = 0;

	return t->is_under_way && t->body_len && t->curl.easy &&
	       curl_easy_getinfo(t->curl.easy, CURLINFO_SIZE_UPLOAD_T, &sent) == CURLE_OK && (size_t)sent >= t->body_len;
}

static void pause_for(int64_t ns)
{
	struct timespec t = { ns / GT_NS_PER_S, ns % GT_NS_PER_S };

	nanosleep(&t, NULL);
}

void gt_http_transfer_wait(struct gt_http_transfer *t, int64_t wait_ns)
{
	int64_t least = wait_ns < PAUSE_NS ? wait_ns : PAUSE_NS, ms = wait_ns / GT_NS_PER_MS, start = gt_mono_now().ns, spent;
	int ready = 0;

	/* not curl_multi_poll: it reads from a wake-up descriptor, whose number may be the application's by now */
	if (t->is_under_way)
		curl_multi_wait(t->curl.multi, NULL, 0, ms < INT_MAX ? (int)ms : INT_MAX, &ready);
	else
		least = wait_ns;
	spent = gt_mono_now().ns - start;
	if (!ready && spent < least)
		pause_for(least - spent);
}

void gt_http_transfer_abort(struct gt_http_transfer *t, struct gt_http_reply *reply)
{
	gt_no_fork_begin();
	finish(t, CURLE_OPERATION_TIMEDOUT, reply);
	gt_no_fork_end();
}
