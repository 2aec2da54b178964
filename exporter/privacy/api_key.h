/*
 * Keys of services that give them a prefix of their own, as their documentation and the scanners of code hosts have it. Pure.
 */
#ifndef GT_API_KEY_H
#define GT_API_KEY_H

#include "shim/shared/str.h"

/* The length of the key that `text` begins with; 0 when there is none. */
size_t gt_api_key_len(struct gt_str text);

#endif
