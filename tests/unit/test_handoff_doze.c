/*
 * The consumer's doze: a short sleep with a time limit. Events do not end it, so they cost the application no system call. Only short
 * memory and a wake end it. The claims are about time. One fast round of many is enough: load can make any round slow, and none fast.
 */
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/handoff.h"
#include "shim/shared/clock.h"

#define MIB	  (1ULL << 20)
#define ROUNDS	  20
#define DOZE_NS	  (45 * GT_NS_PER_MS) /* handoff.c: up to 50 ms it is a doze */
#define PROMPT_NS (30 * GT_NS_PER_MS)

static int dozer; /* thread id */
static _Atomic bool is_going_to_doze;

static void start(void)
{
	gt_handoff_after_fork();
	gt_pool_init(8 * MIB);
	is_going_to_doze = false;
}

static void put(size_t bytes)
{
	static const char zeros[64 * 1024];

	for (size_t n; bytes; bytes -= n) {
		n = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		assert_true(gt_handoff_bytes(GT_EVENT_RESPONSE, 1, gt_mono_now(), zeros, n));
	}
}

static void free_all(void)
{
	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		next = e->next;
		gt_event_free(e);
	}
}

/* Returns how long the consumer dozed. */
static int64_t doze(void)
{
	struct gt_mono before = gt_mono_now();

	is_going_to_doze = true;
	gt_handoff_wait(DOZE_NS);
	return gt_mono_now().ns - before.ns;
}

/* Is the consumer asleep? After the flag is set it sleeps on the futex only. */
static bool is_dozing(void)
{
	char path[64], stat[200] = "", *state;
	FILE *in;

	if (!is_going_to_doze)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", dozer);
	in = fopen(path, "r");
	if (!in)
		return false;
	(void)!fread(stat, 1, sizeof(stat) - 1, in);
	fclose(in);
	state = strrchr(stat, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

static void *put_while_it_dozes(void *bytes)
{
	struct gt_mono begun = gt_mono_now();

	while (!is_dozing() && gt_mono_now().ns - begun.ns < GT_NS_PER_S)
		usleep(200);
	put(*(const size_t *)bytes);
	return NULL;
}

/* The shortest of some dozes. During each of them another thread puts so many bytes. */
static int64_t shortest(size_t bytes, int rounds)
{
	int64_t least = INT64_MAX, ns;
	pthread_t t;

	dozer = (int)syscall(SYS_gettid);
	for (int i = 0; i < rounds && least > PROMPT_NS; i++) {
		start();
		assert_int_equal(pthread_create(&t, NULL, put_while_it_dozes, &bytes), 0);
		ns = doze();
		least = ns < least ? ns : least;
		pthread_join(t, NULL);
		free_all();
	}
	return least;
}

static void test_handoff_a_doze_ends_when_memory_gets_short(void **state)
{
	(void)state;
	assert_in_range(shortest(3 * MIB, ROUNDS), 0, PROMPT_NS);
}

static void test_handoff_a_doze_does_not_begin_while_memory_is_short(void **state)
{
	int64_t least = INT64_MAX, ns;

	(void)state;
	for (int i = 0; i < ROUNDS && least > PROMPT_NS; i++) {
		start();
		put(3 * MIB);
		ns = doze();
		least = ns < least ? ns : least;
		free_all();
	}
	assert_in_range(least, 0, PROMPT_NS);
}

static void test_handoff_a_doze_does_not_end_with_an_event(void **state)
{
	(void)state;
	assert_true(shortest(1000, 3) >= DOZE_NS);
}

/* As at the exit of the process. */
static void *wake_it(void *unused)
{
	(void)unused;
	while (!is_dozing())
		usleep(200);
	gt_handoff_wake();
	return NULL;
}

static void test_handoff_a_doze_ends_at_a_wake(void **state)
{
	int64_t least = INT64_MAX, ns;
	pthread_t t;

	(void)state;
	dozer = (int)syscall(SYS_gettid);
	for (int i = 0; i < ROUNDS && least > PROMPT_NS; i++) {
		start();
		assert_int_equal(pthread_create(&t, NULL, wake_it, NULL), 0);
		ns = doze();
		least = ns < least ? ns : least;
		pthread_join(t, NULL);
	}
	assert_in_range(least, 0, PROMPT_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_handoff_a_doze_ends_when_memory_gets_short),
		GT_TEST(test_handoff_a_doze_does_not_begin_while_memory_is_short),
		GT_TEST(test_handoff_a_doze_does_not_end_with_an_event),
		GT_TEST(test_handoff_a_doze_ends_at_a_wake),
	};

	return GT_TESTS(tests);
}
