#include "exporter/command/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool create_in(struct gt_run_file *f, const char *folder)
{
	int fd, saved;

	/* absolute: processes of the run may change their working directory */
	if (folder[0] != '/' || snprintf(f->path, sizeof(f->path), "%s/gentap-run-XXXXXX", folder) >= (int)sizeof(f->path))
		return false;
	fd = mkostemp(f->path, O_CLOEXEC);
	if (fd < 0)
		return false;
	/* descriptors 0 to 2 may be free, but must stay free for the command */
	f->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	if (f->fd >= 0 && gt_named_file_mark(f->fd, f->mark))
		return true;
	saved = errno;
	gt_run_file_remove(f);
	errno = saved;
	return false;
}

bool gt_run_file_create(struct gt_run_file *f)
{
	const char *folder = getenv("TMPDIR");

	return (folder && create_in(f, folder)) || create_in(f, "/tmp");
}

void gt_run_file_remove(struct gt_run_file *f)
{
	unlink(f->path);
	if (f->fd >= 0)
		close(f->fd);
}
