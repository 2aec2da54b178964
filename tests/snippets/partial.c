/*
 * Requests that the wire takes in small parts: with small buffers and a slow reader, or under a preload that passes a
 * few bytes at a time. The program offers the rest again in every way that programs use.
 *
 * cc: -O1
 */
#include "peer.h"

enum { WRITE, SEND, WRITEV, SENDMSG, KINDS };
enum { SAME, MOVED, SHORTER, GROWING, ANOTHER_CALL, STYLES };

static const char *const kind_names[] = { "write", "send", "writev", "sendmsg" };
static const char *const style_names[] = { "same", "moved", "shorter", "growing", "another-call" };

static ssize_t offer(int kind, int fd, const char *p, size_t len)
{
	struct iovec iov[3] = { { (void *)p, len / 3 }, { (void *)(p + len / 3), len / 5 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };

	iov[2] = (struct iovec){ (void *)(p + len / 3 + len / 5), len - len / 3 - len / 5 };
	switch (kind) {
	case WRITE:
		return write(fd, p, len);
	case SEND:
		return send(fd, p, len, MSG_NOSIGNAL);
	case WRITEV:
		return writev(fd, iov, 3);
	default:
		return sendmsg(fd, &msg, MSG_NOSIGNAL);
	}
}

/* Reads a little of what has arrived. */
static size_t far_sip(int fd, char *buf, size_t cap)
{
	long n = syscall(SYS_recvfrom, fd, buf, cap < 3000 ? cap : 3000, MSG_DONTWAIT, NULL, NULL);

	return n > 0 ? (size_t)n : 0;
}

static bool send_all(struct pair p, int kind, int style, const char *sent, size_t len, char *got, size_t cap, size_t *got_len)
{
	size_t done = 0, tries = 0, refused = 0;
	char *copy = NULL;

	while (done < len) {
		size_t left = len - done, n = left;
		const char *from = sent + done;
		ssize_t ret;

		if (++tries > 4 * len + 1000)
			return false;
		if (style == SHORTER && n > 17)
			n = n / 2 + 1;
		if (style == GROWING && n > 64 + tries)
			n = 64 + tries;
		if (style == MOVED) {
			free(copy);
			copy = malloc(n);
			from = memcpy(copy, from, n);
		}
		ret = offer(style == ANOTHER_CALL ? (int)tries % KINDS : kind, p.near, from, n);
		if (ret > (ssize_t)n || ret == 0 || (ret < 0 && errno != EAGAIN))
			return false;
		if (ret > 0)
			done += (size_t)ret;
		if (ret < 0 && ++refused % 2 == 0)
			*got_len += far_sip(p.far, got + *got_len, cap - *got_len);
	}
	free(copy);
	while (!request_len(got, *got_len)) {
		size_t n = far_sip(p.far, got + *got_len, cap - *got_len);

		if (!n && poll(&(struct pollfd){ p.far, POLLIN, 0 }, 1, 2000) != 1)
			return false;
		*got_len += n;
	}
	return true;
}

int main(int argc, char *argv[])
{
	size_t body = argc > 1 ? strtoul(argv[1], NULL, 10) : 200, cap = body + 4096;
	int small = argc > 2 ? atoi(argv[2]) : 0;
	char *sent = malloc(cap), *got = malloc(cap);
	char tag[64];

	for (int kind = 0; kind < KINDS; kind++) {
		for (int style = 0; style < STYLES; style++) {
			struct pair p = pair_up(small);

			fcntl(p.near, F_SETFL, O_NONBLOCK);
			/* twice on one connection */
			for (int i = 0; i < 2; i++) {
				size_t len, n = 0;
				bool good;

				snprintf(tag, sizeof(tag), "%s-%s-%d", kind_names[kind], style_names[style], i);
				len = ask_for(sent, cap, tag, body);
				good = send_all(p, kind, style, sent, len, got, cap, &n);
				printf("%s: %s", tag, good ? "sent" : "stuck");
				printf(" %s\n", same_but_for_lines(got, n, sent, len) ? "same" : "changed");
				far_say(p.far, chat_answer());
				fcntl(p.near, F_SETFL, 0);
				MUST(hear(p.near));
				fcntl(p.near, F_SETFL, O_NONBLOCK);
			}
			close(p.near);
			far_close(p.far);
		}
	}
	say_lines();
	return 0;
}
