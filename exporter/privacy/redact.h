/*
 * Redacts content before it leaves the exporter: secrets of well-known shapes (secret.h) and matches of a user's
 * patterns (pattern.h). Exporter thread; the only state is what was read from GENTAP_REDACT.
 *
 * The search decodes escapes of JSON and of program text (\n, \", \/, \u0041, doubled backslashes). So it also finds a
 * key in a document that is quoted within the text. The output keeps the escapes.
 *
 * The value of GENTAP_REDACT is a comma-separated list of
 *	a class		api_key, token, password, email, card, private_key; all; none
 *	a pattern	/REGEX/ or name=/REGEX/, where \/ is a slash
 * When the list names classes, only those are on; otherwise all are. Each unusable item is reported once. An unknown
 * class turns all classes on.
 */
#ifndef GT_REDACT_H
#define GT_REDACT_H

#include "exporter/base/text.h"
#include "exporter/privacy/pattern.h"
#include "exporter/privacy/secret.h"

#define GT_REDACT_PATTERNS_MAX 16 /* a message repeats the number */

struct gt_redact {
	unsigned classes;				     /* 1 << enum gt_secret */
	struct gt_pattern *patterns[GT_REDACT_PATTERNS_MAX]; /* owned, malloc'd; the first n */
	unsigned n;
};

/* Calls `bad` for each item that is left out, with its number in the list, from 1. The item itself is not passed,
 * because it may contain a secret. Free with gt_redact_free. */
void gt_redact_read(struct gt_redact *r, struct gt_str list, void (*bad)(void *ctx, unsigned item, const char *problem),
		    void *ctx);
void gt_redact_free(struct gt_redact *r);

/* Appends the first `keep` bytes of `in`, or all of a shorter `in`, to `out`. A mark such as "[redacted:email]"
 * replaces each secret. A secret that begins before `keep` is recognized even if it ends after it. Without memory,
 * "[redacted:no_memory]" replaces everything. */
void gt_redact_text(const struct gt_redact *r, struct gt_str in, size_t keep, struct gt_text *out);

#endif
