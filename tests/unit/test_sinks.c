/*
 * Sinks that record what is asked of them.
 */
#include "support/test.h"

#include "exporter/sinks/sinks.h"

#define MS(n) ((n) * GT_NS_PER_MS)

struct fake {
	struct gt_sink base;
	bool is_busy, has_room, is_failing;
	int64_t due_in;
	unsigned writes, rests, closes;
	const struct gt_hold *hold; /* of the last batch */
	int64_t waited;		    /* of the last poll; -1: none */
	int64_t deadline;	    /* of the last flush_by; 0: none */
};

static void fake_write(struct gt_sink *s, const struct gt_batch_view *batch)
{
	((struct fake *)s)->writes++;
	((struct fake *)s)->hold = batch->hold;
}

static void fake_poll(struct gt_sink *s, int64_t wait_ns)
{
	((struct fake *)s)->waited = wait_ns;
}

static bool fake_is_busy(const struct gt_sink *s)
{
	return ((const struct fake *)s)->is_busy;
}

static int64_t fake_due_in(const struct gt_sink *s, struct gt_mono now)
{
	(void)now;
	return ((const struct fake *)s)->due_in;
}

static bool fake_has_room(const struct gt_sink *s)
{
	return ((const struct fake *)s)->has_room;
}

static bool fake_is_failing(const struct gt_sink *s)
{
	return ((const struct fake *)s)->is_failing;
}

static void fake_flush_by(struct gt_sink *s, struct gt_mono deadline)
{
	((struct fake *)s)->deadline = deadline.ns;
}

static void fake_rest(struct gt_sink *s)
{
	((struct fake *)s)->rests++;
}

static void fake_close(struct gt_sink *s)
{
	((struct fake *)s)->closes++;
}

static const struct gt_sink_ops full_ops = {
	.name = "full",
	.write = fake_write,
	.poll = fake_poll,
	.is_busy = fake_is_busy,
	.due_in = fake_due_in,
	.has_room = fake_has_room,
	.is_failing = fake_is_failing,
	.flush_by = fake_flush_by,
	.rest = fake_rest,
	.close = fake_close,
};

/* As the file and the console have them. */
static const struct gt_sink_ops bare_ops = { .name = "bare", .write = fake_write, .close = fake_close };

static struct fake fakes[GT_SINKS_MAX + 1];
static struct gt_sinks sinks;

static struct fake *add(const struct gt_sink_ops *ops, enum gt_signal signal)
{
	struct fake *f = &fakes[sinks.n];

	*f = (struct fake){ .base = { .ops = ops, .signal = signal }, .has_room = true, .due_in = -1, .waited = -1 };
	gt_sinks_add(&sinks, &f->base);
	return f;
}

static int set_up(void **state)
{
	(void)state;
	sinks = (struct gt_sinks){ 0 };
	return 0;
}

static void test_sinks_none_wants_nothing(void **state)
{
	(void)state;
	gt_sinks_add(&sinks, NULL);
	assert_int_equal(sinks.n, 0);
	assert_false(gt_sinks_want(&sinks, GT_TRACES));
	assert_null(gt_sinks_first_of_spans(&sinks));
	assert_true(gt_sinks_have_room(&sinks));
	assert_false(gt_sinks_are_busy(&sinks));
	assert_int_equal(gt_sinks_due_in(&sinks, gt_mono_now()), -1);
	gt_sinks_poll(&sinks, MS(20));
	gt_sinks_close(&sinks);
}

static void test_sinks_one_too_many_is_closed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_SINKS_MAX; i++)
		add(&full_ops, GT_TRACES);
	assert_int_equal(add(&full_ops, GT_TRACES)->closes, 1);
	assert_int_equal(sinks.n, GT_SINKS_MAX);
}

static void test_sinks_a_batch_goes_to_the_sinks_of_its_signal(void **state)
{
	struct fake *spans = add(&full_ops, GT_TRACES), *also_spans = add(&bare_ops, GT_TRACES),
		    *metrics = add(&full_ops, GT_METRICS);

	(void)state;
	gt_sinks_write(&sinks, GT_TRACES, &(struct gt_batch_view){ .n = 1 });
	assert_int_equal(spans->writes, 1);
	assert_int_equal(also_spans->writes, 1);
	assert_int_equal(metrics->writes, 0);
	assert_ptr_equal(gt_sinks_first_of_spans(&sinks), &spans->base);
}

static void test_sinks_only_the_first_sink_decides_what_stays_in_a_spool(void **state)
{
	struct fake *first = add(&full_ops, GT_TRACES), *second = add(&bare_ops, GT_TRACES);
	struct gt_hold hold = { .refs = 1 };

	(void)state;
	gt_sinks_write(&sinks, GT_TRACES, &(struct gt_batch_view){ .n = 1, .hold = &hold });
	assert_ptr_equal(first->hold, &hold);
	assert_null(second->hold);
}

static void test_sinks_of_anothers_spans_each_sink_gets_those_that_it_lacks(void **state)
{
	static const struct {
		struct gt_sinks_reach reach;
		unsigned collector, file, run_file;
	} rows[] = {
		{ { false, false }, 1, 1, 1 },
		{ { true, false }, 1, 0, 0 },
		{ { false, true }, 1, 1, 0 },
		{ { true, true }, 1, 0, 0 },
	};
	struct gt_hold hold = { .refs = 1 };

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct fake *collector, *file, *run_file, *metrics;

		set_up(state);
		collector = add(&full_ops, GT_TRACES);
		file = add(&bare_ops, GT_TRACES);
		run_file = add(&bare_ops, GT_TRACES);
		run_file->base.is_of_run = true;
		metrics = add(&full_ops, GT_METRICS);
		gt_sinks_forward(&sinks, &(struct gt_batch_view){ .n = 1, .hold = &hold }, rows[i].reach);
		assert_int_equal(collector->writes, rows[i].collector);
		assert_int_equal(file->writes, rows[i].file);
		assert_int_equal(run_file->writes, rows[i].run_file);
		assert_int_equal(metrics->writes, 0);
		assert_ptr_equal(collector->hold, &hold);
		assert_null(file->hold);
	}
	/* a run without another destination */
	set_up(state);
	add(&bare_ops, GT_TRACES)->base.is_of_run = true;
	gt_sinks_forward(&sinks, &(struct gt_batch_view){ .n = 1 }, (struct gt_sinks_reach){ true, false });
	assert_int_equal(fakes[0].writes, 1);
	gt_sinks_forward(&sinks, &(struct gt_batch_view){ .n = 1 }, (struct gt_sinks_reach){ true, true });
	assert_int_equal(fakes[0].writes, 1);
}

static void test_sinks_a_sink_that_is_off_wants_nothing(void **state)
{
	struct fake *metrics = add(&full_ops, GT_METRICS);

	(void)state;
	assert_true(gt_sinks_want(&sinks, GT_METRICS));
	assert_false(gt_sinks_want(&sinks, GT_TRACES));
	assert_null(gt_sinks_first_of_spans(&sinks));
	metrics->base.is_off = true;
	assert_false(gt_sinks_want(&sinks, GT_METRICS));
}

static void test_sinks_poll_waits_only_in_those_due_first(void **state)
{
	struct fake *idle = add(&full_ops, GT_TRACES), *under_way = add(&full_ops, GT_METRICS),
		    *in_a_pause = add(&full_ops, GT_LOGS);

	(void)state;
	add(&bare_ops, GT_TRACES);
	under_way->due_in = 0;
	in_a_pause->due_in = MS(500);
	assert_int_equal(gt_sinks_due_in(&sinks, gt_mono_now()), 0);
	gt_sinks_poll(&sinks, MS(20));
	assert_int_equal(under_way->waited, MS(20));
	assert_int_equal(in_a_pause->waited, 0);
	/* an idle sink has nothing to wait for: it returns at once whatever it is given */
	assert_int_not_equal(idle->waited, -1);
	under_way->due_in = -1;
	assert_int_equal(gt_sinks_due_in(&sinks, gt_mono_now()), MS(500));
	gt_sinks_poll(&sinks, MS(20));
	assert_int_equal(in_a_pause->waited, MS(20));
}

static void test_sinks_one_full_sink_has_no_room_for_all(void **state)
{
	struct fake *a = add(&full_ops, GT_TRACES), *b = add(&full_ops, GT_LOGS);

	(void)state;
	add(&bare_ops, GT_TRACES);
	assert_true(gt_sinks_have_room(&sinks));
	b->has_room = false;
	assert_false(gt_sinks_have_room(&sinks));
	assert_false(gt_sinks_are_busy(&sinks));
	a->is_busy = true;
	assert_true(gt_sinks_are_busy(&sinks));
}

static void test_sinks_only_a_failing_sink_is_given_up(void **state)
{
	struct fake *works = add(&full_ops, GT_TRACES), *fails = add(&full_ops, GT_METRICS);

	(void)state;
	add(&bare_ops, GT_TRACES);
	fails->is_failing = true;
	gt_sinks_give_up_failing(&sinks);
	assert_int_equal(works->deadline, 0);
	assert_int_not_equal(fails->deadline, 0);
	gt_sinks_flush_by(&sinks, GT_SINK_NEVER);
	assert_int_equal(works->deadline, INT64_MAX);
	assert_int_equal(fails->deadline, INT64_MAX);
}

static void test_sinks_rest_and_close_reach_every_sink(void **state)
{
	struct fake *a = add(&full_ops, GT_TRACES), *b = add(&bare_ops, GT_TRACES);

	(void)state;
	gt_sinks_rest(&sinks);
	assert_int_equal(a->rests, 1);
	gt_sinks_close(&sinks);
	assert_int_equal(a->closes, 1);
	assert_int_equal(b->closes, 1);
	assert_int_equal(sinks.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_sinks_none_wants_nothing, set_up),
		GT_TEST_FRESH(test_sinks_one_too_many_is_closed, set_up),
		GT_TEST_FRESH(test_sinks_a_batch_goes_to_the_sinks_of_its_signal, set_up),
		GT_TEST_FRESH(test_sinks_only_the_first_sink_decides_what_stays_in_a_spool, set_up),
		GT_TEST_FRESH(test_sinks_of_anothers_spans_each_sink_gets_those_that_it_lacks, set_up),
		GT_TEST_FRESH(test_sinks_a_sink_that_is_off_wants_nothing, set_up),
		GT_TEST_FRESH(test_sinks_poll_waits_only_in_those_due_first, set_up),
		GT_TEST_FRESH(test_sinks_one_full_sink_has_no_room_for_all, set_up),
		GT_TEST_FRESH(test_sinks_only_a_failing_sink_is_given_up, set_up),
		GT_TEST_FRESH(test_sinks_rest_and_close_reach_every_sink, set_up),
	};

	return GT_TESTS(tests);
}
