#include "exporter/command/picture.h"

#include "exporter/command/glyph.h"

#define PICTURE_MAX ((size_t)256 << 20) /* about 2 million lines of 100 columns */

void gt_picture_init(struct gt_picture *p, const struct gt_terminal *terminal)
{
	*p = (struct gt_picture){ .terminal = *terminal };
	gt_text_init(&p->text, PICTURE_MAX);
}

void gt_picture_free(struct gt_picture *p)
{
	gt_text_free(&p->text);
}

static void raw(struct gt_picture *p, const char *s)
{
	gt_text_add(&p->text, gt_str_of(s));
}

static void write_blanks(struct gt_picture *p)
{
	static const struct gt_str many = { "                                ", 32 };

	for (; p->blanks > many.len; p->blanks -= many.len)
		gt_text_add(&p->text, many);
	gt_text_add(&p->text, gt_str_make(many.p, p->blanks));
	p->blanks = 0;
}

static void begin(struct gt_picture *p, enum gt_colour colour)
{
	static const char *const codes[] = {
		[GT_BOLD] = "\033[1m",	 [GT_DIM] = "\033[2m",	   [GT_RED] = "\033[31m",
		[GT_GREEN] = "\033[32m", [GT_YELLOW] = "\033[33m", [GT_CYAN] = "\033[36m",
	};

	write_blanks(p);
	if (p->terminal.has_colour && colour != GT_PLAIN)
		raw(p, codes[colour]);
}

static void end(struct gt_picture *p, enum gt_colour colour)
{
	if (p->terminal.has_colour && colour != GT_PLAIN)
		raw(p, "\033[0m");
}

void gt_picture_add(struct gt_picture *p, enum gt_colour colour, struct gt_str own)
{
	if (!own.len)
		return;
	begin(p, colour);
	gt_text_add(&p->text, own);
	end(p, colour);
}

void gt_picture_sign(struct gt_picture *p, enum gt_colour colour, const char *unicode, const char *ascii)
{
	gt_picture_add(p, colour, gt_str_of(p->terminal.has_unicode ? unicode : ascii));
}

void gt_picture_blanks(struct gt_picture *p, size_t n)
{
	p->blanks += n;
}

void gt_picture_end_line(struct gt_picture *p)
{
	p->blanks = 0;
	raw(p, "\n");
}

static bool is_shown(const struct gt_picture *p, const struct gt_glyph *g)
{
	return g->is_safe && (g->code < 0x80 || p->terminal.has_unicode);
}

static size_t columns(const struct gt_picture *p, const struct gt_glyph *g)
{
	return is_shown(p, g) || !g->columns ? g->columns : 1;
}

size_t gt_picture_width(const struct gt_picture *p, struct gt_str foreign)
{
	struct gt_glyph g;
	size_t width = 0;

	while (gt_glyph_next(&foreign, &g))
		width += columns(p, &g);
	return width;
}

static void put_glyph(struct gt_picture *p, const struct gt_glyph *g)
{
	if (g->code == ' ' || g->code == '\n' || g->code == '\t' || g->code == '\r') {
		p->blanks++;
		return;
	}
	write_blanks(p);
	if (is_shown(p, g))
		gt_text_add(&p->text, g->bytes);
	else if (columns(p, g))
		raw(p, p->terminal.has_unicode ? "\xef\xbf\xbd" : "?");
}

size_t gt_picture_put(struct gt_picture *p, enum gt_colour colour, struct gt_str foreign, size_t room)
{
	const char *mark = p->terminal.has_unicode ? "\xe2\x80\xa6" : "..";
	size_t mark_width = p->terminal.has_unicode ? 1 : 2, used = 0;
	bool is_cut = gt_picture_width(p, foreign) > room;
	struct gt_glyph g;

	if (!foreign.len || !room)
		return 0;
	begin(p, colour);
	if (is_cut && room < mark_width)
		mark_width = 0;
	while (gt_glyph_next(&foreign, &g)) {
		if (used + columns(p, &g) > (is_cut ? room - mark_width : room))
			break;
		put_glyph(p, &g);
		used += columns(p, &g);
	}
	if (is_cut && mark_width) {
		write_blanks(p);
		raw(p, mark);
		used += mark_width;
	}
	end(p, colour);
	return used;
}
