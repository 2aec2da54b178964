#include "shim/readable.h"

#include <errno.h>
#include <stdint.h>

#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/tools.h"

#define PAGE 4096UL /* the smallest page size; with larger pages some are checked twice */

/* The kernel reads a signal set from the address before it rejects the invalid `how`. Address 0 means no set and
 * always succeeds, so address 8 is checked for the first bytes. */
static bool is_good(uintptr_t at)
{
	unsigned char in_memory;

	/* valgrind prints a line for the invalid `how`. This sees that no page is there, and not its protection. */
	if (gt_unlikely(gt_tools_is_valgrind()))
		return gt_gate(mapped, at & ~(PAGE - 1), PAGE, &in_memory) == 0;
	return gt_gate(readable, ~0, at < 8 ? 8 : at & ~(uintptr_t)7, NULL, 8) == 0 || errno == EINVAL;
}

bool gt_is_readable(const void *p, size_t len)
{
	uintptr_t at = (uintptr_t)p, last = at + len - 1;

	if (!len)
		return true;
	if (last < at)
		return false;
	for (; at <= last; at = (at | (PAGE - 1)) + 1)
		if (!is_good(at))
			return false;
	return true;
}

bool gt_iov_is_readable(const struct iovec *iov, int n, size_t len)
{
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (!gt_is_readable(iov[i].iov_base, part))
			return false;
		len -= part;
	}
	return true;
}
