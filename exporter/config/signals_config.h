/* Reads the variables of metrics and events. Part of gt_config_read, after the variables of traces. */
#ifndef GT_SIGNALS_CONFIG_H
#define GT_SIGNALS_CONFIG_H

#include "exporter/config/config.h"

/* `is_told`: the general OTLP variables were read for traces, so their warnings are not repeated. 0 or GT_ENOMEM. */
int gt_signals_read(struct gt_config *c, const struct gt_config_source *from, bool is_told);

#endif
