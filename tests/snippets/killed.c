/*
 * A program under a seccomp filter that ends it for calls that its author did not expect.
 *
 *	killed WHEN ACTION ONLY NUMBER...	these system calls end it
 *	killed WHEN ACTION BUT NUMBER...	all others end it; the program's own calls are added
 *	killed strict
 *
 * WHEN: `before` its exchanges, `between` them, `all` (between them, for all threads) or `exec` (installs the filter and
 * runs itself again). ACTION: process, thread, trap or errno.
 *
 * It makes two exchanges with a pause between them, over send and over write.
 *
 * cc: -O1
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "peer.h"

#define CALLS_MAX 300

/* what this program itself calls, between the filter and its end */
static const int own[] = {
	SYS_socket,	SYS_connect, SYS_bind, SYS_listen, SYS_accept4,		SYS_setsockopt, SYS_getsockname,  SYS_sendto,
	SYS_recvfrom,	SYS_write,   SYS_read, SYS_close,  SYS_clock_nanosleep, SYS_nanosleep,	SYS_exit_group,	  SYS_fstat,
	SYS_newfstatat, SYS_brk,     SYS_mmap, SYS_munmap, SYS_prctl,		SYS_seccomp,	SYS_rt_sigreturn,
};

static uint32_t action_of(const char *name)
{
	return !strcmp(name, "process") ? SECCOMP_RET_KILL_PROCESS :
	       !strcmp(name, "thread")	? SECCOMP_RET_KILL_THREAD :
	       !strcmp(name, "trap")	? SECCOMP_RET_TRAP :
					  SECCOMP_RET_ERRNO | EPERM;
}

static void install(char *argv[], bool is_for_all)
{
	static struct sock_filter filter[2 * CALLS_MAX + 4];
	uint32_t listed = action_of(argv[0]), others = SECCOMP_RET_ALLOW;
	bool is_list_of_allowed = !strcmp(argv[1], "but");
	unsigned short n = 0;
	struct sock_fprog program;

	if (is_list_of_allowed) {
		others = listed;
		listed = SECCOMP_RET_ALLOW;
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; is_list_of_allowed && i < sizeof(own) / sizeof(own[0]); i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)own[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	for (char **a = argv + 2; *a; a++) {
		MUST(n < 2 * CALLS_MAX);
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(*a), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
	program = (struct sock_fprog){ n, filter };
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (is_for_all)
		MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0);
	else
		MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static bool ask_by_write(struct pair p, const char *tag)
{
	static char sent[2048], got[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0);
	bool good = write(p.near, sent, len) == (ssize_t)len && far_request(p.far, got, sizeof(got)) > 0;

	far_say(p.far, chat_answer());
	return good && hear(p.near);
}

static void strict(void)
{
	static char sent[2048], answer[2048];
	struct pair p = pair_up(0), silent = pair_up(0);
	size_t len = ask_for(sent, sizeof(sent), "strict", 0);

	far_say(p.far, chat_answer());
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	if (write(p.near, sent, len) == (ssize_t)len && read(p.near, answer, sizeof(answer)) > 0 &&
	    write(silent.near, sent, 10) == 10)
		syscall(SYS_write, 1, "alive\n", 6);
	syscall(SYS_exit, 0);
}

int main(int argc, char *argv[])
{
	struct pair first, second;

	if (argc > 1 && !strcmp(argv[1], "strict"))
		strict();
	setvbuf(stdout, NULL, _IOLBF, 4096);
	puts("begins");
	if (argc > 4 && !strcmp(argv[1], "exec")) {
		install(argv + 2, false);
		execl("/proc/self/exe", argv[0], "run", NULL);
		return 5;
	}
	first = pair_up(0);
	second = pair_up(0);
	if (argc > 4 && !strcmp(argv[1], "before"))
		install(argv + 2, false);
	printf("first %d\n", exchange(first, "first"));
	nap_ms(300);
	if (argc > 4 && strcmp(argv[1], "before") != 0)
		install(argv + 2, !strcmp(argv[1], "all"));
	printf("second %d\n", ask_by_write(second, "second"));
	nap_ms(300);
	puts("alive");
	return 0;
}
