/* A server's connection: which exchanges are reported, their parents, and their children. */
#include "support/exchange_case.h"
#include "support/fresh_shim.h"
#include "support/reported.h"
#include "support/test.h"
#include "support/traffic.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shim/conn.h"
#include "shim/context.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/serving.h"
#include "shim/socket_id.h"

#define TRACE	    "0af7651916cd43dd8448eb211c80319c"
#define HEADER	    "traceparent: 00-" TRACE "-00000000000000aa-01\r\n"
#define META(trace) "'_meta':{'traceparent':'00-" trace "-00000000000000bb-01'}"
#define IN_SESSION  "Mcp-Session-Id: s-1\r\n"
#define CANDIDATE   "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
#define CALL(more)  "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'x'" more "}}"
#define OK	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static struct gt_reported reported;
static struct gt_conn *c;

static int set_up(void **state)
{
	(void)state;
	gt_fresh_shim(1 << 20);
	c = gt_conn_new(GT_ROLE_INBOUND, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gt_reported_take(&reported);
	gt_reported_free(&reported);
	reported = (struct gt_reported){ 0 };
	return 0;
}

static char *request_of(const char *method, const char *fields, const char *body)
{
	char *json = gt_exchange_case_json(body), *text;

	if (asprintf(&text, "%s /mcp HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n%s", method, fields, strlen(json),
		     json) < 0)
		abort();
	free(json);
	return text;
}

static void receive_request(const char *method, const char *fields, const char *body)
{
	char *text = request_of(method, fields, body);

	gt_traffic_receive(c, text, strlen(text));
	free(text);
}

/* The last byte of the id of the span that the thread serves; -1 when that is not known. */
static int served(struct gt_served *s)
{
	return gt_serving_context(s) ? s->context.span_id.b[7] : -1;
}

static void test_inbound_an_exchange_of_mcp_is_reported_as_it_was(void **state)
{
	char *request = request_of("POST", IN_SESSION, CALL(""));
	struct gt_begin b;

	(void)state;
	for (size_t cut = 1; cut < strlen(request); cut += 3) {
		set_up(NULL);
		gt_traffic_receive(c, request, cut);
		gt_traffic_receive(c, request + cut, strlen(request) - cut);
		gt_traffic_answer(c, "HTTP/1.1 100 Continue\r\n\r\n");
		gt_traffic_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
		gt_traffic_answer(c, "}");
		gt_conn_close(c);
		assert_string_equal(gt_reported_text(&reported, 0), "BEGIN REQUEST RESPONSE END");
		assert_str(gt_reported_bytes(&reported, GT_EVENT_REQUEST, 0), request);
		assert_str(gt_reported_bytes(&reported, GT_EVENT_RESPONSE, 0), "HTTP/1.1 100 Continue\r\n\r\n" OK);
		b = gt_reported_begin(&reported, 0);
		assert_true(b.is_inbound && b.is_certain && !b.is_injected);
		assert_int_equal(b.api, GT_API_MCP);
		assert_int_equal(b.host_len, 0);
		assert_true(gt_is_all_zero(b.parent.b, 8));
		assert_int_equal(gt_reported_end(&reported, 0).why, GT_END_EOF); /* the server answers, then closes */
		tear_down(NULL);
	}
	free(request);
}

static void test_inbound_what_is_not_mcp_is_not_reported(void **state)
{
	static const struct {
		const char *method, *fields;
	} rows[] = {
		{ "GET", "" },
		{ "POST", "" },
		{ "POST", "Content-Type: text/plain\r\nAccept: application/json, text/event-stream\r\n" },
		{ "PUT", IN_SESSION },
		{ "GET", "Accept: text/event-stream\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		receive_request(rows[i].method, rows[i].fields, "{}");
		gt_traffic_answer(c, OK);
	}
	gt_conn_close(c);
	assert_string_equal(gt_reported_text(&reported, 0), "");
}

static void test_inbound_other_requests_between_are_passed_over(void **state)
{
	(void)state;
	receive_request("POST", IN_SESSION, CALL(""));
	gt_traffic_answer(c, OK);
	receive_request("GET", "", ""); /* without an open exchange nothing is copied */
	gt_traffic_answer(c, OK);
	receive_request("POST", IN_SESSION, CALL(""));
	receive_request("GET", "", ""); /* pipelined after it */
	gt_traffic_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	gt_traffic_answer(c, "{}");
	gt_traffic_answer(c, OK);
	receive_request("DELETE", IN_SESSION, "");
	gt_traffic_answer(c, "HTTP/1.1 204 No\r\n\r\n");
	gt_conn_close(c);
	assert_string_equal(gt_reported_text(&reported, 0),
			    "BEGIN REQUEST RESPONSE FENCE BEGIN REQUEST PLACEHOLDER RESPONSE BEGIN REQUEST RESPONSE END");
}

static void test_inbound_the_parent_is_the_sender(void **state)
{
	struct gt_begin b;

	(void)state;
	receive_request("POST", IN_SESSION HEADER "tracestate: a=1\r\n", CALL(""));
	gt_conn_close(c);
	gt_reported_take(&reported);
	b = gt_reported_begin(&reported, 0);
	assert_int_equal(b.context.trace_id.b[0], 0x0a);
	assert_int_equal(b.parent.b[7], 0xaa);
	assert_true(b.parent_is_remote);
	assert_str(gt_reported_tracestate(&reported, 0), "a=1");
}

static void test_inbound_a_context_in_the_message_goes_before_the_headers(void **state)
{
	static const struct {
		const char *fields, *body;
		int trace; /* 0: no other parent is reported */
		bool links;
	} rows[] = {
		{ IN_SESSION, CALL("," META(TRACE)), 0x0a, false },
		{ IN_SESSION HEADER, CALL("," META(TRACE)), 0x0a, true },
		{ IN_SESSION HEADER, CALL("," META("11f7651916cd43dd8448eb211c80319c")), 0x11, true },
		{ CANDIDATE, CALL("," META(TRACE)), 0x0a, false },
		{ IN_SESSION HEADER, CALL(""), 0, false },
		{ IN_SESSION HEADER, CALL(",'arguments':{" META(TRACE) "}"), 0, false },
		{ IN_SESSION, "[" CALL("," META(TRACE)) "]", 0, false },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const struct gt_reported_event *e;
		struct gt_new_parent parent;
		struct gt_begin b;

		set_up(state);
		receive_request("POST", rows[i].fields, rows[i].body);
		gt_conn_close(c);
		gt_reported_take(&reported);
		b = gt_reported_begin(&reported, 0);
		e = gt_reported_nth(&reported, GT_EVENT_PARENT, 0);
		assert_int_equal(e != NULL, rows[i].trace != 0);
		if (e) {
			memcpy(&parent, e->data.p, sizeof(parent));
			assert_int_equal(parent.context.trace_id.b[0], rows[i].trace);
			assert_memory_equal(&parent.context.span_id, &b.context.span_id, 8);
			assert_true(parent.context.flags & GT_TRACE_SAMPLED);
			assert_int_equal(parent.parent.b[7], 0xbb);
			assert_int_equal(parent.has_link, rows[i].links);
		}
		tear_down(state);
	}
}

static void test_inbound_what_the_thread_calls_is_a_child_of_the_span(void **state)
{
	char *request = request_of("POST", IN_SESSION HEADER "tracestate: a=1\r\n", CALL(""));
	struct gt_served s;
	struct gt_begin b;

	(void)state;
	gt_traffic_receive(c, request, strlen(request) - 1);
	assert_int_equal(served(&s), -1); /* the request is not complete yet */
	gt_traffic_receive(c, request + strlen(request) - 1, 1);
	gt_reported_take(&reported);
	b = gt_reported_begin(&reported, 0);
	assert_true(gt_serving_context(&s));
	assert_memory_equal(&s.context, &b.context, sizeof(b.context));
	assert_false(s.is_remote);
	assert_str(gt_str_make(s.tracestate, s.tracestate_len), "a=1");
	gt_traffic_answer(c, OK);
	assert_int_equal(served(&s), -1);
	gt_conn_close(c);
	free(request);
}

static void test_inbound_with_a_context_in_the_message_in_its_trace(void **state)
{
	struct gt_served s;

	(void)state;
	receive_request("POST", IN_SESSION HEADER "tracestate: a=1\r\n", CALL("," META("11f7651916cd43dd8448eb211c80319c")));
	assert_true(gt_serving_context(&s));
	assert_int_equal(s.context.trace_id.b[0], 0x11);
	assert_int_equal(s.tracestate_len, 0); /* the tracestate belonged to the other trace */
	gt_conn_close(c);
}

/* The exchange may not become a span, so it is not a parent. */
static void test_inbound_of_what_may_not_be_mcp_the_sender_is_the_parent(void **state)
{
	struct gt_served s;

	(void)state;
	receive_request("POST", CANDIDATE HEADER, CALL(""));
	assert_int_equal(served(&s), 0xaa);
	assert_true(s.is_remote);
	gt_conn_close(c);
	gt_reported_take(&reported);
	assert_false(gt_reported_begin(&reported, 0).is_certain);
}

static void test_inbound_listeners_and_answers_are_not_worked_for(void **state)
{
	static const struct {
		const char *method, *body;
	} rows[] = {
		{ "GET", "" },
		{ "DELETE", "" },
		{ "POST", "{'jsonrpc':'2.0','id':1,'result':{}}" },
	};
	struct gt_conn *listener = c;
	struct gt_served s;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		receive_request(rows[i].method, IN_SESSION HEADER, rows[i].body);
		assert_int_equal(served(&s), -1);
		gt_traffic_answer(c, OK);
	}
	receive_request("GET", IN_SESSION, "");
	c = gt_conn_new(GT_ROLE_INBOUND, false);
	receive_request("POST", IN_SESSION HEADER, CALL(""));
	assert_true(gt_serving_context(&s)); /* the open listening stream does not make it ambiguous */
	gt_conn_close(c);
	gt_conn_close(listener);
}

static void test_inbound_two_at_once_have_no_parent(void **state)
{
	struct gt_conn *first = c;
	struct gt_served s;

	(void)state;
	receive_request("POST", IN_SESSION, CALL(""));
	c = gt_conn_new(GT_ROLE_INBOUND, false);
	receive_request("POST", IN_SESSION, CALL(""));
	assert_int_equal(served(&s), -1);
	gt_traffic_answer(c, OK);
	assert_true(gt_serving_context(&s)); /* the first exchange is still served */
	gt_conn_close(c);
	gt_conn_close(first);
}

static void test_inbound_answered_before_it_was_read_it_is_not_worked_for(void **state)
{
	char *request = request_of("POST", IN_SESSION, CALL(""));
	struct gt_served s;

	(void)state;
	gt_traffic_receive(c, request, strlen(request) - 1);
	gt_traffic_answer(c, "HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n");
	gt_traffic_receive(c, request + strlen(request) - 1, 1);
	assert_int_equal(served(&s), -1);
	receive_request("POST", IN_SESSION, CALL(""));
	assert_true(gt_serving_context(&s));
	gt_conn_close(c);
	free(request);
}

static void test_inbound_who_has_no_more_to_say_is_still_answered(void **state)
{
	(void)state;
	receive_request("POST", IN_SESSION, CALL(""));
	gt_conn_end(c, GT_END_EOF, 0);
	assert_false(gt_conn_is_over(c));
	gt_traffic_answer(c, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
	gt_conn_end(c, GT_END_EOF, 0);
	gt_conn_close(c);
	assert_string_equal(gt_reported_text(&reported, 0), "BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_reported_end(&reported, 0).why, GT_END_EOF);
}

static void test_inbound_an_answer_sent_unseen_is_a_gap(void **state)
{
	(void)state;
	receive_request("GET", IN_SESSION, "");
	gt_traffic_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
	gt_tx_unseen(c, 98);
	gt_traffic_answer(c, "}");
	gt_conn_close(c);
	assert_string_equal(gt_reported_text(&reported, 0), "BEGIN REQUEST RESPONSE GAP RESPONSE END");
}

static void test_inbound_the_client_is_named_by_its_address(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), accepted;
	socklen_t len = sizeof(at);

	(void)state;
	assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
	accepted = accept(server, NULL, NULL);
	gt_conn_set_socket(c, accepted, gt_socket_number(accepted));
	receive_request("POST", IN_SESSION, CALL(""));
	gt_traffic_answer(c, OK);
	gt_conn_set_socket(c, server, gt_socket_number(accepted)); /* the number now refers to another socket */
	receive_request("POST", IN_SESSION, CALL(""));
	gt_conn_close(c);
	gt_reported_take(&reported);
	assert_str(gt_reported_host(&reported, 0), "127.0.0.1");
	assert_int_equal(getsockname(client, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(gt_reported_begin(&reported, 0).port, ntohs(at.sin_port));
	assert_int_equal(gt_reported_begin(&reported, 1).host_len, 0);
	assert_int_equal(gt_reported_begin(&reported, 1).port, 0);
	close(accepted);
	close(client);
	close(server);
}

static void test_inbound_without_memory_it_is_followed_and_not_reported(void **state)
{
	struct gt_served s;

	(void)state;
	gt_conn_close(c);
	gt_handoff_after_fork();
	gt_pool_init(0);
	c = gt_conn_new(GT_ROLE_INBOUND, false);
	for (int i = 0; i < 2; i++) {
		receive_request("POST", IN_SESSION HEADER, CALL("," META(TRACE)));
		assert_int_equal(served(&s), 0xaa); /* without a span the parent is the sender */
		gt_traffic_answer(c, OK);
		assert_int_equal(served(&s), -1);
	}
	gt_conn_close(c);
	assert_string_equal(gt_reported_text(&reported, 0), "");
}

#define INBOUND_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INBOUND_TEST(test_inbound_an_exchange_of_mcp_is_reported_as_it_was),
		INBOUND_TEST(test_inbound_what_is_not_mcp_is_not_reported),
		INBOUND_TEST(test_inbound_other_requests_between_are_passed_over),
		INBOUND_TEST(test_inbound_the_parent_is_the_sender),
		INBOUND_TEST(test_inbound_a_context_in_the_message_goes_before_the_headers),
		INBOUND_TEST(test_inbound_what_the_thread_calls_is_a_child_of_the_span),
		INBOUND_TEST(test_inbound_with_a_context_in_the_message_in_its_trace),
		INBOUND_TEST(test_inbound_of_what_may_not_be_mcp_the_sender_is_the_parent),
		INBOUND_TEST(test_inbound_listeners_and_answers_are_not_worked_for),
		INBOUND_TEST(test_inbound_two_at_once_have_no_parent),
		INBOUND_TEST(test_inbound_answered_before_it_was_read_it_is_not_worked_for),
		INBOUND_TEST(test_inbound_who_has_no_more_to_say_is_still_answered),
		INBOUND_TEST(test_inbound_an_answer_sent_unseen_is_a_gap),
		INBOUND_TEST(test_inbound_the_client_is_named_by_its_address),
		INBOUND_TEST(test_inbound_without_memory_it_is_followed_and_not_reported),
	};

	return GT_TESTS(tests);
}
