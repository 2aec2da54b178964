/*
 * The operation of APIs whose requests have no body that names it: method and path decide. Pure.
 */
#ifndef GT_OPERATION_H
#define GT_OPERATION_H

#include "exporter/span/reading.h"

struct gt_operation_row {
	const char *method; /* NULL: any */
	struct gt_str end;  /* the path ends with this, or */
	struct gt_str part; /* the path contains this */
	const char *name;
};

#define END(text)                   \
	{ text, sizeof(text) - 1 }, \
	{                           \
		NULL, 0             \
	}
#define PART(text)                     \
	{ NULL, 0 },                   \
	{                              \
		text, sizeof(text) - 1 \
	}

/* Sets gen_ai.operation.name to that of the first row that matches; leaves it when none does. */
void gt_operation_set(struct gt_reading *r, const struct gt_operation_row *rows, size_t n);

#endif
