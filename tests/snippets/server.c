/*
 * Answers chat requests. Prints its port, and exits at the end of its standard input. Prints how many trace context
 * lines it saw.
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
