#include "environment.h"

#include <stdio.h>
#include <string.h>

static const char *lookup(void *ctx, enum gt_env which)
{
	const struct gt_environment *e = ctx;
	size_t len = strlen(gt_env_name(which));

	for (size_t i = 0; e->vars[i]; i++)
		if (strncmp(e->vars[i], gt_env_name(which), len) == 0 && e->vars[i][len] == '=')
			return e->vars[i] + len + 1;
	return NULL;
}

static const char *lookup_set(void *ctx, enum gt_env which)
{
	const char *value = lookup(ctx, which);

	return value && value[0] ? value : NULL;
}

static void note(void *ctx, const char *message)
{
	struct gt_environment *e = ctx;
	size_t len = strlen(e->warnings);

	e->n_warnings++;
	snprintf(e->warnings + len, sizeof(e->warnings) - len, "%s\n", message);
}

static bool is_readable(const char *path)
{
	return !strstr(path, "unreadable");
}

void gt_environment_init(struct gt_environment *e, const char *const *vars)
{
	*e = (struct gt_environment){ .vars = vars };
	e->from = (struct gt_config_source){ .get = lookup_set,
					     .raw = lookup,
					     .warn = note,
					     .is_readable = is_readable,
					     .body_max = 4242,
					     .pid = 77,
					     .ctx = e };
}
