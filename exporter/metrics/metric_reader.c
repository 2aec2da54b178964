#include "exporter/metrics/metric_reader.h"

void gt_metric_reader_open(struct gt_metric_reader *r, const struct gt_metrics_form *form, const struct gt_naming *naming,
			   int64_t interval_ns, struct gt_wall now)
{
	*r = (struct gt_metric_reader){ .metrics = gt_metrics_new(form, naming, now.unix_ns), .interval_ns = interval_ns };
}

void gt_metric_reader_close(struct gt_metric_reader *r)
{
	gt_metrics_free(r->metrics);
	r->metrics = NULL;
}

void gt_metric_reader_record(struct gt_metric_reader *r, const struct gt_span *s, struct gt_mono now)
{
	if (!r->metrics)
		return;
	if (!gt_metrics_have_news(r->metrics) && r->due.ns < now.ns) {
		r->due.ns = now.ns + r->interval_ns;
		r->is_due_at_rest = true;
	}
	gt_metrics_record(r->metrics, s);
}

int64_t gt_metric_reader_due_in(const struct gt_metric_reader *r, struct gt_mono now)
{
	if (!r->metrics || !gt_metrics_have_news(r->metrics))
		return -1;
	return r->due.ns > now.ns ? r->due.ns - now.ns : 0;
}

bool gt_metric_reader_is_due(const struct gt_metric_reader *r, struct gt_mono now, bool is_quiet)
{
	int64_t in = gt_metric_reader_due_in(r, now);

	return in == 0 || (in > 0 && r->is_due_at_rest && is_quiet);
}

void gt_metric_reader_reported(struct gt_metric_reader *r, const struct gt_metrics_view *view, struct gt_mono now)
{
	gt_metrics_reported(r->metrics, view);
	r->due.ns = now.ns + r->interval_ns;
	r->is_due_at_rest = false;
}
