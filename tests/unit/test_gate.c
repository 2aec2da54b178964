#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/filter.h"
#include "shim/shared/gate.h"

#define DATA(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define RETURN(v)    BPF_STMT(BPF_RET | BPF_K, v)

static struct gt_gate gate;
static bool is_own;

static bool caller_is_own(void)
{
	return is_own;
}

static int set_up(void **state)
{
	(void)state;
	gate = (struct gt_gate){ .is_own = caller_is_own };
	is_own = false;
	gt_gate_share(&gate);
	return 0;
}

/* A filter with `verdict` for one system call. */
static void forbid(enum gt_side side, unsigned nr, uint32_t verdict)
{
	struct sock_filter f[] = { DATA(nr), IF(nr, 1), RETURN(verdict), RETURN(SECCOMP_RET_ALLOW) };

	gt_gate_filter(side, f, GT_ROWS(f));
}

static void test_gate_passes_arguments_results_and_errno(void **state)
{
	char name[2] = "";

	(void)state;
	assert_int_equal(gt_gate(owner), getpid());
	assert_int_equal(gt_gate(line_write, -1, name, 1), -1);
	assert_int_equal(errno, EBADF);
	errno = 7;
	assert_true(gt_gate(load_open, AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC) > 2);
	assert_int_equal(errno, 7);
}

static void test_gate_closes_what_a_filter_answers_with_a_signal_or_the_end(void **state)
{
	static const struct {
		uint32_t verdict;
		bool is_open;
	} rows[] = {
		{ SECCOMP_RET_KILL_PROCESS, false }, { SECCOMP_RET_KILL_THREAD, false },
		{ SECCOMP_RET_TRAP, false },	     { SECCOMP_RET_ERRNO | EPERM, true },
		{ SECCOMP_RET_LOG, true },	     { SECCOMP_RET_TRACE, true },
		{ SECCOMP_RET_USER_NOTIF, true },    { 0x12340000, false }, /* unknown */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		set_up(NULL);
		forbid(GT_SIDE_APP, SYS_getpid, rows[i].verdict);
		assert_int_equal(gt_gate_is_open(GT_CALL_owner), rows[i].is_open);
		assert_true(gt_gate_is_open(GT_CALL_wake));
		is_own = true;
		assert_true(gt_gate_is_open(GT_CALL_owner));
	}
	is_own = false;
	forbid(GT_SIDE_APP, SYS_getpid, SECCOMP_RET_KILL_PROCESS);
	errno = 0;
	assert_int_equal(gt_gate(owner), -1);
	assert_int_equal(errno, EPERM);
}

static void test_gate_a_filter_may_look_at_arguments(void **state)
{
	struct sock_filter f[] = {
		DATA(nr),
		IF(SYS_mmap, 3),
		DATA(args[2]),
		IF(PROT_READ | PROT_EXEC, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};

	(void)state;
	gt_gate_filter(GT_SIDE_APP, f, GT_ROWS(f));
	assert_true(gt_gate_is_open(GT_CALL_pool_map));
	assert_false(gt_gate_is_open(GT_CALL_load_map));
	assert_string_equal(gt_gate_missing(GT_SIDE_APP, GT_NEED_START), "mmap");
	assert_null(gt_gate_missing(GT_SIDE_OWN, GT_NEED_START));
	gt_gate_inherit();
	assert_string_equal(gt_gate_missing(GT_SIDE_OWN, GT_NEED_START), "mmap");
	assert_null(gt_gate_missing(GT_SIDE_OWN, GT_NEED_NET));
}

static void test_gate_strict_mode_closes_everything(void **state)
{
	(void)state;
	gt_gate_filter(GT_SIDE_APP, NULL, 0);
	for (unsigned i = 0; i < GT_CALLS; i++)
		assert_false(gt_gate_is_open(i));
}

static void test_gate_careful_closes_rare_calls_until_it_is_not(void **state)
{
	(void)state;
	gt_gate_set_careful(true);
	assert_false(gt_gate_is_open(GT_CALL_own_numbers));
	assert_true(gt_gate_is_open(GT_CALL_wake));
	forbid(GT_SIDE_APP, SYS_close_range, SECCOMP_RET_KILL_PROCESS);
	gt_gate_set_careful(false);
	assert_true(gt_gate_is_open(GT_CALL_owner));
	assert_false(gt_gate_is_open(GT_CALL_own_numbers));
}

static void test_gate_a_call_that_the_kernel_lacks_is_not_repeated(void **state)
{
	struct sock_filter f[] = { DATA(nr), IF(SYS_uname, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS), RETURN(SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { GT_ROWS(f), f };
	char room[400];
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(77);
		if (gt_gate(fact_system, room) != -1 || errno != ENOSYS)
			_exit(1);
		_exit(gt_gate_is_open(GT_CALL_fact_system) ? 2 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_filter_a_bad_pointer_closes_nothing(void **state)
{
	struct sock_fprog bad = { 5, (struct sock_filter *)8 };

	(void)state;
	gt_filter_install(SECCOMP_SET_MODE_FILTER, NULL, false);
	gt_filter_install(SECCOMP_SET_MODE_FILTER, (void *)16, false);
	gt_filter_install(SECCOMP_SET_MODE_FILTER, &bad, false);
	gt_filter_install(99, NULL, false);
	for (unsigned i = 0; i < GT_CALLS; i++)
		assert_true(gt_gate_is_open(i));
}

static void test_filter_reaches_own_threads_only_when_it_is_for_all(void **state)
{
	struct sock_filter f[] = { DATA(nr), IF(SYS_uname, 1), RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { GT_ROWS(f), f };

	(void)state;
	errno = 7;
	gt_filter_install(SECCOMP_SET_MODE_FILTER, &program, false);
	assert_int_equal(errno, 7);
	assert_false(gt_gate_is_open(GT_CALL_fact_system));
	is_own = true;
	assert_true(gt_gate_is_open(GT_CALL_fact_system));
	gt_filter_install(SECCOMP_SET_MODE_FILTER, &program, true);
	assert_false(gt_gate_is_open(GT_CALL_fact_system));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_gate_passes_arguments_results_and_errno, set_up),
		GT_TEST_FRESH(test_gate_closes_what_a_filter_answers_with_a_signal_or_the_end, set_up),
		GT_TEST_FRESH(test_gate_a_filter_may_look_at_arguments, set_up),
		GT_TEST_FRESH(test_gate_strict_mode_closes_everything, set_up),
		GT_TEST_FRESH(test_gate_careful_closes_rare_calls_until_it_is_not, set_up),
		GT_TEST_FRESH(test_gate_a_call_that_the_kernel_lacks_is_not_repeated, set_up),
		GT_TEST_FRESH(test_filter_a_bad_pointer_closes_nothing, set_up),
		GT_TEST_FRESH(test_filter_reaches_own_threads_only_when_it_is_for_all, set_up),
	};

	return GT_TESTS(tests);
}
