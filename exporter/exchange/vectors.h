/*
 * JSON with long vectors in it, as replies of embeddings are: of those numbers nothing is read but how many there are, and a tree
 * of them costs a hundred times their text. So the text is thinned before it is parsed. Pure.
 */
#ifndef GT_VECTORS_H
#define GT_VECTORS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "shim/shared/str.h"

#define GT_VECTOR_KEPT 8 /* an array of no more numbers than this stays as it is */

/* As gt_json_parse, and NULL when that is; but of an array that is longer, and of numbers alone, the tree has the first one
 * only, and its length for gt_vector_len. Free with cJSON_Delete. */
cJSON *gt_vectors_parse(struct gt_str text);

/* How many elements an array has in the text, of a tree of either kind. 0: no array. */
int64_t gt_vector_len(const cJSON *array);

#endif
