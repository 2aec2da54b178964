#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "shim/exporter_thread.h"
#include "shim/handoff.h"
#include "shim/shared/stat.h"
#include "support/fake_exporter_thread.h"
#include "support/in_child.h"

#define MIB	    (1ULL << 20)
#define SMALL_ROOM  64
#define SMALL_BLOCK 256

static void start(uint64_t memory)
{
	gt_handoff_after_fork();
	gt_pool_init(memory);
	gt_stat_reset();
}

static int set_up(void **state)
{
	(void)state;
	start(8 * MIB);
	return 0;
}

static void put(uint64_t stream, uint32_t number)
{
	struct gt_event *e = gt_event_new(GT_EVENT_RESPONSE, stream, sizeof(number));

	assert_non_null(e);
	memcpy(e->data, &number, sizeof(number));
	e->len = sizeof(number);
	gt_handoff_put(e);
}

static uint32_t number_in(const struct gt_event *e)
{
	uint32_t n;

	memcpy(&n, e->data, sizeof(n));
	return n;
}

static int free_all(struct gt_event *e)
{
	int n = 0;

	for (struct gt_event *next; e; e = next, n++) {
		next = e->next;
		gt_event_free(e);
	}
	return n;
}

static void test_handoff_gives_events_oldest_first(void **state)
{
	struct gt_event *e, *first;

	(void)state;
	assert_true(gt_handoff_is_empty());
	assert_null(gt_handoff_take());
	for (uint32_t i = 0; i < 1000; i++)
		put(1, i);
	assert_false(gt_handoff_is_empty());
	first = e = gt_handoff_take();
	for (uint32_t i = 0; i < 1000; i++, e = e->next)
		assert_int_equal(number_in(e), i);
	assert_null(e);
	assert_int_equal(free_all(first), 1000);
	assert_true(gt_handoff_is_empty());
	put(1, 5);
	e = gt_handoff_take();
	assert_int_equal(number_in(e), 5);
	assert_int_equal(free_all(e), 1);
}

static void test_handoff_a_new_event_is_empty_stamped_and_has_the_room_asked_for(void **state)
{
	static const size_t rooms[] = { 0, 1, 900, 1000, 1024, 5000, GT_EVENT_ROOM_MAX };
	struct gt_event *e[GT_ROWS(rooms)];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rooms); i++) {
		struct gt_mono before = gt_mono_now();

		e[i] = gt_event_new(GT_EVENT_GAP, 40 + i, rooms[i]);
		assert_non_null(e[i]);
		assert_int_equal(e[i]->type, GT_EVENT_GAP);
		assert_int_equal(e[i]->stream, 40 + i);
		assert_int_equal(e[i]->len, 0);
		assert_null(e[i]->next);
		assert_int_equal((uintptr_t)e[i]->data % 8, 0);
		assert_true(e[i]->at.ns >= before.ns && e[i]->at.ns <= gt_mono_now().ns);
		memset(e[i]->data, (int)i, rooms[i]);
	}
	for (size_t i = 0; i < GT_ROWS(rooms); i++) {
		for (size_t at = 0; at < rooms[i]; at++)
			assert_int_equal(e[i]->data[at], i); /* no other event wrote there */
		gt_event_free(e[i]);
	}
}

/* How many events of that type and `room` fit into the pool; frees them again. */
static int capacity_for(enum gt_event_type type, size_t room)
{
	struct gt_event *list = NULL, *e;
	int n = 0;

	for (; (e = gt_event_new(type, 1, room)); n++) {
		e->next = list;
		list = e;
	}
	assert_int_equal(free_all(list), n);
	return n;
}

static int capacity(size_t room)
{
	return capacity_for(GT_EVENT_RESPONSE, room);
}

static void test_handoff_never_takes_more_than_its_memory(void **state)
{
	static const uint64_t sizes[] = { 1, 512 * 1024, MIB, 8 * MIB, 8 * MIB + 1 };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(sizes); i++) {
		uint64_t most = sizes[i] < 512 * 1024 ? 512 * 1024 : sizes[i];

		start(sizes[i]);
		assert_in_range(capacity(SMALL_ROOM), 256, most / SMALL_BLOCK);
		assert_true(gt_stat_get(GT_STAT_DROP_FULL) == 1);
		start(sizes[i]);
		assert_in_range(capacity(GT_EVENT_ROOM_MAX), 12, most / (16 * 1024));
	}
	start(0);
	assert_null(gt_event_new(GT_EVENT_RESPONSE, 1, 0));
	assert_false(gt_handoff_bytes(GT_EVENT_RESPONSE, 1, gt_mono_now(), "x", 1));
}

static void test_handoff_what_is_given_back_can_be_had_again(void **state)
{
	int small, large;

	(void)state;
	start(2 * MIB);
	small = capacity(SMALL_ROOM);
	large = capacity(GT_EVENT_ROOM_MAX);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(capacity(SMALL_ROOM), small);
		assert_int_equal(capacity(GT_EVENT_ROOM_MAX), large);
	}
}

/* A thousand small events that fill the pool must leave room for request bodies. */
static void test_handoff_a_flood_of_small_events_leaves_room_for_large_ones(void **state)
{
	static const uint64_t sizes[] = { 1, 512 * 1024, MIB, 32 * MIB };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(sizes); i++) {
		start(sizes[i]);
		capacity(SMALL_ROOM);
		assert_true(capacity(GT_EVENT_ROOM_MAX) >= 4);
	}
}

static void test_handoff_a_flood_of_large_events_leaves_room_for_small_ones(void **state)
{
	static const uint64_t sizes[] = { 1, 512 * 1024, MIB, 32 * MIB };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(sizes); i++) {
		struct gt_event *list = NULL, *e;

		start(sizes[i]);
		while ((e = gt_event_new(GT_EVENT_REQUEST, 1, GT_EVENT_ROOM_MAX))) {
			e->next = list;
			list = e;
		}
		/* END and GAP must get through while bodies are waiting */
		assert_true(capacity_for(GT_EVENT_END, SMALL_ROOM) >= 256);
		free_all(list);
	}
}

/* Calls are counted also when their bodies do not fit. */
static void test_handoff_bodies_leave_a_quarter_of_the_pool_to_reports(void **state)
{
	struct gt_event *bodies = NULL, *e;

	(void)state;
	start(32 * MIB);
	while ((e = gt_event_new(GT_EVENT_RESPONSE, 1, 3000))) {
		e->next = bodies;
		bodies = e;
	}
	assert_true(gt_pool_is_short());
	assert_true(capacity_for(GT_EVENT_BEGIN, 100) >= (int)(8 * MIB / 256));
	free_all(bodies);
	assert_false(gt_pool_is_short());
}

/* Calls of one kind have bodies of one size. */
static void test_handoff_events_of_one_size_may_have_most_of_the_pool(void **state)
{
	static const size_t rooms[] = { 150, 900, 4000, GT_EVENT_ROOM_MAX };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rooms); i++) {
		start(32 * MIB);
		assert_true((uint64_t)capacity(rooms[i]) * rooms[i] >= 12 * MIB);
	}
}

/* The exporter must then read them, whatever it waits for: the next calls would have no room. */
static void test_handoff_many_waiting_reports_are_scarcity(void **state)
{
	struct gt_event *bodies = NULL, *reports = NULL, *e;
	int n = 0;

	(void)state;
	for (int with_bodies = 0; with_bodies < 2; with_bodies++) {
		start(32 * MIB);
		while (with_bodies && (e = gt_event_new(GT_EVENT_RESPONSE, 1, 4000))) {
			e->next = bodies;
			bodies = e;
		}
		free_all(bodies);
		bodies = NULL;
		assert_false(gt_pool_is_scarce());
		for (n = 0; !gt_pool_is_scarce(); n++) {
			e = gt_event_new(GT_EVENT_BEGIN, 1, 80);
			assert_non_null(e);
			e->next = reports;
			reports = e;
		}
		assert_in_range(n, with_bodies ? 30000 : 120000, with_bodies ? 60000 : 180000);
		free_all(reports);
		reports = NULL;
	}
}

/* The exporter needs the time: if each freed block held a body again at once, it would never catch up. */
static void test_handoff_after_a_shortage_bodies_are_copied_again_when_the_exporter_has_caught_up(void **state)
{
	struct gt_event *bodies = NULL, *e;
	int n = 0;

	(void)state;
	start(32 * MIB);
	while ((e = gt_event_new(GT_EVENT_RESPONSE, 1, GT_EVENT_ROOM_MAX))) {
		e->next = bodies;
		bodies = e;
	}
	while (gt_pool_is_short()) {
		e = bodies;
		bodies = e->next;
		assert_null(gt_event_new(GT_EVENT_RESPONSE, 1, 10));
		gt_event_free(e);
		n++;
	}
	assert_true(n > 100);
	e = gt_event_new(GT_EVENT_RESPONSE, 1, GT_EVENT_ROOM_MAX);
	assert_non_null(e);
	gt_event_free(e);
	free_all(bodies);
}

/* A program that makes no more than a call now and then has whole calls, although the exporter has read nothing yet. */
static void test_handoff_during_a_shortage_a_call_now_and_then_is_admitted(void **state)
{
	struct gt_mono at = { GT_NS_PER_S };
	struct gt_event *bodies = NULL, *e;

	(void)state;
	start(32 * MIB);
	while ((e = gt_event_new(GT_EVENT_RESPONSE, 1, GT_EVENT_ROOM_MAX))) {
		e->next = bodies;
		bodies = e;
	}
	assert_true(gt_pool_is_short());
	for (uint64_t stream = 10; stream < 13; stream++) {
		assert_true(gt_pool_leaves_out(stream));
		assert_true(gt_pool_admit(stream, at));
		assert_false(gt_pool_admit(stream + 100, at)); /* too early */
		assert_false(gt_pool_leaves_out(stream));
		assert_true(gt_pool_leaves_out(stream + 100));
		assert_null(gt_event_new(GT_EVENT_RESPONSE, stream + 100, 10));
		e = gt_event_new(GT_EVENT_RESPONSE, stream, 10);
		assert_non_null(e);
		gt_event_free(e);
		at.ns += 10 * GT_NS_PER_MS;
	}
	/* the next call on that stream needs an admission of its own */
	assert_true(gt_pool_admit(50, at));
	assert_false(gt_pool_admit(50, at));
	assert_true(gt_pool_leaves_out(50));
	free_all(bodies);
	assert_true(gt_pool_admit(51, at));
	assert_false(gt_pool_leaves_out(50));
}

static void test_handoff_an_event_moves_into_a_block_that_fits(void **state)
{
	struct gt_event *e;

	(void)state;
	e = gt_event_new(GT_EVENT_RESPONSE_HEAD, 7, GT_EVENT_ROOM_MAX);
	memset(e->data, 'x', 300);
	e->len = 300;
	e = gt_event_fit(e);
	assert_int_equal(gt_block_size(e->class), 1024);
	assert_int_equal(e->len, 300);
	assert_int_equal(e->stream, 7);
	assert_int_equal(e->type, GT_EVENT_RESPONSE_HEAD);
	for (int i = 0; i < 300; i++)
		assert_int_equal(e->data[i], 'x');
	gt_event_free(e);
}

static void test_handoff_bytes_travel_in_as_many_events_as_it_takes(void **state)
{
	static char big[3 * GT_EVENT_ROOM_MAX + 7];
	struct gt_event *e, *first;
	struct gt_mono at = { 123456789 };
	size_t got = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	assert_true(gt_handoff_bytes(GT_EVENT_REQUEST, 9, at, big, sizeof(big)));
	first = gt_handoff_take();
	for (e = first; e; e = e->next) {
		assert_int_equal(e->stream, 9);
		assert_int_equal(e->type, GT_EVENT_REQUEST);
		assert_int_equal(e->at.ns, at.ns);
		assert_true(e->len > 0 && e->len <= GT_EVENT_ROOM_MAX);
		assert_memory_equal(e->data, big + got, e->len);
		got += e->len;
	}
	assert_int_equal(got, sizeof(big));
	assert_int_equal(free_all(first), 4);
	assert_true(gt_handoff_bytes(GT_EVENT_REQUEST, 9, at, NULL, 0));
	assert_true(gt_handoff_is_empty());
}

static void test_handoff_bytes_that_do_not_fit_are_reported(void **state)
{
	static char big[MIB];
	size_t len = 0;

	(void)state;
	start(1);
	assert_false(gt_handoff_bytes(GT_EVENT_REQUEST, 9, gt_mono_now(), big, sizeof(big)));
	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		next = e->next;
		len += e->len;
		gt_event_free(e);
	}
	assert_true(len < sizeof(big));
	assert_true(gt_handoff_bytes(GT_EVENT_REQUEST, 9, gt_mono_now(), big, GT_EVENT_ROOM_MAX));
	free_all(gt_handoff_take());
}

/* ---------------------------------------------------------------- sleep */

static void test_handoff_wait_returns_when_something_is_there_already(void **state)
{
	(void)state;
	gt_handoff_wait(0);
	put(1, 1);
	gt_handoff_wait(-1); /* without the event it would block forever */
	assert_int_equal(free_all(gt_handoff_take()), 1);
}

/* the process exits after the exporter has read the clock and before it sleeps */
static void test_handoff_a_wake_before_the_sleep_is_not_lost(void **state)
{
	(void)state;
	gt_handoff_wake();
	gt_handoff_wait(-1);
	gt_handoff_wake();
	gt_handoff_wake();
	gt_handoff_wait(60 * GT_NS_PER_S);
}

static void *wake_later(void *how)
{
	for (int i = 0; i < 20; i++) {
		usleep(2000);
		if (how)
			put(1, (uint32_t)i);
		else
			gt_handoff_wake();
	}
	return NULL;
}

static void test_handoff_a_sleeper_is_woken_by_an_event_and_by_wake(void **state)
{
	(void)state;
	for (uintptr_t how = 0; how < 2; how++) {
		pthread_t t;
		int got = 0;

		pthread_create(&t, NULL, wake_later, (void *)how);
		for (int i = 0; how ? got < 20 : i < 1; i++) {
			gt_handoff_wait(-1);
			got += free_all(gt_handoff_take());
		}
		pthread_join(t, NULL);
		free_all(gt_handoff_take());
		if (!how) {
			gt_handoff_wake(); /* takes a wake that the other thread left */
			gt_handoff_wait(GT_NS_PER_MS);
		}
	}
}

static void *fill_pool(void *unused)
{
	(void)unused;
	usleep(5000);
	for (int i = 0; i < 400; i++) {
		struct gt_event *e = gt_event_new(GT_EVENT_RESPONSE, 1, GT_EVENT_ROOM_MAX);

		if (e)
			gt_handoff_put(e);
	}
	return NULL;
}

static void test_handoff_a_sleeper_with_a_time_limit_is_woken_when_memory_gets_short(void **state)
{
	struct gt_mono before = gt_mono_now();
	pthread_t t;

	(void)state;
	pthread_create(&t, NULL, fill_pool, NULL);
	do
		gt_handoff_wait(20 * GT_NS_PER_S);
	while (gt_handoff_is_empty());
	assert_true(gt_mono_now().ns - before.ns < 15 * GT_NS_PER_S);
	pthread_join(t, NULL);
	free_all(gt_handoff_take());
}

/* ---------------------------------------------------------------- threads (run under TSan too) */

enum { PRODUCERS = 8, EACH = 4000 };
static _Atomic int producing;
static _Atomic uint64_t refused;

static void *produce(void *p)
{
	uint64_t stream = (uintptr_t)p + 1;

	for (uint32_t i = 0; i < EACH; i++) {
		size_t len = 4 + (i % 7 == 0 ? 3000 : i % 200);
		struct gt_event *e = gt_event_new(GT_EVENT_RESPONSE, stream, len);

		if (!e) {
			refused++;
			continue;
		}
		memset(e->data, (int)stream, len);
		memcpy(e->data, &i, sizeof(i));
		e->len = (uint32_t)len;
		gt_handoff_put(e);
	}
	producing--;
	return NULL;
}

static void run_threads(uint64_t memory)
{
	int64_t last[PRODUCERS + 1];
	uint64_t got = 0;
	pthread_t t[PRODUCERS];

	start(memory);
	producing = PRODUCERS;
	refused = 0;
	for (int i = 0; i <= PRODUCERS; i++)
		last[i] = -1;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		pthread_create(&t[i], NULL, produce, (void *)i);
	for (bool more = true; more;) {
		struct gt_event *next;

		more = producing > 0;
		for (struct gt_event *e = gt_handoff_take(); e; e = next, got++) {
			next = e->next;
			assert_in_range(e->stream, 1, PRODUCERS);
			assert_true((int64_t)number_in(e) > last[e->stream]); /* order of one thread is kept */
			last[e->stream] = number_in(e);
			for (size_t k = 4; k < e->len; k += 97)
				assert_int_equal(e->data[k], e->stream);
			gt_event_free(e);
		}
		if (more)
			gt_handoff_wait(GT_NS_PER_MS);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(got + refused, PRODUCERS * EACH); /* only rejected events are lost, and they are counted */
	assert_int_equal(gt_stat_get(GT_STAT_DROP_FULL), refused);
	assert_true(gt_handoff_is_empty());
}

static void test_handoff_wants_a_thread_when_a_quarter_is_in_flight(void **state)
{
	static const char bytes[64 * 1024];

	(void)state;
	gt_handoff_on_pressure(gt_exporter_thread_want);
	gt_fake_wanted = 0;
	for (size_t put = 0; put < 3 * MIB / 2; put += sizeof(bytes))
		assert_true(gt_handoff_bytes(GT_EVENT_REQUEST, 1, gt_mono_now(), bytes, sizeof(bytes)));
	assert_int_equal(gt_fake_wanted, 0); /* a few request bytes do not wake the exporter */
	for (size_t put = 0; put < MIB; put += sizeof(bytes))
		assert_true(gt_handoff_bytes(GT_EVENT_REQUEST, 1, gt_mono_now(), bytes, sizeof(bytes)));
	assert_true(gt_fake_wanted > 0);
	free_all(gt_handoff_take());
}

static void test_handoff_eight_producers_lose_nothing(void **state)
{
	(void)state;
	run_threads(256 * MIB);
	assert_int_equal(refused, 0);
}

static void test_handoff_eight_producers_at_the_limit_lose_only_what_is_counted(void **state)
{
	(void)state;
	run_threads(1);
}

#ifndef ROUNDS
#define ROUNDS 200
#endif
static pthread_barrier_t together;

static void *take_all(void *bytes)
{
	struct gt_event *e;

	pthread_barrier_wait(&together);
	while ((e = gt_event_new(GT_EVENT_END, 1, SMALL_ROOM)))
		*(uint64_t *)bytes += gt_block_size(e->class);
	return NULL;
}

static void test_handoff_threads_that_grow_the_pool_together_lose_no_block(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t bytes[PRODUCERS] = { 0 }, sum = 0;
		pthread_t t[PRODUCERS];

		start(2 * MIB);
		pthread_barrier_init(&together, NULL, PRODUCERS);
		for (int i = 0; i < PRODUCERS; i++)
			pthread_create(&t[i], NULL, take_all, &bytes[i]);
		for (int i = 0; i < PRODUCERS; i++) {
			pthread_join(t[i], NULL);
			sum += bytes[i];
		}
		pthread_barrier_destroy(&together);
		/* the threads hold every block of the pool but those of the segment that is kept for heads */
		assert_int_equal(sum, (2 * MIB / GT_SEGMENT_SIZE - 1) * (GT_SEGMENT_SIZE / GT_BLOCK_REPORT * GT_BLOCK_REPORT));
	}
}

static void *count_streams(void *out)
{
	uint64_t *numbers = out;

	for (int i = 0; i < 10000; i++)
		numbers[i] = gt_stream_next();
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_handoff_stream_numbers_are_unique_and_not_zero(void **state)
{
	static uint64_t numbers[4 * 10000];
	pthread_t t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, count_streams, numbers + i * 10000);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	qsort(numbers, GT_ROWS(numbers), sizeof(numbers[0]), by_number);
	assert_true(numbers[0] != 0);
	for (size_t i = 1; i < GT_ROWS(numbers); i++)
		assert_true(numbers[i] != numbers[i - 1]);
}

/* ---------------------------------------------------------------- fork */

static void after_fork(void *small)
{
	gt_handoff_after_fork();
	gt_child_check(gt_handoff_is_empty());
	gt_child_check(gt_handoff_take() == NULL);
	for (int round = 0; round < 3; round++) {
		int n = capacity(SMALL_ROOM);

		gt_child_check(n == *(int *)small);
		put(1, 7);
		gt_child_check(number_in(gt_handoff_take()) == 7);
		gt_handoff_after_fork(); /* a grandchild */
	}
}

static void test_handoff_a_forked_child_starts_with_an_empty_pool(void **state)
{
	int small;

	(void)state;
	start(2 * MIB);
	small = capacity(SMALL_ROOM);
	for (uint32_t i = 0; i < 100; i++)
		put(1, i);
	gt_event_new(GT_EVENT_BEGIN, 1, 0); /* held by a thread at the fork */
	assert_int_equal(gt_in_child(after_fork, &small), 0);
	assert_int_equal(free_all(gt_handoff_take()), 100); /* the parent's events are untouched */
}

int main(void)
{
#define T(f) GT_TEST_FRESH(f, set_up)
	const struct CMUnitTest tests[] = {
		T(test_handoff_gives_events_oldest_first),
		T(test_handoff_a_new_event_is_empty_stamped_and_has_the_room_asked_for),
		T(test_handoff_never_takes_more_than_its_memory),
		T(test_handoff_what_is_given_back_can_be_had_again),
		T(test_handoff_a_flood_of_small_events_leaves_room_for_large_ones),
		T(test_handoff_a_flood_of_large_events_leaves_room_for_small_ones),
		T(test_handoff_bodies_leave_a_quarter_of_the_pool_to_reports),
		T(test_handoff_events_of_one_size_may_have_most_of_the_pool),
		T(test_handoff_many_waiting_reports_are_scarcity),
		T(test_handoff_after_a_shortage_bodies_are_copied_again_when_the_exporter_has_caught_up),
		T(test_handoff_during_a_shortage_a_call_now_and_then_is_admitted),
		T(test_handoff_an_event_moves_into_a_block_that_fits),
		T(test_handoff_bytes_travel_in_as_many_events_as_it_takes),
		T(test_handoff_bytes_that_do_not_fit_are_reported),
		T(test_handoff_wait_returns_when_something_is_there_already),
		T(test_handoff_a_wake_before_the_sleep_is_not_lost),
		T(test_handoff_a_sleeper_is_woken_by_an_event_and_by_wake),
		T(test_handoff_a_sleeper_with_a_time_limit_is_woken_when_memory_gets_short),
		T(test_handoff_wants_a_thread_when_a_quarter_is_in_flight),
		T(test_handoff_eight_producers_lose_nothing),
		T(test_handoff_eight_producers_at_the_limit_lose_only_what_is_counted),
		T(test_handoff_threads_that_grow_the_pool_together_lose_no_block),
		T(test_handoff_stream_numbers_are_unique_and_not_zero),
		T(test_handoff_a_forked_child_starts_with_an_empty_pool),
	};

	return GT_TESTS(tests);
}
