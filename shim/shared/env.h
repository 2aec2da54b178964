/*
 * The environment as it was when the process started.
 *
 * Read once, in our constructor, into memory of our own: the application may overwrite its environment block (setproctitle)
 * or call setenv from another thread while we read. Before the snapshot, and when gentap is asleep, everything is unset.
 * After it: any thread, lock-free, read-only.
 */
#ifndef GT_ENV_H
#define GT_ENV_H

#include <stdbool.h>

enum gt_env {
#define GT_ENV(name, fallback, meaning) GT_ENV_##name,
#define GT_ENV_ALIAS(name)		GT_ENV_##name,
#include "shim/shared/env.def"
#undef GT_ENV
#undef GT_ENV_ALIAS
	GT_ENV_COUNT
};

/* `envp` is borrowed for the call. Called once; a second call replaces the first (tests). */
void gt_env_snapshot(char *const envp[]);

/* The value as it stood, or NULL when unset. An EMPTY value is returned as "": most callers want gt_env_get. */
const char *gt_env_raw(enum gt_env which);

/* As above, but empty counts as unset, as the OpenTelemetry rules demand. */
const char *gt_env_get(enum gt_env which);

const char *gt_env_name(enum gt_env which);

/* A variable that starts with GENTAP_ and is none of ours, most likely a typing error; NULL when there is none. */
const char *gt_env_unknown(void);

/* `true` in any case, as the OpenTelemetry boolean rule says. */
bool gt_env_is_true(enum gt_env which);

#endif
