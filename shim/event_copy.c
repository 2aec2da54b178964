#include "shim/event_copy.h"

#include <string.h>

#include "shim/handoff.h"

void gt_event_copy_cut(uint64_t stream, uint64_t *kept)
{
	struct gt_event *e = gt_event_new(GT_EVENT_REQUEST_CUT, stream, 0);

	*kept = UINT64_MAX;
	if (e)
		gt_handoff_put(e);
}

void gt_event_copy_request(uint64_t stream, uint64_t *kept, uint64_t max, const char *p, size_t len)
{
	size_t n;

	if (*kept > max || !len)
		return;
	n = len <= max - *kept ? len : (size_t)(max - *kept);
	if (gt_handoff_bytes(GT_EVENT_REQUEST, stream, gt_mono_now(), p, n) && n == len)
		*kept += len;
	else
		gt_event_copy_cut(stream, kept);
}

bool gt_event_copy_gap(uint64_t stream, uint64_t *gap)
{
	struct gt_event *e;

	if (!*gap)
		return true;
	e = gt_event_new(GT_EVENT_GAP, stream, sizeof(struct gt_gap));
	if (!e)
		return false;
	*(struct gt_gap *)e->data = (struct gt_gap){ *gap };
	e->len = sizeof(struct gt_gap);
	*gap = 0;
	gt_handoff_put(e);
	return true;
}

/* Copies as many bytes as one event takes. Returns how many, 0 without room. */
static size_t copy_part(uint64_t stream, uint64_t *gap, struct gt_answer_fields *fields, struct gt_mono at, const char *p,
			size_t len)
{
	size_t n = len < GT_EVENT_ROOM_MAX ? len : GT_EVENT_ROOM_MAX;
	struct gt_event *e = gt_event_new_part(GT_EVENT_RESPONSE, stream, &n);

	if (!e)
		return 0;
	/* what is missing is reported once, before the first bytes that follow it */
	if (!gt_event_copy_gap(stream, gap)) {
		gt_event_free(e);
		return 0;
	}
	if (fields)
		gt_answer_fields_copy(fields, e->data, p, n);
	else
		memcpy(e->data, p, n);
	e->len = (uint32_t)n;
	e->at = at;
	gt_handoff_put(e);
	return n;
}

void gt_event_copy_answer(uint64_t stream, uint64_t *gap, struct gt_answer_fields *fields, struct gt_mono at, const char *p,
			  size_t len)
{
	while (len) {
		size_t n = copy_part(stream, gap, fields, at, p, len);

		if (!n) {
			*gap += len;
			if (fields)
				gt_answer_fields_skip(fields);
			return;
		}
		p += n;
		len -= n;
	}
}
