#include "exporter/exchange/inflate.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "shim/shared/compiler.h"

enum coding { IDENTITY, GZIP, DEFLATE, BROTLI, ZSTD };

#define OUT_ROOM (16 * 1024)
/* RFC 9659: zstd over HTTP must not need a larger window. The library would allocate up to 128 MiB for 6 bytes. */
#define ZSTD_WINDOW_LOG_MAX 23

struct gt_inflate {
	enum coding coding;
	int failed;	/* the error every further call returns */
	bool started;	/* deflate: the first byte has decided between zlib and raw */
	bool whole;	/* a gzip member or a zstd frame has ended, with no output since */
	bool is_over;	/* the rest of the input is ignored */
	uint64_t total; /* bytes emitted */
	z_stream zlib;
	BrotliDecoderState *brotli;
	ZSTD_DStream *zstd;
	char out[OUT_ROOM];
};

static int coding_of(struct gt_str value)
{
	static const struct {
		struct gt_str name;
		enum coding coding;
	} known[] = {
		{ { "", 0 }, IDENTITY },   { { "identity", 8 }, IDENTITY }, { { "gzip", 4 }, GZIP },
		{ { "x-gzip", 6 }, GZIP }, { { "deflate", 7 }, DEFLATE },   { { "br", 2 }, BROTLI },
		{ { "zstd", 4 }, ZSTD },
	};

	value = gt_str_trim(value);
	for (size_t i = 0; i < GT_COUNT_OF(known); i++)
		if (gt_str_ieq(known[i].name, value))
			return (int)known[i].coding;
	return -1;
}

int gt_inflate_open(struct gt_str content_encoding, struct gt_inflate **out)
{
	int coding = coding_of(content_encoding);
	struct gt_inflate *z;
	bool ready = true;

	*out = NULL;
	if (coding < 0)
		return GT_EUNSUPPORTED;
	z = calloc(1, coding == IDENTITY ? offsetof(struct gt_inflate, out) : sizeof(*z));
	if (!z)
		return GT_ENOMEM;
	z->coding = (enum coding)coding;
	if (coding == GZIP)
		ready = inflateInit2(&z->zlib, 15 + 16) == Z_OK;
	else if (coding == BROTLI)
		ready = (z->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL)) != NULL;
	else if (coding == ZSTD)
		ready = (z->zstd = ZSTD_createDStream()) != NULL;
	if (!ready) {
		free(z);
		return GT_ENOMEM;
	}
	if (coding == ZSTD)
		ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	z->started = coding != DEFLATE;
	*out = z;
	return 0;
}

void gt_inflate_close(struct gt_inflate *z)
{
	if (!z)
		return;
	if (z->coding == GZIP || (z->coding == DEFLATE && z->started))
		inflateEnd(&z->zlib);
	if (z->brotli)
		BrotliDecoderDestroyInstance(z->brotli);
	if (z->zstd)
		ZSTD_freeDStream(z->zstd);
	free(z);
}

/* Emits the `n` bytes in z->out. */
static int give(struct gt_inflate *z, size_t n, uint64_t max, gt_inflate_out *emit, void *ctx)
{
	if (n > max || z->total > max - n)
		return GT_ETOOBIG;
	z->total += n;
	if (n) {
		z->whole = false;
		emit(ctx, z->out, n);
	}
	return 0;
}

/* Members and frames may follow each other. Trailing bytes that are neither are ignored, as other decoders do. */
static int end_at_rubbish(struct gt_inflate *z)
{
	z->is_over = z->whole;
	return z->whole ? 0 : GT_EBAD;
}

/* "deflate" means zlib's format (RFC 9110, 8.4.1.2), but some servers send it raw: the first byte decides. */
static int start_deflate(struct gt_inflate *z, unsigned char first)
{
	bool is_zlib = (first & 0x0f) == Z_DEFLATED && first >> 4 <= 7;

	if (inflateInit2(&z->zlib, is_zlib ? 15 : -15) != Z_OK)
		return GT_ENOMEM;
	z->started = true;
	return 0;
}

static int feed_zlib(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx)
{
	int ret = 0, code = Z_OK;

	if (!z->started)
		ret = start_deflate(z, (unsigned char)p[0]);
	z->zlib.next_in = (unsigned char *)p;
	z->zlib.avail_in = (unsigned)len;
	while (!ret && !z->is_over && (z->zlib.avail_in || z->zlib.avail_out == 0)) {
		z->zlib.next_out = (unsigned char *)z->out;
		z->zlib.avail_out = OUT_ROOM;
		code = inflate(&z->zlib, Z_SYNC_FLUSH);
		if (code == Z_BUF_ERROR)
			break; /* wants more input */
		/* before an error too, so that the output does not depend on how the input is split */
		ret = give(z, OUT_ROOM - z->zlib.avail_out, max, emit, ctx);
		if (!ret && code != Z_OK && code != Z_STREAM_END)
			return code == Z_MEM_ERROR ? GT_ENOMEM : end_at_rubbish(z);
		if (code == Z_STREAM_END) {
			z->whole = true;
			z->is_over = z->coding == DEFLATE;
			inflateReset(&z->zlib);
		}
	}
	return ret;
}

static bool is_brotli_memory(BrotliDecoderErrorCode code)
{
	return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
}

static int feed_brotli(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx)
{
	const uint8_t *in = (const uint8_t *)p;
	BrotliDecoderResult code;
	int ret = 0;

	do {
		uint8_t *out = (uint8_t *)z->out;
		size_t room = OUT_ROOM;

		code = BrotliDecoderDecompressStream(z->brotli, &len, &in, &room, &out, NULL);
		if (code == BROTLI_DECODER_RESULT_ERROR)
			return is_brotli_memory(BrotliDecoderGetErrorCode(z->brotli)) ? GT_ENOMEM : GT_EBAD;
		ret = give(z, OUT_ROOM - room, max, emit, ctx);
		z->is_over = code == BROTLI_DECODER_RESULT_SUCCESS;
		/* the decoder may ask for input although its window still holds output */
	} while (!ret && BrotliDecoderHasMoreOutput(z->brotli));
	return ret;
}

/* An error within a frame is not trailing garbage. Output of the failing call is not emitted. */
static int zstd_error(struct gt_inflate *z, ZSTD_ErrorCode code)
{
	if (code == ZSTD_error_memory_allocation)
		return GT_ENOMEM;
	return code == ZSTD_error_prefix_unknown ? end_at_rubbish(z) : GT_EBAD;
}

static int feed_zstd(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx)
{
	ZSTD_inBuffer in = { p, len, 0 };
	bool full = false;
	int ret = 0;

	while (!ret && !z->is_over && (in.pos < in.size || full)) {
		ZSTD_outBuffer out = { z->out, OUT_ROOM, 0 };
		size_t left = ZSTD_decompressStream(z->zstd, &out, &in);

		if (ZSTD_isError(left))
			return zstd_error(z, ZSTD_getErrorCode(left));
		full = out.pos == out.size;
		ret = give(z, out.pos, max, emit, ctx);
		z->whole |= left == 0;
	}
	return ret;
}

int gt_inflate_feed(struct gt_inflate *z, const char *p, size_t len, uint64_t max, gt_inflate_out *emit, void *ctx)
{
	int ret = z->failed;

	if (ret || !len || z->is_over)
		return ret;
	switch (z->coding) {
	case IDENTITY:
		if (len > max || z->total > max - len) {
			ret = GT_ETOOBIG;
			break;
		}
		z->total += len;
		emit(ctx, p, len);
		break;
	case GZIP:
	case DEFLATE:
		ret = feed_zlib(z, p, len, max, emit, ctx);
		break;
	case BROTLI:
		ret = feed_brotli(z, p, len, max, emit, ctx);
		break;
	case ZSTD:
		ret = feed_zstd(z, p, len, max, emit, ctx);
		break;
	}
	z->failed = ret;
	return ret;
}
