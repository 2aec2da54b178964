/* Calls on a TLS session, with a library that takes what its script says. */
#include "support/client.h"
#include "support/fresh_shim.h"
#include "support/test.h"

#include "shim/guard.h"
#include "shim/shared/stat.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"

#define ANSWER	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define REFUSED (-1)

static char session[64]; /* its address names it */

static struct {
	const long *answers; /* of the next writes: a count, or REFUSED; after them, everything is taken */
	int n;
	char wire[4096], offered[4096];
	size_t wire_len, offered_len;
	int calls;
	const char *incoming;
	bool ends;
	size_t (*in_read)(const char *text); /* a callback of the application, with OURS */
} library;

static size_t fake_write(struct gt_session_call *k, const char *buf, size_t len)
{
	long taken = library.n ? *library.answers++ : (long)len;

	library.n -= library.n > 0;
	library.calls++;
	memcpy(library.offered, buf, len);
	library.offered_len = len;
	if (taken > (long)len)
		taken = (long)len;
	k->ret = taken;
	if (taken <= 0)
		return 0;
	memcpy(library.wire + library.wire_len, buf, (size_t)taken);
	library.wire_len += (size_t)taken;
	return (size_t)taken;
}

static size_t fake_read(struct gt_session_call *k, const char **bytes)
{
	if (library.in_read)
		library.in_read(OURS);
	*bytes = library.incoming;
	k->ret = library.incoming ? (long)strlen(library.incoming) : -1;
	return k->ret > 0 ? (size_t)k->ret : 0;
}

static bool fake_has_ended(const struct gt_session_call *k, int err, enum gt_end_why *why, int *code)
{
	(void)err;
	*code = 0;
	*why = GT_END_EOF;
	return library.ends && k->ret < 0;
}

static bool fake_may_move(const struct gt_session_call *k)
{
	(void)k;
	return false;
}

static struct gt_str fake_server(const struct gt_session_call *k)
{
	(void)k;
	return GT_STR("api.openai.com");
}

static bool fake_may_be_open(const struct gt_session_call *k)
{
	(void)k;
	return true;
}

/* Its callers are in this program too. */
static const struct gt_session_library fake = {
	.is_in_program = true,
	.write = fake_write,
	.read = fake_read,
	.has_ended = fake_has_ended,
	.may_move = fake_may_move,
	.server = fake_server,
	.may_be_open = fake_may_be_open,
};

static int set_up(void **state)
{
	gt_tls_forget(session); /* with a refused write of the test before */
	gt_client_set_up(state);
	gt_conn_close(gt_client.conn);
	gt_tls_after_fork();
	memset(&library, 0, sizeof(library));
	atomic_store(&gt_awake, true);
	gt_owner_set();
	return 0;
}

static struct gt_session_call call(void)
{
	return (struct gt_session_call){ .library = &fake, .session = session, .from = (void *)&fake };
}

static size_t send_text(const char *text)
{
	struct gt_session_call k = call();

	return gt_session_write(&k, text, strlen(text));
}

static void receive(const char *text)
{
	struct gt_session_call k = call();

	library.incoming = text;
	gt_session_read(&k);
}

static void test_session_a_write_that_waits_for_the_handshake_is_offered_alike_each_time(void **state)
{
	static const long answers[] = { REFUSED, REFUSED, REFUSED };
	char first[sizeof(library.offered)];

	(void)state;
	library.answers = answers;
	library.n = GT_ROWS(answers);
	assert_int_equal(send_text(OURS), 0);
	assert_int_equal(library.offered_len, strlen(OURS) + INSERTED_LEN);
	memcpy(first, library.offered, library.offered_len);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send_text(OURS), 0);
		assert_memory_equal(library.offered, first, library.offered_len);
	}
	assert_int_equal(send_text(OURS), strlen(OURS));
	assert_memory_equal(library.wire, first, strlen(OURS) + INSERTED_LEN);
	assert_reported("BEGIN REQUEST");
	receive(ANSWER);
	assert_reported("BEGIN REQUEST RESPONSE");
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 0);
}

static void test_session_without_bytes_the_application_gets_the_library_s_result(void **state)
{
	static const long answers[] = { -7 };
	struct gt_session_call k = call();

	(void)state;
	library.answers = answers;
	library.n = GT_ROWS(answers);
	assert_int_equal(gt_session_write(&k, OURS, strlen(OURS)), 0);
	assert_int_equal(k.ret, -7);
}

static void test_session_a_write_that_is_taken_in_parts_gives_the_application_its_own_counts(void **state)
{
	size_t whole = strlen(OURS) + INSERTED_LEN;

	(void)state;
	for (long part = 1; part < (long)whole; part++) {
		long answers[] = { part };
		size_t sent = 0;

		set_up(state);
		library.answers = answers;
		library.n = GT_ROWS(answers);
		for (int i = 0; i < 4 && sent < strlen(OURS); i++)
			sent += send_text(OURS + sent);
		assert_int_equal(sent, strlen(OURS));
		assert_int_equal(library.wire_len, whole);
		gt_reported_text(&gt_client.reported, 0);
		assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
	}
}

static void test_session_other_bytes_are_left_alone_for_good(void **state)
{
	static const char other[] = "SSH-2.0-OpenSSH_9.2p1\r\n";

	(void)state;
	assert_int_equal(send_text(other), strlen(other));
	assert_int_equal(gt_tls_entry(session), GT_TLS_IGNORED);
	assert_int_equal(send_text(OURS), strlen(OURS));
	assert_int_equal(library.wire_len, strlen(other) + strlen(OURS));
	assert_reported("");
}

static void test_session_a_write_in_a_callback_of_a_read_is_the_application_s(void **state)
{
	(void)state;
	library.in_read = send_text;
	receive(NULL);
	assert_int_equal(library.wire_len, strlen(OURS) + INSERTED_LEN);
	assert_reported("BEGIN REQUEST");
	assert_int_equal(gt_self.depth, 0);
}

static void test_session_a_free_by_the_library_ends_it_for_all_its_owners(void **state)
{
	struct gt_session_call k = call();

	(void)state;
	send_text(OURS);
	gt_session_held(session, k.from);
	gt_session_freed(&k);
	assert_false(gt_tls_is_known(session));
	assert_reported("BEGIN REQUEST END");
}

static void test_session_its_end_ends_the_exchange_and_frees_the_address(void **state)
{
	struct gt_session_call k = call();

	(void)state;
	send_text(OURS);
	library.ends = true;
	receive(NULL);
	assert_reported("BEGIN REQUEST END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_EOF);
	gt_session_released(&k);
	assert_false(gt_tls_is_known(session));
	assert_int_equal(send_text(OTHER), strlen(OTHER));
	assert_true(gt_tls_entry(session) >= GT_TLS_CONN);
	gt_session_ends(session, k.from);
	assert_false(gt_tls_is_known(session));
}

static void test_session_asleep_a_write_is_the_application_s(void **state)
{
	(void)state;
	atomic_store(&gt_awake, false);
	assert_int_equal(send_text(OURS), strlen(OURS));
	assert_memory_equal(library.wire, OURS, strlen(OURS));
	assert_reported("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_session_a_write_that_waits_for_the_handshake_is_offered_alike_each_time, set_up),
		GT_TEST_FRESH(test_session_without_bytes_the_application_gets_the_library_s_result, set_up),
		GT_TEST_FRESH(test_session_a_write_that_is_taken_in_parts_gives_the_application_its_own_counts, set_up),
		GT_TEST_FRESH(test_session_other_bytes_are_left_alone_for_good, set_up),
		GT_TEST_FRESH(test_session_a_write_in_a_callback_of_a_read_is_the_application_s, set_up),
		GT_TEST_FRESH(test_session_a_free_by_the_library_ends_it_for_all_its_owners, set_up),
		GT_TEST_FRESH(test_session_its_end_ends_the_exchange_and_frees_the_address, set_up),
		GT_TEST_FRESH(test_session_asleep_a_write_is_the_application_s, set_up),
	};

	return GT_TESTS(tests);
}
