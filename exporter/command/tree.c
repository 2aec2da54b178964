#include "exporter/command/tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/command/figure.h"
#include "exporter/command/table.h"

#define INDENT	   3  /* columns of one level */
#define LEVELS_MAX 48 /* deeper levels are drawn at this level or, in a narrow line, at the deepest that fits */

#define BAR_MIN 14
#define BAR_MAX 28
#define BAR_GAP 2

#define NOTE_SIGN 2 /* blank, sign */
#define NOTE_GAP  3 /* the same and a blank before the text */

/* ---------------------------------------------------------------- nodes */

/* A span, or the line of a process. Nodes 0 to n-1 are the spans. */
struct node {
	int32_t parent, first, last, next; /* -1: none; children in order of their start */
	uint32_t process;
};

struct tree {
	const struct gt_trace *trace;
	struct node *nodes;
	uint32_t n;	     /* nodes in use */
	int decimals;	     /* of all costs */
	int32_t first, last; /* roots: only lines of processes */
};

/* The latest line of a process at the root, and below a span (`inner_parent`). -1: none. */
struct group {
	int32_t root, inner, inner_parent;
};

static void attach(struct tree *tree, int32_t parent, int32_t child)
{
	int32_t *first = parent < 0 ? &tree->first : &tree->nodes[parent].first;
	int32_t *last = parent < 0 ? &tree->last : &tree->nodes[parent].last;

	tree->nodes[child].parent = parent;
	if (*last < 0)
		*first = child;
	else
		tree->nodes[*last].next = child;
	*last = child;
}

static int32_t new_line(struct tree *tree, int32_t parent, uint32_t process)
{
	int32_t line = (int32_t)tree->n++;

	tree->nodes[line] = (struct node){ .parent = -1, .first = -1, .last = -1, .next = -1, .process = process };
	attach(tree, parent, line);
	return line;
}

/* Returns the line of `process` below `parent` (-1: at the root) and adds it if necessary. */
static int32_t line_of(struct tree *tree, struct group *groups, int32_t parent, uint32_t process)
{
	struct group *g = &groups[process];

	if (parent < 0) {
		if (g->root < 0)
			g->root = new_line(tree, -1, process);
		return g->root;
	}
	if (g->inner < 0 || g->inner_parent != parent) {
		g->inner = new_line(tree, parent, process);
		g->inner_parent = parent;
	}
	return g->inner;
}

/* All costs of the column have the same number of decimals, so that the points align. */
static int decimals_for(const struct gt_trace *t)
{
	double smallest = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (t->spans[i].cost_usd > 0 && (smallest == 0 || t->spans[i].cost_usd < smallest))
			smallest = t->spans[i].cost_usd;
	return gt_figure_decimals(smallest);
}

static int plant(struct tree *tree, const struct gt_trace *t)
{
	struct group *groups = calloc(t->n_processes, sizeof(*groups));

	*tree = (struct tree){ .trace = t, .n = t->n, .decimals = decimals_for(t), .first = -1, .last = -1 };
	tree->nodes = calloc(2 * (size_t)t->n, sizeof(*tree->nodes)); /* at most a line for each span */
	if (!groups || !tree->nodes) {
		free(groups);
		free(tree->nodes);
		return GT_ENOMEM;
	}
	for (uint32_t i = 0; i < t->n_processes; i++)
		groups[i] = (struct group){ -1, -1, -1 };
	for (uint32_t i = 0; i < t->n; i++)
		tree->nodes[i] = (struct node){ -1, -1, -1, -1, t->spans[i].process };
	for (uint32_t i = 0; i < t->n; i++) {
		int32_t parent = t->spans[i].parent;
		uint32_t process = t->spans[i].process;

		if (parent < 0 || t->spans[parent].process != process)
			parent = line_of(tree, groups, parent, process);
		attach(tree, parent, (int32_t)i);
	}
	free(groups);
	return 0;
}

/* The node drawn after node `i`, or -1 at the end. Updates `depth`. */
static int32_t after(const struct tree *tree, int32_t i, uint32_t *depth)
{
	if (tree->nodes[i].first >= 0) {
		++*depth;
		return tree->nodes[i].first;
	}
	while (i >= 0 && tree->nodes[i].next < 0) {
		i = tree->nodes[i].parent;
		--*depth;
	}
	return i < 0 ? -1 : tree->nodes[i].next;
}

/* NULL for the line of a process. */
static const struct gt_trace_span *span_of(const struct tree *tree, int32_t i)
{
	return (uint32_t)i < tree->trace->n ? &tree->trace->spans[i] : NULL;
}

/* ---------------------------------------------------------------- cells */

enum { NAME, PROVIDER, TOKENS_IN, CACHED, TOKENS_OUT, COST, FIRST_CHUNK, TIME, COLUMNS };

/* Tokens and time matter most; the reader can guess a provider from the model. */
static const struct gt_column columns[COLUMNS] = {
	[NAME] = { "", .max = 0 },
	[PROVIDER] = { "provider", .gap = 2, .max = 16, .goes = 3 },
	[TOKENS_IN] = { "in", .is_right = true, .gap = 2, .goes = 5 },
	[CACHED] = { "[cached]", .is_right = true, .gap = 1, .goes = 2 },
	[TOKENS_OUT] = { "out", .is_right = true, .gap = 2, .goes = 6 },
	[COST] = { "cost", .is_right = true, .gap = 2, .goes = 4 },
	[FIRST_CHUNK] = { "first", .is_right = true, .gap = 2, .goes = 1 },
	[TIME] = { "time", .is_right = true, .gap = 2, .goes = 7 },
};

static const enum gt_colour colours[COLUMNS] = { [PROVIDER] = GT_CYAN, [CACHED] = GT_DIM };

static struct gt_str cell(const struct tree *tree, const struct gt_trace_span *s, int column, char room[GT_FIGURE_ROOM])
{
	switch (column) {
	case PROVIDER:
		return s->provider.len || !s->is_mcp ? s->provider : GT_STR("mcp");
	case TOKENS_IN:
		return s->tokens_in < 0 ? GT_STR("") : gt_figure_count(s->tokens_in, room);
	case CACHED:
		return s->tokens_cached <= 0 ? GT_STR("") : gt_figure_bracketed(s->tokens_cached, room);
	case TOKENS_OUT:
		return s->tokens_out < 0 ? GT_STR("") : gt_figure_count(s->tokens_out, room);
	case COST:
		return s->cost_usd < 0 ? GT_STR("") : gt_figure_usd(s->cost_usd, tree->decimals, room);
	case FIRST_CHUNK:
		return s->first_chunk_s < 0 ? GT_STR("") : gt_figure_duration((uint64_t)(s->first_chunk_s * 1e9), room);
	case TIME:
		return gt_trace_is_timed(s) ? gt_figure_duration(s->end_ns - s->start_ns, room) : GT_STR("");
	default:
		return GT_STR("");
	}
}

/* ---------------------------------------------------------------- names */

static struct gt_str process_name(const struct gt_trace_process *process)
{
	return process->service.len ? process->service : GT_STR("unknown program");
}

static struct gt_str pid_text(const struct gt_trace_process *process, char room[GT_FIGURE_ROOM])
{
	int n = process->pid ? snprintf(room, GT_FIGURE_ROOM, " (pid %lld)", (long long)process->pid) : 0;

	return gt_str_make(room, (size_t)n);
}

static struct gt_str span_name(const struct gt_trace_span *s)
{
	return s->name.len ? s->name : GT_STR("unnamed");
}

/* The error, or the reason why the connection was not read, or why the span is incomplete. */
static struct gt_str note_of(const struct gt_trace_span *s)
{
	return s->is_error ? s->error : s->blind.len ? s->blind : s->incomplete;
}

static size_t name_width(const struct tree *tree, const struct gt_picture *p, int32_t i)
{
	const struct gt_trace_process *process = &tree->trace->processes[tree->nodes[i].process];
	const struct gt_trace_span *s = span_of(tree, i);
	char room[GT_FIGURE_ROOM];
	size_t note;

	if (!s)
		return gt_picture_width(p, process_name(process)) + pid_text(process, room).len;
	note = gt_picture_width(p, note_of(s));
	return gt_picture_width(p, span_name(s)) + (note ? NOTE_GAP + note : 0);
}

static size_t put_process(struct gt_picture *p, const struct gt_trace_process *process, size_t width)
{
	char room[GT_FIGURE_ROOM];
	struct gt_str pid = pid_text(process, room);
	size_t used;

	/* in a narrow column the pid distinguishes two processes better than the end of a name */
	used = gt_picture_put(p, GT_BOLD, process_name(process), width >= 2 * pid.len ? width - pid.len : width);
	return used + gt_picture_put(p, GT_DIM, pid, width - used);
}

/* Columns for the note, of `width` for name and note. When both do not fit, an error may take half; for an incomplete
 * span the sign is enough. */
static size_t note_share(bool is_error, size_t name, size_t note, size_t width)
{
	size_t least = is_error ? width / 2 : NOTE_SIGN, left = name < width ? width - name : 0;

	if (width < 2 * NOTE_SIGN)
		return 0;
	if (left < least)
		left = least;
	return note < left ? note : left;
}

static size_t put_span(struct gt_picture *p, const struct gt_trace_span *s, size_t width)
{
	enum gt_colour colour = s->is_error ? GT_RED : GT_YELLOW;
	struct gt_str name = span_name(s), note = note_of(s);
	size_t share = note.len ? NOTE_GAP + gt_picture_width(p, note) : 0, used;

	share = note_share(s->is_error, gt_picture_width(p, name), share, width);
	used = gt_picture_put(p, GT_PLAIN, name, width - share);
	if (share < NOTE_SIGN)
		return used;
	gt_picture_blanks(p, 1);
	gt_picture_sign(p, colour, s->is_error ? "\u2717" : "~", s->is_error ? "!" : "~");
	if (share <= NOTE_GAP)
		return used + NOTE_SIGN;
	gt_picture_blanks(p, 1);
	return used + NOTE_GAP + gt_picture_put(p, colour, note, share - NOTE_GAP);
}

/* ---------------------------------------------------------------- bars */

/* The time of spans, drawn to scale on `width` columns. */
struct bar {
	size_t width; /* 0: not shown */
	uint64_t start_ns, end_ns;
};

static void bar_fit(struct bar *bar, const struct gt_trace *t, size_t used, size_t line)
{
	*bar = (struct bar){ 0 };
	if (t->n < 2 || line < used + BAR_GAP + BAR_MIN || !gt_trace_extent(t, &bar->start_ns, &bar->end_ns) ||
	    bar->start_ns == bar->end_ns)
		return;
	bar->width = line - used - BAR_GAP < BAR_MAX ? line - used - BAR_GAP : BAR_MAX;
}

static void bar_title(const struct bar *bar, struct gt_picture *p)
{
	char room[GT_FIGURE_ROOM];
	struct gt_str end = gt_figure_duration(bar->end_ns - bar->start_ns, room);

	if (!bar->width)
		return;
	gt_picture_blanks(p, BAR_GAP);
	gt_picture_add(p, GT_DIM, GT_STR("0s"));
	gt_picture_blanks(p, bar->width - 2 - end.len);
	gt_picture_add(p, GT_DIM, end);
}

static void bar_draw(const struct bar *bar, struct gt_picture *p, const struct gt_trace_span *s)
{
	double whole = (double)(bar->end_ns - bar->start_ns);
	size_t from, to;

	if (!bar->width || !gt_trace_is_timed(s))
		return;
	from = (size_t)((double)(s->start_ns - bar->start_ns) / whole * (double)bar->width);
	to = (size_t)((double)(s->end_ns - bar->start_ns) / whole * (double)bar->width + 0.5);
	if (from >= bar->width)
		from = bar->width - 1;
	if (to > bar->width)
		to = bar->width;
	gt_picture_blanks(p, BAR_GAP + from);
	do
		gt_picture_sign(p, s->is_error ? GT_RED : GT_CYAN, "\u2501", "=");
	while (++from < to);
}

/* ---------------------------------------------------------------- lines */

static void measure(const struct tree *tree, const struct gt_picture *p, struct gt_table *table)
{
	char room[GT_FIGURE_ROOM];
	uint32_t depth = 0;

	for (int32_t i = tree->first; i >= 0; i = after(tree, i, &depth)) {
		const struct gt_trace_span *s = span_of(tree, i);

		gt_table_widen(table, NAME, INDENT * (depth < LEVELS_MAX ? depth : LEVELS_MAX) + name_width(tree, p, i));
		for (int c = NAME + 1; s && c < COLUMNS; c++)
			gt_table_widen(table, (unsigned)c, gt_picture_width(p, cell(tree, s, c, room)));
	}
}

/* Half of the name column is for names; there is always at least one level. */
static uint32_t levels_for(size_t width)
{
	size_t levels = width / 2 / INDENT;

	return levels < 1 ? 1 : levels > LEVELS_MAX ? LEVELS_MAX : (uint32_t)levels;
}

/* `more` has for each level whether a sibling follows below. Returns the columns taken. */
static size_t put_rails(struct gt_picture *p, const bool *more, uint32_t depth, uint32_t levels)
{
	uint32_t shown = depth < levels ? depth : levels;

	for (uint32_t level = 1; level < shown; level++) {
		if (more[level])
			gt_picture_sign(p, GT_DIM, "\u2502", "|");
		gt_picture_blanks(p, INDENT - more[level]);
	}
	if (depth > shown)
		gt_picture_sign(p, GT_DIM, "\u2026\u2500 ", "~- ");
	else if (depth)
		gt_picture_sign(p, GT_DIM, more[depth] ? "\u251c\u2500 " : "\u2514\u2500 ", more[depth] ? "|- " : "`- ");
	return INDENT * shown;
}

static void draw_line(const struct tree *tree, struct gt_picture *p, const struct gt_table *table, int32_t i, size_t indent)
{
	const struct gt_trace_span *s = span_of(tree, i);
	size_t room = table->width[NAME] - indent, used;
	char figures[GT_FIGURE_ROOM];

	used = s ? put_span(p, s, room) : put_process(p, &tree->trace->processes[tree->nodes[i].process], room);
	gt_picture_blanks(p, room - used);
	for (int c = NAME + 1; s && c < COLUMNS; c++)
		gt_table_cell(table, p, (unsigned)c, colours[c], cell(tree, s, c, figures));
}

static void draw(const struct tree *tree, struct gt_picture *p, const struct gt_table *table, const struct bar *bar)
{
	uint32_t depth = 0, levels = levels_for(table->width[NAME]);
	bool more[LEVELS_MAX + 1];

	for (int32_t i = tree->first; i >= 0; i = after(tree, i, &depth)) {
		const struct gt_trace_span *s = span_of(tree, i);

		if (depth <= LEVELS_MAX)
			more[depth] = tree->nodes[i].next >= 0;
		draw_line(tree, p, table, i, put_rails(p, more, depth, levels));
		if (i == tree->first) {
			/* the titles go on the line of the first process, which has no figures: this saves a line */
			gt_table_titles(table, p);
			bar_title(bar, p);
		}
		if (s)
			bar_draw(bar, p, s);
		gt_picture_end_line(p);
	}
}

int gt_tree_draw(struct gt_picture *p, const struct gt_trace *t)
{
	struct gt_table table;
	struct tree tree;
	struct bar bar;

	if (!t->n)
		return 0;
	if (plant(&tree, t))
		return GT_ENOMEM;
	gt_table_init(&table, columns, COLUMNS);
	measure(&tree, p, &table);
	gt_table_fit(&table, p->terminal.width);
	bar_fit(&bar, t, table.used, p->terminal.width);
	draw(&tree, p, &table, &bar);
	free(tree.nodes);
	return p->text.has_failed ? GT_ENOMEM : 0;
}
