/*
 * The wire must hold the application's bytes with the text inserted once. The counts returned to the application
 * must add up to its own bytes.
 */
#include "fuzz.h"
#include "shim/splice.h"

#define PIECES 8

static size_t decide(struct fuzz_input *in, size_t most)
{
	switch (fuzz_below(in, 4)) {
	case 0:
		return 0;
	case 1:
		return most;
	case 2:
		return most ? 1 : 0;
	default:
		return fuzz_below(in, most + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	size_t text_len = 1 + fuzz_below(&in, 40), reported = 0, on_wire = 0, at;
	char text[64], *wire = malloc(in.len + sizeof(text));
	struct gt_splice s;

	if (!in.len)
		goto out;
	memset(text, 0xee, sizeof(text));
	at = fuzz_below(&in, in.len);
	gt_splice_start(&s, text, (uint32_t)text_len, at);
	for (int calls = 0; reported < in.len && calls < 20000; calls++) {
		size_t n = 1 + fuzz_below(&in, in.len - reported), pieces_in = 1 + fuzz_below(&in, PIECES), from = reported,
		       left, took;
		struct iovec iov[PIECES], out[PIECES + 2];
		int pieces;

		for (size_t i = 0; i < pieces_in; i++) {
			size_t part = i == pieces_in - 1 ? reported + n - from : decide(&in, reported + n - from);

			iov[i] = (struct iovec){ in.data + from, part };
			from += part;
		}
		pieces = gt_splice_layout(&s, iov, (int)pieces_in, out, (int)pieces_in + 2);
		FUZZ_CHECK(pieces > 0 && pieces <= (int)pieces_in + 2);
		left = took = calls < 10000 ? decide(&in, gt_iov_len(out, pieces)) : gt_iov_len(out, pieces);
		for (int i = 0; left; i++) {
			size_t part = out[i].iov_len < left ? out[i].iov_len : left;

			FUZZ_CHECK(on_wire + part <= in.len + text_len);
			memcpy(wire + on_wire, out[i].iov_base, part);
			on_wire += part;
			left -= part;
		}
		left = gt_splice_account(&s, n, took);
		FUZZ_CHECK(left <= took && left <= n);
		reported += left;
	}
	FUZZ_CHECK(reported == in.len && on_wire == in.len + text_len && !gt_splice_is_active(&s));
	FUZZ_CHECK(!memcmp(wire, in.data, at));
	FUZZ_CHECK(!memcmp(wire + at, text, text_len));
	FUZZ_CHECK(!memcmp(wire + at + text_len, in.data + at, in.len - at));
out:
	free(wire);
	fuzz_input_free(&in);
	return 0;
}
