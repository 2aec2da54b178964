/*
 * The same bytes must decode to the same output in any pieces, and never to more than `max` bytes. Input that is bad
 * in one piece must be bad in any pieces. The output before the error may then differ in length only.
 */
#include "exporter/exchange/inflate.h"
#include "fuzz.h"

static const char *const codings[] = { "gzip", "deflate", "br", "zstd", "", " X-GZip" };

struct run {
	struct fuzz_text text;
	size_t max;
	int ret;
};

static void on_out(void *ctx, const char *p, size_t len)
{
	struct run *r = ctx;

	FUZZ_CHECK(len > 0 && r->text.len + len <= r->max);
	fuzz_say(&r->text, p, len);
}

static struct run run(const char *coding, size_t max, const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct run r = { .max = max };
	struct gt_inflate *z;

	FUZZ_CHECK(gt_inflate_open(gt_str_of(coding), &z) == 0);
	for (size_t at = 0, n; at < in->len; at += n) {
		char *piece = fuzz_copy(in->data + at, n = fuzz_piece(cut, in->len - at));
		size_t before = r.text.len;
		int last = r.ret;

		r.ret = gt_inflate_feed(z, piece, n, max, on_out, &r);
		FUZZ_CHECK(!last || (r.ret == last && r.text.len == before)); /* an error is final */
		free(piece);
	}
	gt_inflate_close(z);
	return r;
}

static void compare(const struct run *a, const struct run *b)
{
	size_t least = a->text.len < b->text.len ? a->text.len : b->text.len;

	FUZZ_CHECK(!a->ret == !b->ret);
	if (!a->ret)
		fuzz_same(&a->text, &b->text);
	else if (least)
		FUZZ_CHECK(!memcmp(a->text.p, b->text.p, least));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	const char *coding = codings[fuzz_below(&in, sizeof(codings) / sizeof(codings[0]))];
	size_t max = (size_t)1 << fuzz_below(&in, 20);
	struct run whole = run(coding, max, &in, NULL);

	for (int round = 0; round < 2; round++) {
		struct run cut = run(coding, max, &in, &in);

		compare(&whole, &cut);
		fuzz_text_free(&cut.text);
	}
	fuzz_text_free(&whole.text);
	fuzz_input_free(&in);
	return 0;
}
