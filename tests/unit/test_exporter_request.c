/*
 * The test is the application's thread; another thread of the test is the exporter's.
 */
#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/exporter_request.h"

#define MS(n) ((n) * GT_NS_PER_MS)

static _Atomic bool saw_flush, saw_may_go_on, saw_rest;

static void *answer_flush(void *is_busy)
{
	struct gt_mono deadline;
	bool may_go_on;

	while (!gt_exporter_request_must_flush(&deadline, &may_go_on))
		;
	saw_flush = deadline.ns > gt_mono_now().ns;
	saw_may_go_on = may_go_on;
	gt_exporter_request_drained(is_busy != NULL);
	return NULL;
}

static void *end_when_asked(void *unused)
{
	struct gt_mono deadline;

	(void)unused;
	while (!gt_exporter_request_must_rest(&deadline))
		;
	saw_rest = deadline.ns > 0;
	gt_exporter_request_ended(0);
	return NULL;
}

static int set_up(void **state)
{
	(void)state;
	gt_exporter_request_after_fork();
	saw_flush = saw_may_go_on = saw_rest = false;
	return 0;
}

static void flush(bool may_go_on, bool stays_busy)
{
	pthread_t thread;

	gt_exporter_request_set_busy(true);
	assert_int_equal(pthread_create(&thread, NULL, answer_flush, stays_busy ? &thread : NULL), 0);
	errno = 7;
	assert_true(gt_exporter_request_flush(gt_exporter_request_answers(), 60 * GT_NS_PER_S, may_go_on));
	assert_int_equal(errno, 7);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(saw_flush);
	assert_int_equal(saw_may_go_on, may_go_on);
	assert_false(gt_exporter_request_is_flush_due());
	assert_int_equal(gt_exporter_request_is_busy(), stays_busy);
}

static void test_exporter_request_a_flush_is_answered(void **state)
{
	(void)state;
	assert_false(gt_exporter_request_is_busy());
	flush(false, false);
	flush(true, true);
	flush(false, false);
}

static void test_exporter_request_a_flush_without_an_answer_ends_in_time(void **state)
{
	struct gt_mono begun = gt_mono_now(), deadline;
	bool may_go_on;

	(void)state;
	assert_false(gt_exporter_request_flush(gt_exporter_request_answers(), MS(20), false));
	assert_true(gt_mono_now().ns - begun.ns >= MS(20));
	/* the exporter has less time than the caller */
	assert_true(gt_exporter_request_must_flush(&deadline, &may_go_on));
	assert_true(deadline.ns < begun.ns + MS(20) + (gt_mono_now().ns - begun.ns - MS(20)));
	assert_false(may_go_on);
}

static void test_exporter_request_an_answer_before_the_question_is_not_missed(void **state)
{
	uint32_t answers = gt_exporter_request_answers(), ends = gt_exporter_request_ends();

	(void)state;
	gt_exporter_request_drained(false);
	gt_exporter_request_ended(0);
	assert_true(gt_exporter_request_flush(answers, 60 * GT_NS_PER_S, true));
	assert_true(gt_exporter_request_rest(ends, 60 * GT_NS_PER_S));
}

static void test_exporter_request_rest_waits_for_the_end_of_the_thread(void **state)
{
	struct gt_mono deadline;
	pthread_t thread;

	(void)state;
	assert_false(gt_exporter_request_must_rest(&deadline));
	assert_false(gt_exporter_request_rest(gt_exporter_request_ends(), MS(5)));
	assert_false(gt_exporter_request_must_rest(&deadline)); /* it asks no longer */
	assert_int_equal(pthread_create(&thread, NULL, end_when_asked, NULL), 0);
	assert_true(gt_exporter_request_rest(gt_exporter_request_ends(), 60 * GT_NS_PER_S));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(saw_rest);
}

static _Atomic int leaving;

static void *leave_slowly(void *unused)
{
	const struct timespec nap = { 0, MS(5) };

	(void)unused;
	leaving = (int)syscall(SYS_gettid);
	gt_exporter_request_leaves(leaving);
	nanosleep(&nap, NULL);
	return NULL;
}

static void test_exporter_request_a_thread_that_leaves_is_waited_for_once(void **state)
{
	struct gt_mono begun;
	pthread_t thread;

	(void)state;
	leaving = 0;
	assert_int_equal(pthread_create(&thread, NULL, leave_slowly, NULL), 0);
	while (!leaving)
		;
	errno = 7;
	gt_exporter_request_leaves(leaving);
	gt_exporter_request_wait_until_gone();
	assert_int_equal(errno, 7);
	assert_int_equal(syscall(SYS_tgkill, getpid(), leaving, 0), -1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* a thread that stays, and none at all, are not waited for */
	gt_exporter_request_leaves((int)syscall(SYS_gettid));
	gt_exporter_request_stays();
	begun = gt_mono_now();
	gt_exporter_request_wait_until_gone();
	assert_true(gt_mono_now().ns - begun.ns < MS(5));
}

static void test_exporter_request_a_child_is_asked_nothing(void **state)
{
	struct gt_mono deadline;
	bool may_go_on;

	(void)state;
	gt_exporter_request_set_busy(true);
	gt_exporter_request_set_settled(true);
	assert_false(gt_exporter_request_flush(gt_exporter_request_answers(), 1, false));
	gt_exporter_request_after_fork();
	assert_false(gt_exporter_request_is_busy());
	assert_false(gt_exporter_request_is_settled());
	assert_false(gt_exporter_request_must_flush(&deadline, &may_go_on));
	assert_true(may_go_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_exporter_request_a_flush_is_answered, set_up),
		GT_TEST_FRESH(test_exporter_request_a_flush_without_an_answer_ends_in_time, set_up),
		GT_TEST_FRESH(test_exporter_request_an_answer_before_the_question_is_not_missed, set_up),
		GT_TEST_FRESH(test_exporter_request_rest_waits_for_the_end_of_the_thread, set_up),
		GT_TEST_FRESH(test_exporter_request_a_thread_that_leaves_is_waited_for_once, set_up),
		GT_TEST_FRESH(test_exporter_request_a_child_is_asked_nothing, set_up),
	};

	return GT_TESTS(tests);
}
