#include "exporter/providers/operation.h"

static bool contains(struct gt_str s, struct gt_str part)
{
	return part.len && memmem(s.p, s.len, part.p, part.len);
}

void gt_operation_set(struct gt_reading *r, const struct gt_operation_row *rows, size_t n)
{
	struct gt_str path = gt_target_path(r->call->request.target);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].method && !gt_str_eq(r->call->request.method, gt_str_of(rows[i].method)))
			continue;
		if ((rows[i].end.len && gt_str_ends(path, rows[i].end)) || contains(path, rows[i].part)) {
			gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, gt_str_of(rows[i].name));
			return;
		}
	}
}
