#include "shim/child_env.h"

#include <errno.h>

#include "shim/follow.h"
#include "shim/readable.h"
#include "shim/shared/compiler.h"
#include "shim/shared/preload_list.h"
#include "shim/wanted.h"

/* Less than ARG_MAX of the kernel, which it allows whatever the limit of the stack: 128 KB for strings and pointers. */
#define LENGTH_MAX 98304

#define PAGE	4096UL
#define NO_PAGE 1UL

extern char **environ;

/* ---------------------------------------------------------------- memory of the caller */

/* The kernel answers EFAULT to a bad pointer; gentap reads before it. One page is remembered each, for the list and for
 * its strings. The process's own environment is read by libc as well. */
struct reader {
	uintptr_t list, strings;
	bool is_trusted, is_bad;
};

static bool can_read(struct reader *r, uintptr_t *known, const void *p)
{
	uintptr_t page = (uintptr_t)p & ~(PAGE - 1);

	if (gt_likely(page == *known || r->is_trusted))
		return true;
	if (r->is_bad || !gt_is_readable(p, 1)) {
		r->is_bad = true;
		return false;
	}
	*known = page;
	return true;
}

/* 0 at the end of a string and for bad memory. */
static char byte(struct reader *r, const char *p)
{
	return can_read(r, &r->strings, p) ? *p : 0;
}

/* The n-th of a list of strings, NULL at its end and for bad memory. An entry does not cross pages. */
static const char *entry(struct reader *r, char *const list[], size_t n)
{
	return list && can_read(r, &r->list, list + n) ? list[n] : NULL;
}

/* Bytes before the NUL, at most `max`. */
static size_t length(struct reader *r, const char *p, size_t max)
{
	size_t n = 0;

	while (n < max && byte(r, p + n))
		n++;
	return n;
}

static bool starts(struct reader *r, const char *p, struct gt_str with)
{
	for (size_t i = 0; i < with.len; i++)
		if (byte(r, p + i) != with.p[i])
			return false;
	return true;
}

/* ---------------------------------------------------------------- gentap's variables */

enum family { NO_FAMILY, DESTINATION, RUN_FILE, FAMILIES };

#define NAME_MAX_LEN 64

static bool is_own(struct gt_str name)
{
	return gt_str_starts(name, GT_STR("GENTAP_")) || gt_str_starts(name, GT_STR("OTEL_"));
}

/* See the header. */
static enum family family_of(struct gt_str name)
{
	static const struct gt_str ends[] = { GT_STR("_ENDPOINT"), GT_STR("_PROTOCOL"),	   GT_STR("_INSECURE"),
					      GT_STR("_HEADERS"),  GT_STR("_CERTIFICATE"), GT_STR("_CLIENT_KEY") };

	if (gt_str_starts(name, GT_STR("GENTAP_RUN_FILE")) || gt_str_eq(name, GT_STR("GENTAP_RUN_NOTES")))
		return RUN_FILE;
	if (!gt_str_starts(name, GT_STR("OTEL_EXPORTER_OTLP_")))
		return NO_FAMILY;
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		if (gt_str_ends(name, ends[i]))
			return DESTINATION;
	return NO_FAMILY;
}

/* What the environment names. */
struct named {
	uint64_t variables[(GT_ENV_COUNT + 63) / 64];
	bool families[FAMILIES];
};

static bool has(const uint64_t bits[], unsigned i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void note_name(struct named *named, struct reader *r, const char *variable)
{
	char copy[NAME_MAX_LEN];
	struct gt_str name = { copy, 0 };

	while (name.len < sizeof(copy) && (copy[name.len] = byte(r, variable + name.len)) && copy[name.len] != '=')
		name.len++;
	if (name.len == sizeof(copy) || copy[name.len] != '=' || !is_own(name))
		return;
	named->families[family_of(name)] = true;
	for (unsigned i = 0; i < GT_ENV_COUNT; i++)
		if (gt_str_eq(gt_env_key((enum gt_env)i), name)) {
			named->variables[i / 64] |= 1ULL << i % 64;
			return;
		}
}

/* TRACEPARENT comes here when each program that is started gets one. */
static bool is_given(const struct named *named, unsigned i)
{
	enum family f;

	if (!gt_env_variable(i) || !is_own(gt_env_key(i)) || has(named->variables, i))
		return false;
	f = family_of(gt_env_key(i));
	return f == NO_FAMILY || !named->families[f];
}

/* ---------------------------------------------------------------- what is there */

#define PRELOAD "LD_PRELOAD="

static struct gt_str base_name(struct gt_str path)
{
	size_t i = path.len;

	while (i && path.p[i - 1] != '/')
		i--;
	return gt_str_skip(path, i);
}

/* By its path or by its name: another version of gentap is gentap as well. */
static bool names_gentap(struct gt_str list)
{
	struct gt_str library = gt_str_of(gt_follow_library()), item;

	while (gt_preload_next(&list, &item)) {
		struct gt_str name = base_name(item);

		if (gt_str_eq(name, base_name(library)) || gt_str_eq(name, GT_STR(GT_PRELOAD_LIBRARY)))
			return true;
	}
	return false;
}

static bool switches_off(struct reader *r, const char *variable)
{
	/* gentap knows no switch of such length */
	if (length(r, variable, 64) == 64)
		return false;
	return gt_is_switched_off((char *[]){ (char *)variable, NULL }) ||
	       gt_str_ieq(gt_str_of(variable), GT_STR("OTEL_SDK_DISABLED=true"));
}

/* False when nothing is to be given. */
static bool look(struct gt_child_env *e, struct named *named, struct reader *r)
{
	struct gt_str preload = GT_STR(PRELOAD);
	const char *variable;

	for (; (variable = entry(r, e->envp, e->n)); e->n++) {
		if (e->n == GT_CHILD_VARIABLES_MAX)
			return false;
		switch (byte(r, variable)) {
		case 'L':
			if (starts(r, variable, preload)) {
				e->preload_at = e->n;
				e->preload = gt_str_make(variable + preload.len,
							 length(r, variable + preload.len, GT_CHILD_PRELOAD_MAX));
			}
			break;
		case 'G':
		case 'O':
			if (switches_off(r, variable))
				return false;
			note_name(named, r, variable);
			break;
		}
	}
	if (!e->preload.p)
		e->preload_at = e->n;
	return !r->is_bad && !names_gentap(e->preload);
}

bool gt_child_env_lacks(struct gt_child_env *e, char *const envp[])
{
	struct gt_str library = gt_str_of(gt_follow_library());
	struct reader r = { NO_PAGE, NO_PAGE, .is_trusted = envp && envp == environ };
	struct named named = { 0 };
	size_t bytes, extra = 2; /* LD_PRELOAD, and the NULL */
	int saved = errno;
	bool lacks;

	if (!gt_follow_is_on())
		return false;
	*e = (struct gt_child_env){ .envp = envp };
	lacks = look(e, &named, &r);
	errno = saved;
	bytes = sizeof(PRELOAD) + gt_preload_room(library, e->preload);
	if (!lacks || bytes > GT_CHILD_PRELOAD_MAX)
		return false;
	for (unsigned i = 0; i < GT_ENV_COUNT; i++)
		if (is_given(&named, i)) {
			e->given[i / 64] |= 1ULL << i % 64;
			extra++;
		}
	e->room = e->n + extra + bytes / sizeof(char *) + 1;
	return true;
}

/* ---------------------------------------------------------------- what is passed on */

char *const *gt_child_env_lay(const struct gt_child_env *e, char *room[])
{
	size_t n = 0, extra = e->preload_at == e->n;
	char *preload;

	for (unsigned i = 0; i < GT_ENV_COUNT; i++)
		extra += has(e->given, i);
	preload = (char *)(room + e->n + extra + 1);
	memcpy(preload, PRELOAD, sizeof(PRELOAD) - 1);
	gt_preload_put(preload + sizeof(PRELOAD) - 1, gt_str_of(gt_follow_library()), e->preload);
	for (; n < e->n; n++)
		room[n] = n == e->preload_at ? preload : e->envp[n];
	if (e->preload_at == e->n)
		room[n++] = preload;
	for (unsigned i = 0; i < GT_ENV_COUNT; i++)
		if (has(e->given, i))
			room[n++] = (char *)gt_env_variable(i);
	room[n] = NULL;
	return room;
}

/* Adds what the kernel counts for a list; false beyond the limit, or for bad memory. */
static bool add_length(size_t *sum, char *const list[])
{
	struct reader r = { NO_PAGE, NO_PAGE };
	const char *s;

	for (size_t i = 0; (s = entry(&r, list, i)); i++) {
		*sum += sizeof(char *) + length(&r, s, LENGTH_MAX) + 1;
		if (*sum > LENGTH_MAX)
			return false;
	}
	return !r.is_bad;
}

bool gt_child_env_is_large(const struct gt_child_env *e, char *const argv[])
{
	size_t sum = e->room * sizeof(char *);
	int saved = errno;
	bool fits;

	for (unsigned i = 0; i < GT_ENV_COUNT; i++)
		if (has(e->given, i))
			sum += strlen(gt_env_variable(i)) + 1;
	fits = add_length(&sum, argv) && add_length(&sum, e->envp);
	errno = saved;
	return !fits;
}
