#include "curl_easy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "context.h"
#include "exporter_thread.h"
#include "guard.h"
#include "limits.h"
#include "log.h"

/* ---------------------------------------------------------------- libcurl's ABI */

struct curl_slist {
	char *data;
	struct curl_slist *next;
};

struct curl_header {
	char *name;
	char *value;
	size_t amount;
	size_t index;
	unsigned origin;
	void *anchor;
};

typedef int setopt_fn(void *easy, int option, ...);
typedef int getinfo_fn(void *easy, int info, ...);
typedef struct curl_header *nextheader_fn(void *easy, unsigned origin, int request, struct curl_header *prev);
typedef int url_get_fn(const void *url, int part, char **out, unsigned flags);
typedef void curl_free_fn(void *p);
typedef size_t data_fn(char *ptr, size_t size, size_t n, void *user);

enum {
	INFO_CONTENT_TYPE = 0x100000 + 18,
	INFO_RESPONSE_CODE = 0x200000 + 2,
	INFO_OS_ERRNO = 0x200000 + 25,
	INFO_TOTAL_TIME_T = 0x600000 + 50,
};
enum { CURLE_OK = 0 };
enum { CURLUPART_URL = 0 };
enum { CURLH_HEADER = 1 };
#define CURL_READFUNC_ABORT 0x10000000
#define CURL_READFUNC_PAUSE 0x10000001

/* ---------------------------------------------------------------- the state of a handle */

#define URL_MAX	   8192
#define METHOD_MAX 16
#define LINES_MAX  3 /* traceparent, tracestate, baggage */

enum body { BODY_NONE, BODY_FIELDS, BODY_CALLBACK, BODY_OPAQUE };

/* What the application has set. Pointers are the application's unless noted. */
struct options {
	char *url; /* owned copy; libcurl copies it too */
	void *curlu;
	struct curl_slist *headers;
	char custom[METHOD_MAX];
	const char *method; /* implied by the options below: a literal */
	uint8_t body;	    /* enum body */
	const char *fields;
	char *copied_fields; /* owned */
	size_t copied_len;   /* of these; no more than one byte more than is ever told */
	int64_t fields_size; /* as the application set it; -1: strlen */
	data_fn *write;
	void *write_data;
	bool has_write_data;
	data_fn *read;
	void *read_data;
	bool has_read_data;
	void *header;
	void *header_data;
	bool header_in_body;
	bool connect_only;
	bool accepts_coding; /* CURLOPT_ACCEPT_ENCODING: then libcurl takes codings off ... */
	bool keeps_coding;   /* ... unless CURLOPT_HTTP_CONTENT_DECODING is 0 */
};

enum header { NO_HEADER, BEFORE_HEADER, IN_HEADER };

struct transfer {
	bool open;
	bool wraps_read;
	bool moved_header; /* HEADERFUNCTION is set in the application's stead */
	bool head_told;
	uint8_t header; /* enum header: CURLOPT_HEADER sends header blocks through the write function */
	void *multi;
	uint64_t stream;
	struct gt_mono began, last; /* `last`: when response bytes came */
	bool inherited; /* open in the parent process when this one was forked off it; not ours to tell, but options are ours */
	char *lines;	/* owned; the text of the nodes. Not of the pool: it must outlive a fork */
	struct gt_event *end;	/* owned; kept back so that it cannot find the pool full */
	struct curl_slist nodes[LINES_MAX];
	int n_nodes;
	uint64_t kept; /* request bytes told */
	uint64_t gap;
};

struct gt_easy {
	struct gt_easy *next; /* in its bucket */
	void *key;
	const struct gt_caller *caller; /* whose library made the handle */
	struct options set;
	struct transfer now;
};

#define BUCKETS 64

/* protects: the chains of buckets[], not what hangs in them.   rank: 1
 * at fork: the child makes it anew; chains are always whole.   taken by: application threads in hooks.
 * never across: a real call, malloc, a log line */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gt_easy *buckets[BUCKETS];

static struct gt_easy **bucket_of(const void *easy)
{
	return &buckets[((uintptr_t)easy >> 4) * 0x9e3779b97f4a7c15ULL >> 58];
}

struct gt_easy *gt_easy_find(void *easy)
{
	struct gt_easy *e;

	pthread_mutex_lock(&lock);
	for (e = *bucket_of(easy); e && e->key != easy; e = e->next)
		;
	pthread_mutex_unlock(&lock);
	return e;
}

static void forget_options(struct options *o)
{
	free(o->url);
	free(o->copied_fields);
	*o = (struct options){ .method = "GET", .fields_size = -1 };
}

struct gt_easy *gt_easy_of(void *easy, const struct gt_caller *caller)
{
	struct gt_easy *e = gt_easy_find(easy);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->key = easy;
	e->caller = caller;
	forget_options(&e->set);
	pthread_mutex_lock(&lock);
	e->next = *bucket_of(easy);
	*bucket_of(easy) = e;
	pthread_mutex_unlock(&lock);
	return e;
}

void gt_easy_forget(void *easy)
{
	struct gt_easy **at, *e;

	pthread_mutex_lock(&lock);
	for (at = bucket_of(easy); (e = *at) && e->key != easy; at = &e->next)
		;
	if (e)
		*at = e->next;
	pthread_mutex_unlock(&lock);
	if (e) {
		if (e->now.end) { /* the transfer's end went by unseen */
			*(struct gt_end *)e->now.end->data = (struct gt_end){ .why = GT_END_REMOVED };
			e->now.end->len = sizeof(struct gt_end);
			gt_handoff_put(e->now.end);
		}
		forget_options(&e->set);
		free(e->now.lines);
		free(e);
	}
}

void gt_easy_created(void *easy, const struct gt_caller *caller)
{
	gt_easy_forget(easy);
	gt_easy_of(easy, caller);
}

void gt_easy_before_cleanup(void *easy)
{
	struct gt_easy *e = gt_easy_find(easy);

	if (e)
		gt_easy_remove(e);
}

/* ---------------------------------------------------------------- options */

static void set_real(struct gt_easy *e, int option, void *value)
{
	setopt_fn *real = (setopt_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_easy_setopt);

	if (real)
		real(e->key, option, value);
}

static void copy_url(struct options *o, const char *url)
{
	free(o->url);
	o->url = url && strlen(url) < URL_MAX ? strdup(url) : NULL;
}

static void copy_fields(struct options *o, const char *from)
{
	size_t len = !from ? 0 : o->fields_size >= 0 ? (size_t)o->fields_size : strlen(from);

	free(o->copied_fields);
	o->copied_fields = NULL;
	o->fields = NULL;
	if (len > gt_limits.body_max)
		len = (size_t)gt_limits.body_max + 1; /* enough to see that it is too long */
	if (from && (o->copied_fields = malloc(len + 1))) {
		memcpy(o->copied_fields, from, len);
		o->copied_len = len;
		o->fields = o->copied_fields;
	}
}

static size_t fields_len(const struct options *o)
{
	if (o->fields_size < 0)
		return o->fields == o->copied_fields ? o->copied_len : strlen(o->fields);
	return o->fields == o->copied_fields && (uint64_t)o->fields_size > o->copied_len ? o->copied_len :
											    (size_t)o->fields_size;
}

static void implies(struct options *o, const char *method, enum body body)
{
	o->method = method;
	o->body = (uint8_t)body;
}

/* Are our wrappers in place? Also in a process that was forked off during a transfer. */
static bool is_wrapped(const struct gt_easy *e)
{
	return e->now.open || e->now.inherited;
}

/* Header lines go to the write function when there is only CURLOPT_HEADERDATA: while that one is ours, libcurl must be told
 * the application's as the header function. Returns what it must be told. */
static void *move_header(struct gt_easy *e)
{
	struct options *o = &e->set;

	e->now.moved_header = !o->header && o->header_data;
	if (!e->now.moved_header)
		return o->header;
	return o->write ? (void *)o->write : (void *)fwrite;
}

bool gt_easy_note_pointer(struct gt_easy *e, int option, void **value)
{
	struct options *o = &e->set;
	void *v = *value;

	switch (option) {
	case GT_CURLOPT_URL:
		copy_url(o, v);
		return true;
	case GT_CURLOPT_CURLU:
		o->curlu = v;
		return true;
	case GT_CURLOPT_ACCEPT_ENCODING:
		o->accepts_coding = v != NULL;
		return true;
	case GT_CURLOPT_CUSTOMREQUEST:
		gt_str_copy(gt_str_of(v), o->custom, sizeof(o->custom));
		return true;
	case GT_CURLOPT_HTTPHEADER:
		o->headers = v;
		if (is_wrapped(e) && e->now.n_nodes) {
			e->now.nodes[e->now.n_nodes - 1].next = v;
			*value = &e->now.nodes[0];
		}
		return true;
	case GT_CURLOPT_POSTFIELDS:
		free(o->copied_fields);
		o->copied_fields = NULL;
		o->fields = v;
		implies(o, "POST", v ? BODY_FIELDS : BODY_CALLBACK);
		return true;
	case GT_CURLOPT_COPYPOSTFIELDS:
		copy_fields(o, v);
		implies(o, "POST", BODY_FIELDS);
		return true;
	case GT_CURLOPT_HTTPPOST:
	case GT_CURLOPT_MIMEPOST:
		implies(o, v ? "POST" : "GET", v ? BODY_OPAQUE : BODY_NONE);
		return true;
	case GT_CURLOPT_WRITEFUNCTION:
		o->write = (data_fn *)v;
		if (e->now.moved_header)
			set_real(e, GT_CURLOPT_HEADERFUNCTION, move_header(e));
		return !is_wrapped(e);
	case GT_CURLOPT_WRITEDATA:
		o->write_data = v;
		o->has_write_data = true;
		return !is_wrapped(e);
	case GT_CURLOPT_READFUNCTION:
		o->read = (data_fn *)v;
		return !e->now.wraps_read;
	case GT_CURLOPT_READDATA:
		o->read_data = v;
		o->has_read_data = true;
		return !e->now.wraps_read;
	case GT_CURLOPT_HEADERFUNCTION:
		o->header = v;
		if (is_wrapped(e))
			*value = move_header(e);
		return true;
	case GT_CURLOPT_HEADERDATA:
		o->header_data = v;
		if (is_wrapped(e))
			set_real(e, GT_CURLOPT_HEADERFUNCTION, move_header(e));
		return true;
	}
	return true;
}

void gt_easy_note_number(struct gt_easy *e, int option, int64_t value)
{
	struct options *o = &e->set;

	switch (option) {
	case GT_CURLOPT_HEADER:
		o->header_in_body = value;
		break;
	case GT_CURLOPT_NOBODY:
		if (value)
			implies(o, "HEAD", BODY_NONE);
		else if (!strcmp(o->method, "HEAD"))
			implies(o, "GET", BODY_NONE);
		break;
	case GT_CURLOPT_UPLOAD:
	case GT_CURLOPT_PUT:
		implies(o, value ? "PUT" : "GET", value ? BODY_CALLBACK : BODY_NONE);
		break;
	case GT_CURLOPT_POST:
		implies(o, value ? "POST" : "GET", !value ? BODY_NONE : o->fields ? BODY_FIELDS : BODY_CALLBACK);
		break;
	case GT_CURLOPT_HTTPGET:
		if (value)
			implies(o, "GET", BODY_NONE);
		break;
	case GT_CURLOPT_POSTFIELDSIZE:
	case GT_CURLOPT_POSTFIELDSIZE_LARGE:
		if (value < -1)
			break; /* libcurl refuses it */
		/* libcurl forgets copied fields when their size is changed to a larger one, and then asks the read function */
		if (o->copied_fields && o->fields == o->copied_fields && value > o->fields_size) {
			copy_fields(o, NULL);
			if (o->body == BODY_FIELDS)
				o->body = BODY_CALLBACK;
		}
		o->fields_size = value;
		break;
	case GT_CURLOPT_CONNECT_ONLY:
		o->connect_only = value;
		break;
	case GT_CURLOPT_HTTP_CONTENT_DECODING:
		o->keeps_coding = !value;
		break;
	}
}

static void drop_transfer(struct gt_easy *e);

void gt_easy_note_reset(struct gt_easy *e)
{
	forget_options(&e->set);
	drop_transfer(e); /* nothing of ours is in the handle any more */
}

void gt_easy_note_duplicate(struct gt_easy *e, void *copy, const struct gt_caller *caller)
{
	struct gt_easy *d;

	gt_easy_created(copy, caller);
	d = gt_easy_find(copy);
	if (!d)
		return;
	d->set = e->set;
	d->set.url = e->set.url ? strdup(e->set.url) : NULL;
	d->set.copied_fields = NULL;
	if (e->set.copied_fields) {
		d->set.copied_fields = malloc(e->set.copied_len + 1);
		d->set.fields = d->set.copied_fields;
		if (d->set.copied_fields)
			memcpy(d->set.copied_fields, e->set.copied_fields, e->set.copied_len);
	}
	d->caller = e->caller;
	if (!is_wrapped(e))
		return;
	set_real(d, GT_CURLOPT_HTTPHEADER, d->set.headers);
	set_real(d, GT_CURLOPT_WRITEFUNCTION, (void *)d->set.write);
	set_real(d, GT_CURLOPT_WRITEDATA, d->set.has_write_data ? d->set.write_data : stdout);
	if (e->now.wraps_read) {
		set_real(d, GT_CURLOPT_READFUNCTION, (void *)d->set.read);
		set_real(d, GT_CURLOPT_READDATA, d->set.has_read_data ? d->set.read_data : stdin);
	}
	if (e->now.moved_header)
		set_real(d, GT_CURLOPT_HEADERFUNCTION, d->set.header);
}

/* ---------------------------------------------------------------- what a transfer says */

/* Asleep, transfers that are open are followed to their end, and nobody is told. */
static bool is_awake(void)
{
	return atomic_load_explicit(&gt_awake, memory_order_relaxed);
}

static long info_number(struct gt_easy *e, int info)
{
	getinfo_fn *getinfo = (getinfo_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_easy_getinfo);
	long v = 0;

	return getinfo && getinfo(e->key, info, &v) == CURLE_OK ? v : 0;
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

/* Header fields the exporter has a use for; never one that could hold a credential. */
static bool is_told(struct gt_str name)
{
	static const struct gt_str secret[] = {
		{ "authorization", 13 }, { "proxy-authorization", 19 }, { "cookie", 6 },	    { "set-cookie", 10 },
		{ "x-api-key", 9 },	 { "api-key", 7 },		{ "x-goog-api-key", 14 },   { "x-auth-token", 12 },
		{ "x-amz-security-token", 20 }, { "proxy-authenticate", 18 }, { "www-authenticate", 16 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(secret); i++)
		if (gt_str_ieq(name, secret[i]))
			return false;
	return true;
}

static void put_head(struct gt_easy *e, enum gt_event_type type, struct gt_event *ev, size_t len)
{
	(void)e;
	ev->type = (uint8_t)type;
	ev->len = (uint32_t)len;
	gt_handoff_put(ev);
}

/* Does a field say how the bytes are framed that we get to see? libcurl has taken the framing off, and mostly the coding. */
static bool is_of_framing(const struct options *o, struct gt_str name)
{
	if (gt_str_ieq(name, GT_STR("content-encoding")))
		return o->accepts_coding && !o->keeps_coding;
	return gt_str_ieq(name, GT_STR("transfer-encoding")) || gt_str_ieq(name, GT_STR("content-length"));
}

/* The response head, written down from what libcurl tells. */
static void tell_response_head(struct gt_easy *e)
{
	getinfo_fn *getinfo = (getinfo_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_easy_getinfo);
	nextheader_fn *next = (nextheader_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_easy_nextheader);
	long status = info_number(e, INFO_RESPONSE_CODE);
	struct gt_event *ev;
	size_t at;

	if (e->now.head_told || status < 100 || status > 999 || !is_awake())
		return;
	ev = gt_event_new(GT_EVENT_RESPONSE_HEAD, e->now.stream, GT_EVENT_ROOM_MAX);
	if (!ev)
		return;
	e->now.head_told = true;
	at = (size_t)snprintf(ev->data, GT_EVENT_ROOM_MAX, "HTTP/1.1 %ld \r\n", status);
	if (next) {
		struct curl_header *h = NULL;

		while ((h = next(e->key, CURLH_HEADER, -1, h))) {
			struct gt_str name = gt_str_of(h->name);

			if (!is_told(name) || is_of_framing(&e->set, name))
				continue;
			at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, h->name, h->value);
		}
	} else {
		char *type = NULL;

		if (getinfo && getinfo(e->key, INFO_CONTENT_TYPE, &type) == CURLE_OK && type)
			at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, "content-type", type);
	}
	memcpy(ev->data + at, "\r\n", 2);
	put_head(e, GT_EVENT_RESPONSE_HEAD, ev, at + 2);
}

/* Tells of dropped bytes before anything that follows them. */
static bool tell_gap(struct transfer *t)
{
	struct gt_event *ev;

	if (!t->gap)
		return true;
	ev = gt_event_new(GT_EVENT_GAP, t->stream, sizeof(struct gt_gap));
	if (!ev)
		return false;
	*(struct gt_gap *)ev->data = (struct gt_gap){ t->gap };
	ev->len = sizeof(struct gt_gap);
	t->gap = 0;
	gt_handoff_put(ev);
	return true;
}

static void tell_response(struct gt_easy *e, struct gt_mono at, const char *p, size_t len)
{
	struct transfer *t = &e->now;

	if (!is_awake())
		return;
	tell_response_head(e);
	t->last = at;
	if (!tell_gap(t) || !gt_handoff_bytes(GT_EVENT_RESPONSE, t->stream, at, p, len))
		t->gap += len;
	gt_exporter_thread_want();
}

static void tell_request(struct gt_easy *e, const char *p, size_t len)
{
	struct transfer *t = &e->now;
	struct gt_event *ev;
	size_t n;

	if (t->kept > gt_limits.body_max || !len || !is_awake())
		return;
	n = len <= gt_limits.body_max - t->kept ? len : (size_t)(gt_limits.body_max - t->kept);
	if (gt_handoff_bytes(GT_EVENT_REQUEST, t->stream, gt_mono_now(), p, n) && n == len) {
		t->kept += len;
		return;
	}
	t->kept = UINT64_MAX;
	ev = gt_event_new(GT_EVENT_REQUEST_CUT, t->stream, 0);
	if (ev)
		gt_handoff_put(ev);
}

/* ---------------------------------------------------------------- wrappers around the application's callbacks */

/* CURLOPT_HEADER: header lines come through the write function, one per call; after a block comes another or the body. */
static bool is_header_line(struct transfer *t, const char *p, size_t len)
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
	data_fn *write = e->set.write ? e->set.write : (data_fn *)fwrite;
	void *data = e->set.has_write_data ? e->set.write_data : stdout;
	struct gt_mono at = gt_mono_now();
	uint32_t depth = gt_self.depth;
	size_t len = size * n, took;
	int saved;

	/* what the application does in here is its own business again */
	gt_self.depth = 0;
	took = write(ptr, size, n, data);
	gt_self.depth = depth;
	saved = errno;
	/* CURL_WRITEFUNC_PAUSE and errors take nothing: the same bytes come again, or never */
	if (took == len && len && e->now.open && !is_header_line(&e->now, ptr, len))
		tell_response(e, at, ptr, len);
	errno = saved;
	return took;
}

static size_t on_read(char *ptr, size_t size, size_t n, void *user)
{
	struct gt_easy *e = user;
	data_fn *read = e->set.read ? e->set.read : (data_fn *)fread;
	void *data = e->set.has_read_data ? e->set.read_data : stdin;
	uint32_t depth = gt_self.depth;
	size_t got;
	int saved;

	gt_self.depth = 0;
	got = read(ptr, size, n, data);
	gt_self.depth = depth;
	saved = errno;
	if (got && got <= size * n && got != CURL_READFUNC_ABORT && got != CURL_READFUNC_PAUSE && e->now.open)
		tell_request(e, ptr, got);
	errno = saved;
	return got;
}

/* ---------------------------------------------------------------- begin and end of a transfer */

/* "scheme://user:password@host:port/..." without the user part. False for what is not HTTP. */
static bool split_url(struct gt_str url, bool *is_tls, struct gt_str *authority)
{
	size_t at;

	*is_tls = gt_str_istarts(url, GT_STR("https://"));
	if (*is_tls)
		url = gt_str_skip(url, 8);
	else if (gt_str_istarts(url, GT_STR("http://")))
		url = gt_str_skip(url, 7);
	else if (gt_str_find(url, ':') + 1 == gt_str_find(url, '/') &&
		 gt_str_starts(gt_str_skip(url, gt_str_find(url, ':')), GT_STR("://")))
		return false;
	*authority = gt_str_make(url.p, gt_str_find(url, '/'));
	authority->len = gt_str_find(*authority, '?');
	authority->len = gt_str_find(*authority, '#');
	at = gt_str_find(*authority, '@');
	while (at < authority->len) {
		*authority = gt_str_skip(*authority, at + 1);
		at = gt_str_find(*authority, '@');
	}
	return authority->len > 0;
}

static struct gt_str path_of_url(struct gt_str url, struct gt_str authority)
{
	struct gt_str rest = gt_str_make(authority.p + authority.len, (size_t)(url.p + url.len - authority.p) - authority.len);

	rest.len = gt_str_find(rest, '#');
	return rest.len ? rest : GT_STR("/");
}

/* "Name: value"; false for "Name:" (which removes a field) and for what is no field. "Name;" is a field without value. */
static bool split_field(const char *line, struct gt_str *name, struct gt_str *value)
{
	struct gt_str s = gt_str_of(line);
	size_t colon = gt_str_find(s, ':');

	if (colon == s.len) {
		size_t semicolon = gt_str_find(s, ';');

		*name = gt_str_trim(gt_str_make(s.p, semicolon));
		*value = GT_STR("");
		return semicolon < s.len;
	}
	*name = gt_str_trim(gt_str_make(s.p, colon));
	*value = gt_str_trim(gt_str_skip(s, colon + 1));
	return value->len > 0;
}

static void view_of(const struct gt_easy *e, struct gt_str url, struct gt_str authority, struct gt_request_view *view)
{
	struct gt_str name, value;

	*view = (struct gt_request_view){
		.method = gt_str_of(e->set.custom[0] ? e->set.custom : e->set.method),
		.target = path_of_url(url, authority),
	};
	for (const struct curl_slist *h = e->set.headers; h; h = h->next)
		if (h->data && split_field(h->data, &name, &value))
			gt_request_view_field(view, name, value);
	if (!view->host.p)
		view->host = authority;
}

static bool tell_request_head(struct gt_easy *e, const struct gt_request_view *view)
{
	struct gt_event *ev = gt_event_new(GT_EVENT_REQUEST_HEAD, e->now.stream, GT_EVENT_ROOM_MAX);
	struct gt_str name, value;
	size_t at;
	int n;

	if (!ev)
		return false;
	/* without the query: some APIs take their key there */
	n = snprintf(ev->data, GT_EVENT_ROOM_MAX, "%.*s %.*s HTTP/1.1\r\nhost: %.*s\r\n", GT_STR_ARG(view->method),
		     GT_STR_ARG(gt_target_path(view->target)), GT_STR_ARG(view->host));
	if (n < 0 || (size_t)n >= GT_EVENT_ROOM_MAX - 2) {
		gt_event_free(ev);
		return false;
	}
	at = (size_t)n;
	for (const struct curl_slist *h = e->set.headers; h; h = h->next) {
		char field[64];

		if (!h->data || !split_field(h->data, &name, &value) || !is_told(name) || name.len >= sizeof(field) ||
		    gt_str_ieq(name, GT_STR("host")))
			continue;
		gt_str_copy(name, field, sizeof(field));
		/* value runs to the end of the string, but for spaces that append_field does not mind */
		at = append_field(ev->data, at, GT_EVENT_ROOM_MAX - 2, field, value.p);
	}
	memcpy(ev->data + at, "\r\n", 2);
	put_head(e, GT_EVENT_REQUEST_HEAD, ev, at + 2);
	return true;
}

static struct gt_event *make_begin(struct gt_easy *e, const struct gt_endpoint *ep, const struct gt_parentage *par,
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
	b = (struct gt_begin *)ev->data;
	*b = (struct gt_begin){
		.context = par->span,
		.parent = par->parent,
		.parent_is_remote = par->parent_is_remote,
		.injected = injected,
		.is_tls = is_tls,
		.source = GT_SOURCE_MESSAGE,
		.api = ep->api,
		.certain = ep->certain,
		.started = gt_wall_now(),
		.port = port ? port : is_tls ? 443 : 80,
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

/* Nodes in front of the application's list, one for each line. Returns how many. */
static int make_nodes(struct gt_easy *e, const struct gt_parentage *par, const struct gt_request_view *view)
{
	struct transfer *t = &e->now;
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

/* Gives back what the transfer held. */
static void drop_transfer(struct gt_easy *e)
{
	free(e->now.lines);
	if (e->now.end)
		gt_event_free(e->now.end);
	e->now = (struct transfer){ 0 };
}

static void install(struct gt_easy *e)
{
	struct options *o = &e->set;
	struct transfer *t = &e->now;

	if (t->n_nodes)
		set_real(e, GT_CURLOPT_HTTPHEADER, &t->nodes[0]);
	set_real(e, GT_CURLOPT_WRITEFUNCTION, (void *)on_write);
	set_real(e, GT_CURLOPT_WRITEDATA, e);
	if (!o->header && o->header_data)
		set_real(e, GT_CURLOPT_HEADERFUNCTION, move_header(e));
	if (o->body == BODY_CALLBACK) {
		set_real(e, GT_CURLOPT_READFUNCTION, (void *)on_read);
		set_real(e, GT_CURLOPT_READDATA, e);
		t->wraps_read = true;
	}
}

static void put_back(struct gt_easy *e)
{
	struct options *o = &e->set;

	if (e->now.n_nodes)
		set_real(e, GT_CURLOPT_HTTPHEADER, o->headers);
	set_real(e, GT_CURLOPT_WRITEFUNCTION, (void *)o->write);
	set_real(e, GT_CURLOPT_WRITEDATA, o->has_write_data ? o->write_data : stdout);
	if (e->now.moved_header)
		set_real(e, GT_CURLOPT_HEADERFUNCTION, NULL);
	if (e->now.wraps_read) {
		set_real(e, GT_CURLOPT_READFUNCTION, (void *)o->read);
		set_real(e, GT_CURLOPT_READDATA, o->has_read_data ? o->read_data : stdin);
	}
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

	if (!split_url(url, &is_tls, &authority))
		return false;
	gt_stat_add(GT_STAT_REQUESTS, 1);
	view_of(e, url, authority, &view);
	gt_host_split(authority, &host, &port);
	ep = gt_match(&view, host);
	if (ep.api == GT_API_NONE)
		return false;
	gt_context_new(&view, &par);
	e->now = (struct transfer){
		.multi = multi,
		.stream = gt_stream_next(),
		.header = e->set.header_in_body ? BEFORE_HEADER : NO_HEADER,
		.began = gt_mono_now(),
	};
	e->now.end = gt_event_new(GT_EVENT_END, e->now.stream, sizeof(struct gt_end));
	if (!view.has_traceparent)
		gt_stat_add(make_nodes(e, &par, &view) ? GT_STAT_INJECTED : GT_STAT_NOT_INJECTED, 1);
	begin = e->now.end ? make_begin(e, &ep, &par, authority, is_tls, e->now.n_nodes > 0) : NULL;
	if (!begin) {
		drop_transfer(e);
		return false;
	}
	gt_log(GT_LOG_CURL, GT_LOG_DEBUG, "stream %llu: %.*s %.*s host %.*s is ours (api %d)",
	       (unsigned long long)e->now.stream, GT_STR_ARG(view.method), GT_STR_ARG(gt_target_path(view.target)),
	       GT_STR_ARG(view.host), ep.api);
	gt_stat_add(GT_STAT_EXCHANGES, 1);
	begin->at = e->now.began;
	e->now.open = true;
	gt_handoff_put(begin);
	tell_request_head(e, &view);
	if (e->set.body == BODY_FIELDS && e->set.fields)
		tell_request(e, e->set.fields, fields_len(&e->set));
	install(e);
	return true;
}

bool gt_easy_begin(struct gt_easy *e, void *multi)
{
	bool begun = false;

	url_get_fn *url_get;
	curl_free_fn *release;
	char *text = NULL;

	if (e->now.open || e->set.connect_only)
		return false;
	if (e->now.inherited) {
		put_back(e);
		drop_transfer(e);
	}
	if (!is_awake())
		return false;
	if (!e->set.curlu)
		return e->set.url && begin_with_url(e, multi, gt_str_of(e->set.url));
	url_get = (url_get_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_url_get);
	release = (curl_free_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_free);
	if (url_get && release && url_get(e->set.curlu, CURLUPART_URL, &text, 0) == 0 && text) {
		begun = begin_with_url(e, multi, gt_str_of(text));
		release(text);
	}
	return begun;
}

/* When the transfer was over. The application may ask for the outcome long after, and libcurl knows better then; but its clock
 * starts some time after ours, and what was received was received. */
static struct gt_mono end_of(struct gt_easy *e)
{
	getinfo_fn *getinfo = (getinfo_fn *)gt_foreign(e->caller, GT_FOREIGN_curl_easy_getinfo);
	struct gt_mono now = gt_mono_now(), end = now;
	int64_t total_us = 0;

	if (getinfo && getinfo(e->key, INFO_TOTAL_TIME_T, &total_us) == CURLE_OK && total_us > 0 &&
	    e->now.began.ns + total_us * 1000 < now.ns)
		end.ns = e->now.began.ns + total_us * 1000;
	return end.ns < e->now.last.ns ? e->now.last : end;
}

static void finish(struct gt_easy *e, enum gt_end_why why, int code)
{
	struct gt_event *end = e->now.end;

	if (!e->now.open)
		return;
	if (!is_awake()) {
		put_back(e);
		drop_transfer(e);
		return;
	}
	tell_response_head(e);
	tell_gap(&e->now);
	*(struct gt_end *)end->data = (struct gt_end){
		.why = (uint8_t)why,
		.code = code,
		.os_errno = (int32_t)info_number(e, INFO_OS_ERRNO),
	};
	end->len = sizeof(struct gt_end);
	end->at = end_of(e);
	e->now.end = NULL;
	gt_handoff_put(end);
	gt_exporter_thread_want();
	put_back(e);
	drop_transfer(e);
}

void gt_easy_finish(struct gt_easy *e, int code)
{
	finish(e, GT_END_CURL, code);
}

void gt_easy_remove(struct gt_easy *e)
{
	finish(e, GT_END_REMOVED, 0);
}

void gt_easy_cancel(struct gt_easy *e)
{
	finish(e, GT_END_NEVER, 0);
}

void gt_easy_remove_all(void *multi)
{
	struct gt_easy *e;

	do {
		e = NULL;
		pthread_mutex_lock(&lock);
		for (int b = 0; b < BUCKETS && !e; b++)
			for (e = buckets[b]; e && !(e->now.open && e->now.multi == multi); e = e->next)
				;
		pthread_mutex_unlock(&lock);
		if (e)
			gt_easy_remove(e);
	} while (e);
}

void gt_easy_after_fork(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

	lock = fresh;
	for (int b = 0; b < BUCKETS; b++) {
		for (struct gt_easy *e = buckets[b]; e; e = e->next) {
			/* the wrappers stay in place and pass everything through; libcurl is not called between fork and exec */
			e->now.inherited |= e->now.open;
			e->now.open = false;
			e->now.end = NULL; /* lay in the pool, which the child has forgotten */
		}
	}
}
