#include "shim/shared/sampler.h"

#include "shim/shared/compiler.h"

#define KEEP_ALL ((uint64_t)INT64_MAX + 1)

/* Parses a decimal number from 0 to 1, such as "0.25", ".5" or "1e-3". Not strtod: it depends on the program's
 * locale. */
static bool parse_ratio(struct gt_str s, double *out)
{
	double v = 0, scale = 1;
	bool digits = false, point = false;
	size_t i;

	for (i = 0; i < s.len && (s.p[i] == '.' || (s.p[i] >= '0' && s.p[i] <= '9')); i++) {
		if (s.p[i] == '.') {
			if (point)
				return false;
			point = true;
			continue;
		}
		digits = true;
		v = v * 10 + (s.p[i] - '0');
		if (point)
			scale *= 10;
	}
	if (!digits)
		return false;
	if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
		bool minus = i + 1 < s.len && s.p[i + 1] == '-';
		uint64_t exp;

		if (!gt_str_u64(gt_str_skip(s, i + (minus ? 2 : 1)), &exp) || exp > 300)
			return false;
		for (; exp; exp--)
			scale *= minus ? 10 : 0.1;
	} else if (i < s.len) {
		return false;
	}
	*out = v / scale;
	return *out >= 0 && *out <= 1;
}

enum gt_sampler_error gt_sampler_parse(const char *name, const char *arg, struct gt_sampler *out)
{
	static const struct {
		struct gt_str name;
		bool is_parent_based, ratio, on;
	} known[] = {
		{ { "parentbased_always_on", 21 }, true, false, true },
		{ { "parentbased_always_off", 22 }, true, false, false },
		{ { "parentbased_traceidratio", 24 }, true, true, true },
		{ { "always_on", 9 }, false, false, true },
		{ { "always_off", 10 }, false, false, false },
		{ { "traceidratio", 12 }, false, true, true },
	};
	struct gt_str s = gt_str_trim(gt_str_of(name));
	double ratio = 1;

	*out = (struct gt_sampler){ .is_parent_based = true, .keep_below = KEEP_ALL };
	if (!s.len)
		return GT_SAMPLER_OK;
	for (size_t i = 0; i < GT_COUNT_OF(known); i++) {
		if (!gt_str_ieq(known[i].name, s))
			continue;
		out->is_parent_based = known[i].is_parent_based;
		out->keep_below = known[i].on ? KEEP_ALL : 0;
		if (!known[i].ratio || !arg || !gt_str_trim(gt_str_of(arg)).len)
			return GT_SAMPLER_OK;
		if (!parse_ratio(gt_str_trim(gt_str_of(arg)), &ratio))
			return GT_SAMPLER_BAD_ARG;
		out->keep_below = ratio >= 1 ? KEEP_ALL : (uint64_t)(ratio * 9223372036854775808.0);
		return GT_SAMPLER_OK;
	}
	return GT_SAMPLER_BAD_NAME;
}

bool gt_sampler_keeps(const struct gt_sampler *s, struct gt_trace_id id, const struct gt_trace_context *parent)
{
	uint64_t x = 0;

	if (parent && s->is_parent_based)
		return parent->flags & GT_TRACE_SAMPLED;
	/* the rule of the Go SDK (63 bits of bytes 8 to 15), so that both sides keep the same traces */
	for (int i = 8; i < 16; i++)
		x = x << 8 | id.b[i];
	return x >> 1 < s->keep_below;
}
