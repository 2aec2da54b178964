/*
 * One setting at a time: reading it, and saying so once when it cannot be used. For the modules that make up the
 * configuration; nobody else looks at the environment.
 */
#ifndef GT_CONFIG_VALUE_H
#define GT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/str.h"

/* How the configuration is looked up; tests give their own. `ctx` is handed through. */
struct gt_config_source {
	const char *(*get)(void *ctx, enum gt_env which); /* NULL when unset or empty */
	const char *(*raw)(void *ctx, enum gt_env which); /* "" when set but empty */
	void (*warn)(void *ctx, const char *message);
	bool (*is_readable)(const char *path);
	const char *unknown; /* a GENTAP_ variable that is none of ours, or NULL */
	uint64_t body_max;
	int pid;
	void *ctx;
};

/* The variables a setting can come from, the first that is usable wins. */
struct gt_setting {
	enum gt_env names[2];
	unsigned n;
	const char *fallback; /* what is used when none is usable, for the warning */
};

#define GT_SETTING(name, fallback)		  ((struct gt_setting){ { GT_ENV_##name }, 1, fallback })
#define GT_SETTING_2(specific, general, fallback) ((struct gt_setting){ { GT_ENV_##specific, GT_ENV_##general }, 2, fallback })

/* NAME: "value" PROBLEM; INSTEAD. The value is shortened and freed of control characters. */
void gt_config_bad(const struct gt_config_source *from, enum gt_env name, struct gt_str value, const char *problem,
		   const char *instead);

/* As above, without the value: it may be a secret. */
void gt_config_bad_secret(const struct gt_config_source *from, enum gt_env name, const char *problem, const char *instead);

/* The trimmed value of a variable; .len 0 when it is unset, empty or blank. */
struct gt_str gt_config_str(const struct gt_config_source *from, enum gt_env name);

/* A whole number from `min` to `max`. False leaves `out` alone: nothing usable is set. */
bool gt_config_number(const struct gt_config_source *from, const struct gt_setting *s, uint64_t min, uint64_t max,
		      uint64_t *out);

/* Milliseconds, given as nanoseconds; 0 is allowed. */
bool gt_config_duration(const struct gt_config_source *from, const struct gt_setting *s, int64_t *out_ns);

/* The index of the word that is set, any case; -1 when none is. `problem` says what the words are. */
int gt_config_word(const struct gt_config_source *from, const struct gt_setting *s, const char *const words[], unsigned n,
		   const char *problem);

/* Index of `item` among `words` in any case, or -1. */
int gt_word_index(struct gt_str item, const char *const words[], unsigned n);

#endif
