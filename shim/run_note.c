#include "shim/run_note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/shared/env.h"

/* One write to an O_APPEND descriptor: lines of several processes do not mix. */
static void append(const char *path, const char *line, int len)
{
	struct rlimit size;
	int fd;

	if (getrlimit(RLIMIT_FSIZE, &size) || size.rlim_cur != RLIM_INFINITY)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	(void)!syscall(SYS_write, fd, line, (size_t)len);
	syscall(SYS_close, fd);
}

void gt_run_note_awake(void)
{
	const char *path = gt_env_get(GT_ENV_GENTAP_RUN_FILE);
	int saved = errno;
	char line[80];

	if (path)
		append(path, line, snprintf(line, sizeof(line), "{\"gentapProcess\":{\"pid\":%d}}\n", (int)getpid()));
	errno = saved;
}

void gt_run_note_requests(uint64_t unmatched)
{
	const char *path = gt_env_get(GT_ENV_GENTAP_RUN_FILE);
	int saved = errno;
	char line[80];

	if (path && unmatched)
		append(path, line,
		       snprintf(line, sizeof(line), "{\"gentapProcess\":{\"pid\":%d,\"requests\":%llu}}\n", (int)getpid(),
				(unsigned long long)unmatched));
	errno = saved;
}
