#include "shim/curl_easy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim/curl_added.h"
#include "shim/curl_reading.h"
#include "shim/curl_request.h"
#include "shim/curl_state.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"

#define BUCKETS 64

/* protects: the chains of buckets[], not the states in them.   rank: 1
 * at fork: the child makes a new lock; chains are always whole.   taken by: application threads in hooks.
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

static void forget_options(struct gt_easy_options *o)
{
	free(o->url);
	free(o->copied_fields);
	*o = (struct gt_easy_options){ .method = "GET", .fields_size = -1, .header_opt = -1 };
}

struct gt_easy *gt_easy_of(void *easy, const void *return_address)
{
	struct gt_easy *e = gt_easy_find(easy);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->key = easy;
	e->library = gt_curl_library_of(return_address);
	forget_options(&e->set);
	pthread_mutex_lock(&lock);
	e->next = *bucket_of(easy);
	*bucket_of(easy) = e;
	pthread_mutex_unlock(&lock);
	return e;
}

struct gt_easy *gt_easy_unlink(void *easy)
{
	struct gt_easy **at, *e;

	pthread_mutex_lock(&lock);
	for (at = bucket_of(easy); (e = *at) && e->key != easy; at = &e->next)
		;
	if (e)
		*at = e->next;
	pthread_mutex_unlock(&lock);
	return e;
}

void gt_easy_free(struct gt_easy *e)
{
	if (!e)
		return;
	gt_added_take(e);
	if (e->now.end) { /* the hooks did not see the transfer's end */
		*(struct gt_end *)e->now.end->data = (struct gt_end){ .why = GT_END_REMOVED };
		e->now.end->len = sizeof(struct gt_end);
		gt_handoff_put(e->now.end);
	}
	forget_options(&e->set);
	gt_curl_reading_forget(e);
	free(e->now.lines);
	free(e);
}

void gt_easy_forget(void *easy)
{
	gt_easy_free(gt_easy_unlink(easy));
}

void gt_easy_created(void *easy, const void *return_address)
{
	gt_easy_forget(easy);
	gt_easy_of(easy, return_address);
}

/* ---------------------------------------------------------------- options */

static void copy_url(struct gt_easy_options *o, const char *url)
{
	free(o->url);
	o->url = url && strlen(url) < URL_MAX ? strdup(url) : NULL;
}

static void copy_fields(struct gt_easy_options *o, const char *from)
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

static void implies(struct gt_easy_options *o, const char *method, enum body body)
{
	o->method = method;
	o->body = (uint8_t)body;
}

bool gt_easy_note_pointer(struct gt_easy *e, int option, void **value)
{
	struct gt_easy_options *o = &e->set;
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
		if (gt_easy_is_wrapped(e) && e->now.n_nodes) {
			e->now.nodes[e->now.n_nodes - 1].next = v;
			*value = &e->now.nodes[0];
		}
		return true;
	case GT_CURLOPT_PROXY:
		o->proxy = !v ? PROXY_OF_ENVIRONMENT : *(const char *)v ? A_PROXY : NO_PROXY;
		return true;
	case GT_CURLOPT_PROXYHEADER:
		o->has_proxy_trace = gt_curl_has_trace(v);
		return true;
	case GT_CURLOPT_AWS_SIGV4:
		o->signs_headers = v != NULL;
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
		o->write = (gt_curl_data_fn *)v;
		if (e->now.has_moved_header)
			gt_easy_set_real(e, GT_CURLOPT_HEADERFUNCTION, gt_easy_move_header(e));
		return !gt_easy_is_wrapped(e);
	case GT_CURLOPT_WRITEDATA:
		o->write_data = v;
		o->has_write_data = true;
		return !gt_easy_is_wrapped(e);
	case GT_CURLOPT_READFUNCTION:
		o->read = (gt_curl_data_fn *)v;
		return e->now.reads == READS_UNSEEN;
	case GT_CURLOPT_READDATA:
		o->read_data = v;
		o->has_read_data = true;
		return e->now.reads == READS_UNSEEN;
	case GT_CURLOPT_SEEKFUNCTION:
		o->seek = (gt_curl_seek_fn *)v;
		return gt_curl_reading_note(e, option, value);
	case GT_CURLOPT_SEEKDATA:
		o->seek_data = v;
		return !e->now.wraps_seek;
	case GT_CURLOPT_IOCTLFUNCTION:
		o->ioctl = (gt_curl_ioctl_fn *)v;
		return gt_curl_reading_note(e, option, value);
	case GT_CURLOPT_IOCTLDATA:
		o->ioctl_data = v;
		return !e->now.wraps_ioctl;
	case GT_CURLOPT_HEADERFUNCTION:
		o->header = v;
		if (gt_easy_is_wrapped(e))
			*value = gt_easy_move_header(e);
		return true;
	case GT_CURLOPT_HEADERDATA:
		o->header_data = v;
		if (gt_easy_is_wrapped(e))
			gt_easy_set_real(e, GT_CURLOPT_HEADERFUNCTION, gt_easy_move_header(e));
		return true;
	}
	return true;
}

void gt_easy_note_number(struct gt_easy *e, int option, int64_t value)
{
	struct gt_easy_options *o = &e->set;

	switch (option) {
	case GT_CURLOPT_HEADER:
		o->has_header_in_body = value;
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
			break; /* libcurl rejects it */
		/* libcurl drops copied fields when the application sets a larger size, and then calls the read
		 * function */
		if (o->copied_fields && o->fields == o->copied_fields && value > o->fields_size) {
			copy_fields(o, NULL);
			if (o->body == BODY_FIELDS)
				o->body = BODY_CALLBACK;
		}
		o->fields_size = value;
		break;
	case GT_CURLOPT_CONNECT_ONLY:
		o->is_connect_only = value;
		break;
	case GT_CURLOPT_HTTP_CONTENT_DECODING:
		o->keeps_coding = !value;
		break;
	case GT_CURLOPT_HEADEROPT:
		o->header_opt = (long)(value & 1);
		break;
	}
}

void gt_easy_note_reset(struct gt_easy *e)
{
	forget_options(&e->set);
	gt_transfer_drop(e); /* gentap's values are no longer in the handle */
}

void gt_easy_note_duplicate(struct gt_easy *e, void *copy, const void *return_address)
{
	struct gt_easy *d;

	gt_easy_created(copy, return_address);
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
	d->library = e->library;
	if (!gt_easy_is_wrapped(e))
		return;
	gt_easy_set_real(d, GT_CURLOPT_HTTPHEADER, d->set.headers);
	gt_easy_set_real(d, GT_CURLOPT_WRITEFUNCTION, (void *)d->set.write);
	gt_easy_set_real(d, GT_CURLOPT_WRITEDATA, d->set.has_write_data ? d->set.write_data : stdout);
	gt_curl_reading_put_back(e, d);
	if (e->now.has_moved_header)
		gt_easy_set_real(d, GT_CURLOPT_HEADERFUNCTION, d->set.header);
}

struct gt_easy *gt_easy_find_open(void *multi)
{
	struct gt_easy *e = NULL;

	pthread_mutex_lock(&lock);
	for (int b = 0; b < BUCKETS && !e; b++)
		for (e = buckets[b]; e && !(e->now.is_open && e->now.multi == multi); e = e->next)
			;
	pthread_mutex_unlock(&lock);
	return e;
}

void gt_easy_after_fork(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

	lock = fresh;
	gt_added_after_fork();
	for (int b = 0; b < BUCKETS; b++) {
		for (struct gt_easy *e = buckets[b]; e; e = e->next) {
			/* the wrappers stay and pass everything through: a fork handler must not call libcurl */
			e->now.is_inherited |= e->now.is_open;
			e->now.is_open = false;
			e->now.end = NULL; /* it was in the pool, which the child has discarded */
		}
	}
}
