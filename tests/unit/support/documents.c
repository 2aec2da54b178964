#include "documents.h"

#include "test.h"

void gt_documents_clear(struct gt_documents *d)
{
	d->len = 0;
	d->text[0] = 0;
}

static void add(struct gt_documents *d, struct gt_str s)
{
	assert_true(d->len + s.len < sizeof(d->text));
	memcpy(d->text + d->len, s.len ? s.p : "", s.len);
	d->len += s.len;
	d->text[d->len] = 0;
}

void gt_documents_add(void *documents, struct gt_str event, struct gt_str data)
{
	assert_non_null(event.p);
	assert_non_null(data.p);
	add(documents, GT_STR("<"));
	add(documents, event);
	add(documents, GT_STR(":"));
	add(documents, data);
	add(documents, GT_STR(">"));
}
