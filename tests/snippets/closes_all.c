/*
 * Closes every open descriptor, as daemons and shells do, and uses the numbers itself.
 *
 *	closes_all HOW PORT [PAUSE_MS]
 *
 * cc: -O1
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include "peer.h"

#define MINE 40

static int files[MINE], sockets[MINE][2];

static void free_all(const char *how)
{
	if (!strcmp(how, "close"))
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
	else if (!strcmp(how, "raw-close"))
		for (int fd = 3; fd < 1024; fd++)
			syscall(SYS_close, fd);
	else if (!strcmp(how, "close-range"))
		close_range(3, ~0U, 0);
	else if (!strcmp(how, "raw-close-range"))
		syscall(SYS_close_range, 3, ~0U, 0);
	else if (!strcmp(how, "closefrom"))
		closefrom(3);
	else if (!strcmp(how, "dup2"))
		for (int fd = 3; fd < 256; fd++)
			dup2(0, fd);
	else if (!strcmp(how, "daemon"))
		MUST(daemon(1, 1) == 0);
	else
		MUST(!"known");
}

/* Half of the numbers become files, half become sockets. So the program owns every number that another thread used. */
static void take_numbers(const char *how)
{
	char path[64];

	for (int i = 0; i < MINE; i++) {
		snprintf(path, sizeof(path), "mine-%d", i);
		files[i] = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		MUST(files[i] >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]) == 0);
	}
	/* and every number below */
	if (!strcmp(how, "dup2")) {
		for (int fd = 3; fd < 256; fd++) {
			struct stat st;

			if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISSOCK(st.st_mode))
				dup2(files[fd % MINE], fd);
		}
	}
}

static int foreign_bytes(void)
{
	struct stat st;
	int n = 0;
	char c;

	for (int i = 0; i < MINE; i++) {
		n += fstat(files[i], &st) != 0 || st.st_size != 0;
		for (int side = 0; side < 2; side++)
			n += recv(sockets[i][side], &c, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN;
	}
	return n;
}

static double cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char *argv[])
{
	int port = atoi(argv[2]), pause = argc > 3 ? atoi(argv[3]) : 300;
	double cpu;

	setlinebuf(stdout);
	printf("before: %d\n", visit(port, "before"));
	nap_ms(pause);
	free_all(argv[1]);
	take_numbers(argv[1]);
	printf("after: %d\n", visit(port, "after"));
	cpu = cpu_s();
	nap_ms(250);
	cpu = cpu_s() - cpu;
	printf("idle: %s\n", cpu < 0.05 ? "yes" : "no");
	printf("foreign bytes or lost files: %d\n", foreign_bytes());
	printf("at the end: %d\n", visit(port, "end"));
	return 0;
}
