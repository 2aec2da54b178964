/*
 * Asks a server with OpenSSL's BIO interface alone: bio_ways PORT WAY. Prints what the calls returned, and what came back.
 *
 * cc: -O1 -lssl -lcrypto
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY "{\"model\":\"gpt-5.1\",\"messages\":[]}"
#define HEAD                                                                                          \
	"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
	"Connection: close\r\nContent-Length: %d\r\n\r\n"

/* connect, buffer, by_hand, printf */
static BIO *chain(SSL_CTX *context, const char *way, const char *to)
{
	SSL *ssl = NULL;
	BIO *b;

	if (!strcmp(way, "by_hand")) {
		BIO *tcp = BIO_new_connect(to);

		b = BIO_new(BIO_f_ssl());
		ssl = SSL_new(context);
		SSL_set_connect_state(ssl);
		SSL_set_tlsext_host_name(ssl, "localhost");
		BIO_set_ssl(b, ssl, BIO_CLOSE);
		return BIO_push(b, tcp);
	}
	if (!strcmp(way, "new_ssl"))
		b = BIO_push(BIO_new_ssl(context, 1), BIO_new_connect(to));
	else
		b = strcmp(way, "buffer") ? BIO_new_ssl_connect(context) : BIO_new_buffer_ssl_connect(context);
	BIO_get_ssl(b, &ssl);
	SSL_set_tlsext_host_name(ssl, "localhost");
	if (strcmp(way, "new_ssl"))
		BIO_set_conn_hostname(b, to);
	return b;
}

int main(int argc, char *argv[])
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	char to[64], request[1000], buf[4096];
	const char *way = argc > 2 ? argv[2] : "";
	size_t all = 0;
	BIO *b;
	int n;

	if (argc != 3)
		return 2;
	snprintf(to, sizeof(to), "127.0.0.1:%s", argv[1]);
	b = chain(context, way, to);
	n = snprintf(request, sizeof(request), HEAD "%s", (int)strlen(BODY), BODY);
	if (!strcmp(way, "printf"))
		printf("%d\n", BIO_printf(b, HEAD "%s", (int)strlen(BODY), BODY));
	else if (!strcmp(way, "puts"))
		printf("%d\n", BIO_puts(b, request));
	else
		printf("%d\n", BIO_write(b, request, n));
	(void)!BIO_flush(b);
	if (!strcmp(way, "buffer"))
		while ((n = BIO_gets(b, buf, sizeof(buf))) > 0)
			all += (size_t)n;
	else
		while ((n = BIO_read(b, buf, sizeof(buf))) > 0)
			all += (size_t)n;
	printf("answer: %s\n", all > 100 ? "yes" : "no");
	BIO_free_all(b);
	SSL_CTX_free(context);
	return 0;
}
