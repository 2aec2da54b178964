/*
 * TLS without a network: two sessions over a pair of memory buffers of any size. The far session is driven through
 * pointers into the library. So only the near session uses symbols that a preload can intercept.
 */
#ifndef PEER_TLS_H
#define PEER_TLS_H

#include <dlfcn.h>
#include <openssl/ssl.h>

#include "peer.h"

struct tls_pair {
	SSL *near, *far;
};

static int (*far_ssl_accept)(SSL *);
static int (*far_ssl_read)(SSL *, void *, int);
static int (*far_ssl_write)(SSL *, const void *, int);

UNUSED static SSL_CTX *tls_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	/* anonymous ciphers need no certificates */
	MUST(ctx && SSL_CTX_set_cipher_list(ctx, "ADH-AES128-GCM-SHA256:@SECLEVEL=0"));
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_dh_auto(ctx, 1);
	return ctx;
}

/* `mode` is the near session's; `room` is the size of each buffer. */
UNUSED static struct tls_pair tls_pair_up(long mode, size_t room)
{
	static SSL_CTX *near_ctx, *far_ctx;
	struct tls_pair p;
	BIO *a, *b;

	if (!near_ctx) {
		void *lib = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD);

		MUST(lib);
		*(void **)&far_ssl_accept = dlsym(lib, "SSL_accept");
		*(void **)&far_ssl_read = dlsym(lib, "SSL_read");
		*(void **)&far_ssl_write = dlsym(lib, "SSL_write");
		near_ctx = tls_context(TLS_client_method());
		far_ctx = tls_context(TLS_server_method());
	}
	p.near = SSL_new(near_ctx);
	p.far = SSL_new(far_ctx);
	SSL_clear_mode(p.near, ~0L);
	SSL_set_mode(p.near, mode);
	SSL_set_tlsext_host_name(p.near, "localhost");
	MUST(BIO_new_bio_pair(&a, room, &b, room) == 1);
	SSL_set_bio(p.near, a, a);
	SSL_set_bio(p.far, b, b);
	for (int i = 0; i < 100000; i++) {
		int near = SSL_connect(p.near), far = far_ssl_accept(p.far);

		if (near == 1 && far == 1)
			return p;
	}
	MUST(!"no handshake");
	return p;
}

/* Reads what has arrived, at most one record. */
UNUSED static size_t far_tls_sip(SSL *far, char *buf, size_t cap)
{
	int n = far_ssl_read(far, buf, (int)(cap < 30000 ? cap : 30000));

	return n > 0 ? (size_t)n : 0;
}

/* Writes the canned answer. True when all of it is written; false while the buffer is full and the near side must
 * read first. */
UNUSED static bool far_tls_answer(SSL *far)
{
	return far_ssl_write(far, chat_answer(), (int)strlen(chat_answer())) > 0;
}

#endif
