/*
 * Blocks of one connection. gentap's decoder and nghttp2's must agree about each: whether it is one, and its fields.
 */
#include "fuzz.h"
#include "shim/hpack.h"

#include <nghttp2/nghttp2.h>

static struct gt_hpack decoder;

static void say(struct fuzz_text *t, const char *name, size_t name_len, const char *value, size_t value_len)
{
	fuzz_say_int(t, (long long)name_len);
	fuzz_say(t, name, name_len);
	fuzz_say_int(t, (long long)value_len);
	fuzz_say(t, value, value_len);
}

static void on_field(void *ctx, struct gt_str name, struct gt_str value)
{
	say(ctx, name.p, name.len, value.p, value.len);
}

static bool inflate(nghttp2_hd_inflater *inflater, const uint8_t *p, size_t len, struct fuzz_text *t)
{
	for (;;) {
		int flags = 0;
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, p, len, 1);

		if (used < 0)
			return false;
		p += used;
		len -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			say(t, (char *)nv.name, nv.namelen, (char *)nv.value, nv.valuelen);
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			return nghttp2_hd_inflate_end_headers(inflater) == 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	nghttp2_hd_inflater *inflater;
	bool is_good = true;
	size_t at = 0;

	FUZZ_CHECK(nghttp2_hd_inflate_new(&inflater) == 0);
	nghttp2_hd_inflate_change_table_size(inflater, GT_HPACK_TABLE_MAX);
	gt_hpack_init(&decoder);
	while (is_good && at < in.len) {
		size_t n = fuzz_below(&in, 3) ? 1 + fuzz_below(&in, 60) : 1 + fuzz_below(&in, GT_HPACK_BLOCK_MAX);
		struct fuzz_text ours = { 0 }, theirs = { 0 };
		char *block;

		n = n < in.len - at ? n : in.len - at;
		block = fuzz_copy(in.data + at, n);
		at += n;
		is_good = gt_hpack_decode(&decoder, block, n, on_field, &ours);
		FUZZ_CHECK(inflate(inflater, (uint8_t *)block, n, &theirs) == is_good);
		if (is_good)
			fuzz_same(&ours, &theirs);
		FUZZ_CHECK(decoder.size <= decoder.max && decoder.max <= GT_HPACK_TABLE_MAX);
		fuzz_text_free(&ours);
		fuzz_text_free(&theirs);
		free(block);
	}
	nghttp2_hd_inflate_del(inflater);
	fuzz_input_free(&in);
	return 0;
}
