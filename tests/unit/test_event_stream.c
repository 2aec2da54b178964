/*
 * The output is text as in test_stream.c: <event:data>. Every stream is fed by gt_every_split.
 */
#include "support/documents.h"
#include "support/event_frames.h"
#include "support/every_split.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include <zlib.h>

#include "exporter/base/base64.h"
#include "exporter/exchange/event_stream.h"

#define MAX 300 /* cap of a frame */

struct bytes {
	char p[4000];
	size_t len;
};

struct run {
	struct gt_documents got;
	bool broken;
	uint64_t lost;
	const char *want;
	bool want_broken;
	uint64_t want_lost;
};

static void put(struct bytes *b, const void *p, size_t len)
{
	assert_true(b->len + len <= sizeof(b->p));
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void put_number(struct bytes *b, uint32_t v, size_t bytes)
{
	while (bytes--) {
		char c = (char)(v >> (8 * bytes));

		put(b, &c, 1);
	}
}

static void put_string(struct bytes *headers, const char *name, const char *value)
{
	headers->len += gt_event_header(headers->p + headers->len, name, value);
}

/* A header of another type. `value` has its bytes, after their length where the type has a length. */
static void put_typed(struct bytes *headers, const char *name, int type, const char *value, size_t len)
{
	put_number(headers, (uint32_t)strlen(name), 1);
	put(headers, name, strlen(name));
	put_number(headers, (uint32_t)type, 1);
	put(headers, value, len);
}

static void put_frame(struct bytes *b, const struct bytes *headers, const char *payload)
{
	assert_true(b->len + 16 + headers->len + strlen(payload) <= sizeof(b->p));
	b->len += gt_event_frame_raw(b->p + b->len, headers->p, headers->len, payload, strlen(payload));
}

static void put_event(struct bytes *b, const char *type, const char *payload)
{
	assert_true(b->len + 500 + strlen(payload) <= sizeof(b->p));
	b->len += gt_event_frame(b->p + b->len, type, payload, strlen(payload));
}

static void feed(void *user, const char *const piece[], const size_t len[], int n)
{
	struct gt_event_stream s;
	struct run *r = user;

	gt_documents_clear(&r->got);
	gt_event_stream_init(&s, MAX);
	for (int i = 0; i < n; i++)
		gt_event_stream_feed(&s, piece[i], len[i], gt_documents_add, &r->got);
	r->broken = s.is_broken;
	r->lost = s.lost;
	gt_event_stream_free(&s);
}

static void check(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *r = user;

	feed(r, piece, len, n);
	assert_string_equal(r->got.text, r->want);
	assert_int_equal(r->broken, r->want_broken);
	assert_int_equal(r->lost, r->want_lost);
}

static void check_bytes(const struct bytes *b, const char *want, bool broken, uint64_t lost)
{
	struct run r = { .want = want, .want_broken = broken, .want_lost = lost };

	gt_every_split(b->p, b->len, check, &r);
}

static void test_event_stream_frames_are_cut_apart_wherever_they_are_split(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_event(&b, "messageStart", "{\"role\":\"assistant\"}");
	put_event(&b, "contentBlockDelta", "{}");
	put_event(&b, "metadata", "");
	check_bytes(&b, "<messageStart:{\"role\":\"assistant\"}><contentBlockDelta:{}><metadata:>", false, 0);
}

static void test_event_stream_the_shortest_frame_has_neither_headers_nor_payload(void **state)
{
	struct bytes b = { .len = 0 }, none = { .len = 0 };

	(void)state;
	put_frame(&b, &none, "");
	put_frame(&b, &none, "x");
	check_bytes(&b, "<:><:x>", false, 0);
}

static void test_event_stream_exceptions_and_errors_are_distinguished(void **state)
{
	struct bytes b = { .len = 0 }, headers = { .len = 0 };

	(void)state;
	put_string(&headers, ":exception-type", "throttlingException");
	put_string(&headers, ":message-type", "exception");
	put_frame(&b, &headers, "{\"message\":\"slow\"}");
	headers.len = 0;
	put_string(&headers, ":message-type", "error");
	put_string(&headers, ":error-code", "InternalFailure");
	put_string(&headers, ":error-message", "it broke");
	put_frame(&b, &headers, "");
	check_bytes(&b, "<exception/throttlingException:{\"message\":\"slow\"}><error/InternalFailure:it broke>", false, 0);
}

static void test_event_stream_headers_of_every_type_are_stepped_over(void **state)
{
	struct bytes b = { .len = 0 }, headers = { .len = 0 };

	(void)state;
	put_typed(&headers, "t", 0, "", 0);
	put_typed(&headers, "f", 1, "", 0);
	put_typed(&headers, "b", 2, "\1", 1);
	put_typed(&headers, "s", 3, "\1\2", 2);
	put_typed(&headers, "i", 4, "\1\2\3\4", 4);
	put_typed(&headers, "l", 5, "12345678", 8);
	put_typed(&headers, "y", 6, "\0\3abc", 5);
	put_typed(&headers, "d", 8, "12345678", 8);
	put_typed(&headers, "u", 9, "0123456789abcdef", 16);
	put_typed(&headers, ":event-type", 6, "\0\3no!", 5); /* bytes are not a string */
	put_string(&headers, ":event-type", "chunk");
	put_frame(&b, &headers, "p");
	check_bytes(&b, "<chunk:p>", false, 0);
}

static void test_event_stream_headers_that_do_not_add_up_break_it(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\5ab", 3 },	       /* the name is longer than the header */
		{ "\1a", 2 },	       /* no type */
		{ "\1a\12", 3 },       /* an unknown type */
		{ "\1a\4\0\0", 5 },    /* a number cut short */
		{ "\1a\7\0", 4 },      /* a length cut short */
		{ "\1a\7\0\5abc", 8 }, /* a text cut short */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bytes b = { .len = 0 }, headers = { .len = 0 };

		put_event(&b, "first", "1");
		put(&headers, rows[i].bytes, rows[i].len);
		put_frame(&b, &headers, "x");
		put_event(&b, "never", "2");
		check_bytes(&b, "<first:1>", true, 0);
	}
}

static void test_event_stream_any_changed_byte_is_found_by_a_crc(void **state)
{
	struct bytes good = { .len = 0 };

	(void)state;
	put_event(&good, "a", "{\"x\":1}");
	for (size_t i = 0; i < good.len; i++) {
		struct bytes b = good;
		const char *piece[] = { b.p };
		struct run r;

		b.p[i] ^= 0x10;
		feed(&r, piece, &b.len, 1);
		assert_string_equal(r.got.text, "");
		assert_true(r.broken);
	}
}

static void test_event_stream_lengths_that_are_nonsense_break_it_even_with_a_good_crc(void **state)
{
	static const struct {
		uint32_t total, headers;
	} rows[] = {
		{ 15, 0 }, { 0, 0 }, { 16, 1 }, { 40, 25 }, { 0xffffffff, 0 }, { (16u << 20) + 1, 0 }, { 40, 0xffffffff }
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bytes b = { .len = 0 };

		put_number(&b, rows[i].total, 4);
		put_number(&b, rows[i].headers, 4);
		put_number(&b, (uint32_t)crc32(0, (const Bytef *)b.p, 8), 4);
		put(&b, "0123456789", 10);
		check_bytes(&b, "", true, 0);
	}
}

static void test_event_stream_a_frame_longer_than_the_cap_is_lost_with_what_follows(void **state)
{
	struct bytes b = { .len = 0 };
	char payload[MAX + 1];

	(void)state;
	memset(payload, 'x', sizeof(payload) - 1);
	payload[sizeof(payload) - 1] = 0;
	put_event(&b, "a", "1");
	put_event(&b, "b", payload);
	put_event(&b, "c", "3");
	check_bytes(&b, "<a:1>", false, 1);
}

static void test_event_stream_a_frame_cut_short_is_not_given(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_event(&b, "a", "1");
	put_event(&b, "b", "2");
	b.len--;
	check_bytes(&b, "<a:1>", false, 0);
}

static void test_event_stream_without_memory_the_frame_is_lost(void **state)
{
	struct bytes b = { .len = 0 };
	struct run r = { .want = "" };
	struct gt_event_stream s;

	(void)state;
	put_event(&b, "a", "1");
	gt_event_stream_init(&s, MAX);
	gt_fail_nth(1);
	gt_event_stream_feed(&s, b.p, 20, gt_documents_add, &r.got);
	gt_fail_none();
	gt_event_stream_feed(&s, b.p + 20, b.len - 20, gt_documents_add, &r.got);
	assert_int_equal(r.got.len, 0);
	assert_int_equal(s.lost, 1);
	gt_event_stream_free(&s);
}

static void test_base64_is_read_back(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: rejected */
	} rows[] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg", "foob" },
		{ "+/+/", "\xfb\xff\xbf" },
		{ "Zm9v=ignored", "foo" },
		{ "Zm 9v", NULL },
		{ "Zm9-", NULL },
		{ "\xff", NULL },
		{ "Z", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char out[32];
		long n = gt_base64_decode(gt_str_of(rows[i].in), out);

		assert_int_equal(n, rows[i].want ? (long)strlen(rows[i].want) : -1);
		if (rows[i].want)
			assert_memory_equal(out, rows[i].want, strlen(rows[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_event_stream_frames_are_cut_apart_wherever_they_are_split),
		GT_TEST(test_event_stream_the_shortest_frame_has_neither_headers_nor_payload),
		GT_TEST(test_event_stream_exceptions_and_errors_are_distinguished),
		GT_TEST(test_event_stream_headers_of_every_type_are_stepped_over),
		GT_TEST(test_event_stream_headers_that_do_not_add_up_break_it),
		GT_TEST(test_event_stream_any_changed_byte_is_found_by_a_crc),
		GT_TEST(test_event_stream_lengths_that_are_nonsense_break_it_even_with_a_good_crc),
		GT_TEST(test_event_stream_a_frame_longer_than_the_cap_is_lost_with_what_follows),
		GT_TEST(test_event_stream_a_frame_cut_short_is_not_given),
		GT_TEST(test_event_stream_without_memory_the_frame_is_lost),
		GT_TEST(test_base64_is_read_back),
	};

	return GT_TESTS(tests);
}
