/*
 * TLS sessions with several owners: a free by one of them is not the end.
 *
 *	owners up_ref|early|dup|bio|retry
 *
 * up_ref: each owner frees after its part of an exchange. early: the second owner comes before the first bytes. dup:
 * SSL_dup of a session in use, which is the same object. bio: an owner frees through BIO_free_all, inside the library;
 * the next session may get the address. retry: an owner frees while a refused write is owed.
 *
 * cc: -O1 -lssl -lcrypto -ldl
 */
#include "peer_tls.h"

static char sent[1 << 16], got[1 << 16];
static size_t len;

static void ask(SSL *ssl, const char *tag)
{
	len = ask_for(sent, sizeof(sent), tag, 0);
	MUST(SSL_write(ssl, sent, (int)len) == (int)len);
}

static bool hear_answer(struct tls_pair p)
{
	char heard[4096];
	size_t n = far_tls_sip(p.far, got, sizeof(got));
	bool same = same_but_for_lines(got, n, sent, len) && far_tls_answer(p.far);
	int k = SSL_read(p.near, heard, sizeof(heard));

	return same && k == (int)strlen(chat_answer()) && !memcmp(heard, chat_answer(), (size_t)k);
}

static void say_whether(const char *tag, bool whole)
{
	printf("%s: %s\n", tag, whole ? "whole" : "broken");
}

static void up_ref(bool is_early)
{
	struct tls_pair p = tls_pair_up(0, 1 << 16);
	char tag[16];

	if (is_early)
		MUST(SSL_up_ref(p.near));
	for (int i = 0; i < 3; i++) {
		snprintf(tag, sizeof(tag), "shared-%d", i);
		if (!is_early || i)
			MUST(SSL_up_ref(p.near));
		ask(p.near, tag);
		SSL_free(p.near); /* the writer is done with it */
		say_whether(tag, hear_answer(p));
	}
	SSL_free(p.near);
}

static void dup_(void)
{
	struct tls_pair p = tls_pair_up(0, 1 << 16);
	SSL *same;

	ask(p.near, "first");
	same = SSL_dup(p.near);
	printf("the same object: %d\n", same == p.near);
	SSL_free(same);
	say_whether("first", hear_answer(p));
	ask(p.near, "second");
	say_whether("second", hear_answer(p));
	SSL_free(p.near);
}

static void bio(void)
{
	char tag[16];

	for (int i = 0; i < 4; i++) {
		struct tls_pair p = tls_pair_up(0, 1 << 16);
		BIO *owner = BIO_new(BIO_f_ssl());

		snprintf(tag, sizeof(tag), "bio-%d", i);
		BIO_set_ssl(owner, p.near, BIO_CLOSE);
		MUST(SSL_up_ref(p.near));
		ask(p.near, tag);
		say_whether(tag, hear_answer(p));
		SSL_free(p.near);
		BIO_free_all(owner);
		SSL_free(p.far);
	}
}

/* The buffer between the two ends is smaller than the request: OpenSSL refuses, and wants the same write again. */
static void retry(void)
{
	struct tls_pair p = tls_pair_up(0, 2048);
	size_t have = 0;
	int n = -1;

	MUST(SSL_up_ref(p.near));
	len = ask_for(sent, sizeof(sent), "refused", 8000);
	for (int i = 0; n <= 0 && i < 1000; i++) {
		n = SSL_write(p.near, sent, (int)len);
		if (!i)
			SSL_free(p.near); /* an owner lets go in the middle */
		have += far_tls_sip(p.far, got + have, sizeof(got) - have);
	}
	MUST(n == (int)len);
	for (int i = 0; !request_len(got, have) && i < 1000; i++)
		have += far_tls_sip(p.far, got + have, sizeof(got) - have);
	printf("arrived as sent: %d\n", same_but_for_lines(got, have, sent, len));
	MUST(far_tls_answer(p.far));
	n = SSL_read(p.near, got, sizeof(got));
	printf("answer of %d bytes\n", n);
	SSL_free(p.near);
}

int main(int argc, char *argv[])
{
	MUST(argc == 2);
	if (!strcmp(argv[1], "dup"))
		dup_();
	else if (!strcmp(argv[1], "bio"))
		bio();
	else if (!strcmp(argv[1], "retry"))
		retry();
	else
		up_ref(!strcmp(argv[1], "early"));
	say_lines();
	return 0;
}
