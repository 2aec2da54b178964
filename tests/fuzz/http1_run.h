/*
 * Runs the HTTP/1 parser over an input and records its events as text. The same bytes must give the same record in
 * one piece and in any other pieces.
 */
#ifndef GT_FUZZ_HTTP1_RUN_H
#define GT_FUZZ_HTTP1_RUN_H

#include "fuzz.h"
#include "shim/shared/http1.h"

#define HEAD_MAX 2000 /* small enough that inputs exceed it */

struct http1_run {
	char *text; /* owned */
	size_t len, cap;
	bool in_body;
	size_t consumed;
	bool refused;
};

static inline void run_say(struct http1_run *r, const char *p, size_t len)
{
	if (r->len + len + 1 > r->cap) {
		r->cap = 2 * (r->len + len) + 64;
		r->text = realloc(r->text, r->cap);
	}
	if (len)
		memcpy(r->text + r->len, p, len);
	r->len += len;
}

static inline void run_event(struct http1_run *r, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	char line[200];
	int n;

	if (ev->kind == GT_HTTP1_HEAD) {
		const struct gt_http1_head *h = &ev->head;
		struct gt_str rest = h->fields, name, value;

		FUZZ_CHECK(h->len <= raw_len && h->len <= HEAD_MAX);
		FUZZ_CHECK(h->insert_at < h->len && h->insert_at > 0);
		FUZZ_CHECK(h->fields.p >= raw && h->fields.p + h->fields.len <= raw + raw_len);
		FUZZ_CHECK(raw[raw_len - (h->len - h->insert_at) - 1] == '\n');
		FUZZ_CHECK(raw[raw_len - 1] == '\n');
		FUZZ_CHECK(!h->has_crlf || (h->len - h->insert_at == 2 && raw[raw_len - 2] == '\r'));
		FUZZ_CHECK(h->content_length >= GT_HTTP1_NO_LENGTH);
		n = snprintf(line, sizeof(line), "\n[%zu %zu %d %d %d %lld %d]", h->len, h->insert_at, h->status, h->minor,
			     h->has_crlf, (long long)h->content_length, h->is_chunked);
		run_say(r, line, (size_t)n);
		run_say(r, h->method.p, h->method.len);
		run_say(r, h->target.p, h->target.len);
		while (gt_http1_next_field(&rest, &name, &value)) {
			FUZZ_CHECK(name.p >= raw && name.p + name.len <= raw + raw_len);
			FUZZ_CHECK(value.p >= raw && value.p + value.len <= raw + raw_len);
			run_say(r, "|", 1);
			run_say(r, name.p, name.len);
			run_say(r, "=", 1);
			run_say(r, value.p, value.len);
		}
	} else if (ev->kind == GT_HTTP1_DATA) {
		FUZZ_CHECK(ev->data.len > 0);
		FUZZ_CHECK(ev->data.p >= raw && ev->data.p + ev->data.len <= raw + raw_len);
		if (!r->in_body)
			run_say(r, "\n\"", 2);
		r->in_body = true;
		run_say(r, ev->data.p, ev->data.len);
	} else if (ev->kind == GT_HTTP1_END) {
		r->in_body = false;
		run_say(r, "\n.", 2);
	}
}

/* `cut` decides the length of each piece; NULL: one piece. */
static inline struct http1_run http1_run(enum gt_http1_side side, bool no_body, const char *p, size_t len,
					 struct fuzz_input *cut)
{
	struct http1_run r = { 0 };
	struct gt_http1_event ev;
	struct gt_http1 h;
	size_t offered = 0; /* end of the bytes that the parser has been offered */

	gt_http1_init(&h, side, HEAD_MAX);
	h.has_no_body = no_body;
	do {
		size_t more = !cut ? len - offered : fuzz_below(cut, 4) ? 1 + fuzz_below(cut, 7) : 1 + fuzz_below(cut, len + 1);
		char *piece, *q;
		size_t left;

		offered += more < len - offered ? more : len - offered;
		left = offered - r.consumed;
		q = piece = fuzz_copy(p + r.consumed, left); /* an incomplete head is offered again from its start */
		for (int steps = 0;; steps++) {
			ssize_t used = gt_http1_feed(&h, q, left, &ev);

			if (used < 0) {
				r.refused = true;
				break;
			}
			FUZZ_CHECK((size_t)used <= left);
			/* at most one event without bytes between two with bytes */
			FUZZ_CHECK((size_t)steps <= 2 * len + 4);
			run_event(&r, &ev, q, (size_t)used);
			q += used;
			left -= (size_t)used;
			r.consumed += (size_t)used;
			if (ev.kind == GT_HTTP1_MORE)
				break;
		}
		free(piece);
		if (!r.refused && left)
			FUZZ_CHECK(gt_http1_wants_head(&h) && left < HEAD_MAX);
	} while (!r.refused && offered < len);
	if (r.refused) {
		FUZZ_CHECK(gt_http1_feed(&h, "G", 1, &ev) == -1);
		run_say(&r, "\n!", 2);
	} else {
		run_say(&r, gt_http1_wants_head(&h) ? "\n~" : "\n+", 2);
		run_say(&r, gt_http1_close(&h) ? "=" : "-", 1);
	}
	return r;
}

static inline int http1_compare(enum gt_http1_side side, const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	bool no_body = fuzz_below(&in, 4) == 3;
	struct http1_run whole = http1_run(side, no_body, in.data, in.len, NULL);

	for (int round = 0; round < 3; round++) {
		struct http1_run cut = http1_run(side, no_body, in.data, in.len, &in);

		FUZZ_CHECK(cut.len == whole.len && (!whole.len || !memcmp(cut.text, whole.text, whole.len)));
		FUZZ_CHECK(cut.refused == whole.refused);
		FUZZ_CHECK(cut.refused || cut.consumed == whole.consumed);
		free(cut.text);
	}
	free(whole.text);
	fuzz_input_free(&in);
	return 0;
}

#endif
