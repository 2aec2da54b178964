/*
 * Columns that fit a terminal. The first one holds names and gives way; the others hold figures as wide as they are, and go
 * one by one, least important first, when the names would be left too little room.
 *
 *	gt_table_widen(...) for every cell, gt_table_fit(...) once, gt_table_cell(...) for every cell of every line.
 */
#ifndef GT_TABLE_H
#define GT_TABLE_H

#include "exporter/command/picture.h"

#define GT_TABLE_COLUMNS 8

struct gt_column {
	const char *title;
	bool is_right; /* aligned */
	unsigned gap;  /* blanks before it */
	unsigned max;  /* columns; 0: as wide as it wants */
	unsigned goes; /* order in which they go: 1 first; of the name: 0 */
};

struct gt_table {
	const struct gt_column *columns;
	unsigned n;
	size_t width[GT_TABLE_COLUMNS]; /* 0: not shown */
	size_t used;			/* of a whole line, after gt_table_fit */
};

void gt_table_init(struct gt_table *t, const struct gt_column *columns, unsigned n);

/* A cell of this width is to come. A column nobody widens is not shown. */
void gt_table_widen(struct gt_table *t, unsigned column, size_t width);
void gt_table_fit(struct gt_table *t, size_t line);

/* Draws one cell other than the name, with its gap; the cursor stands behind the column before. */
void gt_table_cell(const struct gt_table *t, struct gt_picture *p, unsigned column, enum gt_colour colour, struct gt_str s);

/* All titles but that of the name. */
void gt_table_titles(const struct gt_table *t, struct gt_picture *p);

#endif
