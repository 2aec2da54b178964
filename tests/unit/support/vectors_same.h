/*
 * Compares the tree of gt_vectors_parse with the tree of gt_json_parse: thinning may change vectors only.
 */
#ifndef GT_VECTORS_SAME_H
#define GT_VECTORS_SAME_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* True when the trees are equal, except that an array of more than GT_VECTOR_KEPT numbers keeps only its first number and its
 * length. */
bool gt_vectors_same(const cJSON *full, const cJSON *thinned);

#endif
