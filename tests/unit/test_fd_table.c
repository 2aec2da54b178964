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
	for (int fd = 0; fd < GT_FD_MAX; fd++)
		gt_fd_entries[fd] = 0;
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

#define OUTBOUND (GT_FD_OPENED | GT_FD_UNHEARD)
#define INBOUND	 (GT_FD_OPENED | GT_FD_INBOUND)

/* Inherited, passed by another process, or no socket at all. */
static void test_fd_table_a_number_from_elsewhere_is_unknown_until_its_first_bytes(void **state)
{
	struct gt_conn *c;

	(void)state;
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
	assert_false(gt_fd_is_held(gt_fd_entry(ends[0])));
	assert_null(adopt(ends[0], GET)); /* the bytes have not passed yet */
	assert_true(gt_fd_may_begin(OURS, strlen(OURS)));
	c = gt_fd_adopt(ends[0], gt_fd_entry(ends[0]), GT_ROLE_OUTBOUND, OURS, strlen(OURS));
	assert_non_null(c);
	assert_int_equal(gt_conn_role(c), GT_ROLE_OUTBOUND);
	assert_true(gt_fd_is_held(gt_fd_entry(ends[0])));
	gt_conn_unref(c);
	assert_ptr_equal(gt_fd_conn(ends[0], NULL, 0), c);
	gt_conn_unref(c);
	c = gt_fd_adopt(ends[1], gt_fd_entry(ends[1]), GT_ROLE_INBOUND, OURS, strlen(OURS));
	assert_int_equal(gt_conn_role(c), GT_ROLE_INBOUND);
	assert_true(gt_fd_entry(ends[1]) & GT_FD_INBOUND);
	gt_conn_unref(c);
}

static void test_fd_table_a_number_from_elsewhere_is_looked_at_once(void **state)
{
	static const char *const no_requests[] = {
		"G",	     "GET / HTT",      "hello",	       "HTTP/1.1 200 OK\r\n",
		"GET /\r\n", "GET / HTTP/1.1", "\x16\x03\x01", "PRI * HTTP/2.0\r\n",
		"",
	};
	int file = open("/dev/null", O_RDWR);
	struct gt_conn *c;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(no_requests); i++)
		assert_false(gt_fd_may_begin(no_requests[i], strlen(no_requests[i])));
	assert_null(gt_fd_adopt(file, gt_fd_entry(file), GT_ROLE_OUTBOUND, OURS,
				strlen(OURS))); /* bytes like a request in a file */
	assert_true(gt_fd_is_ignored(gt_fd_entry(file)));
	gt_fd_ignore(ends[0], gt_fd_entry(ends[0]), false);
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[0])));
	gt_fd_forget(ends[0]);
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[0])));
	gt_fd_unignore(ends[0]); /* closed */
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
	gt_fd_ignore(ends[0], gt_fd_entry(ends[0]), false);
	gt_fd_forget_range(0, ~0U);
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
	gt_fd_ignore(ends[0], gt_fd_entry(ends[0]), false);
	gt_fd_arrived(ends[0]); /* from another process */
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
	gt_fd_ignore(ends[0], gt_fd_entry(ends[0]), false);
	assert_true(gt_fd_is_ignored_socket(gt_fd_entry(ends[0])));
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_int_equal(bits_of(ends[0]), OUTBOUND);
	/* read and write were called, which also files take; then send, which shows a socket */
	gt_fd_ignore(ends[1], gt_fd_entry(ends[1]), true);
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[1])) && !gt_fd_is_ignored_socket(gt_fd_entry(ends[1])));
	c = gt_fd_adopt(ends[1], gt_fd_entry(ends[1]), GT_ROLE_OUTBOUND, OURS, strlen(OURS));
	assert_non_null(c);
	assert_true(gt_fd_is_held(gt_fd_entry(ends[1])));
	gt_conn_unref(c);
	close(file);
}

/* inetd and systemd pass one socket under the numbers 0 and 1 */
static void test_fd_table_a_socket_passed_as_standard_input_is_answered_on_standard_output(void **state)
{
	int in = dup(0), out = dup(1);
	struct gt_conn *c;

	(void)state;
	dup2(ends[1], 0);
	dup2(ends[1], 1);
	c = gt_fd_adopt(0, gt_fd_entry(0), GT_ROLE_INBOUND, OURS, strlen(OURS));
	dup2(in, 0);
	dup2(out, 1);
	close(in);
	close(out);
	assert_non_null(c);
	assert_true(gt_conn_has_alias(c));
	assert_ptr_equal(gt_fd_conn_unchecked(1), c);
	gt_conn_unref(c);
	gt_conn_unref(c);
	gt_fd_forget_range(0, 1);
	assert_true(is_free(c));
}

static void test_fd_table_numbers_out_of_range_are_left_alone(void **state)
{
	static const int odd[] = { -1, -1000, GT_FD_MAX, GT_FD_MAX + 1, INT32_MAX, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(odd); i++) {
		gt_fd_open(odd[i], GT_ROLE_OUTBOUND);
		assert_true(gt_fd_is_ignored(gt_fd_entry(odd[i])));
		assert_null(adopt(odd[i], GET));
		gt_fd_forget(odd[i]);
		gt_fd_replaced(odd[i]);
		gt_fd_leave(odd[i]);
		gt_fd_arrived(odd[i]);
		gt_fd_ignore(odd[i], 0, true);
		gt_fd_note_stdio(odd[i]);
		gt_fd_unignore(odd[i]);
		gt_fd_alias(ends[0], odd[i], 0);
		gt_fd_alias(odd[i], ends[0], gt_fd_entry(ends[0]));
	}
	gt_fd_forget_range(5, 4);
	gt_fd_forget_range(~0U, ~0U);
	gt_fd_open(GT_FD_MAX - 1, GT_ROLE_OUTBOUND);
	assert_int_equal(bits_of(GT_FD_MAX - 1), OUTBOUND);
	gt_fd_forget_range(0, ~0U);
	assert_int_equal(bits_of(GT_FD_MAX - 1), 0);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_FULL), 3); /* each high number is a connection that is not followed */
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_alias(ends[0], GT_FD_MAX, gt_fd_entry(GT_FD_MAX));
	assert_int_equal(gt_stat_get(GT_STAT_CONN_FULL), 4);
}

static void test_fd_table_connect_watches_sends_and_accept_watches_both(void **state)
{
	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_open(ends[1], GT_ROLE_INBOUND);
	assert_int_equal(bits_of(ends[0]), OUTBOUND);
	assert_int_equal(bits_of(ends[1]), INBOUND);
}

static void test_fd_table_first_bytes_decide_for_good(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_null(gt_fd_conn(ends[0], NULL, 0)); /* no bytes, no decision */
	assert_int_equal(bits_of(ends[0]), OUTBOUND);
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
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[0])));
	assert_null(adopt(ends[0], GET));
}

/* proxychains and torsocks speak to the proxy before the program's own bytes */
static void test_fd_table_behind_a_socks_handshake_the_next_bytes_decide(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_null(gt_fd_conn(ends[0], "\5\1\0", 3));
	assert_null(gt_fd_conn(ends[0], "\5\1\0\3\1a\0\x50", 8));
	assert_int_equal(bits_of(ends[0]), OUTBOUND);
	c = adopt(ends[0], OURS);
	assert_non_null(c);
	gt_conn_unref(c);
	/* nor was its connect seen */
	assert_true(gt_fd_may_begin("\5\1\0", 3));
	gt_fd_arrived(ends[1]);
	assert_null(gt_fd_adopt(ends[1], gt_fd_entry(ends[1]), GT_ROLE_OUTBOUND, "\5\1\0", 3));
	assert_int_equal(bits_of(ends[1]), OUTBOUND);
	gt_fd_arrived(ends[1]);
	assert_null(gt_fd_adopt(ends[1], gt_fd_entry(ends[1]), GT_ROLE_INBOUND, "\5\1\0", 3)); /* this is a proxy */
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[1])));
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
	assert_true(gt_fd_is_ignored(gt_fd_entry(udp)));
	assert_true(gt_fd_is_ignored(gt_fd_entry(file)));
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
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
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
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
}

/* Bytes that are only counted need no system call. What begins the next request does. */
static void test_fd_table_another_file_is_noticed_when_its_bytes_would_matter(void **state)
{
	static const char put[] = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
	struct iovec head = { (void *)put, strlen(put) }, body = { (void *)"ab", 2 }, ours = { (void *)OURS, strlen(OURS) };
	int file = open("/dev/null", O_RDWR);
	struct gt_reported t = { 0 };
	struct gt_conn *c;
	struct gt_tx tx;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], put);
	gt_tx_begin(&tx, c, &head, 1, true);
	gt_tx_end(&tx, &head, 1, head.iov_len);
	assert_int_equal(dup2(file, ends[0]), ends[0]); /* unseen by gentap */
	for (int i = 0; i < 2; i++) {
		assert_true(gt_tx_begin_blind(&tx, c));
		gt_tx_end(&tx, &body, 1, body.iov_len);
	}
	assert_false(gt_tx_begin_blind(&tx, c)); /* a head comes next: the caller compares */
	assert_null(gt_fd_conn(ends[0], OURS, strlen(OURS)));
	gt_conn_unref(c);
	assert_true(is_free(c));

	/* a head in the same bytes as the rest of the body */
	gt_fd_open(ends[1], GT_ROLE_INBOUND);
	c = adopt(ends[1], put);
	gt_rx(c, &head, 1, head.iov_len);
	assert_int_equal(dup2(file, ends[1]), ends[1]);
	assert_true(gt_rx_blind(c, (struct iovec[]){ { (void *)"abcd", 4 }, ours }, 2, 4 + ours.iov_len));
	assert_true(gt_conn_is_over(c));
	gt_conn_unref(c);
	assert_string_equal(gt_reported_text(&t, 0), "");
	gt_reported_free(&t);
	close(file);
}

static void test_fd_table_bytes_that_matter_are_not_passed_blindly(void **state)
{
	struct iovec ours = { (void *)OURS, strlen(OURS) };
	struct gt_conn *c;
	struct gt_tx tx;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], OURS);
	assert_false(gt_tx_begin_blind(&tx, c)); /* a head may come */
	gt_tx_begin(&tx, c, &ours, 1, false);
	gt_tx_end(&tx, &ours, 1, ours.iov_len - 1);
	assert_false(gt_tx_begin_blind(&tx, c));   /* a body that is copied */
	assert_false(gt_rx_blind(c, &ours, 1, 1)); /* an answer that is copied */
	gt_conn_unref(c);
	gt_fd_open(ends[1], GT_ROLE_INBOUND);
	c = adopt(ends[1], GET);
	assert_false(gt_rx_blind(c, &ours, 1, 1));
	gt_fd_alias(ends[1], ends[0], gt_fd_entry(ends[0]));
	assert_false(gt_tx_begin_blind(&tx, c)); /* of two numbers it is not known which the connection remembers */
	gt_conn_unref(c);
}

/* When memory is short, what is left out costs no system call, and is counted. */
static void test_fd_table_bytes_that_are_left_out_are_passed_blindly(void **state)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
	static const char *const requests[] = {
		OURS, "POST /mcp HTTP/1.1\r\nHost: h\r\nMcp-Session-Id: 1\r\nContent-Type: application/json\r\n"
		      "Accept: application/json, text/event-stream\r\nContent-Length: 2\r\n\r\n{}"
	};
	struct iovec answer = { (void *)start, strlen(start) }, rest = { (void *)"defghi", 6 };
	struct gt_event *bodies = NULL, *e;
	struct gt_reported t = { 0 };
	struct gt_conn *c;
	struct gt_gap gap;
	struct gt_tx tx;

	(void)state;
	for (int is_inbound = 0; is_inbound < 2; is_inbound++) {
		size_t len = strlen(requests[is_inbound]);
		struct iovec ours = { (void *)requests[is_inbound], len - 1 };
		struct iovec last = { (void *)(requests[is_inbound] + len - 1), 1 };

		gt_fd_open(ends[is_inbound], is_inbound ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND);
		while ((e = gt_event_new(GT_EVENT_RESPONSE, 999, GT_EVENT_ROOM_MAX))) {
			e->next = bodies;
			bodies = e;
		}
		c = adopt(ends[is_inbound], requests[is_inbound]);
		gt_pool_admit(999, (struct gt_mono){ INT64_MAX / 2 }); /* and so no other call */
		if (is_inbound) {
			gt_rx(c, &ours, 1, ours.iov_len);
			assert_true(gt_rx_blind(c, &last, 1, 1));
			assert_true(gt_tx_begin_blind(&tx, c));
			gt_tx_end(&tx, &answer, 1, answer.iov_len);
		} else {
			gt_tx_begin(&tx, c, &ours, 1, true);
			gt_tx_end(&tx, &ours, 1, ours.iov_len);
			assert_true(gt_tx_begin_blind(&tx, c));
			gt_tx_end(&tx, &last, 1, 1);
			assert_true(gt_rx_blind(c, &answer, 1, answer.iov_len));
		}
		for (; bodies; bodies = e) {
			e = bodies->next;
			gt_event_free(bodies);
		}
		if (is_inbound) {
			assert_false(gt_tx_begin_blind(&tx, c));
			gt_tx_begin(&tx, c, &rest, 1, false);
			gt_tx_end(&tx, &rest, 1, rest.iov_len);
		} else {
			assert_false(gt_rx_blind(c, &rest, 1, rest.iov_len));
			gt_rx(c, &rest, 1, rest.iov_len);
		}
		gt_conn_unref(c);
		assert_string_equal(gt_reported_text(&t, 0), "BEGIN GAP RESPONSE");
		memcpy(&gap, gt_reported_nth(&t, GT_EVENT_GAP, 0)->data.p, sizeof(gap));
		assert_int_equal(gap.bytes, answer.iov_len);
		gt_reported_free(&t);
		t = (struct gt_reported){ 0 };
	}
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
	assert_false(gt_fd_entry(ends[0]) & GT_FD_UNHEARD); /* before the call: another thread may read the answer */
	gt_splice_account(gt_tx_splice(&tx), iov.iov_len, iov.iov_len + gt_tx_splice(&tx)->len);
	gt_tx_end(&tx, &iov, 1, iov.iov_len);
	gt_fd_update(ends[0], c);
	assert_false(gt_fd_entry(ends[0]) & GT_FD_UNHEARD);
	gt_conn_unref(c);
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND); /* no hook saw its close */
	assert_int_equal(bits_of(ends[0]), OUTBOUND);
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
	assert_true(gt_fd_entry(ends[0]) & GT_FD_UNHEARD);
	gt_conn_end(c, GT_END_EOF, 0);
	gt_fd_update(ends[0], c);
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[0])));
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
	gt_fd_alias(ends[0], copy, gt_fd_entry(copy));
	assert_true(gt_conn_is_aliased(c));
	assert_false(gt_fd_entry(ends[0]) & GT_FD_UNHEARD);
	assert_false(gt_fd_entry(copy) & GT_FD_UNHEARD);
	assert_ptr_equal(gt_fd_conn(copy, NULL, 0), c);
	gt_conn_unref(c);
	gt_fd_update(copy, c);
	assert_false(gt_fd_entry(copy) & GT_FD_UNHEARD); /* a call on one number cannot let the other hear */
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
	gt_fd_alias(ends[0], copy, gt_fd_entry(copy));
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
	gt_fd_alias(ends[0], ends[0], gt_fd_entry(ends[0])); /* an alias of itself changes nothing */
	assert_false(gt_conn_is_aliased(a));
	gt_fd_alias(ends[0], ends[1], gt_fd_entry(ends[1]));
	assert_true(is_free(b));
	gt_fd_forget_range(0, ~0U);
	assert_true(is_free(a));
}

/* dup2 has returned; before its hook goes on, another thread closes the number and gets it for a new connection */
static void test_fd_table_a_number_that_another_thread_opens_during_dup2_is_left_alone(void **state)
{
	struct gt_conn *a, *b;
	uint32_t before;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	a = adopt(ends[0], GET);
	gt_conn_unref(a);
	before = gt_fd_entry(ends[1]);
	gt_fd_open(ends[1], GT_ROLE_OUTBOUND);
	b = adopt(ends[1], GET);
	gt_conn_unref(b);
	gt_fd_alias(ends[0], ends[1], before);
	assert_false(is_free(b));
	assert_false(gt_conn_is_over(b));
	assert_ptr_equal(gt_fd_conn_unchecked(ends[1]), b);
	gt_conn_unref(b);
	assert_false(gt_conn_has_alias(a));
}

static void test_fd_table_a_copy_of_what_is_ignored_or_unknown_is_so_too(void **state)
{
	int copy = dup(ends[0]);

	(void)state;
	gt_fd_alias(ends[0], copy, gt_fd_entry(copy));
	assert_true(gt_fd_is_unknown(gt_fd_entry(copy)));
	gt_fd_ignore(ends[0], gt_fd_entry(ends[0]), false);
	gt_fd_alias(ends[0], copy, gt_fd_entry(copy));
	assert_true(gt_fd_is_ignored(gt_fd_entry(copy)));
	gt_fd_arrived(ends[0]);
	gt_fd_alias(ends[0], copy, gt_fd_entry(copy));
	assert_true(gt_fd_is_unknown(gt_fd_entry(copy)));
	close(copy);
}

/* stdio, io_uring and raw system calls: the hooks see the connection and none of its bytes */
static void test_fd_table_bytes_that_pass_unseen_are_counted(void **state)
{
	int other[2];

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_forget(ends[0]);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_UNSEEN), 0);		 /* nothing was sent */
	assert_int_equal(write(ends[0], GET, strlen(GET)), strlen(GET)); /* this test has no hooks */
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	gt_fd_forget(ends[0]);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_UNSEEN), 1);
	gt_fd_open(ends[1], GT_ROLE_INBOUND);
	gt_fd_count_unseen(); /* at the end of the process */
	assert_int_equal(gt_stat_get(GT_STAT_CONN_UNSEEN), 2);
	gt_fd_replaced(ends[1]); /* closed unseen too: what the number refers to now says nothing */
	assert_int_equal(gt_stat_get(GT_STAT_CONN_UNSEEN), 2);
	assert_true(gt_loopback_pair(other));
	gt_fd_open(other[0], GT_ROLE_OUTBOUND);
	gt_fd_note_stdio(other[0]); /* fdopen; fclose is not seen */
	gt_fd_replaced(other[0]);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_UNSEEN), 3);
	close(other[0]);
	close(other[1]);
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
	assert_int_equal(bits_of(ends[0]), INBOUND);
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
	assert_true(gt_fd_is_ignored(gt_fd_entry(ends[0])));
	assert_int_equal(gt_stat_get(GT_STAT_CONN_FULL), 1);
	for (int i = 0; i < GT_CONN_MAX; i++)
		gt_conn_close(all[i]);
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	assert_non_null(all[0] = adopt(ends[0], GET));
	gt_conn_unref(all[0]);
}

static void test_fd_table_a_forked_child_knows_nothing_of_the_connections(void **state)
{
	struct gt_conn *c;

	(void)state;
	gt_fd_open(ends[0], GT_ROLE_OUTBOUND);
	c = adopt(ends[0], GET);
	gt_conn_unref(c);
	gt_fd_after_fork();
	gt_fresh_shim(1 << 20);
	assert_true(gt_fd_is_unknown(gt_fd_entry(ends[0])));
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
		gt_fd_alias(ends[0], *(int *)copy, gt_fd_entry(*(int *)copy));
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
		T(test_fd_table_a_number_from_elsewhere_is_unknown_until_its_first_bytes),
		T(test_fd_table_a_number_from_elsewhere_is_looked_at_once),
		T(test_fd_table_a_socket_passed_as_standard_input_is_answered_on_standard_output),
		T(test_fd_table_numbers_out_of_range_are_left_alone),
		T(test_fd_table_connect_watches_sends_and_accept_watches_both),
		T(test_fd_table_first_bytes_decide_for_good),
		T(test_fd_table_behind_a_socks_handshake_the_next_bytes_decide),
		T(test_fd_table_a_first_piece_of_a_head_is_enough),
		T(test_fd_table_datagrams_and_files_are_not_followed),
		T(test_fd_table_another_socket_under_the_same_number_is_noticed),
		T(test_fd_table_a_file_under_the_same_number_is_noticed),
		T(test_fd_table_another_file_is_noticed_when_its_bytes_would_matter),
		T(test_fd_table_bytes_that_matter_are_not_passed_blindly),
		T(test_fd_table_bytes_that_are_left_out_are_passed_blindly),
		T(test_fd_table_an_entry_is_the_same_until_its_number_is_opened_again),
		T(test_fd_table_reopening_a_number_ends_what_was_there),
		T(test_fd_table_receiving_is_watched_only_while_an_answer_is_wanted),
		T(test_fd_table_a_duplicate_keeps_the_connection_until_both_are_closed),
		T(test_fd_table_a_duplicate_made_before_the_first_bytes_is_the_same_connection),
		T(test_fd_table_dup_onto_a_number_ends_what_was_there),
		T(test_fd_table_a_number_that_another_thread_opens_during_dup2_is_left_alone),
		T(test_fd_table_a_copy_of_what_is_ignored_or_unknown_is_so_too),
		T(test_fd_table_bytes_that_pass_unseen_are_counted),
		T(test_fd_table_closing_a_range_ends_all_in_it),
		T(test_fd_table_update_does_not_touch_a_number_that_changed_hands),
		T(test_fd_table_full_slots_leave_new_connections_alone),
		T(test_fd_table_a_forked_child_knows_nothing_of_the_connections),
		T(test_fd_table_numbers_that_change_hands_under_other_threads_leak_no_connection),
	};

	return GT_TESTS(tests);
}
