#include "shim/wanted.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>

#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"
#include "shim/tools.h"

bool gt_is_switched_off(char *const envp[])
{
	static const struct gt_str name = { "GENTAP_DISABLED=", 16 };

	for (; envp && *envp; envp++) {
		struct gt_str var = gt_str_of(*envp), value;

		if (!gt_str_starts(var, name))
			continue;
		value = gt_str_trim(gt_str_skip(var, name.len));
		return value.len && !gt_str_eq(value, GT_STR("0")) && !gt_str_ieq(value, GT_STR("false"));
	}
	return false;
}

static struct gt_str base_name(const char *path)
{
	struct gt_str s = gt_str_of(path);
	size_t i = s.len;

	while (i && s.p[i - 1] != '/')
		i--;
	return gt_str_skip(s, i);
}

static bool is_listed(const char *list, struct gt_str name)
{
	struct gt_str rest = gt_str_of(list), item;

	while (name.len && gt_str_next(&rest, ',', &item))
		if (gt_str_glob(gt_str_trim(item), name))
			return true;
	return false;
}

static const char *why_unwanted(const char *started_as, const char *exec_path)
{
	const char *include = gt_env_get(GT_ENV_GENTAP_INCLUDE), *exclude = gt_env_get(GT_ENV_GENTAP_EXCLUDE);
	static const char is_excluded[] = "GENTAP_EXCLUDE matches";
	struct gt_str names[3];
	char file[4096];
	ssize_t n;

	if (!include && !exclude)
		return NULL;
	names[0] = base_name(started_as);
	names[1] = base_name(exec_path);
	/* a process that is excluded by these names makes no system call for gentap */
	if (is_listed(exclude, names[0]) || is_listed(exclude, names[1]))
		return is_excluded;
	n = gt_gate(executable, AT_FDCWD, "/proc/self/exe", file, sizeof(file) - 1);
	file[n > 0 ? n : 0] = 0;
	names[2] = base_name(file);
	if (is_listed(exclude, names[2]))
		return is_excluded;
	for (int i = 0; i < 3; i++)
		if (!include || is_listed(include, names[i]))
			return NULL;
	return "GENTAP_INCLUDE does not match";
}

/* An endpoint that is set but empty switches export off; the signal's own endpoint is exempt. */
static bool may_send_otlp(enum gt_env endpoint)
{
	const char *general = gt_env_raw(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT);

	return gt_env_get(endpoint) || !general || general[0];
}

static bool has_span_destination(void)
{
	const char *list = gt_env_get(GT_ENV_OTEL_TRACES_EXPORTER);
	struct gt_str rest = gt_str_of(list ? list : "otlp"), item;

	if (gt_env_get(GT_ENV_GENTAP_RUN_FILE))
		return true;
	/* under the launcher, OpenTelemetry's default collector counts only when the user configured one */
	if (gt_env_get(GT_ENV_GENTAP_RUN_ONLY) && !gt_env_get(GT_ENV_OTEL_TRACES_EXPORTER) &&
	    !gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT) && !gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT))
		return false;
	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		if (!item.len || gt_str_ieq(item, GT_STR("none")))
			continue;
		if (!gt_str_ieq(item, GT_STR("otlp")) || may_send_otlp(GT_ENV_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT))
			return true;
	}
	return false;
}

/* For metrics and events. Their default is OTLP, but only where an endpoint is named. Words that the exporter does not know
 * are meant for other programs. */
static bool has_destination(enum gt_env exporter, enum gt_env endpoint)
{
	const char *list = gt_env_get(exporter);
	struct gt_str rest = gt_str_of(list ? list : ""), item;
	bool is_known = false;

	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		if (gt_str_ieq(item, GT_STR("console")) || (gt_str_ieq(item, GT_STR("otlp")) && may_send_otlp(endpoint)))
			return true;
		is_known |= gt_str_ieq(item, GT_STR("none")) || gt_str_ieq(item, GT_STR("otlp"));
	}
	return !is_known && (gt_env_get(endpoint) || gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT));
}

/* Events are emitted when the user asks for them, or for content in them. */
static bool wants_events(void)
{
	const char *emit = gt_env_get(GT_ENV_OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT);
	const char *content = gt_env_get(GT_ENV_OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT);

	if (emit && gt_str_ieq(gt_str_of(emit), GT_STR("false")))
		return false;
	return (emit && gt_str_ieq(gt_str_of(emit), GT_STR("true"))) ||
	       (content && gt_str_icontains(gt_str_of(content), GT_STR("event")));
}

static bool has_any_destination(void)
{
	return has_span_destination() ||
	       has_destination(GT_ENV_OTEL_METRICS_EXPORTER, GT_ENV_OTEL_EXPORTER_OTLP_METRICS_ENDPOINT) ||
	       (wants_events() && has_destination(GT_ENV_OTEL_LOGS_EXPORTER, GT_ENV_OTEL_EXPORTER_OTLP_LOGS_ENDPOINT));
}

const char *gt_why_asleep(const char *started_as, const char *exec_path)
{
	const char *why;

	if (gt_env_is_true(GT_ENV_OTEL_SDK_DISABLED))
		return "OTEL_SDK_DISABLED is true";
	if (gt_tools_seeks_races())
		return "helgrind and drd take gentap's atomics for data races";
	why = why_unwanted(started_as, exec_path);
	return why || has_any_destination() ? why : "spans, metrics and events have nowhere to go";
}
