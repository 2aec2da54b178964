/* Text through redaction with every class on: what stays and what is hidden. */
#ifndef GT_REDACTED_H
#define GT_REDACTED_H

#include <stddef.h>

/* Redacts a copy that ends at a guard page. The caller frees the result. */
char *gt_redacted(const char *in);

/* Fails unless the result is `want`; NULL: `in` itself. */
void gt_redacted_check(const char *in, const char *want);

struct gt_redacted_row {
	const char *in, *want; /* NULL: nothing is hidden */
};

/* The same for each row. */
void gt_redacted_check_rows(const struct gt_redacted_row *rows, size_t n);

#endif
