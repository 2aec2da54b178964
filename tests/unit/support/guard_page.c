#include "guard_page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static size_t pages_of(size_t len)
{
	return (len + PAGE - 1) / PAGE * PAGE;
}

/* An inaccessible page, room, an inaccessible page. */
static char *map(size_t len)
{
	char *base = mmap(NULL, pages_of(len) + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || (len && mprotect(base + PAGE, pages_of(len), PROT_READ | PROT_WRITE) != 0))
		abort();
	return base + PAGE;
}

char *gt_guard_end(const char *p, size_t len)
{
	char *copy = map(len) + pages_of(len) - len;

	if (len)
		memcpy(copy, p, len);
	return copy;
}

char *gt_guard_begin(const char *p, size_t len)
{
	char *copy = map(len);

	if (len)
		memcpy(copy, p, len);
	return copy;
}

void gt_guard_free(char *copy, size_t len)
{
	uintptr_t room = (uintptr_t)copy & ~(uintptr_t)(PAGE - 1);

	/* an empty copy points at the page behind */
	munmap((char *)room - PAGE, pages_of(len) + 2 * PAGE);
}
