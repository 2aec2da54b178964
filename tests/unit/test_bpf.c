#include "support/test.h"

#include <errno.h>
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/shared/bpf.h"

#define CALL	   60000 /* no such system call */
#define ERRNO_MASK 0x3ff

static struct seccomp_data data_of(struct gt_random *r)
{
	struct seccomp_data d = { .nr = CALL, .arch = AUDIT_ARCH_X86_64 };

	for (int i = 0; i < 6; i++)
		d.args[i] = gt_random_below(r, 2) ? gt_random_next(r) : gt_random_below(r, 5);
	return d;
}

/* An instruction that the kernel accepts at `at` of `n`. */
static struct sock_filter any_instruction(struct gt_random *r, uint32_t at, uint32_t n)
{
	static const uint16_t alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH };
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	static const uint16_t loads[] = { BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_W | BPF_LEN,
					  BPF_LDX | BPF_W | BPF_LEN };
	uint16_t source = gt_random_below(r, 2) ? BPF_X : BPF_K, op;
	uint32_t k = gt_random_below(r, 2) ? (uint32_t)gt_random_next(r) : (uint32_t)gt_random_below(r, 5), room = n - at - 1;

	switch (gt_random_below(r, 8)) {
	case 0: /* all words but the instruction pointer */
		k = (uint32_t)gt_random_below(r, 14) * 4;
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k < 8 ? k : k + 8);
	case 1:
		return (struct sock_filter)BPF_STMT(loads[gt_random_below(r, GT_ROWS(loads))], k);
	case 2:
		return (struct sock_filter)BPF_STMT(gt_random_below(r, 2) ? BPF_ST : BPF_STX, k % 2);
	case 3: /* the first instructions have stored both */
		return (struct sock_filter)BPF_STMT(BPF_MEM | (gt_random_below(r, 2) ? BPF_LD : BPF_LDX), k % 2);
	case 4:
		op = alu[gt_random_below(r, GT_ROWS(alu))];
		if (op == BPF_DIV)
			source = BPF_K; /* by X: the kernel ends the program when X is 0, as tested below */
		k = op == BPF_DIV ? k | 1 : op == BPF_LSH || op == BPF_RSH ? k % 32 : k;
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | source, k);
	case 5:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
	case 6:
		return (struct sock_filter)BPF_STMT(BPF_MISC | (gt_random_below(r, 2) ? BPF_TAX : BPF_TXA), 0);
	default:
		if (!gt_random_below(r, 4))
			return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)gt_random_below(r, room));
		return (struct sock_filter)BPF_JUMP(BPF_JMP | jumps[gt_random_below(r, GT_ROWS(jumps))] | source, k,
						    (uint8_t)gt_random_below(r, room), (uint8_t)gt_random_below(r, room));
	}
}

/* Random instructions, then: other system calls are allowed, CALL fails with an errno made of A. */
static uint32_t any_program(struct gt_random *r, struct sock_filter *p)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_STX, 1),
	};
	const struct sock_filter tail[] = {
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ERRNO_MASK),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	uint32_t middle = 1 + (uint32_t)gt_random_below(r, 40), n = 0;

	memcpy(p, head, sizeof(head));
	n += GT_ROWS(head);
	for (uint32_t i = 0; i < middle; i++)
		p[n++] = any_instruction(r, i, middle + 1);
	memcpy(p + n, tail, sizeof(tail));
	return n + GT_ROWS(tail);
}

/* The errno that the kernel gives; -1 when it does not accept the program. */
static int by_kernel(struct sock_filter *p, uint32_t n, const struct seccomp_data *d)
{
	struct sock_fprog program = { (unsigned short)n, p };
	int status;
	pid_t child = fork();

	if (child == 0) {
		int low;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(255);
		errno = 0;
		syscall(CALL, d->args[0], d->args[1], d->args[2], d->args[3], d->args[4], d->args[5]);
		low = errno & 0x7f;
		_exit(low);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static void test_bpf_decides_as_the_kernel_does(void **state)
{
	struct gt_random r = gt_random_from(4711);
	struct sock_filter p[60];
	int compared = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t n = any_program(&r, p), verdict;
		struct seccomp_data d = data_of(&r);
		int kernel = by_kernel(p, n, &d);

		if (kernel < 0)
			continue;
		verdict = gt_bpf_run(p, n, &d);
		if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO || (int)(verdict & 0x7f) != kernel)
			fail_msg("round %d: verdict %x, errno of the kernel %d", round, verdict, kernel);
		compared++;
	}
	if (!compared)
		skip(); /* no seccomp here */
	assert_true(compared > 200);
}

static void test_bpf_a_program_that_the_kernel_rejects_forbids(void **state)
{
	static const struct sock_filter bad[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), /* beyond the data */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),	/* not aligned */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),	/* no words */
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS),
		BPF_STMT(BPF_ST, BPF_MEMWORDS),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		BPF_STMT(BPF_ALU | 0xf0, 0),
		BPF_STMT(BPF_JMP | 0xf0, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 7), /* beyond the end */
		BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
		BPF_STMT(BPF_LD | BPF_IMM, 1), /* no end */
	};
	struct seccomp_data d = { .nr = 1 };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bad); i++)
		assert_int_equal(gt_bpf_run(&bad[i], 1, &d), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(gt_bpf_run(NULL, 0, &d), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_bpf_decides_as_the_kernel_does),
		GT_TEST(test_bpf_a_program_that_the_kernel_rejects_forbids),
	};

	return GT_TESTS(tests);
}
