/*
 * The settings of metrics and of events. gt_config_read reads them after those of traces.
 */
#ifndef GT_SIGNALS_CONFIG_H
#define GT_SIGNALS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/arena.h"
#include "exporter/base/config_value.h"
#include "exporter/content/capture.h"
#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_config.h"

struct gt_signal_config {
	bool to_otlp, to_console;
	struct gt_otlp_config otlp;
	int64_t export_timeout_ns;
};

/* OTLP is the default for both when an endpoint is named. Logs are events, and there are none unless the user asks for them. */
struct gt_signals {
	struct gt_signal_config metrics, logs;
	int64_t metric_interval_ns;
	struct gt_metrics_form metrics_form;
};

/* Fills `out`; its strings are in `memory`. Where no event goes anywhere, content for events is taken out of `capture`.
 * `is_reported`: problems of the general OTLP variables have been reported already. 0 or GT_ENOMEM. */
int gt_signals_read(struct gt_signals *out, struct gt_capture *capture, struct gt_arena *memory,
		    const struct gt_config_source *from, bool is_reported);

#endif
