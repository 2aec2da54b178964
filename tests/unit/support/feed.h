/*
 * The middle of the exporter's loop: feeds events to assemble.c and genai.c, and keeps the spans. Feeding allocates nothing,
 * so fail_nth.h counts only the allocations of the modules.
 *
 *	gt_feed_init(&f);
 *	gt_feed_begin(&f, 1, &begin, "api.openai.com", "openai");
 *	gt_feed_put(&f, 1, GT_EVENT_REQUEST, "POST ...", n);
 *	gt_feed_put(&f, 1, GT_EVENT_RESPONSE, "HTTP/1.1 ...", n);
 *	span = gt_feed_take(&f);
 */
#ifndef GT_FEED_H
#define GT_FEED_H

#include "event_room.h"
#include "exporter/awaited.h"
#include "exporter/exchange/assemble.h"
#include "exporter/span/run_context.h"

#define GT_FEED_STARTED 1750000000000000000ULL /* the wall time of every BEGIN */

struct gt_feed {
	struct gt_assemble *assemble;
	struct gt_awaited awaited;
	struct gt_run_context run; /* the test's to change; what it points to is borrowed */
	struct gt_event_room room;
	struct gt_mono now; /* time of the next event; each event takes a millisecond */
	struct gt_span *first, *last;
	int over;      /* exchanges that ended, with a span or without */
	int documents; /* of all streamed responses */
};

/* False without memory; call gt_feed_free also then. */
bool gt_feed_init(struct gt_feed *f, size_t body_max);
void gt_feed_free(struct gt_feed *f);

/* A BEGIN for the test to change: sampled context, certain, over TLS, port 443. */
struct gt_begin gt_feed_plain_begin(enum gt_api api);
void gt_feed_begin(struct gt_feed *f, uint64_t stream, const struct gt_begin *b, const char *host, const char *provider);

void gt_feed_put(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const void *data, size_t len);
/* As many events as needed, each of at most `piece` bytes. */
void gt_feed_pieces(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const char *p, size_t len, size_t piece);
void gt_feed_text(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const char *text);
void gt_feed_end(struct gt_feed *f, uint64_t stream, enum gt_end_why why, int code);

/* Finishes the calls that wait for an answer on another stream: those that have expired now, or all. */
void gt_feed_expire(struct gt_feed *f, bool all);

/* Gives the oldest span, or NULL. */
struct gt_span *gt_feed_take(struct gt_feed *f);

#endif
