/*
 * Any file as a trace. Parsing must succeed, and a file without bad lines that is repeated must give twice the spans.
 * The tree and the JSON summary go to a terminal. So both must be valid UTF-8 without control characters except line
 * feeds.
 */
#include "exporter/base/json.h"
#include "exporter/base/utf8.h"
#include "exporter/command/summary_json.h"
#include "exporter/command/trace_file.h"
#include "exporter/command/tree.h"
#include "fuzz.h"

static void read_copy(struct gt_trace *t, const char *p, size_t len)
{
	char *copy = fuzz_copy(p, len);

	gt_trace_init(t);
	FUZZ_CHECK(gt_trace_file_parse(t, gt_str_make(copy, len)) == 0);
	free(copy);
	FUZZ_CHECK(gt_trace_link(t) == 0);
}

/* Each parent is in the list, and no span is its own ancestor. */
static void check_links(const struct gt_trace *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t steps = 0;

		FUZZ_CHECK(t->spans[i].process < t->n_processes);
		for (int32_t k = t->spans[i].parent; k >= 0; k = t->spans[k].parent) {
			FUZZ_CHECK((uint32_t)k < t->n);
			FUZZ_CHECK(++steps <= t->n);
		}
	}
}

static void check_shown(struct gt_str text)
{
	FUZZ_CHECK(gt_utf8_is_valid(text));
	for (size_t i = 0; i < text.len; i++)
		FUZZ_CHECK(text.p[i] == '\n' || (unsigned char)text.p[i] >= 0x20);
}

static void draw(const struct gt_trace *t, unsigned width, bool unicode)
{
	struct gt_terminal terminal = { .width = width, .has_unicode = unicode };
	struct gt_picture p;

	gt_picture_init(&p, &terminal);
	FUZZ_CHECK(gt_tree_draw(&p, t) == 0);
	check_shown(gt_str_make(p.text.p, p.text.len));
	FUZZ_CHECK(!t->n == !p.text.len);
	gt_picture_free(&p);
}

static void print_json(const struct gt_trace *t)
{
	char *argv[] = { (char *)"agent", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_text out;
	cJSON *json;

	gt_text_init(&out, SIZE_MAX / 2);
	FUZZ_CHECK(gt_summary_json(&out, &run, t) == 0);
	check_shown(gt_str_make(out.p, out.len));
	json = gt_json_parse(gt_str_make(out.p, out.len));
	FUZZ_CHECK(json && cJSON_GetArraySize(gt_json_at(json, "spans")) == (int)t->n);
	cJSON_Delete(json);
	gt_text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct fuzz_text twice = { NULL, 0, 0 };
	struct gt_trace once, both;

	read_copy(&once, in.data, in.len);
	check_links(&once);
	draw(&once, 20 + (unsigned)fuzz_below(&in, 200), fuzz_below(&in, 2));
	print_json(&once);
	/* a file without bad lines has none either when a line end and a second copy follow it */
	if (!once.bad_lines) {
		fuzz_say(&twice, in.data, in.len);
		fuzz_say(&twice, "\n", 1);
		fuzz_say(&twice, in.data, in.len);
		read_copy(&both, twice.p, twice.len);
		check_links(&both);
		FUZZ_CHECK(both.n == 2 * once.n && both.n_processes == once.n_processes);
		gt_trace_free(&both);
		fuzz_text_free(&twice);
	}
	gt_trace_free(&once);
	fuzz_input_free(&in);
	return 0;
}
