/* A process reads the settings once, so each case runs in a child process. */
#include "support/test.h"

#include "shim/conn.h"
#include "shim/context.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/shared/env.h"
#include "support/in_child.h"

#define TRACE_A	 "0af7651916cd43dd8448eb211c80319c"
#define SPAN_A	 "b7ad6b7169203331"
#define TRACE_B	 "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_B	 "00f067aa0ba902b7"
#define PARENT_A "00-" TRACE_A "-" SPAN_A "-01"
#define PARENT_B "00-" TRACE_B "-" SPAN_B "-01"

static void start(char *const env[])
{
	gt_env_snapshot(env);
	gt_context_init();
}

static struct gt_request_view view_of(const char *lines)
{
	static char head[8192];
	struct gt_http1_head h;
	struct gt_request_view v;
	int n = snprintf(head, sizeof(head), "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);

	gt_child_check(gt_http1_parse_head(GT_HTTP1_REQUEST, head, (size_t)n, NULL, &h) == n);
	gt_request_view_of(&h, &v);
	return v;
}

static bool is_hex(const uint8_t *bytes, size_t n, const char *hex)
{
	char text[64];

	gt_hex(bytes, n, text);
	return !memcmp(text, hex, 2 * n);
}

/* The lines for a request, terminated. */
static const char *lines_for(const struct gt_parentage *p, const struct gt_request_view *v)
{
	static char out[16384];
	size_t max = gt_context_lines_max(), n;
	char *room = malloc(max);

	n = gt_context_lines(p, v, room, max);
	gt_child_check(n <= max);
	memcpy(out, room, n);
	out[n] = 0;
	free(room);
	return out;
}

#define CHILD(name) static void name(void *unused)
#define IN_CHILD(f) assert_int_equal(gt_in_child(f, NULL), 0)

CHILD(root)
{
	struct gt_request_view v;
	struct gt_parentage p;
	char value[GT_TRACEPARENT_LEN], expected[256];

	(void)unused;
	start((char *[]){ NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(gt_is_all_zero(p.parent.b, 8));
	gt_child_check(!p.parent_is_remote);
	gt_child_check(!gt_is_all_zero(p.span.trace_id.b, 16) && !gt_is_all_zero(p.span.span_id.b, 8));
	gt_child_check(p.span.flags == (GT_TRACE_SAMPLED | GT_TRACE_RANDOM));
	gt_child_check(p.tracestate_len == 0);
	gt_traceparent_format(&p.span, value);
	snprintf(expected, sizeof(expected), "traceparent: %.*s\r\n", GT_TRACEPARENT_LEN, value);
	gt_child_check(!strcmp(lines_for(&p, &v), expected));
}

static void test_context_without_any_parent_the_span_is_a_root(void **state)
{
	(void)state;
	IN_CHILD(root);
}

CHILD(env_parent)
{
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "TRACEPARENT=" PARENT_A, "TRACESTATE=a=1,b=2", "BAGGAGE=k=v", NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_A) && is_hex(p.parent.b, 8, SPAN_A));
	gt_child_check(!is_hex(p.span.span_id.b, 8, SPAN_A));
	gt_child_check(p.parent_is_remote);
	/* same trace id: the random bit is copied, here unset */
	gt_child_check(p.span.flags == GT_TRACE_SAMPLED);
	gt_child_check(gt_str_eq(gt_str_make(p.tracestate, p.tracestate_len), GT_STR("a=1,b=2")));
	gt_child_check(strstr(lines_for(&p, &v), "traceparent: 00-" TRACE_A "-"));
	gt_child_check(strstr(lines_for(&p, &v), "-01\r\ntracestate: a=1,b=2\r\nbaggage: k=v\r\n"));
}

static void test_context_environment_is_the_parent_of_everything(void **state)
{
	(void)state;
	IN_CHILD(env_parent);
}

CHILD(app_parent)
{
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "TRACEPARENT=" PARENT_A, "TRACESTATE=a=1", NULL });
	v = view_of("TraceParent:  " PARENT_B "\t\r\ntracestate: z=9\r\n");
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_B) && is_hex(p.parent.b, 8, SPAN_B));
	gt_child_check(!p.parent_is_remote);
	gt_child_check(gt_str_eq(gt_str_make(p.tracestate, p.tracestate_len), GT_STR("z=9")));
	gt_child_check(!strstr(lines_for(&p, &v), "traceparent"));
	gt_child_check(!strstr(lines_for(&p, &v), "tracestate"));
	/* the tracestate of the environment belongs to another trace */
	v = view_of("traceparent: " PARENT_B "\r\n");
	gt_context_new(&v, &p);
	gt_child_check(p.tracestate_len == 0);
	v = view_of("traceparent: " PARENT_B "\r\ntracestate: BAD\r\n");
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.parent.b, 8, SPAN_B) && p.tracestate_len == 0);
}

static void test_context_the_applications_own_traceparent_is_the_parent_and_stands_alone(void **state)
{
	(void)state;
	IN_CHILD(app_parent);
}

CHILD(bad_app_parent)
{
	static const char *const lines[] = {
		"traceparent: " PARENT_B "\r\ntraceparent: " PARENT_B "\r\n",
		"traceparent: nonsense\r\n",
		"traceparent:\r\n",
		"traceparent: ff-" TRACE_B "-" SPAN_B "-01\r\n",
		"traceparent: " PARENT_B "," PARENT_B "\r\n",
	};

	(void)unused;
	start((char *[]){ "TRACEPARENT=" PARENT_A, NULL });
	for (size_t i = 0; i < GT_ROWS(lines); i++) {
		struct gt_request_view v = view_of(lines[i]);
		struct gt_parentage p;

		gt_context_new(&v, &p);
		gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_A) && is_hex(p.parent.b, 8, SPAN_A));
		gt_child_check(!strstr(lines_for(&p, &v), "traceparent")); /* never a second traceparent */
	}
}

static void test_context_an_invalid_traceparent_is_no_parent_but_is_not_doubled(void **state)
{
	(void)state;
	IN_CHILD(bad_app_parent);
}

CHILD(bad_env)
{
	struct gt_request_view v;
	struct gt_parentage p;
	char *big = malloc(9000);

	(void)unused;
	start((char *[]){ "TRACEPARENT=00-" TRACE_A "-0000000000000000-01", "TRACESTATE=a=1", "BAGGAGE=a=1\r\nx-evil: 1",
			  NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(!is_hex(p.span.trace_id.b, 16, TRACE_A) && gt_is_all_zero(p.parent.b, 8));
	gt_child_check(p.tracestate_len == 0);
	gt_child_check(!strstr(lines_for(&p, &v), "baggage") && !strstr(lines_for(&p, &v), "tracestate"));

	memset(big, 'a', 9000);
	memcpy(big, "BAGGAGE=", 8);
	big[8 + 8192] = 0;
	start((char *[]){ big, NULL });
	gt_child_check(strlen(lines_for(&p, &v)) > 8192);
	big[8 + 8192] = 'a';
	big[8 + 8193] = 0;
	start((char *[]){ big, NULL });
	gt_child_check(!strstr(lines_for(&p, &v), "baggage")); /* a member may be dropped whole, but never cut */
}

static void test_context_bad_environment_is_ignored_and_never_ends_a_header_line(void **state)
{
	(void)state;
	IN_CHILD(bad_env);
}

CHILD(requests_own)
{
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "TRACEPARENT=" PARENT_A, "TRACESTATE=a=1", "BAGGAGE=k=v", NULL });
	v = view_of("baggage: own=1\r\n");
	gt_context_new(&v, &p);
	gt_child_check(strstr(lines_for(&p, &v), "tracestate: a=1\r\n") && !strstr(lines_for(&p, &v), "baggage"));
	v = view_of("tracestate: own=1\r\n");
	gt_child_check(!strstr(lines_for(&p, &v), "tracestate") && strstr(lines_for(&p, &v), "baggage: k=v\r\n"));
}

static void test_context_what_a_request_has_is_not_added_again(void **state)
{
	(void)state;
	IN_CHILD(requests_own);
}

static void propagators(void *user)
{
	static const struct {
		const char *list;
		bool trace, baggage;
	} rows[] = {
		{ "tracecontext,baggage", true, true },
		{ "tracecontext", true, false },
		{ "baggage", false, true },
		{ "none", false, false },
		{ " TraceContext , Baggage ", true, true },
		{ "b3", false, false },
		{ "", true, true },
	};
	size_t i = *(size_t *)user;
	struct gt_request_view v;
	struct gt_parentage p;
	char list[64];

	if (i >= GT_ROWS(rows))
		_exit(99);
	snprintf(list, sizeof(list), "OTEL_PROPAGATORS=%s", rows[i].list);
	start((char *[]){ list, "TRACEPARENT=" PARENT_A, "BAGGAGE=k=v", NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_A) == rows[i].trace);
	gt_child_check(!!strstr(lines_for(&p, &v), "traceparent: ") == rows[i].trace);
	gt_child_check(!!strstr(lines_for(&p, &v), "baggage: k=v") == rows[i].baggage);
}

static void test_context_propagators(void **state)
{
	size_t i = 0;
	int ret;

	(void)state;
	while ((ret = gt_in_child(propagators, &i)) == 0)
		i++;
	assert_int_equal(ret, 99); /* the end of the table */
}

CHILD(sampling)
{
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "OTEL_TRACES_SAMPLER=parentbased_always_off", NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(!(p.span.flags & GT_TRACE_SAMPLED));
	/* an unsampled context is still propagated, so the server does not sample either */
	gt_child_check(strstr(lines_for(&p, &v), "-02\r\n"));
	v = view_of("traceparent: 00-" TRACE_B "-" SPAN_B "-03\r\n");
	gt_context_new(&v, &p);
	gt_child_check(p.span.flags == (GT_TRACE_SAMPLED | GT_TRACE_RANDOM));
	v = view_of("traceparent: 00-" TRACE_B "-" SPAN_B "-02\r\n");
	gt_context_new(&v, &p);
	gt_child_check(p.span.flags == GT_TRACE_RANDOM);
}

static void test_context_flags_carry_the_sampling_decision(void **state)
{
	(void)state;
	IN_CHILD(sampling);
}

CHILD(one_run)
{
	struct gt_request_view v;
	struct gt_parentage p, q;

	(void)unused;
	start((char *[]){ "GENTAP_RUN_TRACE_ID=" TRACE_B, NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_context_new(&v, &q);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_B) && is_hex(q.span.trace_id.b, 16, TRACE_B));
	gt_child_check(gt_is_all_zero(p.parent.b, 8));
	gt_child_check(memcmp(p.span.span_id.b, q.span.span_id.b, 8));
}

CHILD(zero_run)
{
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "GENTAP_RUN_TRACE_ID=00000000000000000000000000000000", NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(!gt_is_all_zero(p.span.trace_id.b, 16));
}

static void test_context_roots_of_one_run_share_its_trace_id(void **state)
{
	(void)state;
	IN_CHILD(one_run);
	IN_CHILD(zero_run);
}

CHILD(while_serving)
{
	static const char in[] = "POST /ask HTTP/1.1\r\ntraceparent: " PARENT_B "\r\ntracestate: s=1\r\n\r\n";
	struct gt_conn *c;
	struct gt_request_view v;
	struct gt_parentage p;

	(void)unused;
	start((char *[]){ "TRACEPARENT=" PARENT_A, "TRACESTATE=a=1", NULL });
	gt_pool_init(1 << 20);
	c = gt_conn_new(GT_ROLE_INBOUND, false);
	gt_rx(c, &(struct iovec){ (void *)in, sizeof(in) - 1 }, 1, sizeof(in) - 1);
	v = view_of("");
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_B) && is_hex(p.parent.b, 8, SPAN_B));
	gt_child_check(p.parent_is_remote);
	gt_child_check(gt_str_eq(gt_str_make(p.tracestate, p.tracestate_len), GT_STR("s=1")));
	gt_conn_close(c);
	gt_context_new(&v, &p);
	gt_child_check(is_hex(p.span.trace_id.b, 16, TRACE_A));
	gt_child_check(gt_str_eq(gt_str_make(p.tracestate, p.tracestate_len), GT_STR("a=1")));
}

static void test_context_the_request_being_served_comes_before_the_environment(void **state)
{
	(void)state;
	IN_CHILD(while_serving);
}

CHILD(little_room)
{
	struct gt_request_view v;
	struct gt_parentage p;
	char out[128];

	(void)unused;
	start((char *[]){ "BAGGAGE=k=v", NULL });
	v = view_of("");
	gt_context_new(&v, &p);
	for (size_t cap = 0; cap < sizeof(out); cap++) {
		memset(out, 'x', sizeof(out));
		gt_child_check(gt_context_lines(&p, &v, out, cap) <= cap);
		for (size_t i = cap; i < sizeof(out); i++)
			gt_child_check(out[i] == 'x');
	}
}

static void test_context_lines_stay_within_their_room(void **state)
{
	(void)state;
	IN_CHILD(little_room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_context_without_any_parent_the_span_is_a_root),
		GT_TEST(test_context_environment_is_the_parent_of_everything),
		GT_TEST(test_context_the_applications_own_traceparent_is_the_parent_and_stands_alone),
		GT_TEST(test_context_an_invalid_traceparent_is_no_parent_but_is_not_doubled),
		GT_TEST(test_context_bad_environment_is_ignored_and_never_ends_a_header_line),
		GT_TEST(test_context_what_a_request_has_is_not_added_again),
		GT_TEST(test_context_propagators),
		GT_TEST(test_context_flags_carry_the_sampling_decision),
		GT_TEST(test_context_roots_of_one_run_share_its_trace_id),
		GT_TEST(test_context_the_request_being_served_comes_before_the_environment),
		GT_TEST(test_context_lines_stay_within_their_room),
	};

	return GT_TESTS(tests);
}
