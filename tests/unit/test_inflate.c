#include "support/every_split.h"
#include "support/exchange_case.h"
#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include <zlib.h>

#include "exporter/exchange/inflate.h"

#define PLENTY (1u << 20)

/* A stream of three events, and the same coded with br and zstd. The tests code gzip and deflate themselves. */
static const char text[] = "data: {\"choices\":[{\"delta\":{\"content\":\"Bus 7\"}}]}\n\n"
			   "data: {\"choices\":[{\"delta\":{\"content\":\" is late\"}}]}\n\n"
			   "data: [DONE]\n\n";
#define TEXT_LEN (sizeof(text) - 1)

static const char br[] =
	"\x1b\x76\x00\x20\xac\x0a\xec\xb6\x66\x83\xa3\x99\xa3\xde\x43\x21\xea\xb9\x85\x29\xf2\x54\x4b\x6b\x91\xbd"
	"\xb4\xad\x1d\x46\x36\x57\x27\x15\xba\xfa\xea\x86\xad\x41\x44\x84\xca\xa6\x8e\x08\x9d\x07\x5c\xac\xc8\x96"
	"\x22\xbd\xb2\x25\x72\xc0\x0e\xd8\x6e\x1b\x3c\x3e\xaa\x90\xe1\x35\x4b\xaf\x93\xb8\x2e\xc4\x0e\xdf\x98\x82"
	"\x6f\x3e\xda\x31\x62\x07";
static const char br_4_mib_of_a[] = "\x9b\xff\xff\x3f\xf8\x25\xc2\xe2\xb1\x40\x20\xf7\xfe\x07";
/* many times `a`, then an unfinished command */
static const char br_unfinished[] = "\x9b\xff\xff\x3f\xf8\x25\xc2\xe2\xb1\x40\x20\xf7\xfe\x00\x28\x07";
static const char zstd[] =
	"\x28\xb5\x2f\xfd\x24\x77\x2d\x02\x00\x32\x44\x0e\x11\xa0\x3d\x05\x96\xcc\xec\xf8\x30\xda\xf9\xe7\x70"
	"\x85\x89\x2a\x7a\x14\xaa\x67\x90\x22\x8c\x7a\x6f\x0b\xd9\xaa\xce\x33\x27\x83\x85\x31\x70\xf3\x3b\xf5"
	"\xee\x21\x96\xcd\xfe\x4d\x25\x96\xa6\x19\x2a\xc4\xde\x42\x2c\xb7\xfd\x3d\x05\x02\x00\x59\x1d\x7c\xd8"
	"\x52\x41\x01\xbe\x4e\xa1\x3f";

struct coded {
	const char *coding;
	char *p; /* owned */
	size_t len;
};

static void add(struct coded *c, const char *p, size_t len)
{
	c->p = realloc(c->p, c->len + len + 1);
	memcpy(c->p + c->len, p, len);
	c->len += len;
}

/* `plain` is the text above, or anything for gzip and deflate. */
static struct coded code(const char *coding, const char *plain, size_t len)
{
	struct coded c = { .coding = strcmp(coding, "deflate-raw") ? coding : "deflate" };

	if (!strcmp(coding, "br"))
		add(&c, br, sizeof(br) - 1);
	else if (!strcmp(coding, "zstd"))
		add(&c, zstd, sizeof(zstd) - 1);
	else if (!strcmp(coding, "identity"))
		add(&c, plain, len);
	else
		c.p = gt_exchange_case_code(coding, plain, len, &c.len);
	return c;
}

static const char *const codings[] = { "gzip", "deflate", "deflate-raw", "br", "zstd", "identity" };

/* ---------------------------------------------------------------- a run */

struct run {
	const char *coding;
	uint64_t max;
	char *out; /* owned */
	size_t len;
	int ret;

	const char *want;
	size_t want_len;
};

static void on_out(void *ctx, const char *p, size_t len)
{
	struct run *r = ctx;

	assert_true(len > 0);
	assert_true(r->len + len <= r->max);
	r->out = realloc(r->out, r->len + len);
	memcpy(r->out + r->len, p, len);
	r->len += len;
}

static void feed(struct run *r, const char *const piece[], const size_t len[], int n)
{
	struct gt_inflate *z;

	r->len = 0;
	assert_int_equal(gt_inflate_open(gt_str_of(r->coding), &z), 0);
	for (int i = 0; i < n; i++) {
		int before = i ? r->ret : 0;
		size_t had = r->len;

		r->ret = gt_inflate_feed(z, piece[i], len[i], r->max, on_out, r);
		if (before) { /* an error is final */
			assert_int_equal(r->ret, before);
			assert_int_equal(r->len, had);
		}
	}
	gt_inflate_close(z);
}

static void feed_whole(struct run *r, const struct coded *c)
{
	char *p = gt_guard_end(c->p, c->len);

	r->coding = c->coding;
	feed(r, (const char *const[]){ p }, &c->len, 1);
	gt_guard_free(p, c->len);
}

static void check_pieces(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *r = user;

	feed(r, piece, len, n);
	assert_int_equal(r->ret, 0);
	assert_int_equal(r->len, r->want_len);
	assert_memory_equal(r->len ? r->out : "", r->want, r->len);
}

/* Takes `c`. */
static void check_every_split(struct coded c, const char *want, size_t want_len)
{
	struct run r = { .coding = c.coding, .max = PLENTY, .want = want, .want_len = want_len };

	gt_every_split(c.p, c.len, check_pieces, &r);
	free(r.out);
	free(c.p);
}

/* ---------------------------------------------------------------- names */

static void test_inflate_opens_the_codings_it_knows(void **state)
{
	static const struct {
		const char *value;
		int ret;
	} rows[] = {
		{ "", 0 },
		{ "identity", 0 },
		{ "gzip", 0 },
		{ "GZip", 0 },
		{ " gzip\t", 0 },
		{ "x-gzip", 0 },
		{ "deflate", 0 },
		{ "br", 0 },
		{ "zstd", 0 },
		{ "compress", GT_EUNSUPPORTED },
		{ "gzip, br", GT_EUNSUPPORTED },
		{ "gzip,gzip", GT_EUNSUPPORTED },
		{ "gzi", GT_EUNSUPPORTED },
		{ "gzipp", GT_EUNSUPPORTED },
		{ "aws-chunked", GT_EUNSUPPORTED },
		{ ",", GT_EUNSUPPORTED },
		{ "dcb", GT_EUNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_inflate *z = (struct gt_inflate *)&z;

		assert_int_equal(gt_inflate_open(gt_str_of(rows[i].value), &z), rows[i].ret);
		assert_int_equal(z != NULL, rows[i].ret == 0);
		gt_inflate_close(z);
	}
	gt_inflate_close(NULL);
}

/* ---------------------------------------------------------------- good bytes */

static void test_inflate_every_coding_in_any_pieces_gives_the_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++)
		check_every_split(code(codings[i], text, TEXT_LEN), text, TEXT_LEN);
}

static void test_inflate_nothing_at_all_is_nothing(void **state)
{
	static const char *const empty_of[] = { "gzip", "deflate", "deflate-raw" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(empty_of); i++)
		check_every_split(code(empty_of[i], "", 0), "", 0);
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded none = { codings[i], calloc(1, 1), 0 };

		if (strcmp(codings[i], "deflate-raw"))
			check_every_split(none, "", 0);
		else
			free(none.p);
	}
	check_every_split((struct coded){ "br", strdup("\x3b"), 1 }, "", 0);
}

static void test_inflate_gives_what_a_server_has_flushed(void **state)
{
	static const char *const events[] = { "data: one\n\n", "data: two\n\n", "data: [DONE]\n\n" };
	static const int bits[] = { 15 + 16, 15, -15 };

	(void)state;
	for (size_t b = 0; b < GT_ROWS(bits); b++) {
		struct run r = { .max = PLENTY };
		z_stream z = { 0 };
		struct gt_inflate *in;
		size_t had = 0;

		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits[b], 8, Z_DEFAULT_STRATEGY), Z_OK);
		assert_int_equal(gt_inflate_open(b ? GT_STR("deflate") : GT_STR("gzip"), &in), 0);
		for (size_t i = 0; i < GT_ROWS(events); i++) {
			char out[200];

			z.next_in = (unsigned char *)events[i];
			z.avail_in = (unsigned)strlen(events[i]);
			z.next_out = (unsigned char *)out;
			z.avail_out = sizeof(out);
			assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
			assert_int_equal(gt_inflate_feed(in, out, sizeof(out) - z.avail_out, PLENTY, on_out, &r), 0);
			assert_int_equal(r.len - had, strlen(events[i]));
			assert_memory_equal(r.out + had, events[i], r.len - had);
			had = r.len;
		}
		deflateEnd(&z);
		gt_inflate_close(in);
		free(r.out);
	}
}

static void test_inflate_long_texts_come_out_whole(void **state)
{
	static const size_t sizes[] = { 16383, 16384, 16385, 32768, 49152, 300000 };
	struct gt_random rnd = gt_random_from(5);
	char *plain = malloc(300000);

	(void)state;
	for (size_t i = 0; i < 300000; i++)
		plain[i] = (char)(gt_random_below(&rnd, 20) ? 'a' + i / 1000 % 20 : gt_random_next(&rnd));
	for (size_t s = 0; s < GT_ROWS(sizes); s++) {
		for (size_t k = 0; k < 3; k++) { /* the codings that this test makes */
			struct coded c = code(codings[k], plain, sizes[s]);
			struct run r = { .max = sizes[s] };

			feed_whole(&r, &c);
			assert_int_equal(r.ret, 0);
			assert_int_equal(r.len, sizes[s]);
			assert_memory_equal(r.out, plain, sizes[s]);
			free(r.out);
			free(c.p);
		}
	}
	free(plain);
}

static void test_inflate_gzip_members_and_zstd_frames_follow_each_other(void **state)
{
	static const char skippable[] = "\x50\x2a\x4d\x18\x03\x00\x00\x00xyz";
	struct coded gz = code("gzip", "one ", 4), more = code("gzip", "two ", 4), empty = code("gzip", "", 0), z;

	(void)state;
	add(&gz, empty.p, empty.len);
	add(&gz, more.p, more.len);
	add(&gz, more.p, more.len);
	check_every_split(gz, "one two two ", 12);
	free(more.p);
	free(empty.p);
	z = code("zstd", NULL, 0);
	add(&z, skippable, sizeof(skippable) - 1);
	add(&z, zstd, sizeof(zstd) - 1);
	z.p[z.len] = 0;
	{
		char twice[2 * TEXT_LEN + 1];

		snprintf(twice, sizeof(twice), "%s%s", text, text);
		check_every_split(z, twice, 2 * TEXT_LEN);
	}
}

static void test_inflate_what_stands_behind_the_end_is_ignored(void **state)
{
	static const struct gt_str tails[] = {
		{ "garbage", 7 },  { "\0\0\0\0", 4 },	       { "\x1f", 1 },		{ "\x1fx", 2 },
		{ "\x1f\x8b", 2 }, { "\x1f\x8b\x99more", 7 },  { "xx\x1f\x8b\x08", 5 }, { "\r\n", 2 },
		{ "\x28\xb5", 2 }, { "x\x28\xb5\x2f\xfd", 5 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		if (!strcmp(codings[i], "identity"))
			continue;
		for (size_t k = 0; k < GT_ROWS(tails); k++) {
			struct coded c = code(codings[i], text, TEXT_LEN);

			add(&c, tails[k].p, tails[k].len);
			check_every_split(c, text, TEXT_LEN);
		}
	}
}

/* ---------------------------------------------------------------- bad bytes */

static void test_inflate_a_text_cut_short_gives_its_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded c = code(codings[i], text, TEXT_LEN);
		size_t len = c.len;

		for (c.len = 0; c.len < len; c.len++) {
			struct run r = { .max = PLENTY };

			feed_whole(&r, &c);
			assert_int_equal(r.ret, 0);
			assert_true(r.len <= TEXT_LEN);
			assert_memory_equal(r.len ? r.out : "", text, r.len);
			free(r.out);
		}
		free(c.p);
	}
}

static void test_inflate_bytes_of_no_coding_are_refused_for_good(void **state)
{
	static const struct {
		const char *coding;
		struct gt_str bytes;
	} rows[] = {
		{ "gzip", { "{\"id\":1}", 8 } },	   { "gzip", { "\x1f\x8b\x09xxxxxxx", 10 } },
		{ "gzip", { "\x78\x9c\x03\x00", 4 } },	   { "deflate", { "\x1f\x8b\x08\x00", 4 } },
		{ "deflate", { "{\"id\":1}", 8 } },	   { "zstd", { "{\"id\":1}", 8 } },
		{ "zstd", { "\x1f\x8b\x08\x00\x00", 5 } }, { "br", { "{\"id\":1,\"model\":\"x\"}", 20 } },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct run r = { .coding = rows[i].coding, .max = PLENTY };
		const char *const pieces[] = { rows[i].bytes.p, text, text };
		const size_t len[] = { rows[i].bytes.len, TEXT_LEN, TEXT_LEN };

		feed(&r, pieces, len, 3);
		assert_int_equal(r.ret, GT_EBAD);
		free(r.out);
	}
}

/* Byte by byte, then all at once: the decoder must return everything that an incomplete stream allows. */
static void test_inflate_what_can_be_decoded_comes_out_at_once(void **state)
{
	static char plain[1 << 20];

	(void)state;
	memset(plain, 'a', sizeof(plain));
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded c = code(codings[i], plain, sizeof(plain));

		if (!strcmp(codings[i], "br")) {
			c.len = 0;
			add(&c, br_unfinished, sizeof(br_unfinished) - 1);
		}
		for (size_t cut = 0; cut < 8; cut++) {
			struct run bytes = { .coding = c.coding, .max = 8 << 20 }, whole = bytes;
			const char *piece[5000];
			size_t len[5000];
			int n = 0;

			for (size_t at = 0; at < c.len - cut && n < 5000; at++, n++) {
				piece[n] = c.p + at;
				len[n] = n == 4999 ? c.len - cut - at : 1;
			}
			feed(&bytes, piece, len, n);
			len[0] = c.len - cut;
			feed(&whole, piece, len, 1);
			assert_int_equal(whole.ret, bytes.ret);
			assert_int_equal(whole.len, bytes.len);
			free(bytes.out);
			free(whole.out);
		}
		free(c.p);
	}
}

static void check_bad(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run r = { .coding = user, .max = PLENTY };

	feed(&r, piece, len, n);
	assert_int_equal(r.ret, GT_EBAD);
	free(r.out);
}

/* A second member or frame with a good beginning must not be ignored, in any pieces. */
static void test_inflate_a_second_part_that_breaks_off_badly_is_refused(void **state)
{
	static const char frames[] = "\x28\xb5\x2f\xfd\x00\x00\x29\x00\x00"
				     "hello" /* raw and last; then raw, and a block of an invalid type */
				     "\x28\xb5\x2f\xfd\x00\x00\x28\x00\x00"
				     "world\x07\x00\x00";
	struct coded c = code("gzip", "hello", 5), second = code("gzip", "world", 5);

	(void)state;
	add(&c, second.p, second.len);
	c.p[c.len - 8] = (char)(c.p[c.len - 8] ^ 1); /* its checksum */
	gt_every_split(c.p, c.len, check_bad, (void *)"gzip");
	gt_every_split(frames, sizeof(frames) - 1, check_bad, (void *)"zstd");
	free(c.p);
	free(second.p);
}

static void test_inflate_damaged_bytes_are_refused_or_give_something_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded c = code(codings[i], text, TEXT_LEN);

		for (size_t at = 0; at < c.len; at++) {
			for (int flip = 1; flip < 256; flip <<= 1) {
				struct run r = { .max = 5000 };

				c.p[at] = (char)(c.p[at] ^ flip);
				feed_whole(&r, &c);
				assert_true(r.ret == 0 || r.ret == GT_EBAD || r.ret == GT_ETOOBIG);
				free(r.out);
				c.p[at] = (char)(c.p[at] ^ flip);
			}
		}
		free(c.p);
	}
}

static void test_inflate_bombs_stop_at_the_cap(void **state)
{
	static char plain[4 << 20];
	static const uint64_t caps[] = { 0, 1, 1000, 16384, 100000, sizeof(plain) - 1, sizeof(plain) };
	static const char zstd_begin[] = "\x28\xb5\x2f\xfd\x00\x38"; /* a window of 128 KiB, no sizes */

	(void)state;
	memset(plain, 'a', sizeof(plain));
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded c = { codings[i], NULL, 0 };

		if (!strcmp(codings[i], "br")) {
			add(&c, br_4_mib_of_a, sizeof(br_4_mib_of_a) - 1);
		} else if (!strcmp(codings[i], "zstd")) {
			add(&c, zstd_begin, sizeof(zstd_begin) - 1);
			for (int k = 0; k < 32; k++) /* one byte 128 Ki times; 16 Ki << 3 | RLE << 1 | last */
				add(&c,
				    k == 31 ? "\x03\x00\x10"
					      "a" :
					      "\x02\x00\x10"
					      "a",
				    4);
		} else {
			c = code(codings[i], plain, sizeof(plain));
		}
		for (size_t k = 0; k < GT_ROWS(caps); k++) {
			struct run r = { .max = caps[k] };

			feed_whole(&r, &c);
			assert_int_equal(r.ret, caps[k] < sizeof(plain) ? GT_ETOOBIG : 0);
			if (r.ret == 0)
				assert_int_equal(r.len, sizeof(plain));
			assert_memory_equal(r.len ? r.out : "", plain, r.len);
			free(r.out);
		}
		free(c.p);
	}
}

/* RFC 9659: a decoder must support windows of up to 8 MiB, and may reject longer windows. A window of 128 MiB
 * would be a bomb of 6 bytes. */
static void test_inflate_zstd_windows_beyond_8_mib_are_refused(void **state)
{
	static const struct {
		char window; /* exponent << 3, of 1 KiB */
		int ret;
	} rows[] = { { 0 << 3, 0 }, { 13 << 3, 0 }, { 14 << 3, GT_EBAD }, { 17 << 3, GT_EBAD } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char bytes[] = "\x28\xb5\x2f\xfd\x00_\x03\x00\x00"
			       "a"; /* one empty block */
		struct coded c = { "zstd", bytes, sizeof(bytes) - 1 };
		struct run r = { .max = PLENTY };

		bytes[5] = rows[i].window;
		feed_whole(&r, &c);
		assert_int_equal(r.ret, rows[i].ret);
		free(r.out);
	}
}

static void count(void *ctx, const char *p, size_t len)
{
	(void)p;
	*(size_t *)ctx += len;
}

static void test_inflate_without_memory_fails_and_leaks_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		struct coded c = code(codings[i], text, TEXT_LEN);
		int n;

		for (n = 1; gt_fail_nth(n); n++) {
			struct gt_inflate *z;
			size_t len = 0;
			int ret = gt_inflate_open(gt_str_of(c.coding), &z);

			if (ret) {
				assert_int_equal(ret, GT_ENOMEM);
				assert_null(z);
				continue;
			}
			for (size_t k = 0; k < c.len && !ret; k++)
				ret = gt_inflate_feed(z, c.p + k, 1, PLENTY, count, &len);
			assert_true(ret == GT_ENOMEM || (ret == 0 && len == TEXT_LEN));
			gt_inflate_close(z);
		}
		gt_fail_none();
		assert_true(n > 1);
		free(c.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_inflate_opens_the_codings_it_knows),
		GT_TEST(test_inflate_every_coding_in_any_pieces_gives_the_text),
		GT_TEST(test_inflate_nothing_at_all_is_nothing),
		GT_TEST(test_inflate_gives_what_a_server_has_flushed),
		GT_TEST(test_inflate_long_texts_come_out_whole),
		GT_TEST(test_inflate_gzip_members_and_zstd_frames_follow_each_other),
		GT_TEST(test_inflate_what_stands_behind_the_end_is_ignored),
		GT_TEST(test_inflate_a_text_cut_short_gives_its_beginning),
		GT_TEST(test_inflate_bytes_of_no_coding_are_refused_for_good),
		GT_TEST(test_inflate_what_can_be_decoded_comes_out_at_once),
		GT_TEST(test_inflate_a_second_part_that_breaks_off_badly_is_refused),
		GT_TEST(test_inflate_damaged_bytes_are_refused_or_give_something_bounded),
		GT_TEST(test_inflate_bombs_stop_at_the_cap),
		GT_TEST(test_inflate_zstd_windows_beyond_8_mib_are_refused),
		GT_TEST(test_inflate_without_memory_fails_and_leaks_nothing),
	};

	return GT_TESTS(tests);
}
