#include "exporter/otlp/retry.h"

#include "exporter/base/civil_time.h"
#include "shim/shared/clock.h"

/* Doubling from one second reaches the default timeout of 10 s after four attempts. The cap is for longer timeouts. */
#define FIRST_DELAY_NS (1 * GT_NS_PER_S)
#define DELAY_MAX_NS   (30 * GT_NS_PER_S)
#define DOUBLINGS_MAX  5
/* The longest wait that a collector may ask for. Otherwise a single "tomorrow" would stop the export of a long-running
 * program. */
#define RETRY_AFTER_MAX_NS (60 * GT_NS_PER_S)

bool gt_retry_is_worthwhile(long http_status)
{
	return http_status == 0 || http_status == 429 || (http_status >= 502 && http_status <= 504);
}

int64_t gt_retry_delay_ns(struct gt_retry *r, int64_t retry_after_ns, uint64_t chance)
{
	unsigned doublings = r->attempts < DOUBLINGS_MAX ? r->attempts : DOUBLINGS_MAX;
	int64_t delay = FIRST_DELAY_NS << doublings;

	r->attempts++;
	if (delay > DELAY_MAX_NS)
		delay = DELAY_MAX_NS;
	/* "Retry-After: 0" is ignored: a server that has just refused a request must not be hammered */
	if (retry_after_ns > 0)
		return retry_after_ns < RETRY_AFTER_MAX_NS ? retry_after_ns : RETRY_AFTER_MAX_NS;
	/* 0.8 to 1.2 of the delay, so that clients that failed together do not retry together */
	return delay * 4 / 5 + (int64_t)((uint64_t)(delay * 2 / 5 / 1024) * (chance >> 54));
}

static int month_of(struct gt_str name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (gt_str_eq(name, gt_str_make(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

/* Takes exactly `n` digits off the front. False leaves `rest` as it is. */
static bool take_digits(struct gt_str *rest, size_t n, int *out)
{
	uint64_t v;

	if (rest->len < n || !gt_str_u64(gt_str_make(rest->p, n), &v))
		return false;
	*out = (int)v;
	*rest = gt_str_skip(*rest, n);
	return true;
}

static bool take(struct gt_str *rest, struct gt_str what)
{
	if (!gt_str_starts(*rest, what))
		return false;
	*rest = gt_str_skip(*rest, what.len);
	return true;
}

static bool take_month(struct gt_str *rest, int *month)
{
	*month = rest->len >= 3 ? month_of(gt_str_make(rest->p, 3)) : 0;
	*rest = gt_str_skip(*rest, 3);
	return *month != 0;
}

static bool take_clock(struct gt_str *rest, struct gt_civil_time *t)
{
	return take_digits(rest, 2, &t->hour) && take(rest, GT_STR(":")) && take_digits(rest, 2, &t->minute) &&
	       take(rest, GT_STR(":")) && take_digits(rest, 2, &t->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", or the obsolete "Sunday, 06-Nov-94 08:49:37 GMT" (RFC 9110, 5.6.7) */
static bool parse_comma_date(struct gt_str s, struct gt_civil_time *t)
{
	struct gt_str sep;
	int year;

	if (!take(&s, GT_STR(", ")) || !take_digits(&s, 2, &t->day))
		return false;
	sep = gt_str_make(s.p, s.len ? 1 : 0);
	if ((!gt_str_eq(sep, GT_STR(" ")) && !gt_str_eq(sep, GT_STR("-"))) || !take(&s, sep) || !take_month(&s, &t->month) ||
	    !take(&s, sep))
		return false;
	if (sep.p[0] == ' ') {
		if (!take_digits(&s, 4, &year))
			return false;
	} else {
		if (!take_digits(&s, 2, &year))
			return false;
		year += year < 70 ? 2000 : 1900;
	}
	t->year = year;
	return take(&s, GT_STR(" ")) && take_clock(&s, t) && gt_str_eq(s, GT_STR(" GMT"));
}

/* "Sun Nov  6 08:49:37 1994" */
static bool parse_asctime(struct gt_str s, struct gt_civil_time *t)
{
	int year;

	if (!take(&s, GT_STR(" ")) || !take_month(&s, &t->month) || !take(&s, GT_STR(" ")))
		return false;
	if (!(take(&s, GT_STR(" ")) ? take_digits(&s, 1, &t->day) : take_digits(&s, 2, &t->day)))
		return false;
	if (!take(&s, GT_STR(" ")) || !take_clock(&s, t) || !take(&s, GT_STR(" ")) || !take_digits(&s, 4, &year))
		return false;
	t->year = year;
	return s.len == 0;
}

static bool parse_http_date(struct gt_str s, struct gt_civil_time *t)
{
	size_t weekday = 0;

	while (weekday < s.len && s.p[weekday] != ',' && s.p[weekday] != ' ')
		weekday++;
	s = gt_str_skip(s, weekday);
	if (weekday < 3 || !(s.len && s.p[0] == ',' ? parse_comma_date(s, t) : parse_asctime(s, t)))
		return false;
	return t->day >= 1 && t->day <= 31 && t->hour <= 23 && t->minute <= 59 && t->second <= 60;
}

int64_t gt_retry_after_ns(struct gt_str value, int64_t now_unix_s)
{
	struct gt_civil_time t;
	uint64_t seconds;
	int64_t at;

	value = gt_str_trim(value);
	if (!gt_str_u64(value, &seconds)) {
		if (!parse_http_date(value, &t))
			return -1;
		at = gt_civil_to_unix(&t);
		seconds = at > now_unix_s ? (uint64_t)(at - now_unix_s) : 0;
	}
	return seconds > INT64_MAX / GT_NS_PER_S ? INT64_MAX : (int64_t)seconds * GT_NS_PER_S;
}
