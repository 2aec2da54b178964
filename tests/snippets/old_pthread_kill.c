/*
 * An object that was built for a glibc older than 2.34: there, pthread_kill of a thread that has ended was ESRCH.
 *
 * cc: -O1 -fPIC -shared
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#ifdef __x86_64__
__asm__(".symver pthread_create, pthread_create@GLIBC_2.2.5");
__asm__(".symver pthread_join, pthread_join@GLIBC_2.2.5");
__asm__(".symver pthread_kill, pthread_kill@GLIBC_2.2.5");
#endif

static void *nothing(void *unused)
{
	return unused;
}

int ask_after_its_end(void);

int ask_after_its_end(void)
{
	struct timespec nap = { 0, 100000000 };
	pthread_t t;
	int ret;

	pthread_create(&t, NULL, nothing, NULL);
	nanosleep(&nap, NULL);
	ret = pthread_kill(t, 0);
	pthread_join(t, NULL);
	return ret;
}
