#include "every_split.h"

#include <stdlib.h>

#include "guard_page.h"

/* Longer inputs are cut everywhere near their ends and at some places between: all places would take minutes. */
#define ALL_PLACES 2048

static void run_cut(const char *p, size_t len, const size_t *cuts, int n_cuts, gt_split_fn *run, void *user)
{
	char **piece = calloc((size_t)n_cuts + 1, sizeof(*piece));
	size_t *part = calloc((size_t)n_cuts + 1, sizeof(*part)), at = 0;

	for (int i = 0; i <= n_cuts; i++) {
		part[i] = (i < n_cuts ? cuts[i] : len) - at;
		piece[i] = gt_guard_end(p + at, part[i]);
		at += part[i];
	}
	run(user, (const char *const *)piece, part, n_cuts + 1);
	for (int i = 0; i <= n_cuts; i++)
		gt_guard_free(piece[i], part[i]);
	free(piece);
	free(part);
}

void gt_every_split(const char *p, size_t len, gt_split_fn *run, void *user)
{
	size_t step = len <= ALL_PLACES ? 1 : len / ALL_PLACES + 1, *every;

	run_cut(p, len, NULL, 0, run, user);
	for (size_t i = 0; i <= len; i += i < 64 || i + 64 > len ? 1 : step)
		run_cut(p, len, &i, 1, run, user);
	for (size_t i = 1; i < len; i += 1 + len / 40)
		for (size_t j = i; j < len; j += 1 + len / 40)
			run_cut(p, len, (size_t[]){ i, j }, 2, run, user);
	if (len < 2 || len > ALL_PLACES)
		return;
	every = calloc(len, sizeof(*every));
	for (size_t i = 1; i < len; i++)
		every[i - 1] = i;
	run_cut(p, len, every, (int)len - 1, run, user);
	free(every);
}
