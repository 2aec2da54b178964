/*
 * Values without quotes: is the word after a telling name a secret, or an ordinary word, a type, a part of a program? Pure;
 * reads a bounded number of characters around the word.
 *
 * A digit decides most cases: names in programs and words of prose rarely have any. Letters alone count where a program
 * would not write a name or an expression: in variables of the environment, options, URLs, forms, connection strings, and
 * on lines of configuration files.
 */
#ifndef GT_BARE_VALUE_H
#define GT_BARE_VALUE_H

#include "exporter/privacy/search.h"

/* Where the name and the word are in the text. */
struct gt_bare_value {
	struct gt_str name;
	size_t name_at;	 /* of the first character, with its quote */
	size_t sign;	 /* of the : or = */
	size_t from, to; /* the word */
	bool has_digit;
	bool is_member;	 /* the name is in quotes, and a colon follows: a member of JSON */
	bool is_certain; /* the value of a pair whose name is telling */
};

/* Letters, digits, and the signs of tokens and passwords; also of other alphabets. */
bool gt_is_bare_char(char c);

bool gt_bare_is_secret(const struct gt_search *s, const struct gt_bare_value *v);

#endif
