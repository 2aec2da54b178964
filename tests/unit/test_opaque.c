/* Connections to providers that gentap cannot read. */
#include "support/fake_exporter_thread.h"
#include "support/fresh_shim.h"
#include "support/loopback.h"
#include "support/reported.h"
#include "support/test.h"

#include <dlfcn.h>
#include <unistd.h>

#include "shim/guard.h"
#include "shim/object.h"
#include "shim/opaque.h"
#include "shim/shared/stat.h"

#define NAME "api.openai.com"

static struct gt_reported reported;
static int ends[2];

static int fresh(void **state)
{
	(void)state;
	gt_fresh_shim(1 << 20);
	gt_opaque_after_fork();
	assert_true(gt_loopback_pair(ends));
	return 0;
}

static int clean(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	gt_reported_free(&reported);
	memset(&reported, 0, sizeof(reported));
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fresh, clean)

static void begin(const char *name)
{
	gt_opaque_begin(ends[0], GT_PROTOCOL_TLS, gt_str_of(name));
}

static struct gt_opaque_facts facts_of(int n)
{
	const struct gt_reported_event *e = gt_reported_nth(&reported, GT_EVENT_REQUEST, n);
	struct gt_opaque_facts facts = { 0 };

	assert_non_null(e);
	assert_true(e->data.len >= sizeof(facts));
	memcpy(&facts, e->data.p, sizeof(facts));
	return facts;
}

/* `n` series of events. */
static void assert_spans(int n)
{
	char expected[300] = "";

	for (int i = 0; i < n; i++)
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%sBEGIN REQUEST END", i ? " " : "");
	assert_string_equal(gt_reported_text(&reported, 0), expected);
}

static void test_opaque_a_closed_connection_is_reported_with_its_bytes(void **state)
{
	struct gt_begin b;

	(void)state;
	begin(NAME);
	assert_int_equal(gt_opaque_open, 1);
	assert_int_equal(write(ends[0], "12345", 5), 5);
	assert_int_equal(write(ends[1], "123", 3), 3);
	gt_opaque_close(ends[0]);
	assert_spans(1);
	b = gt_reported_begin(&reported, 0);
	assert_int_equal(b.api, GT_API_OPAQUE);
	assert_int_equal(b.source, GT_SOURCE_MESSAGE);
	assert_false(b.is_injected);
	assert_true(b.port > 0);
	assert_str(gt_reported_host(&reported, 0), NAME);
	assert_str(gt_reported_provider(&reported, 0), "");
	assert_true(facts_of(0).has_bytes && facts_of(0).is_end_seen && !facts_of(0).is_quic);
	assert_int_equal(facts_of(0).sent, 5);
	assert_int_equal(facts_of(0).received, 3);
	assert_int_equal(gt_fake_wanted, 1);
	assert_int_equal(gt_opaque_open, 0);
	assert_false(gt_opaque_is_due());
	gt_opaque_end(false);
	assert_spans(1);
}

static void test_opaque_other_servers_are_not_noted(void **state)
{
	static const char *const names[] = { "", "example.com", "api.cloudflare.com", "x.databricks.com" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(names); i++)
		begin(names[i]);
	gt_opaque_begin(-1, GT_PROTOCOL_TLS, GT_STR(NAME));
	assert_int_equal(gt_opaque_open, 0);
}

static void test_opaque_a_connection_whose_plaintext_was_seen_is_forgotten(void **state)
{
	(void)state;
	begin(NAME);
	gt_opaque_seen(GT_STR("api.anthropic.com"));
	assert_int_equal(gt_opaque_open, 1);
	gt_opaque_seen(GT_STR(NAME));
	assert_int_equal(gt_opaque_open, 0);
	gt_opaque_close(ends[0]);
	gt_opaque_end(false);
	assert_spans(0);
}

static void test_opaque_what_a_followed_program_sends_itself_is_not_noted(void **state)
{
	const void *program;

	(void)state;
	gt_object_init();
	gt_self.from = (const void *)begin;
	program = gt_object_of(gt_self.from).map->l_ld;
	gt_opaque_follow(program);
	begin(NAME);
	assert_int_equal(gt_opaque_open, 0);
	gt_self.from = (const void *)dlsym; /* a library's code */
	begin(NAME);
	assert_int_equal(gt_opaque_open, 1);
	gt_opaque_follow(NULL);
	gt_self.from = NULL;
}

static void test_opaque_one_session_explains_one_connection(void **state)
{
	int more[2];

	(void)state;
	assert_true(gt_loopback_pair(more));
	begin(NAME);
	gt_opaque_begin(more[0], GT_PROTOCOL_TLS, GT_STR(NAME));
	gt_opaque_seen(GT_STR(NAME)); /* the older */
	gt_opaque_close(ends[0]);
	assert_spans(0);
	gt_opaque_close(more[0]);
	assert_spans(1);
	close(more[0]);
	close(more[1]);
}

static void test_opaque_a_closed_connection_waits_for_sessions_that_passed_no_byte(void **state)
{
	(void)state;
	gt_opaque_expect();
	assert_true(gt_opaque_expects());
	begin(NAME);
	gt_opaque_close(ends[0]);
	assert_spans(0);
	assert_true(gt_opaque_is_due());
	gt_opaque_seen(GT_STR(NAME)); /* its handshake had failed */
	gt_opaque_expect_less();
	assert_false(gt_opaque_is_due());
	assert_spans(0);

	gt_opaque_expect();
	begin(NAME);
	gt_opaque_close(ends[0]);
	gt_opaque_expect_less(); /* it was another server's */
	assert_spans(1);
	gt_opaque_expect_less();
	assert_false(gt_opaque_expects());
}

static void test_opaque_at_the_end_each_such_session_excuses_one(void **state)
{
	int more[2];

	(void)state;
	assert_true(gt_loopback_pair(more));
	gt_opaque_expect();
	begin(NAME);
	gt_opaque_begin(more[0], GT_PROTOCOL_TLS, GT_STR(NAME));
	gt_opaque_close(more[0]);
	gt_opaque_end(false);
	assert_spans(1);
	assert_false(gt_opaque_is_due());
	close(more[0]);
	close(more[1]);
}

static void test_opaque_with_a_followed_copy_of_openssl_a_closed_connection_waits_for_the_end(void **state)
{
	(void)state;
	gt_opaque_expect_copy();
	begin(NAME);
	gt_opaque_close(ends[0]);
	assert_spans(0);
	gt_opaque_end(false);
	assert_spans(1);
}

static void test_opaque_an_open_connection_ends_with_the_process(void **state)
{
	(void)state;
	begin(NAME);
	assert_int_equal(write(ends[0], "1", 1), 1);
	assert_true(gt_opaque_is_due());
	gt_opaque_end(false);
	assert_spans(1);
	assert_true(facts_of(0).is_end_seen);
	assert_int_equal(facts_of(0).sent, 1);
}

static void test_opaque_an_end_that_the_process_may_survive_is_not_seen(void **state)
{
	(void)state;
	begin(NAME);
	gt_opaque_end(true);
	assert_spans(1);
	assert_false(facts_of(0).is_end_seen);
}

static void test_opaque_a_close_that_no_hook_saw_ends_where_it_was_last_seen(void **state)
{
	int fd;

	(void)state;
	begin(NAME);
	assert_int_equal(write(ends[0], "1", 1), 1);
	gt_opaque_note(ends[0]);
	fd = dup(ends[1]);
	assert_int_equal(dup2(fd, ends[0]), ends[0]); /* the number is another socket's */
	gt_opaque_close(ends[0]);
	assert_spans(1);
	assert_false(facts_of(0).is_end_seen);
	assert_int_equal(facts_of(0).sent, 1);
	begin(NAME);
	gt_opaque_replaced(ends[0]);
	assert_spans(2);
	assert_false(facts_of(1).is_end_seen || facts_of(1).has_bytes);
	close(fd);
}

static void test_opaque_a_range_of_numbers_is_closed(void **state)
{
	(void)state;
	begin(NAME);
	gt_opaque_close_range((unsigned)ends[0] + 1, ~0U);
	assert_int_equal(gt_opaque_open, 1);
	gt_opaque_close_range((unsigned)ends[0], (unsigned)ends[0]);
	assert_int_equal(gt_opaque_open, 0);
	assert_spans(1);
}

static void test_opaque_more_connections_than_there_is_room_for_are_left_out(void **state)
{
	int pairs[GT_OPAQUE_MAX + 4][2];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(pairs); i++) {
		assert_true(gt_loopback_pair(pairs[i]));
		gt_opaque_begin(pairs[i][0], GT_PROTOCOL_TLS, GT_STR(NAME));
	}
	assert_int_equal(gt_opaque_open, GT_OPAQUE_MAX);
	gt_opaque_end(false);
	assert_int_equal(gt_opaque_open, 0);
	for (size_t i = 0; i < GT_ROWS(pairs); i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

static void test_opaque_a_forked_child_reports_none(void **state)
{
	(void)state;
	begin(NAME);
	gt_opaque_expect();
	gt_opaque_after_fork();
	assert_false(gt_opaque_is_due() || gt_opaque_expects());
	gt_opaque_end(false);
	assert_spans(0);
}

static void test_opaque_without_memory_it_is_counted(void **state)
{
	(void)state;
	gt_fresh_shim(0);
	begin(NAME);
	gt_opaque_close(ends[0]);
	assert_spans(0);
	assert_int_equal(gt_stat_get(GT_STAT_UNREPORTED), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_opaque_a_closed_connection_is_reported_with_its_bytes),
		CASE(test_opaque_other_servers_are_not_noted),
		CASE(test_opaque_a_connection_whose_plaintext_was_seen_is_forgotten),
		CASE(test_opaque_what_a_followed_program_sends_itself_is_not_noted),
		CASE(test_opaque_one_session_explains_one_connection),
		CASE(test_opaque_a_closed_connection_waits_for_sessions_that_passed_no_byte),
		CASE(test_opaque_at_the_end_each_such_session_excuses_one),
		CASE(test_opaque_an_open_connection_ends_with_the_process),
		CASE(test_opaque_an_end_that_the_process_may_survive_is_not_seen),
		CASE(test_opaque_a_close_that_no_hook_saw_ends_where_it_was_last_seen),
		CASE(test_opaque_a_range_of_numbers_is_closed),
		CASE(test_opaque_more_connections_than_there_is_room_for_are_left_out),
		CASE(test_opaque_a_forked_child_reports_none),
		CASE(test_opaque_without_memory_it_is_counted),
		CASE(test_opaque_with_a_followed_copy_of_openssl_a_closed_connection_waits_for_the_end), /* stays so */
	};

	return GT_TESTS(tests);
}
