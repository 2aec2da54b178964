#include "support/fresh_shim.h"
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "shim/handoff.h"
#include "shim/shared/stat.h"
#include "shim/tls_table.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static int set_up(void **state)
{
	(void)state;
	gt_tls_after_fork();
	gt_fresh_shim(1 << 20);
	return 0;
}

static struct gt_conn *adopt(const void *ssl)
{
	return gt_tls_adopt(ssl, GT_ROLE_OUTBOUND, GET, strlen(GET));
}

static bool is_free(struct gt_conn *c)
{
	if (!gt_conn_ref(c))
		return true;
	gt_conn_unref(c);
	return false;
}

static const void *session(uintptr_t n)
{
	return (const void *)(0x550000000000 + n * 0x1c50); /* heap blocks of the size of an SSL */
}

static void test_tls_table_a_session_lives_until_its_last_owner_frees_it(void **state)
{
	struct gt_conn *c;
	uint32_t entry;

	(void)state;
	assert_false(gt_tls_is_known(session(1)));
	gt_tls_hold(session(1)); /* before its first bytes */
	assert_true(gt_tls_is_known(session(1)));
	assert_int_equal(gt_tls_entry(session(1)), 0);
	c = adopt(session(1));
	entry = gt_tls_entry(session(1));
	gt_tls_hold(session(1));
	assert_false(gt_tls_release(session(1)));
	assert_false(gt_tls_release(session(1)));
	assert_int_equal(gt_tls_entry(session(1)), entry);
	assert_true(gt_tls_release(session(1)));
	gt_tls_forget(session(1));
	assert_false(gt_tls_is_known(session(1)));
	assert_true(gt_tls_release(session(1))); /* unknown: the hook frees it */
	gt_conn_unref(c);
}

/* SSL_clear: the same object starts anew, and its owners stay. */
static void test_tls_table_a_session_that_starts_anew_keeps_its_owners(void **state)
{
	struct gt_conn *c;

	(void)state;
	c = adopt(session(1));
	gt_tls_hold(session(1));
	gt_tls_forget(session(1));
	gt_conn_unref(c);
	assert_int_equal(gt_tls_entry(session(1)), 0);
	assert_false(gt_tls_release(session(1)));
	assert_true(gt_tls_release(session(1)));
}

static void test_tls_table_a_session_is_its_connection_until_it_is_freed(void **state)
{
	struct gt_conn *c;
	uint32_t entry;

	(void)state;
	assert_int_equal(gt_tls_entry(session(1)), 0);
	c = adopt(session(1));
	assert_non_null(c);
	entry = gt_tls_entry(session(1));
	assert_true(entry >= GT_TLS_CONN);
	assert_ptr_equal(gt_tls_conn(session(1), entry), c);
	assert_int_equal(gt_tls_entry(session(2)), 0);
	assert_null(gt_tls_conn(session(2), entry)); /* the entry of another session */
	gt_conn_unref(c);
	gt_conn_unref(c);
	assert_false(is_free(c));
	gt_tls_forget(session(1));
	assert_true(is_free(c));
	assert_int_equal(gt_tls_entry(session(1)), 0);
	assert_null(gt_tls_conn(session(1), entry));
	gt_tls_forget(session(1)); /* a second call does no harm */
}

static void test_tls_table_a_session_that_is_no_http_is_ignored_until_it_is_freed(void **state)
{
	(void)state;
	assert_null(gt_tls_adopt(session(1), GT_ROLE_OUTBOUND, "\x00\x00\x00\x08", 4));
	assert_int_equal(gt_tls_entry(session(1)), GT_TLS_IGNORED);
	assert_null(gt_tls_conn(session(1), GT_TLS_IGNORED));
	gt_tls_forget(session(1));
	assert_int_equal(gt_tls_entry(session(1)), 0);
}

static void test_tls_table_an_ended_connection_leaves_its_session_ignored(void **state)
{
	struct gt_conn *c = adopt(session(1));

	(void)state;
	gt_conn_unref(c);
	gt_tls_ignore(session(1));
	assert_int_equal(gt_tls_entry(session(1)), GT_TLS_IGNORED);
	assert_true(is_free(c));
	gt_tls_ignore(session(1));
	gt_tls_ignore(session(77)); /* never seen */
	assert_int_equal(gt_tls_entry(session(77)), 0);
}

static void test_tls_table_an_address_used_again_is_another_session(void **state)
{
	struct gt_conn *c, *d;

	(void)state;
	c = adopt(session(1));
	gt_conn_unref(c);
	gt_tls_forget(session(1));
	d = gt_tls_adopt(session(1), GT_ROLE_INBOUND, GET, strlen(GET));
	assert_non_null(d);
	assert_int_equal(gt_conn_role(d), GT_ROLE_INBOUND);
	gt_conn_unref(d);
	gt_tls_forget(session(1));
}

static void test_tls_table_holds_thousands_of_sessions_without_mixing_them(void **state)
{
	enum { N = 3000 };
	static struct gt_conn *c[N];

	(void)state;
	for (uintptr_t i = 0; i < N; i++) {
		c[i] = adopt(session(i));
		if (c[i])
			gt_conn_unref(c[i]);
	}
	for (uintptr_t i = 0; i < N; i++) {
		uint32_t entry = gt_tls_entry(session(i));
		struct gt_conn *found = gt_tls_conn(session(i), entry);

		assert_ptr_equal(found, c[i]);
		if (found)
			gt_conn_unref(found);
	}
	assert_true(gt_stat_get(GT_STAT_CONN_FULL) < N / 100);
	for (uintptr_t i = 0; i < N; i++)
		gt_tls_forget(session(i));
	for (uintptr_t i = 0; i < N; i++)
		assert_true(!c[i] || is_free(c[i]));
}

static void test_tls_table_a_full_window_leaves_the_new_session_alone(void **state)
{
	uintptr_t n = 0, first_refused = 0;
	struct gt_conn *c;

	(void)state;
	/* ignored sessions take no slot of conn.c, so the table itself gets full */
	for (; gt_stat_get(GT_STAT_CONN_FULL) == 0; n++) {
		gt_tls_adopt(session(n), GT_ROLE_OUTBOUND, "\x00", 1);
		assert_true(n < 20000);
		first_refused = n;
	}
	assert_int_equal(gt_tls_entry(session(first_refused)), 0);
	c = adopt(session(first_refused));
	assert_null(c);
	for (int i = 0; i < GT_CONN_MAX; i++) /* and every slot of conn.c is still there */
		assert_non_null(c = gt_conn_new(GT_ROLE_OUTBOUND, true));
	gt_tls_forget(session(0));
	for (uintptr_t i = 0; i < n; i++)
		gt_tls_forget(session(i));
	for (uintptr_t i = 0; i < n; i++)
		assert_int_equal(gt_tls_entry(session(i)), 0);
}

static void test_tls_table_when_connections_run_out_the_session_is_ignored(void **state)
{
	(void)state;
	for (int i = 0; i < GT_CONN_MAX; i++)
		assert_non_null(gt_conn_new(GT_ROLE_OUTBOUND, true));
	assert_null(adopt(session(1)));
	assert_int_equal(gt_tls_entry(session(1)), GT_TLS_IGNORED);
}

static void test_tls_table_a_forked_child_knows_no_session(void **state)
{
	struct gt_conn *c = adopt(session(1));

	(void)state;
	gt_conn_unref(c);
	gt_tls_after_fork();
	gt_fresh_shim(1 << 20);
	assert_int_equal(gt_tls_entry(session(1)), 0);
	c = adopt(session(1));
	assert_non_null(c);
	gt_conn_unref(c);
}

/* ---------------------------------------------------------------- threads, each with sessions of its own */

enum { THREADS = 8, ROUNDS = 5000 };
static _Atomic int wrong;

static void *lives(void *p)
{
	uintptr_t base = (uintptr_t)p * 100;

	for (int i = 0; i < ROUNDS; i++) {
		const void *ssl = session(base + (uintptr_t)i % 7);
		struct gt_conn *c = adopt(ssl), *again;
		uint32_t entry = gt_tls_entry(ssl);

		if (!c)
			continue;
		again = gt_tls_conn(ssl, entry);
		if (again != c)
			wrong++;
		if (again)
			gt_conn_unref(again);
		gt_conn_unref(c);
		if (i % 2)
			gt_tls_ignore(ssl);
		gt_tls_forget(ssl);
		if (gt_tls_entry(ssl) != 0)
			wrong++;
	}
	return NULL;
}

static void test_tls_table_threads_with_sessions_of_their_own_do_not_meet(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	wrong = 0;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, lives, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(wrong, 0);
	for (int i = 0; i < GT_CONN_MAX; i++)
		assert_non_null(gt_conn_new(GT_ROLE_OUTBOUND, true));
}

int main(void)
{
#define T(f) GT_TEST_FRESH(f, set_up)
	const struct CMUnitTest tests[] = {
		T(test_tls_table_a_session_is_its_connection_until_it_is_freed),
		T(test_tls_table_a_session_lives_until_its_last_owner_frees_it),
		T(test_tls_table_a_session_that_starts_anew_keeps_its_owners),
		T(test_tls_table_a_session_that_is_no_http_is_ignored_until_it_is_freed),
		T(test_tls_table_an_ended_connection_leaves_its_session_ignored),
		T(test_tls_table_an_address_used_again_is_another_session),
		T(test_tls_table_holds_thousands_of_sessions_without_mixing_them),
		T(test_tls_table_a_full_window_leaves_the_new_session_alone),
		T(test_tls_table_when_connections_run_out_the_session_is_ignored),
		T(test_tls_table_a_forked_child_knows_no_session),
		T(test_tls_table_threads_with_sessions_of_their_own_do_not_meet),
	};

	return GT_TESTS(tests);
}
