/* Traces from tables, and checks of what the command draws of them. */
#ifndef GT_TRACE_ROWS_H
#define GT_TRACE_ROWS_H

#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

#define GT_TRACE_BEGIN_NS 1750000000000000000ULL

/* A span; times in milliseconds since GT_TRACE_BEGIN_NS. */
struct gt_trace_row {
	char id, parent;  /* 0: none */
	uint32_t process; /* 0: gt_trace_agent; 1: gt_trace_server */
	enum gt_trace_kind kind;
	const char *name, *operation, *provider, *model;
	int start_ms, duration_ms; /* negative: missing */
	int64_t in, cached, out;
	double first_s;
	const char *error, *incomplete;
	double cost; /* 0: unknown, or the default of gt_trace_add */
	uint32_t prices_read;
	const char *response_id;
};

/* The four figures of a row: tokens and time to the first chunk. */
#define UNKNOWN -1, -1, -1, -1

/* agent.py (pid 4711) and search-server (pid 4720) */
extern const struct gt_trace_process gt_trace_agent, gt_trace_server;

/* An agent that calls two models, and a tool of another process. */
#define GT_TRACE_SAMPLE_ROWS 7
extern const struct gt_trace_row gt_trace_sample[GT_TRACE_SAMPLE_ROWS];

/* Initializes and links a trace; gt_trace_free is the caller's. */
void gt_trace_make(struct gt_trace *t, const struct gt_trace_row *rows, size_t n);

#define UNICODE(w) ((struct gt_terminal){ .width = (w), .has_unicode = true })
#define ASCII(w)   ((struct gt_terminal){ .width = (w) })
#define COLOUR(w)  ((struct gt_terminal){ .width = (w), .has_unicode = true, .has_colour = true })

/* Compares a text of several lines; a failure prints it. */
void gt_assert_picture(const struct gt_text *t, const char *expected);

/* No line is wider than the terminal, or ends in a blank. */
void gt_assert_fits(const struct gt_picture *p);

#endif
