#include "exporter/command/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shim/shared/str.h"

#define WIDTH_MAX 1000 /* a larger COLUMNS is a mistake */

/* Empty counts as unset. */
static struct gt_str variable(const char *name)
{
	return gt_str_of(getenv(name));
}

static unsigned width_of(int fd)
{
	struct winsize size;
	uint64_t columns = GT_TERMINAL_WIDTH_DEFAULT;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		columns = size.ws_col;
	else if (!gt_str_u64(variable("COLUMNS"), &columns) || !columns)
		columns = GT_TERMINAL_WIDTH_DEFAULT;
	if (columns < GT_TERMINAL_WIDTH_MIN)
		return GT_TERMINAL_WIDTH_MIN;
	return columns < WIDTH_MAX ? (unsigned)columns : WIDTH_MAX;
}

static bool has_colour(int fd)
{
	struct gt_str term = variable("TERM");

	return isatty(fd) && !variable("NO_COLOR").len && term.len && !gt_str_eq(term, GT_STR("dumb"));
}

static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	struct gt_str locale = GT_STR_NONE;

	for (int i = 0; i < 3 && !locale.len; i++)
		locale = variable(names[i]);
	return gt_str_icontains(locale, GT_STR("UTF-8")) || gt_str_icontains(locale, GT_STR("UTF8"));
}

struct gt_terminal gt_terminal_of(int fd)
{
	return (struct gt_terminal){ .width = width_of(fd), .has_colour = has_colour(fd), .has_unicode = is_utf8() };
}
