#include "support/fail_nth.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include "exporter/resource/resource_record.h"
#include "exporter/span/span_record.h"

static struct gt_span *full_span(void)
{
	static const struct gt_span_limits limits = { 128, UINT32_MAX };
	struct gt_str reasons[] = { GT_STR("stop"), GT_STR(""), GT_STR("length") };
	struct gt_trace_context link = { .flags = 1 };
	struct gt_span *s = gt_span_new(&limits);

	assert_non_null(s);
	memset(s->context.trace_id.b, 0x11, 16);
	memset(s->context.span_id.b, 0x22, 8);
	s->context.flags = GT_TRACE_SAMPLED;
	memset(s->parent.b, 0x33, 8);
	s->parent_is_remote = true;
	memset(link.trace_id.b, 0x44, 16);
	memset(link.span_id.b, 0x55, 8);
	gt_span_link(s, &link);
	s->tracestate = gt_span_text(s, GT_STR("a=b"), 100);
	s->kind = GT_KIND_SERVER;
	s->start_unix_ns = 1700000000000000000;
	s->end_unix_ns = 1700000001000000000;
	s->dropped = 3;
	s->content_to = GT_CONTENT_TO_EVENT;
	gt_span_set_name(s, GT_STR("chat"), GT_STR("gpt-x"));
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, GT_STR("gpt-x"));
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, -7);
	gt_span_set_double(s, GT_ATTR_REQUEST_TEMPERATURE, 0.25);
	gt_span_set_bool(s, GT_ATTR_REQUEST_STREAM, true);
	gt_span_set_strs(s, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 3);
	gt_span_set_json(s, GT_ATTR_INPUT_MESSAGES, GT_STR("[{\"role\":\"user\"}]"));
	gt_span_set_error(s, GT_STR("429"), GT_STR("too many"));
	return s;
}

static struct gt_buf record_of(const struct gt_span *s)
{
	struct gt_buf b;

	gt_buf_init(&b, 1 << 20);
	assert_true(gt_span_record_write(&b, s));
	return b;
}

static void assert_same(const struct gt_value *a, const struct gt_value *b)
{
	assert_int_equal(a->type, b->type);
	switch (a->type) {
	case GT_VALUE_INT:
		assert_true(a->i == b->i);
		break;
	case GT_VALUE_DOUBLE:
		assert_true(a->d == b->d);
		break;
	case GT_VALUE_BOOL:
		assert_int_equal(a->b, b->b);
		break;
	case GT_VALUE_STRS:
		assert_int_equal(a->strs.n, b->strs.n);
		for (uint32_t i = 0; i < a->strs.n; i++)
			assert_true(gt_str_eq(a->strs.items[i], b->strs.items[i]));
		break;
	default:
		assert_true(gt_str_eq(a->str, b->str));
	}
}

static void test_span_record_a_span_is_read_as_it_was_written(void **state)
{
	struct gt_span *s = full_span(), *got;
	struct gt_buf b = record_of(s);

	(void)state;
	got = gt_span_record_read(gt_buf_str(&b));
	assert_non_null(got);
	assert_memory_equal(&got->context, &s->context, sizeof(s->context));
	assert_memory_equal(&got->parent, &s->parent, sizeof(s->parent));
	assert_int_equal(got->parent_is_remote, 1);
	assert_int_equal(got->n_links, 1);
	assert_memory_equal(&got->links[0].span_id, &s->links[0].span_id, 8);
	assert_true(gt_str_eq(got->tracestate, GT_STR("a=b")));
	assert_true(gt_str_eq(got->name, GT_STR("chat gpt-x")));
	assert_true(gt_str_eq(got->status_message, GT_STR("too many")));
	assert_int_equal(got->kind, GT_KIND_SERVER);
	assert_true(got->start_unix_ns == s->start_unix_ns && got->end_unix_ns == s->end_unix_ns);
	assert_int_equal(got->is_error, 1);
	assert_int_equal(got->dropped, 3);
	assert_int_equal(got->content_to, GT_CONTENT_TO_EVENT);
	assert_int_equal(got->n, s->n);
	for (uint32_t i = 0; i < s->n; i++) {
		assert_int_equal(got->attributes[i].key, s->attributes[i].key);
		assert_same(&got->attributes[i].value, &s->attributes[i].value);
	}
	gt_span_free(s);
	gt_span_free(got);
	gt_buf_free(&b);
}

/* A process is killed between any two stores. */
static void test_span_record_a_record_that_is_cut_or_longer_is_refused(void **state)
{
	struct gt_span *s = full_span();
	struct gt_buf b = record_of(s);

	(void)state;
	for (size_t len = 0; len < b.len; len++)
		assert_null(gt_span_record_read(gt_str_make(b.data, len)));
	assert_true(gt_buf_add(&b, "x", 1));
	assert_null(gt_span_record_read(gt_buf_str(&b)));
	gt_span_free(s);
	gt_buf_free(&b);
}

static void test_span_record_any_byte_may_be_wrong(void **state)
{
	struct gt_span *s = full_span();
	struct gt_buf b = record_of(s);

	(void)state;
	for (size_t i = 0; i < b.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			b.data[i] = (char)(b.data[i] ^ 1 << bit);
			gt_span_free(gt_span_record_read(gt_buf_str(&b))); /* under ASan: reads nothing outside */
			b.data[i] = (char)(b.data[i] ^ 1 << bit);
		}
	}
	gt_span_free(s);
	gt_buf_free(&b);
}

static void assert_refused(const struct gt_span *s)
{
	struct gt_buf b = record_of(s);

	assert_null(gt_span_record_read(gt_buf_str(&b)));
	gt_buf_free(&b);
}

/* A collector refuses the whole batch for one such span. */
static void test_span_record_what_a_collector_would_refuse_is_no_span(void **state)
{
	struct gt_span *s = full_span();
	struct gt_trace_context context = s->context;
	struct gt_str name = s->name;
	uint64_t end = s->end_unix_ns;
	struct gt_attribute *first = &s->attributes[0];

	(void)state;
	s->context.trace_id = (struct gt_trace_id){ { 0 } };
	assert_refused(s);
	s->context = context;
	s->context.span_id = (struct gt_span_id){ { 0 } };
	assert_refused(s);
	s->context = context;
	s->name = GT_STR("\xff");
	assert_refused(s);
	s->name = GT_STR_NONE;
	assert_refused(s);
	s->name = name;
	s->end_unix_ns = UINT64_MAX;
	assert_refused(s);
	s->end_unix_ns = end;
	s->is_error = false; /* with error.type */
	assert_refused(s);
	s->is_error = true;
	assert_int_equal(first->key, GT_ATTR_REQUEST_MODEL);
	first->value.str = GT_STR("\xc3");
	assert_refused(s);
	first->value = (struct gt_value){ .type = GT_VALUE_INT, .i = 1 };
	assert_refused(s);
	*first = s->attributes[1]; /* twice */
	assert_refused(s);
	gt_span_free(s);
}

static void test_span_record_a_list_takes_no_memory_that_its_bytes_do_not_show(void **state)
{
	struct gt_arena memory;
	struct gt_value v;
	struct {
		uint8_t type;
		uint32_t n;
	} __attribute__((packed)) list = { GT_VALUE_STRS, 4096 };
	struct gt_str in = gt_str_make((const char *)&list, sizeof(list));

	(void)state;
	gt_arena_init(&memory, 0);
	assert_false(gt_record_get_value(&in, &v, &memory));
	assert_int_equal(memory.used, 0);
	gt_arena_free(&memory);
}

static void test_span_record_without_memory_there_is_no_span(void **state)
{
	struct gt_span *s = full_span(), *got = NULL;
	struct gt_buf b = record_of(s);

	(void)state;
	for (int f = 1; gt_fail_nth(f); f++) {
		got = gt_span_record_read(gt_buf_str(&b));
		if (got)
			assert_int_equal(got->n, s->n);
		gt_span_free(got);
	}
	gt_fail_none();
	gt_span_free(s);
	gt_buf_free(&b);
}

static void test_span_record_a_resource_is_read_as_it_was_written(void **state)
{
	struct gt_resource got;
	struct gt_sample sample;
	char bytes[4096];
	size_t len;

	(void)state;
	gt_sample_init(&sample, 1);
	len = gt_resource_record_write(bytes, sizeof(bytes), &sample.resource);
	assert_true(len > 0);
	assert_int_equal(gt_resource_record_read(&got, gt_str_make(bytes, len)), 0);
	assert_int_equal(got.n, sample.resource.n);
	assert_true(gt_str_eq(gt_resource_get(&got, "service.name")->str, GT_STR("bot")));
	assert_true(gt_resource_get(&got, "process.pid")->i == 7);
	gt_resource_free(&got);
	for (size_t cut = 1; cut < len; cut++) {
		gt_resource_record_read(&got, gt_str_make(bytes, cut));
		assert_true(got.n <= sample.resource.n);
		gt_resource_free(&got);
	}
	/* what does not fit is left out */
	len = gt_resource_record_write(bytes, 40, &sample.resource);
	assert_true(len > 0 && len <= 40);
	assert_int_equal(gt_resource_record_read(&got, gt_str_make(bytes, len)), 0);
	assert_int_equal(got.n, 1);
	gt_resource_free(&got);
	gt_sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_span_record_a_span_is_read_as_it_was_written),
		GT_TEST(test_span_record_a_record_that_is_cut_or_longer_is_refused),
		GT_TEST(test_span_record_any_byte_may_be_wrong),
		GT_TEST(test_span_record_what_a_collector_would_refuse_is_no_span),
		GT_TEST(test_span_record_a_list_takes_no_memory_that_its_bytes_do_not_show),
		GT_TEST(test_span_record_without_memory_there_is_no_span),
		GT_TEST(test_span_record_a_resource_is_read_as_it_was_written),
	};

	return GT_TESTS(tests);
}
