#include "fail_nth.h"

#include <stdlib.h>
#include <string.h>

static int armed; /* 0: none */
static int count;
static bool missed; /* gt_fail_none came before the armed allocation */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

bool gt_fail_nth(int n)
{
	bool reached = n == 1 || (armed ? count >= armed : !missed);

	armed = n;
	count = 0;
	missed = false;
	if (!reached)
		armed = 0;
	return reached;
}

void gt_fail_none(void)
{
	if (armed)
		missed = count < armed;
	armed = 0;
	count = 0;
}

int gt_fail_count(void)
{
	return count;
}

static bool fails(void)
{
	int n = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	return armed && n == armed;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = __wrap_malloc(n);

	return p ? memcpy(p, s, n) : NULL;
}
