#include "exporter/cost/price_period.h"

#include "exporter/base/civil_time.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- days */

static bool digits(struct gt_str s, size_t at, size_t n, uint32_t *out)
{
	uint64_t v;

	if (s.len < at + n || !gt_str_u64(gt_str_make(s.p + at, n), &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

size_t gt_price_day_read(struct gt_str s, uint32_t *out)
{
	uint32_t year, month, day;
	bool is_long = s.len >= 10 && s.p[4] == '-' && s.p[7] == '-';
	bool is_day = is_long ? digits(s, 0, 4, &year) && digits(s, 5, 2, &month) && digits(s, 8, 2, &day) :
				digits(s, 0, 4, &year) && digits(s, 4, 2, &month) && digits(s, 6, 2, &day);

	if (!is_day || year < 2000 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	*out = year * 10000 + month * 100 + day;
	return is_long ? 10 : 8;
}

bool gt_price_day_is_old(uint32_t since, uint32_t day)
{
	uint32_t month = since / 100 % 100 + 6, year = since / 10000 + (month > 12);

	month -= month > 12 ? 12 : 0;
	return day > year * 10000 + month * 100 + since % 100;
}

struct gt_price_moment gt_price_moment_of(uint64_t unix_ns)
{
	struct gt_civil_time t = gt_civil_of_unix((int64_t)(unix_ns / 1000000000));

	return (struct gt_price_moment){ (uint32_t)(t.year * 10000 + t.month * 100 + t.day),
					 (uint16_t)(t.hour * 60 + t.minute) };
}

/* 0 is Monday. */
static unsigned weekday_of(uint32_t day)
{
	struct gt_civil_time t = { day / 10000, (int)(day / 100 % 100), (int)(day % 100), 0, 0, 0 };
	int64_t days = gt_civil_to_unix(&t) / 86400; /* since 1970-01-01, a Thursday */

	return (unsigned)(((days + 3) % 7 + 7) % 7);
}

/* ---------------------------------------------------------------- periods */

bool gt_price_period_is_recurring(const struct gt_price_period *p)
{
	return p->days || p->n_hours;
}

bool gt_price_period_is_same(const struct gt_price_period *a, const struct gt_price_period *b)
{
	if (a->from != b->from || a->days != b->days || a->n_hours != b->n_hours)
		return false;
	for (unsigned i = 0; i < a->n_hours; i++)
		if (a->hours[i].from != b->hours[i].from || a->hours[i].to != b->hours[i].to)
			return false;
	return true;
}

static bool has_minute(const struct gt_price_period *p, unsigned minute)
{
	for (unsigned i = 0; i < p->n_hours; i++) {
		unsigned from = p->hours[i].from, to = p->hours[i].to;

		if (from < to ? minute >= from && minute < to : minute >= from || minute < to)
			return true;
	}
	return !p->n_hours;
}

bool gt_price_period_has(const struct gt_price_period *p, struct gt_price_moment at)
{
	if (at.day < p->from || (p->until && at.day > p->until))
		return false;
	return (!p->days || p->days & 1u << weekday_of(at.day)) && has_minute(p, at.minute);
}

/* ---------------------------------------------------------------- texts */

/* The number of a weekday, or 7. */
static unsigned weekday_named(struct gt_str s)
{
	static const struct gt_str names[] = { { "mon", 3 }, { "tue", 3 }, { "wed", 3 }, { "thu", 3 },
					       { "fri", 3 }, { "sat", 3 }, { "sun", 3 } };
	unsigned i = 0;

	while (i < GT_COUNT_OF(names) && !gt_str_eq(s, names[i]))
		i++;
	return i;
}

bool gt_price_period_read_days(struct gt_price_period *p, struct gt_str text)
{
	struct gt_str item;

	p->days = 0;
	while (gt_str_next(&text, ',', &item)) {
		size_t dash = gt_str_find(item, '-');
		unsigned first = weekday_named(gt_str_make(item.p, dash));
		unsigned last = dash < item.len ? weekday_named(gt_str_skip(item, dash + 1)) : first;

		if (first > 6 || last > 6)
			return false;
		for (unsigned day = first;; day = (day + 1) % 7) {
			p->days |= (uint8_t)(1u << day);
			if (day == last)
				break;
		}
	}
	return p->days != 0;
}

/* "01:00", up to "24:00". */
static bool read_minute(struct gt_str s, uint16_t *out)
{
	uint32_t hour, minute;

	if (s.len != 5 || s.p[2] != ':' || !digits(s, 0, 2, &hour) || !digits(s, 3, 2, &minute) || minute > 59 ||
	    hour * 60 + minute > 24 * 60)
		return false;
	*out = (uint16_t)(hour * 60 + minute);
	return true;
}

bool gt_price_period_read_hours(struct gt_price_period *p, struct gt_str text)
{
	struct gt_str item;

	p->n_hours = 0;
	while (gt_str_next(&text, ',', &item)) {
		uint16_t from, to;

		if (item.len != 11 || item.p[5] != '-' || !read_minute(gt_str_make(item.p, 5), &from) ||
		    !read_minute(gt_str_skip(item, 6), &to) || from == to || p->n_hours == GT_PRICE_HOURS_MAX)
			return false;
		p->hours[p->n_hours].from = from;
		p->hours[p->n_hours++].to = to;
	}
	return p->n_hours > 0;
}
