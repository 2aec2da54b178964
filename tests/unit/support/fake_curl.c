#include "fake_curl.h"

#include <errno.h>

#include "fresh_shim.h"
#include "shim/foreign.h"
#include "shim/guard.h"
#include "test.h"

bool gt_fake_has_nextheader;
char *gt_fake_version;

void gt_fake_reset(struct gt_fake_easy *f)
{
	int calls = f->calls;

	*f = (struct gt_fake_easy){
		.write = (data_fn *)fwrite, .read = (data_fn *)fread, .out = stdout, .in = stdin, .calls = calls
	};
}

int gt_fake_setopt(void *easy, int option, ...)
{
	struct gt_fake_easy *f = easy;
	va_list args;
	void *p;

	f->calls++;
	va_start(args, option);
	if (option == GT_CURLOPT_HEADER) {
		f->header_in_body = va_arg(args, long);
		va_end(args);
		return 0;
	}
	p = va_arg(args, void *);
	va_end(args);
	switch (option) {
	case GT_CURLOPT_HTTPHEADER:
		f->headers = p;
		break;
	case GT_CURLOPT_WRITEFUNCTION:
		f->write = p ? (data_fn *)p : (data_fn *)fwrite;
		break;
	case GT_CURLOPT_WRITEDATA:
		f->out = p;
		break;
	case GT_CURLOPT_READFUNCTION:
		f->read = p ? (data_fn *)p : (data_fn *)fread;
		break;
	case GT_CURLOPT_READDATA:
		f->in = p;
		break;
	case GT_CURLOPT_SEEKFUNCTION:
		f->seek = (gt_curl_seek_fn *)p;
		break;
	case GT_CURLOPT_SEEKDATA:
		f->seek_data = p;
		break;
	case GT_CURLOPT_IOCTLFUNCTION:
		f->ioctl = (gt_curl_ioctl_fn *)p;
		break;
	case GT_CURLOPT_IOCTLDATA:
		f->ioctl_data = p;
		break;
	case GT_CURLOPT_HEADERFUNCTION:
		f->header = (data_fn *)p;
		break;
	case GT_CURLOPT_HEADERDATA:
		f->header_out = p;
		break;
	}
	return 0;
}

static int fake_getinfo(void *easy, int info, ...)
{
	struct gt_fake_easy *f = easy;
	va_list args;
	void *out;

	va_start(args, info);
	out = va_arg(args, void *);
	va_end(args);
	switch (info) {
	case 0x200000 + 2:
		*(long *)out = f->status;
		return 0;
	case 0x200000 + 25:
		*(long *)out = f->os_errno;
		return 0;
	case 0x600000 + 50:
		*(int64_t *)out = f->total_us;
		return 0;
	case 0x100000 + 18:
		*(char **)out = f->content_type;
		return 0;
	}
	return 48;
}

static struct header *fake_nextheader(void *easy, unsigned origin, int request, struct header *prev)
{
	struct gt_fake_easy *f = easy;
	int i = prev ? (int)(prev - f->response) + 1 : 0;

	assert_int_equal(origin, 1);
	assert_int_equal(request, -1);
	return i < f->n_response ? &f->response[i] : NULL;
}

static int fake_url_get(const void *url, int part, char **out, unsigned flags)
{
	assert_int_equal(part, 0);
	assert_int_equal(flags, 0);
	*out = ((struct gt_fake_easy *)url)->curlu_text ? strdup(((struct gt_fake_easy *)url)->curlu_text) : NULL;
	return *out ? 0 : 9;
}

static char *fake_version(void)
{
	return gt_fake_version;
}

/* Linked instead of foreign.c. */
void *gt_foreign(const void *return_address, enum gt_foreign which)
{
	(void)return_address;
	switch (which) {
	case GT_FOREIGN_curl_easy_setopt:
		return (void *)gt_fake_setopt;
	case GT_FOREIGN_curl_easy_getinfo:
		return (void *)fake_getinfo;
	case GT_FOREIGN_curl_easy_nextheader:
		return gt_fake_has_nextheader ? (void *)fake_nextheader : NULL;
	case GT_FOREIGN_curl_url_get:
		return (void *)fake_url_get;
	case GT_FOREIGN_curl_free:
		return (void *)free;
	case GT_FOREIGN_curl_version:
		return (void *)fake_version;
	default:
		return NULL;
	}
}

size_t gt_fake_deliver(struct gt_fake_easy *f, const char *z)
{
	return f->write((char *)z, 1, strlen(z), f->out);
}

void gt_fake_deliver_header(struct gt_fake_easy *f, const char *z)
{
	data_fn *fn = f->header ? f->header : f->header_out ? f->write : NULL;

	if (f->header_in_body)
		f->write((char *)z, 1, strlen(z), f->out);
	if (fn)
		fn((char *)z, 1, strlen(z), f->header_out);
}

/* ---------------------------------------------------------------- the application */

struct gt_app gt_app;

size_t gt_app_collect(char *p, size_t size, size_t n, void *user)
{
	struct gt_app_sink *s = user;

	s->calls++;
	s->depth = gt_self.depth;
	errno = EPROTO;
	if (s->answer)
		return s->answer;
	assert_true(s->len + size * n < sizeof(s->text));
	memcpy(s->text + s->len, p, size * n);
	s->len += size * n;
	s->text[s->len] = 0;
	return size * n;
}

void gt_app_set_pointer(struct gt_fake_easy *f, int option, const void *value)
{
	void *v = (void *)value;

	if (!gt_easy_find(f) || gt_easy_note_pointer(gt_easy_find(f), option, &v))
		gt_fake_setopt(f, option, v);
}

void gt_app_set_number(struct gt_fake_easy *f, int option, int64_t value)
{
	gt_easy_note_number(gt_easy_find(f), option, value);
	if (option == GT_CURLOPT_HEADER)
		gt_fake_setopt(f, option, (long)value);
}

void gt_app_fresh(uint64_t memory)
{
	gt_easy_forget(&gt_app.f);
	gt_easy_forget(&gt_app.g);
	gt_reported_free(&gt_app.reported);
	gt_fresh_shim(memory);
	gt_awake = true;
	gt_fake_has_nextheader = true;
	gt_fake_version = "libcurl/7.88.1 Fake/1.0";
	gt_app.f.calls = gt_app.g.calls = 0;
	gt_fake_reset(&gt_app.f);
	gt_fake_reset(&gt_app.g);
	gt_app.body = gt_app.header = (struct gt_app_sink){ 0 };
	gt_easy_created(&gt_app.f, NULL);
	gt_app.e = gt_easy_find(&gt_app.f);
	assert_non_null(gt_app.e);
}

int gt_app_set_up(void **state)
{
	(void)state;
	gt_app_fresh(4 << 20);
	return 0;
}

int gt_app_tear_down(void **state)
{
	(void)state;
	gt_easy_forget(&gt_app.f);
	gt_easy_forget(&gt_app.g);
	gt_reported_free(&gt_app.reported);
	return 0;
}

void gt_app_post(void)
{
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, BODY);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEFUNCTION, (void *)gt_app_collect);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEDATA, &gt_app.body);
}

struct gt_str gt_app_head(enum gt_event_type type)
{
	const struct gt_reported_event *k;

	gt_reported_take(&gt_app.reported);
	k = gt_reported_nth(&gt_app.reported, type, 0);
	assert_non_null(k);
	return k->data;
}
