#include "exporter/command/summary_json.h"

#include <stdio.h>
#include <sys/wait.h>

#include "exporter/base/errors.h"
#include "exporter/command/figure.h"
#include "exporter/command/glyph.h"
#include "exporter/command/totals.h"
#include "version.h"

/* ---------------------------------------------------------------- members */

/* Adds a comma unless the member is the first of its object or array, or a value after its key. */
static void comma(struct gt_text *out)
{
	char last = out->len ? out->p[out->len - 1] : 0;

	if (last && last != '{' && last != '[' && last != ':')
		gt_text_add(out, GT_STR(","));
}

static void key(struct gt_text *out, const char *name)
{
	comma(out);
	gt_text_json(out, gt_str_of(name));
	gt_text_add(out, GT_STR(":"));
}

static void begin(struct gt_text *out, const char *name, const char *bracket)
{
	if (name)
		key(out, name);
	else
		comma(out);
	gt_text_add(out, gt_str_of(bracket));
}

static void end(struct gt_text *out, const char *bracket)
{
	gt_text_add(out, gt_str_of(bracket));
}

/* JSON allows characters that control a terminal: they are written as escapes, outside the basic plane as two. */
static void unsafe(struct gt_text *out, uint32_t code)
{
	char escape[16];
	int n;

	if (code < 0x10000)
		n = snprintf(escape, sizeof(escape), "\\u%04x", code);
	else
		n = snprintf(escape, sizeof(escape), "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
			     0xdc00 + (code & 0x3ff));
	gt_text_add(out, gt_str_make(escape, (size_t)n));
}

static void string(struct gt_text *out, struct gt_str s)
{
	struct gt_text quoted;
	struct gt_glyph g;
	struct gt_str rest;

	gt_text_init(&quoted, out->max);
	gt_text_json(&quoted, s);
	out->has_failed |= quoted.has_failed;
	rest = gt_str_make(quoted.p, quoted.len);
	while (gt_glyph_next(&rest, &g)) {
		if (g.is_safe)
			gt_text_add(out, g.bytes);
		else
			unsafe(out, g.code);
	}
	gt_text_free(&quoted);
}

static void add_string(struct gt_text *out, const char *name, struct gt_str s)
{
	if (!s.len)
		return;
	key(out, name);
	string(out, s);
}

/* Negative: unknown. */
static void add_count(struct gt_text *out, const char *name, int64_t n)
{
	if (n < 0)
		return;
	key(out, name);
	gt_text_int(out, n);
}

/* Negative: unknown. */
static void add_double(struct gt_text *out, const char *name, double v)
{
	if (v < 0)
		return;
	key(out, name);
	gt_text_double(out, v);
}

static void add_time(struct gt_text *out, const char *name, uint64_t ns)
{
	if (!ns)
		return;
	key(out, name);
	gt_text_add(out, GT_STR("\""));
	gt_text_uint(out, ns);
	gt_text_add(out, GT_STR("\""));
}

static void add_id(struct gt_text *out, const char *name, const uint8_t *id, size_t n)
{
	static const uint8_t none[16];

	if (memcmp(id, none, n) == 0)
		return;
	key(out, name);
	gt_text_add(out, GT_STR("\""));
	gt_text_hex(out, id, n);
	gt_text_add(out, GT_STR("\""));
}

/* ---------------------------------------------------------------- parts */

/* What gentap could not see, or saw in part. */
static void add_blind(struct gt_text *out, const struct gt_trace *t)
{
	static const char *const kinds[] = {
		[GT_RUN_TLS] = "tls", [GT_RUN_HTTP2] = "http2", [GT_RUN_QUIC] = "quic", [GT_RUN_REQUEST] = "request"
	};
	const struct gt_run_notes *notes = &t->notes;

	if (notes->lost_connections)
		add_count(out, "lost_connections", (int64_t)notes->lost_connections);
	if (notes->unreported)
		add_count(out, "unreported_calls", (int64_t)notes->unreported);
	if (notes->unseen)
		add_count(out, "unseen_connections", (int64_t)notes->unseen);
	if (notes->no_room)
		add_count(out, "unfollowed_connections", (int64_t)notes->no_room);
	if (notes->n_servers) {
		begin(out, "unread", "[");
		for (uint32_t i = 0; i < notes->n_servers; i++) {
			const struct gt_run_server *s = &notes->servers[i];

			begin(out, NULL, "{");
			add_string(out, "kind", gt_str_of(kinds[s->kind]));
			add_string(out, "program", gt_str_of(s->program));
			add_string(out, "host", gt_str_of(s->host));
			add_count(out, "port", s->port ? s->port : -1);
			add_count(out, "count", (int64_t)s->n);
			end(out, "}");
		}
		end(out, "]");
	}
	if (notes->n_untraced) {
		begin(out, "untraced", "[");
		for (uint32_t i = 0; i < notes->n_untraced; i++) {
			begin(out, NULL, "{");
			add_string(out, "program", gt_str_of(notes->untraced[i].program));
			add_string(out, "reason", gt_str_of(notes->untraced[i].why));
			end(out, "}");
		}
		end(out, "]");
	}
}

static void add_run(struct gt_text *out, const struct gt_run *run, const struct gt_trace *t)
{
	char room[GT_FIGURE_ROOM];
	uint64_t start_ns, end_ns;
	struct gt_str names[2];
	int n = gt_run_names(run, names);

	add_string(out, "gentap", GT_STR(GENTAP_VERSION));
	begin(out, "command", "[");
	for (int i = 0; i < n; i++) {
		comma(out);
		string(out, names[i]);
	}
	end(out, "]");
	if (gt_trace_extent(t, &start_ns, &end_ns))
		add_time(out, "start_unix_nano", start_ns);
	add_double(out, "duration_s", (double)run->duration_ns / 1e9);
	if (WIFSIGNALED(run->status))
		add_string(out, "signal", gt_figure_signal(WTERMSIG(run->status), room));
	else
		add_count(out, "exit_code", WEXITSTATUS(run->status));
	if (t->bad_lines)
		add_count(out, "bad_lines", (int64_t)t->bad_lines);
	if (t->notes.lost)
		add_count(out, "lost_spans", (int64_t)t->notes.lost);
	add_blind(out, t);
}

static void add_total(struct gt_text *out, const struct gt_total *total)
{
	add_string(out, "model", total->model);
	add_string(out, "provider", total->provider);
	add_count(out, "calls", total->calls);
	add_count(out, "errors", total->errors);
	add_count(out, "input_tokens", total->tokens_in);
	add_count(out, "cached_tokens", total->tokens_cached);
	add_count(out, "output_tokens", total->tokens_out);
	if (total->priced)
		add_double(out, "cost_usd", total->cost_usd);
	add_count(out, "calls_without_cost", total->charged - total->priced);
}

static int add_totals(struct gt_text *out, const struct gt_trace *t)
{
	char room[GT_FIGURE_ROOM];
	struct gt_totals totals;
	int ret = gt_totals_make(&totals, t);

	if (ret)
		return ret;
	begin(out, "total", "{");
	add_total(out, &totals.all);
	end(out, "}");
	begin(out, "mcp", "{");
	add_count(out, "calls", totals.mcp.calls);
	add_count(out, "errors", totals.mcp.errors);
	end(out, "}");
	begin(out, "models", "[");
	for (uint32_t i = 0; i < totals.n_models; i++) {
		begin(out, NULL, "{");
		add_total(out, &totals.models[i]);
		end(out, "}");
	}
	end(out, "]");
	add_string(out, "stale_prices", gt_totals_stale_day(&totals, room));
	gt_totals_free(&totals);
	return 0;
}

static void add_span(struct gt_text *out, const struct gt_trace_span *s, const struct gt_trace_process *process)
{
	static const char *const kinds[] = { "", "internal", "server", "client" };

	add_id(out, "trace_id", s->trace_id.b, sizeof(s->trace_id.b));
	add_id(out, "span_id", s->id.b, sizeof(s->id.b));
	add_id(out, "parent_span_id", s->parent_id.b, sizeof(s->parent_id.b));
	add_string(out, "name", s->name);
	add_string(out, "kind", gt_str_of(kinds[s->kind]));
	add_string(out, "service", process->service);
	add_count(out, "pid", process->pid ? process->pid : -1);
	add_string(out, "provider", s->provider);
	add_string(out, "model", s->model);
	add_time(out, "start_unix_nano", s->start_ns);
	add_double(out, "duration_s", gt_trace_is_timed(s) ? (double)(s->end_ns - s->start_ns) / 1e9 : -1);
	add_double(out, "time_to_first_chunk_s", s->first_chunk_s);
	add_count(out, "input_tokens", s->tokens_in);
	add_count(out, "cached_tokens", s->tokens_cached);
	add_count(out, "output_tokens", s->tokens_out);
	add_double(out, "cost_usd", s->cost_usd);
	add_string(out, "error", s->error);
	add_string(out, "incomplete", s->incomplete);
}

int gt_summary_json(struct gt_text *out, const struct gt_run *run, const struct gt_trace *t)
{
	int ret;

	begin(out, NULL, "{");
	add_run(out, run, t);
	ret = add_totals(out, t);
	if (ret)
		return ret;
	begin(out, "spans", "[");
	for (uint32_t i = 0; i < t->n; i++) {
		begin(out, NULL, "{");
		add_span(out, &t->spans[i], &t->processes[t->spans[i].process]);
		end(out, "}");
	}
	end(out, "]");
	end(out, "}");
	gt_text_add(out, GT_STR("\n"));
	return out->has_failed ? GT_ENOMEM : 0;
}
