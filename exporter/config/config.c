#include "exporter/config/config.h"

#include <stdio.h>

#include "exporter/base/config_value.h"
#include "exporter/base/errors.h"
#include "exporter/config/config_check.h"
#include "exporter/otlp/otlp_config.h"
#include "shim/shared/clock.h"

#define SCHEDULE_DELAY_NS (1000 * GT_NS_PER_MS) /* not the SDK's 5 s: a process killed by a signal cannot flush */
#define EXPORT_TIMEOUT_NS (30 * GT_NS_PER_S)
#define QUEUE_MAX	  2048
#define BATCH_MAX	  512
#define ATTRIBUTES_MAX	  128
#define FILE_NAME	  "gentap-traces.jsonl"

enum exporter_word { TO_OTLP, TO_FILE, TO_CONSOLE, TO_NONE, EXPORTER_WORDS };

static void bad_exporters(const struct gt_config_source *from, const char *const known[], const char *instead)
{
	struct gt_str rest = gt_config_str(from, GT_ENV_OTEL_TRACES_EXPORTER), item;

	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		if (item.len && gt_word_index(item, known, EXPORTER_WORDS) < 0)
			gt_config_bad(from, GT_ENV_OTEL_TRACES_EXPORTER, item, "is not otlp, file, console or none", instead);
	}
}

/* True under a launcher that found no destination: spans go to its file only. An endpoint that was set since then
 * counts. */
static bool is_run_only(const struct gt_config_source *from)
{
	return gt_config_str(from, GT_ENV_GENTAP_RUN_ONLY).len && !gt_otlp_is_named(from, GT_TRACES);
}

static void read_exporters(struct gt_config *c, const struct gt_config_source *from)
{
	static const char *const known[EXPORTER_WORDS] = { "otlp", "file", "console", "none" };
	struct gt_str list = gt_config_str(from, GT_ENV_OTEL_TRACES_EXPORTER), rest = list, item;
	bool wanted[EXPORTER_WORDS] = { false }, some;

	while (gt_str_next(&rest, ',', &item)) {
		int which = gt_word_index(gt_str_trim(item), known, EXPORTER_WORDS);

		if (which >= 0)
			wanted[which] = true;
	}
	some = wanted[TO_OTLP] || wanted[TO_FILE] || wanted[TO_CONSOLE];
	bad_exporters(from, known, some || wanted[TO_NONE] ? "it is ignored" : "otlp is used");
	if (some && wanted[TO_NONE])
		gt_config_bad(from, GT_ENV_OTEL_TRACES_EXPORTER, list, "combines none with other exporters",
			      "the others are used");
	if (!some && !wanted[TO_NONE])
		wanted[TO_OTLP] = list.len || !is_run_only(from);
	c->to_otlp = wanted[TO_OTLP];
	c->to_file = wanted[TO_FILE];
	c->to_console = wanted[TO_CONSOLE];
}

/* A path with every %p replaced by the pid and %% by a percent sign. */
static const char *file_name(struct gt_arena *a, struct gt_str pattern, int pid)
{
	size_t places = 1, at = 0;
	char number[16], *out;
	struct gt_str digits;

	digits = gt_str_make(number, (size_t)snprintf(number, sizeof(number), "%d", pid));
	for (size_t i = 0; i < pattern.len; i++)
		places += pattern.p[i] == '%';
	out = gt_arena_alloc(a, pattern.len + places * digits.len + 1);
	for (size_t i = 0; out && i < pattern.len; i++) {
		char next = i + 1 < pattern.len ? pattern.p[i + 1] : 0;

		if (pattern.p[i] == '%' && next == 'p') {
			memcpy(out + at, digits.p, digits.len);
			at += digits.len;
			i++;
		} else {
			out[at++] = pattern.p[i];
			i += pattern.p[i] == '%' && next == '%';
		}
	}
	return out;
}

static int read_files(struct gt_config *c, const struct gt_config_source *from)
{
	struct gt_str file = gt_config_str(from, GT_ENV_GENTAP_FILE), run = gt_config_str(from, GT_ENV_GENTAP_RUN_FILE);
	struct gt_str prices = gt_config_str(from, GT_ENV_GENTAP_PRICES);

	c->file = file_name(&c->memory, file.len ? file : GT_STR(FILE_NAME), from->pid);
	if (run.len)
		c->run_file = gt_arena_copy(&c->memory, run);
	if (prices.len)
		c->prices = gt_arena_copy(&c->memory, prices);
	return c->file && (!run.len || c->run_file) && (!prices.len || c->prices) ? 0 : GT_ENOMEM;
}

static void read_batch(struct gt_config *c, const struct gt_config_source *from)
{
	struct gt_setting delay = GT_SETTING(OTEL_BSP_SCHEDULE_DELAY, "1000");
	struct gt_setting timeout = GT_SETTING(OTEL_BSP_EXPORT_TIMEOUT, "30000");
	struct gt_setting queue = GT_SETTING(OTEL_BSP_MAX_QUEUE_SIZE, "2048");
	struct gt_setting batch = GT_SETTING(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, "512");
	uint64_t queue_max = QUEUE_MAX, batch_max = BATCH_MAX;
	char instead[64];

	c->schedule_delay_ns = SCHEDULE_DELAY_NS;
	c->export_timeout_ns = EXPORT_TIMEOUT_NS;
	gt_config_duration(from, &delay, &c->schedule_delay_ns);
	gt_config_duration(from, &timeout, &c->export_timeout_ns);
	gt_config_number(from, &queue, 1, INT32_MAX, &queue_max);
	if (gt_config_number(from, &batch, 1, INT32_MAX, &batch_max) && batch_max > queue_max) {
		snprintf(instead, sizeof(instead), "%u is used", (unsigned)queue_max);
		gt_config_bad(from, GT_ENV_OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
			      gt_config_str(from, GT_ENV_OTEL_BSP_MAX_EXPORT_BATCH_SIZE), "is larger than the queue", instead);
	}
	c->queue_max = (uint32_t)queue_max;
	c->batch_max = (uint32_t)(batch_max < queue_max ? batch_max : queue_max);
}

static void ignore(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

/* `is_reported`: problems of the general variable have been reported already. */
static uint32_t read_limit(const struct gt_config_source *from, struct gt_setting setting, uint32_t otherwise, bool is_reported)
{
	struct gt_config_source source = *from;
	uint64_t limit = otherwise;

	if (is_reported && !gt_config_str(from, setting.names[0]).len)
		source.warn = ignore;
	gt_config_number(&source, &setting, 0, INT32_MAX, &limit);
	return (uint32_t)limit;
}

/* Spans and events have limits of their own; the general variables apply to both. */
static void read_limits(struct gt_config *c, const struct gt_config_source *from)
{
	const struct gt_setting counts[] = { GT_SETTING_2(OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT, "128"),
					     GT_SETTING_2(OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT,
							  "128") };
	const struct gt_setting lengths[] = {
		GT_SETTING_2(OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, "no limit"),
		GT_SETTING_2(OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, "no limit"),
	};
	struct gt_span_limits *const limits[] = { &c->span_limits, &c->event_limits };

	for (size_t i = 0; i < GT_COUNT_OF(limits); i++) {
		limits[i]->attributes = read_limit(from, counts[i], ATTRIBUTES_MAX, i > 0);
		limits[i]->value_length = read_limit(from, lengths[i], UINT32_MAX, i > 0);
	}
}

static void read_naming(struct gt_config *c, const struct gt_config_source *from)
{
	static const char *const sets[] = { "legacy", "llm", "modalities", "none" };
	static const unsigned bits[] = { GT_COMPAT_LEGACY, GT_COMPAT_LLM, GT_COMPAT_MODALITIES, 0 };
	struct gt_str rest = gt_config_str(from, GT_ENV_GENTAP_COMPAT), item;

	while (gt_str_next(&rest, ',', &item)) {
		int which;

		item = gt_str_trim(item);
		which = gt_word_index(item, sets, GT_COUNT_OF(sets));
		if (which >= 0)
			c->naming.compat |= bits[which];
		else if (item.len)
			gt_config_bad(from, GT_ENV_GENTAP_COMPAT, item, "is not legacy, llm, modalities or none",
				      "it is ignored");
	}
	/* other words are meant for other instrumentations: no warning */
	rest = gt_config_str(from, GT_ENV_OTEL_SEMCONV_STABILITY_OPT_IN);
	while (gt_str_next(&rest, ',', &item))
		if (gt_str_ieq(gt_str_trim(item), GT_STR("gen_ai_latest_experimental")))
			c->naming.generation = GT_N3;
}

int gt_config_read(struct gt_config *c, const struct gt_config_source *from)
{
	bool usable, has_read_general;
	int ret;

	*c = (struct gt_config){ .body_max = from->body_max };
	gt_arena_init(&c->memory, 0);
	ret = read_files(c, from);
	if (ret)
		return ret;
	read_exporters(c, from);
	read_batch(c, from);
	read_limits(c, from);
	read_naming(c, from);
	gt_capture_read(&c->capture, from);
	has_read_general = c->to_otlp;
	if (c->to_otlp) {
		ret = gt_otlp_config_read(&c->otlp, from, GT_TRACES, &c->memory, &usable);
		c->to_otlp = !ret && usable;
	}
	if (!ret)
		ret = gt_signals_read(&c->signals, &c->capture, &c->memory, from, has_read_general);
	gt_config_check(from);
	return ret;
}

void gt_config_free(struct gt_config *c)
{
	gt_capture_free(&c->capture);
	gt_arena_free(&c->memory);
}
