/*
 * Finds credentials and personal data of well-known shapes in foreign text. Pure, linear in the length of the text, no
 * allocation.
 *
 * Shapes are those the issuers and standards document: prefixes and alphabets of keys; the parts of a JWT (RFC 7519);
 * token68 after a scheme (RFC 9110, 11.2); PEM labels (RFC 7468); the check digit of a card number (ISO/IEC 7812-1). A
 * secret without a shape of its own is found only as the value of a name such as "password". Doubtful cases count as
 * secrets.
 */
#ifndef GT_SECRET_H
#define GT_SECRET_H

#include "shim/shared/str.h"

enum gt_secret {
	GT_SECRET_API_KEY,  /* keys of model providers, clouds, code hosts, chat and payment services */
	GT_SECRET_TOKEN,    /* JWTs; credentials after Bearer, Basic and Token */
	GT_SECRET_PASSWORD, /* the value of a name such as "password"; the password in a URL */
	GT_SECRET_EMAIL,
	GT_SECRET_CARD,	       /* 13 to 19 digits, grouped or not, with a valid check digit */
	GT_SECRET_PRIVATE_KEY, /* a PEM block, up to its end or the end of the text */
	GT_SECRETS
};
#define GT_SECRET_ALL ((1u << GT_SECRETS) - 1)

/* Names of the classes, in GENTAP_REDACT and in the mark that replaces a secret. */
extern const char *const gt_secret_names[GT_SECRETS];

/* Bytes. No secret needs more text than this to be recognized, except what is before a private key's END line. So in a
 * text that is cut this far after a position, every secret that begins before that position is found. */
#define GT_SECRET_REACH 1024

struct gt_search;

/* Marks every byte of a secret of `classes` (bits: 1 << class), unless it is marked already. */
void gt_secret_mark(const struct gt_search *s, unsigned classes);

#endif
