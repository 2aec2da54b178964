#include "shim/serving.h"

#include "shim/conn.h"
#include "shim/guard.h"

/* Drops notes of answered requests. Returns how many remain. */
static int purge(void)
{
	int left = 0;

	for (int i = 0; i < GT_SERVING_MAX; i++) {
		if (gt_self.serving[i] && gt_conn_is_note_open(gt_self.serving[i]))
			left++;
		else
			gt_self.serving[i] = 0;
	}
	return left;
}

void gt_serving_begin(struct gt_conn *c)
{
	uint32_t note = gt_conn_note(c);

	purge();
	for (int i = 0; i < GT_SERVING_MAX; i++) {
		if (gt_self.serving[i] == note)
			return;
		if (!gt_self.serving[i]) {
			gt_self.serving[i] = note;
			return;
		}
	}
	gt_self.crowded = 1;
}

bool gt_serving_context(struct gt_served *out)
{
	if (gt_self.crowded || purge() != 1)
		return false;
	for (int i = 0; i < GT_SERVING_MAX; i++) {
		if (gt_self.serving[i])
			return gt_conn_served_context(gt_self.serving[i], out);
	}
	return false;
}
