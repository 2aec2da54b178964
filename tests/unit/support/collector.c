#include "collector.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

struct gt_collector gt_collector;

static bool wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!gt_collector.stops)
		if (poll(&p, 1, 5) > 0)
			return true;
	return false;
}

/* Reads one request into `last`; false at the end of the connection. */
static bool read_request(int fd)
{
	struct gt_collector *c = &gt_collector;
	size_t len = 0, want = SIZE_MAX;

	while (len < want) {
		char *end, *field;
		ssize_t n;

		if (!wait_readable(fd) || len == sizeof(c->last) - 1)
			return false;
		n = read(fd, c->last + len, sizeof(c->last) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		c->last[len] = 0;
		end = strstr(c->last, "\r\n\r\n");
		if (!end || want != SIZE_MAX)
			continue;
		field = strcasestr(c->last, "\r\nContent-Length:");
		c->last_head = (size_t)(end - c->last) + 4;
		want = c->last_head + (field ? strtoul(field + 17, NULL, 10) : 0);
	}
	c->last_len = len;
	return true;
}

static void serve(int fd)
{
	struct gt_collector *c = &gt_collector;

	while (read_request(fd)) {
		int i = c->requests < c->n ? c->requests : c->n - 1;
		const struct gt_collector_answer *a = &c->script[i];
		size_t len = a->text && !a->len ? strlen(a->text) : a->len;

		c->requests++;
		for (size_t done = 0; a->text && done < len;) {
			ssize_t n = send(fd, a->text + done, len - done, MSG_NOSIGNAL);

			if (n <= 0)
				return;
			done += (size_t)n;
		}
		while (!a->text && !c->stops)
			poll(NULL, 0, 5);
		if (a->closes)
			return;
	}
}

static void *collector_main(void *unused)
{
	while (wait_readable(gt_collector.listener)) {
		int fd = accept4(gt_collector.listener, NULL, NULL, SOCK_CLOEXEC);

		gt_collector.connections++;
		serve(fd);
		close(fd);
	}
	return unused;
}

void gt_collector_listen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	gt_collector.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(gt_collector.listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(gt_collector.listener, 16), 0);
	assert_int_equal(getsockname(gt_collector.listener, (struct sockaddr *)&a, &len), 0);
	gt_collector.port = ntohs(a.sin_port);
}

void gt_collector_start(const struct gt_collector_answer *script, int n)
{
	gt_collector.script = script;
	gt_collector.n = n;
	gt_collector.requests = gt_collector.connections = 0;
	gt_collector.stops = false;
	gt_collector.last_len = 0;
	gt_collector_listen();
	assert_int_equal(pthread_create(&gt_collector.thread, NULL, collector_main, NULL), 0);
}

void gt_collector_stop(void)
{
	gt_collector.stops = true;
	pthread_join(gt_collector.thread, NULL);
	close(gt_collector.listener);
}

const char *gt_collector_header(const char *name)
{
	static char value[512];
	char head[GT_COLLECTOR_REQUEST_MAX], want[64], *at;

	memcpy(head, gt_collector.last, gt_collector.last_head);
	head[gt_collector.last_head] = 0;
	snprintf(want, sizeof(want), "\r\n%s:", name);
	at = strcasestr(head, want);
	if (!at)
		return NULL;
	at += strlen(want);
	at += strspn(at, " ");
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}
