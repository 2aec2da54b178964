/*
 * Asks a server over TLS with Mbed TLS inside, a library that gentap does not know: mbed_client PORT NAME.
 *
 * cc: -O1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

static int fail(const char *what, int code)
{
	printf("%s: %d\n", what, code);
	return 1;
}

int main(int argc, char *argv[])
{
	static const char request[] =
		"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		"Content-Length: 34\r\nConnection: close\r\n\r\n{\"model\":\"gpt-5.1\",\"messages\":[]}\n";
	mbedtls_ctr_drbg_context random;
	mbedtls_entropy_context entropy;
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	mbedtls_net_context net;
	size_t all = 0;
	char buf[4096];
	int n;

	if (argc != 3)
		return 2;
	mbedtls_ctr_drbg_init(&random);
	mbedtls_entropy_init(&entropy);
	mbedtls_ssl_config_init(&config);
	mbedtls_ssl_init(&ssl);
	mbedtls_net_init(&net);
	mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0);
	if ((n = mbedtls_net_connect(&net, "127.0.0.1", argv[1], MBEDTLS_NET_PROTO_TCP)))
		return fail("connect", n);
	mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
	mbedtls_ssl_setup(&ssl, &config);
	mbedtls_ssl_set_hostname(&ssl, argv[2]);
	mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
	while ((n = mbedtls_ssl_handshake(&ssl)) != 0)
		if (n != MBEDTLS_ERR_SSL_WANT_READ && n != MBEDTLS_ERR_SSL_WANT_WRITE)
			return fail("handshake", n);
	if ((n = mbedtls_ssl_write(&ssl, (const unsigned char *)request, sizeof(request) - 1)) != (int)sizeof(request) - 1)
		return fail("write", n);
	while ((n = mbedtls_ssl_read(&ssl, (unsigned char *)buf, sizeof(buf))) > 0)
		all += (size_t)n;
	printf("answer: %s\n", all ? "yes" : "no");
	mbedtls_net_free(&net);
	return 0;
}
