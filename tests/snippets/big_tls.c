/*
 * A program with more thread-local memory than most threads have stack.
 *
 * KIB is its size.
 *
 * cc: -O1
 */
#include "peer.h"

static __thread char room[KIB * 1024];

int main(void)
{
	memset(room, 1, sizeof(room));
	printf("first: %d, %d\n", exchange(pair_up(0), "first"), room[sizeof(room) - 1]);
	nap_ms(200);
	say_lines();
	return 0;
}
