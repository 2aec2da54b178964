#include "exporter/base/civil_time.h"

/* Years begin in March, so that the leap day is the last day of a year. 400 years are an era of 146097 days. */
#define DAYS_OF_ERA 146097
#define EPOCH	    719468 /* days from 0000-03-01 to 1970-01-01 */

int64_t gt_civil_to_unix(const struct gt_civil_time *t)
{
	int64_t y = t->year - (t->month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (t->month + (t->month > 2 ? -3 : 9)) + 2) / 5 + t->day - 1;
	int64_t days = era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;

	return ((days * 24 + t->hour) * 60 + t->minute) * 60 + t->second;
}

struct gt_civil_time gt_civil_of_unix(int64_t unix_s)
{
	int64_t second = unix_s % 86400, days = unix_s / 86400, era, day, year;
	struct gt_civil_time t;

	if (second < 0) {
		second += 86400;
		days--;
	}
	days += EPOCH;
	era = (days >= 0 ? days : days - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
	day = days - era * DAYS_OF_ERA;
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	t.month = (int)((5 * day + 2) / 153);
	t.day = (int)(day - (153 * t.month + 2) / 5 + 1);
	t.month += t.month < 10 ? 3 : -9;
	t.year = year + era * 400 + (t.month <= 2);
	t.hour = (int)(second / 3600);
	t.minute = (int)(second / 60 % 60);
	t.second = (int)(second % 60);
	return t;
}
