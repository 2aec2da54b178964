#include "exporter/exchange/websocket.h"

#include <stdlib.h>
#include <zlib.h>

#include "exporter/base/steps.h"

enum opcode { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG }; /* RFC 6455, 5.2 */

#define FINAL	(1U << 7)
#define CODED	(1U << 6) /* RSV1: RFC 7692, 6 */
#define UNKNOWN (3U << 4) /* RSV2 and RSV3 */
#define MASKED	(1U << 7)
#define CONTROL (1U << 3)

#define PIECE	 4096 /* bytes unmasked at a time */
#define OUT_ROOM (16 * 1024)

/* ---------------------------------------------------------------- the handshake */

static bool is_known_parameter(struct gt_str name)
{
	return gt_str_ieq(name, GT_STR("server_max_window_bits")) || gt_str_ieq(name, GT_STR("client_max_window_bits"));
}

bool gt_websocket_agree(struct gt_websocket_terms *terms, struct gt_str value)
{
	struct gt_str extension, parameter, name;

	while (gt_str_next(&value, ',', &extension)) {
		if (!gt_str_trim(extension).len)
			continue;
		gt_str_next(&extension, ';', &name);
		if (!gt_str_ieq(gt_str_trim(name), GT_STR("permessage-deflate")) || terms->has_deflate)
			return false;
		terms->has_deflate = true;
		while (gt_str_next(&extension, ';', &parameter)) {
			name = gt_str_trim(gt_str_make(parameter.p, gt_str_find(parameter, '=')));
			if (gt_str_ieq(name, GT_STR("server_no_context_takeover")))
				terms->resets_server = true;
			else if (gt_str_ieq(name, GT_STR("client_no_context_takeover")))
				terms->resets_client = true;
			else if (!is_known_parameter(name)) /* windows of any size are decoded alike */
				return false;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- life */

void gt_websocket_init(struct gt_websocket *w, size_t max)
{
	*w = (struct gt_websocket){ .head_len = 0 };
	gt_buf_init(&w->message, max);
}

bool gt_websocket_deflate(struct gt_websocket *w, bool resets)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (!z || inflateInit2(z, -MAX_WBITS) != Z_OK) {
		free(z);
		return false;
	}
	w->zlib = z;
	w->resets = resets;
	return true;
}

void gt_websocket_free(struct gt_websocket *w)
{
	gt_buf_free(&w->message);
	if (w->zlib)
		inflateEnd(w->zlib);
	free(w->zlib);
	w->zlib = NULL;
}

/* ---------------------------------------------------------------- messages */

static void keep(struct gt_websocket *w, const char *p, size_t len)
{
	if (w->is_unkept || gt_buf_add(&w->message, p, len))
		return;
	w->is_unkept = true;
	gt_buf_free(&w->message);
}

/* The message cannot be decoded. Unless the compressor starts afresh with each message, nor can a later one. */
static void lose_window(struct gt_websocket *w)
{
	w->is_unkept = true;
	w->is_window_lost |= !w->resets;
}

static void inflate_piece(struct gt_websocket *w, const char *p, size_t len)
{
	char out[OUT_ROOM];
	z_stream *z = w->zlib;
	int code;

	/* a message over the cap is decoded to its end when later messages refer to it */
	if (w->is_window_lost || (w->is_unkept && w->resets))
		return;
	z->next_in = (unsigned char *)(uintptr_t)p;
	z->avail_in = (unsigned)len;
	do {
		z->next_out = (unsigned char *)out;
		z->avail_out = sizeof(out);
		code = inflate(z, Z_SYNC_FLUSH);
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
			lose_window(w);
			return;
		}
		keep(w, out, sizeof(out) - z->avail_out);
		if (code == Z_STREAM_END &&
		    inflateResetKeep(z) != Z_OK) { /* RFC 7692, 7.2.3.4: a final block may come anywhere */
			lose_window(w);
			return;
		}
	} while (z->avail_in || !z->avail_out);
}

static void begin_message(struct gt_websocket *w, bool is_text, bool is_coded)
{
	gt_buf_reset(&w->message);
	w->is_in_message = true;
	w->is_text = is_text;
	w->is_coded = is_coded;
	w->is_unkept = is_coded && w->is_window_lost;
	if (is_coded && w->resets && inflateReset(w->zlib) != Z_OK)
		lose_window(w);
}

static void end_message(struct gt_websocket *w, gt_websocket_out *out, void *ctx)
{
	if (w->is_coded)
		inflate_piece(w, "\0\0\xff\xff", 4); /* RFC 7692, 7.2.2 */
	w->is_in_message = false;
	if (w->is_unkept)
		out(ctx, GT_WEBSOCKET_LOST, GT_STR(""));
	else
		out(ctx, w->is_text ? GT_WEBSOCKET_TEXT : GT_WEBSOCKET_BINARY,
		    gt_str_make(w->message.len ? w->message.data : "", w->message.len));
	gt_buf_reset(&w->message);
}

/* ---------------------------------------------------------------- frames */

static unsigned opcode_of(const struct gt_websocket *w)
{
	return w->head[0] & 0x0f;
}

/* Bytes of the length after the first two bytes. */
static size_t length_bytes(const struct gt_websocket *w)
{
	unsigned length = w->head[1] & 0x7f;

	return length == 127 ? 8 : length == 126 ? 2 : 0;
}

static size_t head_size(const struct gt_websocket *w)
{
	if (w->head_len < 2)
		return 2;
	return 2 + length_bytes(w) + (w->head[1] & MASKED ? 4 : 0);
}

/* True when a frame may begin so. */
static bool is_frame(const struct gt_websocket *w)
{
	unsigned opcode = opcode_of(w);
	bool is_coded = w->head[0] & CODED;

	if ((w->head[0] & UNKNOWN) || w->left > INT64_MAX)
		return false;
	if (opcode & CONTROL)
		return opcode <= PONG && (w->head[0] & FINAL) && !is_coded && w->left <= GT_WEBSOCKET_CONTROL_MAX;
	if (opcode == CONTINUATION)
		return w->is_in_message && !is_coded;
	return opcode <= BINARY && !w->is_in_message && (!is_coded || w->zlib);
}

static void begin_frame(struct gt_websocket *w)
{
	size_t n = length_bytes(w);

	w->left = n ? 0 : w->head[1] & 0x7f;
	for (size_t i = 0; i < n; i++)
		w->left = w->left << 8 | w->head[2 + i];
	w->done = 0;
	w->is_in_payload = true;
	w->is_control_lost = false;
	w->is_broken = !is_frame(w);
	if (!w->is_broken && opcode_of(w) != CONTINUATION && !(opcode_of(w) & CONTROL))
		begin_message(w, opcode_of(w) == TEXT, w->head[0] & CODED);
}

static void end_frame(struct gt_websocket *w, gt_websocket_out *out, void *ctx)
{
	w->is_in_payload = false;
	w->head_len = 0;
	if (opcode_of(w) == CLOSE)
		out(ctx, GT_WEBSOCKET_CLOSE, gt_str_make((const char *)w->control, w->is_control_lost ? 0 : (size_t)w->done));
	else if (!(opcode_of(w) & CONTROL) && (w->head[0] & FINAL))
		end_message(w, out, ctx);
}

/* Takes a part of one frame's payload. */
static void take(struct gt_websocket *w, const char *p, size_t len)
{
	const uint8_t *mask = w->head[1] & MASKED ? w->head + head_size(w) - 4 : NULL;
	char plain[PIECE];

	for (size_t i = 0; mask && i < len; i++)
		plain[i] = (char)((uint8_t)p[i] ^ mask[(w->done + i) & 3]);
	if (mask)
		p = plain;
	if (opcode_of(w) & CONTROL)
		memcpy(w->control + w->done, p, len);
	else if (w->is_coded)
		inflate_piece(w, p, len);
	else
		keep(w, p, len);
	w->done += len;
	w->left -= len;
}

void gt_websocket_feed(struct gt_websocket *w, const char *p, size_t len, gt_websocket_out *out, void *ctx)
{
	while (len && !w->is_broken) {
		size_t n = 1;

		if (w->is_in_payload) {
			n = len < PIECE ? len : PIECE;
			if (n > w->left)
				n = (size_t)w->left;
			take(w, p, n);
		} else {
			w->head[w->head_len++] = (uint8_t)*p;
			if (w->head_len == head_size(w))
				begin_frame(w);
		}
		GT_STEPS(n);
		if (w->is_in_payload && !w->left && !w->is_broken)
			end_frame(w, out, ctx);
		p += n;
		len -= n;
	}
}

void gt_websocket_skip(struct gt_websocket *w, uint64_t n, gt_websocket_out *out, void *ctx)
{
	if (!n || w->is_broken)
		return;
	if (!w->is_in_payload || n > w->left) {
		w->is_broken = true;
		return;
	}
	if (opcode_of(w) & CONTROL)
		w->is_control_lost = true;
	else if (w->is_coded)
		lose_window(w);
	else
		w->is_unkept = true;
	w->done += n;
	w->left -= n;
	if (!w->left)
		end_frame(w, out, ctx);
}
