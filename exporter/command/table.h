/*
 * Lays out columns for the width of a terminal. Pure.
 *
 * Column 0 holds names and is cut when it does not fit. The other columns hold figures and are cut only at their `max`.
 * When names would get too little room, whole columns are dropped, the least important first.
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
	unsigned max;  /* columns; 0: no limit */
	unsigned goes; /* order in which columns are dropped: 1 first; 0 for the name */
};

struct gt_table {
	const struct gt_column *columns;
	unsigned n;
	size_t width[GT_TABLE_COLUMNS]; /* 0: not shown */
	size_t used;			/* of a whole line, after gt_table_fit */
};

/* Borrows `columns`, which must outlive the table; `n` is at most GT_TABLE_COLUMNS. */
void gt_table_init(struct gt_table *t, const struct gt_column *columns, unsigned n);

/* Makes room for a cell of this width. A column that is never widened is not shown. */
void gt_table_widen(struct gt_table *t, unsigned column, size_t width);

/* Drops columns and cuts the names to fit a line of this many columns. */
void gt_table_fit(struct gt_table *t, size_t line);

/* Draws one cell other than the name, with its gap. Call in column order, right after the previous column. */
void gt_table_cell(const struct gt_table *t, struct gt_picture *p, unsigned column, enum gt_colour colour, struct gt_str s);

/* Draws all titles except that of the name. */
void gt_table_titles(const struct gt_table *t, struct gt_picture *p);

#endif
