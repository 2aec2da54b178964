/*
 * Warnings for what the preload half reads by itself, before there is anywhere to complain to. Part of gt_config_read.
 * It parses with the same functions, so that both always agree on what is good.
 */
#ifndef GT_CONFIG_CHECK_H
#define GT_CONFIG_CHECK_H

#include "exporter/base/config_value.h"

void gt_config_check(const struct gt_config_source *from);

#endif
