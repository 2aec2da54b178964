#include "http2_peer.h"

#include "test.h"

#include <nghttp2/nghttp2.h>

#include "fail_nth.h"
#include "shim/http2_frames.h"

enum { DATA, HEADERS, RST_STREAM = 3, SETTINGS, GOAWAY = 7, CONTINUATION = 9 };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

#define FIELDS_MAX 64

static void put(struct gt_http2_peer *p, const void *bytes, size_t len)
{
	if (!len)
		return;
	p->bytes = realloc(p->bytes, p->len + len);
	assert_non_null(p->bytes);
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

void gt_http2_peer_open(struct gt_http2_peer *p, bool is_client)
{
	nghttp2_hd_deflater *deflater;

	gt_fail_none(); /* nghttp2 allocates through it */
	assert_int_equal(nghttp2_hd_deflate_new(&deflater, GT_HPACK_TABLE_MAX), 0);
	nghttp2_hd_deflate_change_table_size(deflater, GT_HPACK_TABLE_FIRST);
	*p = (struct gt_http2_peer){ .deflater = deflater, .padding = -1 };
	if (is_client)
		put(p, GT_HTTP2_PREFACE, GT_HTTP2_PREFACE_LEN);
	gt_http2_peer_frame(p, SETTINGS, 0, 0, "\0\3\0\0\0\x64", 6);
}

void gt_http2_peer_frame(struct gt_http2_peer *p, uint8_t type, uint8_t flags, uint32_t stream, const char *payload, size_t len)
{
	bool is_padded = p->padding >= 0 && (type == DATA || type == HEADERS);
	size_t whole = len + (is_padded ? 1 + (size_t)p->padding : 0);
	uint8_t head[] = { (uint8_t)(whole >> 16),
			   (uint8_t)(whole >> 8),
			   (uint8_t)whole,
			   type,
			   flags | (is_padded ? PADDED : 0),
			   (uint8_t)(stream >> 24),
			   (uint8_t)(stream >> 16),
			   (uint8_t)(stream >> 8),
			   (uint8_t)stream };
	static const char zeros[256];
	uint8_t pad = (uint8_t)p->padding;

	put(p, head, sizeof(head));
	if (is_padded)
		put(p, &pad, 1);
	put(p, payload, len);
	if (is_padded)
		put(p, zeros, pad);
}

static size_t list_of(const char *fields, nghttp2_nv *list)
{
	struct gt_str rest = gt_str_of(fields), line;
	size_t n = 0;

	while (rest.len && gt_str_next(&rest, '\n', &line)) {
		size_t colon = 1 + gt_str_find(gt_str_skip(line, 1), ':');
		struct gt_str value = gt_str_skip(line, colon + 2);

		assert_true(n < FIELDS_MAX && colon < line.len);
		list[n++] = (nghttp2_nv){ (uint8_t *)line.p, (uint8_t *)value.p, colon, value.len, 0 };
	}
	return n;
}

void gt_http2_peer_head(struct gt_http2_peer *p, uint32_t stream, const char *fields, bool is_end)
{
	size_t most = p->fragment ? p->fragment : 16384, at = 0;
	static __thread uint8_t block[256 * 1024];
	nghttp2_nv list[FIELDS_MAX];
	ssize_t len = nghttp2_hd_deflate_hd(p->deflater, block, sizeof(block), list, list_of(fields, list));

	assert_true(len > 0);
	do {
		size_t n = (size_t)len - at < most ? (size_t)len - at : most;
		uint8_t flags = (uint8_t)((at + n == (size_t)len ? END_HEADERS : 0) | (is_end && !at ? END_STREAM : 0));

		gt_http2_peer_frame(p, at ? CONTINUATION : HEADERS, flags, stream, (char *)block + at, n);
		at += n;
	} while (at < (size_t)len);
}

void gt_http2_peer_body(struct gt_http2_peer *p, uint32_t stream, const char *text, bool is_end)
{
	gt_http2_peer_frame(p, DATA, is_end ? END_STREAM : 0, stream, text, strlen(text));
}

void gt_http2_peer_reset(struct gt_http2_peer *p, uint32_t stream, uint32_t code)
{
	gt_http2_peer_frame(p, RST_STREAM, 0, stream, (char[]){ 0, 0, 0, (char)code }, 4);
}

void gt_http2_peer_going(struct gt_http2_peer *p, uint32_t last)
{
	gt_http2_peer_frame(p, GOAWAY, 0, 0, (char[]){ 0, 0, 0, (char)last, 0, 0, 0, 0 }, 8);
}

void gt_http2_peer_taken(struct gt_http2_peer *p)
{
	p->len = 0;
}

void gt_http2_peer_free(struct gt_http2_peer *p)
{
	if (p->deflater)
		nghttp2_hd_deflate_del(p->deflater);
	free(p->bytes);
	*p = (struct gt_http2_peer){ NULL };
}
