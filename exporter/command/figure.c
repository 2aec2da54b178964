#include "exporter/command/figure.h"

#include <signal.h>
#include <stdio.h>

#include "shim/shared/compiler.h"

struct gt_str gt_figure_count(int64_t n, char room[GT_FIGURE_ROOM])
{
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	size_t i = GT_FIGURE_ROOM;

	for (int digits = 0; left || !digits; digits++) {
		if (digits && digits % 3 == 0)
			room[--i] = ',';
		room[--i] = (char)('0' + left % 10);
		left /= 10;
	}
	if (n < 0)
		room[--i] = '-';
	return gt_str_make(room + i, GT_FIGURE_ROOM - i);
}

struct gt_str gt_figure_bracketed(int64_t n, char room[GT_FIGURE_ROOM])
{
	struct gt_str s = gt_figure_count(n, room);

	memmove(room + 1, s.p, s.len);
	room[0] = '[';
	room[s.len + 1] = ']';
	return gt_str_make(room, s.len + 2);
}

int gt_figure_decimals(double smallest_usd)
{
	int decimals = 2;

	/* 0.9995 rounds to 1.00 already */
	for (double digit = 0.9995; decimals < 8 && smallest_usd > 0 && smallest_usd < digit; digit /= 10)
		decimals++;
	return decimals;
}

struct gt_str gt_figure_usd(double usd, int decimals, char room[GT_FIGURE_ROOM])
{
	uint64_t scale = 1, units;
	size_t i = GT_FIGURE_ROOM;

	for (int d = 0; d < decimals; d++)
		scale *= 10;
	units = usd * (double)scale < 1e18 ? (uint64_t)(usd * (double)scale + 0.5) : (uint64_t)1000000000000000000;
	for (int place = 0; units || place <= decimals; place++) {
		if (place == decimals && decimals)
			room[--i] = '.';
		else if (place > decimals && (place - decimals) % 3 == 0)
			room[--i] = ',';
		room[--i] = (char)('0' + units % 10);
		units /= 10;
	}
	room[--i] = '$';
	return gt_str_make(room + i, GT_FIGURE_ROOM - i);
}

/* `ns` in units of `unit`, rounded to the nearest. */
static unsigned long long in(uint64_t ns, uint64_t unit)
{
	return ns / unit + (ns % unit >= unit - unit / 2);
}

struct gt_str gt_figure_duration(uint64_t ns, char room[GT_FIGURE_ROOM])
{
	unsigned long long tenths = in(ns, 100000), ms = in(ns, 1000000), hundredths = in(ns, 10000000);
	unsigned long long s = in(ns, 1000000000), minutes = in(ns, 60000000000), hours = in(ns, 3600000000000);
	int n;

	/* use each unit until its rounded value would reach the next unit */
	if (tenths < 100)
		n = snprintf(room, GT_FIGURE_ROOM, "%llu.%llums", tenths / 10, tenths % 10);
	else if (ms < 1000)
		n = snprintf(room, GT_FIGURE_ROOM, "%llums", ms);
	else if (hundredths < 6000)
		n = snprintf(room, GT_FIGURE_ROOM, "%llu.%02llus", hundredths / 100, hundredths % 100);
	else if (s < 3600)
		n = snprintf(room, GT_FIGURE_ROOM, "%llum%02llus", s / 60, s % 60);
	else if (minutes < 48 * 60)
		n = snprintf(room, GT_FIGURE_ROOM, "%lluh%02llum", minutes / 60, minutes % 60);
	else
		n = snprintf(room, GT_FIGURE_ROOM, "%llud%02lluh", hours / 24, hours % 24);
	return gt_str_make(room, (size_t)n);
}

struct gt_str gt_figure_signal(int number, char room[GT_FIGURE_ROOM])
{
#define SIGNAL(name) { name, #name }
	static const struct {
		int number;
		const char *name;
	} names[] = {
		SIGNAL(SIGHUP),	 SIGNAL(SIGINT),  SIGNAL(SIGQUIT), SIGNAL(SIGILL),    SIGNAL(SIGTRAP), SIGNAL(SIGABRT),
		SIGNAL(SIGBUS),	 SIGNAL(SIGFPE),  SIGNAL(SIGKILL), SIGNAL(SIGUSR1),   SIGNAL(SIGSEGV), SIGNAL(SIGUSR2),
		SIGNAL(SIGPIPE), SIGNAL(SIGALRM), SIGNAL(SIGTERM), SIGNAL(SIGXCPU),   SIGNAL(SIGXFSZ), SIGNAL(SIGVTALRM),
		SIGNAL(SIGPROF), SIGNAL(SIGIO),	  SIGNAL(SIGPWR),  SIGNAL(SIGSTKFLT), SIGNAL(SIGSYS),
	};
#undef SIGNAL
	for (size_t i = 0; i < GT_COUNT_OF(names); i++)
		if (names[i].number == number)
			return gt_str_of(names[i].name);
	return gt_str_make(room, (size_t)snprintf(room, GT_FIGURE_ROOM, "signal %d", number));
}
