#include "exporter/span/hold.h"

#include <stddef.h>

struct gt_hold *gt_hold_ref(struct gt_hold *h)
{
	if (h)
		h->refs++;
	return h;
}

void gt_hold_unref(struct gt_hold *h)
{
	if (h && --h->refs == 0)
		h->end(h);
}

void gt_hold_mark_sent(struct gt_hold *h, bool is_sent)
{
	if (!h || h->refs != 1 || h->is_sent == is_sent)
		return;
	h->is_sent = is_sent;
	if (h->mark)
		h->mark(h, is_sent);
}

void gt_hold_leave(struct gt_hold *h)
{
	if (h)
		h->is_undelivered = true;
}
