#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "shim/conn.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"
#include "shim/shared/stat.h"
#include "support/every_split.h"
#include "support/fake_exporter_thread.h"
#include "support/guard_page.h"
#include "support/told.h"
#include "support/wire.h"

#define JSON_BODY  "{\"model\":\"m\"}"
#define OURS_LINES "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 13\r\n"
#define OURS	   OURS_LINES "\r\n" JSON_BODY
#define OTHER	   "GET /other HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"
#define TEXT_LEN   (sizeof("traceparent: \r\n") - 1 + GT_TRACEPARENT_LEN)
#define MEMORY	   (8ULL << 20)

static struct gt_conn *c;
static struct gt_wire w;
static struct gt_told told;

static void fresh(uint64_t memory)
{
	gt_told_free(&told);
	gt_wire_free(&w);
	gt_handoff_after_fork();
	gt_conn_after_fork();
	gt_handoff_init(memory);
	gt_stat_reset();
	gt_limits.body_max = GT_BODY_MAX_DEFAULT;
	gt_fake_wanted = 0;
	c = gt_conn_new(GT_ROLE_OUTBOUND, true);
	assert_non_null(c);
	gt_wire_open(&w, c);
}

static int set_up(void **state)
{
	(void)state;
	fresh(MEMORY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gt_told_free(&told);
	gt_wire_free(&w);
	return 0;
}

static void assert_wire_is_right(void)
{
	const char *fault = gt_wire_fault(&w);

	if (fault)
		print_error("wire: %s\n%.*s\n", fault, (int)w.wire_len, w.wire);
	assert_null(fault);
}

static void send_all(const char *p, size_t len)
{
	assert_true(gt_wire_write_all(&w, p, len));
}

static void send_z(const char *z)
{
	send_all(z, strlen(z));
}

static void receive(const char *z)
{
	if (gt_rx_is_wanted(c))
		gt_rx(c, &(struct iovec){ (void *)z, strlen(z) }, 1, strlen(z));
}

#define assert_told(text) assert_string_equal(gt_told_text(&told, 0), text)

/* The n-th text of ours on the wire is the traceparent of the n-th BEGIN that has one. */
static void assert_ids_on_wire(int insertion, int begin)
{
	char expected[TEXT_LEN + 1];
	struct gt_begin b;

	gt_told_take(&told);
	b = gt_told_begin(&told, begin);
	memcpy(expected, "traceparent: ", 13);
	gt_traceparent_format(&b.context, expected + 13);
	memcpy(expected + 13 + GT_TRACEPARENT_LEN, "\r\n", 3);
	assert_true(b.injected);
	assert_true(insertion < w.n_inserted);
	assert_int_equal(w.inserted[insertion].to - w.inserted[insertion].from, TEXT_LEN);
	assert_memory_equal(w.wire + w.inserted[insertion].from, expected, TEXT_LEN);
}

static void assert_requests_told(const char *p, size_t len)
{
	struct gt_str got = gt_told_bytes(&told, GT_EVENT_REQUEST, 0);

	assert_int_equal(got.len, len);
	assert_memory_equal(got.p, p, len);
}

/* ---------------------------------------------------------------- one request */

static void test_conn_adds_one_traceparent_before_the_blank_line_and_tells_its_ids(void **state)
{
	struct gt_begin b;

	(void)state;
	gt_conn_set_peer(c, GT_STR("api.openai.com"));
	send_z(OURS);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 1);
	assert_int_equal(w.inserted[0].at, strlen(OURS_LINES));
	assert_told("BEGIN REQUEST");
	assert_ids_on_wire(0, 0);
	assert_requests_told(OURS, strlen(OURS)); /* without what gentap inserted */
	b = gt_told_begin(&told, 0);
	assert_int_equal(b.api, GT_API_OPENAI_CHAT);
	assert_int_equal(b.source, GT_SOURCE_STREAM);
	assert_true(b.certain && b.is_tls && !b.parent_is_remote);
	assert_int_equal(b.port, 443);
	assert_true(b.started.unix_ns > 1600000000000000000ULL);
	assert_str(gt_told_host(&told, 0), "api.openai.com");
	assert_str(gt_told_provider(&told, 0), "openai");
	assert_int_equal(gt_stat_get(GT_STAT_REQUESTS), 1);
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 1);
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 0);
}

static void test_conn_a_whole_exchange_is_told_in_order(void **state)
{
	(void)state;
	assert_false(gt_rx_is_wanted(c));
	send_z(OURS);
	assert_true(gt_rx_is_wanted(c));
	assert_int_equal(gt_fake_wanted, 0); /* nothing exists before the first answer */
	receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	receive("ok");
	assert_true(gt_fake_wanted > 0);
	gt_conn_close(c);
	assert_told("BEGIN REQUEST RESPONSE END");
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_CLOSED);
	for (int i = 0; i < told.n; i++)
		assert_int_equal(told.list[i].stream, told.list[0].stream);
}

static void test_conn_requests_that_are_not_ours_leave_no_trace(void **state)
{
	static const char *const requests[] = {
		OTHER,
		"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
		"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(requests); i++) {
		fresh(MEMORY);
		send_z(requests[i]);
		assert_false(gt_rx_is_wanted(c));
		gt_conn_close(c);
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, 0);
		assert_told("");
	}
}

/* T13 */
static void test_conn_other_protocols_pass_untouched_and_are_let_go(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {
#define ROW(lit) { lit, sizeof(lit) - 1 }
		ROW("*1\r\n$4\r\nPING\r\n"),
		ROW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		ROW("\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00"),
		ROW("\x00\x00\x00\x52\x00\x03\x00\x00user\0me\0"),
		ROW("EHLO a\r\n"),
		ROW("GET / HTTP/1.1\r\nbad header\r\n\r\n"),
		ROW("POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 1\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		fresh(MEMORY);
		send_all(rows[i].p, rows[i].len);
		send_all(rows[i].p, rows[i].len);
		send_z(OURS); /* whatever it looks like by now */
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, i == 7 ? w.n_inserted : 0);
		assert_true(gt_conn_is_over(c));
		assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
		gt_conn_close(c);
	}
}

/* ---------------------------------------------------------------- T31: writes as they come */

static void test_conn_a_head_over_two_writes_is_added_to_when_its_end_is_in_one(void **state)
{
	size_t len = strlen(OURS), blank = strlen(OURS_LINES);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		bool whole = cut <= blank || cut >= blank + 2;
		struct gt_begin b;

		fresh(MEMORY);
		send_all(OURS, cut);
		send_all(OURS + cut, len - cut);
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, whole);
		assert_told("BEGIN REQUEST");
		assert_requests_told(OURS, len);
		b = gt_told_begin(&told, 0);
		assert_int_equal(b.injected, whole);
		if (whole)
			assert_ids_on_wire(0, 0);
	}
}

static void run_pieces(void *unused, const char *const piece[], const size_t len[], int n)
{
	(void)unused;
	fresh(MEMORY);
	for (int i = 0; i < n; i++)
		send_all(piece[i], len[i]);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST");
	assert_requests_told(OURS, strlen(OURS));
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED) + gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_a_head_in_any_number_of_writes_is_one_exchange(void **state)
{
	(void)state;
	gt_every_split(OURS, strlen(OURS), run_pieces, NULL);
}

static void test_conn_whatever_the_wire_takes_first_the_text_stands_where_it_should(void **state)
{
	size_t whole = strlen(OURS) + TEXT_LEN;

	(void)state;
	for (size_t first = 0; first <= whole; first++) {
		for (size_t second = 0; second < 4; second++) {
			size_t script[] = { first, second, 0, 1, 0 };

			fresh(MEMORY);
			gt_wire_script(&w, script, GT_ROWS(script));
			send_z(OURS);
			assert_wire_is_right();
			assert_int_equal(w.n_inserted, 1);
			assert_int_equal(w.wire_len, whole);
			assert_told("BEGIN REQUEST");
			assert_ids_on_wire(0, 0);
			assert_requests_told(OURS, strlen(OURS));
		}
	}
}

static size_t one_byte(struct gt_wire *wire, size_t offered)
{
	(void)wire;
	return offered ? 1 : 0;
}

static void test_conn_a_wire_that_takes_single_bytes_gets_it_right(void **state)
{
	(void)state;
	w.take = one_byte;
	send_z(OURS OURS);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST BEGIN REQUEST");
	assert_requests_told(OURS OURS, 2 * strlen(OURS));
}

static void test_conn_refused_writes_repeated_get_the_same_ids(void **state)
{
	size_t script[] = { 0, 0, 0, 0, 0 };
	char text[2][TEXT_LEN + 1];

	(void)state;
	gt_wire_script(&w, script, GT_ROWS(script));
	for (int i = 0; i < 5; i++) {
		struct iovec iov = { (void *)OURS, strlen(OURS) };
		struct gt_tx t;

		gt_tx_begin(&t, c, &iov, 1, true);
		assert_true(t.splice);
		memcpy(text[i > 0], gt_tx_splice(&t)->text, TEXT_LEN);
		assert_memory_equal(text[0], text[i > 0], TEXT_LEN);
		gt_tx_end(&t, &iov, 1, 0);
	}
	send_z(OURS);
	assert_wire_is_right();
	assert_memory_equal(w.wire + w.inserted[0].from, text[0], TEXT_LEN);
	assert_told("BEGIN REQUEST");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 1);
}

static void refuse_iov(const char *p, size_t len, bool may_change)
{
	struct iovec iov = { (void *)p, len };
	struct gt_tx t;

	gt_tx_begin(&t, c, &iov, 1, may_change);
	gt_tx_end(&t, &iov, 1, 0);
}

static void refuse(const char *z)
{
	refuse_iov(z, strlen(z), true);
}

static void test_conn_refused_and_then_other_bytes_inserts_nothing_stale(void **state)
{
	static const struct {
		const char *refused, *sent;
		int insertions;
	} rows[] = {
		{ OURS, OTHER, 0 },
		{ OURS, "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n{}", 1 },
		{ OURS,
		  "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nX-Longer: header than before\r\n"
		  "Content-Length: 2\r\n\r\n{}",
		  1 },
		{ OTHER, OURS, 1 },
		{ OURS,
		  "\x16\x03\x01 no http at all, but more than long enough to have the text put into it somewhere "
		  "if it were still waiting, because it is longer than the head that was refused before",
		  0 },
		{ "\r\n" OURS, OURS, 1 }, /* the same head at another place of the write */
		{ OURS, "\r\n" OURS, 1 },
		{ "\r\n\r\n\r\n" OURS, "\r\n" OURS, 1 },
		{ OURS, "POST /v1/chat/completions HTTP/1.1\r\n", 0 },
		{ OURS OURS, OURS, 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		fresh(MEMORY);
		refuse(rows[i].refused);
		refuse(rows[i].refused);
		send_z(rows[i].sent);
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, rows[i].insertions);
		gt_conn_close(c);
	}
}

static void test_conn_refused_and_then_cut_elsewhere_still_gets_it_right(void **state)
{
	size_t len = strlen(OURS);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		fresh(MEMORY);
		refuse(OURS);
		send_all(OURS, cut); /* a shorter write than the one that was refused */
		refuse_iov(OURS + cut, len - cut, true);
		send_all(OURS + cut, len - cut);
		assert_wire_is_right();
		gt_conn_close(c);
	}
}

static void test_conn_refused_and_then_not_to_be_changed_is_not_changed(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };
	struct gt_tx t;

	(void)state;
	refuse(OURS);
	gt_tx_begin(&t, c, &iov, 1, false);
	assert_false(t.splice);
	gt_tx_end(&t, &iov, 1, iov.iov_len);
	/* nor is anything left to be put into what follows */
	send_z(OTHER);
	assert_int_equal(w.n_inserted, 0);
}

static void test_conn_lines_are_not_added_to_calls_that_must_not_change(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };

	(void)state;
	assert_int_equal(gt_wire_writev(&w, &iov, 1, false), iov.iov_len);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	assert_told("BEGIN REQUEST");
	assert_false(gt_told_begin(&told, 0).injected);
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_pieces_of_one_write_are_one_stream(void **state)
{
	struct gt_random r = gt_random_from(0x10f);
	size_t len = strlen(OURS);

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct iovec iov[12];
		size_t at = 0, n = 1 + gt_random_below(&r, GT_ROWS(iov));
		ssize_t took;

		fresh(MEMORY);
		for (size_t i = 0; i < n; i++) {
			size_t part = i == n - 1 ? len - at : gt_random_below(&r, len - at + 1);

			iov[i] = (struct iovec){ part ? (void *)(OURS + at) : NULL, part };
			at += part;
		}
		took = gt_wire_writev(&w, iov, (int)n, true);
		assert_int_equal(took, len);
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, 1); /* all of the head is in hand, wherever it is cut */
		assert_told("BEGIN REQUEST");
		assert_requests_told(OURS, len);
	}
}

static void test_conn_a_write_in_very_many_pieces_is_left_as_it_is(void **state)
{
	struct iovec iov[200];
	size_t n = strlen(OURS);

	(void)state;
	assert_in_range(n, 70, GT_ROWS(iov));
	for (size_t i = 0; i < n; i++)
		iov[i] = (struct iovec){ (void *)(OURS + i), 1 };
	assert_int_equal(gt_wire_writev(&w, iov, (int)n, true), n);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	assert_told("BEGIN REQUEST");
	/* but not when a part of the text is on the wire already, or stands planned in front of the blank line */
	for (size_t first = 1; first < n + TEXT_LEN; first++) {
		size_t at = 0, script[] = { first, 0 };
		ssize_t took;

		fresh(MEMORY);
		gt_wire_script(&w, script, 2);
		took = gt_wire_write(&w, OURS, n);
		at = took > 0 ? (size_t)took : 0;
		for (int calls = 0; at < n; at += took > 0 ? (size_t)took : 0) {
			took = gt_wire_writev(&w, iov + at, (int)(n - at), true);
			assert_true(++calls < 10);
		}
		assert_wire_is_right();
	}
}

/* ---------------------------------------------------------------- several requests */

static void test_conn_of_two_requests_in_one_write_the_first_is_added_to(void **state)
{
	(void)state;
	send_z(OURS OURS);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 1);
	assert_told("BEGIN REQUEST BEGIN REQUEST");
	assert_true(gt_told_begin(&told, 0).injected);
	assert_false(gt_told_begin(&told, 1).injected);
	assert_requests_told(OURS OURS, 2 * strlen(OURS));
	assert_memory_not_equal(gt_told_begin(&told, 0).context.span_id.b, gt_told_begin(&told, 1).context.span_id.b, 8);
}

static void test_conn_requests_one_after_the_other_are_all_added_to(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		send_z(OURS);
		receive("HTTP/1.1 204 \r\n\r\n");
	}
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 20);
	gt_told_take(&told);
	for (int i = 0; i < 20; i++)
		assert_ids_on_wire(i, i);
}

static void test_conn_another_request_after_the_answer_is_a_fence(void **state)
{
	(void)state;
	send_z(OURS);
	receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	send_z(OTHER);
	assert_false(gt_rx_is_wanted(c));
	receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); /* none of our business */
	send_z(OTHER);
	send_z(OURS);
	receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(c);
	assert_told("BEGIN REQUEST RESPONSE FENCE BEGIN REQUEST RESPONSE END");
	assert_requests_told(OURS OURS, 2 * strlen(OURS));
}

static void test_conn_another_request_before_the_answer_is_a_passer(void **state)
{
	struct gt_passer p;

	(void)state;
	send_z(OURS);
	send_z(OTHER);
	send_z("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(gt_rx_is_wanted(c));
	assert_told("BEGIN REQUEST PASSER PASSER");
	memcpy(&p, gt_told_nth(&told, GT_EVENT_PASSER, 0)->data.p, sizeof(p));
	assert_false(p.no_body);
	memcpy(&p, gt_told_nth(&told, GT_EVENT_PASSER, 1)->data.p, sizeof(p));
	assert_true(p.no_body);
	receive("HTTP/1.1 204 \r\n\r\n");
	send_z(OTHER);
	assert_false(gt_rx_is_wanted(c));
	assert_told("BEGIN REQUEST PASSER PASSER RESPONSE FENCE");
}

static void test_conn_bodies_of_any_framing_hide_what_looks_like_a_request(void **state)
{
	char streams[3][512];

	(void)state;
	sprintf(streams[0], "PUT /a HTTP/1.1\r\nContent-Length: %zu\r\n\r\n" OURS, strlen(OURS));
	sprintf(streams[1], "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n" OURS "\r\n0\r\n\r\n", strlen(OURS));
	strcpy(streams[2], "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "0\r\nT: POST /v1/chat/completions HTTP/1.1\r\n\r\n");
	for (size_t i = 0; i < GT_ROWS(streams); i++) {
		const char *text = streams[i];

		for (size_t cut = 1; cut < strlen(text); cut++) {
			fresh(MEMORY);
			send_all(text, cut);
			send_z(text + cut);
			assert_wire_is_right();
			assert_int_equal(w.n_inserted, 0);
			assert_told("");
			send_z(OURS); /* the framing was not lost */
			assert_int_equal(w.n_inserted, 1);
			assert_wire_is_right();
		}
	}
}

static void test_conn_a_body_continued_after_100_continue_belongs_to_its_request(void **state)
{
	(void)state;
	send_z("POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n");
	receive("HTTP/1.1 100 Continue\r\n\r\n");
	send_z(JSON_BODY);
	receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	gt_conn_close(c);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST RESPONSE REQUEST RESPONSE END");
}

static void test_conn_a_chunked_request_is_told_with_its_framing(void **state)
{
	static const char head[] =
		"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nTransfer-Encoding: chunked\r\n\r\n",
			  body[] = "5\r\nhello\r\n0;x\r\nT: u\r\n\r\n";

	(void)state;
	for (size_t cut = 1; cut < sizeof(body) - 1; cut++) {
		fresh(MEMORY);
		send_z(head);
		send_all(body, cut);
		send_z(body + cut);
		send_z(OTHER);
		assert_wire_is_right();
		assert_told("BEGIN REQUEST PASSER");
		assert_int_equal(gt_told_bytes(&told, GT_EVENT_REQUEST, 0).len, sizeof(head) + sizeof(body) - 2);
	}
}

/* ---------------------------------------------------------------- T30: the application's own context */

static void test_conn_the_applications_own_traceparent_stands(void **state)
{
	static const char request[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
				      "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
				      "tracestate: a=1\r\nContent-Length: 2\r\n\r\n{}";
	struct gt_begin b;
	char hex[32];

	(void)state;
	send_z(request);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	gt_told_take(&told);
	b = gt_told_begin(&told, 0);
	assert_false(b.injected);
	gt_hex(b.parent.b, 8, hex);
	assert_memory_equal(hex, "b7ad6b7169203331", 16);
	gt_hex(b.context.trace_id.b, 16, hex);
	assert_memory_equal(hex, "0af7651916cd43dd8448eb211c80319c", 32);
	assert_str(gt_told_tracestate(&told, 0), "a=1");
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED) + gt_stat_get(GT_STAT_NOT_INJECTED), 0);
}

static void test_conn_two_traceparents_are_no_parent_and_get_no_third(void **state)
{
	(void)state;
	send_z("POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
	       "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
	       "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-01\r\nContent-Length: 2\r\n\r\n{}");
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	gt_told_take(&told);
	assert_true(gt_is_all_zero(gt_told_begin(&told, 0).parent.b, 8));
}

/* ---------------------------------------------------------------- heads of odd kinds */

static void test_conn_heads_with_bare_line_feeds_are_told_but_not_added_to(void **state)
{
	(void)state;
	send_z("POST /v1/messages HTTP/1.1\nHost: api.anthropic.com\nContent-Length: 2\n\n{}");
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	assert_told("BEGIN REQUEST");
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_a_request_without_host_is_matched_by_the_peer_name(void **state)
{
	(void)state;
	gt_conn_set_peer(c, GT_STR("api.openai.com"));
	send_z("POST /v1/responses HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
	assert_told("BEGIN REQUEST");
	assert_str(gt_told_host(&told, 0), "api.openai.com");
	fresh(MEMORY);
	send_z("POST /v1/responses HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	assert_told("BEGIN REQUEST");
	assert_str(gt_told_host(&told, 0), "");
	assert_false(gt_told_begin(&told, 0).certain);
	assert_wire_is_right();
}

static void test_conn_a_peer_name_that_is_too_long_is_none(void **state)
{
	static char name[400];

	(void)state;
	memset(name, 'a', sizeof(name));
	gt_conn_set_peer(c, gt_str_make(name, 256));
	send_z(OURS);
	gt_told_take(&told);
	assert_str(gt_told_host(&told, 0), "api.openai.com");
	fresh(MEMORY);
	gt_conn_set_peer(c, gt_str_make(name, 255));
	send_z(OURS);
	gt_told_take(&told);
	assert_int_equal(gt_told_host(&told, 0).len, 255);
	fresh(MEMORY);
	gt_conn_set_peer(c, GT_STR_NONE);
	send_z(OURS);
	gt_told_take(&told);
	assert_str(gt_told_host(&told, 0), "api.openai.com");
}

static char *long_request(size_t head_len)
{
	char *p = malloc(head_len + 16);
	int n = sprintf(p, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 2\r\nx: ");

	memset(p + n, 'a', head_len - (size_t)n - 4);
	memcpy(p + head_len - 4, "\r\n\r\n{}", 7);
	return p;
}

static void test_conn_the_longest_head_is_added_to_and_a_longer_one_lets_the_connection_go(void **state)
{
	(void)state;
	for (size_t len = GT_CONN_HEAD_MAX - 1; len <= GT_CONN_HEAD_MAX + 1; len++) {
		size_t cuts[] = { 0, 1, 5000, len - 5, len - 4 };

		for (size_t i = 0; i < GT_ROWS(cuts); i++) {
			char *p = long_request(len);
			bool fits = len <= GT_CONN_HEAD_MAX;

			fresh(MEMORY);
			send_all(p, cuts[i]);
			send_z(p + cuts[i]);
			assert_wire_is_right();
			assert_int_equal(w.n_inserted, fits);
			assert_int_equal(gt_conn_is_over(c), !fits);
			assert_told(fits ? "BEGIN REQUEST" : "");
			free(p);
		}
	}
}

static void test_conn_that_asks_for_another_protocol_is_let_go(void **state)
{
	(void)state;
	send_z("POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n");
	assert_true(gt_conn_is_over(c));
	send_z(OURS); /* typed into the stream */
	assert_int_equal(w.n_inserted, 0);
	assert_wire_is_right();
	assert_told("");
	fresh(MEMORY);
	send_z("GET / HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\n\r\n" OURS); /* in one write */
	assert_wire_is_right();
	assert_told("");
	fresh(MEMORY);
	/* what was asked before is told to its end */
	send_z(OURS);
	receive("HTTP/1.1 204 \r\n\r\n");
	send_z("GET /v1/realtime HTTP/1.1\r\nHost: api.openai.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	assert_true(gt_conn_is_over(c));
}

static void test_conn_heads_that_clients_leave_unfinished_hold_a_share_of_the_memory(void **state)
{
	enum { MAX = MEMORY / GT_CONN_SHARE / GT_CONN_HEAD_MAX, MORE = 3 * MAX };
	struct gt_conn *half[MORE];
	int followed = 0;

	(void)state;
	gt_limits.memory_max = MEMORY;
	for (int round = 0; round < 3; round++) {
		followed = 0;
		for (int i = 0; i < MORE; i++) {
			half[i] = gt_conn_new(GT_ROLE_INBOUND, false);
			assert_non_null(half[i]);
			gt_rx(half[i], &(struct iovec){ "GET / HTTP/1.1\r\nHost: x\r\n", 25 }, 1, 25);
			followed += !gt_conn_is_over(half[i]);
		}
		assert_int_equal(followed, MAX);
		assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), (round + 1) * (MORE - MAX));
		assert_int_equal(gt_stat_get(GT_STAT_DROP_FULL), 0);
		/* finished or closed, each gives its part back */
		for (int i = 0; i < MORE; i++) {
			if (i % 2)
				gt_rx(half[i], &(struct iovec){ "\r\n", 2 }, 1, 2);
			gt_conn_close(half[i]);
		}
	}
	gt_limits.memory_max = GT_MEMORY_MAX_DEFAULT;
	send_z(OURS);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST");
}

static void test_conn_a_tunnel_is_let_go_when_its_bytes_come(void **state)
{
	(void)state;
	send_z("CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n");
	assert_false(gt_conn_is_over(c));
	send_all("\x16\x03\x01\x02\x00\x01", 6);
	assert_true(gt_conn_is_over(c));
	assert_wire_is_right();
	assert_told("");
	fresh(MEMORY);
	/* a tunnel that carries HTTP in the clear */
	send_z("CONNECT api.openai.com:80 HTTP/1.1\r\nHost: api.openai.com:80\r\n\r\n");
	send_z(OURS);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST");
}

/* ---------------------------------------------------------------- limits */

static void test_conn_of_a_body_that_is_too_long_the_start_is_told(void **state)
{
	static char body[200000];
	char head[200];
	int n = sprintf(head, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: %zu\r\n\r\n",
			sizeof(body));

	(void)state;
	memset(body, 'b', sizeof(body));
	gt_limits.body_max = 100000;
	send_all(head, (size_t)n);
	for (size_t at = 0; at < sizeof(body); at += 10000)
		send_all(body + at, 10000);
	send_z(OURS);
	gt_conn_close(c);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST CUT BEGIN REQUEST END");
	n += 100000; /* bytes of the body that must be there; up to a head more may be */
	assert_in_range(gt_told_bytes(&told, GT_EVENT_REQUEST, 0).len - strlen(OURS), n, n + GT_CONN_HEAD_MAX);
}

static void test_conn_of_a_body_that_is_too_long_and_comes_at_once_the_start_is_told_too(void **state)
{
	static char request[200200];
	int n = sprintf(request, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 200000\r\n\r\n");

	(void)state;
	memset(request + n, 'b', 200000);
	gt_limits.body_max = 100000;
	send_all(request, (size_t)n + 200000);
	assert_told("BEGIN REQUEST CUT");
	assert_in_range(gt_told_bytes(&told, GT_EVENT_REQUEST, 0).len, n + 100000, n + 100000 + GT_CONN_HEAD_MAX);
}

static struct gt_event *held;

static void fill_pool(void)
{
	struct gt_event *e;

	while ((e = gt_event_new(GT_EVENT_RESPONSE, 999, GT_EVENT_ROOM_MAX)) || (e = gt_event_new(GT_EVENT_RESPONSE, 999, 0))) {
		e->next = held;
		held = e;
	}
}

static void empty_pool(void)
{
	for (struct gt_event *next; held; held = next) {
		next = held->next;
		gt_event_free(held);
	}
}

/* T39 */
static void test_conn_with_the_hand_off_full_a_request_passes_as_it_is(void **state)
{
	(void)state;
	fill_pool();
	send_z(OURS);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
	assert_false(gt_rx_is_wanted(c));
	assert_true(gt_stat_get(GT_STAT_DROP_FULL) > 0);
	empty_pool();
	send_z(OURS); /* and the next one is followed again */
	assert_int_equal(w.n_inserted, 1);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST");
}

static void test_conn_with_the_hand_off_full_a_head_in_pieces_lets_the_connection_go(void **state)
{
	(void)state;
	fill_pool();
	send_all(OURS, 20);
	empty_pool();
	send_z(OURS + 20);
	assert_wire_is_right();
	assert_true(gt_conn_is_over(c));
	assert_told("");
}

static void test_conn_response_bytes_without_room_are_told_as_a_gap(void **state)
{
	struct gt_gap g;

	(void)state;
	send_z(OURS);
	receive("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n12345");
	fill_pool();
	receive("6789");
	receive("0");
	empty_pool();
	receive("abcdefghij");
	assert_told("BEGIN REQUEST RESPONSE GAP RESPONSE");
	memcpy(&g, gt_told_nth(&told, GT_EVENT_GAP, 0)->data.p, sizeof(g));
	assert_int_equal(g.bytes, 5);
	assert_true(gt_stat_get(GT_STAT_DROP_FULL) >= 2);
}

static void test_conn_the_end_is_told_also_when_the_hand_off_is_full(void **state)
{
	(void)state;
	send_z(OURS);
	fill_pool();
	gt_conn_close(c);
	assert_told("BEGIN REQUEST END");
	empty_pool();
}

static void test_conn_bytes_missing_at_the_end_are_told_before_it(void **state)
{
	(void)state;
	send_z(OURS);
	receive("HTTP/1.1 200 OK\r\n\r\nuntil the ");
	fill_pool();
	receive("end");
	empty_pool();
	gt_conn_close(c);
	assert_told("BEGIN REQUEST RESPONSE GAP END");
}

static void test_conn_a_fence_without_room_lets_the_connection_go(void **state)
{
	(void)state;
	send_z(OURS);
	receive("HTTP/1.1 204 \r\n\r\n");
	fill_pool();
	send_z(OTHER);
	assert_true(gt_conn_is_over(c));
	empty_pool();
	assert_told("BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_LOST);
}

static void test_conn_a_request_body_without_room_is_told_as_cut(void **state)
{
	static const char head[] = "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 30000\r\n\r\n";
	static char body[30000];
	struct gt_event *one;

	(void)state;
	send_z(head);
	fill_pool();
	one = held;
	held = held->next;
	gt_event_free(one); /* room for one more */
	send_all(body, sizeof(body));
	empty_pool();
	send_z(OURS);
	assert_wire_is_right();
	gt_told_take(&told);
	/* whether CUT itself found room or not, the bytes that came are a start and nothing but */
	assert_true(gt_told_bytes(&told, GT_EVENT_REQUEST, 0).len < sizeof(head) + sizeof(body) + strlen(OURS));
}

static void test_conn_nothing_leaks_from_the_pool(void **state)
{
	(void)state;
	fresh(1); /* the smallest pool */
	gt_conn_close(c);
	for (int i = 0; i < 3000; i++) {
		c = gt_conn_new(GT_ROLE_OUTBOUND, false);
		gt_wire_free(&w);
		gt_wire_open(&w, c);
		refuse(OURS);
		refuse("\r\n" OURS);
		send_all(OURS, 50);
		send_z(OURS + 50);
		receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		send_z(OTHER OURS OTHER);
		send_all(OURS, 30); /* closed in the middle of a head */
		gt_conn_close(c);
		gt_told_free(&told);
		gt_told_take(&told);
		c = gt_conn_new(GT_ROLE_INBOUND, false);
		receive("GET / HTTP/1.1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\n\r\nGET ");
		gt_conn_close(c);
		assert_int_equal(gt_stat_get(GT_STAT_DROP_FULL), 0);
	}
}

static void test_conn_bytes_sent_unseen_are_part_of_a_body_or_lose_the_connection(void **state)
{
#define HEAD_OF(framing) "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\n" framing "\r\n\r\n"
	static const struct {
		const char *sent;
		size_t unseen;
		bool lost;
	} rows[] = {
		{ HEAD_OF("Content-Length: 20") "01234", 15, false },
		{ HEAD_OF("Content-Length: 20") "01234", 16, true },
		{ HEAD_OF("Content-Length: 20"), 20, false },
		{ HEAD_OF("Transfer-Encoding: chunked") "14\r\n01234", 3,
		  true },		       /* its framing went by unseen, or did it not */
		{ OURS, 1, true },	       /* between two requests */
		{ OURS "POST /v1/", 1, true }, /* in a head */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		fresh(MEMORY);
		send_z(rows[i].sent);
		gt_tx_unseen(c, rows[i].unseen);
		assert_int_equal(gt_conn_is_over(c), rows[i].lost);
		if (rows[i].lost)
			continue;
		send_z(OURS);
		assert_int_equal(w.n_inserted, 2); /* the next request is found where it starts */
		assert_told("BEGIN REQUEST CUT BEGIN REQUEST");
	}
}

/* ---------------------------------------------------------------- ends and rivals */

static void test_conn_ends_once_with_the_first_reason(void **state)
{
	(void)state;
	send_z(OURS);
	gt_conn_end(c, GT_END_RESET, ECONNRESET);
	gt_conn_end(c, GT_END_EOF, 0);
	gt_conn_close(c);
	assert_told("BEGIN REQUEST END");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_RESET);
	assert_int_equal(gt_told_end(&told, 0).code, ECONNRESET);
}

static void test_conn_after_its_end_bytes_pass_and_nothing_is_told(void **state)
{
	(void)state;
	send_z(OURS);
	gt_conn_end(c, GT_END_EOF, 0);
	assert_true(gt_conn_is_over(c));
	assert_false(gt_rx_is_wanted(c));
	send_z(OURS);
	gt_rx(c, &(struct iovec){ (void *)"late", 4 }, 1, 4);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 1);
	assert_told("BEGIN REQUEST END");
}

static void test_conn_a_text_half_sent_when_the_connection_is_lost_is_finished(void **state)
{
	(void)state;
	for (size_t part = 1; part < TEXT_LEN; part++) {
		/* the head up to the point, a part of the text, then the wire is full */
		size_t script[] = { strlen(OURS_LINES) + part, 0, 3, 0 };
		ssize_t took;

		fresh(MEMORY);
		gt_wire_script(&w, script, GT_ROWS(script));
		took = gt_wire_write(&w, OURS, strlen(OURS));
		assert_int_equal(took, strlen(OURS_LINES));
		gt_conn_end(c, GT_END_LOST, 0);
		assert_false(gt_conn_is_over(c)); /* the descriptor must still be looked at */
		send_z(OURS + took);
		assert_wire_is_right();
		assert_int_equal(w.n_inserted, 1);
		assert_true(gt_conn_is_over(c));
		send_z(OURS);
		assert_int_equal(w.n_inserted, 1);
	}
}

static void test_conn_a_text_that_is_not_begun_when_the_connection_is_lost_is_not_sent(void **state)
{
	size_t script[] = { 10 };

	(void)state;
	gt_wire_script(&w, script, 1);
	assert_int_equal(gt_wire_write(&w, OURS, strlen(OURS)), 10);
	gt_conn_end(c, GT_END_LOST, 0);
	assert_true(gt_conn_is_over(c));
	send_z(OURS + 10);
	assert_wire_is_right();
	assert_int_equal(w.n_inserted, 0);
}

static void test_conn_two_writers_at_once_lose_the_connection_and_no_byte(void **state)
{
	struct iovec iov = { (void *)OTHER, strlen(OTHER) };
	struct gt_tx first, second;

	(void)state;
	send_z(OURS);
	gt_tx_begin(&first, c, &iov, 1, true);
	gt_tx_begin(&second, c, &iov, 1, true);
	assert_null(second.c);
	assert_false(second.splice);
	gt_tx_end(&second, &iov, 1, iov.iov_len);
	gt_tx_end(&first, &iov, 1, iov.iov_len);
	assert_true(gt_conn_is_over(c));
	assert_told("BEGIN REQUEST END");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_LOST);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
}

/* F29 */
static void test_conn_closed_by_another_thread_while_a_write_is_under_way(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };
	struct gt_conn *other;
	struct gt_tx t;

	(void)state;
	assert_true(gt_conn_ref(c)); /* as gt_fd_conn does */
	gt_tx_begin(&t, c, &iov, 1, true);
	assert_true(t.splice);
	gt_conn_close(c);
	other = gt_conn_new(GT_ROLE_OUTBOUND, false);
	assert_ptr_not_equal(other, c); /* the slot is not used again meanwhile */
	gt_tx_end(&t, &iov, 1, iov.iov_len);
	assert_false(gt_rx_is_wanted(c));
	gt_conn_unref(c);
	assert_false(gt_conn_ref(c));
	assert_told("BEGIN END");
	assert_int_equal(gt_told_end(&told, 0).why, GT_END_CLOSED);
	gt_conn_close(other);
}

static void test_conn_with_two_entries_ends_when_both_are_gone(void **state)
{
	(void)state;
	send_z(OURS);
	assert_true(gt_conn_alias(c));
	assert_true(gt_conn_is_aliased(c));
	gt_conn_close(c);
	assert_told("BEGIN REQUEST");
	receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(c);
	assert_told("BEGIN REQUEST RESPONSE END");
	assert_false(gt_conn_alias(c));
}

static void test_conn_slots_are_used_again_with_nothing_of_the_former(void **state)
{
	struct gt_conn *again;
	uint32_t index = gt_conn_index(c);

	(void)state;
	gt_conn_set_peer(c, GT_STR("api.anthropic.com"));
	gt_conn_set_socket(c, -1, 77);
	send_all(OURS, 40);
	gt_conn_close(c);
	again = gt_conn_new(GT_ROLE_OUTBOUND, false);
	assert_int_equal(gt_conn_index(again), index);
	assert_ptr_equal(gt_conn_at(index), again);
	assert_null(gt_conn_at(GT_CONN_MAX));
	assert_int_equal(gt_conn_socket(again), 0);
	assert_false(gt_conn_is_over(again) || gt_conn_is_aliased(again) || gt_rx_is_wanted(again));
	c = again;
	gt_wire_free(&w);
	gt_wire_open(&w, c);
	send_z(OURS);
	assert_wire_is_right();
	assert_told("BEGIN REQUEST");
	assert_str(gt_told_host(&told, 0), "api.openai.com");
	assert_int_equal(gt_told_begin(&told, 0).port, 80);
}

static void test_conn_received_bytes_scattered_over_pieces_are_put_in_order(void **state)
{
	struct iovec iov[4] = {
		{ (void *)"HTTP/1.1 ", 9 }, { NULL, 0 }, { (void *)"204 \r\n", 6 }, { (void *)"\r\nmore room", 11 }
	};

	(void)state;
	send_z(OURS);
	gt_rx(c, iov, 4, 17);
	assert_str(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0), "HTTP/1.1 204 \r\n\r\n");
}

static void test_conn_a_large_read_travels_whole_and_stamped_once(void **state)
{
	static char big[100000];
	int64_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31);
	send_z(OURS);
	gt_rx(c, &(struct iovec){ big, sizeof(big) }, 1, sizeof(big));
	assert_int_equal(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0).len, sizeof(big));
	assert_memory_equal(gt_told_bytes(&told, GT_EVENT_RESPONSE, 0).p, big, sizeof(big));
	for (int i = 0; i < told.n; i++) {
		if (told.list[i].type != GT_EVENT_RESPONSE)
			continue;
		assert_true(!at || told.list[i].at.ns == at);
		at = told.list[i].at.ns;
	}
}

static void test_conn_first_bytes_that_can_begin_http(void **state)
{
	(void)state;
	assert_true(gt_conn_may_be_http("P", 1));
	assert_true(gt_conn_may_be_http(OURS, strlen(OURS)));
	assert_false(gt_conn_may_be_http("", 0));
	assert_false(gt_conn_may_be_http(NULL, 0));
	assert_false(gt_conn_may_be_http("\x16\x03\x01", 3));
	assert_false(gt_conn_may_be_http("PRI * HTTP/2.0\r\n\r\n", 18));
}

/* ---------------------------------------------------------------- at random */

static const char *const parts[] = {
	OURS,
	OTHER,
	"\r\n",
	"HEAD /h HTTP/1.1\r\n\r\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 93\r\n\r\n" OURS,
	"PUT /a HTTP/1.1\r\nContent-Length: 93\r\n\r\n" OURS,
	"POST /v1/messages HTTP/1.1\nHost: api.anthropic.com\nContent-Length: 0\n\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 2\r\n"
	"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n{}",
};

static struct gt_random dice;

static size_t take_at_random(struct gt_wire *wire, size_t offered)
{
	(void)wire;
	switch (gt_random_below(&dice, 6)) {
	case 0:
		return 0;
	case 1:
		return offered ? 1 : 0;
	case 2:
	case 3:
		return offered;
	default:
		return gt_random_below(&dice, offered + 1);
	}
}

/* A refused write of anything, at any time, must leave nothing behind. */
static void refuse_something(void)
{
	const char *z = parts[gt_random_below(&dice, GT_ROWS(parts))];
	size_t len = strlen(z), from = gt_random_below(&dice, 3) ? 0 : gt_random_below(&dice, len);

	refuse_iov(z + from, len - from, gt_random_below(&dice, 4) != 0);
}

static void test_conn_random_writes_over_a_random_wire_leave_the_stream_whole(void **state)
{
	(void)state;
	assert_int_equal(strlen(OURS), 93); /* as two of the parts say */
	dice = gt_random_from(0xc044);
	for (int round = 0; round < 4000; round++) {
		size_t n = 1 + gt_random_below(&dice, 6), len = 0, at = 0;
		char stream[2000];

		fresh(MEMORY);
		for (size_t i = 0; i < n; i++) {
			const char *z = parts[gt_random_below(&dice, GT_ROWS(parts))];

			memcpy(stream + len, z, strlen(z));
			len += strlen(z);
		}
		w.take = take_at_random;
		while (at < len) {
			struct iovec iov[5];
			size_t offer = 1 + gt_random_below(&dice, len - at), pieces = 1 + gt_random_below(&dice, 5), from = at;
			ssize_t took;

			if (!gt_random_below(&dice, 8))
				refuse_something();
			for (size_t i = 0; i < pieces; i++) {
				size_t part =
					i == pieces - 1 ? at + offer - from : gt_random_below(&dice, at + offer - from + 1);

				iov[i] = (struct iovec){ stream + from, part };
				from += part;
			}
			took = gt_wire_writev(&w, iov, (int)pieces, gt_random_below(&dice, 8) != 0);
			assert_true(took <= (ssize_t)offer);
			at += took > 0 ? (size_t)took : 0;
			if (!gt_random_below(&dice, 10))
				receive("HTTP/1.1 204 \r\n\r\n");
		}
		assert_int_equal(w.app_len, len);
		assert_wire_is_right();
		gt_conn_close(c);
		gt_told_take(&told);
	}
	assert_int_equal(gt_stat_get(GT_STAT_ODD), 0);
}

/* ---------------------------------------------------------------- T17: threads (run under TSan too) */

#ifndef THREAD_ROUNDS
#define THREAD_ROUNDS 20
#endif

enum { CONNS = 8, EXCHANGES = 300 };

static struct gt_conn *shared[CONNS];
static _Atomic int running;

static void *sends(void *p)
{
	struct gt_conn *mine = p;
	struct gt_wire wire;

	gt_wire_open(&wire, mine);
	for (int i = 0; i < EXCHANGES; i++) {
		gt_wire_write_all(&wire, OURS, 60);
		gt_wire_write_all(&wire, OURS + 60, strlen(OURS) - 60);
		if (i % 5 == 0)
			gt_wire_write_all(&wire, OTHER, strlen(OTHER));
		if (i % 100 == 0) {
			gt_wire_free(&wire);
			gt_wire_open(&wire, mine);
		}
	}
	gt_wire_free(&wire);
	gt_conn_unref(mine);
	running--;
	return NULL;
}

static void *receives(void *p)
{
	struct gt_conn *mine = p;
	char bytes[300] = "HTTP/1.1 200 OK\r\n\r\n";

	for (int i = 0; i < EXCHANGES; i++)
		if (gt_rx_is_wanted(mine))
			gt_rx(mine, &(struct iovec){ bytes, sizeof(bytes) }, 1, sizeof(bytes));
	gt_conn_unref(mine);
	running--;
	return NULL;
}

static void *closes(void *p)
{
	struct gt_conn **mine = p;

	sched_yield();
	for (int i = 0; i < CONNS; i++) {
		gt_conn_close(mine[i]);
		sched_yield();
	}
	running--;
	return NULL;
}

static void run_conn_threads(void)
{
	pthread_t t[2 * CONNS + 1];
	bool open[CONNS] = { false };
	uint64_t first;
	int n = 0;

	running = 2 * CONNS + 1;
	for (int i = 0; i < CONNS; i++) {
		shared[i] = gt_conn_new(GT_ROLE_OUTBOUND, false);
		gt_conn_ref(shared[i]);
		gt_conn_ref(shared[i]);
	}
	first = gt_stream_next(); /* behind the numbers of these */
	for (int i = 0; i < CONNS; i++) {
		pthread_create(&t[n++], NULL, sends, shared[i]);
		pthread_create(&t[n++], NULL, receives, shared[i]);
	}
	pthread_create(&t[n++], NULL, closes, shared);
	for (bool more = true; more;) {
		more = running > 0;
		for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
			uint64_t conn = first - 1 - e->stream;

			next = e->next;
			assert_true(conn < CONNS);
			if (e->type == GT_EVENT_BEGIN || e->type == GT_EVENT_END)
				open[conn] = e->type == GT_EVENT_BEGIN;
			gt_event_free(e);
		}
		gt_handoff_wait(GT_NS_PER_MS);
	}
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < CONNS; i++)
		assert_false(open[i]); /* or the exporter would wait for its end for ever */
}

static void test_conn_threads_that_send_receive_and_close_at_once(void **state)
{
	static struct gt_conn *all[GT_CONN_MAX];

	(void)state;
	gt_conn_close(c);
	for (int round = 0; round < THREAD_ROUNDS; round++)
		run_conn_threads();
	for (int i = 0; i < GT_CONN_MAX; i++) /* every slot came back, once */
		assert_non_null(all[i] = gt_conn_new(GT_ROLE_OUTBOUND, false));
	assert_null(gt_conn_new(GT_ROLE_OUTBOUND, false));
	for (int i = 0; i < GT_CONN_MAX; i++)
		gt_conn_close(all[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_adds_one_traceparent_before_the_blank_line_and_tells_its_ids),
		T(test_conn_a_whole_exchange_is_told_in_order),
		T(test_conn_requests_that_are_not_ours_leave_no_trace),
		T(test_conn_other_protocols_pass_untouched_and_are_let_go),
		T(test_conn_a_head_over_two_writes_is_added_to_when_its_end_is_in_one),
		T(test_conn_a_head_in_any_number_of_writes_is_one_exchange),
		T(test_conn_whatever_the_wire_takes_first_the_text_stands_where_it_should),
		T(test_conn_a_wire_that_takes_single_bytes_gets_it_right),
		T(test_conn_refused_writes_repeated_get_the_same_ids),
		T(test_conn_refused_and_then_other_bytes_inserts_nothing_stale),
		T(test_conn_refused_and_then_cut_elsewhere_still_gets_it_right),
		T(test_conn_refused_and_then_not_to_be_changed_is_not_changed),
		T(test_conn_lines_are_not_added_to_calls_that_must_not_change),
		T(test_conn_pieces_of_one_write_are_one_stream),
		T(test_conn_a_write_in_very_many_pieces_is_left_as_it_is),
		T(test_conn_of_two_requests_in_one_write_the_first_is_added_to),
		T(test_conn_requests_one_after_the_other_are_all_added_to),
		T(test_conn_another_request_after_the_answer_is_a_fence),
		T(test_conn_another_request_before_the_answer_is_a_passer),
		T(test_conn_bodies_of_any_framing_hide_what_looks_like_a_request),
		T(test_conn_a_body_continued_after_100_continue_belongs_to_its_request),
		T(test_conn_a_chunked_request_is_told_with_its_framing),
		T(test_conn_the_applications_own_traceparent_stands),
		T(test_conn_two_traceparents_are_no_parent_and_get_no_third),
		T(test_conn_heads_with_bare_line_feeds_are_told_but_not_added_to),
		T(test_conn_a_request_without_host_is_matched_by_the_peer_name),
		T(test_conn_a_peer_name_that_is_too_long_is_none),
		T(test_conn_the_longest_head_is_added_to_and_a_longer_one_lets_the_connection_go),
		T(test_conn_that_asks_for_another_protocol_is_let_go),
		T(test_conn_heads_that_clients_leave_unfinished_hold_a_share_of_the_memory),
		T(test_conn_a_tunnel_is_let_go_when_its_bytes_come),
		T(test_conn_of_a_body_that_is_too_long_the_start_is_told),
		T(test_conn_of_a_body_that_is_too_long_and_comes_at_once_the_start_is_told_too),
		T(test_conn_with_the_hand_off_full_a_request_passes_as_it_is),
		T(test_conn_with_the_hand_off_full_a_head_in_pieces_lets_the_connection_go),
		T(test_conn_response_bytes_without_room_are_told_as_a_gap),
		T(test_conn_the_end_is_told_also_when_the_hand_off_is_full),
		T(test_conn_bytes_missing_at_the_end_are_told_before_it),
		T(test_conn_a_fence_without_room_lets_the_connection_go),
		T(test_conn_a_request_body_without_room_is_told_as_cut),
		T(test_conn_nothing_leaks_from_the_pool),
		T(test_conn_bytes_sent_unseen_are_part_of_a_body_or_lose_the_connection),
		T(test_conn_ends_once_with_the_first_reason),
		T(test_conn_after_its_end_bytes_pass_and_nothing_is_told),
		T(test_conn_a_text_half_sent_when_the_connection_is_lost_is_finished),
		T(test_conn_a_text_that_is_not_begun_when_the_connection_is_lost_is_not_sent),
		T(test_conn_two_writers_at_once_lose_the_connection_and_no_byte),
		T(test_conn_closed_by_another_thread_while_a_write_is_under_way),
		T(test_conn_with_two_entries_ends_when_both_are_gone),
		T(test_conn_slots_are_used_again_with_nothing_of_the_former),
		T(test_conn_received_bytes_scattered_over_pieces_are_put_in_order),
		T(test_conn_a_large_read_travels_whole_and_stamped_once),
		T(test_conn_first_bytes_that_can_begin_http),
		T(test_conn_random_writes_over_a_random_wire_leave_the_stream_whole),
		T(test_conn_threads_that_send_receive_and_close_at_once),
	};

	return GT_TESTS(tests);
}
