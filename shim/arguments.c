#include "shim/arguments.h"

#include <string.h>

static char *copies[GT_ARGUMENTS_MAX + 1];
static char text[GT_ARGUMENTS_ROOM]; /* touched as far as it is used */
static unsigned n_copies;

void gt_arguments_keep(char *const argv[])
{
	size_t used = 0;

	for (n_copies = 0; argv && argv[n_copies] && n_copies < GT_ARGUMENTS_MAX; n_copies++) {
		size_t len = strnlen(argv[n_copies], GT_ARGUMENT_LONG);

		if (len == GT_ARGUMENT_LONG)
			len = GT_ARGUMENT_CUT;
		if (used + len + 1 > sizeof(text))
			break;
		copies[n_copies] = text + used;
		memcpy(text + used, argv[n_copies], len);
		text[used + len] = 0;
		used += len + 1;
	}
	copies[n_copies] = NULL;
}

char *const *gt_arguments(void)
{
	return n_copies ? copies : NULL;
}
