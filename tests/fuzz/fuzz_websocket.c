/*
 * The same frames in any pieces must give the same messages, none longer than the cap. A gap anywhere must break nothing.
 */
#include "exporter/exchange/websocket.h"
#include "fuzz.h"

#define MAX 2000

static void on_message(void *ctx, enum gt_websocket_kind kind, struct gt_str data)
{
	FUZZ_CHECK(data.p && data.len <= MAX && (kind != GT_WEBSOCKET_CLOSE || data.len <= GT_WEBSOCKET_CONTROL_MAX));
	fuzz_say_int(ctx, kind);
	fuzz_say(ctx, data.p, data.len);
}

/* `gap`: the bytes that are missing, from `at` on. */
static struct fuzz_text run(const struct fuzz_input *in, struct fuzz_input *cut, size_t deflate, size_t gap_at, size_t gap)
{
	struct fuzz_text text = { 0 };
	struct gt_websocket w;
	uint64_t before = gt_steps;

	gt_websocket_init(&w, MAX);
	if (deflate)
		FUZZ_CHECK(gt_websocket_deflate(&w, deflate == 2));
	for (size_t at = 0, n; at < in->len; at += n) {
		char *piece;

		if (at == gap_at && gap) {
			n = gap < in->len - at ? gap : in->len - at;
			gt_websocket_skip(&w, n, on_message, &text);
			continue;
		}
		n = fuzz_piece(cut, in->len - at);
		if (at < gap_at && n > gap_at - at)
			n = gap_at - at;
		piece = fuzz_copy(in->data + at, n);
		gt_websocket_feed(&w, piece, n, on_message, &text);
		free(piece);
		FUZZ_CHECK(w.message.len <= MAX);
	}
	fuzz_say_int(&text, w.is_broken);
	FUZZ_WORK(before, in->len, 4);
	gt_websocket_free(&w);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	size_t deflate = fuzz_below(&in, 3), gap_at = fuzz_below(&in, in.len + 1), gap = fuzz_below(&in, 20);
	struct gt_websocket_terms terms = { 0 };
	struct fuzz_text whole;

	gt_websocket_agree(&terms, gt_str_make(in.data, in.len));
	for (int with_gap = 0; with_gap < 2; with_gap++) {
		whole = run(&in, NULL, deflate, gap_at, with_gap ? gap : 0);
		for (int round = 0; round < 2; round++) {
			struct fuzz_text cut = run(&in, &in, deflate, gap_at, with_gap ? gap : 0);

			fuzz_same(&whole, &cut);
			fuzz_text_free(&cut);
		}
		fuzz_text_free(&whole);
	}
	fuzz_input_free(&in);
	return 0;
}
