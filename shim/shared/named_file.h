/*
 * Files that gentap opens by name to append to them: the log, the spans, the file of a run.
 *
 * The name may be that of anything. An open does not wait (a pipe without a reader, a serial line), makes no terminal
 * the controlling one, and is closed by exec. A write waits for nothing and raises no signal (quiet_write.h). What is
 * written to a file with a size limit is written whole or not at all. A block device is refused: the name is a
 * mistake.
 *
 * A name that the user chose (GENTAP_FILE, GENTAP_LOG_FILE) is opened as any program would: links are followed, and
 * the file may be another user's. Administrators point such names at volumes and at /dev/stderr, and the kernel
 * protects sticky folders (fs.protected_symlinks, fs.protected_regular).
 *
 * The name of a run's file was chosen by the launcher, in a folder that others may write to. A process may outlive the
 * run, and then the name is free: any user can give it to another file. So the launcher writes a random number into its
 * file, and passes it and its owner in GENTAP_RUN_FILE_MARK. A file without both is not written to. Device and inode
 * would not do, because file systems give the number of a removed inode again.
 *
 * Any thread, also in a signal handler; calls no hooked function.
 */
#ifndef GT_NAMED_FILE_H
#define GT_NAMED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Gives a descriptor, or -1 with errno: ENXIO for a pipe without a reader, ENOTSUP for a block device. `may_create`
 * creates a missing file for its owner only. */
int gt_named_file_open(const char *path, bool may_create);

#define GT_FILE_MARK_ROOM 64

/* Writes the mark into an empty file, and in `mark` the value of GENTAP_RUN_FILE_MARK. False when that cannot be written;
 * errno has the reason. */
bool gt_named_file_mark(int fd, char mark[GT_FILE_MARK_ROOM]);

/* Opens the file of a run, which must exist and have the mark. Without a readable `mark` (or NULL) the file must be this
 * user's. -1 with EPERM when it is another file. */
int gt_named_file_open_marked(const char *path, const char *mark);

/* Appends with one system call, so that lines of several processes do not mix. Returns the bytes written, or -1 with
 * errno: EFBIG when they do not fit below the limit of file sizes, EAGAIN when a pipe or terminal is full. */
ssize_t gt_named_file_append(int fd, const struct iovec *parts, int n);

#endif
