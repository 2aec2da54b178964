/*
 * Formats numbers for people. Pure; results are slices of `room` or of constants. The locale is ignored: a summary
 * looks the same everywhere.
 */
#ifndef GT_FIGURE_H
#define GT_FIGURE_H

#include "shim/shared/str.h"

#define GT_FIGURE_ROOM 32

/* "1,234,567" */
struct gt_str gt_figure_count(int64_t n, char room[GT_FIGURE_ROOM]);

/* "[1,234]" */
struct gt_str gt_figure_bracketed(int64_t n, char room[GT_FIGURE_ROOM]);

/* The number of decimals that shows three digits of the smallest amount of a column: 2 (cents) to 8. */
int gt_figure_decimals(double smallest_usd);

/* "$0.0123"; `usd` is not negative. */
struct gt_str gt_figure_usd(double usd, int decimals, char room[GT_FIGURE_ROOM]);

/* About three digits: "0.4ms", "420ms", "3.10s", "2m05s", "1h02m", "31d04h" */
struct gt_str gt_figure_duration(uint64_t ns, char room[GT_FIGURE_ROOM]);

/* The name of a signal, "SIGTERM", or "signal 42". */
struct gt_str gt_figure_signal(int number, char room[GT_FIGURE_ROOM]);

#endif
