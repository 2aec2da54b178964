/*
 * Reads one setting and warns about each value that cannot be used. For the modules that read the configuration; no
 * other module reads the environment.
 */
#ifndef GT_CONFIG_VALUE_H
#define GT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/str.h"

/* Where settings come from; tests supply their own. `ctx` is passed to the first three functions. */
struct gt_config_source {
	const char *(*get)(void *ctx, enum gt_env which); /* NULL when unset or empty */
	const char *(*raw)(void *ctx, enum gt_env which); /* "" when set but empty */
	void (*warn)(void *ctx, const char *message);
	bool (*is_readable)(const char *path);
	const char *unknown; /* a GENTAP_ variable that gentap does not know, or NULL */
	uint64_t body_max;
	int pid;
	void *ctx;
};

/* The variables a setting can come from; the first usable value wins. */
struct gt_setting {
	enum gt_env names[2];
	unsigned n;
	const char *fallback; /* the default, as the warning names it */
};

#define GT_SETTING(name, fallback)		  ((struct gt_setting){ { GT_ENV_##name }, 1, fallback })
#define GT_SETTING_2(specific, general, fallback) ((struct gt_setting){ { GT_ENV_##specific, GT_ENV_##general }, 2, fallback })

/* Warns `NAME: "value" PROBLEM; INSTEAD`. The value is shortened to 72 bytes; control characters become `?`. */
void gt_config_bad(const struct gt_config_source *from, enum gt_env name, struct gt_str value, const char *problem,
		   const char *instead);

/* The same without the value, which may be a secret. */
void gt_config_bad_secret(const struct gt_config_source *from, enum gt_env name, const char *problem, const char *instead);

/* The trimmed value of a variable; .len is 0 when it is unset, empty or blank. */
struct gt_str gt_config_str(const struct gt_config_source *from, enum gt_env name);

/* A whole number from `min` to `max`. False when no variable has a usable value; `out` is unchanged. */
bool gt_config_number(const struct gt_config_source *from, const struct gt_setting *s, uint64_t min, uint64_t max,
		      uint64_t *out);

/* Reads milliseconds and returns nanoseconds; 0 is allowed. False as above. */
bool gt_config_duration(const struct gt_config_source *from, const struct gt_setting *s, int64_t *out_ns);

/* The index of the word that is set, ignoring case; -1 when no variable has a usable value. `problem` is the text for
 * the warning and lists the words. */
int gt_config_word(const struct gt_config_source *from, const struct gt_setting *s, const char *const words[], unsigned n,
		   const char *problem);

/* Index of `item` in `words`, ignoring case, or -1. */
int gt_word_index(struct gt_str item, const char *const words[], unsigned n);

#endif
