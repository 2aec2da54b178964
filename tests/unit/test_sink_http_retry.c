/* When a batch is sent again or given up, also at the end of the process. */
#include "support/otlp_export.h"
#include "support/test.h"

#include <sys/wait.h>

#include "shim/shared/clock.h"

static void test_sink_http_tries_again_after_503(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_STATUS("503 Service Unavailable") }, { COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 2);
	assert_int_equal(gt_export.sink->sent, 3);
	gt_export_assert_logged(0, NULL);
}

static void test_sink_http_tries_again_when_the_connection_ends_without_answer(void **state)
{
	(void)state;
	COLLECTOR_START({ "", .closes = true }, { COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 2);
	assert_int_equal(gt_export.sink->sent, 3);
}

static void test_sink_http_waits_as_long_as_retry_after_says(void **state)
{
	int64_t start = gt_mono_now().ns;

	(void)state;
	COLLECTOR_START({ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" }, { COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 2);
	assert_int_equal(gt_export.sink->sent, 3);
	assert_true(gt_mono_now().ns - start >= GT_NS_PER_S);
}

static void test_sink_http_gives_up_when_retry_after_is_beyond_the_limit(void **state)
{
	(void)state;
	COLLECTOR_START({ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n" },
			{ COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	assert_int_equal(gt_export.sink->dropped, 3);
	gt_export_assert_logged(1, "HTTP status 503");
	/* the next batch waits for that time too */
	gt_export_write();
	gt_export_poll_for_ms(100);
	assert_int_equal(gt_collector.requests, 1);
	assert_true(gt_export.sink->ops->is_busy(gt_export.sink));
	gt_collector_stop();
}

#define THROTTLED "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"

static void test_sink_http_an_endless_retry_after_ends_within_a_minute(void **state)
{
	int64_t due;

	(void)state;
	COLLECTOR_START({ THROTTLED });
	gt_export_open();
	gt_export_send();
	assert_int_equal(gt_export.sink->dropped, 3);
	gt_export_write();
	gt_export_poll_for_ms(20);
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 1);
	due = gt_export.sink->ops->due_in(gt_export.sink, gt_mono_now());
	assert_true(due > 50 * GT_NS_PER_S && due <= 60 * GT_NS_PER_S);
}

static void test_sink_http_tells_when_it_has_to_be_polled_next(void **state)
{
	int64_t due;

	(void)state;
	COLLECTOR_START({ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n" }, { NULL });
	gt_export_open();
	assert_int_equal(gt_export.sink->ops->due_in(gt_export.sink, gt_mono_now()), -1);
	gt_export_write();
	assert_int_equal(gt_export.sink->ops->due_in(gt_export.sink, gt_mono_now()), 0);
	while (gt_collector.requests == 0 || gt_export.sink->ops->due_in(gt_export.sink, gt_mono_now()) == 0)
		gt_export.sink->ops->poll(gt_export.sink, 5 * GT_NS_PER_MS);
	due = gt_export.sink->ops->due_in(gt_export.sink, gt_mono_now());
	assert_true(due > GT_NS_PER_S && due <= 2 * GT_NS_PER_S);
	assert_int_equal(gt_export.sink->ops->due_in(gt_export.sink, (struct gt_mono){ gt_mono_now().ns + 3 * GT_NS_PER_S }),
			 0);
	gt_collector_stop();
}

static void test_sink_http_flush_by_tries_once_what_was_throttled(void **state)
{
	int64_t start;

	(void)state;
	COLLECTOR_START({ THROTTLED }, { COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	gt_export_write();
	gt_export.sink->ops->flush_by(gt_export.sink, (struct gt_mono){ gt_mono_now().ns + GT_NS_PER_S });
	gt_export_drain();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
	assert_int_equal(gt_export.sink->dropped, 3);
	gt_export.sink->ops->close(gt_export.sink);
	/* after a second refusal the exit does not wait */
	COLLECTOR_START({ THROTTLED });
	gt_export_open();
	gt_export_send();
	gt_export_write();
	gt_export_write();
	start = gt_mono_now().ns;
	gt_export.sink->ops->flush_by(gt_export.sink, (struct gt_mono){ start + 2 * GT_NS_PER_S });
	gt_export_drain();
	assert_true(gt_mono_now().ns - start < GT_NS_PER_S);
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 2);
	assert_int_equal(gt_export.sink->dropped, 9);
}

static void test_sink_http_connection_refused_is_lost_within_the_limit(void **state)
{
	int64_t start;

	(void)state;
	gt_collector_listen();
	close(gt_collector.listener); /* a port without listener */
	gt_export.config.otlp.timeout_ns = 300 * GT_NS_PER_MS;
	gt_export_open();
	start = gt_mono_now().ns;
	gt_export_write();
	gt_export_send();
	assert_true(gt_mono_now().ns - start < 2 * GT_NS_PER_S);
	assert_int_equal(gt_export.sink->dropped, 6);
	gt_export_assert_logged(1, "127.0.0.1");
}

static void test_sink_http_black_hole_is_given_up_at_the_limit(void **state)
{
	static const int64_t limits[][2] = { { 200, 0 }, { 0, 200 }, { 200, 5000 }, { 5000, 200 } };

	for (size_t i = 0; i < GT_ROWS(limits); i++) {
		int64_t start, took;

		COLLECTOR_START({ NULL });
		gt_export.config.otlp.timeout_ns = limits[i][0] * GT_NS_PER_MS;
		gt_export.config.export_timeout_ns = limits[i][1] * GT_NS_PER_MS;
		gt_export_open();
		start = gt_mono_now().ns;
		gt_export_send();
		took = gt_mono_now().ns - start;
		gt_collector_stop();
		assert_true(took >= 200 * GT_NS_PER_MS && took < 2 * GT_NS_PER_S);
		assert_int_equal(gt_export.sink->dropped, 3);
		gt_export_assert_logged(1, "no answer in time");
		gt_export_tear_down(state);
		gt_export_set_up(state);
	}
}

static void test_sink_http_poll_takes_no_longer_than_allowed(void **state)
{
	(void)state;
	COLLECTOR_START({ NULL });
	gt_export_open();
	gt_export_write();
	for (int i = 0; i < 20; i++) {
		int64_t start = gt_mono_now().ns, wait = (i % 2) * 10 * GT_NS_PER_MS;

		gt_export.sink->ops->poll(gt_export.sink, wait);
		assert_true(gt_mono_now().ns - start < wait + 300 * GT_NS_PER_MS);
	}
	gt_collector_stop();
}

static void test_sink_http_waiting_does_not_spin(void **state)
{
	int polls = 0;
	int64_t end;

	(void)state;
	COLLECTOR_START({ COLLECTOR_STATUS("503 Service Unavailable") }, { NULL });
	gt_export_open();
	gt_export_write();
	gt_export_poll_for_ms(50); /* the 503 has come, the pause has begun */
	for (end = gt_mono_now().ns + 200 * GT_NS_PER_MS; gt_mono_now().ns < end; polls++)
		gt_export.sink->ops->poll(gt_export.sink, 20 * GT_NS_PER_MS);
	assert_true(polls < 30);
	gt_collector_stop();
}

/* Events wait for room while a collector takes spans. A collector that takes none delays nothing. */
static void test_sink_http_whose_last_batch_ran_out_of_time_has_room(void **state)
{
	static const struct gt_collector_answer scripts[][2] = {
		{ { NULL } }, /* no answer */
		{ { THROTTLED }, { COLLECTOR_OK } },
		{ { "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n" }, { COLLECTOR_OK } },
		{ { COLLECTOR_STATUS("503 Service Unavailable") }, { COLLECTOR_STATUS("503 Service Unavailable") } },
	};

	for (size_t i = 0; i < GT_ROWS(scripts); i++) {
		const struct gt_sink_ops *ops;

		gt_collector_start(scripts[i], scripts[i][1].text ? 2 : 1);
		gt_export.config.queue_max = 6;
		gt_export.config.otlp.timeout_ns = 200 * GT_NS_PER_MS;
		gt_export_open();
		ops = gt_export.sink->ops;
		gt_export_write();
		gt_export_write();
		assert_false(ops->has_room(gt_export.sink));
		while (!gt_export.sink->dropped)
			ops->poll(gt_export.sink, 20 * GT_NS_PER_MS);
		for (int k = 0; k < 10; k++) {
			gt_export_write(); /* the queue is full again */
			ops->poll(gt_export.sink, 20 * GT_NS_PER_MS);
			assert_true(ops->has_room(gt_export.sink));
			assert_true(ops->is_failing(gt_export.sink));
		}
		gt_collector_stop();
		gt_export_tear_down(state);
		gt_export_set_up(state);
	}
}

static void test_sink_http_fills_its_queue_again_after_a_success(void **state)
{
	(void)state;
	COLLECTOR_START({ THROTTLED }, { COLLECTOR_OK }, { NULL });
	gt_export.config.queue_max = 4;
	gt_export_open();
	gt_export_send();
	assert_true(gt_export.sink->ops->is_failing(gt_export.sink));
	gt_export.sink->ops->flush_by(gt_export.sink, GT_SINK_NEVER); /* ends the pause */
	gt_export_send();
	assert_int_equal(gt_export.sink->sent, 3);
	assert_false(gt_export.sink->ops->is_failing(gt_export.sink));
	gt_export_write();
	assert_false(gt_export.sink->ops->has_room(gt_export.sink));
	gt_collector_stop();
}

/* ---------------------------------------------------------------- the end of the process */

/* What has a copy in the spool stays there, also where the queue is full. */
static void test_sink_http_full_queue_leaves_spans_in_the_spool_at_the_end(void **state)
{
	struct gt_hold hold = { .refs = 1 };

	(void)state;
	COLLECTOR_START({ NULL });
	gt_export.config.queue_max = 4;
	gt_export_open();
	gt_export_write();
	gt_export.sample.view.hold = &hold;
	gt_export_write();
	assert_int_equal(gt_export.sink->dropped, 3);
	assert_false(hold.is_undelivered);
	gt_export.sink->ops->flush_by(gt_export.sink, (struct gt_mono){ gt_mono_now().ns + GT_NS_PER_S });
	gt_export_write();
	assert_int_equal(gt_export.sink->dropped, 3);
	assert_int_equal(gt_export.sink->left, 3);
	assert_true(hold.is_undelivered);
	gt_collector_stop();
}

static void test_sink_http_flush_by_cuts_a_black_hole_short(void **state)
{
	int64_t start;

	(void)state;
	COLLECTOR_START({ NULL });
	gt_export_open();
	gt_export_write();
	gt_export_write();
	gt_export_poll_for_ms(20);
	start = gt_mono_now().ns;
	gt_export.sink->ops->flush_by(gt_export.sink, (struct gt_mono){ start + 100 * GT_NS_PER_MS });
	gt_export_drain();
	assert_true(gt_mono_now().ns - start < 2 * GT_NS_PER_S);
	gt_collector_stop();
	assert_int_equal(gt_export.sink->dropped, 6);
	gt_export_assert_logged(1, "the process ended");
}

static void test_sink_http_flush_by_tries_at_once_what_was_waiting(void **state)
{
	int64_t start;

	(void)state;
	COLLECTOR_START({ COLLECTOR_STATUS("503 Service Unavailable") }, { COLLECTOR_OK });
	gt_export_open();
	gt_export_write();
	gt_export_poll_for_ms(50);
	assert_int_equal(gt_collector.requests, 1);
	start = gt_mono_now().ns;
	gt_export.sink->ops->flush_by(gt_export.sink, (struct gt_mono){ start + GT_NS_PER_S });
	gt_export_drain();
	assert_true(gt_mono_now().ns - start < 700 * GT_NS_PER_MS);
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
}

static void test_sink_http_close_drops_what_is_queued(void **state)
{
	(void)state;
	COLLECTOR_START({ NULL });
	gt_export_open();
	gt_export_write();
	gt_export_poll_for_ms(20);
	gt_export.sink->ops->close(gt_export.sink);
	gt_export.sink = NULL;
	gt_collector_stop();
	gt_export_assert_logged(1, "dropped 3 spans");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_export_set_up, gt_export_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_sink_http_tries_again_after_503),
		T(test_sink_http_tries_again_when_the_connection_ends_without_answer),
		T(test_sink_http_waits_as_long_as_retry_after_says),
		T(test_sink_http_gives_up_when_retry_after_is_beyond_the_limit),
		T(test_sink_http_an_endless_retry_after_ends_within_a_minute),
		T(test_sink_http_tells_when_it_has_to_be_polled_next),
		T(test_sink_http_flush_by_tries_once_what_was_throttled),
		T(test_sink_http_connection_refused_is_lost_within_the_limit),
		T(test_sink_http_black_hole_is_given_up_at_the_limit),
		T(test_sink_http_poll_takes_no_longer_than_allowed),
		T(test_sink_http_waiting_does_not_spin),
		T(test_sink_http_whose_last_batch_ran_out_of_time_has_room),
		T(test_sink_http_fills_its_queue_again_after_a_success),
		T(test_sink_http_full_queue_leaves_spans_in_the_spool_at_the_end),
		T(test_sink_http_flush_by_cuts_a_black_hole_short),
		T(test_sink_http_flush_by_tries_at_once_what_was_waiting),
		T(test_sink_http_close_drops_what_is_queued),
	};

	return GT_TESTS(tests);
}
