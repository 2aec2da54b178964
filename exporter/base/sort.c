#include "exporter/base/sort.h"

#include <string.h>

#include "shim/shared/check.h"

static void swap(char *a, char *b, size_t size)
{
	char kept[GT_SORT_SIZE_MAX];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

/* Item `i` may be smaller than its children in the heap of the first `n`: moves it down. */
static void sink(char *items, size_t i, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && compare(items + child * size, items + (child + 1) * size) < 0)
			child++;
		if (compare(items + i * size, items + child * size) >= 0)
			return;
		swap(items + i * size, items + child * size, size);
	}
}

/* Heapsort. */
void gt_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	GT_ASSERT(size <= GT_SORT_SIZE_MAX);
	for (size_t i = n / 2; i > 0; i--)
		sink(items, i - 1, n, size, compare);
	for (size_t left = n; left > 1; left--) {
		swap(items, (char *)items + (left - 1) * size, size);
		sink(items, 0, left - 1, size, compare);
	}
}
