#include "exporter/command/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool gt_output_write(int fd, struct gt_str s)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	while (s.len) {
		ssize_t n = write(fd, s.p, s.len);

		if (n >= 0)
			s = gt_str_skip(s, (size_t)n);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			poll(&ready, 1, -1); /* node leaves a terminal it shares with gentap non-blocking */
		else if (errno != EINTR)
			return false;
	}
	return true;
}
