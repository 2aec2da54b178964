/*
 * Values out of a JSON tree by path. A path is names joined by dots, "usage.prompt_tokens_details.cached_tokens"; a number
 * names the element of an array. What is missing or of another type is an ordinary answer: the getter says so and leaves
 * `out` alone. Pure; trees are cJSON's.
 */
#ifndef GT_JSON_H
#define GT_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

/* The first JSON value of the text; what follows it is ignored. NULL when there is none, when it is cut short, nested deeper
 * than the library allows, too large, or there is no memory. Free with cJSON_Delete. */
cJSON *gt_json_parse(struct gt_str text);

/* A value of two characters needs 80 bytes of a tree, and more with its name: so many of them need some 32 MiB. */
#define GT_JSON_VALUES_MAX 400000

/* Where the text goes on behind the string that begins at `at`; beyond its end when that has none. */
size_t gt_json_behind_string(struct gt_str text, size_t at);

/* Would a tree of this text have more values than that? What stands behind the first value counts too. */
bool gt_json_is_too_large(struct gt_str text);

const cJSON *gt_json_at(const cJSON *root, const char *path);

#define GT_JSON_INT_MAX 9007199254740992 /* 2^53: a double holds every integer up to here */

/* Numbers with a fraction of zero count as integers (some providers send 12.0); beyond 2^53 they do not. */
bool gt_json_int(const cJSON *root, const char *path, int64_t *out);
bool gt_json_double(const cJSON *root, const char *path, double *out);
bool gt_json_bool(const cJSON *root, const char *path, bool *out);

/* A non-empty string; lives as long as the tree. */
bool gt_json_str(const cJSON *root, const char *path, struct gt_str *out);

bool gt_json_is_array(const cJSON *root, const char *path);
bool gt_json_is_object(const cJSON *root, const char *path);

/* Neither missing nor null. */
bool gt_json_has(const cJSON *root, const char *path);

#endif
