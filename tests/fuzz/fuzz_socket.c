/*
 * A WebSocket of any of the three APIs, with messages of any kind and bytes outside any frame. Messages in any pieces must give
 * the same spans, and a gap or a cut anywhere must break nothing.
 */
#include "../unit/support/feed.h"
#include "../unit/support/span_text.h"
#include "fuzz.h"

#define ANSWER "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

static const char *const words[] = {
	"\n{\"type\":\"response.create\",\"model\":\"m\",\"response\":{\"max_output_tokens\":5}}",
	"\n{\"type\":\"session.update\",\"session\":{\"model\":\"n\",\"output_modalities\":[\"text\"]}}",
	"\n{\"type\":\"session.created\",\"session\":{\"model\":\"s\",\"audio\":{\"a\":1}}}",
	"\n{\"type\":\"session.updated\",\"session\":{\"audio\":null}}",
	"\n{\"type\":\"response.created\",\"response\":{\"id\":\"r1\"}}",
	"\n{\"type\":\"response.created\",\"response\":{\"id\":\"r2\"}}",
	"\n{\"type\":\"response.output_text.delta\",\"response_id\":\"r1\",\"delta\":\"x\"}",
	"\n{\"type\":\"response.done\",\"response\":{\"id\":\"r1\",\"status\":\"completed\",\"usage\":{\"input_tokens\":1}}}",
	"\n{\"type\":\"response.completed\",\"response\":{\"id\":\"r2\",\"status\":\"completed\",\"usage\":{\"output_tokens\":2}}}",
	"\n{\"type\":\"error\",\"error\":{\"code\":\"c\",\"message\":\"m\"}}",
	"\n{\"setup\":{\"model\":\"models/g\"}}",
	"\n{\"setupComplete\":{}}",
	"\n{\"clientContent\":{\"turnComplete\":true}}",
	"\n{\"toolResponse\":{}}",
	"\n{\"realtimeInput\":{\"text\":\"t\"}}",
	"\n{\"serverContent\":{\"modelTurn\":{\"parts\":[]}}}",
	"\n{\"serverContent\":{\"turnComplete\":true}}",
	"\n{\"serverContent\":{\"interrupted\":true}}",
	"\n{\"toolCall\":{}}",
	"\n{\"usageMetadata\":{\"promptTokenCount\":3,\"responseTokenCount\":4}}",
	"\n{\"stream_id\":\"a\",\"type\":\"response.create\"}",
};

/* A line of the input, as a text message; the first byte may make it something else. */
static size_t frame(char *to, const char *line, size_t len, bool is_sent)
{
	int opcode = len && line[0] == 'X' ? 8 : 1;
	size_t n = 0;

	if (len > 65535)
		len = 65535;
	if (opcode == 8 && len > 100)
		len = 100;
	to[n++] = (char)(0x80 | opcode);
	to[n++] = (char)((len < 126 ? len : 126) | (is_sent ? 0x80 : 0));
	if (len >= 126) {
		to[n++] = (char)(len >> 8);
		to[n++] = (char)len;
	}
	if (is_sent) {
		memset(to + n, 0, 4);
		n += 4;
	}
	memcpy(to + n, line, len);
	return n + len;
}

static void feed_pieces(struct gt_feed *f, bool is_sent, const char *p, size_t len, struct fuzz_input *cut)
{
	struct gt_mono at = f->now;

	for (size_t i = 0, n; i < len; i += n) {
		n = fuzz_piece(cut, len - i);
		if (n > 16000)
			n = 16000;
		f->now = at; /* pieces of one call have one time */
		gt_feed_put(f, 1, is_sent ? GT_EVENT_REQUEST : GT_EVENT_RESPONSE, p + i, n);
	}
}

static struct fuzz_text run(const struct fuzz_input *in, struct fuzz_input *cut, enum gt_api api, size_t directions, size_t end,
			    bool with_gaps)
{
	struct gt_begin b = gt_feed_plain_begin(api);
	struct fuzz_text text = { 0 };
	char *room = malloc(in->len + 20);
	struct gt_gap gap = { 3 };
	struct gt_feed f;
	struct gt_span *s;

	FUZZ_CHECK(gt_feed_init(&f, 5000));
	gt_feed_begin(&f, 1, &b, "h", "openai");
	gt_feed_text(&f, 1, GT_EVENT_REQUEST, "GET /v1/realtime?model=q HTTP/1.1\r\nHost: h\r\n\r\n");
	gt_feed_text(&f, 1, GT_EVENT_RESPONSE, ANSWER);
	for (size_t at = 0, i = 0; at < in->len; i++) {
		const char *line = in->data + at, *stop = memchr(line, '\n', in->len - at);
		size_t len = stop ? (size_t)(stop - line) : in->len - at;
		bool is_sent = directions >> (i % 8) & 1;

		if (len && line[0] == '#') /* no frame */
			feed_pieces(&f, is_sent, line + 1, len - 1, cut);
		else if (len)
			feed_pieces(&f, is_sent, room, frame(room, line, len, is_sent), cut);
		if (with_gaps && i % 5 == 3)
			gt_feed_put(&f, 1, GT_EVENT_GAP, &gap, sizeof(gap));
		if (with_gaps && i == 7)
			gt_feed_put(&f, 1, GT_EVENT_REQUEST_CUT, "", 0);
		at += len + 1;
	}
	if (end < 5)
		gt_feed_end(&f, 1, (enum gt_end_why)end, 104);
	else
		gt_assemble_end_killed(f.assemble);
	FUZZ_CHECK(gt_assemble_open(f.assemble) == 0);
	while ((s = gt_feed_take(&f))) {
		char *of_span = gt_span_text_of(s);

		FUZZ_CHECK(s->end_unix_ns >= s->start_unix_ns);
		fuzz_say(&text, of_span, strlen(of_span));
		free(of_span);
		gt_span_free(s);
	}
	gt_feed_free(&f);
	free(room);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const enum gt_api apis[] = { GT_API_OPENAI_RESPONSES_SOCKET, GT_API_OPENAI_REALTIME, GT_API_GEMINI_LIVE };
	struct fuzz_input in = fuzz_input_of(p, len);
	enum gt_api api = apis[fuzz_below(&in, 3)];
	size_t directions = fuzz_below(&in, 256), end = fuzz_below(&in, 6);
	struct fuzz_text whole, cut;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), 20000);
	whole = run(&in, NULL, api, directions, end, false);
	cut = run(&in, &in, api, directions, end, false);
	fuzz_same(&whole, &cut);
	fuzz_text_free(&whole);
	fuzz_text_free(&cut);
	whole = run(&in, NULL, api, directions, end, true);
	fuzz_text_free(&whole);
	fuzz_input_free(&in);
	return 0;
}
