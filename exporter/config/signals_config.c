#include "exporter/config/signals_config.h"

#include "exporter/base/config_value.h"
#include "exporter/otlp/otlp_config.h"
#include "shim/shared/clock.h"

#define METRIC_INTERVAL_NS  (60 * GT_NS_PER_S)
#define CONSOLE_INTERVAL_NS (10 * GT_NS_PER_S)
#define EXPORT_TIMEOUT_NS   (30 * GT_NS_PER_S)

enum exporter_word { TO_OTLP, TO_CONSOLE, TO_NONE, EXPORTER_WORDS };

/* Without a usable word the default is OTLP, but only when the user named an endpoint. A user without an endpoint does
 * not expect metrics on the local host. */
static void read_exporters(struct gt_signal_config *out, const struct gt_config_source *from, enum gt_signal signal,
			   enum gt_env name)
{
	static const char *const known[EXPORTER_WORDS] = { "otlp", "console", "none" };
	struct gt_str list = gt_config_str(from, name), rest = list, item;
	bool wanted[EXPORTER_WORDS] = { false }, some = false;

	while (gt_str_next(&rest, ',', &item)) {
		int which;

		item = gt_str_trim(item);
		which = gt_word_index(item, known, EXPORTER_WORDS);
		if (which >= 0)
			wanted[which] = some = true;
		else if (item.len)
			gt_config_bad(from, name, item, "is not otlp, console or none", "it is ignored");
	}
	if (!some)
		wanted[TO_OTLP] = gt_otlp_is_named(from, signal);
	if (wanted[TO_NONE] && (wanted[TO_OTLP] || wanted[TO_CONSOLE]))
		gt_config_bad(from, name, list, "combines none with other exporters", "the others are used");
	out->to_otlp = wanted[TO_OTLP];
	out->to_console = wanted[TO_CONSOLE];
}

/* ---------------------------------------------------------------- warnings that traces have given already */

struct filter {
	const struct gt_config_source *from;
	struct gt_str prefix; /* of the variables that were not read before */
};

static const char *filtered_get(void *ctx, enum gt_env which)
{
	const struct filter *f = ctx;

	return f->from->get(f->from->ctx, which);
}

static const char *filtered_raw(void *ctx, enum gt_env which)
{
	const struct filter *f = ctx;

	return f->from->raw(f->from->ctx, which);
}

static void filtered_warn(void *ctx, const char *message)
{
	const struct filter *f = ctx;

	if (gt_str_starts(gt_str_of(message), f->prefix))
		f->from->warn(f->from->ctx, message);
}

static int read_otlp(struct gt_signal_config *out, struct gt_arena *memory, const struct gt_config_source *from,
		     enum gt_signal signal, struct gt_str prefix, bool *is_reported)
{
	struct filter filter = { from, *is_reported ? prefix : GT_STR("") };
	struct gt_config_source filtered = *from;
	bool usable = false;
	int ret;

	if (!out->to_otlp)
		return 0;
	filtered.get = filtered_get;
	filtered.raw = filtered_raw;
	filtered.warn = filtered_warn;
	filtered.ctx = &filter;
	*is_reported = true;
	ret = gt_otlp_config_read(&out->otlp, &filtered, signal, memory, &usable);
	out->to_otlp = !ret && usable;
	return ret;
}

/* ---------------------------------------------------------------- metrics */

static void read_metrics_form(struct gt_signals *out, const struct gt_config_source *from)
{
	static const char *const temporalities[] = { "cumulative", "delta", "lowmemory" };
	static const char *const aggregations[] = { "explicit_bucket_histogram", "base2_exponential_bucket_histogram" };
	static const char *const filters[] = { "trace_based", "always_on", "always_off" };
	struct gt_setting temporality = GT_SETTING(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, "cumulative");
	struct gt_setting aggregation =
		GT_SETTING(OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, "explicit_bucket_histogram");
	struct gt_setting filter = GT_SETTING(OTEL_METRICS_EXEMPLAR_FILTER, "trace_based");
	struct gt_setting interval = GT_SETTING(OTEL_METRIC_EXPORT_INTERVAL, "60000");
	struct gt_setting timeout = GT_SETTING(OTEL_METRIC_EXPORT_TIMEOUT, "30000");
	int word;

	/* low memory differs from delta in instruments that gentap does not have */
	word = gt_config_word(from, &temporality, temporalities, GT_COUNT_OF(temporalities),
			      "is not cumulative, delta or lowmemory");
	out->metrics_form.temporality = word > 0 ? GT_DELTA : GT_CUMULATIVE;
	word = gt_config_word(from, &aggregation, aggregations, GT_COUNT_OF(aggregations),
			      "is neither explicit_bucket_histogram nor base2_exponential_bucket_histogram");
	out->metrics_form.is_exponential = word == 1;
	word = gt_config_word(from, &filter, filters, GT_COUNT_OF(filters), "is not trace_based, always_on or always_off");
	out->metrics_form.exemplars = word < 0 ? GT_EXEMPLARS_TRACE_BASED : (enum gt_exemplars)word;
	out->metric_interval_ns = out->metrics.to_console && !out->metrics.to_otlp ? CONSOLE_INTERVAL_NS : METRIC_INTERVAL_NS;
	gt_config_duration(from, &interval, &out->metric_interval_ns);
	gt_config_duration(from, &timeout, &out->metrics.export_timeout_ns);
}

/* ---------------------------------------------------------------- events */

/* Without a setting, events are wanted when content goes to events. */
static bool wants_events(const struct gt_capture *capture, const struct gt_config_source *from)
{
	static const char *const words[] = { "true", "false" };
	bool has_content = capture->to & GT_CONTENT_TO_EVENT;
	struct gt_setting emit = GT_SETTING(OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT, has_content ? "true" : "false");
	int word = gt_config_word(from, &emit, words, GT_COUNT_OF(words), "is neither true nor false");

	return word < 0 ? has_content : word == 0;
}

int gt_signals_read(struct gt_signals *out, struct gt_capture *capture, struct gt_arena *memory,
		    const struct gt_config_source *from, bool is_reported)
{
	int ret;

	out->metrics.export_timeout_ns = out->logs.export_timeout_ns = EXPORT_TIMEOUT_NS;
	read_exporters(&out->metrics, from, GT_METRICS, GT_ENV_OTEL_METRICS_EXPORTER);
	read_metrics_form(out, from);
	read_exporters(&out->logs, from, GT_LOGS, GT_ENV_OTEL_LOGS_EXPORTER);
	if (!wants_events(capture, from))
		out->logs.to_otlp = out->logs.to_console = false;
	ret = read_otlp(&out->metrics, memory, from, GT_METRICS, GT_STR("OTEL_EXPORTER_OTLP_METRICS_"), &is_reported);
	if (!ret)
		ret = read_otlp(&out->logs, memory, from, GT_LOGS, GT_STR("OTEL_EXPORTER_OTLP_LOGS_"), &is_reported);
	if (!out->logs.to_otlp && !out->logs.to_console)
		capture->to &= ~(unsigned)GT_CONTENT_TO_EVENT; /* no exporter would emit it */
	return ret;
}
