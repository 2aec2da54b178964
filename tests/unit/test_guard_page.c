#include "support/guard_page.h"
#include "support/in_child.h"
#include "support/test.h"

#include <signal.h>

#define REUSES 100 /* more than guard_page.c lets rest before one is reused */

/* Reads what the address sanitizer would refuse. */
__attribute__((no_sanitize("address"))) static bool is_poison(const volatile char *p, size_t len)
{
	while (len && *p == (char)GT_GUARD_POISON)
		p++, len--;
	return len == 0;
}

static const size_t lens[] = { 0, 1, 2, 100, 4095, 4096, 4097, 8192, 65536, 65537, 300000 };
static char text[300000];

static int setup(void **state)
{
	(void)state;
	memset(text, 'x', sizeof(text));
	return 0;
}

static void read_byte(void *at)
{
	signal(SIGSEGV, SIG_DFL); /* the address sanitizer has a handler */
	(void)*(volatile char *)at;
}

static void write_byte(void *at)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)at = 'y';
}

static void assert_dies(char *at)
{
	assert_int_equal(gt_signal_of_child(read_byte, at), SIGSEGV);
	assert_int_equal(gt_signal_of_child(write_byte, at), SIGSEGV);
}

static void assert_lives(char *at)
{
	assert_int_equal(gt_signal_of_child(read_byte, at), 0);
	assert_int_equal(gt_signal_of_child(write_byte, at), 0);
}

static void test_guard_page_an_access_after_the_end_dies(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < GT_ROWS(lens); i++) {
			size_t len = lens[i];
			char *copy = gt_guard_end(text, len);

			assert_memory_equal(copy, text, len);
			assert_dies(copy + len);
			assert_dies(copy + len + 4095);
			if (len)
				assert_lives(copy + len - 1);
			gt_guard_free(copy, len);
		}
		for (int k = 0; k < REUSES; k++)
			gt_guard_free(gt_guard_end("a", 1), 1);
	}
}

static void test_guard_page_an_access_before_the_beginning_dies(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(lens); i++) {
		size_t len = lens[i];
		char *copy = gt_guard_begin(text, len);

		assert_memory_equal(copy, text, len);
		if (len) {
			assert_dies(copy - 1);
			assert_dies(copy - 4096);
			assert_lives(copy);
		} else {
			assert_dies(copy);
		}
		gt_guard_free(copy, len);
	}
}

static void test_guard_page_copies_do_not_share_a_region(void **state)
{
	char *copies[50];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(copies); i++)
		copies[i] = gt_guard_end(text, 10 + i);
	for (size_t i = 0; i < GT_ROWS(copies); i++) {
		assert_dies(copies[i] + 10 + i);
		for (size_t k = 0; k < i; k++)
			assert_true(labs(copies[i] - copies[k]) >= 2 * 4096);
	}
	for (size_t i = 0; i < GT_ROWS(copies); i++)
		gt_guard_free(copies[i], 10 + i);
}

static void test_guard_page_a_freed_copy_is_poison(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(lens) && lens[i] <= 65536; i++) {
		char *end = gt_guard_end(text, lens[i]), *begin = gt_guard_begin(text, lens[i]);

		gt_guard_free(end, lens[i]);
		gt_guard_free(begin, lens[i]);
		assert_true(is_poison(end, lens[i]));
		assert_true(is_poison(begin, lens[i]));
	}
}

static void test_guard_page_a_freed_copy_stays_poison_while_others_come_and_go(void **state)
{
	char *stale = gt_guard_end(text, 100);

	(void)state;
	gt_guard_free(stale, 100);
	for (int i = 0; i < 16; i++) {
		char *next = gt_guard_end(text, 100);

		assert_ptr_not_equal(next, stale);
		assert_true(is_poison(stale, 100));
		gt_guard_free(next, 100);
	}
}

static void test_guard_page_a_reused_region_shows_nothing_of_the_copy_before(void **state)
{
	char *old = gt_guard_end(text, 4096), *copy = NULL;
	int i;

	(void)state;
	gt_guard_free(old, 4096);
	for (i = 0; i < REUSES; i++) {
		copy = gt_guard_end("12345", 5);
		if (copy == old + 4096 - 5)
			break;
		gt_guard_free(copy, 5);
	}
	assert_true(i < REUSES);
	assert_memory_equal(copy, "12345", 5);
	assert_true(is_poison(old, 4096 - 5));
	assert_dies(copy + 5);
	gt_guard_free(copy, 5);
}

/* With a short copy there is room in its page on the side without the guard. */
static void write_before_and_free(void *unused)
{
	char *copy = gt_guard_end("12345", 5);

	(void)unused;
	copy[-1] = 'y';
	gt_guard_free(copy, 5);
}

static void write_after_and_free(void *unused)
{
	char *copy = gt_guard_begin("12345", 5);

	(void)unused;
	copy[5] = 'y';
	gt_guard_free(copy, 5);
}

/* The write is noticed when the region is reused. */
static void free_and_write(void *unused)
{
	char *copy = gt_guard_end("12345", 5);

	(void)unused;
	gt_guard_free(copy, 5);
	copy[2] = 'y';
	for (int i = 0; i < REUSES; i++)
		gt_guard_free(gt_guard_end("a", 1), 1);
}

/* The address sanitizer reports the write itself, by its exit status. */
static void test_guard_page_a_write_next_to_a_copy_or_after_its_release_is_noticed(void **state)
{
	static void (*const writes[])(void *) = { write_before_and_free, write_after_and_free, free_and_write };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(writes); i++)
#if defined(__SANITIZE_ADDRESS__)
		assert_int_not_equal(gt_in_child(writes[i], NULL), 0);
#else
		assert_int_equal(gt_signal_of_child(writes[i], NULL), SIGABRT);
#endif
}

#if defined(__SANITIZE_ADDRESS__)
static void test_guard_page_the_address_sanitizer_refuses_a_freed_copy(void **state)
{
	char *copy = gt_guard_end("12345678", 8);

	(void)state;
	assert_int_equal(gt_in_child(read_byte, copy), 0);
	assert_int_not_equal(gt_in_child(read_byte, copy - 9), 0);
	gt_guard_free(copy, 8);
	assert_int_not_equal(gt_in_child(read_byte, copy), 0);
}
#endif

int main(void)
{
	static const struct CMUnitTest list[] = {
		GT_TEST_FRESH(test_guard_page_an_access_after_the_end_dies, setup),
		GT_TEST_FRESH(test_guard_page_an_access_before_the_beginning_dies, setup),
		GT_TEST_FRESH(test_guard_page_copies_do_not_share_a_region, setup),
		GT_TEST_FRESH(test_guard_page_a_freed_copy_is_poison, setup),
		GT_TEST_FRESH(test_guard_page_a_freed_copy_stays_poison_while_others_come_and_go, setup),
		GT_TEST_FRESH(test_guard_page_a_reused_region_shows_nothing_of_the_copy_before, setup),
		GT_TEST(test_guard_page_a_write_next_to_a_copy_or_after_its_release_is_noticed),
#if defined(__SANITIZE_ADDRESS__)
		GT_TEST(test_guard_page_the_address_sanitizer_refuses_a_freed_copy),
#endif
	};

	return GT_TESTS(list);
}
