#include "shim/shared/standard_error.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shim/shared/gate.h"
#include "shim/shared/quiet_write.h"

#define WAIT_S 1

static gt_stderr_open_fn *_Atomic open_it;

void gt_stderr_set_open(gt_stderr_open_fn *fn)
{
	atomic_store_explicit(&open_it, fn, memory_order_release);
}

bool gt_stderr_mark(char mark[GT_STDERR_MARK_ROOM])
{
	int saved = errno;
	struct stat st;
	bool is_open = gt_gate(line_stat, STDERR_FILENO, &st) == 0;

	if (is_open)
		snprintf(mark, GT_STDERR_MARK_ROOM, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	errno = saved;
	return is_open;
}

static bool is_ready(int fd, time_t wait_s)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct timespec t = { .tv_sec = wait_s };
	long n;

	do
		n = gt_gate(line_ready, &p, 1, &t, NULL, 0);
	while (n < 0 && errno == EINTR);
	/* an old kernel: try the write all the same. Under a filter that forbids ppoll the write might wait for ever. */
	return (n < 0 && errno == ENOSYS) || (n == 1 && !(p.revents & (POLLERR | POLLNVAL)) && p.revents & POLLOUT);
}

static bool put(int fd, const char *p, size_t len, bool may_wait)
{
	while (len) {
		/* pipe(7): a write of up to PIPE_BUF bytes into a ready pipe does not wait and is not split */
		ssize_t n = is_ready(fd, may_wait ? WAIT_S : 0) ? gt_gate(line_write, fd, p, len) : -1;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put_quietly(int fd, const char *p, size_t len, bool may_wait)
{
	struct gt_quiet quiet;
	bool good;

	if (!gt_quiet_begin(&quiet))
		return false;
	errno = 0;
	good = put(fd, p, len, may_wait);
	gt_quiet_end(&quiet, good ? 0 : errno);
	return good;
}

bool gt_stderr_write(const char *p, size_t len, bool may_wait)
{
	gt_stderr_open_fn *opens = atomic_load_explicit(&open_it, memory_order_acquire);
	int fd = opens ? opens() : GT_STDERR_IS_2, saved = errno;
	bool good;

	if (fd == GT_STDERR_IS_2) {
		good = put_quietly(STDERR_FILENO, p, len, may_wait);
	} else {
		good = fd >= 0 && put_quietly(fd, p, len, may_wait);
		if (fd >= 0)
			gt_gate(line_close, fd);
	}
	errno = saved;
	return good;
}
