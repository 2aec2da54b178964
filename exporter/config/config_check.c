#include "exporter/config/config_check.h"

#include <stdio.h>

#include "exporter/base/config_value.h"
#include "shim/shared/limits.h"
#include "shim/shared/log.h"
#include "shim/shared/match.h"
#include "shim/shared/sampler.h"

static void check_limits(const struct gt_config_source *from)
{
	static const struct {
		enum gt_env name;
		const char *instead;
	} rows[] = {
		{ GT_ENV_GENTAP_MEMORY_MAX, "33554432 is used" },
		{ GT_ENV_GENTAP_BODY_MAX, "16777216 is used" },
		{ GT_ENV_GENTAP_EXIT_TIMEOUT_MS, "1000 is used" },
	};
	uint64_t unused;

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		const char *value = from->get(from->ctx, rows[i].name);

		if (value && !gt_limits_parse(value, &unused))
			gt_config_bad(from, rows[i].name, gt_str_of(value), "is not a whole number", rows[i].instead);
	}
}

static void check_sampler(const struct gt_config_source *from)
{
	const char *name = from->get(from->ctx, GT_ENV_OTEL_TRACES_SAMPLER);
	const char *arg = from->get(from->ctx, GT_ENV_OTEL_TRACES_SAMPLER_ARG);
	struct gt_sampler unused;

	switch (gt_sampler_parse(name, arg, &unused)) {
	case GT_SAMPLER_OK:
		break;
	case GT_SAMPLER_BAD_NAME:
		gt_config_bad(from, GT_ENV_OTEL_TRACES_SAMPLER, gt_str_of(name), "is not a sampler that gentap supports",
			      "parentbased_always_on is used");
		break;
	case GT_SAMPLER_BAD_ARG:
		gt_config_bad(from, GT_ENV_OTEL_TRACES_SAMPLER_ARG, gt_str_of(arg), "is not a number from 0 to 1",
			      "1.0 is used");
		break;
	}
}

/* With an unknown propagator alone nothing is sent: the user chose another format, and no format of gentap's choice. */
static void check_propagators(const struct gt_config_source *from)
{
	static const char *const known[] = { "tracecontext", "baggage", "none" };
	struct gt_str list = gt_config_str(from, GT_ENV_OTEL_PROPAGATORS), rest = list, item;
	bool has_known = false;

	while (gt_str_next(&rest, ',', &item))
		has_known |= gt_word_index(gt_str_trim(item), known, GT_COUNT_OF(known)) >= 0;
	while (gt_str_next(&list, ',', &item)) {
		item = gt_str_trim(item);
		if (item.len && gt_word_index(item, known, GT_COUNT_OF(known)) < 0)
			gt_config_bad(from, GT_ENV_OTEL_PROPAGATORS, item, "is not a propagator that gentap supports",
				      has_known ? "it is ignored" :
						  "no trace context is sent; add tracecontext to send traceparent");
	}
}

static void check_propagation(const struct gt_config_source *from)
{
	struct gt_str parent = gt_config_str(from, GT_ENV_TRACEPARENT), state = gt_config_str(from, GT_ENV_TRACESTATE);
	struct gt_trace_context unused;

	if (parent.len && !gt_traceparent_parse(parent, &unused))
		gt_config_bad(from, GT_ENV_TRACEPARENT, parent, "is not a valid W3C traceparent",
			      "it is ignored, and so is TRACESTATE");
	else if (parent.len && state.len && !gt_tracestate_is_valid(state))
		gt_config_bad(from, GT_ENV_TRACESTATE, state, "is not a valid W3C tracestate", "it is ignored");
}

/* The callback of gt_match_set_endpoints has no context argument. Exporter thread only; set during that call. */
static const struct gt_config_source *checking;

static void bad_endpoint(struct gt_str item)
{
	gt_config_bad(checking, GT_ENV_GENTAP_ENDPOINTS, item, "is not host[:port][/path-prefix]=provider", "it is ignored");
}

static void check_endpoints(const struct gt_config_source *from)
{
	checking = from;
	gt_match_set_endpoints(from->get(from->ctx, GT_ENV_GENTAP_ENDPOINTS), bad_endpoint);
	checking = NULL;
}

static void check_log(const struct gt_config_source *from)
{
	const char *own = from->get(from->ctx, GT_ENV_GENTAP_LOG), *otel = from->get(from->ctx, GT_ENV_OTEL_LOG_LEVEL);

	if (gt_log_open(own ? own : otel, from->get(from->ctx, GT_ENV_GENTAP_LOG_FILE)))
		return;
	gt_config_bad(from, own ? GT_ENV_GENTAP_LOG : GT_ENV_OTEL_LOG_LEVEL, gt_str_of(own ? own : otel),
		      "has an unknown level or component", "the known words are used");
}

static void check_words(const struct gt_config_source *from)
{
	static const char *const booleans[] = { "true", "false" };
	struct gt_setting disabled = GT_SETTING(OTEL_SDK_DISABLED, "false");

	/* not GENTAP_SUMMARY: only the launcher reads it, and warns about it */
	gt_config_word(from, &disabled, booleans, GT_COUNT_OF(booleans), "is neither true nor false");
}

static void check_follow(const struct gt_config_source *from)
{
	static const char *const known[] = { "children", "off" };
	struct gt_str value = gt_config_str(from, GT_ENV_GENTAP_FOLLOW);

	if (value.len && gt_word_index(value, known, GT_COUNT_OF(known)) < 0)
		gt_config_bad(from, GT_ENV_GENTAP_FOLLOW, value, "is neither children nor off", "it is ignored");
}

static void check_patch(const struct gt_config_source *from)
{
	static const char *const known[] = { "all", "symbols", "off" };
	struct gt_str value = gt_config_str(from, GT_ENV_GENTAP_PATCH);

	if (value.len && gt_word_index(value, known, GT_COUNT_OF(known)) < 0)
		gt_config_bad(from, GT_ENV_GENTAP_PATCH, value, "is neither all nor symbols nor off", "it counts as all");
}

static void check_http2(const struct gt_config_source *from)
{
	static const char *const known[] = { "insert", "follow", "off" };
	struct gt_setting http2 = GT_SETTING(GENTAP_HTTP2, "insert");

	gt_config_word(from, &http2, known, GT_COUNT_OF(known), "is neither insert, follow nor off");
}

void gt_config_check(const struct gt_config_source *from)
{
	struct gt_str file = gt_config_str(from, GT_ENV_OTEL_CONFIG_FILE);

	check_log(from);
	check_limits(from);
	check_sampler(from);
	check_propagators(from);
	check_propagation(from);
	check_endpoints(from);
	check_words(from);
	check_follow(from);
	check_patch(from);
	check_http2(from);
	if (file.len)
		gt_config_bad(from, GT_ENV_OTEL_CONFIG_FILE, file, "is ignored: gentap does not read configuration files",
			      "the other variables are used");
	if (from->unknown) {
		char message[200];

		snprintf(message, sizeof(message), "%.100s: unknown variable; it is ignored", from->unknown);
		from->warn(from->ctx, message);
	}
}
