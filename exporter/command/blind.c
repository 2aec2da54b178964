#include "exporter/command/blind.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shim/shared/compiler.h"

#define SERVERS_SHOWN  4
#define PROGRAMS_SHOWN 6
#define REASONS_MAX    16

/* In at most `room` columns. Names in the text are made harmless. */
static void put_line(struct gt_picture *p, const char *text, size_t room)
{
	gt_picture_add(p, GT_DIM, GT_STR("gentap: "));
	gt_picture_put(p, GT_PLAIN, gt_str_of(text), room);
	gt_picture_end_line(p);
}

static void append(char *out, size_t room, const char *format, ...) GT_PRINTF(3, 4);

static void append(char *out, size_t room, const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + len, room - len, format, args);
	va_end(args);
}

bool gt_blind_is(const struct gt_trace *t)
{
	const struct gt_run_notes *n = &t->notes;

	return gt_run_notes_unread(n) || n->n_untraced || n->unseen || n->unreported || n->no_room || n->lost_connections;
}

const char *gt_blind_server(const struct gt_run_server *s, char *out, size_t room)
{
	if (!s->host[0])
		snprintf(out, room, "other servers");
	else if (s->port)
		snprintf(out, room, strchr(s->host, ':') ? "[%s]:%u" : "%s:%u", s->host, s->port);
	else
		snprintf(out, room, "%s", s->host);
	return out;
}

/* ---------------------------------------------------------------- connections that could not be read */

/* One line for a program and a protocol. */
static void put_servers(struct gt_picture *p, const struct gt_run_notes *notes, const struct gt_run_server *first)
{
	static const char *const words[] = { [GT_RUN_TLS] = "TLS", [GT_RUN_HTTP2] = "HTTP/2", [GT_RUN_QUIC] = "QUIC" };
	char list[512] = "", server[96], line[768];
	uint64_t n = 0, hidden = 0;
	unsigned shown = 0;

	for (const struct gt_run_server *s = first; s < notes->servers + notes->n_servers; s++) {
		if (s->kind != first->kind || strcmp(s->program, first->program) != 0)
			continue;
		n += s->n;
		if (shown == SERVERS_SHOWN) {
			hidden++;
			continue;
		}
		append(list, sizeof(list), "%s%s", shown++ ? ", " : "", gt_blind_server(s, server, sizeof(server)));
		if (s->n > 1)
			append(list, sizeof(list), " (%llu)", (unsigned long long)s->n);
	}
	if (hidden)
		append(list, sizeof(list), " and %llu more", (unsigned long long)hidden);
	snprintf(line, sizeof(line), "%s%s%llu %s connection%s could not be read: %s", first->program,
		 first->program[0] ? ": " : "", (unsigned long long)n, words[first->kind], n == 1 ? "" : "s", list);
	put_line(p, line, sizeof(line));
}

static bool is_first(const struct gt_run_notes *notes, const struct gt_run_server *s)
{
	for (const struct gt_run_server *o = notes->servers; o < s; o++)
		if (o->kind == s->kind && strcmp(o->program, s->program) == 0)
			return false;
	return true;
}

static void put_unread(struct gt_picture *p, const struct gt_run_notes *notes)
{
	static const char advice[] =
		"their library is outside gentap's reach (README.md, \"What is covered\"); a gateway with an "
		"http:// address on this machine shows such calls";
	unsigned shown = 0;

	for (const struct gt_run_server *s = notes->servers; s < notes->servers + notes->n_servers; s++)
		if (s->kind != GT_RUN_REQUEST && is_first(notes, s) && shown++ < PROGRAMS_SHOWN)
			put_servers(p, notes, s);
	if (shown)
		put_line(p, advice, sizeof(advice));
}

/* ---------------------------------------------------------------- programs without gentap */

const char *gt_blind_reason(const char *why)
{
	static const struct {
		const char *why, *text;
	} rows[] = {
		{ "static", "it is a static program" },
		{ "privileged", "it runs with raised privileges" },
		{ "foreign", "it is for another kind of processor" },
		{ "go", "it is a Go program, which makes its system calls past libc" },
		{ "environment", "it was started without LD_PRELOAD in its environment" },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (strcmp(why, rows[i].why) == 0)
			return rows[i].text;
	return "the loader ignored LD_PRELOAD";
}

static void put_untraced(struct gt_picture *p, const struct gt_run_notes *notes)
{
	char line[256];

	for (uint32_t i = 0; i < notes->n_untraced && i < PROGRAMS_SHOWN; i++) {
		const struct gt_run_untraced *u = &notes->untraced[i];

		snprintf(line, sizeof(line), "%s ran without gentap", u->program[0] ? u->program : "a program");
		if (u->n > 1)
			append(line, sizeof(line), " (%llu times)", (unsigned long long)u->n);
		append(line, sizeof(line), ": %s", gt_blind_reason(u->why));
		put_line(p, line, sizeof(line));
	}
}

/* ---------------------------------------------------------------- what was seen in part */

uint64_t gt_blind_incomplete(const struct gt_trace *t, char *out, size_t room)
{
	struct {
		struct gt_str word;
		uint64_t n;
	} reasons[REASONS_MAX] = { { .n = 0 } };
	uint64_t all = 0;
	unsigned n = 0, i;

	out[0] = 0;
	for (uint32_t at = 0; at < t->n; at++) {
		struct gt_str word = t->spans[at].incomplete;

		if (!word.len)
			continue;
		all++;
		for (i = 0; i < n && !gt_str_eq(reasons[i].word, word); i++)
			;
		if (i == REASONS_MAX)
			continue;
		n += i == n;
		reasons[i].word = word;
		reasons[i].n++;
	}
	for (unsigned shown = 0; shown < n; shown++) {
		unsigned most = 0;

		for (i = 1; i < n; i++)
			if (reasons[i].n > reasons[most].n)
				most = i;
		append(out, room, "%s%.*s %llu", shown ? ", " : "",
		       (int)(reasons[most].word.len < 40 ? reasons[most].word.len : 40), reasons[most].word.p,
		       (unsigned long long)reasons[most].n);
		reasons[most].n = 0;
	}
	return all;
}

static void put_count(struct gt_picture *p, uint64_t n, const char *one, const char *many)
{
	char line[128];

	if (!n)
		return;
	snprintf(line, sizeof(line), "%llu %s", (unsigned long long)n, n == 1 ? one : many);
	put_line(p, line, sizeof(line));
}

static void put_damage(struct gt_picture *p, const struct gt_trace *t)
{
	const struct gt_run_notes *notes = &t->notes;
	char words[320], line[400];
	uint64_t spans = gt_blind_incomplete(t, words, sizeof(words));

	if (spans) {
		snprintf(line, sizeof(line), "%llu span%s incomplete: %s", (unsigned long long)spans,
			 spans == 1 ? " is" : "s are", words);
		put_line(p, line, p->terminal.width - 8);
	}
	put_count(p, notes->lost_connections, "connection was lost during a call", "connections were lost during calls");
	put_count(p, notes->unreported, "call has no span, for lack of memory", "calls have no span, for lack of memory");
	put_count(p, notes->no_room, "connection was not followed: too many at once",
		  "connections were not followed: too many at once");
	put_count(p, notes->unseen, "connection was not seen: its bytes pass in stdio, io_uring or raw system calls",
		  "connections were not seen: their bytes pass in stdio, io_uring or raw system calls");
}

void gt_blind_put(struct gt_picture *p, const struct gt_trace *t)
{
	put_unread(p, &t->notes);
	put_untraced(p, &t->notes);
	put_damage(p, t);
}
