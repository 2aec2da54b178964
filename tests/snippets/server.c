/*
 * Answers chat requests; prints its port, ends when its standard input does. Prints how many trace context lines it saw.
 *
 * cc: -O1
 */
#include "peer.h"

int main(void)
{
	char c;

	signal(SIGPIPE, SIG_IGN);
	printf("%d\n", far_start(true));
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	printf("%d\n", lines_seen);
	return 0;
}
