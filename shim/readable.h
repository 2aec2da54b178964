/*
 * Can memory be read?
 *
 * A send call that is given a bad pointer returns EFAULT, or sends what lies before the bad page. We look at what is sent
 * before the kernel does, so it is asked first: a look of ours must not end the program. One system call for each page.
 */
#ifndef GT_READABLE_H
#define GT_READABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Changes errno. */
bool gt_is_readable(const void *p, size_t len);

/* The first `len` bytes of what the pieces hold; the array itself is known to be good. */
bool gt_iov_is_readable(const struct iovec *iov, int n, size_t len);

#endif
