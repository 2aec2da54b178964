/*
 * A program under a seccomp filter that allows its own calls and refuses calls that send several pieces.
 *
 *	filtered ERRNO sendmsg|writev
 *
 * cc: -O1
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "peer.h"

static void refuse(unsigned call, int err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static ssize_t by_write(int fd, const char *p, size_t len)
{
	return write(fd, p, len);
}

static ssize_t by_send(int fd, const char *p, size_t len)
{
	return send(fd, p, len, MSG_NOSIGNAL);
}

static ssize_t by_sendto(int fd, const char *p, size_t len)
{
	return sendto(fd, p, len, MSG_NOSIGNAL, NULL, 0);
}

static void ask_by(const char *tag, ssize_t (*by)(int, const char *, size_t))
{
	static char sent[4096], got[4096];
	struct pair p = pair_up(0);

	for (int i = 0; i < 2; i++) {
		size_t len = ask_for(sent, sizeof(sent), tag, 200);

		printf("%s: sent %d", tag, by(p.near, sent, len) == (ssize_t)len);
		printf(", arrived %d", same_but_for_lines(got, far_request(p.far, got, sizeof(got)), sent, len));
		far_say(p.far, chat_answer());
		printf(", heard %d\n", hear(p.near));
	}
	close(p.near);
	printf("%s: then %zd", tag, by(p.near, sent, 10));
	printf(" %s\n", strerrorname_np(errno));
	far_close(p.far);
}

int main(int argc, char *argv[])
{
	int err = argc > 1 ? atoi(argv[1]) : EPERM;

	if (argc > 2 && !strcmp(argv[2], "writev")) {
		refuse(SYS_writev, err);
		ask_by("write", by_write);
	} else {
		refuse(SYS_sendmsg, err);
		ask_by("send", by_send);
		ask_by("sendto", by_sendto);
	}
	say_lines();
	return 0;
}
