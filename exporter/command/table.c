#include "exporter/command/table.h"

void gt_table_init(struct gt_table *t, const struct gt_column *columns, unsigned n)
{
	*t = (struct gt_table){ .columns = columns, .n = n };
}

void gt_table_widen(struct gt_table *t, unsigned column, size_t width)
{
	const struct gt_column *c = &t->columns[column];

	if (!width)
		return;
	if (width < strlen(c->title))
		width = strlen(c->title);
	if (c->max && width > c->max)
		width = c->max;
	if (width > t->width[column])
		t->width[column] = width;
}

/* The width of all columns except the name. */
static size_t others(const struct gt_table *t)
{
	size_t sum = 0;

	for (unsigned i = 1; i < t->n; i++)
		if (t->width[i])
			sum += t->columns[i].gap + t->width[i];
	return sum;
}

static unsigned first_to_go(const struct gt_table *t)
{
	unsigned found = 0;

	for (unsigned i = 1; i < t->n; i++)
		if (t->width[i] && (!found || t->columns[i].goes < t->columns[found].goes))
			found = i;
	return found;
}

void gt_table_fit(struct gt_table *t, size_t line)
{
	/* names of models are long, and people look for them: reserve two fifths of the line, or less if that is
	 * enough */
	size_t least = line * 2 / 5;

	if (least > t->width[0])
		least = t->width[0];
	for (unsigned go = first_to_go(t); go && others(t) + least > line; go = first_to_go(t))
		t->width[go] = 0;
	if (t->width[0] > line - others(t))
		t->width[0] = line - others(t);
	t->used = t->width[0] + others(t);
}

void gt_table_cell(const struct gt_table *t, struct gt_picture *p, unsigned column, enum gt_colour colour, struct gt_str s)
{
	const struct gt_column *c = &t->columns[column];
	size_t room = t->width[column], width = gt_picture_width(p, s), pad;

	if (!room)
		return;
	pad = width < room ? room - width : 0;
	gt_picture_blanks(p, c->gap + (c->is_right ? pad : 0));
	width = gt_picture_put(p, colour, s, room);
	gt_picture_blanks(p, room - width - (c->is_right ? pad : 0));
}

void gt_table_titles(const struct gt_table *t, struct gt_picture *p)
{
	for (unsigned i = 1; i < t->n; i++)
		gt_table_cell(t, p, i, GT_DIM, gt_str_of(t->columns[i].title));
}
