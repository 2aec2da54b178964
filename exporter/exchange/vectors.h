/*
 * Parses JSON with long vectors, such as replies of embeddings. The exporter reads only the length of a vector, and a
 * tree of its numbers costs a hundred times their text. So all numbers but the first are removed from the text before
 * it is parsed. Pure.
 */
#ifndef GT_VECTORS_H
#define GT_VECTORS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "shim/shared/str.h"

#define GT_VECTOR_KEPT 8 /* an array of up to this many numbers is kept as it is */

/* Like gt_json_parse, NULL included. Of an array of more than GT_VECTOR_KEPT numbers and nothing else, the tree keeps
 * only the first number, and the length for gt_vector_len. Free with cJSON_Delete. */
cJSON *gt_vectors_parse(struct gt_str text);

/* The number of elements the array has in the text, in a tree of either parser. 0 when it is not an array. */
int64_t gt_vector_len(const cJSON *array);

#endif
