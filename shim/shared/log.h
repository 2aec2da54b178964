/*
 * Diagnostics for debugging gentap itself.
 *
 * Off by default. GENTAP_LOG is a level (error, warn, info, debug), optionally followed by a list of components
 * (`debug:conn,splice`). A list of components without a level means debug for them. OTEL_LOG_LEVEL applies when
 * GENTAP_LOG is unset.
 *
 * A line is formatted on the stack and cut at 511 bytes. It is written with one system call, so that lines of several
 * threads and processes do not mix. A file that cannot take the line at once loses it (named_file.h). Any thread; keeps
 * errno; calls no hooked function. Never on the path of an ignored call.
 */
#ifndef GT_LOG_H
#define GT_LOG_H

#include <stdbool.h>

#include "shim/shared/compiler.h"

enum gt_log_level { GT_LOG_OFF, GT_LOG_ERROR, GT_LOG_WARN, GT_LOG_INFO, GT_LOG_DEBUG };

enum gt_log_component {
	GT_LOG_INIT,
	GT_LOG_CONN,
	GT_LOG_SPLICE,
	GT_LOG_CURL,
	GT_LOG_SSL,
	GT_LOG_EXPORTER,
	GT_LOG_CONFIG,
	GT_LOG_SINK,
	GT_LOG_COMPONENTS
};

extern unsigned char gt_log_levels[GT_LOG_COMPONENTS];

/* `spec` is GENTAP_LOG (or OTEL_LOG_LEVEL), `file` is GENTAP_LOG_FILE. Both may be NULL; `file` is borrowed for ever.
 * Returns false when `spec` names an unknown level or component; what it understood is in force. */
bool gt_log_open(const char *spec, const char *file);

#define gt_log(component, level, ...)                                 \
	do {                                                          \
		if (gt_unlikely(gt_log_levels[component] >= (level))) \
			gt_log_line(component, level, __VA_ARGS__);   \
	} while (0)

/* Writes one line whatever the level. For the few messages that are shown unless the user sets GENTAP_LOG=off. */
void gt_log_line(enum gt_log_component component, enum gt_log_level level, const char *fmt, ...) GT_PRINTF(3, 4);

/* True when the user explicitly set GENTAP_LOG=off (or OTEL_LOG_LEVEL=none). */
bool gt_log_is_silenced(void);

#endif
