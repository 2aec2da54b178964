/*
 * A library with OpenSSL's names and none of its code. MAGIC marks its handles; it prints an error for a handle of
 * another copy. Copy 2 takes at most 50 bytes per call and returns at most 7.
 *
 * cc: -O1 -shared -fPIC
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MAGIC
#define MAGIC 1
#endif

struct ssl {
	int magic;
	size_t sent, heard;
	char wire[4096];
};

static const char *answer = "";

static struct ssl *check(void *handle, const char *function)
{
	struct ssl *s = handle;

	if (s->magic == MAGIC)
		return s;
	printf("library %d: %s was given a handle of library %d\n", MAGIC, function, s->magic);
	return NULL;
}

void fake_set_answer(const char *text)
{
	answer = text;
}

void *SSL_new(void *context)
{
	struct ssl *s = calloc(1, sizeof(*s));

	(void)context;
	s->magic = MAGIC;
	return s;
}

static int take(void *handle, const char *function, const void *buf, size_t n)
{
	struct ssl *s = check(handle, function);

	if (!s)
		return -77;
	if (MAGIC == 2 && n > 50)
		n = 50;
	memcpy(s->wire + s->sent, buf, n);
	s->sent += n;
	return (int)n;
}

static int give(void *handle, const char *function, void *buf, size_t n)
{
	struct ssl *s = check(handle, function);

	if (!s)
		return -77;
	if (n > strlen(answer) - s->heard)
		n = strlen(answer) - s->heard;
	if (MAGIC == 2 && n > 7)
		n = 7;
	memcpy(buf, answer + s->heard, n);
	s->heard += n;
	return (int)n;
}

int SSL_write(void *s, const void *buf, int n)
{
	return take(s, "SSL_write", buf, (size_t)n);
}

int SSL_write_ex(void *s, const void *buf, size_t n, size_t *written)
{
	int ret = take(s, "SSL_write_ex", buf, n);

	*written = ret > 0 ? (size_t)ret : 0;
	return ret > 0;
}

int SSL_read(void *s, void *buf, int n)
{
	return give(s, "SSL_read", buf, (size_t)n);
}

int SSL_read_ex(void *s, void *buf, size_t n, size_t *got)
{
	int ret = give(s, "SSL_read_ex", buf, n);

	*got = ret > 0 ? (size_t)ret : 0;
	return ret > 0;
}

int SSL_shutdown(void *s)
{
	return check(s, "SSL_shutdown") ? 1 : -1;
}

int SSL_clear(void *handle)
{
	struct ssl *s = check(handle, "SSL_clear");

	if (s)
		s->sent = s->heard = 0;
	return s != NULL;
}

void SSL_free(void *s)
{
	if (check(s, "SSL_free"))
		free(s);
}

int SSL_get_error(const void *s, int ret)
{
	return check((void *)s, "SSL_get_error") && ret > 0 ? 0 : 5;
}

const char *SSL_get_servername(const void *s, int type)
{
	(void)type;
	return check((void *)s, "SSL_get_servername") ? MAGIC == 1 ? "one.test" : "two.test" : NULL;
}

const char *fake_wire(void *handle, size_t *n)
{
	struct ssl *s = check(handle, "fake_wire");

	*n = s ? s->sent : 0;
	return s ? s->wire : "";
}
