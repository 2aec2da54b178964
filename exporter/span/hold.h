/*
 * What must stay in a spool until the spans of a batch have reached their destination.
 *
 * Every payload made from the batch has a reference. The last reference releases the records, or leaves them where they are
 * when some of the spans were not delivered before the process ended.
 *
 * A batch that was sent in full counts as delivered until an answer refuses it. If the process is killed before the
 * answer, sending the batch again would double its tokens in most backends. Exporter thread.
 */
#ifndef GT_HOLD_H
#define GT_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct gt_hold {
	uint32_t refs;
	bool is_patient; /* of another process, whose spool is a file: rather leave them than drop spans */
	bool is_undelivered;
	bool is_sent; /* written to the connection in full, and not answered */
	/* Records that the batch was sent in full, or that it has to be sent again. NULL: nothing to record. */
	void (*mark)(struct gt_hold *h, bool is_sent);
	/* Called at the end with `is_undelivered` final. Frees the hold. */
	void (*end)(struct gt_hold *h);
};

/* All are NULL-safe. */
struct gt_hold *gt_hold_ref(struct gt_hold *h);
void gt_hold_unref(struct gt_hold *h);
void gt_hold_leave(struct gt_hold *h); /* marks it as undelivered */
/* Whether the batch of the only payload was sent in full. Ignored when a batch has several payloads. */
void gt_hold_mark_sent(struct gt_hold *h, bool is_sent);

#endif
