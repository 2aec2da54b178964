/*
 * Starts other programs in the middle of exchanges, by every available call. Children that share the program's memory
 * do what they like with their descriptors.
 *
 * cc: -O1
 */
#include <spawn.h>

#include "peer.h"

extern char **environ;

static struct pair p;

static int ended(pid_t child)
{
	int status = -1;

	MUST(waitpid(child, &status, 0) == child);
	return status;
}

static int by_vfork(void)
{
	char *argv[] = { "true", NULL };
	pid_t child = vfork();

	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return ended(child);
}

/* As subprocess and shells do before exec; here exec fails. */
static int by_vfork_that_closes(void)
{
	pid_t child = vfork();

	if (child == 0) {
		for (int fd = 3; fd < 40; fd++)
			close(fd);
		dup2(2, p.near);
		close_range(3, 40, 0);
		execl("/nowhere", "nowhere", (char *)NULL);
		_exit(7);
	}
	return ended(child) == 7 << 8 ? 0 : -1;
}

/* The child opens its own connection and sends a request; it shares only the memory. */
static int by_vfork_that_connects(void)
{
	static int port, listener;
	pid_t child;

	listener = far_listen(0, &port);
	child = vfork();
	if (child == 0) {
		close(p.near);
		if (dial(port, 0) == p.near)
			send(p.near, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
		_exit(0);
	}
	far_close(listener);
	return ended(child);
}

static int by_posix_spawn(void)
{
	posix_spawn_file_actions_t actions;
	char *argv[] = { "true", NULL };
	pid_t child;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, p.near);
	posix_spawn_file_actions_adddup2(&actions, 2, p.near);
	ret = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return ret ? ret : ended(child);
}

static int by_system(void)
{
	return system("exit 0");
}

static int by_popen(void)
{
	FILE *f = popen("echo said", "r");
	char line[16] = "";

	MUST(f && fgets(line, sizeof(line), f));
	return pclose(f) || strcmp(line, "said\n");
}

static int by_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		close(p.near);
		execlp("true", "true", (char *)NULL);
		_exit(127);
	}
	return ended(child);
}

static const struct {
	const char *name;
	int (*start)(void);
} ways[] = {
	{ "vfork", by_vfork },
	{ "vfork-closes", by_vfork_that_closes },
	{ "vfork-connects", by_vfork_that_connects },
	{ "posix-spawn", by_posix_spawn },
	{ "system", by_system },
	{ "popen", by_popen },
	{ "fork", by_fork },
};

/* The answer arrives in three parts, and a program is started before each. Another program is started in the middle
 * of the request. */
static void disturbed(const char *tag, int (*start)(void))
{
	const char *answer = chat_answer();
	size_t want = strlen(answer), len, n, have = 0, said = 0;
	char sent[2048], got[2048], heard[2048], part[512];
	int bad = 0;

	p = pair_up(0);
	len = ask_for(sent, sizeof(sent), tag, 0);
	MUST(say(p.near, sent, len - 20));
	bad += start() != 0;
	MUST(say(p.near, sent + len - 20, 20));
	n = far_request(p.far, got, sizeof(got));
	printf("%s: arrived %s", tag, same_but_for_lines(got, n, sent, len) ? "same" : "changed");
	for (int i = 1; i <= 3; i++) {
		size_t end = want * (size_t)i / 3;

		snprintf(part, sizeof(part), "%.*s", (int)(end - said), answer + said);
		said = end;
		bad += start() != 0;
		far_say(p.far, part);
		while (have < end) {
			ssize_t some = recv(p.near, heard + have, sizeof(heard) - have, 0);

			MUST(some > 0);
			have += (size_t)some;
		}
	}
	printf(", heard %s, %d children failed\n", !memcmp(heard, answer, want) ? "all" : "something else", bad);
	close(p.near);
	far_close(p.far);
}

int main(void)
{
	setlinebuf(stdout);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		disturbed(ways[i].name, ways[i].start);
	say_lines();
	return 0;
}
