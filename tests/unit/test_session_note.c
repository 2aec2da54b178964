/* What gentap keeps of a GnuTLS session. */
#include "support/fail_nth.h"
#include "support/test.h"

#include "shim/session_note.h"
#include "shim/write_retry.h"

static void test_session_note_lives_until_it_is_dropped(void **state)
{
	struct gt_session_note *n;
	int session = 0;

	(void)state;
	assert_null(gt_session_note_of(&session));
	n = gt_session_note_add(&session);
	assert_non_null(n);
	n->is_corked = true;
	assert_ptr_equal(gt_session_note_add(&session), n);
	assert_ptr_equal(gt_session_note_of(&session), n);
	gt_session_note_drop(&session);
	assert_null(gt_session_note_of(&session));
	assert_false(gt_session_note_add(&session)->is_corked);
	gt_session_note_drop(&session);
	gt_session_note_drop(&session);
	assert_null(gt_session_note_add(NULL));
}

static void test_session_note_keeps_the_last_refused_write(void **state)
{
	static char longer[GT_WRITE_RETRY_COPY_MAX + 1];
	struct gt_session_note *n;
	int session = 0;

	(void)state;
	n = gt_session_note_add(&session);
	gt_session_note_refused(n, "abc", 3);
	assert_memory_equal(n->refused, "abc", 3);
	gt_session_note_refused(n, longer, sizeof(longer));
	assert_int_equal(n->refused_len, GT_WRITE_RETRY_COPY_MAX);
	gt_fail_nth(1);
	gt_session_note_refused(n, "abc", 3);
	gt_fail_none();
	assert_null(n->refused);
	gt_session_note_refused(n, "abc", 3);
	gt_session_note_drop(&session); /* frees it */
}

static void test_session_note_a_full_table_keeps_nothing_of_a_session(void **state)
{
	static char sessions[20000];
	size_t kept = 0, lost = 0;

	(void)state;
	for (size_t i = 16; i < sizeof(sessions); i += 16)
		*(gt_session_note_add(&sessions[i]) ? &kept : &lost) += 1;
	assert_true(kept > 400 && lost > 0);
	for (size_t i = 16; i < sizeof(sessions); i += 16)
		gt_session_note_drop(&sessions[i]);
	assert_non_null(gt_session_note_add(&sessions[sizeof(sessions) - 1]));
	gt_session_note_drop(&sessions[sizeof(sessions) - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_session_note_lives_until_it_is_dropped),
		GT_TEST(test_session_note_keeps_the_last_refused_write),
		GT_TEST(test_session_note_a_full_table_keeps_nothing_of_a_session),
	};

	return GT_TESTS(tests);
}
