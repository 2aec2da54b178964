#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/deadly_signal.h"

enum state { DEFAULT, IGNORED, HANDLED, BLOCKED, STATES };

static void handler(int sig)
{
	(void)sig;
}

static void set(int sig, enum state state)
{
	sigset_t one;

	signal(sig, SIG_DFL); /* cmocka has handlers, and what starts the tests may ignore some */
	if (state == IGNORED)
		signal(sig, SIG_IGN);
	if (state == HANDLED)
		signal(sig, handler);
	if (state == BLOCKED) {
		sigemptyset(&one);
		sigaddset(&one, sig);
		sigprocmask(SIG_BLOCK, &one, NULL);
	}
}

/* The child judges, then raises the signal. Gives what it judged, and whether it was ended. */
static enum gt_deadly ask_and_raise(int sig, enum state state, bool *is_ended)
{
	int status, ends[2];
	char judged = -1;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		char deadly;

		set(sig, state);
		errno = 77;
		deadly = (char)gt_deadly_signal(sig, true);
		if (errno != 77 || write(ends[1], &deadly, 1) != 1)
			_exit(9);
		raise(sig);
		_exit(0);
	}
	assert_int_equal(read(ends[0], &judged, 1), 1);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	if (WIFSTOPPED(status)) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	*is_ended = WIFSIGNALED(status);
	assert_true(*is_ended || WIFSTOPPED(status) || WEXITSTATUS(status) == 0);
	close(ends[0]);
	close(ends[1]);
	return (enum gt_deadly)judged;
}

static void test_deadly_signal_is_what_the_kernel_does(void **state)
{
	const struct rlimit no_core = { 0, 0 };

	(void)state;
	setrlimit(RLIMIT_CORE, &no_core);
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (sig > SIGSYS && sig < SIGRTMIN)
			continue; /* the C library's own */
		for (enum state s = DEFAULT; s < STATES; s++) {
			bool is_ended;
			enum gt_deadly deadly = ask_and_raise(sig, s, &is_ended);

			if (is_ended != (deadly == GT_DEADLY_YES))
				fail_msg("signal %d in state %d: judged %d, ended %d", sig, s, deadly, is_ended);
		}
	}
}

static void test_deadly_signal_that_is_blocked_or_for_another_thread_may_end_the_process(void **state)
{
	static const int last[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV };
	static const int messages[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGIO, SIGPIPE };
	sigset_t before;

	(void)state;
	sigprocmask(SIG_BLOCK, NULL, &before);
	for (size_t i = 0; i < GT_ROWS(last); i++) {
		set(last[i], DEFAULT);
		assert_int_equal(gt_deadly_signal(last[i], false), GT_DEADLY_PERHAPS);
		set(last[i], BLOCKED);
		assert_int_equal(gt_deadly_signal(last[i], true), GT_DEADLY_PERHAPS);
	}
	for (size_t i = 0; i < GT_ROWS(messages); i++) {
		set(messages[i], DEFAULT);
		assert_int_equal(gt_deadly_signal(messages[i], false), GT_DEADLY_NO);
		set(messages[i], BLOCKED);
		assert_int_equal(gt_deadly_signal(messages[i], true), GT_DEADLY_NO);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(gt_deadly_signal(SIGKILL, false), GT_DEADLY_YES);
}

static void test_deadly_signal_numbers_that_are_none_end_nothing(void **state)
{
	(void)state;
	for (int sig = -100; sig < 1; sig++)
		assert_int_equal(gt_deadly_signal(sig, true), GT_DEADLY_NO);
	for (int sig = 65; sig < 1000; sig++)
		assert_int_equal(gt_deadly_signal(sig, true), GT_DEADLY_NO);
	assert_int_equal(gt_deadly_signal(INT32_MAX, true), GT_DEADLY_NO);
	assert_int_equal(gt_deadly_signal(INT32_MIN, true), GT_DEADLY_NO);
}

static void test_deadly_abort_ends_the_process_unless_a_handler_comes_first(void **state)
{
	(void)state;
	assert_int_equal(gt_deadly_abort(), GT_DEADLY_YES);
	signal(SIGABRT, SIG_IGN);
	assert_int_equal(gt_deadly_abort(), GT_DEADLY_YES);
	signal(SIGABRT, handler);
	assert_int_equal(gt_deadly_abort(), GT_DEADLY_NO);
	signal(SIGABRT, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadly_signal_is_what_the_kernel_does),
		cmocka_unit_test(test_deadly_signal_that_is_blocked_or_for_another_thread_may_end_the_process),
		cmocka_unit_test(test_deadly_signal_numbers_that_are_none_end_nothing),
		cmocka_unit_test(test_deadly_abort_ends_the_process_unless_a_handler_comes_first),
	};

	return GT_TESTS(tests);
}
