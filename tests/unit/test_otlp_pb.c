#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include "exporter/base/errors.h"
#include "exporter/otlp/otlp_pb.h"
#include "version.h"

#define MAX (1u << 20)

/* A reader of the wire format that does not use the .proto files: it finds fields by number. */
struct field {
	unsigned number, type;
	uint64_t v;	 /* of a varint or a fixed number */
	struct gt_str s; /* of a length-delimited one */
};

static uint64_t read_varint(struct gt_str *rest)
{
	uint64_t v = 0;

	for (int shift = 0;; shift += 7) {
		uint8_t c;

		assert_true(rest->len > 0 && shift < 64);
		c = (uint8_t)rest->p[0];
		*rest = gt_str_skip(*rest, 1);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
}

static bool read_field(struct gt_str *rest, struct field *f)
{
	size_t n = 0;

	if (!rest->len)
		return false;
	f->v = read_varint(rest);
	f->number = (unsigned)(f->v >> 3);
	f->type = f->v & 7;
	f->s = GT_STR("");
	switch (f->type) {
	case 0:
		f->v = read_varint(rest);
		return true;
	case 1:
		n = 8;
		break;
	case 5:
		n = 4;
		break;
	case 2:
		n = (size_t)read_varint(rest);
		break;
	default:
		fail_msg("wire type %u", f->type);
	}
	assert_true(n <= rest->len);
	if (f->type == 2) {
		f->s = gt_str_make(rest->p, n);
	} else {
		f->v = 0;
		memcpy(&f->v, rest->p, n);
	}
	*rest = gt_str_skip(*rest, n);
	return true;
}

/* The n-th field with this number, counted from 0. Type -1 when absent. */
static struct field get(struct gt_str message, unsigned number, unsigned n)
{
	struct field f;

	while (read_field(&message, &f))
		if (f.number == number && n-- == 0)
			return f;
	return (struct field){ .type = (unsigned)-1, .s = GT_STR("") };
}

static bool has(struct gt_str message, unsigned number)
{
	return get(message, number, 0).type != (unsigned)-1;
}

static struct gt_str span_of(struct gt_str request, unsigned n)
{
	return get(get(get(request, 1, 0).s, 2, 0).s, 2, n).s;
}

/* The AnyValue of the attribute with this key, in field `number` of `message`. */
static struct gt_str value_of(struct gt_str message, unsigned number, const char *key)
{
	for (unsigned i = 0; get(message, number, i).type == 2; i++) {
		struct gt_str attribute = get(message, number, i).s;

		if (gt_str_eq(get(attribute, 1, 0).s, gt_str_of(key)))
			return get(attribute, 2, 0).s;
	}
	fail_msg("no attribute %s", key);
	return GT_STR("");
}

static struct gt_arena memory;

static struct gt_str encode(const struct gt_sample *s)
{
	uint8_t *out;
	size_t len;

	gt_arena_free(&memory);
	gt_arena_init(&memory, 0);
	assert_int_equal(gt_otlp_pb_encode(&s->view, MAX, &memory, &out, &len), 0);
	return gt_str_make((char *)out, len);
}

static void test_otlp_pb_span_has_every_field_under_its_number(void **state)
{
	struct gt_sample s;
	struct gt_str request, span;

	(void)state;
	gt_sample_init(&s, 1);
	s.first->parent.b[7] = 9;
	s.first->tracestate = GT_STR("a=b");
	s.first->dropped = 3;
	s.first->kind = GT_KIND_SERVER;
	gt_span_set_int(s.first, GT_ATTR_SERVER_PORT, -1);
	gt_span_set_error(s.first, GT_STR("429"), GT_STR("slow down"));
	request = encode(&s);
	span = span_of(request, 0);
	assert_memory_equal(get(span, 1, 0).s.p, s.first->context.trace_id.b, 16);
	assert_int_equal(get(span, 1, 0).s.len, 16);
	assert_memory_equal(get(span, 2, 0).s.p, "\0\0\0\0\0\0\0\1", 8);
	assert_str(get(span, 3, 0).s, "a=b");
	assert_memory_equal(get(span, 4, 0).s.p, "\0\0\0\0\0\0\0\x9", 8);
	assert_str(get(span, 5, 0).s, "chat model");
	assert_int_equal(get(span, 6, 0).v, 2);
	assert_int_equal(get(span, 7, 0).type, 1);
	assert_int_equal(get(span, 7, 0).v, 1750000000000000000);
	assert_int_equal(get(span, 8, 0).v, 1750000001000000001);
	assert_int_equal(get(span, 10, 0).v, 3);
	assert_str(get(get(span, 15, 0).s, 2, 0).s, "slow down");
	assert_int_equal(get(get(span, 15, 0).s, 3, 0).v, 2);
	assert_int_equal(get(span, 16, 0).type, 5);
	assert_int_equal(get(value_of(span, 9, "server.port"), 3, 0).v, (uint64_t)-1);
	assert_str(get(value_of(span, 9, "error.type"), 1, 0).s, "429");
	gt_sample_free(&s);
}

static void test_otlp_pb_envelope_names_resource_and_scope(void **state)
{
	struct gt_str request, resource_spans, scope;
	struct gt_sample s;

	(void)state;
	gt_sample_init(&s, 3);
	request = encode(&s);
	resource_spans = get(request, 1, 0).s;
	assert_int_equal(get(request, 1, 1).type, (unsigned)-1);
	assert_str(get(value_of(get(resource_spans, 1, 0).s, 1, "service.name"), 1, 0).s, "bot");
	assert_int_equal(get(value_of(get(resource_spans, 1, 0).s, 1, "process.pid"), 3, 0).v, 7);
	scope = get(get(resource_spans, 2, 0).s, 1, 0).s;
	assert_str(get(scope, 1, 0).s, "gentap");
	assert_str(get(scope, 2, 0).s, GENTAP_VERSION);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(span_of(request, i).p ? get(span_of(request, i), 2, 0).s.p[7] : 0, i + 1);
	assert_int_equal(span_of(request, 3).len, 0);
	gt_sample_free(&s);
}

static void test_otlp_pb_value_of_every_type(void **state)
{
	static const struct gt_str reasons[] = { { "stop", 4 }, { "", 0 } };
	struct gt_str span, list;
	struct gt_sample s;
	double d = 0.7;
	uint64_t bits;

	(void)state;
	gt_sample_init(&s, 1);
	gt_span_set_str(s.first, GT_ATTR_RESPONSE_ID, gt_str_make("a\0b", 3));
	gt_span_set_int(s.first, GT_ATTR_USAGE_INPUT_TOKENS, 0);
	gt_span_set_double(s.first, GT_ATTR_REQUEST_TEMPERATURE, d);
	gt_span_set_bool(s.first, GT_ATTR_REQUEST_STREAM, false);
	gt_span_set_strs(s.first, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 2);
	gt_span_set_strs(s.first, GT_ATTR_REQUEST_STOP_SEQUENCES, NULL, 0);
	span = span_of(encode(&s), 0);
	assert_int_equal(get(value_of(span, 9, "gen_ai.response.id"), 1, 0).s.len, 3);
	assert_true(has(value_of(span, 9, "gen_ai.usage.input_tokens"), 3));
	memcpy(&bits, &d, sizeof(bits));
	assert_int_equal(get(value_of(span, 9, "gen_ai.request.temperature"), 4, 0).v, bits);
	assert_int_equal(get(value_of(span, 9, "gen_ai.request.stream"), 2, 0).type, 0);
	list = get(value_of(span, 9, "gen_ai.response.finish_reasons"), 5, 0).s;
	assert_str(get(get(list, 1, 0).s, 1, 0).s, "stop");
	assert_true(has(get(list, 1, 1).s, 1));
	assert_int_equal(get(value_of(span, 9, "gen_ai.request.stop_sequences"), 5, 0).type, 2);
	gt_sample_free(&s);
}

static void test_otlp_pb_flags_tell_where_the_parent_is(void **state)
{
	static const struct {
		bool has_parent, is_remote;
		uint32_t flags;
	} rows[] = {
		{ false, false, 0x101 },
		{ false, true, 0x101 },
		{ true, false, 0x101 },
		{ true, true, 0x301 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_sample s;

		gt_sample_init(&s, 1);
		s.first->parent.b[0] = rows[i].has_parent;
		s.first->parent_is_remote = rows[i].is_remote;
		assert_int_equal(get(span_of(encode(&s), 0), 16, 0).v, rows[i].flags);
		assert_int_equal(has(span_of(encode(&s), 0), 4), rows[i].has_parent);
		gt_sample_free(&s);
	}
}

static void test_otlp_pb_links_name_the_spans(void **state)
{
	struct gt_trace_context to = { .trace_id.b = { 0xee }, .span_id.b = { 0xaa }, .flags = 3 };
	struct gt_sample s;
	struct gt_str link;

	(void)state;
	gt_sample_init(&s, 1);
	assert_false(has(span_of(encode(&s), 0), 13));
	gt_span_link(s.first, &to);
	link = get(span_of(encode(&s), 0), 13, 0).s;
	assert_int_equal(get(link, 1, 0).s.len, 16);
	assert_memory_equal(get(link, 1, 0).s.p, to.trace_id.b, 16);
	assert_int_equal(get(link, 2, 0).s.len, 8);
	assert_memory_equal(get(link, 2, 0).s.p, to.span_id.b, 8);
	assert_int_equal(get(link, 6, 0).v, 3);
	assert_int_equal(get(span_of(encode(&s), 0), 13, 1).type, (unsigned)-1);
	gt_sample_free(&s);
}

static void test_otlp_pb_plain_span_leaves_out_what_is_not_set(void **state)
{
	struct gt_sample s;
	struct gt_str span;

	(void)state;
	gt_sample_init(&s, 1);
	span = span_of(encode(&s), 0);
	assert_false(has(span, 3) || has(span, 4) || has(span, 9) || has(span, 10) || has(span, 15));
	gt_sample_free(&s);
}

static void test_otlp_pb_every_alias_goes_out(void **state)
{
	struct gt_sample s;
	struct gt_str span;

	(void)state;
	gt_sample_init(&s, 1);
	s.naming.compat = GT_COMPAT_LEGACY | GT_COMPAT_LLM;
	gt_span_set_str(s.first, GT_ATTR_PROVIDER_NAME, GT_STR("openai"));
	span = span_of(encode(&s), 0);
	assert_str(get(value_of(span, 9, "gen_ai.provider.name"), 1, 0).s, "openai");
	assert_str(get(value_of(span, 9, "gen_ai.system"), 1, 0).s, "openai");
	assert_str(get(value_of(span, 9, "llm.provider"), 1, 0).s, "openai");
	gt_sample_free(&s);
}

static void test_otlp_pb_odd_spans_are_made_valid(void **state)
{
	struct gt_sample s;
	struct gt_str span;

	(void)state;
	gt_sample_init(&s, 1);
	s.first->name = gt_str_make("chat \xff", 6);
	s.first->end_unix_ns = 5;
	span = span_of(encode(&s), 0);
	assert_str(get(span, 5, 0).s, "chat \xef\xbf\xbd");
	assert_int_equal(get(span, 8, 0).v, s.first->start_unix_ns);
	s.first->name = GT_STR_NONE;
	assert_str(get(span_of(encode(&s), 0), 5, 0).s, "unknown");
	gt_sample_free(&s);
}

static void test_otlp_pb_no_spans_give_no_envelope(void **state)
{
	struct gt_sample s;

	(void)state;
	gt_sample_init(&s, 0);
	assert_int_equal(encode(&s).len, 0);
	gt_sample_free(&s);
}

static void test_otlp_pb_batch_is_cut_at_its_count(void **state)
{
	struct gt_sample s;

	(void)state;
	gt_sample_init(&s, 3);
	s.view.n = 2;
	assert_int_equal(span_of(encode(&s), 2).len, 0);
	assert_true(span_of(encode(&s), 1).len > 0);
	gt_sample_free(&s);
}

static void test_otlp_pb_over_the_limit_is_refused(void **state)
{
	struct gt_sample s;
	uint8_t *out;
	size_t len, exact;

	(void)state;
	gt_sample_init(&s, 2);
	exact = encode(&s).len;
	assert_int_equal(gt_otlp_pb_encode(&s.view, exact, &memory, &out, &len), 0);
	assert_int_equal(gt_otlp_pb_encode(&s.view, exact - 1, &memory, &out, &len), GT_ETOOBIG);
	assert_null(out);
	gt_sample_free(&s);
}

static void test_otlp_pb_survives_every_failed_allocation(void **state)
{
	static const struct gt_str reasons[] = { { "stop", 4 } };
	struct gt_sample s;
	uint8_t *out;
	int ret = 0, n;
	size_t len;

	(void)state;
	gt_sample_init(&s, 20);
	for (struct gt_span *span = s.first; span; span = span->next) {
		gt_span_set_strs(span, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 1);
		span->name = gt_str_make("\xff", 1);
	}
	gt_arena_free(&memory);
	for (n = 1; gt_fail_nth(n); n++) {
		ret = gt_otlp_pb_encode(&s.view, MAX, &memory, &out, &len);
		if (ret && ret != GT_ENOMEM)
			break;
		gt_arena_free(&memory);
	}
	gt_fail_none();
	assert_int_equal(ret, 0);
	assert_true(n > 3);
	gt_sample_free(&s);
}

static void test_otlp_pb_response_is_read(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int ret;
		int64_t rejected;
		const char *message;
	} rows[] = {
		{ "", 0, 0, 0, "" },
		{ "\x0a\x00", 2, 0, 0, "" },
		{ "\x0a\x02\x08\x05", 4, 0, 5, "" },
		{ "\x0a\x09\x08\x03\x12\x05"
		  "a\nb\0c",
		  11, 0, 3, "a b c" },
		{ "\x0a\x04\x12\x02hi", 6, 0, 0, "hi" },
		{ "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, 0, -1, "" },
		{ "\x78\x01\x0a\x02\x08\x05", 6, 0, 5, "" }, /* an unknown field */
		{ "\x0a\x05\x08\x05", 4, GT_EBAD, 0, "" },
		{ "{}", 2, GT_EBAD, 0, "" },
		{ "<html>", 6, GT_EBAD, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *at_guard = gt_guard_end(rows[i].bytes, rows[i].len);
		char message[16];
		int64_t rejected;

		assert_int_equal(
			gt_otlp_pb_read_response((uint8_t *)at_guard, rows[i].len, "", &rejected, message, sizeof(message)),
			rows[i].ret);
		assert_int_equal(rejected, rows[i].rejected);
		assert_string_equal(message, rows[i].message);
		gt_guard_free(at_guard, rows[i].len);
	}
}

static void test_otlp_pb_status_is_read(void **state)
{
	static const char bytes[] = "\x08\x07\x12\x0e"
				    "no such tenant\x1a\x00";
	char message[64], small[5];

	(void)state;
	assert_int_equal(gt_otlp_pb_read_status((const uint8_t *)bytes, sizeof(bytes) - 1, message, sizeof(message)), 0);
	assert_string_equal(message, "no such tenant");
	assert_int_equal(gt_otlp_pb_read_status((const uint8_t *)bytes, sizeof(bytes) - 1, small, sizeof(small)), 0);
	assert_string_equal(small, "no s");
	assert_int_equal(gt_otlp_pb_read_status((const uint8_t *)"<!DOCTYPE", 9, message, sizeof(message)), GT_EBAD);
	assert_string_equal(message, "");
}

static void test_otlp_pb_hostile_response_takes_bounded_memory(void **state)
{
	size_t len = 4u << 20;
	uint8_t *p = malloc(len);
	char message[16];
	int64_t rejected;

	(void)state;
	/* only unknown fields, each of which the decoder keeps */
	for (size_t i = 0; i < len; i += 2) {
		p[i] = 0x78;
		p[i + 1] = 1;
	}
	assert_int_equal(gt_otlp_pb_read_response(p, len, "", &rejected, message, sizeof(message)), GT_EBAD);
	free(p);
}

static void test_otlp_pb_random_responses_do_no_harm(void **state)
{
	struct gt_random r = gt_random_from(1);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = gt_random_below(&r, 24);
		uint8_t p[24];
		char message[16];
		int64_t rejected;

		for (size_t k = 0; k < len; k++)
			p[k] = gt_random_below(&r, 3) ? (uint8_t)(gt_random_below(&r, 4) * 8 + 2) : (uint8_t)gt_random_next(&r);
		gt_otlp_pb_read_response(p, len, "", &rejected, message, sizeof(message));
		gt_otlp_pb_read_status(p, len, message, sizeof(message));
	}
}

static int free_memory(void **state)
{
	(void)state;
	gt_arena_free(&memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_otlp_pb_span_has_every_field_under_its_number),
		GT_TEST(test_otlp_pb_envelope_names_resource_and_scope),
		GT_TEST(test_otlp_pb_value_of_every_type),
		GT_TEST(test_otlp_pb_flags_tell_where_the_parent_is),
		GT_TEST(test_otlp_pb_links_name_the_spans),
		GT_TEST(test_otlp_pb_plain_span_leaves_out_what_is_not_set),
		GT_TEST(test_otlp_pb_every_alias_goes_out),
		GT_TEST(test_otlp_pb_odd_spans_are_made_valid),
		GT_TEST(test_otlp_pb_no_spans_give_no_envelope),
		GT_TEST(test_otlp_pb_batch_is_cut_at_its_count),
		GT_TEST(test_otlp_pb_over_the_limit_is_refused),
		GT_TEST(test_otlp_pb_survives_every_failed_allocation),
		GT_TEST(test_otlp_pb_response_is_read),
		GT_TEST(test_otlp_pb_status_is_read),
		GT_TEST(test_otlp_pb_hostile_response_takes_bounded_memory),
		GT_TEST(test_otlp_pb_random_responses_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, free_memory);
}
