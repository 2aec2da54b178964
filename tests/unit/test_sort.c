#include "support/test.h"

#include "exporter/base/sort.h"

struct item {
	uint64_t key;
	const void *rest; /* of the key */
};

static size_t compares;

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct item *)a)->key, y = ((const struct item *)b)->key;

	compares++;
	return x < y ? -1 : x > y;
}

static void test_sort_puts_every_array_in_order(void **state)
{
	static struct item items[1000], before[1000];

	(void)state;
	for (size_t n = 0; n < 1000; n += n < 20 ? 1 : 97) {
		for (uint64_t range = 1; range < 5000; range *= 7) { /* few values, and many */
			srand((unsigned)(n + range));
			for (size_t i = 0; i < n; i++) {
				items[i].key = (uint64_t)rand() % range;
				items[i].rest = &before[items[i].key % 1000];
			}
			memcpy(before, items, sizeof(items));
			gt_sort(items, n, sizeof(items[0]), by_key);
			qsort(before, n, sizeof(before[0]), by_key);
			for (size_t i = 0; i < n; i++)
				assert_true(items[i].key == before[i].key && items[i].rest == before[i].rest);
		}
	}
	gt_sort(NULL, 0, 8, by_key);
}

static void test_sort_takes_few_steps_in_the_worst_case(void **state)
{
	static struct item items[1 << 14];

	(void)state;
	for (int order = 0; order < 3; order++) {
		for (size_t i = 0; i < GT_ROWS(items); i++)
			items[i].key = order == 0 ? i : order == 1 ? GT_ROWS(items) - i : 7;
		compares = 0;
		gt_sort(items, GT_ROWS(items), sizeof(items[0]), by_key);
		assert_true(compares <= 2 * 14 * GT_ROWS(items) + 4 * GT_ROWS(items));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_sort_puts_every_array_in_order),
		GT_TEST(test_sort_takes_few_steps_in_the_worst_case),
	};

	return GT_TESTS(tests);
}
