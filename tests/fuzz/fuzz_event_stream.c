/*
 * A binary event stream with some damaged frames. The data is cut into pieces, and each becomes the headers and
 * payload of a frame. The target computes the CRCs, because a fuzzer does not find them by chance, and flips a bit in
 * some frames. The stream must give the same documents whole and in pieces.
 */
#include <zlib.h>

#include "exporter/exchange/event_stream.h"
#include "fuzz.h"

#define FRAME_MAX_HERE 512

struct seen {
	uint64_t hash;
	size_t documents;
};

static void on_document(void *ctx, struct gt_str event, struct gt_str data)
{
	struct seen *s = ctx;

	FUZZ_CHECK(event.len < GT_STREAM_EVENT_MAX && data.len < FRAME_MAX_HERE);
	for (size_t i = 0; i < event.len; i++)
		s->hash = (s->hash ^ (uint8_t)event.p[i]) * 1099511628211u;
	for (size_t i = 0; i < data.len; i++)
		s->hash = (s->hash ^ (uint8_t)data.p[i]) * 1099511628211u;
	s->documents++;
}

static void put_number(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (24 - 8 * i));
}

/* Writes a frame whose headers and payload are the input's bytes. One of four frames gets a flipped bit. Returns its
 * length, `len` + 16. */
static size_t frame_of(struct fuzz_input *in, const char *p, size_t len, char *out)
{
	size_t headers = fuzz_below(in, len + 1), total = len + 16;

	memcpy(out + 12, p, len);
	put_number(out, (uint32_t)total);
	put_number(out + 4, (uint32_t)headers);
	put_number(out + 8, (uint32_t)crc32(0, (const Bytef *)out, 8));
	put_number(out + total - 4, (uint32_t)crc32(0, (const Bytef *)out, (uInt)(total - 4)));
	if (fuzz_below(in, 4) == 3)
		out[fuzz_below(in, total)] ^= (char)(1 << fuzz_below(in, 8));
	return total;
}

static struct seen run(struct fuzz_input *in, const char *p, size_t len, bool in_pieces)
{
	struct seen seen = { 14695981039346656037u, 0 };
	struct gt_event_stream s;

	gt_event_stream_init(&s, FRAME_MAX_HERE);
	for (size_t i = 0, n; i < len; i += n) {
		char *copy;

		n = in_pieces ? 1 + fuzz_below(in, 40) : len;
		n = n < len - i ? n : len - i;
		copy = fuzz_copy(p + i, n);
		gt_event_stream_feed(&s, copy, n, on_document, &seen);
		free(copy);
	}
	seen.hash ^= (uint64_t)s.is_broken << 1 ^ s.lost;
	gt_event_stream_free(&s);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
	struct fuzz_input in = fuzz_input_of(data, data_len);
	char *bytes = malloc(in.len * 17 + 16);
	struct seen whole, pieces;
	uint64_t before;
	size_t len = 0;

	for (size_t i = 0, n; i < in.len; i += n) {
		n = 1 + fuzz_below(&in, 120);
		n = n < in.len - i ? n : in.len - i;
		len += frame_of(&in, in.data + i, n, bytes + len);
	}
	before = gt_steps;
	whole = run(&in, bytes, len, false);
	pieces = run(&in, bytes, len, true);
	FUZZ_WORK(before, len, 20);
	FUZZ_CHECK(whole.hash == pieces.hash && whole.documents == pieces.documents);
	free(bytes);
	fuzz_input_free(&in);
	return 0;
}
