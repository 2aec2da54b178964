#include "exporter/command/run_notes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t count(const cJSON *n)
{
	return cJSON_IsNumber(n) && n->valuedouble >= 1 && n->valuedouble <= INT32_MAX ? (uint64_t)n->valuedouble : 0;
}

void gt_run_notes_read(struct gt_run_notes *notes, const cJSON *line)
{
	const cJSON *process = cJSON_GetObjectItemCaseSensitive(line, "gentapProcess");
	const cJSON *pid = cJSON_GetObjectItemCaseSensitive(process, "pid");
	const cJSON *requests = cJSON_GetObjectItemCaseSensitive(process, "requests");
	const cJSON *lost = cJSON_GetObjectItemCaseSensitive(process, "lost");

	if (!cJSON_IsNumber(pid) || !(pid->valuedouble >= 1 && pid->valuedouble <= INT32_MAX))
		return;
	if (requests)
		notes->requests += count(requests);
	else if (lost)
		notes->lost += count(lost);
	else
		notes->pids[notes->awake++ % GT_RUN_PIDS_MAX] = (int64_t)pid->valuedouble;
}

/* A zombie has ended, although its parent has not collected it. */
static bool goes_on(int64_t pid)
{
	char path[64], stat[512], *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[n > 0 ? n : 0] = 0;
	state = strrchr(stat, ')');
	return state && state[1] && state[2] != 'Z' && state[2] != 'X';
}

int64_t gt_run_notes_alive(const struct gt_run_notes *notes)
{
	for (uint64_t i = 0; i < notes->awake && i < GT_RUN_PIDS_MAX; i++)
		if (goes_on(notes->pids[i]))
			return notes->pids[i];
	return 0;
}
