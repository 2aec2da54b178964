/*
 * A pipeline with a hand-off of the test's own, and a sink that counts the spans it is given.
 */
#include "support/test.h"

#include "exporter/pipeline.h"

static const char request[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}";
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n"
			       "{\"model\":\"m\",\"choices\":[]}";

/* ---------------------------------------------------------------- the hand-off and the sink */

static struct gt_event *arrived, **arrived_end = &arrived;
static unsigned given_back;

static void arrive(enum gt_event_type type, uint64_t stream, const void *data, size_t len)
{
	struct gt_event *e = calloc(1, sizeof(*e) + len);

	assert_non_null(e);
	e->type = (uint8_t)type;
	e->stream = stream;
	e->at = gt_mono_now();
	e->len = (uint32_t)len;
	memcpy(e->data, data, len);
	*arrived_end = e;
	arrived_end = &e->next;
}

static void arrive_exchange(uint64_t stream)
{
	struct gt_begin begin = { .api = GT_API_OPENAI_CHAT, .is_certain = true, .started = gt_wall_now() };
	struct gt_end end = { .why = GT_END_EOF };

	memset(begin.context.trace_id.b, 9, 16);
	memcpy(begin.context.span_id.b, &stream, 8);
	begin.context.flags = GT_TRACE_SAMPLED;
	arrive(GT_EVENT_BEGIN, stream, &begin, sizeof(begin));
	arrive(GT_EVENT_REQUEST, stream, request, strlen(request));
	arrive(GT_EVENT_RESPONSE, stream, response, strlen(response));
	arrive(GT_EVENT_END, stream, &end, sizeof(end));
}

static struct gt_event *take(void)
{
	struct gt_event *first = arrived;

	arrived = NULL;
	arrived_end = &arrived;
	return first;
}

static void give_back(struct gt_event *e)
{
	given_back++;
	free(e);
}

static bool keep(struct gt_event *e)
{
	(void)e;
	return false;
}

static struct gt_spool_head *no_spool(void)
{
	return NULL;
}

static bool is_scarce(void)
{
	return false;
}

static const struct gt_limits host_limits = { .memory_max = 32u << 20, .body_max = 1u << 20 };
static const struct gt_exporter_host host = {
	.take = take,
	.give_back = give_back,
	.keep = keep,
	.spool_head = no_spool,
	.is_scarce = is_scarce,
	.limits = &host_limits,
};

static uint32_t written;
static bool is_full;

static void count_spans(struct gt_sink *s, const struct gt_batch_view *batch)
{
	(void)s;
	written += batch->n;
}

static bool has_room(const struct gt_sink *s)
{
	(void)s;
	return !is_full;
}

static void close_nothing(struct gt_sink *s)
{
	(void)s;
}

static const struct gt_sink_ops ops = { .name = "count", .write = count_spans, .has_room = has_room, .close = close_nothing };
static struct gt_sink sink = { .ops = &ops, .signal = GT_TRACES };
static struct gt_setup setup;
static struct gt_pipeline pipeline;

static int set_up(void **state)
{
	(void)state;
	setup = (struct gt_setup){ .host = &host };
	setup.config.batch_max = 2;
	setup.config.body_max = 1u << 20;
	setup.run.limits = setup.run.event_limits = (struct gt_span_limits){ 128, UINT32_MAX };
	gt_sinks_add(&setup.sinks, &sink);
	pipeline = (struct gt_pipeline){ 0 };
	written = given_back = 0;
	is_full = false;
	return gt_pipeline_open(&pipeline, &setup);
}

static int tear_down(void **state)
{
	(void)state;
	for (struct gt_event *e = pipeline.todo, *next; e; e = next) {
		next = e->next;
		free(e);
	}
	gt_pipeline_close(&pipeline);
	return 0;
}

/* ---------------------------------------------------------------- tests */

static void test_pipeline_an_exchange_becomes_a_span_in_a_sink(void **state)
{
	(void)state;
	assert_true(gt_pipeline_is_empty(&pipeline));
	arrive_exchange(1);
	gt_pipeline_take(&pipeline);
	assert_null(pipeline.todo);
	assert_int_equal(given_back, 4);
	assert_int_equal(pipeline.spans, 1);
	assert_false(gt_pipeline_is_empty(&pipeline));
	gt_pipeline_write_spans(&pipeline);
	assert_int_equal(written, 1);
	assert_true(gt_pipeline_is_empty(&pipeline));
}

static void test_pipeline_reads_until_a_batch_is_full(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		arrive_exchange(i);
	gt_pipeline_take(&pipeline);
	assert_int_equal(pipeline.spans, 2);
	assert_non_null(pipeline.todo);
	assert_int_equal(gt_pipeline_undelivered(&pipeline), 3);
	gt_pipeline_take(&pipeline);
	assert_int_equal(pipeline.spans, 2);
}

/* What arrives while something taken is unread comes after it: an end that reads to the last must not miss it. */
static void test_pipeline_what_arrives_meanwhile_is_taken_too(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		arrive_exchange(i);
	gt_pipeline_take(&pipeline);
	arrive_exchange(4);
	gt_pipeline_fetch(&pipeline);
	assert_null(arrived);
	arrive_exchange(5);
	gt_pipeline_fetch(&pipeline);
	assert_int_equal(gt_pipeline_undelivered(&pipeline), 3);
	arrive_exchange(6);
	while (gt_pipeline_fetch(&pipeline), pipeline.todo) {
		gt_pipeline_take(&pipeline);
		gt_pipeline_write_spans(&pipeline);
	}
	assert_int_equal(pipeline.spans, 6);
	assert_int_equal(written, 6);
	assert_int_equal(given_back, 24);
	arrive_exchange(7);
	gt_pipeline_take(&pipeline);
	assert_int_equal(pipeline.spans, 7);
}

static void test_pipeline_end_finishes_what_is_open(void **state)
{
	(void)state;
	arrive_exchange(1);
	for (struct gt_event *e = arrived; e; e = e->next)
		if (e->type == GT_EVENT_RESPONSE)
			e->len -= 5;
	arrived_end = &arrived;
	while ((*arrived_end)->type != GT_EVENT_END)
		arrived_end = &(*arrived_end)->next;
	free(*arrived_end);
	*arrived_end = NULL;
	gt_pipeline_take(&pipeline);
	assert_int_equal(pipeline.spans, 0);
	assert_true(gt_pipeline_is_lively(&pipeline));
	gt_pipeline_end(&pipeline);
	assert_int_equal(pipeline.spans, 1);
	assert_false(gt_pipeline_is_lively(&pipeline));
}

static void test_pipeline_a_full_sink_takes_no_batch_now(void **state)
{
	(void)state;
	assert_true(gt_setup_has_room(&setup));
	is_full = true;
	assert_false(gt_setup_has_room(&setup));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pipeline_an_exchange_becomes_a_span_in_a_sink, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pipeline_reads_until_a_batch_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pipeline_what_arrives_meanwhile_is_taken_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pipeline_end_finishes_what_is_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pipeline_a_full_sink_takes_no_batch_now, set_up, tear_down),
	};

	return GT_TESTS(tests);
}
