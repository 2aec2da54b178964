/*
 * A program for tools that watch memory, descriptors and threads: two threads make exchanges and open files, with a
 * lock of their own. `race` adds a data race.
 *
 *	watched PORT [race]
 *
 * cc: -O1
 */
#include "peer.h"

#define ROUNDS 25

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int port, whole, raced;
static bool has_race;

static void *work(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int fd;

		pthread_mutex_lock(&lock);
		whole += visit(port, "watched");
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		MUST(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
		pthread_mutex_unlock(&lock);
		if (has_race)
			raced++;
		nap_ms(10);
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t a, b;

	MUST(argc > 1);
	port = atoi(argv[1]);
	has_race = argc > 2;
	MUST(pthread_create(&a, NULL, work, NULL) == 0);
	MUST(pthread_create(&b, NULL, work, NULL) == 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	printf("%d of %d were whole\n", whole, 2 * ROUNDS);
	return 0;
}
