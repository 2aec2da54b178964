#include "shim/shared/quiet_write.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

void gt_quiet_begin(struct gt_quiet *q)
{
	int saved = errno;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigaddset(&set, SIGTTOU);
	sigemptyset(&q->pending);
	pthread_sigmask(SIG_BLOCK, &set, &q->before);
	/* a signal that was not blocked cannot be pending */
	if (sigismember(&q->before, SIGPIPE) == 1 || sigismember(&q->before, SIGXFSZ) == 1)
		sigpending(&q->pending);
	errno = saved;
}

void gt_quiet_end(const struct gt_quiet *q, int error)
{
	const struct timespec at_once = { 0, 0 };
	int raised = error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0, saved = errno;
	sigset_t one;

	if (raised && sigismember(&q->pending, raised) != 1) {
		sigemptyset(&one);
		sigaddset(&one, raised);
		while (sigtimedwait(&one, NULL, &at_once) < 0 && errno == EINTR)
			;
	}
	pthread_sigmask(SIG_SETMASK, &q->before, NULL);
	errno = saved;
}
