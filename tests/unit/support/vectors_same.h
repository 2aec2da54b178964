/*
 * What the thinning of vectors may do to a tree, and nothing else: compares the tree of gt_vectors_parse with gt_json_parse's.
 */
#ifndef GT_VECTORS_SAME_H
#define GT_VECTORS_SAME_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The same, but that an array of more than GT_VECTOR_KEPT numbers has kept the first one and its length. */
bool gt_vectors_same(const cJSON *full, const cJSON *thinned);

#endif
