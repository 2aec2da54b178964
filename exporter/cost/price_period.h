/*
 * When a price applies: from one day to another, on some days of the week, at some hours. Pure. All times are UTC, and
 * the text of each is described at the head of prices.txt.
 */
#ifndef GT_PRICE_PERIOD_H
#define GT_PRICE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

/* A point in time, as precise as prices need it. */
struct gt_price_moment {
	uint32_t day;	 /* 20261126 */
	uint16_t minute; /* of that day, 0 to 1439 */
};

struct gt_price_moment gt_price_moment_of(uint64_t unix_ns);

#define GT_PRICE_HOURS_MAX 4 /* ranges in one row; DeepSeek's peak has two */

struct gt_price_period {
	uint32_t from, until; /* the first and the last day; 0: no bound */
	uint8_t days;	      /* of the week, bit 0 is Monday; 0: all */
	uint8_t n_hours;      /* 0: the whole day */
	struct {
		uint16_t from, to; /* minutes of the day; up to, but not including `to`; from > to: over midnight */
	} hours[GT_PRICE_HOURS_MAX];
};

bool gt_price_period_has(const struct gt_price_period *p, struct gt_price_moment at);

/* True when it is bound to hours or days of the week. */
bool gt_price_period_is_recurring(const struct gt_price_period *p);

/* True when both have the same first day, days of the week and hours. */
bool gt_price_period_is_same(const struct gt_price_period *a, const struct gt_price_period *b);

/* Read "mon-fri", "sat,sun"; "01:00-04:00,06:00-10:00". False for other texts. */
bool gt_price_period_read_days(struct gt_price_period *p, struct gt_str text);
bool gt_price_period_read_hours(struct gt_price_period *p, struct gt_str text);

/* Reads a day at the beginning of a text, as 2024-08-06 or 20240806. Returns its length, or 0. */
size_t gt_price_day_read(struct gt_str text, uint32_t *day);

/* True when `day` is more than six months after `since`. */
bool gt_price_day_is_old(uint32_t since, uint32_t day);

#endif
