#include "support/test.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/shared/ident.h"
#include "shim/shared/traceparent.h"

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

static void assert_all_different(uint8_t (*ids)[8], size_t n)
{
	qsort(ids, n, 8, by_bytes);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(ids[i - 1], ids[i], 8);
}

static void test_ident_span_ids_of_a_process_do_not_repeat(void **state)
{
	size_t n = 200000;
	uint8_t(*ids)[8] = malloc(n * 8);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct gt_span_id id = gt_ident_span();

		assert_false(gt_is_all_zero(id.b, 8));
		memcpy(ids[i], id.b, 8);
	}
	assert_all_different(ids, n);
	free(ids);
}

static void test_ident_trace_ids_are_not_zero_and_differ_in_both_halves(void **state)
{
	enum { N = 1000 };
	static uint8_t low[N][8], high[N][8];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		struct gt_trace_id id = gt_ident_trace();

		assert_false(gt_is_all_zero(id.b, 16));
		memcpy(high[i], id.b, 8);
		memcpy(low[i], id.b + 8, 8);
	}
	assert_all_different(low, N);
	assert_all_different(high, N);
}

/* W3C trace context: the random flag promises this of the right-most 7 bytes. */
static void test_ident_every_bit_of_a_trace_id_is_set_about_half_the_time(void **state)
{
	enum { N = 20000 };
	int ones[128] = { 0 };

	(void)state;
	for (int i = 0; i < N; i++) {
		struct gt_trace_id id = gt_ident_trace();

		for (int bit = 0; bit < 128; bit++)
			ones[bit] += id.b[bit / 8] >> (bit % 8) & 1;
	}
	for (int bit = 0; bit < 128; bit++)
		assert_in_range(ones[bit], N / 2 - 500, N / 2 + 500); /* seven standard deviations */
}

/* a child that kept its parent's key would make the same ids */
static void test_ident_parent_and_child_make_different_ids(void **state)
{
	enum { N = 1000 };
	uint8_t(*ids)[8] = malloc(2 * N * 8);
	int ends[2];
	pid_t pid;

	(void)state;
	gt_ident_span();
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		gt_ident_after_fork();
		for (int i = 0; i < N; i++) {
			struct gt_span_id id = gt_ident_span();

			if (write(ends[1], id.b, 8) != 8)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	for (int i = 0; i < N; i++) {
		struct gt_span_id id = gt_ident_span();

		memcpy(ids[i], id.b, 8);
		assert_int_equal(read(ends[0], ids[N + i], 8), 8);
	}
	waitpid(pid, NULL, 0);
	close(ends[0]);
	assert_all_different(ids, 2 * N);
	free(ids);
}

enum { THREADS = 8, EACH = 20000 };
static uint8_t of_threads[THREADS * EACH][8];

static void *draw(void *p)
{
	size_t from = (size_t)(uintptr_t)p * EACH;

	for (size_t i = 0; i < EACH; i++) {
		struct gt_span_id id = gt_ident_span();

		memcpy(of_threads[from + i], id.b, 8);
	}
	return NULL;
}

static void test_ident_threads_that_start_together_do_not_share_ids(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	gt_ident_after_fork(); /* no key: the threads race to make it */
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, draw, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_all_different(of_threads, THREADS * EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_ident_span_ids_of_a_process_do_not_repeat),
		GT_TEST(test_ident_trace_ids_are_not_zero_and_differ_in_both_halves),
		GT_TEST(test_ident_every_bit_of_a_trace_id_is_set_about_half_the_time),
		GT_TEST(test_ident_parent_and_child_make_different_ids),
		GT_TEST(test_ident_threads_that_start_together_do_not_share_ids),
	};

	return GT_TESTS(tests);
}
