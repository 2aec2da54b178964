/*
 * The exporter's configuration: read from the environment once, immutable afterwards. Exporter thread.
 *
 * Standard variables mean what the OpenTelemetry specification says; README.md has gentap's own. A value that cannot be
 * used gives one warning, which names the variable and what is used instead. The value then counts as unset.
 */
#ifndef GT_CONFIG_H
#define GT_CONFIG_H

#include <stdbool.h>

#include "exporter/base/arena.h"
#include "exporter/base/config_value.h"
#include "exporter/config/signals_config.h"
#include "exporter/content/capture.h"
#include "exporter/otlp/otlp_config.h"
#include "exporter/span/span.h"

struct gt_config {
	/* to_otlp is the default, except under a launcher that found no destination (GENTAP_RUN_ONLY) */
	bool to_otlp, to_file, to_console;
	struct gt_otlp_config otlp; /* for traces */

	struct gt_signals signals; /* metrics and events */
	const char *file;	   /* GENTAP_FILE, with %p replaced by the pid */
	const char *prices;	   /* GENTAP_PRICES; NULL: not set */
	const char *run_file;	   /* set by the launcher: an OTLP/JSON file in addition to all exporters; NULL: none */

	int64_t schedule_delay_ns;
	int64_t export_timeout_ns;
	uint32_t queue_max; /* spans */
	uint32_t batch_max; /* spans, <= queue_max */
	struct gt_span_limits span_limits, event_limits;
	struct gt_naming naming;
	struct gt_capture capture;
	uint64_t body_max;

	struct gt_arena memory; /* holds the strings above */
};

/* 0 or GT_ENOMEM; call gt_config_free in either case. The strings of `from` must outlive the last gt_match of the
 * process, which borrows GENTAP_ENDPOINTS. */
int gt_config_read(struct gt_config *c, const struct gt_config_source *from);
void gt_config_free(struct gt_config *c);

#endif
