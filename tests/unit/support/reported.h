/*
 * The events that the exporter would get: takes all events out of the hand-off and keeps copies.
 *
 * As text, an event is one word. Equal neighbours of the kinds that carry bytes are one word, because the number of blocks
 * that carry the bytes does not matter:
 *	BEGIN REQUEST_HEAD REQUEST CUT PARENT RESPONSE_HEAD RESPONSE GAP FENCE PLACEHOLDER END
 */
#ifndef GT_REPORTED_H
#define GT_REPORTED_H

#include "shim/shared/exchange.h"

struct gt_reported_event {
	uint8_t type;
	uint64_t stream;
	struct gt_mono at;
	struct gt_str data;
};

struct gt_reported {
	struct gt_reported_event *list; /* owned, as is the data */
	int n;
	char *text;  /* owned; of the last gt_reported_text */
	char *bytes; /* owned; of the last gt_reported_bytes */
};

/* Adds what has arrived since. */
void gt_reported_take(struct gt_reported *t);

/* Takes what has arrived and gives the words, of one stream or of all (0). Valid until the next call. */
const char *gt_reported_text(struct gt_reported *t, uint64_t stream);

/* All data of the events of one type put together, of one stream or of all (0). Valid until the next call. */
struct gt_str gt_reported_bytes(struct gt_reported *t, enum gt_event_type type, uint64_t stream);

/* The n-th event of a type, counted from 0; NULL when there are fewer. */
const struct gt_reported_event *gt_reported_nth(const struct gt_reported *t, enum gt_event_type type, int n);

/* The data of the n-th BEGIN or END. Fails the test when there are fewer. */
struct gt_begin gt_reported_begin(const struct gt_reported *t, int n);
struct gt_end gt_reported_end(const struct gt_reported *t, int n);

/* The texts that follow a BEGIN. */
struct gt_str gt_reported_host(const struct gt_reported *t, int n);
struct gt_str gt_reported_provider(const struct gt_reported *t, int n);
struct gt_str gt_reported_tracestate(const struct gt_reported *t, int n);

void gt_reported_free(struct gt_reported *t);

#endif
