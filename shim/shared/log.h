/*
 * Diagnostics for whoever debugs gentap itself.
 *
 * Off by default. GENTAP_LOG is a level (error, warn, info, debug), optionally followed by the components wanted
 * (`debug:conn,splice`); a list of components alone means debug for these. OTEL_LOG_LEVEL is read when it is unset.
 * A line is formatted on the stack and leaves by one raw write, so that lines of several threads and processes do not mix.
 * Any thread; keeps errno; calls nothing that is hooked. Never on the path of a call we ignore.
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

/* `spec` is GENTAP_LOG (or OTEL_LOG_LEVEL), `file` is GENTAP_LOG_FILE; both borrowed for ever, both may be NULL. False when
 * `spec` names no known level or component; what was understood is in force. */
bool gt_log_open(const char *spec, const char *file);

#define gt_log(component, level, ...)                                 \
	do {                                                          \
		if (gt_unlikely(gt_log_levels[component] >= (level))) \
			gt_log_line(component, level, __VA_ARGS__);   \
	} while (0)

/* Writes one line whatever the level; for the rare messages that are wanted unless GENTAP_LOG=off says otherwise. */
void gt_log_line(enum gt_log_component component, enum gt_log_level level, const char *fmt, ...) GT_PRINTF(3, 4);

/* True when the user set GENTAP_LOG=off (or OTEL_LOG_LEVEL=none) in so many words. */
bool gt_log_is_silenced(void);

#endif
