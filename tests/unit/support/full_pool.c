#include "full_pool.h"

#include "shim/handoff.h"

static struct gt_event *held, *held_for_heads;

void gt_pool_fill(void)
{
	struct gt_event *e;

	while ((e = gt_event_new(GT_EVENT_RESPONSE, 999, GT_EVENT_ROOM_MAX)) || (e = gt_event_new(GT_EVENT_RESPONSE, 999, 0)) ||
	       (e = gt_event_new(GT_EVENT_END, 999, 0))) {
		e->next = held;
		held = e;
	}
	while ((e = gt_event_new_private())) {
		e->next = held_for_heads;
		held_for_heads = e;
	}
}

void gt_pool_free_first(void)
{
	struct gt_event **at = &held;

	while ((*at)->next)
		at = &(*at)->next;
	gt_event_free(*at);
	*at = NULL;
}

void gt_pool_free_last(void)
{
	struct gt_event *e = held;

	held = e->next;
	gt_event_free(e);
}

void gt_pool_empty(void)
{
	while (held)
		gt_pool_free_last();
	for (struct gt_event *e = held_for_heads; e; e = held_for_heads) {
		held_for_heads = e->next;
		gt_event_free(e);
	}
}
