/*
 * A program that overwrites its arguments with a title for ps, as daemons do, and then makes a call. With "child" a
 * forked child does so.
 *
 * cc: -O1
 */
#include "peer.h"

static void set_title(int argc, char *argv[], const char *title)
{
	size_t room = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]);

	memset(argv[0], 0, room);
	strncpy(argv[0], title, room);
	for (int i = 1; i < argc; i++)
		argv[i] = argv[0] + room; /* an empty string, as PHP leaves them */
	prctl(PR_SET_NAME, "worker");
}

int main(int argc, char *argv[])
{
	bool is_child = argc > 1 && strcmp(argv[1], "child") == 0;

	if (is_child && fork()) {
		wait(NULL);
		return 0;
	}
	set_title(argc, argv, "Waiting for work on queue default");
	printf("%d\n", exchange(pair_up(0), "m"));
	return 0;
}
