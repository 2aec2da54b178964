/*
 * Makes one chat request over a plain socket and ends in the given way:
 * exit_ways PORT return|exit|_exit|_Exit|quick_exit|sigterm_after_1500_ms
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void ask(int port)
{
	static const char body[] =
		"{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}";
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char request[512], reply[4096];
	ssize_t n;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	snprintf(
		request, sizeof(request),
		"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		strlen(body), body);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || send(fd, request, strlen(request), 0) < 0)
		_exit(1);
	while ((n = recv(fd, reply, sizeof(reply), 0)) > 0)
		if (write(1, reply, (size_t)n) < 0)
			_exit(1);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *way = argc == 3 ? argv[2] : "";

	ask(argc > 1 ? atoi(argv[1]) : 0);
	if (!strcmp(way, "return"))
		return 3;
	if (!strcmp(way, "exit"))
		exit(3);
	if (!strcmp(way, "_exit"))
		_exit(3);
	if (!strcmp(way, "_Exit"))
		_Exit(3);
	if (!strcmp(way, "quick_exit"))
		quick_exit(3);
	if (!strcmp(way, "sigterm_after_1500_ms")) {
		nanosleep(&(struct timespec){ 1, 500000000 }, NULL);
		raise(SIGTERM);
	}
	return 2;
}
