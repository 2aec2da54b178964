/*
 * Finds what must not be told in text written by others: credentials and personal data of well-known shapes. Pure, linear in
 * the length of the text, no allocation.
 *
 * Shapes are those the issuers document: prefixes of keys, the three parts of a JWT (RFC 7519), token68 behind a scheme
 * (RFC 9110, 11.2), PEM labels (RFC 7468), and the check digit of a card's number (ISO/IEC 7812-1). A secret without any shape
 * of its own is only seen behind a name such as "password". A doubtful case counts as a secret.
 */
#ifndef GT_SECRET_H
#define GT_SECRET_H

#include "shim/shared/str.h"

enum gt_secret {
	GT_SECRET_API_KEY,  /* of model providers, clouds, code hosts, chat and payment services */
	GT_SECRET_TOKEN,    /* JWTs; what stands behind Bearer and Basic */
	GT_SECRET_PASSWORD, /* a value given to a name that says so; the password of a URL */
	GT_SECRET_EMAIL,
	GT_SECRET_CARD,	       /* 13 to 19 digits, grouped or not, with a right check digit */
	GT_SECRET_PRIVATE_KEY, /* a PEM block, up to its end or that of the text */
	GT_SECRETS
};
#define GT_SECRET_ALL ((1u << GT_SECRETS) - 1)

/* As they are written in GENTAP_REDACT and in what stands in a secret's place. */
extern const char *const gt_secret_names[GT_SECRETS];

/* No secret but a private key needs more text than this to be known for one: a text cut off so far behind a place has shown
 * every secret that begins before it. */
#define GT_SECRET_REACH 1024

/* Sets marks[i] to 1 + class for every byte i that belongs to a secret of `classes` (bits); others stay. */
void gt_secret_mark(struct gt_str text, unsigned classes, uint8_t *marks);

/* Is this the name of a member, an argument or a variable whose value is a secret whatever it looks like? */
bool gt_secret_is_name(struct gt_str name);

#endif
