/*
 * Keys in the query of a request: Google's APIs accept one there. Pure.
 */
#ifndef GT_QUERY_KEY_H
#define GT_QUERY_KEY_H

#include "shim/shared/str.h"

/* Cuts the next key's value off `query`, which begins after the question mark. False after the last. */
bool gt_query_next_key(struct gt_str *query, struct gt_str *key);

/* The part of a target that gt_query_next_key takes; .p is NULL when the target has no query. */
struct gt_str gt_query_of(struct gt_str target);

/* Of the keys in a target only their length remains. */
void gt_query_blank_keys(char *target, size_t len);

#endif
