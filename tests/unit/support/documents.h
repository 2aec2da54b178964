/* The documents of a stream as one text: "<event:data>" for each. */
#ifndef GT_DOCUMENTS_H
#define GT_DOCUMENTS_H

#include "shim/shared/str.h"

struct gt_documents {
	char text[4000]; /* terminated, but the data may contain NUL */
	size_t len;
};

void gt_documents_clear(struct gt_documents *d);

/* The callback of a stream parser; `documents` is a struct gt_documents. */
void gt_documents_add(void *documents, struct gt_str event, struct gt_str data);

#endif
