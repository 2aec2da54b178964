/*
 * Warnings for the variables that the preload reads itself, before it has a log to warn in. Part of gt_config_read.
 * Both halves use the same parsers, so they agree on what is valid. Exporter thread.
 */
#ifndef GT_CONFIG_CHECK_H
#define GT_CONFIG_CHECK_H

#include "exporter/base/config_value.h"

void gt_config_check(const struct gt_config_source *from);

#endif
