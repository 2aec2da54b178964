/*
 * A program that exports OpenSSL's names and is not OpenSSL. With -DMETHODS it also has method functions, which return
 * what no program may read, and with -DFORKED a library's own order of a method table.
 *
 * cc: -O1 -rdynamic -ldl
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NAME(f)                                      \
	int f(void);                                 \
	int f(void)                                  \
	{                                            \
		return printf("%s is called\n", #f); \
	}                                            \
	int f(void)

NAME(SSL_write);
NAME(SSL_read);
NAME(SSL_free);
NAME(SSL_new);
NAME(SSL_clear);
NAME(SSL_ctrl);
NAME(SSL_get_error);
NAME(SSL_get_servername);
NAME(SSL_is_init_finished);
NAME(SSL_in_before);

#ifdef METHODS
NAME(SSL_write_ex);
NAME(SSL_read_ex);
NAME(SSL_CTX_set_post_handshake_auth);

#ifdef FORKED
/* LibreSSL's: whether it is for DTLS, whether for a server, the version, and more numbers before the functions */
static const uintptr_t tables[3][40] = {
	{ 0, 0x304, 0x301, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	{ 1ULL << 32, 0x304, 0x301, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	{ 0, 0x304, 0x302, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
};
#define TABLE(n) (&tables[n])
#else
#define TABLE(n) ((const void *)(uintptr_t)(8 + (n)))
#endif

#define METHOD(f, n)             \
	const void *f(void);     \
	const void *f(void)      \
	{                        \
		return TABLE(n); \
	}                        \
	const void *f(void)

METHOD(TLS_method, 0);
METHOD(TLS_client_method, 1);
METHOD(TLS_server_method, 2);
#endif

int main(void)
{
	SSL_write();
	return 0;
}
