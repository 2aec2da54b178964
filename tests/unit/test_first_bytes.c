/* The protocol of a connection that gentap cannot read. */
#include "support/guard_page.h"
#include "support/test.h"

#include "shim/first_bytes.h"

/* A ClientHello with these extensions, whose lengths are right. */
static size_t hello(char *out, const char *extensions, size_t extensions_len)
{
	static const char middle[] = "\x04sess\x00\x02\x13\x01\x01"; /* session id, cipher suites, and one compression, 0 */
	size_t body = 2 + 32 + sizeof(middle) + 2 + extensions_len, n = 0;

	memcpy(out, "\x16\x03\x01", 3);
	out[3] = (char)((body + 4) >> 8);
	out[4] = (char)(body + 4);
	memcpy(out + 5, "\x01\x00", 2);
	out[7] = (char)(body >> 8);
	out[8] = (char)body;
	memcpy(out + 9, "\x03\x03", 2);
	memset(out + 11, 'r', 32);
	n = 11 + 32;
	memcpy(out + n, middle, sizeof(middle));
	n += sizeof(middle);
	out[n++] = (char)(extensions_len >> 8);
	out[n++] = (char)extensions_len;
	memcpy(out + n, extensions, extensions_len);
	return n + extensions_len;
}

static void test_first_bytes_name_the_server_of_a_hello(void **state)
{
	static const struct {
		const char *extensions;
		size_t len;
		const char *host;
	} rows[] = {
#define ROW(text, host) { text, sizeof(text) - 1, host }
		ROW("\x00\x00\x00\x10\x00\x0e\x00\x00\x0b"
		    "api.example",
		    "api.example"),
		ROW("\x00\x17\x00\x00\x00\x00\x00\x06\x00\x04\x00\x00\x01x", "x"),
		ROW("\x00\x17\x00\x02??\x00\x00\x00\x06\x00\x04\x00\x00\x01x\x00\x23\x00\x00", "x"),
		ROW("\x00\x17\x00\x00", ""),
		ROW("", ""),
		ROW("\x00\x00\x00\x06\x00\x04\x01\x00\x01x", ""),    /* another type of name */
		ROW("\x00\x00\x00\x06\x00\x04\x00\x00\x09x", ""),    /* longer than what is there */
		ROW("\x00\x00\x00\x06\x00\x04\x00\x00\x01\x1b", ""), /* no name of a host */
		ROW("\x00\x00\x00\x05\x00\x03\x00\x00\x00", ""),
		ROW("\x00\x17\xff\xff", ""),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char bytes[256];
		struct gt_str host;
		size_t len = hello(bytes, rows[i].extensions, rows[i].len);

		assert_int_equal(gt_first_bytes_read(bytes, len, &host), GT_PROTOCOL_TLS);
		if (!gt_str_eq(host, gt_str_of(rows[i].host)))
			fail_msg("row %zu: %.*s", i, GT_STR_ARG(host));
	}
}

static void test_first_bytes_are_read_no_further_than_they_go(void **state)
{
	static const char extensions[] = "\x00\x17\x00\x00\x00\x00\x00\x10\x00\x0e\x00\x00\x0b"
					 "api.example";
	char bytes[256];
	size_t len = hello(bytes, extensions, sizeof(extensions) - 1);

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		struct gt_str host;
		char *p = gt_guard_end(bytes, n);
		enum gt_protocol protocol = gt_first_bytes_read(p, n, &host);

		assert_int_equal(protocol, n < 6 ? GT_PROTOCOL_OTHER : GT_PROTOCOL_TLS);
		assert_int_equal(host.len, n < len ? 0 : 11);
		gt_guard_free(p, n);
	}
}

static void test_first_bytes_of_other_protocols(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum gt_protocol protocol;
	} rows[] = {
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24, GT_PROTOCOL_HTTP2 },
		{ "PRI * HTTP/2.0\r\n", 16, GT_PROTOCOL_HTTP2 },
		{ "PRI * HTTP", 10, GT_PROTOCOL_OTHER },
		{ "GET / HTTP/1.1\r\n", 16, GT_PROTOCOL_OTHER },
		{ "\x16\xfe\xff\x00\x00\x01\x01", 7, GT_PROTOCOL_OTHER },     /* DTLS */
		{ "\x16\x03\x03\x00\x10\x02", 6, GT_PROTOCOL_OTHER },	      /* a ServerHello */
		{ "\x00\x00\x00\x08\x04\xd2\x16\x2f", 8, GT_PROTOCOL_OTHER }, /* PostgreSQL */
		{ "", 0, GT_PROTOCOL_OTHER },
	};
	char datagram[1200] = "\xc3\x00\x00\x00\x01";
	struct gt_str host;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(gt_first_bytes_read(rows[i].text, rows[i].len, &host), rows[i].protocol);
	assert_int_equal(gt_first_bytes_read(datagram, sizeof(datagram), &host), GT_PROTOCOL_QUIC);
	assert_int_equal(gt_first_bytes_read(datagram, sizeof(datagram) - 1, &host), GT_PROTOCOL_OTHER);
	memcpy(datagram + 1, "\x6b\x33\x43\xcf", 4);
	assert_int_equal(gt_first_bytes_read(datagram, sizeof(datagram), &host), GT_PROTOCOL_QUIC);
	datagram[0] = 0x43;
	assert_int_equal(gt_first_bytes_read(datagram, sizeof(datagram), &host), GT_PROTOCOL_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_first_bytes_name_the_server_of_a_hello),
		GT_TEST(test_first_bytes_are_read_no_further_than_they_go),
		GT_TEST(test_first_bytes_of_other_protocols),
	};

	return GT_TESTS(tests);
}
