/* What the launcher says about calls that gentap could not see: from the notes of the run's processes to the lines. */
#include "support/test.h"
#include "support/trace_rows.h"

#include "exporter/command/blind.h"
#include "exporter/command/summary.h"
#include "exporter/command/summary_json.h"

static void read_notes(struct gt_run_notes *notes, const char *const *lines)
{
	for (; *lines; lines++) {
		cJSON *json = cJSON_Parse(*lines);

		gt_run_notes_read(notes, json);
		cJSON_Delete(json);
	}
}

/* The summary of a run with these notes, and with the spans of the sample if it has any. */
static void assert_lines(const char *const *lines, const char *expected)
{
	char *const argv[] = { (char *)"agent", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_terminal terminal = UNICODE(80);
	struct gt_picture p;
	struct gt_trace t;

	gt_trace_make(&t, NULL, 0);
	read_notes(&t.notes, lines);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
	gt_assert_picture(&p.text, expected);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

#define AWAKE	    "{\"gentapProcess\":{\"pid\":1}}"
#define NOTE(rest)  "{\"gentapProcess\":{\"pid\":1," rest "}}"
#define UNREAD(...) NOTE("\"program\":\"node\",\"unread\":" __VA_ARGS__)
#define LINES(...)  ((const char *const[]){ AWAKE, __VA_ARGS__, NULL })
#define BLIND	    "gentap: no LLM or MCP call seen, but gentap could not see everything:\n"
#define ADVICE                                                                                                 \
	"gentap: their library is outside gentap's reach (README.md, \"What is covered\"); a gateway with an " \
	"http:// address on this machine shows such calls\n"

static void test_blind_run_names_program_protocol_and_servers(void **state)
{
	(void)state;
	assert_lines(LINES(UNREAD("\"tls\",\"host\":\"api.example\",\"port\":443,\"n\":1"),
			   UNREAD("\"tls\",\"host\":\"api.example\",\"port\":443,\"n\":2"),
			   UNREAD("\"tls\",\"host\":\"::1\",\"port\":8443,\"n\":1"),
			   UNREAD("\"tls\",\"host\":\"\",\"port\":0,\"n\":1"),
			   UNREAD("\"http2\",\"host\":\"h2.example\",\"port\":0,\"n\":1")),
		     BLIND "gentap: node: 5 TLS connections could not be read: api.example:443 (3), [::1]:8443, other servers\n"
			   "gentap: node: 1 HTTP/2 connection could not be read: h2.example\n" ADVICE);
}

static void test_blind_run_shows_a_few_servers_and_counts_the_rest(void **state)
{
	const char *lines[] = { AWAKE,
				UNREAD("\"quic\",\"host\":\"a\",\"port\":1,\"n\":1"),
				UNREAD("\"quic\",\"host\":\"b\",\"port\":1,\"n\":1"),
				UNREAD("\"quic\",\"host\":\"c\",\"port\":1,\"n\":1"),
				UNREAD("\"quic\",\"host\":\"d\",\"port\":1,\"n\":1"),
				UNREAD("\"quic\",\"host\":\"e\",\"port\":1,\"n\":1"),
				UNREAD("\"quic\",\"host\":\"f\",\"port\":1,\"n\":1"),
				NULL };

	(void)state;
	assert_lines(lines, BLIND "gentap: node: 6 QUIC connections could not be read: a:1, b:1, c:1, d:1 and 2 more\n" ADVICE);
}

static void test_blind_run_names_programs_without_gentap(void **state)
{
	(void)state;
	assert_lines(LINES(NOTE("\"untraced\":\"codex\",\"why\":\"static\""), NOTE("\"untraced\":\"codex\",\"why\":\"static\""),
			   NOTE("\"untraced\":\"su\",\"why\":\"privileged\""),
			   NOTE("\"untraced\":\"server\",\"why\":\"environment\""), NOTE("\"requests\":3")),
		     BLIND "gentap: codex ran without gentap (2 times): it is a static program\n"
			   "gentap: su ran without gentap: it runs with raised privileges\n"
			   "gentap: server ran without gentap: it was started without LD_PRELOAD in its environment\n");
}

static void test_blind_hint_names_the_server_that_may_be_an_api(void **state)
{
	(void)state;
	assert_lines(LINES(UNREAD("\"request\",\"host\":\"log.example\",\"port\":0,\"n\":1"),
			   UNREAD("\"request\",\"host\":\"llm.corp\",\"port\":8000,\"n\":2"), NOTE("\"requests\":9")),
		     "gentap: 2 JSON requests to llm.corp:8000 seen, but to no API that gentap knows; if it is one, add "
		     "llm.corp:8000=openai (or another provider) to GENTAP_ENDPOINTS\n");
}

static void test_blind_run_counts_what_was_seen_in_part(void **state)
{
	(void)state;
	assert_lines(
		LINES(NOTE("\"lost_connections\":1"), NOTE("\"unreported\":2"), NOTE("\"no_room\":1"), NOTE("\"unseen\":3")),
		BLIND "gentap: 1 connection was lost during a call\n"
		      "gentap: 2 calls have no span, for lack of memory\n"
		      "gentap: 1 connection was not followed: too many at once\n"
		      "gentap: 3 connections were not seen: their bytes pass in stdio, io_uring or raw system calls\n");
}

static void test_blind_notes_of_any_kind_do_no_harm(void **state)
{
	struct gt_run_notes notes = { .awake = 0 };
	const char *lines[] = { UNREAD("\"tls\""),
				UNREAD("\"tls\",\"n\":-1"),
				UNREAD("\"tls\",\"n\":1e300"),
				UNREAD("\"what\",\"n\":1"),
				UNREAD("7"),
				NOTE("\"unread\":\"tls\",\"n\":1,\"port\":99999,\"host\":7"),
				NOTE("\"untraced\":{}"),
				NOTE("\"lost\":\"x\""),
				"{\"gentapProcess\":7}",
				"7",
				NULL };

	(void)state;
	read_notes(&notes, lines);
	assert_int_equal(notes.unread[GT_RUN_TLS], 1);
	assert_int_equal(notes.n_servers, 1);
	assert_int_equal(notes.servers[0].port, 0);
	assert_string_equal(notes.untraced[0].program, "");
	for (int i = 0; i < 1000; i++) {
		char line[300], *also[] = { line, NULL };

		snprintf(line, sizeof(line), UNREAD("\"tls\",\"host\":\"%d.example\",\"n\":1"), i);
		read_notes(&notes, (const char *const *)also);
		snprintf(line, sizeof(line), NOTE("\"untraced\":\"%d%0100d\",\"why\":\"%0100d\""), i, 1, 2);
		read_notes(&notes, (const char *const *)also);
	}
	assert_int_equal(notes.n_servers, GT_RUN_SERVERS_MAX);
	assert_int_equal(notes.n_untraced, GT_RUN_UNTRACED_MAX);
	assert_int_equal(notes.unread[GT_RUN_TLS], 1001);
}

static void test_blind_notes_are_in_the_json(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_text out;
	struct gt_trace t;

	(void)state;
	gt_trace_make(&t, NULL, 0);
	read_notes(&t.notes, LINES(UNREAD("\"tls\",\"host\":\"api.example\",\"port\":443,\"n\":2"), NOTE("\"unseen\":1"),
				   NOTE("\"untraced\":\"codex\",\"why\":\"static\"")));
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	assert_non_null(strstr(out.p, "\"unseen_connections\":1,\"unread\":[{\"kind\":\"tls\",\"program\":\"node\","
				      "\"host\":\"api.example\",\"port\":443,\"count\":2}],"
				      "\"untraced\":[{\"program\":\"codex\",\"reason\":\"static\"}]"));
	gt_text_free(&out);
	gt_trace_free(&t);
}

static void test_blind_names_cannot_steer_the_terminal(void **state)
{
	(void)state;
	assert_lines(LINES(NOTE("\"untraced\":\"\\u001b[2Jx\",\"why\":\"static\"")),
		     BLIND "gentap: \xef\xbf\xbd[2Jx ran without gentap: it is a static program\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_blind_run_names_program_protocol_and_servers),
		GT_TEST(test_blind_run_shows_a_few_servers_and_counts_the_rest),
		GT_TEST(test_blind_run_names_programs_without_gentap),
		GT_TEST(test_blind_hint_names_the_server_that_may_be_an_api),
		GT_TEST(test_blind_run_counts_what_was_seen_in_part),
		GT_TEST(test_blind_notes_of_any_kind_do_no_harm),
		GT_TEST(test_blind_notes_are_in_the_json),
		GT_TEST(test_blind_names_cannot_steer_the_terminal),
	};

	return GT_TESTS(tests);
}
