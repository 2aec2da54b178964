#include "exporter/command/summary.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

#include "exporter/base/errors.h"
#include "exporter/command/blind.h"
#include "exporter/command/figure.h"
#include "exporter/command/no_calls.h"
#include "exporter/command/totals.h"
#include "exporter/command/tree.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- heading */

#define COMMAND_MAX (1 << 16) /* bytes, far more than a line shows */
#define TITLE_MIN   12	      /* columns; a shorter title takes its own width */
#define FACTS_MAX   5

/* The facts after the title. A narrow line drops the last facts first: the totals show them as well. */
struct facts {
	struct {
		enum gt_colour colour;
		char text[GT_FIGURE_ROOM + 16];
	} at[FACTS_MAX];
	unsigned n;
};

GT_PRINTF(3, 4) static void add_fact(struct facts *f, enum gt_colour colour, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	f->at[f->n].colour = colour;
	vsnprintf(f->at[f->n++].text, sizeof(f->at[0].text), format, args);
	va_end(args);
}

static void add_duration(struct facts *f, uint64_t ns)
{
	char room[GT_FIGURE_ROOM];
	struct gt_str s = gt_figure_duration(ns, room);

	add_fact(f, GT_PLAIN, "%.*s", GT_STR_ARG(s));
}

static void add_end(struct facts *f, int status)
{
	char room[GT_FIGURE_ROOM];
	struct gt_str name;

	if (WIFSIGNALED(status)) {
		name = gt_figure_signal(WTERMSIG(status), room);
		add_fact(f, GT_RED, "killed by %.*s", GT_STR_ARG(name));
	} else {
		add_fact(f, status ? GT_RED : GT_PLAIN, "exit %d", WEXITSTATUS(status));
	}
}

static void add_counts(struct facts *f, const struct gt_total *all, bool unicode)
{
	char room[GT_FIGURE_ROOM];
	struct gt_str s = gt_figure_count(all->calls, room);

	add_fact(f, GT_PLAIN, "%.*s call%s", GT_STR_ARG(s), all->calls == 1 ? "" : "s");
	s = gt_figure_count(all->errors, room);
	if (all->errors)
		add_fact(f, GT_RED, "%.*s error%s", GT_STR_ARG(s), all->errors == 1 ? "" : "s");
	s = gt_total_cost(all, gt_figure_decimals(all->cost_usd), unicode, room);
	if (s.len)
		add_fact(f, GT_PLAIN, "%.*s", GT_STR_ARG(s));
}

static size_t facts_width(const struct facts *f)
{
	size_t width = 0;

	for (unsigned i = 0; i < f->n; i++) {
		width += 3;
		for (const char *c = f->at[i].text; *c; c++)
			width += ((unsigned char)*c & 0xc0) != 0x80; /* a character, not a byte */
	}
	return width;
}

/* Draws one line of any width. Drops facts from `f` until the title fits. */
static void put_heading(struct gt_picture *p, struct gt_str title, struct facts *f)
{
	struct gt_str who = GT_STR("gentap: ");
	size_t least = gt_picture_width(p, title), line = p->terminal.width;

	if (least > TITLE_MIN)
		least = TITLE_MIN;
	if (who.len + least + facts_width(f) > line)
		who = GT_STR("");
	while (f->n && who.len + least + facts_width(f) > line)
		f->n--;
	gt_picture_add(p, GT_DIM, who);
	gt_picture_put(p, GT_BOLD, title, line - who.len - facts_width(f));
	for (unsigned i = 0; i < f->n; i++) {
		gt_picture_sign(p, GT_DIM, " \u00b7 ", " | ");
		gt_picture_add(p, f->at[i].colour, gt_str_of(f->at[i].text));
	}
	gt_picture_end_line(p);
}

/* ---------------------------------------------------------------- whole summaries */

/* Once, whatever number of calls it concerns. */
static void put_stale_prices(struct gt_picture *p, const struct gt_totals *totals)
{
	struct gt_str who = GT_STR("gentap: "), day;
	char room[GT_FIGURE_ROOM], text[128];

	day = gt_totals_stale_day(totals, room);
	if (!day.len)
		return;
	snprintf(text, sizeof(text), "prices of %.*s are over six months old: see gentap prices", GT_STR_ARG(day));
	gt_picture_add(p, GT_DIM, who);
	gt_picture_put(p, GT_PLAIN, gt_str_of(text), p->terminal.width - who.len);
	gt_picture_end_line(p);
}

/* Adds the counts to the facts of the caller. */
static int put_all(struct gt_picture *p, struct gt_str title, struct facts *f, const struct gt_trace *t)
{
	struct gt_totals totals;
	int ret = gt_totals_make(&totals, t);

	if (ret)
		return ret;
	add_counts(f, &totals.all, p->terminal.has_unicode);
	put_heading(p, title, f);
	ret = gt_tree_draw(p, t);
	if (totals.all.calls)
		gt_picture_end_line(p);
	gt_totals_draw(p, &totals);
	put_stale_prices(p, &totals);
	gt_totals_free(&totals);
	return p->text.has_failed ? GT_ENOMEM : ret;
}

static void join(struct gt_text *out, const struct gt_run *run)
{
	struct gt_str names[2];
	int n = gt_run_names(run, names);

	gt_text_add(out, names[0]);
	if (n == 2) {
		gt_text_add(out, GT_STR(" "));
		gt_text_add(out, names[1]);
	}
}

int gt_summary_of_run(struct gt_picture *p, const struct gt_run *run, const struct gt_trace *t)
{
	struct facts f = { .n = 0 };
	struct gt_text command;
	int ret;

	if (!t->n) {
		gt_no_calls_put(p, run, t);
		gt_blind_put(p, t);
		return p->text.has_failed ? GT_ENOMEM : 0;
	}
	gt_text_init(&command, COMMAND_MAX);
	join(&command, run);
	add_duration(&f, run->duration_ns > 0 ? (uint64_t)run->duration_ns : 0);
	add_end(&f, run->status);
	ret = put_all(p, gt_str_make(command.p, command.len), &f, t);
	gt_text_free(&command);
	gt_blind_put(p, t);
	return p->text.has_failed ? GT_ENOMEM : ret;
}

int gt_summary_of_file(struct gt_picture *p, const char *name, const struct gt_trace *t)
{
	struct facts f = { .n = 0 };
	uint64_t start_ns, end_ns;

	if (gt_trace_extent(t, &start_ns, &end_ns))
		add_duration(&f, end_ns - start_ns);
	return put_all(p, gt_str_of(name), &f, t);
}
