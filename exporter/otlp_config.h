/* The OTEL_EXPORTER_OTLP_ variables. Part of gt_config_read. */
#ifndef GT_OTLP_CONFIG_H
#define GT_OTLP_CONFIG_H

#include "config.h"

/* Whether the user asked for OTLP by naming an endpoint, in general or for the signal. */
bool gt_otlp_is_named(const struct gt_config_source *from, enum gt_signal signal);

/* Fills `out`, strings in `a`. `*usable` is false when there is nowhere to send to: an endpoint that is set but empty, or no
 * URL (then said). 0 or GT_ENOMEM. */
int gt_otlp_config_read(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal,
			struct gt_arena *a, bool *usable);

#endif
