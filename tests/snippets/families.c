/*
 * Every member of the send and receive families, each for one whole exchange.
 *
 * cc: -O2 -D_FORTIFY_SOURCE=2
 */
#include <linux/net_tstamp.h>
#include <sys/sendfile.h>

#include "peer.h"

static struct pair p;
static size_t head_of(const char *buf, size_t len)
{
	return (size_t)((char *)memmem(buf, len, "\r\n\r\n", 4) - buf) + 4;
}

/* ---------------------------------------------------------------- sending: each returns the sum of its calls */

static ssize_t by_write(const char *buf, size_t len)
{
	return write(p.near, buf, len);
}

static ssize_t by_send(const char *buf, size_t len)
{
	return send(p.near, buf, len, MSG_NOSIGNAL);
}

static ssize_t by_sendto(const char *buf, size_t len)
{
	return sendto(p.near, buf, len, 0, NULL, 77);
}

static ssize_t by_sendto_address(const char *buf, size_t len)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = 1 };

	return sendto(p.near, buf, len, 0, (struct sockaddr *)&addr, sizeof(addr)); /* TCP ignores it */
}

/* Cuts into at most `n` pieces of `step` bytes, the first inside the request line, with empty pieces in between. */
static int cut(struct iovec *iov, int n, const char *buf, size_t len, size_t step)
{
	int used = 0;

	while (used < n - 2 && len > step) {
		iov[used++] = (struct iovec){ (void *)buf, step };
		buf += step;
		len -= step;
		if (used % 3 == 1)
			iov[used++] = (struct iovec){ NULL, 0 };
	}
	iov[used++] = (struct iovec){ (void *)buf, len };
	return used;
}

static ssize_t by_writev(const char *buf, size_t len)
{
	struct iovec iov[40];

	return writev(p.near, iov, cut(iov, 40, buf, len, 9));
}

static ssize_t by_writev_empty_first(const char *buf, size_t len)
{
	struct iovec iov[3] = { { NULL, 0 }, { (void *)buf, 7 }, { (void *)(buf + 7), len - 7 } };

	return writev(p.near, iov, 3);
}

static ssize_t by_writev_many(const char *buf, size_t len)
{
	struct iovec iov[200];

	return writev(p.near, iov, cut(iov, 200, buf, len, 2));
}

static ssize_t by_writev_head_and_body(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);
	struct iovec iov[2] = { { (void *)buf, head }, { (void *)(buf + head), len - head } };

	return writev(p.near, iov, 2);
}

static ssize_t by_sendmsg(const char *buf, size_t len)
{
	struct iovec iov[20];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)cut(iov, 20, buf, len, 11) }, before = msg;
	ssize_t n = sendmsg(p.near, &msg, MSG_NOSIGNAL);

	return memcmp(&msg, &before, sizeof(msg)) == 0 ? n : -2;
}

/* Requests a time stamp in ancillary data. The error queue must return it once, for one call. */
static ssize_t by_sendmsg_ancillary(const char *buf, size_t len)
{
	unsigned want = SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_SOFTWARE;
	union {
		char room[CMSG_SPACE(sizeof(unsigned))];
		struct cmsghdr align;
	} control = { .room = { 0 } }, reply;
	struct iovec iov = { (void *)buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct msghdr echo = { .msg_control = &reply, .msg_controllen = sizeof(reply) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int stamps = 0;
	ssize_t n;

	MUST(setsockopt(p.near, SOL_SOCKET, SO_TIMESTAMPING, &want, sizeof(want)) == 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(unsigned));
	*(unsigned *)CMSG_DATA(c) = SOF_TIMESTAMPING_TX_ACK;
	n = sendmsg(p.near, &msg, 0);
	for (int i = 0; i < 50 && !stamps; i++) {
		nap_ms(2);
		while (recvmsg(p.near, &echo, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
			stamps++;
	}
	return stamps == 1 ? n : -2;
}

static ssize_t by_send_more(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);
	ssize_t a = send(p.near, buf, head, MSG_MORE), b = send(p.near, buf + head, len - head, 0);

	return a + b;
}

static ssize_t by_two_halves(const char *buf, size_t len)
{
	size_t half = head_of(buf, len) / 2;

	return send(p.near, buf, half, 0) + send(p.near, buf + half, len - half, 0);
}

static ssize_t by_blank_line_apart(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);

	return send(p.near, buf, head - 2, 0) + send(p.near, buf + head - 2, len - head + 2, 0);
}

static ssize_t by_blank_line_torn(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);

	return send(p.near, buf, head - 1, 0) + send(p.near, buf + head - 1, len - head + 1, 0);
}

static ssize_t by_bytes(const char *buf, size_t len)
{
	ssize_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? write(p.near, buf + i, 1) : send(p.near, buf + i, 1, 0);
	return sum;
}

static ssize_t by_sendfile(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);
	char path[] = "body-XXXXXX";
	int file = mkstemp(path);
	off_t at = 0;
	ssize_t n;

	unlink(path);
	MUST(write(file, buf + head, len - head) == (ssize_t)(len - head));
	n = send(p.near, buf, head, 0) + sendfile(p.near, file, &at, len - head);
	close(file);
	return n;
}

/* The body through a pipe, whose pages the kernel moves. */
static ssize_t by_splice(const char *buf, size_t len)
{
	size_t head = head_of(buf, len);
	int ends[2];
	ssize_t n;

	MUST(pipe(ends) == 0 && write(ends[1], buf + head, len - head) == (ssize_t)(len - head));
	n = send(p.near, buf, head, MSG_MORE) + splice(ends[0], NULL, p.near, NULL, len - head, 0);
	close(ends[0]);
	close(ends[1]);
	return n;
}

static ssize_t by_pwritev2(const char *buf, size_t len)
{
	struct iovec iov[20];

	return pwritev2(p.near, iov, cut(iov, 20, buf, len, 30), -1, 0);
}

static ssize_t by_sendmmsg(const char *buf, size_t len)
{
	struct iovec iov[2] = { { (void *)buf, 20 }, { (void *)(buf + 20), len - 20 } };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
				{ .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } } };

	return sendmmsg(p.near, m, 2, 0) == 2 ? (ssize_t)m[0].msg_len + m[1].msg_len : -2;
}

static ssize_t by_write_then_shutdown(const char *buf, size_t len)
{
	ssize_t n = write(p.near, buf, len);

	return shutdown(p.near, SHUT_WR) == 0 ? n : -2;
}

/* ---------------------------------------------------------------- receiving: each returns at most `cap` bytes */

static ssize_t to_read(char *buf, size_t cap)
{
	return read(p.near, buf, cap);
}

static ssize_t to_recv(char *buf, size_t cap)
{
	return recv(p.near, buf, cap, 0);
}

static ssize_t to_recv_all(char *buf, size_t cap)
{
	(void)cap;
	return recv(p.near, buf, strlen(chat_answer()), MSG_WAITALL);
}

/* Peeks at more than it reads. A hook that counts peeked bytes would see parts of the answer twice. */
static ssize_t to_recv_peeking(char *buf, size_t cap)
{
	size_t look = cap < 50 ? cap : 50;
	ssize_t a = recv(p.near, buf, look, MSG_PEEK), b = recvfrom(p.near, buf, look, MSG_PEEK, NULL, NULL);
	struct iovec iov = { buf, look };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t c = recvmsg(p.near, &msg, MSG_PEEK);

	if (a <= 0 || a != b || b != c)
		return -2;
	return read(p.near, buf, (size_t)(a < 17 ? a : 17));
}

static ssize_t to_recvfrom(char *buf, size_t cap)
{
	return recvfrom(p.near, buf, cap, 0, NULL, NULL);
}

/* Pieces of 1, 0, 2, 3, 4 ... bytes. */
static int scatter(struct iovec *iov, int n, char *buf, size_t cap)
{
	int used = 0;

	for (size_t step = 1; used < n - 1 && cap > step; step++) {
		iov[used++] = (struct iovec){ buf, step };
		buf += step;
		cap -= step;
		if (used == 1)
			iov[used++] = (struct iovec){ NULL, 0 };
	}
	iov[used++] = (struct iovec){ buf, cap };
	return used;
}

static ssize_t to_readv(char *buf, size_t cap)
{
	struct iovec iov[10];

	return readv(p.near, iov, scatter(iov, 10, buf, cap));
}

static ssize_t to_readv_empty_first(char *buf, size_t cap)
{
	struct iovec iov[3] = { { NULL, 0 }, { buf, 5 }, { buf + 5, cap - 5 } };

	return readv(p.near, iov, 3);
}

static ssize_t to_recvmsg(char *buf, size_t cap)
{
	struct iovec iov[12];
	struct sockaddr_storage from;
	char control[64];
	struct msghdr msg = { .msg_iov = iov,
			      .msg_iovlen = (size_t)scatter(iov, 12, buf, cap),
			      .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	return recvmsg(p.near, &msg, 0);
}

/* The compiler knows the size of the buffer but not the length, so it calls __read_chk and its relatives. */
static volatile size_t any;

static ssize_t to_read_chk(char *buf, size_t cap)
{
	char room[700];
	ssize_t n;

	any = cap < sizeof(room) ? cap : sizeof(room);
	n = read(p.near, room, any);
	if (n > 0)
		memcpy(buf, room, (size_t)n);
	return n;
}

static ssize_t to_recv_chk(char *buf, size_t cap)
{
	char room[700];
	ssize_t n;

	any = cap < sizeof(room) ? cap : sizeof(room);
	n = recv(p.near, room, any, 0);
	if (n > 0)
		memcpy(buf, room, (size_t)n);
	return n;
}

static ssize_t to_recvfrom_chk(char *buf, size_t cap)
{
	char room[700];
	ssize_t n;

	any = cap < sizeof(room) ? cap : sizeof(room);
	n = recvfrom(p.near, room, any, 0, NULL, NULL);
	if (n > 0)
		memcpy(buf, room, (size_t)n);
	return n;
}

static ssize_t to_bytes(char *buf, size_t cap)
{
	(void)cap;
	return read(p.near, buf, 1);
}

static ssize_t to_preadv2(char *buf, size_t cap)
{
	struct iovec iov[10];

	return preadv2(p.near, iov, scatter(iov, 10, buf, cap), -1, 0);
}

static ssize_t to_recvmmsg(char *buf, size_t cap)
{
	struct iovec iov = { buf, cap };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	return recvmmsg(p.near, &m, 1, 0, NULL) == 1 ? (ssize_t)m.msg_len : -2;
}

/* ---------------------------------------------------------------- */

static const struct {
	const char *tag;
	ssize_t (*send)(const char *, size_t);
	ssize_t (*receive)(char *, size_t);
} cases[] = {
	{ "write", by_write, to_read },
	{ "send", by_send, to_recv },
	{ "sendto", by_sendto, to_recvfrom },
	{ "sendto-address", by_sendto_address, to_recv },
	{ "writev", by_writev, to_readv },
	{ "writev-empty-first", by_writev_empty_first, to_readv_empty_first },
	{ "writev-many", by_writev_many, to_readv },
	{ "writev-head-and-body", by_writev_head_and_body, to_readv },
	{ "sendmsg", by_sendmsg, to_recvmsg },
	{ "sendmsg-ancillary", by_sendmsg_ancillary, to_recvmsg },
	{ "send-more", by_send_more, to_recv },
	{ "two-halves", by_two_halves, to_recv },
	{ "blank-line-apart", by_blank_line_apart, to_recv },
	{ "blank-line-torn", by_blank_line_torn, to_recv },
	{ "bytes", by_bytes, to_bytes },
	{ "shutdown", by_write_then_shutdown, to_recv },
	{ "recv-all", by_send, to_recv_all },
	{ "peek", by_send, to_recv_peeking },
	{ "read-chk", by_send, to_read_chk },
	{ "recv-chk", by_send, to_recv_chk },
	{ "recvfrom-chk", by_send, to_recvfrom_chk },
	{ "sendfile", by_sendfile, to_recv },
	{ "splice", by_splice, to_recv },
	{ "pwritev2", by_pwritev2, to_preadv2 },
	{ "sendmmsg", by_sendmmsg, to_recv },
	{ "recvmmsg", by_send, to_recvmmsg },
};

int main(int argc, char *argv[])
{
	static char sent[8192], got[8192], heard[8192];
	size_t want = strlen(chat_answer());

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len, n, have = 0;
		ssize_t ret;

		if (argc > 1 && strcmp(argv[1], cases[i].tag))
			continue;
		p = pair_up(0);
		len = ask_for(sent, sizeof(sent), cases[i].tag, 300);
		ret = cases[i].send(sent, len);
		n = far_request(p.far, got, sizeof(got));
		printf("%s: sent %zd of %zu, arrived %s", cases[i].tag, ret, len,
		       same_but_for_lines(got, n, sent, len) ? "same" : "changed");
		far_say(p.far, chat_answer());
		while (have < want && (ret = cases[i].receive(heard + have, sizeof(heard) - have)) > 0)
			have += (size_t)ret;
		printf(", heard %s\n", have == want && !memcmp(heard, chat_answer(), want) ? "all" : "something else");
		close(p.near);
		far_close(p.far);
	}
	say_lines();
	return 0;
}
