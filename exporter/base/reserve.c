#include "exporter/base/reserve.h"

#include <stdlib.h>

#include "shim/shared/compiler.h"

#define PIECE (96 * 1024) /* below the size from which glibc maps a block by itself */
#define TOTAL (4 * 1024 * 1024)
#define END   64

void *gt_reserve_make(void)
{
	void *pieces[TOTAL / PIECE], *end = NULL;
	size_t n = 0;

	while (n < GT_COUNT_OF(pieces) && (pieces[n] = malloc(PIECE)))
		n++;
	if (n)
		end = realloc(pieces[--n], END); /* stays in its place, after the others */
	while (n)
		free(pieces[--n]);
	return end;
}

void gt_reserve_free(void *end)
{
	free(end);
}
