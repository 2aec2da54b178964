/*
 * A TLS request that the library refuses half way and that the program gives up. The next write must arrive whole,
 * even on a session that has the address or the slot of the first session.
 *
 *	refused server	the next session is a server's;
 *	refused inside	the library freed the first session, together with its BIO;
 *	refused fork	a child uses the next session;
 *	refused asleep	another exchange was answered before.
 *
 * cc: -O1 -lssl -lcrypto
 */
#include "peer_tls.h"

#define BODY 50000

static char sent[300000], got[400000];
static SSL_CTX *client, *server;

/* The far session is driven through pointers, whichever side is the server. */
static struct tls_pair next_pair(bool near_serves)
{
	int (*far_connect)(SSL *);
	struct tls_pair p;
	BIO *a, *b;

	*(void **)&far_connect = dlsym(dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD), "SSL_connect");
	p.near = SSL_new(near_serves ? server : client);
	p.far = SSL_new(near_serves ? client : server);
	MUST(BIO_new_bio_pair(&a, 200000, &b, 200000) == 1);
	SSL_set_bio(p.near, a, a);
	SSL_set_bio(p.far, b, b);
	for (int i = 0; i < 100; i++) {
		int near = near_serves ? SSL_accept(p.near) : SSL_connect(p.near);
		int far = near_serves ? far_connect(p.far) : far_ssl_accept(p.far);

		if (near == 1 && far == 1)
			return p;
	}
	MUST(!"no handshake");
	return p;
}

static void say_whether_whole(struct tls_pair p, const char *head)
{
	size_t len = (size_t)sprintf(sent, "%sContent-Length: %d\r\n\r\n", head, BODY) + BODY, n = 0, more;
	int wrote;

	memset(sent + len - BODY, 'y', BODY);
	wrote = SSL_write(p.near, sent, (int)len);
	while ((more = far_tls_sip(p.far, got + n, sizeof(got) - n)))
		n += more;
	printf("wrote %s, arrived %s\n", wrote == (int)len ? "all" : "a part",
	       n == len && !memcmp(got, sent, len) ? "same" : "changed");
	fflush(stdout);
}

static void serve(void)
{
	struct tls_pair p = next_pair(true);
	const char *request = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
	char in[100];

	MUST(far_ssl_write(p.far, request, (int)strlen(request)) > 0);
	MUST(SSL_read(p.near, in, sizeof(in)) > 0);
	say_whether_whole(p, "HTTP/1.1 200 OK\r\n");
}

int main(int argc, char *argv[])
{
	const char *how = argc > 1 ? argv[1] : "server";
	struct tls_pair p = tls_pair_up(0, 40000);
	size_t len = ask_for(sent, sizeof(sent), "big", 100000);
	SSL *was = p.near;
	int ret = SSL_write(p.near, sent, (int)len);

	client = tls_context(TLS_client_method());
	server = tls_context(TLS_server_method());
	printf("%d %d\n", ret, SSL_get_error(p.near, ret) == SSL_ERROR_WANT_WRITE);
	if (!strcmp(how, "server")) {
		SSL_shutdown(p.near);
		SSL_free(p.near);
		serve();
	} else if (!strcmp(how, "fork")) {
		fflush(stdout);
		if (fork() == 0) {
			serve();
			_exit(0);
		}
		wait(NULL);
	} else {
		if (!strcmp(how, "asleep")) {
			printf("other %d\n", exchange(pair_up(0), "other"));
			nap_ms(300); /* time for a thread that the answer started */
			SSL_free(p.near);
		} else {
			BIO *f = BIO_new(BIO_f_ssl());

			BIO_set_ssl(f, p.near, BIO_CLOSE);
			BIO_free_all(f);
		}
		p = next_pair(false);
		printf("at the same address %d\n", p.near == was);
		say_whether_whole(p, "POST /upload HTTP/1.1\r\nHost: x\r\n");
	}
	return 0;
}
