/*
 * Reads values from a JSON tree by path. A path is names joined by dots, "usage.prompt_tokens_details.cached_tokens"; a
 * number selects an element of an array. A getter returns false and leaves `out` unchanged when the value is missing or
 * has another type; neither is an error. Pure; trees are cJSON's.
 */
#ifndef GT_JSON_H
#define GT_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

/* Parses the first JSON value in the text and ignores what follows it. What the parsers of applications accept and cJSON
 * does not is rewritten first (json_text.h); a string may then hold half of a surrogate pair (utf8.h). NULL when the text
 * has no value, or a value that is cut short or too large; also when memory runs out. Free with cJSON_Delete. */
cJSON *gt_json_parse(struct gt_str text);

/* In a tree, a value of two characters takes 80 bytes, and more with its name. This many values take about 32 MiB. */
#define GT_JSON_VALUES_MAX 400000

/* True when a tree of this text would exceed GT_JSON_VALUES_MAX values. Text after the first value counts too. */
bool gt_json_is_too_large(struct gt_str text);

/* The node at `path`, or NULL. Borrowed from the tree. Names in `path` have at most 63 bytes. */
const cJSON *gt_json_at(const cJSON *root, const char *path);

#define GT_JSON_INT_MAX 9007199254740992 /* 2^53: a double holds every integer up to here */

/* A number with a zero fraction counts as an integer (some providers send 12.0), unless its magnitude exceeds 2^53. */
bool gt_json_int(const cJSON *root, const char *path, int64_t *out);
/* A number beyond the range of a double, such as 1e400, counts as missing. */
bool gt_json_double(const cJSON *root, const char *path, double *out);
bool gt_json_bool(const cJSON *root, const char *path, bool *out);

/* A non-empty string, borrowed from the tree. */
bool gt_json_str(const cJSON *root, const char *path, struct gt_str *out);

bool gt_json_is_array(const cJSON *root, const char *path);
bool gt_json_is_object(const cJSON *root, const char *path);

/* True when the value exists and is not null. */
bool gt_json_has(const cJSON *root, const char *path);

#endif
