#include "reported.h"

#include <stdlib.h>

#include "shim/handoff.h"
#include "test.h"

static const char *const words[] = {
	[GT_EVENT_BEGIN] = "BEGIN",
	[GT_EVENT_REQUEST_HEAD] = "REQUEST_HEAD",
	[GT_EVENT_REQUEST] = "REQUEST",
	[GT_EVENT_REQUEST_CUT] = "CUT",
	[GT_EVENT_RESPONSE_HEAD] = "RESPONSE_HEAD",
	[GT_EVENT_RESPONSE] = "RESPONSE",
	[GT_EVENT_GAP] = "GAP",
	[GT_EVENT_FENCE] = "FENCE",
	[GT_EVENT_PLACEHOLDER] = "PLACEHOLDER",
	[GT_EVENT_END] = "END",
	[GT_EVENT_PARENT] = "PARENT",
};

void gt_reported_take(struct gt_reported *t)
{
	struct gt_event *e = gt_handoff_take(), *next;

	for (; e; e = next) {
		struct gt_reported_event *k;
		char *copy = malloc(e->len + 1);

		next = e->next;
		t->list = realloc(t->list, (size_t)(t->n + 1) * sizeof(*t->list));
		memcpy(copy, e->data, e->len);
		k = &t->list[t->n++];
		*k = (struct gt_reported_event){ e->type, e->stream, e->at, { copy, e->len } };
		gt_event_free(e);
	}
}

const char *gt_reported_text(struct gt_reported *t, uint64_t stream)
{
	const char *last = "";
	char *out;

	gt_reported_take(t);
	free(t->text);
	out = t->text = calloc((size_t)t->n + 1, 16);
	for (int i = 0; i < t->n; i++) {
		const char *word = words[t->list[i].type];

		if (stream && t->list[i].stream != stream)
			continue;
		if (!strcmp(word, last) && (!strcmp(word, "REQUEST") || !strcmp(word, "RESPONSE")))
			continue;
		out += sprintf(out, "%s%s", out == t->text ? "" : " ", word);
		last = word;
	}
	return t->text;
}

struct gt_str gt_reported_bytes(struct gt_reported *t, enum gt_event_type type, uint64_t stream)
{
	size_t len = 0;

	gt_reported_take(t);
	free(t->bytes);
	for (int pass = 0; pass < 2; pass++) {
		size_t at = 0;

		for (int i = 0; i < t->n; i++) {
			const struct gt_reported_event *k = &t->list[i];

			if (k->type != type || (stream && k->stream != stream))
				continue;
			if (pass)
				memcpy(t->bytes + at, k->data.p, k->data.len);
			at += k->data.len;
		}
		if (!pass)
			t->bytes = malloc(at + 1);
		len = at;
	}
	return gt_str_make(t->bytes, len);
}

const struct gt_reported_event *gt_reported_nth(const struct gt_reported *t, enum gt_event_type type, int n)
{
	for (int i = 0; i < t->n; i++)
		if (t->list[i].type == type && n-- == 0)
			return &t->list[i];
	return NULL;
}

struct gt_begin gt_reported_begin(const struct gt_reported *t, int n)
{
	const struct gt_reported_event *e = gt_reported_nth(t, GT_EVENT_BEGIN, n);
	struct gt_begin b;

	assert_non_null(e);
	assert_true(e->data.len >= sizeof(b));
	memcpy(&b, e->data.p, sizeof(b));
	assert_int_equal(e->data.len, sizeof(b) + b.host_len + b.provider_len + b.tracestate_len);
	return b;
}

struct gt_end gt_reported_end(const struct gt_reported *t, int n)
{
	const struct gt_reported_event *e = gt_reported_nth(t, GT_EVENT_END, n);
	struct gt_end b;

	assert_non_null(e);
	assert_int_equal(e->data.len, sizeof(b));
	memcpy(&b, e->data.p, sizeof(b));
	return b;
}

static struct gt_str text_of(const struct gt_reported *t, int n, int which)
{
	struct gt_begin b = gt_reported_begin(t, n);
	const char *p = gt_reported_nth(t, GT_EVENT_BEGIN, n)->data.p + sizeof(b);

	switch (which) {
	case 0:
		return gt_str_make(p, b.host_len);
	case 1:
		return gt_str_make(p + b.host_len, b.provider_len);
	default:
		return gt_str_make(p + b.host_len + b.provider_len, b.tracestate_len);
	}
}

struct gt_str gt_reported_host(const struct gt_reported *t, int n)
{
	return text_of(t, n, 0);
}

struct gt_str gt_reported_provider(const struct gt_reported *t, int n)
{
	return text_of(t, n, 1);
}

struct gt_str gt_reported_tracestate(const struct gt_reported *t, int n)
{
	return text_of(t, n, 2);
}

void gt_reported_free(struct gt_reported *t)
{
	for (int i = 0; i < t->n; i++)
		free((char *)t->list[i].data.p);
	free(t->list);
	free(t->text);
	free(t->bytes);
	*t = (struct gt_reported){ 0 };
}
