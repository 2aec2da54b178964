/* An object that calls SSL_read: bench/calls.c loads many copies of it. */
#include <openssl/ssl.h>

int caller_read(SSL *session, char *buf, int len);

int caller_read(SSL *session, char *buf, int len)
{
	int n = SSL_read(session, buf, len);

	__asm__ volatile(""); /* no tail call: the return address must be in this object */
	return n;
}
