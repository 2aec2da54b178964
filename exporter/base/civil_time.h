/*
 * Seconds since 1970 and the calendar in UTC, in both directions. Pure: libc's functions take a lock that a fork may leave
 * held in the child, and read TZ.
 */
#ifndef GT_CIVIL_TIME_H
#define GT_CIVIL_TIME_H

#include <stdint.h>

struct gt_civil_time {
	int64_t year;
	int month, day;		  /* from 1 */
	int hour, minute, second; /* 60 is a leap second, counted as the next minute's first */
};

int64_t gt_civil_to_unix(const struct gt_civil_time *t);
struct gt_civil_time gt_civil_of_unix(int64_t unix_s);

#endif
