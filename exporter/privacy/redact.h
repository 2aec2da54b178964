/*
 * What is hidden in content before it goes anywhere: secrets of well-known shapes (secret.h) and what a user's patterns match
 * (pattern.h). Exporter thread; no state but what was read from GENTAP_REDACT.
 *
 * A text is looked at as it is meant, too: escapes of JSON and of program text within it (\n, \", \/, \u0041, doubled
 * backslashes) are undone for finding, so that a key in a document that was quoted into a text is found.
 *
 * The value of GENTAP_REDACT is a list, separated by commas, of
 *	a class		api_key, token, password, email, card, private_key; all; none
 *	a pattern	/REGEX/ or name=/REGEX/, where \/ stands for a slash
 * Classes that are named are the only ones that are on; without any, all are. An item that cannot be used is told once; when
 * it was to be a class, all classes are on.
 */
#ifndef GT_REDACT_H
#define GT_REDACT_H

#include "exporter/base/text.h"
#include "exporter/privacy/pattern.h"
#include "exporter/privacy/secret.h"

#define GT_REDACT_PATTERNS_MAX 16

struct gt_redact {
	unsigned classes;
	struct gt_pattern *patterns[GT_REDACT_PATTERNS_MAX]; /* malloc'd */
	unsigned n;
};

/* `bad` is called for every item that is left out, with its number, from 1. The item itself is not given: it may hold a
 * secret. Free with gt_redact_free. */
void gt_redact_read(struct gt_redact *r, struct gt_str list, void (*bad)(void *ctx, unsigned item, const char *problem),
		    void *ctx);
void gt_redact_free(struct gt_redact *r);

/* Adds the first `keep` bytes of `in`, or all of it, to `out`: "[redacted:email]" in the place of each secret. A secret that
 * begins before `keep` is seen whole. Without memory all of it is one secret. */
void gt_redact_text(const struct gt_redact *r, struct gt_str in, size_t keep, struct gt_text *out);

#endif
