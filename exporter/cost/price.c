#include "exporter/cost/price.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- values */

/* Digits, and up to 9 more after a point. The whole part is at most a million: no price is higher. */
static bool read_rate(struct gt_str s, double *out)
{
	size_t point = gt_str_find(s, '.');
	struct gt_str fraction = gt_str_skip(s, point + 1);
	uint64_t whole, part = 0;
	double scale = 1;

	if (!gt_str_u64(gt_str_make(s.p, point), &whole) || whole > 1000000)
		return false;
	if (point < s.len && (fraction.len > 9 || !gt_str_u64(fraction, &part)))
		return false;
	for (size_t i = 0; point < s.len && i < fraction.len; i++)
		scale *= 10;
	*out = ((double)whole * scale + (double)part) / scale;
	return true;
}

/* ---------------------------------------------------------------- rows */

static const struct {
	struct gt_str key;
	enum gt_rate rate;
} rate_keys[] = {
	{ { "in", 2 }, GT_RATE_INPUT },
	{ { "cached", 6 }, GT_RATE_CACHED },
	{ { "write", 5 }, GT_RATE_WRITE },
	{ { "write_1h", 8 }, GT_RATE_WRITE_1H },
	{ { "out", 3 }, GT_RATE_OUTPUT },
	{ { "reasoning", 9 }, GT_RATE_REASONING },
	{ { "audio_in", 8 }, GT_RATE_AUDIO_INPUT },
	{ { "audio_out", 9 }, GT_RATE_AUDIO_OUTPUT },
};

/* NULL, or the problem. */
static const char *read_time(struct gt_price *row, struct gt_str key, struct gt_str value)
{
	struct gt_price_period *period = &row->period;
	const struct {
		struct gt_str key;
		uint32_t *day;
	} days[] = {
		{ GT_STR("from"), &period->from },
		{ GT_STR("until"), &period->until },
		{ GT_STR("read"), &row->read },
	};

	for (size_t i = 0; i < GT_COUNT_OF(days); i++)
		if (gt_str_eq(key, days[i].key))
			return value.len == 10 && gt_price_day_read(value, days[i].day) == 10 ?
				       NULL :
				       "has a day that is not YYYY-MM-DD";
	if (gt_str_eq(key, GT_STR("days")))
		return gt_price_period_read_days(period, value) ? NULL : "has days that are not like mon-fri,sun";
	if (gt_str_eq(key, GT_STR("hours")))
		return gt_price_period_read_hours(period, value) ? NULL : "has hours that are not like 01:00-04:00,22:30-23:00";
	return "has an unknown key";
}

/* NULL, or the problem. */
static const char *read_member(struct gt_price *row, struct gt_str word)
{
	size_t eq = gt_str_find(word, '=');
	struct gt_str key = gt_str_make(word.p, eq), value = gt_str_skip(word, eq + 1);
	uint64_t over;

	if (eq == word.len)
		return "has a word that is not key=value";
	for (size_t i = 0; i < GT_COUNT_OF(rate_keys); i++) {
		if (!gt_str_eq(key, rate_keys[i].key))
			continue;
		return read_rate(value, &row->rates[rate_keys[i].rate]) ? NULL : "has a price that is not a plain number";
	}
	if (gt_str_eq(key, GT_STR("tier"))) {
		row->tier = value;
		return value.len ? NULL : "has an empty tier";
	}
	if (gt_str_eq(key, GT_STR("over"))) {
		if (!gt_str_u64(value, &over) || over > INT64_MAX)
			return "has a bound that is not a whole number";
		row->over = (int64_t)over;
		return NULL;
	}
	return read_time(row, key, value);
}

static bool next_word(struct gt_str *rest, struct gt_str *word)
{
	size_t n = 0;

	*rest = gt_str_trim(*rest);
	while (n < rest->len && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	*word = gt_str_make(rest->p, n);
	*rest = gt_str_skip(*rest, n);
	return n && word->p[0] != '#'; /* the rest of the line is a comment */
}

static bool has_provider(struct gt_str providers, struct gt_str name)
{
	struct gt_str item;

	while (gt_str_next(&providers, ',', &item))
		if (gt_str_eq(item, name))
			return true;
	return false;
}

static bool is_same_purchase(const struct gt_price *a, const struct gt_price *b)
{
	struct gt_str rest = a->providers, item;

	if (a->over != b->over || !gt_price_period_is_same(&a->period, &b->period) || !gt_str_ieq(a->model, b->model) ||
	    !gt_str_ieq(a->tier, b->tier))
		return false;
	while (gt_str_next(&rest, ',', &item))
		if (has_provider(b->providers, item))
			return true;
	return false;
}

/* NULL, or the problem. .providers.len is 0 when the line has no row. `*read` is the day of the rows that follow. */
static const char *read_row(const struct gt_prices *p, struct gt_str line, struct gt_price *row, uint32_t *read)
{
	struct gt_str word;
	const char *why;

	for (int i = 0; i < GT_RATES; i++)
		row->rates[i] = GT_RATE_NONE;
	row->read = *read;
	if (!next_word(&line, &row->providers)) {
		row->providers.len = 0;
		return NULL;
	}
	if (gt_str_starts(row->providers, GT_STR("read="))) {
		why = read_time(row, GT_STR("read"), gt_str_skip(row->providers, 5));
		row->providers.len = 0;
		*read = why ? *read : row->read;
		return why || !next_word(&line, &word) ? why : "has more than a day";
	}
	if (!next_word(&line, &row->model) || gt_str_find(row->model, '=') < row->model.len)
		return "names no model";
	while (next_word(&line, &word)) {
		why = read_member(row, word);
		if (why)
			return why;
	}
	for (uint32_t i = 0; i < p->n; i++)
		if (is_same_purchase(&p->rows[i], row))
			return "repeats an earlier row";
	return NULL;
}

static int add(struct gt_prices *p, const struct gt_price *row)
{
	uint32_t room = p->room ? p->room * 2 : 64;
	struct gt_price *more;

	if (p->n == p->room) {
		more = realloc(p->rows, room * sizeof(*more));
		if (!more)
			return GT_ENOMEM;
		p->rows = more;
		p->room = room;
	}
	p->rows[p->n++] = *row;
	return 0;
}

int gt_prices_parse(struct gt_prices *p, struct gt_str text, struct gt_prices_bad *bad)
{
	struct gt_str line;
	uint32_t read = 0;
	int ret = 0;

	*p = (struct gt_prices){ NULL, 0, 0 };
	*bad = (struct gt_prices_bad){ 0, 0, NULL };
	for (unsigned number = 1; !ret && gt_str_next(&text, '\n', &line); number++) {
		struct gt_price row = { .line = number };
		const char *why;

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		why = read_row(p, line, &row, &read);
		if (!why && row.providers.len && p->n == GT_PRICES_MAX)
			why = "exceeds the limit of 4096 rows";
		if (why && !bad->n++) {
			bad->first = number;
			bad->why = why;
		} else if (!why && row.providers.len) {
			ret = add(p, &row);
		}
	}
	return ret;
}

void gt_prices_free(struct gt_prices *p)
{
	free(p->rows);
	*p = (struct gt_prices){ NULL, 0, 0 };
}

/* ---------------------------------------------------------------- models */

/* A Bedrock version, such as "-v1:0". */
static bool is_bedrock_version(struct gt_str s)
{
	size_t colon = gt_str_find(s, ':');
	uint64_t v;

	return gt_str_starts(s, GT_STR("-v")) && colon < s.len && gt_str_u64(gt_str_make(s.p + 2, colon - 2), &v) &&
	       gt_str_u64(gt_str_skip(s, colon + 1), &v);
}

bool gt_price_is_model(struct gt_str name, struct gt_str id)
{
	struct gt_str rest = gt_str_skip(id, name.len);
	uint32_t unused;
	size_t n;

	if (!name.len || !gt_str_istarts(id, name))
		return false;
	if (!rest.len || gt_str_eq(rest, GT_STR("-latest")) || gt_str_eq(rest, GT_STR("@latest")) ||
	    gt_str_eq(rest, GT_STR("@default")) || is_bedrock_version(rest))
		return true;
	if (rest.p[0] != '-' && rest.p[0] != '@')
		return false;
	if (rest.len == 4 && gt_str_starts(rest, GT_STR("-00")) && rest.p[3] >= '1' && rest.p[3] <= '9')
		return true;
	n = gt_price_day_read(gt_str_skip(rest, 1), &unused);
	rest = gt_str_skip(rest, 1 + n);
	return n && (!rest.len || is_bedrock_version(rest));
}

/* Ids of Bedrock's inference profiles begin with a region. Regions that are not listed have prices of their own. */
static struct gt_str without_region(struct gt_str model)
{
	static const struct gt_str regions[] = {
		{ "us.", 3 },
		{ "eu.", 3 },
		{ "apac.", 5 },
		{ "global.", 7 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(regions); i++)
		if (gt_str_starts(model, regions[i]))
			return gt_str_skip(model, regions[i].len);
	return model;
}

static struct gt_str behind_last_slash(struct gt_str s)
{
	size_t at = s.len;

	while (at && s.p[at - 1] != '/')
		at--;
	return gt_str_skip(s, at);
}

static bool is_better(const struct gt_price *a, const struct gt_price *than)
{
	bool is_named, was_named, is_recurring, was_recurring;

	if (!than || a->model.len != than->model.len)
		return !than || a->model.len > than->model.len;
	is_named = !gt_str_eq(a->providers, GT_STR("*"));
	was_named = !gt_str_eq(than->providers, GT_STR("*"));
	if (is_named != was_named)
		return is_named;
	if (a->period.from != than->period.from)
		return a->period.from > than->period.from;
	is_recurring = gt_price_period_is_recurring(&a->period);
	was_recurring = gt_price_period_is_recurring(&than->period);
	return is_recurring != was_recurring ? is_recurring : a->over > than->over;
}

/* True when everything but the model matches. */
static bool is_for(const struct gt_price *row, const struct gt_purchase *what)
{
	if (!gt_str_eq(row->providers, GT_STR("*")) && !has_provider(row->providers, what->provider))
		return false;
	return gt_str_ieq(row->tier, what->tier) && gt_price_period_has(&row->period, what->at) &&
	       (!row->over || what->input > row->over);
}

const struct gt_price *gt_price_find(const struct gt_prices *p, const struct gt_purchase *what)
{
	bool is_bedrock = gt_str_eq(what->provider, GT_STR("aws.bedrock"));
	bool has_path = is_bedrock || gt_str_starts(what->provider, GT_STR("gcp."));
	struct gt_str model = has_path ? behind_last_slash(what->model) : what->model;
	struct gt_str bare = is_bedrock ? without_region(model) : model;
	const struct gt_price *best = NULL;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct gt_price *row = &p->rows[i];

		if (!is_for(row, what))
			continue;
		if ((gt_price_is_model(row->model, model) || gt_price_is_model(row->model, bare)) && is_better(row, best))
			best = row;
	}
	return best;
}
