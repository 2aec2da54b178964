#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include <nghttp2/nghttp2.h>

#include "shim/hpack.h"
#include "shim/hpack_huffman.h"

/* All fields of the blocks so far, as lines. */
struct lines {
	char text[256 * 1024];
	size_t len;
};

static struct gt_hpack decoder;
static struct lines ours, theirs;

static void add(struct lines *l, struct gt_str name, struct gt_str value)
{
	if (l->len + name.len + value.len + 3 > sizeof(l->text))
		return;
	memcpy(l->text + l->len, name.p, name.len);
	l->len += name.len;
	l->text[l->len++] = ':';
	if (value.len)
		memcpy(l->text + l->len, value.p, value.len);
	l->len += value.len;
	l->text[l->len++] = '\n';
}

static void on_field(void *ctx, struct gt_str name, struct gt_str value)
{
	add(ctx, name, value);
}

static int fresh(void **state)
{
	(void)state;
	gt_fail_none(); /* nghttp2 allocates through it */
	memset(&decoder, 0xa5, sizeof(decoder));
	gt_hpack_init(&decoder);
	ours.len = theirs.len = 0;
	return 0;
}

static size_t unhex(const char *hex, char *out)
{
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned v;

		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		out[n++] = (char)v;
		hex++;
	}
	return n;
}

/* Decodes a copy that ends at an inaccessible page. */
static bool decode(const char *block, size_t len)
{
	char *copy = gt_guard_end(block, len);
	bool is_good = gt_hpack_decode(&decoder, copy, len, on_field, &ours);

	gt_guard_free(copy, len);
	return is_good;
}

static bool decode_hex(const char *hex)
{
	char block[1024];

	return decode(block, unhex(hex, block));
}

/* ---------------------------------------------------------------- the examples of RFC 7541, appendix C */

#define DATE(s) "date:Mon, 21 Oct 2013 20:13:" s " GMT\n"
#define COOKIE	"set-cookie:foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
#define SITE	"location:https://www.example.com\n"
#define WWW	":authority:www.example.com\n"

static void test_hpack_decodes_the_examples_of_the_rfc(void **state)
{
	static const struct {
		const char *blocks[3];
		const char *fields[3];
		uint32_t size; /* of the table at the end */
	} rows[] = {
		{ { "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572" },
		  { "custom-key:custom-header\n" },
		  55 },
		{ { "040c 2f73 616d 706c 652f 7061 7468" }, { ":path:/sample/path\n" }, 0 },
		{ { "1008 7061 7373 776f 7264 0673 6563 7265 74" }, { "password:secret\n" }, 0 },
		{ { "82" }, { ":method:GET\n" }, 0 },
		{ { "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
		    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65" },
		  { ":method:GET\n:scheme:http\n:path:/\n" WWW,
		    ":method:GET\n:scheme:http\n:path:/\n" WWW "cache-control:no-cache\n",
		    ":method:GET\n:scheme:https\n:path:/index.html\n" WWW "custom-key:custom-value\n" },
		  164 },
		{ { "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
		    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf" },
		  { ":method:GET\n:scheme:http\n:path:/\n" WWW,
		    ":method:GET\n:scheme:http\n:path:/\n" WWW "cache-control:no-cache\n",
		    ":method:GET\n:scheme:https\n:path:/index.html\n" WWW "custom-key:custom-value\n" },
		  164 },
		/* a table of 256 bytes, announced by the first three bytes */
		{ { "3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120"
		    "474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
		    "4803 3330 37c1 c0bf",
		    "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f"
		    "6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b"
		    "2076 6572 7369 6f6e 3d31" },
		  { ":status:302\ncache-control:private\n" DATE("21") SITE,
		    ":status:307\ncache-control:private\n" DATE("21") SITE,
		    ":status:200\ncache-control:private\n" DATE("22") SITE "content-encoding:gzip\n" COOKIE },
		  215 },
		{ { "3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718"
		    "63c7 8f0b 97c8 e9ae 82ae 43d3",
		    "4883 640e ffc1 c0bf",
		    "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335"
		    "dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07" },
		  { ":status:302\ncache-control:private\n" DATE("21") SITE,
		    ":status:307\ncache-control:private\n" DATE("21") SITE,
		    ":status:200\ncache-control:private\n" DATE("22") SITE "content-encoding:gzip\n" COOKIE },
		  215 },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		fresh(state);
		for (int k = 0; k < 3 && rows[i].blocks[k]; k++) {
			ours.len = 0;
			assert_true(decode_hex(rows[i].blocks[k]));
			assert_str(gt_str_make(ours.text, ours.len), rows[i].fields[k]);
		}
		assert_int_equal(decoder.size, rows[i].size);
	}
}

/* ---------------------------------------------------------------- what is refused */

static void test_hpack_refuses_what_is_not_a_block(void **state)
{
	static const char *const blocks[] = {
		"80",			  /* index 0 */
		"be",			  /* an entry of an empty table */
		"ff80808080 80808080 01", /* an index without end */
		"ff",			  /* ends within an integer */
		"7f",			  /* the same, of a name */
		"400a 6375",		  /* ends within a name */
		"4001 61",		  /* no value */
		"4001 6102 62",		  /* ends within a value */
		"82 3fe101",		  /* a table's size after a field */
		"3fe2ff03 82",		  /* a table of 65,537 bytes */
		"0081 ff 00",		  /* a name that is padding only, of eight bits */
		"0081 00 00",		  /* padding of zeros */
		"0084 ffff ffff 00",	  /* the code of the end */
	};

	for (size_t i = 0; i < GT_ROWS(blocks); i++) {
		fresh(state);
		if (decode_hex(blocks[i]))
			fail_msg("accepted: %s", blocks[i]);
	}
}

static void test_hpack_a_block_at_the_bound_is_read_and_a_longer_one_is_not(void **state)
{
	static char block[GT_HPACK_BLOCK_MAX + 1];

	(void)state;
	memset(block, 0x82, sizeof(block));
	assert_true(decode(block, GT_HPACK_BLOCK_MAX));
	assert_false(decode(block, GT_HPACK_BLOCK_MAX + 1));
}

static void test_hpack_an_entry_larger_than_the_table_empties_it(void **state)
{
	static char block[5000] = { 0x40, 1, 'a', 0x7f, (char)0x81, 0x1f }; /* a value of 127 + 1 + 31 * 128 bytes */

	(void)state;
	assert_true(decode_hex("4001 6101 62"));
	assert_int_equal(decoder.n, 1);
	memset(block + 6, 'x', 4096);
	assert_true(decode(block, 6 + 127 + 1 + 31 * 128));
	assert_int_equal(decoder.n, 0);
	assert_int_equal(decoder.size, 0);
	assert_false(decode_hex("be"));
}

/* The new entry gets its name from an entry that it evicts. */
static void test_hpack_a_name_survives_its_entry(void **state)
{
	(void)state;
	assert_true(decode_hex("3f09 4004 6e61 6d65 0131")); /* a table of 40 bytes */
	ours.len = 0;
	assert_true(decode_hex("7e01 32"));
	assert_str(gt_str_make(ours.text, ours.len), "name:2\n");
	ours.len = 0;
	assert_true(decode_hex("be"));
	assert_str(gt_str_make(ours.text, ours.len), "name:2\n");
}

/* ---------------------------------------------------------------- beside nghttp2 */

#define FIELDS 24

static uint8_t texts[FIELDS][2][700];

static size_t random_text(struct gt_random *r, uint8_t *out, size_t max, bool is_name)
{
	size_t n = gt_random_below(r, gt_random_below(r, 20) ? 30 : max) + is_name;
	bool is_wild = !gt_random_below(r, 10);

	for (size_t i = 0; i < n; i++)
		out[i] = is_wild && !is_name ? (uint8_t)gt_random_next(r) : (uint8_t)('a' + gt_random_below(r, 26));
	return n;
}

/* A list of fields, of which many repeat. */
static size_t random_list(struct gt_random *r, nghttp2_nv *list)
{
	static const char *const names[] = { ":path", "cookie", "accept", "x-request-id", "content-type", "authorization" };
	size_t n = 1 + gt_random_below(r, FIELDS);

	for (size_t i = 0; i < n; i++) {
		nghttp2_nv *nv = &list[i];

		*nv = (nghttp2_nv){ .name = texts[i][0], .value = texts[i][1] };
		if (gt_random_below(r, 3)) {
			nv->name = (uint8_t *)names[gt_random_below(r, GT_ROWS(names))];
			nv->namelen = strlen((char *)nv->name);
		} else {
			nv->namelen = random_text(r, nv->name, 60, true);
		}
		if (gt_random_below(r, 4))
			nv->valuelen = (size_t)sprintf((char *)nv->value, "value-%zu", gt_random_below(r, 12));
		else
			nv->valuelen = random_text(r, nv->value, 699, false);
		nv->flags = gt_random_below(r, 5) ? 0 : NGHTTP2_NV_FLAG_NO_INDEX;
	}
	return n;
}

static void test_hpack_decodes_what_nghttp2_encodes(void **state)
{
	static const size_t sizes[] = { 4096, 0, 40, 300, 4096, 16384, 65536 };
	struct gt_random r = gt_random_from(0x7541);

	for (int connection = 0; connection < 60; connection++) {
		nghttp2_hd_deflater *deflater;

		fresh(state);
		assert_int_equal(nghttp2_hd_deflate_new(&deflater, 65536), 0);
		for (int i = 0; i < 200; i++) {
			static uint8_t block[GT_HPACK_BLOCK_MAX];
			nghttp2_nv list[FIELDS];
			size_t n = random_list(&r, list);
			ssize_t len;

			if (!gt_random_below(&r, 12) || !i)
				nghttp2_hd_deflate_change_table_size(deflater, sizes[gt_random_below(&r, GT_ROWS(sizes))]);
			len = nghttp2_hd_deflate_hd(deflater, block, sizeof(block), list, n);
			assert_true(len >= 0);
			ours.len = theirs.len = 0;
			for (size_t k = 0; k < n; k++)
				add(&theirs, gt_str_make((char *)list[k].name, list[k].namelen),
				    gt_str_make((char *)list[k].value, list[k].valuelen));
			assert_true(decode((char *)block, (size_t)len));
			assert_int_equal(ours.len, theirs.len);
			assert_memory_equal(ours.text, theirs.text, ours.len);
		}
		nghttp2_hd_deflate_del(deflater);
	}
}

/* nghttp2's verdict about a block, and its fields. */
static bool inflate(nghttp2_hd_inflater *inflater, const uint8_t *p, size_t len)
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
			add(&theirs, gt_str_make((char *)nv.name, nv.namelen), gt_str_make((char *)nv.value, nv.valuelen));
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			return nghttp2_hd_inflate_end_headers(inflater) == 0;
	}
}

/* Blocks with damaged bytes: both decoders refuse the same, and read the same from what they accept. */
static void test_hpack_judges_damaged_blocks_as_nghttp2_does(void **state)
{
	struct gt_random r = gt_random_from(0xdada);
	int accepted = 0, refused = 0;

	for (int connection = 0; connection < 3000; connection++) {
		nghttp2_hd_deflater *deflater;
		nghttp2_hd_inflater *inflater;
		bool is_good = true;

		fresh(state);
		assert_int_equal(nghttp2_hd_deflate_new(&deflater, 4096), 0);
		assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
		nghttp2_hd_inflate_change_table_size(inflater, GT_HPACK_TABLE_MAX);
		for (int i = 0; i < 6 && is_good; i++) {
			static uint8_t block[GT_HPACK_BLOCK_MAX];
			nghttp2_nv list[FIELDS];
			ssize_t len = nghttp2_hd_deflate_hd(deflater, block, sizeof(block), list, random_list(&r, list));

			assert_true(len > 0);
			for (size_t k = gt_random_below(&r, 3); k; k--)
				block[gt_random_below(&r, (size_t)len)] ^= (uint8_t)(1 << gt_random_below(&r, 8));
			ours.len = theirs.len = 0;
			is_good = decode((char *)block, (size_t)len);
			if (is_good != inflate(inflater, block, (size_t)len))
				fail_msg("connection %d, block %d: gentap %s it", connection, i,
					 is_good ? "accepts" : "refuses");
			if (is_good) {
				assert_int_equal(ours.len, theirs.len);
				assert_memory_equal(ours.text, theirs.text, ours.len);
			}
			*(is_good ? &accepted : &refused) += 1;
		}
		nghttp2_hd_deflate_del(deflater);
		nghttp2_hd_inflate_del(inflater);
	}
	assert_true(accepted > 1000 && refused > 1000);
}

/* ---------------------------------------------------------------- the code of strings */

static void test_hpack_huffman_stops_at_the_room_it_has(void **state)
{
	static const uint8_t coded[] = { 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff };
	char out[15];

	(void)state;
	assert_int_equal(gt_hpack_huffman(coded, sizeof(coded), out, sizeof(out)), 15);
	assert_memory_equal(out, "www.example.com", 15);
	assert_int_equal(gt_hpack_huffman(coded, sizeof(coded), out, 14), -1);
	assert_int_equal(gt_hpack_huffman(coded, 0, out, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_hpack_decodes_the_examples_of_the_rfc, fresh),
		GT_TEST_FRESH(test_hpack_refuses_what_is_not_a_block, fresh),
		GT_TEST_FRESH(test_hpack_a_block_at_the_bound_is_read_and_a_longer_one_is_not, fresh),
		GT_TEST_FRESH(test_hpack_an_entry_larger_than_the_table_empties_it, fresh),
		GT_TEST_FRESH(test_hpack_a_name_survives_its_entry, fresh),
		GT_TEST_FRESH(test_hpack_decodes_what_nghttp2_encodes, fresh),
		GT_TEST_FRESH(test_hpack_judges_damaged_blocks_as_nghttp2_does, fresh),
		GT_TEST(test_hpack_huffman_stops_at_the_room_it_has),
	};

	return GT_TESTS(tests);
}
