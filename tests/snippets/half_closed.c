/*
 * A TLS client that closes its half of the session after its request and then reads the whole answer. And clients
 * that do not read it, or read it first.
 *
 * cc: -O1 -lssl -lcrypto
 */
#include "peer_tls.h"

static struct tls_pair ask(const char *tag)
{
	static char sent[4096], got[4096];
	struct tls_pair p = tls_pair_up(0, 20000);
	size_t len = ask_for(sent, sizeof(sent), tag, 200);

	MUST(SSL_write(p.near, sent, (int)len) == (int)len);
	MUST(same_but_for_lines(got, far_tls_sip(p.far, got, sizeof(got)), sent, len));
	return p;
}

static void hear_it(struct tls_pair p, const char *tag)
{
	char got[4096];
	int n;

	MUST(far_tls_answer(p.far));
	n = SSL_read(p.near, got, sizeof(got));
	printf("%s: heard %s\n", tag,
	       n == (int)strlen(chat_answer()) && !memcmp(got, chat_answer(), (size_t)n) ? "all" : "something else");
}

int main(void)
{
	struct tls_pair p = ask("half");

	printf("half: %d\n", SSL_shutdown(p.near));
	hear_it(p, "half");
	SSL_free(p.near);

	/* these clients do not wait for an answer */
	p = ask("twice");
	printf("twice: %d", SSL_shutdown(p.near));
	printf(" %d\n", SSL_shutdown(p.near));
	p = ask("half-then-freed");
	printf("half-then-freed: %d\n", SSL_shutdown(p.near));
	SSL_free(p.near);

	p = ask("closed-by-both");
	hear_it(p, "closed-by-both");
	SSL_shutdown(p.far);
	printf("closed-by-both: %d\n", SSL_shutdown(p.near));
	say_lines();
	return 0;
}
