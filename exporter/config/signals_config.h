/* The variables of metrics and of events. Part of gt_config_read, after those of traces. */
#ifndef GT_SIGNALS_CONFIG_H
#define GT_SIGNALS_CONFIG_H

#include "exporter/config/config.h"

/* `is_told`: what is wrong with the general OTLP variables has been said already. 0 or GT_ENOMEM. */
int gt_signals_read(struct gt_config *c, const struct gt_config_source *from, bool is_told);

#endif
