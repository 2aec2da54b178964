/*
 * A plugin on top of a fake library (fake_ssl.c). It makes one step of an exchange at a time, so that two can be
 * interleaved.
 *
 * cc: -O1 -shared -fPIC
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

void fake_set_answer(const char *text);
void *SSL_new(void *context);
int SSL_write(void *s, const void *buf, int n);
int SSL_write_ex(void *s, const void *buf, size_t n, size_t *written);
int SSL_read(void *s, void *buf, int n);
int SSL_read_ex(void *s, void *buf, size_t n, size_t *got);
int SSL_shutdown(void *s);
int SSL_clear(void *s);
void SSL_free(void *s);
const char *fake_wire(void *s, size_t *n);

void *plugin_open(const char *answer)
{
	fake_set_answer(answer);
	return SSL_new(NULL);
}

ssize_t plugin_write(void *s, bool ex, const char *p, size_t n)
{
	size_t written = 0;

	if (!ex)
		return SSL_write(s, p, (int)n);
	return SSL_write_ex(s, p, n, &written) ? (ssize_t)written : -1;
}

ssize_t plugin_read(void *s, bool ex, char *p, size_t n)
{
	size_t got = 0;

	if (!ex)
		return SSL_read(s, p, (int)n);
	return SSL_read_ex(s, p, n, &got) ? (ssize_t)got : -1;
}

const char *plugin_wire(void *s, size_t *n)
{
	return fake_wire(s, n);
}

void plugin_again(void *s)
{
	SSL_clear(s);
}

void plugin_close(void *s)
{
	SSL_shutdown(s);
	SSL_free(s);
}
