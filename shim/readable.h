/*
 * Can memory be read?
 *
 * A send call with a bad pointer returns EFAULT, or sends the bytes before the bad page. gentap reads the bytes
 * before the kernel does, and that must not crash the program. So it asks the kernel first, with one system call per
 * page.
 */
#ifndef GT_READABLE_H
#define GT_READABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Changes errno. */
bool gt_is_readable(const void *p, size_t len);

/* The same for the first `len` bytes of the pieces. The array itself must be readable. */
bool gt_iov_is_readable(const struct iovec *iov, int n, size_t len);

#endif
