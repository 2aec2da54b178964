#include "redacted.h"

#include "guard_page.h"
#include "test.h"

#include "exporter/privacy/redact.h"

char *gt_redacted(const char *in)
{
	static const struct gt_redact all = { .classes = GT_SECRET_ALL };
	char *copy = gt_guard_end(in, strlen(in)), *out;
	struct gt_text t;

	gt_text_init(&t, SIZE_MAX);
	gt_redact_text(&all, gt_str_make(copy, strlen(in)), SIZE_MAX, &t);
	assert_false(t.has_failed);
	out = strndup(t.len ? t.p : "", t.len);
	assert_non_null(out);
	gt_text_free(&t);
	gt_guard_free(copy, strlen(in));
	return out;
}

void gt_redacted_check(const char *in, const char *want)
{
	char *out = gt_redacted(in);

	if (strcmp(out, want ? want : in))
		print_error("of \"%s\"\n", in);
	assert_string_equal(out, want ? want : in);
	free(out);
}

void gt_redacted_check_rows(const struct gt_redacted_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gt_redacted_check(rows[i].in, rows[i].want);
}
