#include "shim/shared/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "shim/shared/gate.h"
#include "shim/shared/named_file.h"
#include "shim/shared/standard_error.h"
#include "shim/shared/str.h"

unsigned char gt_log_levels[GT_LOG_COMPONENTS];
static const char *path;
static bool silenced;

static const struct gt_str component_names[GT_LOG_COMPONENTS] = {
	[GT_LOG_INIT] = { "init", 4 },	   [GT_LOG_CONN] = { "conn", 4 }, [GT_LOG_SPLICE] = { "splice", 6 },
	[GT_LOG_CURL] = { "curl", 4 },	   [GT_LOG_SSL] = { "ssl", 3 },	  [GT_LOG_EXPORTER] = { "exporter", 8 },
	[GT_LOG_CONFIG] = { "config", 6 }, [GT_LOG_SINK] = { "sink", 4 },
};

static int level_of(struct gt_str word)
{
	static const struct {
		struct gt_str name;
		int level;
	} words[] = {
		{ { "off", 3 }, GT_LOG_OFF },	    { { "none", 4 }, GT_LOG_OFF },     { { "error", 5 }, GT_LOG_ERROR },
		{ { "warn", 4 }, GT_LOG_WARN },	    { { "warning", 7 }, GT_LOG_WARN }, { { "info", 4 }, GT_LOG_INFO },
		{ { "debug", 5 }, GT_LOG_DEBUG },   { { "trace", 5 }, GT_LOG_DEBUG },  { { "all", 3 }, GT_LOG_DEBUG },
		{ { "verbose", 7 }, GT_LOG_DEBUG },
	};

	for (size_t i = 0; i < GT_COUNT_OF(words); i++)
		if (gt_str_ieq(words[i].name, word))
			return words[i].level;
	return -1;
}

static bool set_components(struct gt_str list, int level)
{
	struct gt_str item;
	bool good = true;

	while (gt_str_next(&list, ',', &item)) {
		bool found = false;

		item = gt_str_trim(item);
		for (int i = 0; i < GT_LOG_COMPONENTS; i++) {
			if (gt_str_ieq(component_names[i], item)) {
				gt_log_levels[i] = (unsigned char)level;
				found = true;
			}
		}
		good = good && found;
	}
	return good;
}

bool gt_log_open(const char *spec, const char *file)
{
	struct gt_str s = gt_str_trim(gt_str_of(spec));
	size_t colon = gt_str_find(s, ':');
	int level = level_of(gt_str_trim(gt_str_make(s.p, colon)));

	path = file && file[0] ? file : NULL;
	silenced = false;
	for (int i = 0; i < GT_LOG_COMPONENTS; i++)
		gt_log_levels[i] = GT_LOG_OFF;
	if (!s.len)
		return true;
	if (level < 0)
		return colon == s.len && set_components(s, GT_LOG_DEBUG);
	silenced = level == GT_LOG_OFF;
	if (colon < s.len)
		return set_components(gt_str_skip(s, colon + 1), level);
	for (int i = 0; i < GT_LOG_COMPONENTS; i++)
		gt_log_levels[i] = (unsigned char)level;
	return true;
}

bool gt_log_is_silenced(void)
{
	return silenced;
}

void gt_log_line(enum gt_log_component component, enum gt_log_level level, const char *fmt, ...)
{
	static const char *const level_names[] = { "", "error", "warn", "info", "debug" };
	int saved = errno, fd, n, m;
	char line[512];
	va_list args;

	n = snprintf(line, sizeof(line), "gentap[%d] %s %.*s: ", gt_gate_process(), level_names[level],
		     GT_STR_ARG(component_names[component]));
	va_start(args, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	n = m < 0 ? n : n + m < (int)sizeof(line) - 1 ? n + m : (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (!path) {
		gt_stderr_write(line, (size_t)n, false);
		errno = saved;
		return;
	}
	/* opened for each line: a program that closes or counts its descriptors finds none of gentap's */
	fd = gt_named_file_open(path, true);
	if (fd >= 0) {
		(void)!gt_named_file_append(fd, &(struct iovec){ line, (size_t)n }, 1);
		gt_gate(line_close, fd);
	}
	errno = saved;
}
