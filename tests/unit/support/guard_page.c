#include "guard_page.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len)   ((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#endif

/*
 * A region is: a page for the header, an inaccessible page, the room, an inaccessible page. Freed regions with the same
 * number of pages wait in a queue and keep their poison; RESTING others must be freed before one is reused.
 * Every byte of a room outside of its copy is poison.
 */
#define PAGE	  4096
#define PAGES_MAX 16 /* larger regions are unmapped: a walk over a long input would map some for each size */
#define RESTING	  16

struct region {
	struct region *next;
};

static struct {
	struct region *first, **end;
	int n;
} queues[PAGES_MAX + 1];

/* An empty copy points at the second inaccessible page; it has a room nevertheless, to belong to a queue. */
static size_t pages_of(size_t len)
{
	return len ? (len + PAGE - 1) / PAGE : 1;
}

static char *room_of(struct region *r)
{
	return (char *)r + 2 * PAGE;
}

static struct region *map(size_t pages)
{
	char *base = mmap(NULL, (pages + 3) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base, PAGE, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(base + 2 * PAGE, pages * PAGE, PROT_READ | PROT_WRITE) != 0)
		abort();
	memset(base + 2 * PAGE, GT_GUARD_POISON, pages * PAGE);
	ASAN_POISON_MEMORY_REGION(base + 2 * PAGE, pages * PAGE);
	return (struct region *)base;
}

static bool is_poison(const char *p, size_t len)
{
	return len == 0 || (*p == (char)GT_GUARD_POISON && memcmp(p, p + 1, len - 1) == 0);
}

static struct region *get(size_t pages)
{
	struct region *r;

	if (pages > PAGES_MAX || queues[pages].n <= RESTING)
		return map(pages);
	r = queues[pages].first;
	queues[pages].first = r->next;
	queues[pages].n--;
	ASAN_UNPOISON_MEMORY_REGION(room_of(r), pages * PAGE);
	if (!is_poison(room_of(r), pages * PAGE))
		abort(); /* something wrote to a copy after it was freed */
	ASAN_POISON_MEMORY_REGION(room_of(r), pages * PAGE);
	return r;
}

static void put(struct region *r, size_t pages)
{
	if (pages > PAGES_MAX) {
		/* a later mapping at this address starts without poison */
		ASAN_UNPOISON_MEMORY_REGION(room_of(r), pages * PAGE);
		munmap(r, (pages + 3) * PAGE);
		return;
	}
	r->next = NULL;
	if (queues[pages].n++ == 0)
		queues[pages].end = &queues[pages].first;
	*queues[pages].end = r;
	queues[pages].end = &r->next;
}

static char *fill(char *copy, const char *p, size_t len)
{
	ASAN_UNPOISON_MEMORY_REGION(copy, len);
	if (len)
		memcpy(copy, p, len);
	return copy;
}

char *gt_guard_end(const char *p, size_t len)
{
	size_t pages = pages_of(len);

	return fill(room_of(get(pages)) + pages * PAGE - len, p, len);
}

char *gt_guard_begin(const char *p, size_t len)
{
	size_t pages = pages_of(len);

	return fill(room_of(get(pages)) + (len ? 0 : PAGE), p, len);
}

void gt_guard_free(char *copy, size_t len)
{
	size_t pages = pages_of(len);
	char *room = len ? (char *)((uintptr_t)copy & ~(uintptr_t)(PAGE - 1)) : copy - PAGE;

	ASAN_UNPOISON_MEMORY_REGION(room, pages * PAGE);
	if (!is_poison(room, (size_t)(copy - room)) || !is_poison(copy + len, (size_t)(room + pages * PAGE - (copy + len))))
		abort(); /* something wrote next to the copy */
	memset(copy, GT_GUARD_POISON, len);
	ASAN_POISON_MEMORY_REGION(room, pages * PAGE);
	put((struct region *)(room - 2 * PAGE), pages);
}
