/*
 * Calls that move bytes between descriptors without showing them to the program.
 */
#include "shim/hooks.h"
#include "shim/socket_bytes.h"

/* Where a hook was called from. */
#define FROM __builtin_return_address(0)

GT_EXPORT ssize_t splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags)
{
	ssize_t moved = gt_real.splice(from, from_at, to, to_at, len, flags);

	gt_received_unseen(from, moved, FROM);
	gt_sent_unseen(to, moved, FROM);
	return moved;
}

GT_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t len)
{
	ssize_t sent = gt_real.sendfile(to, from, offset, len);

	gt_sent_unseen(to, sent, FROM);
	return sent;
}

GT_EXPORT ssize_t sendfile64(int to, int from, off_t *offset, size_t len)
{
	ssize_t sent = gt_real.sendfile64(to, from, offset, len);

	gt_sent_unseen(to, sent, FROM);
	return sent;
}
