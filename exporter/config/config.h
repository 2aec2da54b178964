/*
 * What the environment asks of the exporter, read once, immutable afterwards.
 *
 * Standard variables mean what the OpenTelemetry specification says; additions are in the README. A value that cannot be
 * used gives one warning that names the variable and what is used instead, and then counts as unset.
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
	/* to_otlp is the default, but not under a launcher that found no destination (GENTAP_RUN_ONLY) */
	bool to_otlp, to_file, to_console;
	struct gt_otlp_config otlp; /* of traces */

	struct gt_signals signals; /* metrics and events */
	const char *file;	   /* GENTAP_FILE with %p replaced */
	const char *prices;	   /* GENTAP_PRICES; NULL: not set */
	const char *run_file;	   /* set by the launcher: an OTLP/JSON file beside all other exporters; NULL: none */

	int64_t schedule_delay_ns;
	int64_t export_timeout_ns;
	uint32_t queue_max; /* spans */
	uint32_t batch_max; /* spans, <= queue_max */
	struct gt_span_limits span_limits;
	struct gt_naming naming;
	struct gt_capture capture;
	uint64_t body_max;

	struct gt_arena memory; /* of everything above */
};

/* 0, or GT_ENOMEM. Free with gt_config_free whatever was returned. The strings `from` gives must outlive the process's
 * last gt_match: GENTAP_ENDPOINTS goes there. */
int gt_config_read(struct gt_config *c, const struct gt_config_source *from);
void gt_config_free(struct gt_config *c);

#endif
