#include "support/fresh_shim.h"
#include "support/test.h"
#include "support/traffic.h"

#include <pthread.h>

#include "shim/conn.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/serving.h"

#define SPAN(n) "00-0af7651916cd43dd8448eb211c80319c-00000000000000" n "-01"

static int set_up(void **state)
{
	(void)state;
	gt_fresh_shim(1 << 20);
	return 0;
}

static void receive(struct gt_conn *c, const char *text)
{
	gt_traffic_receive(c, text, strlen(text));
}

static struct gt_conn *inbound(const char *request)
{
	struct gt_conn *c = gt_conn_new(GT_ROLE_INBOUND, false);

	receive(c, request);
	return c;
}

/* The last byte of the id of the span that the thread serves; -1 when that is not known. */
static int served(void)
{
	struct gt_served s;

	return gt_serving_context(&s) ? s.context.span_id.b[7] : -1;
}

#define REQUEST(n) "GET / HTTP/1.1\r\ntraceparent: " SPAN(n) "\r\n\r\n"
#define OK	   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void test_serving_lasts_from_the_request_to_the_end_of_its_answer(void **state)
{
	struct gt_conn *c;

	(void)state;
	assert_int_equal(served(), -1);
	c = inbound("GET / HTTP/1.1\r\ntraceparent: " SPAN("07") "\r\n");
	assert_int_equal(served(), -1); /* the head is not complete */
	receive(c, "\r\n");
	assert_int_equal(served(), 7);
	gt_traffic_answer(c, "HTTP/1.1 100 Continue\r\n\r\n");
	assert_int_equal(served(), 7); /* an interim answer does not end it */
	gt_traffic_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
	assert_int_equal(served(), 7);
	gt_traffic_answer(c, "k");
	assert_int_equal(served(), -1);
	receive(c, REQUEST("08")); /* a second request on the same connection */
	assert_int_equal(served(), 8);
	gt_traffic_answer(c, OK);
	assert_int_equal(served(), -1);
	gt_conn_close(c);
}

static void test_serving_answers_without_body_end_at_their_head(void **state)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{ "HEAD / HTTP/1.1\r\ntraceparent: " SPAN("01") "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" },
		{ REQUEST("01"), "HTTP/1.1 204 No Content\r\n\r\n" },
		{ REQUEST("01"), "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" },
		{ REQUEST("01"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
		{ REQUEST("01"), "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_conn *c = inbound(rows[i].request);

		assert_int_equal(served(), 1);
		gt_traffic_answer(c, rows[i].answer);
		assert_int_equal(served(), -1);
		gt_conn_close(c);
	}
}

static void test_serving_ends_when_the_connection_does(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01"));

	(void)state;
	gt_traffic_answer(c, "HTTP/1.0 200 OK\r\n\r\nuntil the end"); /* close-delimited */
	assert_int_equal(served(), 1);
	gt_conn_close(c);
	assert_int_equal(served(), -1);
}

static void test_serving_without_traceparent_claims_nothing(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\ntraceparent: nonsense\r\n\r\n",
		"GET / HTTP/1.1\r\ntraceparent: " SPAN("01") "\r\ntraceparent: " SPAN("02") "\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(requests); i++) {
		struct gt_conn *c = inbound(requests[i]);

		assert_true(gt_conn_is_serving(c));
		assert_int_equal(served(), -1);
		gt_conn_close(c);
	}
}

static void test_serving_two_requests_at_once_claims_nothing_until_one_is_answered(void **state)
{
	struct gt_conn *a = inbound(REQUEST("01")), *b = inbound(REQUEST("02"));

	(void)state;
	assert_int_equal(served(), -1);
	gt_traffic_answer(a, OK);
	assert_int_equal(served(), 2);
	gt_conn_close(b);
	assert_int_equal(served(), -1);
	gt_conn_close(a);
}

static void test_serving_a_thread_that_had_too_many_claims_nothing_any_more(void **state)
{
	struct gt_conn *c[GT_SERVING_MAX + 1];

	(void)state;
	for (int i = 0; i <= GT_SERVING_MAX; i++)
		c[i] = inbound(REQUEST("01"));
	for (int i = 0; i <= GT_SERVING_MAX; i++)
		gt_conn_close(c[i]);
	c[0] = inbound(REQUEST("02"));
	assert_int_equal(served(), -1);
	gt_conn_close(c[0]);
}

static void test_serving_a_note_does_not_outlive_its_connection(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01")), *again;
	uint32_t note = gt_conn_note(c);
	struct gt_served s;

	(void)state;
	assert_true(gt_conn_is_note_open(note));
	gt_conn_close(c);
	assert_false(gt_conn_is_note_open(note));
	again = inbound(REQUEST("02"));
	assert_ptr_equal(again, c); /* the slot is reused */
	assert_false(gt_conn_is_note_open(note));
	assert_false(gt_conn_served_context(note, &s));
	assert_int_equal(served(), 2);
	gt_conn_close(again);
}

static void *reads_another(void *c)
{
	receive(c, REQUEST("09"));
	return NULL;
}

static void *other_thread(void *claimed)
{
	*(int *)claimed = served();
	return NULL;
}

static void in_a_thread(void *(*run)(void *), void *argument)
{
	pthread_t t;

	pthread_create(&t, NULL, run, argument);
	pthread_join(t, NULL);
}

/* A pool of threads takes turns on kept connections (gunicorn's gthread). */
static void test_serving_a_later_request_of_a_connection_is_of_the_thread_that_read_it(void **state)
{
	struct gt_conn *kept = inbound(REQUEST("01")), *mine;

	(void)state;
	gt_traffic_answer(kept, OK);
	in_a_thread(reads_another, kept);
	assert_true(gt_conn_is_serving(kept));
	assert_int_equal(served(), -1);
	mine = inbound(REQUEST("02"));
	assert_int_equal(served(), 2);
	gt_conn_close(kept);
	gt_conn_close(mine);
}

static void *answers(void *c)
{
	gt_traffic_answer(c, OK);
	return NULL;
}

static void test_serving_ends_when_another_thread_answers(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01"));

	(void)state;
	in_a_thread(answers, c);
	assert_int_equal(served(), -1);
	in_a_thread(reads_another, c);
	assert_int_equal(served(), -1);
	gt_conn_close(c);
}

#ifndef ROUNDS
#define ROUNDS 20000
#endif
#define TRACE_OF(digit, state)                                                                                           \
	"GET / HTTP/1.1\r\ntraceparent: 00-" digit digit digit digit digit digit digit digit "-" digit digit digit digit \
	"-01\r\ntracestate: " state "\r\n\r\n"

static _Atomic bool stop;

static void *answers_and_reads_on(void *c)
{
	for (int i = 0; i < ROUNDS; i++) {
		gt_traffic_answer(c, OK);
		receive(c, i & 1 ? TRACE_OF("1111", "a=1,aa=1,aaa=1") : TRACE_OF("2222", "b=22"));
	}
	stop = true;
	return NULL;
}

/* One thread asks what it serves while another answers, and reads the next request of the same connection. */
static void test_serving_gives_the_context_of_one_request_while_another_takes_its_place(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01"));
	struct gt_served s;
	pthread_t t;

	(void)state;
	stop = false;
	pthread_create(&t, NULL, answers_and_reads_on, c);
	while (!stop) {
		/* the note of the latest request, as if this thread had read it */
		if (!gt_conn_served_context(gt_conn_note(c), &s) || s.context.span_id.b[7] == 1)
			continue;
		assert_int_equal(s.context.trace_id.b[0], s.context.span_id.b[0]);
		assert_int_equal(s.context.trace_id.b[15], s.context.span_id.b[7]);
		if (s.context.span_id.b[0] == 0x11)
			assert_str(gt_str_make(s.tracestate, s.tracestate_len), "a=1,aa=1,aaa=1");
		else
			assert_str(gt_str_make(s.tracestate, s.tracestate_len), "b=22");
	}
	pthread_join(t, NULL);
	gt_conn_close(c);
}

static void test_serving_concerns_the_thread_that_read_the_request(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01"));
	int claimed = 0;

	(void)state;
	in_a_thread(other_thread, &claimed);
	assert_int_equal(claimed, -1);
	assert_int_equal(served(), 1);
	gt_conn_close(c);
}

static void test_serving_tracestate_comes_along_when_it_is_valid(void **state)
{
	struct gt_conn *c = inbound("GET / HTTP/1.1\r\ntraceparent: " SPAN("01") "\r\ntracestate: a=1,b=2\r\n\r\n");
	struct gt_served s = { .tracestate_len = 99 };

	(void)state;
	assert_true(gt_serving_context(&s));
	assert_true(s.is_remote);
	assert_str(gt_str_make(s.tracestate, s.tracestate_len), "a=1,b=2");
	gt_conn_close(c);
	c = inbound("GET / HTTP/1.1\r\ntraceparent: " SPAN("01") "\r\ntracestate: NO\r\n\r\n");
	assert_true(gt_serving_context(&s));
	assert_int_equal(s.tracestate_len, 0);
	gt_conn_close(c);
}

/* The answer to HEAD has no body, the answer to the request after it has one. */
static void test_serving_each_of_pipelined_answers_ends_as_its_request_wants(void **state)
{
	struct gt_conn *c = inbound("HEAD / HTTP/1.1\r\n\r\n" REQUEST("02"));

	(void)state;
	gt_traffic_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
	assert_int_equal(served(), 2);
	gt_traffic_answer(c, OK);
	assert_int_equal(served(), -1);
	receive(c, REQUEST("03") "HEAD / HTTP/1.1\r\n\r\n");
	gt_traffic_answer(c, OK "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
	assert_false(gt_conn_is_serving(c));
	receive(c, REQUEST("04"));
	assert_int_equal(served(), 4);
	gt_conn_close(c);
}

/* With two unanswered requests on one connection, the request being served is not known. */
static void test_serving_pipelined_requests_claim_nothing(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01") REQUEST("02"));

	(void)state;
	assert_int_equal(served(), -1);
	gt_conn_close(c);
}

static void test_serving_what_is_not_http_is_let_go(void **state)
{
	struct gt_conn *c = inbound(REQUEST("01"));

	(void)state;
	gt_traffic_answer(c, "\x16\x03\x03 something else");
	assert_true(gt_conn_is_lost(c));
	assert_int_equal(served(), -1);
	gt_conn_close(c);
}

int main(void)
{
#define T(f) GT_TEST_FRESH(f, set_up)
	const struct CMUnitTest tests[] = {
		T(test_serving_lasts_from_the_request_to_the_end_of_its_answer),
		T(test_serving_answers_without_body_end_at_their_head),
		T(test_serving_ends_when_the_connection_does),
		T(test_serving_without_traceparent_claims_nothing),
		T(test_serving_two_requests_at_once_claims_nothing_until_one_is_answered),
		T(test_serving_a_thread_that_had_too_many_claims_nothing_any_more),
		T(test_serving_a_note_does_not_outlive_its_connection),
		T(test_serving_a_later_request_of_a_connection_is_of_the_thread_that_read_it),
		T(test_serving_ends_when_another_thread_answers),
		T(test_serving_gives_the_context_of_one_request_while_another_takes_its_place),
		T(test_serving_concerns_the_thread_that_read_the_request),
		T(test_serving_tracestate_comes_along_when_it_is_valid),
		T(test_serving_each_of_pipelined_answers_ends_as_its_request_wants),
		T(test_serving_pipelined_requests_claim_nothing),
		T(test_serving_what_is_not_http_is_let_go),
	};

	return GT_TESTS(tests);
}
