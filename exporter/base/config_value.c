#include "exporter/base/config_value.h"

#include <stdio.h>

#include "shim/shared/clock.h"

#define SHOWN_MAX   72 /* bytes of a value in a warning; longer values would make the line unreadable */
#define MESSAGE_MAX 400

/* Makes a value safe for a log line. */
static void show(struct gt_str value, char out[SHOWN_MAX + 4])
{
	size_t n = gt_str_copy(value, out, SHOWN_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	if (n < value.len)
		memcpy(out + n, "...", 4);
}

void gt_config_bad(const struct gt_config_source *from, enum gt_env name, struct gt_str value, const char *problem,
		   const char *instead)
{
	char message[MESSAGE_MAX], shown[SHOWN_MAX + 4];

	show(value, shown);
	snprintf(message, sizeof(message), "%s: \"%s\" %s; %s", gt_env_name(name), shown, problem, instead);
	from->warn(from->ctx, message);
}

void gt_config_bad_secret(const struct gt_config_source *from, enum gt_env name, const char *problem, const char *instead)
{
	char message[MESSAGE_MAX];

	snprintf(message, sizeof(message), "%s: %s; %s", gt_env_name(name), problem, instead);
	from->warn(from->ctx, message);
}

struct gt_str gt_config_str(const struct gt_config_source *from, enum gt_env name)
{
	return gt_str_trim(gt_str_of(from->get(from->ctx, name)));
}

/* Warns that the value of names[i] is bad. The next variable that is set is used instead, or the default. */
static void bad_setting(const struct gt_config_source *from, const struct gt_setting *s, unsigned i, struct gt_str value,
			const char *problem)
{
	const char *used = s->fallback;
	char instead[96];

	for (unsigned k = s->n; k-- > i + 1;)
		if (gt_config_str(from, s->names[k]).len)
			used = gt_env_name(s->names[k]);
	snprintf(instead, sizeof(instead), "%s is used", used);
	gt_config_bad(from, s->names[i], value, problem, instead);
}

bool gt_config_number(const struct gt_config_source *from, const struct gt_setting *s, uint64_t min, uint64_t max,
		      uint64_t *out)
{
	char problem[96];

	for (unsigned i = 0; i < s->n; i++) {
		struct gt_str value = gt_config_str(from, s->names[i]);
		uint64_t v;

		if (!value.len)
			continue;
		if (gt_str_u64(value, &v) && v >= min && v <= max) {
			*out = v;
			return true;
		}
		snprintf(problem, sizeof(problem), "is not a whole number from %llu to %llu", (unsigned long long)min,
			 (unsigned long long)max);
		bad_setting(from, s, i, value, problem);
	}
	return false;
}

bool gt_config_duration(const struct gt_config_source *from, const struct gt_setting *s, int64_t *out_ns)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct gt_str value = gt_config_str(from, s->names[i]);
		uint64_t ms;

		if (!value.len)
			continue;
		if (gt_str_u64(value, &ms) && ms <= INT64_MAX / GT_NS_PER_MS) {
			*out_ns = (int64_t)ms * GT_NS_PER_MS;
			return true;
		}
		bad_setting(from, s, i, value, "is not a number of milliseconds");
	}
	return false;
}

int gt_word_index(struct gt_str item, const char *const words[], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (gt_str_ieq(item, gt_str_of(words[i])))
			return (int)i;
	return -1;
}

int gt_config_word(const struct gt_config_source *from, const struct gt_setting *s, const char *const words[], unsigned n,
		   const char *problem)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct gt_str value = gt_config_str(from, s->names[i]);
		int word = gt_word_index(value, words, n);

		if (word >= 0)
			return word;
		if (value.len)
			bad_setting(from, s, i, value, problem);
	}
	return -1;
}
