/*
 * Converts between seconds since 1970 and the UTC calendar. Pure. libc's functions are not used: they read TZ, and they
 * take a lock that a fork may leave held in the child.
 */
#ifndef GT_CIVIL_TIME_H
#define GT_CIVIL_TIME_H

#include <stdint.h>

struct gt_civil_time {
	int64_t year;
	int month, day;		  /* from 1 */
	int hour, minute, second; /* 60, a leap second, equals the first second of the next minute */
};

int64_t gt_civil_to_unix(const struct gt_civil_time *t);
struct gt_civil_time gt_civil_of_unix(int64_t unix_s);

#endif
