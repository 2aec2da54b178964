#include "shim/first_bytes.h"

#define HOST_MAX 253 /* RFC 1035, 2.3.4 */

/* A cursor over big-endian fields. After an overrun every read gives 0, and nothing is left. */
struct cursor {
	const uint8_t *p;
	size_t left;
};

static uint32_t number(struct cursor *c, size_t bytes)
{
	uint32_t v = 0;

	if (c->left < bytes) {
		c->left = 0;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | c->p[i];
	c->p += bytes;
	c->left -= bytes;
	return v;
}

static void skip(struct cursor *c, size_t n)
{
	if (n > c->left)
		n = c->left;
	c->p += n;
	c->left -= n;
}

static bool is_host(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = gt_lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))
			return false;
	}
	return s.len && s.len <= HOST_MAX;
}

/* The first name in a server_name extension: length of the list, type 0, length of the name. */
static struct gt_str name_in(struct cursor c)
{
	struct gt_str name;
	uint32_t len;

	number(&c, 2);
	if (number(&c, 1) != 0)
		return GT_STR("");
	len = number(&c, 2);
	name = gt_str_make((const char *)c.p, len);
	return len <= c.left && is_host(name) ? name : GT_STR("");
}

/* RFC 8446, 4.1.2: after the record's head and the message's head. */
static struct gt_str server_name(struct cursor c)
{
	skip(&c, 5 + 4 + 2 + 32);
	skip(&c, number(&c, 1)); /* session id */
	skip(&c, number(&c, 2)); /* cipher suites */
	skip(&c, number(&c, 1)); /* compression methods */
	number(&c, 2);
	while (c.left >= 4) {
		uint32_t type = number(&c, 2), len = number(&c, 2);

		if (type == 0)
			return name_in((struct cursor){ c.p, len < c.left ? len : c.left });
		skip(&c, len);
	}
	return GT_STR("");
}

/* A handshake record of TLS 1.0 to 1.3 (the version in it is at most 1.2) that holds a ClientHello. */
static bool is_tls(const uint8_t *p, size_t len)
{
	return len >= 6 && p[0] == 22 && p[1] == 3 && p[2] <= 4 && p[5] == 1;
}

/* RFC 9113, 3.4 */
static bool is_http2(struct gt_str s)
{
	return gt_str_starts(s, GT_STR("PRI * HTTP/2.0\r\n"));
}

/* The first datagram of a client has at least 1200 bytes (RFC 9000, 14.1), a long head, and version 1 or 2 (RFC 9369). */
static bool is_quic(const uint8_t *p, size_t len)
{
	static const uint8_t versions[][4] = { { 0, 0, 0, 1 }, { 0x6b, 0x33, 0x43, 0xcf } };

	return len >= 1200 && (p[0] & 0xc0) == 0xc0 && (!memcmp(p + 1, versions[0], 4) || !memcmp(p + 1, versions[1], 4));
}

enum gt_protocol gt_first_bytes_read(const char *p, size_t len, struct gt_str *host)
{
	const uint8_t *b = (const uint8_t *)p;

	*host = GT_STR("");
	if (is_tls(b, len)) {
		*host = server_name((struct cursor){ b, len });
		return GT_PROTOCOL_TLS;
	}
	return is_http2(gt_str_make(p, len)) ? GT_PROTOCOL_HTTP2 : is_quic(b, len) ? GT_PROTOCOL_QUIC : GT_PROTOCOL_OTHER;
}
