/*
 * One exchange. Then the program sleeps and returns from main.
 *
 *	once TAG [MILLISECONDS]
 *
 * cc: -O1
 */
#include "peer.h"

int main(int argc, char *argv[])
{
	MUST(argc > 1);
	printf("heard: %d\n", exchange(pair_up(0), argv[1]));
	fflush(stdout);
	nap_ms(argc > 2 ? atoi(argv[2]) : 0);
	say_lines();
	return 0;
}
