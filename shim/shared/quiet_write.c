#include "shim/shared/quiet_write.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "shim/shared/gate.h"

#define SET_SIZE 8 /* bytes of a set of signals, to the kernel */

bool gt_quiet_begin(struct gt_quiet *q)
{
	int saved = errno;
	sigset_t set;
	bool is_done;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigaddset(&set, SIGTTOU);
	sigemptyset(&q->pending);
	sigemptyset(&q->before);
	is_done = gt_gate(line_mask, SIG_BLOCK, &set, &q->before, SET_SIZE) == 0;
	/* A signal that was not blocked cannot be pending. Where a filter does not let gentap ask, all may be. */
	if (is_done && (sigismember(&q->before, SIGPIPE) == 1 || sigismember(&q->before, SIGXFSZ) == 1) &&
	    gt_gate(line_pending, &q->pending, SET_SIZE) != 0)
		q->pending = set;
	errno = saved;
	return is_done;
}

void gt_quiet_end(const struct gt_quiet *q, int error)
{
	const struct timespec at_once = { 0, 0 };
	int raised = error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0, saved = errno;
	sigset_t one;

	if (raised && sigismember(&q->pending, raised) != 1) {
		sigemptyset(&one);
		sigaddset(&one, raised);
		while (gt_gate(line_signal, &one, NULL, &at_once, SET_SIZE) < 0 && errno == EINTR)
			;
	}
	gt_gate(line_mask, SIG_SETMASK, &q->before, NULL, SET_SIZE);
	errno = saved;
}
