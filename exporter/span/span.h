/*
 * A span as plain data, before it is put on any wire. Exporter thread.
 *
 * Everything a span points to lives in its own arena, so that it is freed in one go. Setters copy and make text valid UTF-8; a
 * value that finds no memory is left out and counted in `dropped`. Setting an attribute again replaces it. The limits are for
 * whoever receives the span: until gt_span_limit everything that was set can be read back in full.
 */
#ifndef GT_SPAN_H
#define GT_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/arena.h"
#include "exporter/span/semconv.h"
#include "shim/shared/traceparent.h"

enum gt_span_kind { GT_KIND_INTERNAL = 1, GT_KIND_SERVER = 2, GT_KIND_CLIENT = 3 };

/* OTEL_*_ATTRIBUTE_*_LIMIT */
struct gt_span_limits {
	uint32_t attributes;   /* default 128 */
	uint32_t value_length; /* characters of one string; UINT32_MAX: no limit */
};

struct gt_value {
	enum gt_value_type type;
	union {
		struct gt_str str; /* JSON: its text, which is valid */
		int64_t i;
		double d;
		bool b;
		struct {
			struct gt_str *items;
			uint32_t n;
		} strs;
	};
};

/* What tells of content, a bit each. */
enum gt_content_to { GT_CONTENT_TO_SPAN = 1, GT_CONTENT_TO_EVENT = 2 };

struct gt_attribute {
	enum gt_attr key;
	struct gt_value value;
};

#define GT_SPAN_LINKS_MAX 2

/* A value of gentap.incomplete: how long the operation took cannot be told from the exchange. */
#define GT_ANSWERED_ELSEWHERE "answered_elsewhere"

struct gt_span {
	struct gt_span *next; /* in a batch */
	struct gt_arena arena;
	struct gt_trace_context context;
	struct gt_span_id parent; /* all zero: root */
	bool parent_is_remote;
	struct gt_trace_context links[GT_SPAN_LINKS_MAX]; /* spans it has to do with beside its parent */
	uint32_t n_links;
	struct gt_str tracestate;
	struct gt_str name;
	enum gt_span_kind kind;
	uint64_t start_unix_ns, end_unix_ns; /* start <= end */
	bool is_error;
	struct gt_str status_message;
	struct gt_attribute attributes[GT_ATTR_COUNT]; /* the first n, in the order they were first set */
	uint32_t n;
	uint32_t dropped;
	struct gt_span_limits limits;
	unsigned content_to; /* where values of type JSON go, gt_content_to */
	/* Not told, but measured: the time between two chunks of a streamed response, in microseconds. In the arena. */
	const uint32_t *gaps_us;
	uint32_t n_gaps;
	int64_t session_ns; /* how long the session was that this exchange has ended; 0: it has ended none */
};

/* Gives a span to the caller, or NULL. */
struct gt_span *gt_span_new(const struct gt_span_limits *limits);
void gt_span_free(struct gt_span *s);

void gt_span_set_str(struct gt_span *s, enum gt_attr key, struct gt_str value);
void gt_span_set_int(struct gt_span *s, enum gt_attr key, int64_t value);
void gt_span_set_double(struct gt_span *s, enum gt_attr key, double value); /* not finite: left out */
void gt_span_set_bool(struct gt_span *s, enum gt_attr key, bool value);
/* The text of a JSON value, as it stands: whoever made it has kept to the limits. No memory: left out and counted. */
void gt_span_set_json(struct gt_span *s, enum gt_attr key, struct gt_str text);
void gt_span_set_strs(struct gt_span *s, enum gt_attr key, const struct gt_str *items, uint32_t n);

/* NULL when it is not set. */
const struct gt_value *gt_span_get(const struct gt_span *s, enum gt_attr key);
bool gt_span_has(const struct gt_span *s, enum gt_attr key);

/* The string, or an empty one. */
struct gt_str gt_span_get_str(const struct gt_span *s, enum gt_attr key);

void gt_span_set_name(struct gt_span *s, struct gt_str first, struct gt_str second);

/* A link to another span; to itself, to its parent, to one that is linked already, or one too many: nothing happens. */
void gt_span_link(struct gt_span *s, const struct gt_trace_context *to);

/* Status ERROR; `type` becomes error.type, `message` (may be empty) the description. The first error stays. */
void gt_span_set_error(struct gt_span *s, struct gt_str type, struct gt_str message);

/* Applies the limits, when all is set: later attributes are dropped and counted, longer strings cut. The name and the status are
 * no attributes. */
void gt_span_limit(struct gt_span *s);

/* Valid UTF-8 of at most `max_chars` characters, in the span's memory; bad bytes become U+FFFD. .p NULL: no memory. */
struct gt_str gt_span_text(struct gt_span *s, struct gt_str raw, uint32_t max_chars);

/* Calls `each` for every attribute of the span under every name it goes out with; and for those of its event. */
void gt_span_each(const struct gt_span *s, const struct gt_naming *naming,
		  void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx);
void gt_span_each_of_event(const struct gt_span *s, const struct gt_naming *naming,
			   void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx);

#endif
