/*
 * Names whose value is a secret whatever its shape. Pure.
 *
 * A name is that of a member, an argument, a variable or a header field. Signs and case do not matter: api_key, apiKey and
 * API-KEY are one name.
 */
#ifndef GT_SECRET_NAME_H
#define GT_SECRET_NAME_H

#include "shim/shared/str.h"

#define GT_SECRET_NAME_MAX 64 /* characters; of a longer name the last count */

enum gt_name_kind {
	GT_NAME_PLAIN,
	GT_NAME_SECRET,	    /* password, client_secret, X-Api-Key, userPasswords: its value is a secret */
	GT_NAME_PAIR_NAME,  /* name, key, header: its value may be such a name, as in {"name": "password", "value": "..."} */
	GT_NAME_PAIR_VALUE, /* value: the other member of such a pair */
};

enum gt_name_kind gt_secret_name_kind(struct gt_str name);

static inline bool gt_secret_is_name(struct gt_str name)
{
	return gt_secret_name_kind(name) == GT_NAME_SECRET;
}

/* True for password, pwd, passphrase and their like, which have no other meaning. */
bool gt_secret_name_is_password(struct gt_str name);

/* True for a name with letters beyond ASCII. */
bool gt_secret_name_is_foreign(struct gt_str name);

/* True for token, pass, pw and signature, which have other meanings than a secret's: a count, a result, a width. */
bool gt_secret_name_is_ambiguous(struct gt_str name);

/* True for header fields such as X-Api-Key, X-Auth-Token: programs have no variables of such names. */
bool gt_secret_name_is_field(struct gt_str name);

/* True for a key in a list that may have words: letters and digits in turn. */
bool gt_secret_is_key_among_words(struct gt_str s);

/* Two strings of a list side by side: is the second the value of the first, a telling name? It may be another name. */
bool gt_secret_is_beside_name(struct gt_str name, struct gt_str value);

/* True when `name`, without signs and in small letters, ends in `end`. */
bool gt_secret_name_ends(struct gt_str name, struct gt_str end);

#endif
