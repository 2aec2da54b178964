/*
 * The scanner of answers must find the same status in any pieces. Where the framing of HTTP/1 finds a final answer, it
 * must find that.
 */
#include "fuzz.h"
#include "shim/shared/http1.h"
#include "shim/status_scan.h"

static const char *const words[] = {
	"HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 101 x\r\n",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.0 ",
	"HTTP/1.1 103 x\n",
	"A: b\r\n",
	"\r\n",
	"\n",
	" folded\r\n",
	"404",
	"HTTP/2 200\r\n",
	"\x81\x05",
};

#define MAX 4000

static int scan(const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct gt_status_scan s = { 0 };
	size_t at = 0;
	int status = 0;

	while (at < in->len) {
		size_t n = fuzz_piece(cut, in->len - at);
		char *piece = fuzz_copy(in->data + at, n);

		status = gt_status_scan_feed(&s, piece, n);
		free(piece);
		at += n;
	}
	return status;
}

/* The status of the first final head that the framing finds; 0 when it finds none. */
static int by_framing(const struct fuzz_input *in)
{
	const char *p = in->data;
	size_t left = in->len;
	struct gt_http1_event ev;
	struct gt_http1 h;

	gt_http1_init(&h, GT_HTTP1_RESPONSE, MAX);
	do {
		ssize_t used = gt_http1_feed(&h, p, left, &ev);

		if (used < 0)
			return 0;
		if (ev.kind == GT_HTTP1_HEAD && (ev.head.status >= 200 || ev.head.status == 101))
			return ev.head.status;
		p += used;
		left -= (size_t)used;
	} while (ev.kind != GT_HTTP1_MORE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	int whole, framed;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), MAX);
	whole = scan(&in, NULL);
	FUZZ_CHECK(scan(&in, &in) == whole);
	framed = by_framing(&in);
	FUZZ_CHECK(!framed || framed == whole);
	fuzz_input_free(&in);
	return 0;
}
