#include "shim/shared/env.h"

#include <stddef.h>
#include <sys/mman.h>

#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"

/* No pointers: the loader, which starts every process, would have to write each of them. */
static const struct {
	char text[63];
	uint8_t len;
} names[GT_ENV_COUNT] = {
#define GT_ENV(name, fallback, meaning) [GT_ENV_##name] = { #name, sizeof(#name) - 1 },
#define GT_ENV_ALIAS(name)		[GT_ENV_##name] = { #name, sizeof(#name) - 1 },
#include "shim/shared/env.def"
#undef GT_ENV
#undef GT_ENV_ALIAS
};

struct gt_str gt_env_key(enum gt_env which)
{
	return gt_str_make(names[which].text, names[which].len);
}

/* Enough for all but long header and resource lists; those get mapped pages. */
static char own_room[4096];
static const char *values[GT_ENV_COUNT];
static const char *unknown;

/* The first letters of the names in env.def: one test skips most variables of the environment. */
static bool may_be_ours(char c)
{
	return c == 'G' || c == 'O' || c == 'T' || c == 'B' || c == 'S' || c == 'N' || c == 'D' || c == 'K' || c == 'P' ||
	       c == 'V' || c == 'X';
}

static int find(struct gt_str name)
{
	/* in every process, for each variable that may be one of these: most differ in length */
	for (int i = 0; i < GT_ENV_COUNT; i++)
		if (names[i].len == name.len && names[i].text[0] == name.p[0] && memcmp(names[i].text, name.p, name.len) == 0)
			return i;
	return -1;
}

/* Copies the variables that are gentap's, as long as they fit. Gives the room that all of them need. */
static size_t copy_into(char *room, size_t size, char *const envp[])
{
	size_t used = 0;

	memset(values, 0, sizeof(values));
	unknown = NULL;
	for (char *const *e = envp; *e; e++) {
		struct gt_str var, name;
		int which;

		if (!may_be_ours((*e)[0]))
			continue;
		var = gt_str_of(*e);
		name = gt_str_make(var.p, gt_str_find(var, '='));
		if (name.len == var.len)
			continue;
		which = find(name);
		if (which < 0 && !gt_str_starts(name, GT_STR("GENTAP_")))
			continue;
		used += var.len + 1;
		if (used > size)
			continue;
		memcpy(room + used - var.len - 1, var.p, var.len + 1);
		if (which >= 0 && !values[which]) /* the first of two definitions counts, as with getenv */
			values[which] = room + used - var.len + name.len;
		else if (which < 0 && !unknown)
			unknown = room + used - var.len - 1;
		if (which < 0)
			room[used - var.len - 1 + name.len] = 0;
	}
	return used;
}

void gt_env_snapshot(char *const envp[])
{
	static char *const none[] = { NULL };
	size_t need = copy_into(own_room, sizeof(own_room), envp ? envp : none);
	long room;

	if (need <= sizeof(own_room))
		return;
	room = gt_gate(pool_map, NULL, need, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == -1)
		copy_into(NULL, 0, none); /* every variable keeps its default */
	else
		copy_into((char *)room, need, envp);
}

const char *gt_env_raw(enum gt_env which)
{
	return values[which];
}

const char *gt_env_get(enum gt_env which)
{
	return values[which] && values[which][0] ? values[which] : NULL;
}

const char *gt_env_name(enum gt_env which)
{
	return names[which].text;
}

const char *gt_env_variable(enum gt_env which)
{
	return values[which] ? values[which] - 1 - names[which].len : NULL;
}

const char *gt_env_unknown(void)
{
	return unknown;
}

bool gt_env_is_true(enum gt_env which)
{
	return values[which] && gt_str_ieq(gt_str_trim(gt_str_of(values[which])), GT_STR("true"));
}
