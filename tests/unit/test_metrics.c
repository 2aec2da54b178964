#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_metrics_json.h"
#include "exporter/otlp/otlp_metrics_pb.h"
#include "version.h"

#define START 1750000000000000000u
#define NOW   1750000060000000000u

static const struct gt_span_limits limits = { 128, UINT32_MAX };
static const uint32_t gaps[] = { 20000, 150000 };

/* A streamed chat of 1.5 s, with every measured value. */
static struct gt_span *make_chat(const char *model)
{
	struct gt_span *s = gt_span_new(&limits);

	assert_non_null(s);
	s->kind = GT_KIND_CLIENT;
	s->start_unix_ns = START;
	s->end_unix_ns = START + 1500000000;
	s->context.flags = GT_TRACE_SAMPLED;
	memset(s->context.trace_id.b, 0xab, sizeof(s->context.trace_id.b));
	memset(s->context.span_id.b, 0xcd, sizeof(s->context.span_id.b));
	gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("chat"));
	gt_span_set_str(s, GT_ATTR_PROVIDER_NAME, GT_STR("openai"));
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, gt_str_of(model));
	gt_span_set_str(s, GT_ATTR_SERVER_ADDRESS, GT_STR("api.openai.com"));
	gt_span_set_int(s, GT_ATTR_SERVER_PORT, 443);
	gt_span_set_str(s, GT_ATTR_RESPONSE_ID, GT_STR("never on a metric"));
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 100);
	gt_span_set_int(s, GT_ATTR_USAGE_OUTPUT_TOKENS, 7);
	gt_span_set_double(s, GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK, 0.3);
	s->gaps_us = gaps;
	s->n_gaps = 2;
	return s;
}

static struct gt_span *make_mcp(enum gt_span_kind kind)
{
	struct gt_span *s = gt_span_new(&limits);

	s->kind = kind;
	s->start_unix_ns = START;
	s->end_unix_ns = START + 40000000;
	gt_span_set_str(s, GT_ATTR_MCP_METHOD_NAME, GT_STR("tools/call"));
	gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("execute_tool"));
	gt_span_set_str(s, GT_ATTR_TOOL_NAME, GT_STR("bus_status"));
	gt_span_set_str(s, GT_ATTR_MCP_SESSION_ID, GT_STR("never on a metric"));
	gt_span_set_str(s, GT_ATTR_SERVER_ADDRESS, GT_STR("tools.example"));
	return s;
}

static struct gt_naming naming;
static struct gt_metrics *metrics;

static void begin(struct gt_metrics_form form, enum gt_generation generation)
{
	naming = (struct gt_naming){ .generation = generation, .compat = GT_COMPAT_LEGACY };
	metrics = gt_metrics_new(&form, &naming, START);
	assert_non_null(metrics);
}

static const struct gt_metrics_form cumulative = { .temporality = GT_CUMULATIVE }, delta = { .temporality = GT_DELTA };

static void record(struct gt_span *s)
{
	gt_metrics_record(metrics, s);
	gt_span_free(s);
}

/* The metric of that name, with its points; NULL when absent. */
static const struct gt_metric *find(const struct gt_metrics_view *view, const char *name)
{
	const struct gt_metric *found = NULL;

	for (uint32_t i = 0; i < view->n; i++) {
		if (!view->metrics[i].first || strcmp(view->metrics[i].instrument->name, name) != 0)
			continue;
		assert_null(found); /* a name occurs once */
		found = &view->metrics[i];
	}
	return found;
}

static const struct gt_point *only_point(const struct gt_metrics_view *view, const char *name)
{
	const struct gt_metric *m = find(view, name);

	if (!m || m->n != 1)
		fail_msg("%s: %d points", name, m ? (int)m->n : 0);
	return m->first;
}

static const struct gt_value *attribute(const struct gt_point *p, const char *name)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (strcmp(p->attributes[i].name, name) == 0)
			return &p->attributes[i].value;
	return NULL;
}

static void assert_reported(const struct gt_metrics_view *view, const char *const names[], size_t n)
{
	size_t reported = 0;

	for (size_t i = 0; i < n; i++)
		if (!find(view, names[i]))
			fail_msg("%s is not reported", names[i]);
	for (uint32_t i = 0; i < view->n; i++)
		reported += view->metrics[i].first != NULL;
	assert_int_equal(reported, n);
}

static void test_metrics_of_a_streamed_chat_in_the_names_of_today(void **state)
{
	static const char *const names[] = {
		"gen_ai.client.operation.duration",
		"gen_ai.client.operation.time_to_first_chunk",
		"gen_ai.client.operation.time_per_output_chunk",
		"gen_ai.client.token.usage",
	};
	struct gt_metrics_view view;
	const struct gt_point *p;

	(void)state;
	begin(cumulative, GT_N2);
	record(make_chat("gpt-5"));
	view = gt_metrics_collect(metrics, NOW);
	assert_reported(&view, names, GT_ROWS(names));
	assert_int_equal(view.points, 5);
	p = only_point(&view, names[0]);
	assert_int_equal(p->start_unix_ns, START);
	assert_int_equal(p->histogram.buckets[8], 1); /* 1.28 < 1.5 <= 2.56 */
	assert_true(p->histogram.sum == 1.5);
	assert_int_equal(p->n, 5);
	assert_str(attribute(p, "gen_ai.operation.name")->str, "chat");
	assert_str(attribute(p, "gen_ai.provider.name")->str, "openai");
	assert_null(attribute(p, "gen_ai.system"));
	assert_int_equal(attribute(p, "server.port")->i, 443);
	p = only_point(&view, names[1]);
	assert_int_equal(p->histogram.buckets[5], 1); /* 0.16 < 0.3 <= 0.32 */
	p = only_point(&view, names[2]);
	assert_int_equal(p->histogram.count, 2);
	assert_int_equal(p->histogram.buckets[1], 1); /* 0.01 < 0.02 <= 0.02 */
	assert_int_equal(p->histogram.buckets[4], 1); /* 0.08 < 0.15 <= 0.16 */
	p = find(&view, names[3])->first;
	assert_str(attribute(p, "gen_ai.token.type")->str, "input");
	assert_int_equal(p->histogram.buckets[4], 1); /* 64 < 100 <= 256 */
	assert_str(attribute(p->next, "gen_ai.token.type")->str, "output");
	assert_int_equal(p->next->histogram.buckets[2], 1); /* 4 < 7 <= 16 */
	gt_metrics_free(metrics);
}

static void test_metrics_of_a_chat_in_the_newest_names(void **state)
{
	static const char *const names[] = {
		"gen_ai.client.inference.duration",
		"gen_ai.client.inference.time_to_first_chunk",
		"gen_ai.client.inference.time_per_output_chunk",
		"gen_ai.client.inference.operation.input_tokens",
		"gen_ai.client.inference.operation.output_tokens",
		"gen_ai.client.inference.usage.input_tokens",
		"gen_ai.client.inference.usage.output_tokens",
		"gen_ai.client.inference.usage.cache_read.input_tokens",
		"gen_ai.client.inference.usage.cache_write.input_tokens",
		"gen_ai.client.inference.usage.reasoning.output_tokens",
	};
	struct gt_span *s = make_chat("gpt-5");
	struct gt_metrics_view view;
	const struct gt_point *p;

	(void)state;
	begin(cumulative, GT_N3);
	gt_span_set_int(s, GT_ATTR_USAGE_TEXT_INPUT, 60);
	gt_span_set_int(s, GT_ATTR_USAGE_IMAGE_INPUT, 30);
	record(s);
	view = gt_metrics_collect(metrics, NOW);
	assert_reported(&view, names, GT_ROWS(names));
	p = find(&view, names[5])->first; /* by modality; the rest is unknown */
	assert_str(attribute(p, "gen_ai.token.modality")->str, "text");
	assert_int_equal(p->count, 60);
	assert_str(attribute(p->next, "gen_ai.token.modality")->str, "image");
	assert_int_equal(p->next->count, 30);
	assert_str(attribute(p->next->next, "gen_ai.token.modality")->str, "unknown");
	assert_int_equal(p->next->next->count, 10);
	p = only_point(&view, names[7]); /* not reported: zero or unknown */
	assert_int_equal(p->count, 0);
	assert_str(attribute(p, "gen_ai.token.modality")->str, "unknown");
	gt_metrics_free(metrics);
}

/* The tokens of an inference that another exchange started, and of which no other exchange reports any. */
static void test_metrics_of_a_fetch_have_tokens_where_it_has(void **state)
{
	static const char *const without[] = { "gen_ai.client.operation.duration" };
	static const char *const with[] = {
		"gen_ai.client.operation.duration",
		"gen_ai.client.inference.usage.input_tokens",
		"gen_ai.client.inference.usage.output_tokens",
		"gen_ai.client.inference.usage.cache_read.input_tokens",
		"gen_ai.client.inference.usage.cache_write.input_tokens",
		"gen_ai.client.inference.usage.reasoning.output_tokens",
	};

	(void)state;
	for (int has_tokens = 0; has_tokens < 2; has_tokens++) {
		struct gt_span *s = gt_span_new(&limits);
		struct gt_metrics_view view;

		s->kind = GT_KIND_CLIENT;
		s->end_unix_ns = NOW;
		gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("fetch_response"));
		if (has_tokens)
			gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 7);
		begin(cumulative, GT_N3);
		record(s);
		view = gt_metrics_collect(metrics, NOW);
		if (has_tokens)
			assert_reported(&view, with, GT_ROWS(with));
		else
			assert_reported(&view, without, GT_ROWS(without));
		if (has_tokens)
			assert_int_equal(only_point(&view, with[1])->count, 7);
		gt_metrics_free(metrics);
	}
}

/* A sum of fractions with the attributes of the token metrics, in the names of both generations. */
static void test_metrics_of_cost_add_up(void **state)
{
	static const enum gt_generation generations[] = { GT_N2, GT_N3 };
	static struct gt_resource resource;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(generations); i++) {
		struct gt_metrics_view view;
		struct gt_batch_view batch = { .metrics = &view, .resource = &resource, .naming = &naming };
		struct gt_arena memory;
		const struct gt_point *p;
		struct gt_span *s;
		char expected[40];
		uint8_t *out;
		double sum;
		size_t len;

		begin(cumulative, generations[i]);
		for (int n = 0; n < 3; n++) {
			s = make_chat("gpt-5");
			if (n) /* the first span has no cost */
				gt_span_set_double(s, GT_ATTR_USAGE_COST, n * 0.000123);
			record(s);
		}
		view = gt_metrics_collect(metrics, NOW);
		batch.n = view.points;
		p = only_point(&view, "gen_ai.client.usage.cost");
		assert_true(p->sum > 0.000368999 && p->sum < 0.000369001);
		assert_str(attribute(p, "gen_ai.request.model")->str, "gpt-5");
		assert_null(attribute(p, "gen_ai.token.type"));
		gt_arena_init(&memory, 0);
		assert_int_equal(gt_otlp_metrics_json_encode(&batch, SIZE_MAX, &memory, &out, &len), 0);
		assert_non_null(memmem(out, len, "\"asDouble\":0.000369", 19));
		assert_non_null(memmem(out, len, "\"unit\":\"{USD}\",\"sum\":{", 22));
		gt_arena_free(&memory);
		gt_arena_init(&memory, 0);
		assert_int_equal(gt_otlp_metrics_pb_encode(&batch, SIZE_MAX, &memory, &out, &len), 0);
		/* field 4, a double */
		sum = p->sum;
		expected[0] = 0x21;
		memcpy(expected + 1, &sum, sizeof(sum));
		assert_non_null(memmem(out, len, expected, 1 + sizeof(sum)));
		gt_arena_free(&memory);
		gt_metrics_free(metrics);
	}
}

static void test_metrics_of_other_operations(void **state)
{
	static const char *const n2[] = { "gen_ai.client.operation.duration", "gen_ai.client.token.usage" };
	static const char *const n3[] = { "gen_ai.client.operation.duration" };

	(void)state;
	for (int generation = GT_N2; generation <= GT_N3; generation++) {
		struct gt_span *s = gt_span_new(&limits);
		struct gt_metrics_view view;

		s->kind = GT_KIND_CLIENT;
		gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("embeddings"));
		gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 5);
		begin(cumulative, generation);
		record(s);
		view = gt_metrics_collect(metrics, NOW);
		assert_reported(&view, generation == GT_N2 ? n2 : n3, generation == GT_N2 ? 2 : 1);
		gt_metrics_free(metrics);
	}
}

static void test_metrics_of_mcp_by_side(void **state)
{
	static const char *const names[] = { "mcp.client.operation.duration", "mcp.server.operation.duration" };
	struct gt_metrics_view view;
	const struct gt_point *p;

	(void)state;
	begin(cumulative, GT_N2);
	record(make_mcp(GT_KIND_CLIENT));
	record(make_mcp(GT_KIND_SERVER));
	view = gt_metrics_collect(metrics, NOW);
	assert_reported(&view, names, 2);
	p = only_point(&view, names[0]);
	assert_int_equal(p->histogram.buckets[2], 1); /* 0.02 < 0.04 <= 0.05 */
	assert_str(attribute(p, "gen_ai.tool.name")->str, "bus_status");
	assert_str(attribute(p, "server.address")->str, "tools.example");
	assert_null(attribute(p, "mcp.session.id"));
	assert_null(attribute(only_point(&view, names[1]), "server.address"));
	gt_metrics_free(metrics);
}

static void test_metrics_of_a_session_by_the_exchange_that_ends_it(void **state)
{
	static const char *const names[] = { "mcp.client.session.duration", "mcp.server.session.duration" };
	static const enum gt_span_kind kinds[] = { GT_KIND_CLIENT, GT_KIND_SERVER };
	struct gt_metrics_view view;
	const struct gt_point *p;

	(void)state;
	begin(cumulative, GT_N2);
	for (int i = 0; i < 2; i++) {
		struct gt_span *s = make_mcp(kinds[i]);

		s->session_ns = 3000000000;
		gt_span_set_str(s, GT_ATTR_MCP_PROTOCOL_VERSION, GT_STR("2025-11-25"));
		record(s);
	}
	view = gt_metrics_collect(metrics, NOW);
	assert_reported(&view, names, 2);
	p = only_point(&view, names[0]);
	assert_int_equal(p->histogram.buckets[8], 1); /* 2 < 3 <= 5 */
	assert_str(attribute(p, "mcp.protocol.version")->str, "2025-11-25");
	assert_str(attribute(p, "server.address")->str, "tools.example");
	assert_null(attribute(p, "mcp.session.id"));
	assert_null(attribute(p, "mcp.method.name"));
	assert_null(attribute(only_point(&view, names[1]), "server.address"));
	gt_metrics_free(metrics);
}

static void test_metrics_of_what_is_answered_elsewhere_are_none(void **state)
{
	struct gt_span *s = make_mcp(GT_KIND_CLIENT);

	(void)state;
	begin(cumulative, GT_N2);
	gt_span_set_str(s, GT_ATTR_GENTAP_INCOMPLETE, GT_STR(GT_ANSWERED_ELSEWHERE));
	record(s);
	assert_false(gt_metrics_have_news(metrics));
	gt_metrics_free(metrics);
}

static void test_metrics_are_a_point_for_each_set_of_attributes(void **state)
{
	struct gt_metrics_view view;

	(void)state;
	begin(cumulative, GT_N2);
	record(make_chat("a"));
	record(make_chat("b"));
	record(make_chat("a"));
	view = gt_metrics_collect(metrics, NOW);
	assert_int_equal(find(&view, "gen_ai.client.operation.duration")->n, 2);
	assert_int_equal(find(&view, "gen_ai.client.operation.duration")->first->histogram.count, 2);
	gt_metrics_free(metrics);
}

static void test_metrics_cumulative_points_go_on_and_delta_points_begin_anew(void **state)
{
	const struct gt_metrics_form *const forms[] = { &cumulative, &delta };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gt_metrics_view view;
		const struct gt_point *p;

		begin(*forms[i], GT_N2);
		assert_false(gt_metrics_have_news(metrics));
		record(make_chat("a"));
		assert_true(gt_metrics_have_news(metrics));
		view = gt_metrics_collect(metrics, NOW);
		gt_metrics_reported(metrics, &view);
		assert_false(gt_metrics_have_news(metrics));
		view = gt_metrics_collect(metrics, NOW + 1);
		assert_int_equal(view.points, i == 0 ? 5 : 0);
		record(make_chat("a"));
		view = gt_metrics_collect(metrics, NOW + 2);
		p = only_point(&view, "gen_ai.client.operation.duration");
		assert_int_equal(p->histogram.count, i == 0 ? 2 : 1);
		assert_int_equal(p->start_unix_ns, i == 0 ? START : NOW);
		gt_metrics_free(metrics);
	}
}

static void test_metrics_beyond_the_limit_are_aggregated_in_one_point(void **state)
{
	struct gt_metrics_view view;
	const struct gt_metric *m;
	uint64_t total = 0;
	char model[16];

	(void)state;
	begin(cumulative, GT_N2);
	for (int i = 0; i < GT_POINTS_MAX + 100; i++) {
		snprintf(model, sizeof(model), "m%d", i);
		record(make_chat(model));
	}
	view = gt_metrics_collect(metrics, NOW);
	m = find(&view, "gen_ai.client.operation.duration");
	assert_int_equal(m->n, GT_POINTS_MAX);
	for (const struct gt_point *p = m->first; p; p = p->next) {
		total += p->histogram.count;
		if (!attribute(p, "otel.metric.overflow"))
			continue;
		assert_int_equal(p->n, 1);
		assert_true(p->attributes[0].value.b);
		assert_int_equal(p->histogram.count, 101);
	}
	assert_int_equal(total, GT_POINTS_MAX + 100);
	gt_metrics_free(metrics);
}

static void test_metrics_exemplars_follow_the_filter(void **state)
{
	static const struct {
		enum gt_exemplars filter;
		uint8_t flags;
		bool some;
	} rows[] = {
		{ GT_EXEMPLARS_TRACE_BASED, GT_TRACE_SAMPLED, true },
		{ GT_EXEMPLARS_TRACE_BASED, 0, false },
		{ GT_EXEMPLARS_ALWAYS_ON, 0, true },
		{ GT_EXEMPLARS_ALWAYS_OFF, GT_TRACE_SAMPLED, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_metrics_form form = { .temporality = GT_CUMULATIVE, .exemplars = rows[i].filter };
		struct gt_span *s = make_chat("a");
		struct gt_metrics_view view;
		const struct gt_exemplar *e;

		begin(form, GT_N2);
		s->context.flags = rows[i].flags;
		record(s);
		view = gt_metrics_collect(metrics, NOW);
		e = &only_point(&view, "gen_ai.client.operation.duration")->exemplars[8];
		assert_int_equal(e->unix_ns != 0, rows[i].some);
		if (rows[i].some)
			assert_true(e->value == 1.5 && e->span_id.b[0] == 0xcd && e->trace_id.b[15] == 0xab);
		gt_metrics_reported(metrics, &view);
		view = gt_metrics_collect(metrics, NOW);
		assert_int_equal(only_point(&view, "gen_ai.client.operation.duration")->exemplars[8].unix_ns, 0);
		gt_metrics_free(metrics);
	}
}

static void test_metrics_exponential_when_asked(void **state)
{
	struct gt_metrics_form form = { .temporality = GT_DELTA, .is_exponential = true };
	struct gt_metrics_view view;
	const struct gt_point *p;

	(void)state;
	begin(form, GT_N3);
	record(make_chat("a"));
	view = gt_metrics_collect(metrics, NOW);
	p = only_point(&view, "gen_ai.client.inference.duration");
	assert_int_equal(p->exponential->scale, 20);
	assert_int_equal(p->exponential->count, 1);
	assert_null(find(&view, "gen_ai.client.inference.usage.input_tokens")->first->exponential);
	gt_metrics_free(metrics);
}

static void test_metrics_spans_that_are_none_of_these_are_not_measured(void **state)
{
	struct gt_span *s = make_chat("a");

	(void)state;
	begin(cumulative, GT_N2);
	s->kind = GT_KIND_SERVER;
	record(s);
	s = make_chat("a");
	s->n = 0;
	record(s);
	assert_false(gt_metrics_have_news(metrics));
	gt_metrics_free(metrics);
}

/* ---------------------------------------------------------------- encodings */

static void test_metrics_json_is_exactly_this(void **state)
{
	static const char start[] =
		"{\"resourceMetrics\":[{\"resource\":{\"attributes\":[]},\"scopeMetrics\":[{\"scope\":{\"name\":\"gentap\",\"version\":\"" GENTAP_VERSION
		"\"},\"metrics\":[{\"name\":\"mcp.client.operation.duration\","
		"\"description\":\"MCP request or notification, as its sender sees it.\",\"unit\":\"s\",\"histogram\":{\"dataPoints\":["
		"{\"startTimeUnixNano\":\"1750000000000000000\",\"timeUnixNano\":\"1750000060000000000\",\"attributes\":[";
	static const char end[] =
		"],\"exemplars\":[],\"count\":\"1\",\"sum\":0.04,\"min\":0.04,\"max\":0.04,"
		"\"bucketCounts\":[\"0\",\"0\",\"1\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\"],"
		"\"explicitBounds\":[0.01,0.02,0.05,0.1,0.2,0.5,1,2,5,10,30,60,120,300]}],\"aggregationTemporality\":2}}]}]}]}";
	static struct gt_resource resource;
	struct gt_metrics_view view;
	struct gt_batch_view batch = { .metrics = &view, .resource = &resource };
	struct gt_arena memory;
	uint8_t *out;
	size_t len;

	(void)state;
	gt_arena_init(&memory, 0);
	begin(cumulative, GT_N2);
	record(make_mcp(GT_KIND_CLIENT));
	view = gt_metrics_collect(metrics, NOW);
	batch.n = view.points;
	assert_int_equal(gt_otlp_metrics_json_encode(&batch, 1 << 20, &memory, &out, &len), 0);
	assert_true(len > strlen(start) + strlen(end));
	assert_memory_equal(out, start, strlen(start));
	assert_memory_equal(out + len - strlen(end), end, strlen(end));
	gt_arena_free(&memory);
	gt_metrics_free(metrics);
}

static void test_metrics_survive_every_failed_allocation(void **state)
{
	static struct gt_resource resource;
	struct gt_metrics_form forms[] = { cumulative, { .temporality = GT_DELTA, .is_exponential = true } };
	int n;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gt_span *s = make_chat("a");

		naming.generation = GT_N3;
		for (n = 1; gt_fail_nth(n); n++) {
			struct gt_metrics *m = gt_metrics_new(&forms[i], &naming, START);
			struct gt_metrics_view view;
			struct gt_batch_view batch = { .metrics = &view, .resource = &resource, .naming = &naming };
			struct gt_arena memory;
			uint8_t *out;
			size_t len;

			if (!m)
				continue;
			gt_arena_init(&memory, 0);
			gt_metrics_record(m, s);
			view = gt_metrics_collect(m, NOW);
			batch.n = view.points;
			gt_otlp_metrics_pb_encode(&batch, 1 << 20, &memory, &out, &len);
			gt_otlp_metrics_json_encode(&batch, 1 << 20, &memory, &out, &len);
			batch.first = s;
			batch.n = 1;
			gt_otlp_events_pb_encode(&batch, 1 << 20, &memory, &out, &len);
			gt_otlp_events_json_encode(&batch, 1 << 20, &memory, &out, &len);
			gt_metrics_reported(m, &view);
			gt_arena_free(&memory);
			gt_metrics_free(m);
		}
		gt_fail_none();
		gt_span_free(s);
		assert_true(n > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_metrics_of_a_streamed_chat_in_the_names_of_today),
		GT_TEST(test_metrics_of_a_chat_in_the_newest_names),
		GT_TEST(test_metrics_of_a_fetch_have_tokens_where_it_has),
		GT_TEST(test_metrics_of_cost_add_up),
		GT_TEST(test_metrics_of_other_operations),
		GT_TEST(test_metrics_of_mcp_by_side),
		GT_TEST(test_metrics_of_a_session_by_the_exchange_that_ends_it),
		GT_TEST(test_metrics_of_what_is_answered_elsewhere_are_none),
		GT_TEST(test_metrics_are_a_point_for_each_set_of_attributes),
		GT_TEST(test_metrics_cumulative_points_go_on_and_delta_points_begin_anew),
		GT_TEST(test_metrics_beyond_the_limit_are_aggregated_in_one_point),
		GT_TEST(test_metrics_exemplars_follow_the_filter),
		GT_TEST(test_metrics_exponential_when_asked),
		GT_TEST(test_metrics_spans_that_are_none_of_these_are_not_measured),
		GT_TEST(test_metrics_json_is_exactly_this),
		GT_TEST(test_metrics_survive_every_failed_allocation),
	};

	return GT_TESTS(tests);
}
