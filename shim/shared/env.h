/*
 * The environment as it was when the process started.
 *
 * The constructor copies the variables in env.def once. A copy is needed because the application may overwrite its
 * environment block (setproctitle) or call setenv from another thread during a read.
 *
 * Before the snapshot, and while gentap is asleep, every variable is unset. After it, any thread may read without a
 * lock. Returned strings are valid for the life of the process; the module owns them.
 */
#ifndef GT_ENV_H
#define GT_ENV_H

#include <stdbool.h>

#include "shim/shared/str.h"

enum gt_env {
#define GT_ENV(name, fallback, meaning) GT_ENV_##name,
#define GT_ENV_ALIAS(name)		GT_ENV_##name,
#include "shim/shared/env.def"
#undef GT_ENV
#undef GT_ENV_ALIAS
	GT_ENV_COUNT
};

/* Borrows `envp` for the call. Without memory for the copy every variable stays unset. Called once by the
 * constructor; a second call replaces the first (tests). */
void gt_env_snapshot(char *const envp[]);

/* The value at process start, NULL when unset. An EMPTY value is returned as "": most callers want gt_env_get. */
const char *gt_env_raw(enum gt_env which);

/* The same, but an empty value counts as unset, as the OpenTelemetry specification requires. */
const char *gt_env_get(enum gt_env which);

/* The variable's name. */
const char *gt_env_name(enum gt_env which);
struct gt_str gt_env_key(enum gt_env which);

/* The variable at process start as `NAME=value`, NULL when unset. */
const char *gt_env_variable(enum gt_env which);

/* Name of the first variable that starts with GENTAP_ and is not in env.def, most likely a typo; NULL without such a
 * variable. */
const char *gt_env_unknown(void);

/* True when the value is `true` in any letter case: the OpenTelemetry rule for booleans. */
bool gt_env_is_true(enum gt_env which);

#endif
