/*
 * Recognizes the keys of services by shape: a prefix, an alphabet, a length. The shapes are data: key_shapes.def has those
 * of a maintained set of rules, api_key.def what the services document besides. Pure; a bounded number of steps for each
 * call.
 */
#ifndef GT_API_KEY_H
#define GT_API_KEY_H

#include "shim/shared/str.h"

/* The length of the key at the beginning of `text`, or 0. The caller calls it at the first character of a word.
 * `is_within`: a hyphen, a dot or an underscore joins the word to another before it, so only distinct prefixes count. */
size_t gt_api_key_len(struct gt_str text, bool is_within);

/* The length of a value at the beginning of `text` that has the shape of a key of the service in `name`, or 0. The name is
 * that of a variable or member: HEROKU_ID, discordBot. */
size_t gt_api_key_of_service(struct gt_str name, struct gt_str text);

#endif
