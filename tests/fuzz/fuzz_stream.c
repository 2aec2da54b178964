/*
 * The same bytes in any pieces must give the same documents, none longer than the cap, and lose the same number. An
 * array that is cut short must give the first documents of the whole array.
 */
#include "exporter/exchange/stream.h"
#include "fuzz.h"

enum kind { SSE, NDJSON, ARRAY, KINDS };

struct run {
	struct fuzz_text text;
	size_t max;
	const char *from, *to; /* bounds of the array's text, which must contain each document; else NULL */
};

static void on_document(void *ctx, struct gt_str event, struct gt_str data)
{
	struct run *r = ctx;

	FUZZ_CHECK(event.p && event.len <= GT_STREAM_EVENT_MAX);
	FUZZ_CHECK(data.p && data.len <= r->max);
	FUZZ_CHECK(!r->from ||
		   (data.p >= r->from && data.p + data.len <= r->to && data.p[0] == '{' && data.p[data.len - 1] == '}'));
	fuzz_say(&r->text, "\n<", 2);
	fuzz_say(&r->text, event.p, event.len);
	fuzz_say(&r->text, ":", 1);
	fuzz_say(&r->text, data.p, data.len);
	fuzz_say(&r->text, ">", 1);
}

static void run_sse(struct run *r, const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct gt_sse s;

	gt_sse_init(&s, r->max);
	for (size_t at = 0, n; at < in->len; at += n) {
		char *piece = fuzz_copy(in->data + at, n = fuzz_piece(cut, in->len - at));

		gt_sse_feed(&s, piece, n, on_document, r);
		free(piece);
		FUZZ_CHECK(s.line.len <= r->max && s.data.len <= r->max);
	}
	gt_sse_end(&s, on_document, r);
	fuzz_say_int(&r->text, (long long)s.lost);
	gt_sse_free(&s);
}

static void run_ndjson(struct run *r, const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct gt_ndjson s;

	gt_ndjson_init(&s, r->max);
	for (size_t at = 0, n; at < in->len; at += n) {
		char *piece = fuzz_copy(in->data + at, n = fuzz_piece(cut, in->len - at));

		gt_ndjson_feed(&s, piece, n, on_document, r);
		free(piece);
		FUZZ_CHECK(s.line.len <= r->max);
	}
	gt_ndjson_end(&s, on_document, r);
	fuzz_say_int(&r->text, (long long)s.lost);
	gt_ndjson_free(&s);
}

static void run_array(struct run *r, const char *p, size_t len)
{
	char *copy = fuzz_copy(p, len);

	r->max = len;
	r->from = copy;
	r->to = copy + len;
	gt_array_split(gt_str_make(copy, len), on_document, r);
	free(copy);
}

static struct run run(enum kind kind, size_t max, const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct run r = { .max = max };
	uint64_t before = gt_steps;

	if (kind == SSE)
		run_sse(&r, in, cut);
	else if (kind == NDJSON)
		run_ndjson(&r, in, cut);
	else
		run_array(&r, in->data, cut ? fuzz_below(cut, in->len + 1) : in->len);
	FUZZ_WORK(before, in->len, 20);
	return r;
}

static void compare(enum kind kind, const struct run *whole, const struct run *cut)
{
	struct fuzz_text want = whole->text;

	if (kind == ARRAY) {
		FUZZ_CHECK(cut->text.len <= want.len);
		want.len = cut->text.len;
	}
	fuzz_same(&want, &cut->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	enum kind kind = (enum kind)fuzz_below(&in, KINDS);
	size_t max = 1 + fuzz_below(&in, 100);
	struct run whole = run(kind, max, &in, NULL);

	for (int round = 0; round < 3; round++) {
		struct run cut = run(kind, max, &in, &in);

		compare(kind, &whole, &cut);
		fuzz_text_free(&cut.text);
	}
	fuzz_text_free(&whole.text);
	fuzz_input_free(&in);
	return 0;
}
