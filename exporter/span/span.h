/*
 * A span as plain data, before it is encoded. Exporter thread.
 *
 * Everything a span points to is in its own arena and freed with it. Setters copy values and make text valid UTF-8. A
 * value that cannot be stored for lack of memory is left out and counted in `dropped`. Setting an attribute again
 * replaces it. Every value can be read back in full: the limits apply to what gt_span_each shows, and each signal has its
 * own. Metrics have none.
 */
#ifndef GT_SPAN_H
#define GT_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/arena.h"
#include "exporter/span/semconv.h"
#include "shim/shared/traceparent.h"

enum gt_span_kind { GT_KIND_INTERNAL = 1, GT_KIND_SERVER = 2, GT_KIND_CLIENT = 3 };

/* OTEL_*_ATTRIBUTE_*_LIMIT, of spans or of events */
struct gt_span_limits {
	uint32_t attributes;   /* default 128; an attribute with aliases is one */
	uint32_t value_length; /* characters of one string; UINT32_MAX: no limit */
};

struct gt_value {
	enum gt_value_type type;
	union {
		struct gt_str str; /* JSON: the text, which is valid */
		int64_t i;
		double d;
		bool b;
		struct {
			struct gt_str *items;
			uint32_t n;
		} strs;
	};
};

/* What carries content, one bit each. */
enum gt_content_to { GT_CONTENT_TO_SPAN = 1, GT_CONTENT_TO_EVENT = 2 };

struct gt_attribute {
	enum gt_attr key;
	struct gt_value value;
};

#define GT_SPAN_LINKS_MAX 2

/* A value of gentap.incomplete: the exchange does not show how long the operation took. */
#define GT_ANSWERED_ELSEWHERE "answered_elsewhere"

/* The text of a JSON attribute in the event, where it differs from the span's. */
struct gt_event_text {
	struct gt_event_text *next;
	enum gt_attr key;
	struct gt_str text;
};

struct gt_span {
	struct gt_span *next; /* next in a batch */
	struct gt_arena arena;
	struct gt_trace_context context;
	struct gt_span_id parent; /* all zero: root */
	bool parent_is_remote;
	struct gt_trace_context links[GT_SPAN_LINKS_MAX]; /* related spans besides the parent */
	uint32_t n_links;
	struct gt_str tracestate;
	struct gt_str name;
	enum gt_span_kind kind;
	uint64_t start_unix_ns, end_unix_ns; /* start <= end */
	bool is_error;
	struct gt_str status_message;
	struct gt_attribute attributes[GT_ATTR_COUNT]; /* the first n, in the order of first setting */
	uint32_t n;
	uint32_t dropped; /* for lack of memory or of room for content */
	struct gt_span_limits limits, event_limits;
	struct gt_event_text *event_texts; /* in the arena */
	unsigned content_to;		   /* enum gt_content_to: where values of type JSON go */
	/* For metrics, not exported: microseconds between the chunks of a streamed response. In the arena. */
	const uint32_t *gaps_us;
	uint32_t n_gaps;
	int64_t session_ns; /* duration of the session that this exchange ended; 0: it ended none */
};

/* Gives a span to the caller, or NULL. Its event has the same limits, until they are set. */
struct gt_span *gt_span_new(const struct gt_span_limits *limits);
void gt_span_free(struct gt_span *s);

void gt_span_set_str(struct gt_span *s, enum gt_attr key, struct gt_str value);
void gt_span_set_int(struct gt_span *s, enum gt_attr key, int64_t value);
void gt_span_set_double(struct gt_span *s, enum gt_attr key, double value); /* ignored when not finite */
void gt_span_set_bool(struct gt_span *s, enum gt_attr key, bool value);
/* Sets the text of a JSON value unchanged; the caller has applied the limit of its length. An empty text: the span has no
 * room for it. */
void gt_span_set_json(struct gt_span *s, enum gt_attr key, struct gt_str text);
/* Sets the text that the event has in its place. After gt_span_set_json. */
void gt_span_set_event_json(struct gt_span *s, enum gt_attr key, struct gt_str text);
void gt_span_set_strs(struct gt_span *s, enum gt_attr key, const struct gt_str *items, uint32_t n);

/* NULL when not set. */
const struct gt_value *gt_span_get(const struct gt_span *s, enum gt_attr key);
bool gt_span_has(const struct gt_span *s, enum gt_attr key);

/* The string; empty when not set or of another type. */
struct gt_str gt_span_get_str(const struct gt_span *s, enum gt_attr key);

/* Sets the name to both parts with a blank between them, or to `first` when `second` is empty. */
void gt_span_set_name(struct gt_span *s, struct gt_str first, struct gt_str second);

/* Links to another span. Ignores the span itself, its parent, a span linked already, and links over the maximum. */
void gt_span_link(struct gt_span *s, const struct gt_trace_context *to);

/* Sets status ERROR, `type` as error.type and `message` (may be empty) as description. Only the first call counts. */
void gt_span_set_error(struct gt_span *s, struct gt_str type, struct gt_str message);

/* A copy of `raw` in the span's memory, as gt_utf8_text makes it. .p NULL: no memory. */
struct gt_str gt_span_text(struct gt_span *s, struct gt_str raw, uint32_t max_chars);

/* Calls `each` for each attribute, under each of its names: as the span has them, and as its event has them. The last
 * attributes beyond the limit are left out, longer strings are cut. The name and the status are not limited. */
void gt_span_each(const struct gt_span *s, const struct gt_naming *naming,
		  void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx);
void gt_span_each_of_event(const struct gt_span *s, const struct gt_naming *naming,
			   void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx);

/* How many attributes are missing: over the limit, or for other reasons. */
uint32_t gt_span_dropped(const struct gt_span *s);
uint32_t gt_span_dropped_of_event(const struct gt_span *s);

#endif
