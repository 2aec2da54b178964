/*
 * Requests over TLS through a buffer of a few bytes. SSL_write refuses again and again, and the program repeats the
 * call as OpenSSL requires. With and without the modes that relax this.
 *
 *	partial_tls ROOM BODY
 *
 * cc: -O1 -lssl -lcrypto
 */
#include "peer_tls.h"

static const struct {
	const char *name;
	long mode;
	bool ex, moves, grows;
	size_t first; /* unless 0: offer this many bytes first, and all of them after a refusal */
} ways[] = {
	{ "strict", 0, false, false, false, 0 },
	{ "strict-ex", 0, true, false, false, 0 },
	{ "partial", SSL_MODE_ENABLE_PARTIAL_WRITE, false, false, false, 0 },
	{ "partial-ex", SSL_MODE_ENABLE_PARTIAL_WRITE, true, false, false, 0 },
	{ "moving", SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, false, true, false, 0 },
	{ "moving-ex", SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, true, true, false, 0 },
	{ "both", SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, false, true, false, 0 },
	{ "both-ex", SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, true, true, false, 0 },
	/* a refused write is repeated with more bytes after it */
	{ "growing", SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, true, true, true, 0 },
	{ "longer", 0, false, false, false, 300 },
	{ "longer-ex", 0, true, false, false, 300 },
	{ "torn-head", 0, false, false, false, 60 },
	{ "longer-moving", SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, false, true, false, 300 },
};

/* Returns bytes accepted, 0 when refused, -1 on an error. */
static long offer(SSL *ssl, bool ex, const char *p, size_t len)
{
	size_t written = 12345;
	int ret = ex ? SSL_write_ex(ssl, p, len, &written) : SSL_write(ssl, p, (int)len);
	int why = SSL_get_error(ssl, ret);

	if (ret > 0)
		return ex ? (long)written : ret;
	return (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) && ret == (ex ? 0 : -1) ? 0 : -1;
}

static const char *send_all(struct tls_pair p, int way, const char *sent, size_t len, char *got, size_t cap, size_t *got_len)
{
	bool partial = ways[way].mode & SSL_MODE_ENABLE_PARTIAL_WRITE;
	size_t done = 0, tries = 0;
	char *copy = NULL;

	while (done < len) {
		size_t left = len - done;
		const char *from = sent + done;
		long n;

		if (++tries > 50 * len + 10000)
			return "stuck";
		if (ways[way].grows && left > 100 + tries)
			left = 100 + tries;
		if (ways[way].first && tries == 1)
			left = ways[way].first;
		if (ways[way].moves) {
			free(copy);
			copy = malloc(left);
			from = memcpy(copy, from, left);
		}
		n = offer(p.near, ways[way].ex, from, left);
		if (n < 0)
			return "error";
		if ((size_t)n > left || (n && !partial && (size_t)n != left))
			return "miscounted";
		done += (size_t)n;
		*got_len += far_tls_sip(p.far, got + *got_len, cap - *got_len);
	}
	free(copy);
	for (int i = 0; !request_len(got, *got_len); i++) {
		if (i > 100000)
			return "lost";
		*got_len += far_tls_sip(p.far, got + *got_len, cap - *got_len);
	}
	return "sent";
}

/* Peeks, then reads. Both return the same bytes, which must count once. */
static bool hear_tls(struct tls_pair p, bool ex)
{
	const char *want = chat_answer();
	size_t have = 0, len = strlen(want), n, peeked;
	char buf[1024], look[1024];
	bool said = false;

	for (int i = 0; have < len && i < 100000; i++) {
		int ret;

		said = said || far_tls_answer(p.far);
		if (ex) {
			ret = SSL_peek_ex(p.near, look, sizeof(look), &peeked) ?
				      SSL_read_ex(p.near, buf + have, sizeof(buf) - have, &n) :
				      0;
		} else {
			peeked = 0;
			ret = SSL_peek(p.near, look, 9);
			if (ret > 0)
				peeked = (size_t)ret;
			ret = ret > 0 ? SSL_read(p.near, buf + have, 9 < len - have ? 9 : (int)(len - have)) : 0;
			n = ret > 0 ? (size_t)ret : 0;
		}
		if (ret <= 0)
			continue;
		if (memcmp(look, buf + have, n < peeked ? n : peeked) != 0)
			return false;
		have += n;
	}
	return have == len && memcmp(buf, want, len) == 0;
}

int main(int argc, char *argv[])
{
	size_t room = argc > 1 ? strtoul(argv[1], NULL, 10) : 17, body = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
	size_t cap = body + 4096;
	char *sent = malloc(cap), *got = malloc(cap), tag[64];

	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		struct tls_pair p = tls_pair_up(ways[way].mode, room);

		for (int i = 0; i < 2; i++) {
			size_t len, n = 0;

			snprintf(tag, sizeof(tag), "%s-%d", ways[way].name, i);
			len = ask_for(sent, cap, tag, body);
			printf("%s: %s", tag, send_all(p, (int)way, sent, len, got, cap, &n));
			printf(" %s", same_but_for_lines(got, n, sent, len) ? "same" : "changed");
			printf(", heard %s\n", hear_tls(p, ways[way].ex) ? "all" : "something else");
		}
		SSL_free(p.near);
		SSL_free(p.far);
	}
	say_lines();
	return 0;
}
