/*
 * Recognizes API keys by the prefix their service gives them, as documented by the services and by the secret scanners
 * of code hosts. Pure.
 */
#ifndef GT_API_KEY_H
#define GT_API_KEY_H

#include "shim/shared/str.h"

/* The length of the key at the beginning of `text`, or 0. */
size_t gt_api_key_len(struct gt_str text);

#endif
