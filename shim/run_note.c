#include "shim/run_note.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/shared/env.h"
#include "shim/shared/named_file.h"

static void append(const char *path, const char *line, int len)
{
	int fd = gt_named_file_open_marked(path, gt_env_get(GT_ENV_GENTAP_RUN_FILE_MARK));

	if (fd < 0)
		return;
	(void)!gt_named_file_append(fd, &(struct iovec){ (void *)line, (size_t)len }, 1);
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
