#include "support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim/fd_table.h"
#include "shim/handoff.h"
#include "shim/shared/stat.h"
#include "support/fresh_shim.h"
#include "support/loopback.h"
#include "support/reported.h"

#define GET  "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define BODY "{}"
#define OURS "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n" BODY

static int ends[2] = { -1, -1 };

static int set_up(void **state)
{
	(void)state;
	gt_fd_after_fork();
	gt_fresh_shim(4 << 20);
	assert_true(gt_loopback_pair(ends));
	return 0;
}

static int tear_down(void **state)
{
	struct gt_reported t = { 0 };

	(void)state;
	gt_fd_forget_range(0, ~0U);
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	gt_reported_take(&t);
	gt_reported_free(&t);
	return 0;
}

/* An entry without its serial. */
static uint32_t bits_of(int fd)
{
	return gt_fd_entry(fd) & ~GT_FD_SERIAL;
}

static struct gt_conn *adopt(int fd, const char *first)
{
	return gt_fd_conn(fd, first, strlen(first));
}

/* True when the slot has no reference left. */
static bool is_free(struct gt_conn *c)
{
	if (!gt_conn_ref(c))
		return true;
	gt_conn_unref(c);
	return false;
}

static void test_fd_table_knows_nothing_of_descriptors_from_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	assert_null(adopt(ends[0], GET));
	assert_int_equal(gt_fd_entry(ends[0]), 0);
}

static void test_fd_table_numbers_out_of_range_are_left_alone(void **state)
{
	static const int odd[] = { -1, -1000, GT_FD_MAX, GT_FD_MAX + 1, INT32_MAX, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(odd); i++) {
		gt_fd_open(odd[i], GT_ROLE_OUTBOUND);
		assert_int_equal(gt_fd_entry(odd[i]), 0);
		assert_null(adopt(odd[i], GET));
		gt_fd_forget(odd[i]);
		gt_fd_alias(ends[0], odd[i]);
		gt_fd_alias(odd[i], ends[0]);
	}
	gt_fd_forget_range(5, 4);
	gt_fd_forget_range(~0U, ~0U);
	gt_fd_open(GT_FD_MAX - 1, GT_ROLE_OUTBOUND);
	assert_int_equal(bits_of(GT_FD_MAX - 1), GT_FD_TX);
	gt_fd_forget_range(0, ~0U);
	assert_int_equal(gt_fd_entry(GT_FD_MAX - 1), 0);
}

static void test_fd_table_connect_watches_sends_and_accept_watches_both(void **state)
{
	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_open(ends[1], GT_ROLE_INBOUND);
	assert_int_equal(bits_of(ends[0]), GT_FD_TX);
	assert_int_equal(bits_of(ends[1]), GT_FD_TX | GT_FD_RX | GT_FD_INBOUND);
}

static void test_fd_table_first_bytes_decide_for_good(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_null(gt_fd_conn(ends[0], NULL, 0)); /* no bytes, no decision */
	assert_int_equal(bits_of(ends[0]), GT_FD_TX);
	c = adopt(ends[0], GET);
	assert_non_null(c);
	assert_int_equal(gt_conn_role(c), GT_ROLE_OUTBOUND);
	assert_true(gt_conn_socket(c) != 0);
	assert_ptr_equal(gt_fd_conn(ends[0], NULL, 0), c); /* later bytes need not look like the start of a request */
	gt_conn_unref(c);
	gt_conn_unref(c);
	assert_false(is_free(c));
	gt_fd_forget(ends[0]);
	assert_true(is_free(c));
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_null(adopt(ends[0], "*1\r\n$4\r\nPING\r\n"));
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	assert_null(adopt(ends[0], GET));
}

static void test_fd_table_a_first_piece_of_a_head_is_enough(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], "P");
	assert_non_null(c);
	gt_conn_unref(c);
}

static void test_fd_table_datagrams_and_files_are_not_followed(void **state)
{
	int udp = socket(AF_INET, SOCK_DGRAM, 0), file = open("/dev/null", O_WRONLY);

	(void)state;
	gt_fd_open(udp, GT_ROLE_OUTBOUND);
	gt_fd_open(file, GT_ROLE_OUTBOUND);
	assert_null(adopt(udp, "M-SEARCH * HTTP/1.1\r\n\r\n"));
	assert_null(adopt(file, GET));
	assert_int_equal(gt_fd_entry(udp), 0);
	assert_int_equal(gt_fd_entry(file), 0);
	close(udp);
	close(file);
}

/* closes that no hook sees: libuv's raw system call, a close in a vfork child, a descriptor passed to a process */
static void test_fd_table_another_socket_under_the_same_number_is_noticed(void **state)
{
	struct gt_conn *c;
	int other[2];

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_conn_unref(c);
	assert_true(gt_loopback_pair(other));
	assert_int_equal(dup2(other[0], ends[0]), ends[0]); /* unseen by gentap */
	assert_null(gt_fd_conn(ends[0], GET, strlen(GET)));
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	assert_true(is_free(c));
	close(other[0]);
	close(other[1]);
}

static void test_fd_table_a_file_under_the_same_number_is_noticed(void **state)
{
	struct gt_conn *c;
	int file = open("/dev/null", O_RDWR);

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_conn_unref(c);
	assert_int_equal(dup2(file, ends[0]), ends[0]);
	close(file);
	assert_null(gt_fd_conn(ends[0], NULL, 0));
	assert_int_equal(gt_fd_entry(ends[0]), 0);
}

/* the bytes of a receive call that began earlier must not count for the next connection */
static void test_fd_table_an_entry_is_the_same_until_its_number_is_opened_again(void **state)
{
	uint32_t before;
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	before = gt_fd_entry(ends[0]);
	c = adopt(ends[0], OURS);
	assert_non_null(c);
	assert_int_not_equal(gt_fd_entry(ends[0]), before);
	assert_true(gt_fd_is_same(gt_fd_entry(ends[0]), before));
	gt_conn_unref(c);
	gt_fd_forget(ends[0]);
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_false(gt_fd_is_same(gt_fd_entry(ends[0]), before));
}

static void test_fd_table_reopening_a_number_ends_what_was_there(void **state)
{
	struct gt_reported t = { 0 };
	struct gt_conn *c, *d;
	struct iovec iov = { (void *)OURS, strlen(OURS) };
	struct gt_tx tx;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], OURS);
	gt_tx_begin(&tx, c, &iov, 1, true);
	gt_fd_update(ends[0], c);
	assert_true(gt_fd_entry(ends[0]) & GT_FD_RX); /* before the call: another thread may read the answer */
	gt_splice_account(gt_tx_splice(&tx), iov.iov_len, iov.iov_len + gt_tx_splice(&tx)->len);
	gt_tx_end(&tx, &iov, 1, iov.iov_len);
	gt_fd_update(ends[0], c);
	assert_true(gt_fd_entry(ends[0]) & GT_FD_RX);
	gt_conn_unref(c);
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND); /* no hook saw its close */
	assert_int_equal(bits_of(ends[0]), GT_FD_TX);
	assert_string_equal(gt_reported_text(&t, 0), "BEGIN REQUEST END");
	assert_int_equal(gt_reported_end(&t, 0).why, GT_END_CLOSED);
	d = adopt(ends[0], GET);
	assert_non_null(d);
	gt_conn_unref(d);
	gt_reported_free(&t);
}

static void test_fd_table_receiving_is_watched_only_while_an_answer_is_wanted(void **state)
{
	struct gt_conn *c;
	struct iovec iov = { (void *)GET, strlen(GET) };
	struct gt_tx tx;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_tx_begin(&tx, c, &iov, 1, true);
	gt_tx_end(&tx, &iov, 1, iov.iov_len);
	gt_fd_update(ends[0], c);
	assert_false(gt_fd_entry(ends[0]) & GT_FD_RX);
	gt_conn_end(c, GT_END_EOF, 0);
	gt_fd_update(ends[0], c);
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	gt_conn_unref(c);
	assert_true(is_free(c));
}

static void test_fd_table_a_duplicate_keeps_the_connection_until_both_are_closed(void **state)
{
	struct gt_conn *c;
	int copy = dup(ends[0]);

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_fd_alias(ends[0], copy);
	assert_true(gt_conn_is_aliased(c));
	assert_true(gt_fd_entry(ends[0]) & GT_FD_RX);
	assert_true(gt_fd_entry(copy) & GT_FD_RX);
	assert_ptr_equal(gt_fd_conn(copy, NULL, 0), c);
	gt_conn_unref(c);
	gt_fd_update(copy, c);
	assert_true(gt_fd_entry(copy) & GT_FD_RX); /* the receive bit cannot be set through the other number */
	gt_conn_unref(c);
	gt_fd_forget(ends[0]);
	assert_false(gt_conn_is_over(c));
	gt_fd_forget(copy);
	assert_true(is_free(c));
	close(copy);
}

static void test_fd_table_a_duplicate_made_before_the_first_bytes_is_the_same_connection(void **state)
{
	struct gt_conn *c;
	int copy = dup(ends[0]);

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_alias(ends[0], copy);
	c = adopt(copy, GET);
	assert_non_null(c);
	assert_ptr_equal(adopt(ends[0], GET), c);
	gt_conn_unref(c);
	gt_conn_unref(c);
	gt_fd_forget(copy);
	assert_false(is_free(c));
	gt_fd_forget(ends[0]);
	assert_true(is_free(c));
	close(copy);
}

static void test_fd_table_dup_onto_a_number_ends_what_was_there(void **state)
{
	struct gt_conn *a, *b;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_open(ends[1], GT_ROLE_OUTBOUND);
	a = adopt(ends[0], GET);
	b = adopt(ends[1], GET);
	gt_conn_unref(a);
	gt_conn_unref(b);
	gt_fd_alias(ends[0], ends[0]); /* an alias of itself changes nothing */
	assert_false(gt_conn_is_aliased(a));
	gt_fd_alias(ends[0], ends[1]);
	assert_true(is_free(b));
	gt_fd_forget_range(0, ~0U);
	assert_true(is_free(a));
}

static void test_fd_table_closing_a_range_ends_all_in_it(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_conn_unref(c);
	gt_fd_forget_range((unsigned)ends[0] + 1, ~0U);
	assert_false(is_free(c));
	gt_fd_forget_range(0, (unsigned)ends[0] - 1);
	assert_false(is_free(c));
	gt_fd_forget_range((unsigned)ends[0], (unsigned)ends[0]);
	assert_true(is_free(c));
}

static void test_fd_table_update_does_not_touch_a_number_that_changed_hands(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_fd_open(ends[0], GT_ROLE_INBOUND);
	gt_fd_update(ends[0], c);
	assert_int_equal(bits_of(ends[0]), GT_FD_TX | GT_FD_RX | GT_FD_INBOUND);
	gt_conn_unref(c);
	assert_true(is_free(c));
}

static void test_fd_table_full_slots_leave_new_connections_alone(void **state)
{
	static struct gt_conn *all[GT_CONN_MAX];

	(void)state;
	for (int i = 0; i < GT_CONN_MAX; i++)
		assert_non_null(all[i] = gt_conn_new(GT_ROLE_OUTBOUND, false));
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_null(adopt(ends[0], GET));
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_FULL), 1);
	for (int i = 0; i < GT_CONN_MAX; i++)
		gt_conn_close(all[i]);
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_non_null(all[0] = adopt(ends[0], GET));
	gt_conn_unref(all[0]);
}

static void test_fd_table_a_forked_child_follows_nothing(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_conn_unref(c);
	gt_fd_after_fork();
	gt_fresh_shim(1 << 20);
	assert_int_equal(gt_fd_entry(ends[0]), 0);
	assert_true(is_free(c));
}

/* ---------------------------------------------------------------- threads */

#ifndef ROUNDS
#define ROUNDS 20000
#endif
static _Atomic bool stop;

static void *uses(void *unused)
{
	(void)unused;
	while (!stop) {
		struct gt_conn *c = gt_fd_conn(ends[0], GET, strlen(GET));

		if (c) {
			struct iovec iov = { (void *)GET, strlen(GET) };
			struct gt_tx tx;

			gt_tx_begin(&tx, c, &iov, 1, true);
			gt_tx_end(&tx, &iov, 1, iov.iov_len);
			gt_fd_update(ends[0], c);
			gt_conn_unref(c);
		}
	}
	return NULL;
}

static void *opens(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		gt_fd_open(ends[0], i & 1 ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND);
		if (i % 3 == 0)
			gt_fd_forget(ends[0]);
	}
	stop = true;
	return NULL;
}

static void *duplicates(void *copy)
{
	while (!stop) {
		gt_fd_alias(ends[0], *(int *)copy);
		gt_fd_forget(*(int *)copy);
	}
	return NULL;
}

/* One thread closes and opens a number that others use. Every slot must become free, and only once. */
static void test_fd_table_numbers_that_change_hands_under_other_threads_leak_no_connection(void **state)
{
	static struct gt_conn *all[GT_CONN_MAX];
	int copy = dup(ends[0]);
	pthread_t t[4];

	(void)state;
	stop = false;
	pthread_create(&t[0], NULL, uses, NULL);
	pthread_create(&t[1], NULL, uses, NULL);
	pthread_create(&t[2], NULL, duplicates, &copy);
	pthread_create(&t[3], NULL, opens, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	gt_fd_forget_range(0, ~0U);
	close(copy);
	for (int i = 0; i < GT_CONN_MAX; i++)
		assert_non_null(all[i] = gt_conn_new(GT_ROLE_OUTBOUND, false));
	for (int i = 0; i < GT_CONN_MAX; i++)
		for (int k = i + 1; k < i + 4 && k < GT_CONN_MAX; k++)
			assert_ptr_not_equal(all[i], all[k]);
	assert_null(gt_conn_new(GT_ROLE_OUTBOUND, false));
	for (int i = 0; i < GT_CONN_MAX; i++)
		gt_conn_close(all[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_fd_table_knows_nothing_of_descriptors_from_elsewhere),
		T(test_fd_table_numbers_out_of_range_are_left_alone),
		T(test_fd_table_connect_watches_sends_and_accept_watches_both),
		T(test_fd_table_first_bytes_decide_for_good),
		T(test_fd_table_a_first_piece_of_a_head_is_enough),
		T(test_fd_table_datagrams_and_files_are_not_followed),
		T(test_fd_table_another_socket_under_the_same_number_is_noticed),
		T(test_fd_table_a_file_under_the_same_number_is_noticed),
		T(test_fd_table_an_entry_is_the_same_until_its_number_is_opened_again),
		T(test_fd_table_reopening_a_number_ends_what_was_there),
		T(test_fd_table_receiving_is_watched_only_while_an_answer_is_wanted),
		T(test_fd_table_a_duplicate_keeps_the_connection_until_both_are_closed),
		T(test_fd_table_a_duplicate_made_before_the_first_bytes_is_the_same_connection),
		T(test_fd_table_dup_onto_a_number_ends_what_was_there),
		T(test_fd_table_closing_a_range_ends_all_in_it),
		T(test_fd_table_update_does_not_touch_a_number_that_changed_hands),
		T(test_fd_table_full_slots_leave_new_connections_alone),
		T(test_fd_table_a_forked_child_follows_nothing),
		T(test_fd_table_numbers_that_change_hands_under_other_threads_leak_no_connection),
	};

	return GT_TESTS(tests);
}
