/* The reader of trace files, and the trace that it fills. */
#include "support/test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/command/trace_file.h"
#include "exporter/span/semconv.h"
#include "support/fail_nth.h"
#include "support/guard_page.h"

#define TRACE "0102030405060708090a0b0c0d0e0f10"

/* A document with spans, attributes of a resource, or both. */
#define RESOURCE(attributes, spans) \
	"{\"resourceSpans\":[{\"resource\":{\"attributes\":[" attributes "]},\"scopeSpans\":[{\"spans\":[" spans "]}]}]}"
#define DOCUMENT(spans)	 RESOURCE("", spans)
#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define INT(key, value)	 "{\"key\":\"" key "\",\"value\":{\"intValue\":" value "}}"
#define SPAN(id, parent, start, rest)                                                                      \
	"{\"traceId\":\"" TRACE "\",\"spanId\":\"" id "\",\"parentSpanId\":\"" parent "\",\"name\":\"n\"," \
	"\"startTimeUnixNano\":\"" start "\",\"endTimeUnixNano\":\"9000\"" rest "}"
#define A "a1a2a3a4a5a6a7a8"
#define B "b1b2b3b4b5b6b7b8"
#define C "c1c2c3c4c5c6c7c8"

static const char full[] = RESOURCE(
	TEXT("service.name", "agent.py") "," INT("process.pid", "\"4711\"") "," TEXT("host.name",
										     "h") "," TEXT("service.instance.id", "i"),
	SPAN(A, "", "1000",
	     ",\"kind\":3,\"flags\":257,\"attributes\":[" TEXT("gen_ai.operation.name", "chat") "," TEXT("gen_ai.provider.name", "openai") "," TEXT(
		     "gen_ai.request.model",
		     "gpt-4o") "," TEXT("gen_ai.response.model",
					"gpt-4o-2024-08-06") "," INT("gen_ai.usage.input_tokens",
								     "\"12345\"") "," INT("gen_ai.usage.output_tokens",
											  "512") "," INT("gen_ai.usage.cache_read.input_tokens",
													 "\"11200\"") ","
														      "{\"key\":\"gen_ai.response.time_to_first_chunk\",\"value\":{\"doubleValue\":0.42}}," TEXT(
															      "gentap.incomplete",
															      "body_too_big") "],\"status\":{}"));

/* Parses a copy that ends at a guard page. */
static int parse(struct gt_trace *t, const char *text, size_t len)
{
	char *copy = gt_guard_end(text, len);
	int ret;

	gt_trace_init(t);
	ret = gt_trace_file_parse(t, gt_str_make(copy, len));
	gt_guard_free(copy, len);
	return ret;
}

static void read_text(struct gt_trace *t, const char *text)
{
	assert_int_equal(parse(t, text, strlen(text)), 0);
	assert_int_equal(gt_trace_link(t), 0);
}

/* The only span of a document with these attributes. */
static struct gt_trace_span only(struct gt_trace *t, const char *rest)
{
	char text[4096];

	snprintf(text, sizeof(text), DOCUMENT(SPAN(A, "", "1000", "%s")), rest);
	read_text(t, text);
	assert_int_equal(t->n, 1);
	assert_int_equal(t->bad_lines, 0);
	return t->spans[0];
}

/* ---------------------------------------------------------------- values */

static void test_trace_file_line_gives_every_field(void **state)
{
	struct gt_trace t;
	struct gt_trace_span *s;

	(void)state;
	read_text(&t, full);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.n_processes, 1);
	assert_str(t.processes[0].service, "agent.py");
	assert_str(t.processes[0].host, "h");
	assert_str(t.processes[0].instance, "i");
	assert_int_equal(t.processes[0].pid, 4711);
	s = &t.spans[0];
	assert_memory_equal(s->trace_id.b, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16);
	assert_memory_equal(s->id.b, "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8", 8);
	assert_str(s->name, "n");
	assert_str(s->operation, "chat");
	assert_str(s->provider, "openai");
	assert_str(s->model, "gpt-4o");
	assert_str(s->incomplete, "body_too_big");
	assert_int_equal(s->kind, GT_TRACE_CLIENT);
	assert_int_equal(s->start_ns, 1000);
	assert_int_equal(s->end_ns, 9000);
	assert_int_equal(s->tokens_in, 12345);
	assert_int_equal(s->tokens_out, 512);
	assert_int_equal(s->tokens_cached, 11200);
	assert_true(s->first_chunk_s == 0.42);
	assert_false(s->is_error || s->is_mcp);
	assert_int_equal(s->parent, -1);
	gt_trace_free(&t);
}

static void test_trace_file_attribute_is_known_in_every_generation_and_alias(void **state)
{
	static const struct gt_naming namings[] = {
		{ GT_N2, GT_COMPAT_LEGACY | GT_COMPAT_LLM },
		{ GT_N3, GT_COMPAT_LEGACY | GT_COMPAT_LLM },
	};
	static const enum gt_attr tokens[] = { GT_ATTR_USAGE_INPUT_TOKENS, GT_ATTR_USAGE_OUTPUT_TOKENS,
					       GT_ATTR_USAGE_CACHE_READ };
	const char *names[GT_NAMES_MAX];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(namings); i++) {
		for (size_t k = 0; k < GT_ROWS(tokens); k++) {
			int n = gt_attr_names(tokens[k], &namings[i], names);

			for (int j = 0; j < n; j++) {
				char rest[512];
				struct gt_trace t;
				struct gt_trace_span s;

				snprintf(rest, sizeof(rest), ",\"attributes\":[" INT("%s", "\"7\"") "]", names[j]);
				s = only(&t, rest);
				assert_int_equal(s.tokens_in, k == 0 ? 7 : -1);
				assert_int_equal(s.tokens_out, k == 1 ? 7 : -1);
				assert_int_equal(s.tokens_cached, k == 2 ? 7 : -1);
				gt_trace_free(&t);
			}
		}
	}
}

static void test_trace_file_provider_is_known_by_its_old_names(void **state)
{
	static const char *const names[] = { "gen_ai.provider.name", "gen_ai.system", "llm.provider" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(names); i++) {
		char rest[256];
		struct gt_trace t;

		snprintf(rest, sizeof(rest), ",\"attributes\":[" TEXT("%s", "groq") "]", names[i]);
		assert_str(only(&t, rest).provider, "groq");
		gt_trace_free(&t);
	}
}

static void test_trace_file_integer_may_be_string_number_or_double(void **state)
{
	static const struct {
		const char *value;
		int64_t expected;
	} rows[] = {
		{ "{\"intValue\":\"42\"}", 42 },
		{ "{\"intValue\":42}", 42 },
		{ "{\"intValue\":42.0}", 42 },
		{ "{\"doubleValue\":42}", 42 },
		{ "{\"stringValue\":\" 42 \"}", 42 },
		{ "{\"intValue\":\"9223372036854775807\"}", INT64_MAX },
		/* impossible counts are left out */
		{ "{\"intValue\":\"9223372036854775808\"}", -1 },
		{ "{\"intValue\":\"-1\"}", -1 },
		{ "{\"intValue\":-5}", -1 },
		{ "{\"intValue\":1e300}", -1 },
		{ "{\"doubleValue\":\"NaN\"}", -1 },
		{ "{\"doubleValue\":-1e300}", -1 },
		{ "{\"intValue\":\"\"}", -1 },
		{ "{\"intValue\":\"4x\"}", -1 },
		{ "{\"intValue\":true}", -1 },
		{ "{\"intValue\":{}}", -1 },
		{ "{}", -1 },
		{ "[]", -1 },
		{ "null", -1 },
		{ "42", -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char rest[256];
		struct gt_trace t;

		snprintf(rest, sizeof(rest), ",\"attributes\":[{\"key\":\"gen_ai.usage.input_tokens\",\"value\":%s}]",
			 rows[i].value);
		assert_int_equal(only(&t, rest).tokens_in, rows[i].expected);
		gt_trace_free(&t);
	}
}

static void test_trace_file_time_to_first_chunk_out_of_range_is_left_out(void **state)
{
	static const struct {
		const char *value;
		double expected;
	} rows[] = {
		{ "{\"doubleValue\":0}", 0 },	     { "{\"doubleValue\":1.5}", 1.5 },	{ "{\"intValue\":\"2\"}", 2 },
		{ "{\"doubleValue\":-0.1}", -1 },    { "{\"doubleValue\":1e18}", -1 },	{ "{\"doubleValue\":1e999}", -1 },
		{ "{\"doubleValue\":\"NaN\"}", -1 }, { "{\"stringValue\":\"x\"}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char rest[256];
		struct gt_trace t;

		snprintf(rest, sizeof(rest), ",\"attributes\":[{\"key\":\"gen_ai.response.time_to_first_chunk\",\"value\":%s}]",
			 rows[i].value);
		assert_true(only(&t, rest).first_chunk_s == rows[i].expected);
		gt_trace_free(&t);
	}
}

static void test_trace_file_cost_out_of_range_is_left_out(void **state)
{
	static const struct {
		const char *value;
		double expected;
	} rows[] = {
		{ "{\"doubleValue\":0.0123}", 0.0123 }, { "{\"doubleValue\":0}", 0 },	 { "{\"intValue\":\"2\"}", 2 },
		{ "{\"doubleValue\":-1}", -1 },		{ "{\"doubleValue\":1e9}", -1 }, { "{\"stringValue\":\"x\"}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;
		char rest[200];

		snprintf(rest, sizeof(rest), ",\"attributes\":[{\"key\":\"gen_ai.usage.cost\",\"value\":%s}]", rows[i].value);
		assert_true(only(&t, rest).cost_usd == rows[i].expected);
		gt_trace_free(&t);
	}
}

static void test_trace_file_day_of_the_prices_is_read_when_it_is_one(void **state)
{
	static const struct {
		const char *value;
		uint32_t expected;
	} rows[] = {
		{ "{\"stringValue\":\"2026-08-21\"}", 20260821 },
		{ "{\"stringValue\":\"2026-8-21\"}", 0 },
		{ "{\"stringValue\":\"2026-08-21x\"}", 0 },
		{ "{\"stringValue\":\"2026-13-21\"}", 0 },
		{ "{\"intValue\":\"20260821\"}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;
		char rest[200];

		snprintf(rest, sizeof(rest), ",\"attributes\":[{\"key\":\"gentap.cost_prices_read\",\"value\":%s}]",
			 rows[i].value);
		assert_int_equal(only(&t, rest).prices_read, rows[i].expected);
		gt_trace_free(&t);
	}
}

static void test_trace_file_times_may_be_numbers_or_missing(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT("{\"startTimeUnixNano\":1750000000000000000,\"endTimeUnixNano\":\"x\"},{},{"
			       "\"startTimeUnixNano\":\"-1\"}"));
	assert_int_equal(t.n, 3);
	assert_int_equal(t.spans[0].start_ns, 1750000000000000000);
	assert_int_equal(t.spans[0].end_ns, 0);
	assert_false(gt_trace_is_timed(&t.spans[0]));
	assert_int_equal(t.spans[2].start_ns, 0);
	gt_trace_free(&t);
}

static void test_trace_file_error_says_status_and_type(void **state)
{
#define STATUS(n) INT("http.response.status_code", #n)
	static const struct {
		const char *rest, *expected; /* NULL: no error */
	} rows[] = {
		{ "", NULL },
		{ ",\"status\":{\"code\":1}", NULL },
		{ ",\"status\":{\"code\":2}", "error" },
		{ ",\"status\":{\"code\":\"STATUS_CODE_ERROR\"}", "error" },
		{ ",\"status\":{\"code\":2,\"message\":\"too many\"}", "too many" },
		{ ",\"status\":{\"code\":2,\"message\":\"m\"},\"attributes\":[" TEXT("error.type", "timeout") "]", "timeout" },
		{ ",\"attributes\":[" TEXT("error.type", "rate_limit") "," STATUS(429) "]", "429 rate_limit" },
		{ ",\"attributes\":[" STATUS(429) "," TEXT("error.type", "429") "]", "429" },
		{ ",\"attributes\":[" STATUS(200) "," TEXT("error.type", "tool_error") "]", "tool_error" },
		{ ",\"status\":{\"code\":2},\"attributes\":[" STATUS(503) "]", "503" },
		{ ",\"status\":{\"code\":2},\"attributes\":[" STATUS(99999999) "]", "error" },
		{ ",\"attributes\":[" STATUS(404) "]", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;
		struct gt_trace_span s = only(&t, rows[i].rest);

		assert_int_equal(s.is_error, rows[i].expected != NULL);
		assert_str(s.error, rows[i].expected ? rows[i].expected : "");
		assert_int_equal(s.is_refused, strstr(rows[i].rest, "status_code") && !strstr(rows[i].rest, ":200}"));
		gt_trace_free(&t);
	}
}

static void test_trace_file_ids_are_hex_in_any_case_or_unknown(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT("{\"spanId\":\"A1A2A3A4A5A6A7A8\"},{\"spanId\":\"a1\"},{\"spanId\":\"zzzzzzzzzzzzzzzz\"},"
			       "{\"spanId\":7},{\"spanId\":\"\"}"));
	assert_memory_equal(t.spans[0].id.b, "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8", 8);
	for (int i = 1; i < 5; i++)
		assert_memory_equal(t.spans[i].id.b, "\0\0\0\0\0\0\0\0", 8);
	gt_trace_free(&t);
}

static void test_trace_file_kind_may_be_number_or_name(void **state)
{
	static const enum gt_trace_kind expected[] = { GT_TRACE_UNSPECIFIED, GT_TRACE_INTERNAL, GT_TRACE_SERVER,
						       GT_TRACE_CLIENT,	     GT_TRACE_CLIENT,	GT_TRACE_UNSPECIFIED };
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT("{\"kind\":0},{\"kind\":1},{\"kind\":2},{\"kind\":3},{\"kind\":\"SPAN_KIND_CLIENT\"},"
			       "{\"kind\":{}}"));
	for (size_t i = 0; i < GT_ROWS(expected); i++)
		assert_int_equal(t.spans[i].kind, expected[i]);
	gt_trace_free(&t);
}

/* ---------------------------------------------------------------- forms of files */

static void test_trace_file_documents_may_stand_in_any_lines(void **state)
{
	static const char *const files[] = {
		DOCUMENT("{},{}"),
		DOCUMENT("{}") "\n" DOCUMENT("{}") "\n",
		DOCUMENT("{}") "\r\n\r\n  " DOCUMENT("{}"),
		DOCUMENT("{}") DOCUMENT("{}"),
		"\xef\xbb\xbf" DOCUMENT("{}") "\n\n\n" DOCUMENT("{}"),
		"{\n  \"resourceSpans\": [\n    {\n\"scopeSpans\": [ { \"spans\": [ {\n}, {}\n] } ] } ]\n}\n",
		DOCUMENT("{}") "\n{\n\"resourceSpans\":\n[{\"scopeSpans\":[{\"spans\":[{}]}]}]}",
		DOCUMENT("{}") "\n{\"resourceMetrics\":[{}]}\n{}\n" DOCUMENT("{}"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(files); i++) {
		struct gt_trace t;

		read_text(&t, files[i]);
		assert_int_equal(t.n, 2);
		assert_int_equal(t.bad_lines, 0);
		gt_trace_free(&t);
	}
}

static void test_trace_file_bad_lines_are_counted_and_passed_over(void **state)
{
	static const struct {
		const char *file;
		unsigned spans, bad;
	} rows[] = {
		{ "", 0, 0 },
		{ " \n\t\n", 0, 0 },
		{ "hello\n" DOCUMENT("{}"), 1, 1 },
		{ DOCUMENT("{}") "\n{\"resourceSpans\":[{\"sco\n" DOCUMENT("{}"), 2, 1 },
		{ DOCUMENT("{}") "\n{\"resourceSpans\":[{\"scopeSpans\":[{\"sp", 1, 1 },
		{ "[1,2]\n7\n\"x\"\nnull\n" DOCUMENT("{}"), 1, 4 },
		{ "7 8 9\n" DOCUMENT("{}"), 1, 1 },
		{ DOCUMENT("{}") " trailing\n" DOCUMENT("{}"), 2, 1 },
		{ "\x1f\x8b\x08\n\xff\xfe\n", 0, 2 },
		{ "}\n{}\n", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;

		read_text(&t, rows[i].file);
		assert_int_equal(t.n, rows[i].spans);
		assert_int_equal(t.bad_lines, rows[i].bad);
		gt_trace_free(&t);
	}
}

static void test_trace_file_notes_of_processes_are_counted(void **state)
{
	static const struct {
		const char *file;
		uint64_t awake, requests;
	} rows[] = {
		{ "{}", 0, 0 },
		{ "{\"gentapProcess\":{\"pid\":7}}", 1, 0 },
		{ "{\"gentapProcess\":{\"pid\":7}}\n" DOCUMENT(
			  "{}") "\n{\"gentapProcess\":{\"pid\":7,\"requests\":3}}\n"
				"{\"gentapProcess\":{\"pid\":8}}\n{\"gentapProcess\":{\"pid\":8,\"requests\":2}}\n",
		  2, 5 },
		{ "{\"gentapProcess\":{\"pid\":7,\"requests\":-3}}", 0, 0 },
		{ "{\"gentapProcess\":{\"pid\":7,\"requests\":1e300}}", 0, 0 },
		{ "{\"gentapProcess\":{\"pid\":-7}}\n{\"gentapProcess\":{\"pid\":1e300}}\n{\"gentapProcess\":{\"pid\":\"7\"}}",
		  0, 0 },
		{ "{\"gentapProcess\":7}\n{\"gentapProcess\":[]}\n{\"gentapProcess\":null}\n{\"gentapProcess\":{}}", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;

		read_text(&t, rows[i].file);
		assert_int_equal(t.notes.awake, rows[i].awake);
		assert_int_equal(t.notes.requests, rows[i].requests);
		assert_int_equal(t.bad_lines, 0);
		gt_trace_free(&t);
	}
}

static void test_trace_file_of_very_many_processes_keeps_the_last_ones(void **state)
{
	char text[(GT_RUN_PIDS_MAX + 1) * 40];
	size_t at = 0;
	struct gt_trace t;

	(void)state;
	for (int pid = 1; pid <= GT_RUN_PIDS_MAX + 1; pid++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "{\"gentapProcess\":{\"pid\":%d}}\n", pid);
	read_text(&t, text);
	assert_int_equal(t.notes.awake, GT_RUN_PIDS_MAX + 1);
	assert_int_equal(t.notes.pids[0], GT_RUN_PIDS_MAX + 1);
	assert_int_equal(t.notes.pids[1], 2);
	gt_trace_free(&t);
}

static void test_trace_file_wrong_types_give_a_span_without_that_field(void **state)
{
	static const char *const values[] = {
		"null", "true", "7", "-1e400", "\"\"", "\"x\"", "[]", "[[]]", "{}", "{\"a\":{}}"
	};
	static const char *const places[] = {
		"{\"resourceSpans\":%s}",
		"{\"resourceSpans\":[%s]}",
		"{\"resourceSpans\":[{\"resource\":%s,\"scopeSpans\":[{\"spans\":[{}]}]}]}",
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":%s},\"scopeSpans\":[{\"spans\":[{}]}]}]}",
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":[%s]},\"scopeSpans\":[{\"spans\":[{}]}]}]}",
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"process.pid\",\"value\":%s}]},"
		"\"scopeSpans\":[{\"spans\":[{}]}]}]}",
		"{\"resourceSpans\":[{\"scopeSpans\":%s}]}",
		"{\"resourceSpans\":[{\"scopeSpans\":[%s]}]}",
		"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":%s}]}]}",
		"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[%s]}]}]}",
		DOCUMENT("{\"name\":%s}"),
		DOCUMENT("{\"kind\":%s}"),
		DOCUMENT("{\"traceId\":%s}"),
		DOCUMENT("{\"endTimeUnixNano\":%s}"),
		DOCUMENT("{\"status\":%s}"),
		DOCUMENT("{\"status\":{\"code\":2,\"message\":%s}}"),
		DOCUMENT("{\"attributes\":%s}"),
		DOCUMENT("{\"attributes\":[%s]}"),
		DOCUMENT("{\"attributes\":[{\"key\":%s,\"value\":{}}]}"),
		DOCUMENT("{\"attributes\":[{\"key\":\"error.type\",\"value\":%s}]}"),
		DOCUMENT("{\"attributes\":[{\"key\":\"mcp.method.name\",\"value\":{\"stringValue\":%s}}]}"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(places); i++) {
		for (size_t k = 0; k < GT_ROWS(values); k++) {
			char text[1024];
			struct gt_trace t;

			snprintf(text, sizeof(text), places[i], values[k]);
			read_text(&t, text);
			assert_int_equal(t.bad_lines, 0);
			assert_true(t.n <= 1);
			gt_trace_free(&t);
		}
	}
}

static void test_trace_file_cut_at_any_byte_is_survived(void **state)
{
	static const char two[] = DOCUMENT("{}") "\n";
	char text[sizeof(full) + sizeof(two)];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", two, full);
	for (size_t len = 0; len <= strlen(text); len++) {
		struct gt_trace t;

		assert_int_equal(parse(&t, text, len), 0);
		assert_int_equal(t.n, len == strlen(text) ? 2 : len >= strlen(two) - 1);
		gt_trace_free(&t);
	}
}

static void test_trace_file_any_bytes_are_survived(void **state)
{
	static const char alphabet[] = "{}[]\",:\\\n \t0-9eE.truefalsnu/\xff\xc3\xa9";
	struct gt_random r = gt_random_from(20260820);

	(void)state;
	for (int round = 0; round < 4000; round++) {
		char text[sizeof(full)];
		size_t len = sizeof(full) - 1;
		struct gt_trace t;

		memcpy(text, full, sizeof(full));
		for (size_t n = 1 + gt_random_below(&r, 8); n; n--)
			text[gt_random_below(&r, len)] = alphabet[gt_random_below(&r, sizeof(alphabet) - 1)];
		if (round % 4 == 0)
			for (size_t i = 0; i < len; i++)
				text[i] = alphabet[gt_random_below(&r, sizeof(alphabet) - 1)];
		assert_int_equal(parse(&t, text, gt_random_below(&r, len + 1)), 0);
		assert_int_equal(gt_trace_link(&t), 0);
		gt_trace_free(&t);
	}
}

static void test_trace_file_deep_nesting_is_one_bad_line(void **state)
{
	enum { DEPTH = 100000 };
	char *text = malloc(2 * DEPTH + 256);
	struct gt_trace t;
	size_t len;

	(void)state;
	memset(text, '[', DEPTH);
	len = DEPTH + (size_t)snprintf(text + DEPTH, 256, "\n%s", DOCUMENT("{}"));
	assert_int_equal(parse(&t, text, len), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.bad_lines, 1);
	gt_trace_free(&t);
	free(text);
}

static void test_trace_file_any_failing_allocation_is_survived(void **state)
{
	static const char text[] = DOCUMENT("{\"name\":\"a\"}") "\n" DOCUMENT("{\"status\":{\"code\":2}}") "\n";
	char both[sizeof(full) + sizeof(text)];
	int good = 0, rounds = 0;
	struct gt_trace t;

	(void)state;
	snprintf(both, sizeof(both), "%s%s", text, full);
	for (int n = 1; gt_fail_nth(n); n++) {
		int parsed, linked;

		gt_trace_init(&t);
		parsed = gt_trace_file_parse(&t, gt_str_of(both));
		linked = gt_trace_link(&t);
		/* the failure is returned, or the document counts as bad, or reading the line again succeeded */
		good += parsed == GT_ENOMEM || linked == GT_ENOMEM || t.bad_lines || t.n == 3;
		gt_trace_free(&t);
		rounds = n;
	}
	gt_fail_none();
	assert_int_equal(good, rounds);
	assert_true(rounds > 50);
}

/* ---------------------------------------------------------------- descriptors */

static void test_trace_file_descriptor_is_read_to_its_end(void **state)
{
	struct gt_trace t;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], full, sizeof(full) - 1), sizeof(full) - 1);
	close(ends[1]);
	gt_trace_init(&t);
	assert_int_equal(gt_trace_file_load(&t, ends[0]), 0);
	assert_int_equal(t.n, 1);
	gt_trace_free(&t);
	close(ends[0]);
}

static void test_trace_file_descriptor_that_cannot_be_read_says_why(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct gt_trace t;

	(void)state;
	gt_trace_init(&t);
	assert_int_equal(gt_trace_file_load(&t, fd), GT_EIO);
	assert_string_equal(gt_trace_file_reason(GT_EIO), "Is a directory");
	assert_int_equal(t.n, 0);
	gt_trace_free(&t);
	close(fd);
}

/* ---------------------------------------------------------------- processes */

static void test_trace_file_same_resource_is_one_process(void **state)
{
#define PROCESS(name, pid) RESOURCE(TEXT("service.name", name) "," INT("process.pid", pid), "{}") "\n"
	struct gt_trace t;

	(void)state;
	/* exec keeps the pid: another program is another process */
	read_text(&t, PROCESS("sh", "7") PROCESS("python", "7") PROCESS("sh", "7") PROCESS("python", "\"7\"")
			      PROCESS("python", "8"));
	assert_int_equal(t.n, 5);
	assert_int_equal(t.n_processes, 3);
	assert_int_equal(t.spans[0].process, 0);
	assert_int_equal(t.spans[2].process, 0);
	assert_int_equal(t.spans[3].process, 1);
	assert_int_equal(t.spans[4].process, 2);
	gt_trace_free(&t);
}

/* ---------------------------------------------------------------- links */

static int32_t parent_of(const struct gt_trace *t, char id)
{
	for (uint32_t i = 0; i < t->n; i++)
		if ((t->spans[i].id.b[0] >> 4) == id - 'a' + 10)
			return t->spans[i].parent < 0 ? 0 : 'a' + (t->spans[t->spans[i].parent].id.b[0] >> 4) - 10;
	return -1;
}

static void test_trace_spans_stand_by_start_and_unknown_ones_last(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT("{\"name\":\"e\"},{\"name\":\"c\",\"startTimeUnixNano\":\"3\"},"
			       "{\"name\":\"a\",\"startTimeUnixNano\":\"1\"},{\"name\":\"d\",\"startTimeUnixNano\":\"3\"},"
			       "{\"name\":\"f\"},{\"name\":\"b\",\"startTimeUnixNano\":\"2\"}"));
	for (uint32_t i = 0; i < t.n; i++)
		assert_int_equal(t.spans[i].name.p[0], "abcdef"[i]);
	gt_trace_free(&t);
}

static void test_trace_parent_is_found_wherever_it_stands(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT(SPAN(C, B, "3", "")) "\n" DOCUMENT(SPAN(B, A, "2", "")) "\n" DOCUMENT(SPAN(A, "", "1", "")));
	assert_int_equal(parent_of(&t, 'c'), 'b');
	assert_int_equal(parent_of(&t, 'b'), 'a');
	assert_int_equal(parent_of(&t, 'a'), 0);
	gt_trace_free(&t);
}

static void test_trace_parent_of_another_trace_or_outside_is_none(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT(SPAN(A, "", "1", "")) "\n" DOCUMENT(SPAN(B, C, "2", "")) "\n" DOCUMENT(
			      "{\"traceId\":\"ff02030405060708090a0b0c0d0e0f10\",\"spanId\":\"" C "\",\"parentSpanId\":\"" A
			      "\"}"));
	assert_int_equal(parent_of(&t, 'b'), 0);
	assert_int_equal(parent_of(&t, 'c'), 0);
	gt_trace_free(&t);
}

static void test_trace_circle_of_parents_is_cut_at_its_earliest_span(void **state)
{
	struct gt_trace t;

	(void)state;
	/* d is a child in the loop a-b-c */
	read_text(&t, DOCUMENT(SPAN("d1d2d3d4d5d6d7d8", A, "1",
				    "") "," SPAN(A, C, "4", "") "," SPAN(B, A, "2", "") "," SPAN(C, B, "3", "")));
	assert_int_equal(parent_of(&t, 'b'), 0);
	assert_int_equal(parent_of(&t, 'c'), 'b');
	assert_int_equal(parent_of(&t, 'a'), 'c');
	assert_int_equal(parent_of(&t, 'd'), 'a');
	gt_trace_free(&t);
}

static void test_trace_span_that_is_its_own_parent_is_a_root(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT(SPAN(A, A, "1", "") "," SPAN(B, A, "2", "")));
	assert_int_equal(parent_of(&t, 'a'), 0);
	assert_int_equal(parent_of(&t, 'b'), 'a');
	gt_trace_free(&t);
}

static void test_trace_of_two_spans_with_one_id_the_first_is_the_parent(void **state)
{
	struct gt_trace t;

	(void)state;
	read_text(&t, DOCUMENT(SPAN(A, "", "1", "") "," SPAN(A, "", "2", "") "," SPAN(B, A, "3", "")));
	assert_int_equal(t.spans[2].parent, 0);
	gt_trace_free(&t);
}

static void test_trace_random_parents_never_form_a_circle(void **state)
{
	struct gt_random r = gt_random_from(7);

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct gt_trace_process process = { .pid = 1 };
		uint32_t n = 1 + (uint32_t)gt_random_below(&r, 40);
		struct gt_trace t;

		gt_trace_init(&t);
		gt_trace_process(&t, &process);
		for (uint32_t i = 0; i < n; i++) {
			struct gt_trace_span *s = gt_trace_add(&t);

			s->id.b[7] = (uint8_t)(i + 1);
			s->parent_id.b[7] = (uint8_t)gt_random_below(&r, n + 1);
			s->start_ns = gt_random_below(&r, 20);
		}
		assert_int_equal(gt_trace_link(&t), 0);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t steps = 0;

			for (int32_t up = (int32_t)i; up >= 0; up = t.spans[up].parent)
				assert_true(steps++ < n);
		}
		gt_trace_free(&t);
	}
}

/* ---------------------------------------------------------------- calls */

static unsigned calls(const char *text)
{
	struct gt_trace t;
	unsigned n = 0;

	read_text(&t, text);
	for (uint32_t i = 0; i < t.n; i++)
		n += gt_trace_is_call(&t, i);
	gt_trace_free(&t);
	return n;
}

#define CHAT(id, parent, model) \
	SPAN(id, parent, "1",   \
	     ",\"kind\":3,\"attributes\":[" TEXT("gen_ai.operation.name", "chat") "," TEXT("gen_ai.request.model", model) "]")
#define MCP(id, parent, kind) \
	SPAN(id, parent, "1", ",\"kind\":" kind ",\"attributes\":[" TEXT("mcp.method.name", "tools/call") "]")

static void test_trace_call_seen_at_both_ends_counts_once(void **state)
{
	(void)state;
	assert_int_equal(calls(DOCUMENT(MCP(A, "", "3"))), 1);
	assert_int_equal(calls(DOCUMENT(MCP(A, "", "2"))), 1);
	assert_int_equal(calls(DOCUMENT(MCP(A, "", "3") "," MCP(B, A, "2"))), 1);
	/* a server's call to another server counts too */
	assert_int_equal(calls(DOCUMENT(MCP(A, "", "3") "," MCP(B, A, "2") "," MCP(C, B, "3"))), 2);
}

static void test_trace_call_inside_the_same_call_counts_once(void **state)
{
	(void)state;
	assert_int_equal(calls(DOCUMENT(CHAT(A, "", "m"))), 1);
	assert_int_equal(calls(DOCUMENT(CHAT(A, "", "m") "," CHAT(B, A, "m"))), 1);
	assert_int_equal(calls(DOCUMENT(CHAT(A, "", "m") "," SPAN(B, A, "1", "") "," CHAT(C, B, "m"))), 1);
	assert_int_equal(calls(DOCUMENT(CHAT(A, "", "m") "," CHAT(B, A, "other"))), 2);
	assert_int_equal(calls(DOCUMENT(CHAT(A, "", "m") "," CHAT(B, "", "m"))), 2);
}

static void test_trace_agents_tools_and_foreign_spans_are_no_calls(void **state)
{
	static const char *const operations[] = { "invoke_agent", "execute_tool", "invoke_workflow", "create_agent", "plan" };

	(void)state;
	assert_int_equal(calls(DOCUMENT(SPAN(A, "", "1", ",\"kind\":3"))), 0);
	for (size_t i = 0; i < GT_ROWS(operations); i++) {
		char text[1024];

		snprintf(text, sizeof(text),
			 DOCUMENT(SPAN(A, "", "1",
				       ",\"attributes\":[" TEXT("gen_ai.operation.name", "%s") "," TEXT("gen_ai.request.model",
													"m") "]")),
			 operations[i]);
		assert_int_equal(calls(text), 0);
	}
}

#define CALL(id, operation, more) \
	SPAN(id, "", "1",         \
	     ",\"attributes\":[" TEXT("gen_ai.operation.name", operation) "," TEXT("gen_ai.request.model", "m") more "]")
#define HTTP(n)	     "," INT("http.response.status_code", n)
#define TOKENS	     "," INT("gen_ai.usage.input_tokens", "7")
#define COST	     ",{\"key\":\"gen_ai.usage.cost\",\"value\":{\"doubleValue\":0.5}}"
#define RESPONSE(id) "," TEXT("gen_ai.response.id", id)

static void test_trace_calls_that_are_free_or_refused_are_not_charged(void **state)
{
	static const struct {
		const char *text;
		bool is_call, is_charged;
	} rows[] = {
		{ CALL(A, "chat", HTTP("200")), true, true },
		{ CALL(A, "chat", HTTP("400")), true, false },
		{ CALL(A, "chat", HTTP("529")), true, false },
		{ CALL(A, "embeddings", ""), true, true },
		{ CALL(A, "count_tokens", ""), true, false },
		{ CALL(A, "create_batch", ""), true, true },
		{ CALL(A, "create_thread", ""), true, false },
		{ CALL(A, "invoke_agent", ""), false, false },
		{ CALL(A, "delete_agent", ""), true, false },
		/* a poll that shows nothing is not a call; a poll that shows what was used is, and it is charged */
		{ CALL(A, "fetch_response", HTTP("200")), false, false },
		{ CALL(A, "fetch_response", HTTP("404")), true, false },
		{ CALL(A, "fetch_response", TOKENS), true, true },
		{ CALL(A, "fetch_response", TOKENS COST), true, true },
		{ CALL(A, "fetch_run", ""), false, false },
		{ CALL(A, "fetch_run", TOKENS), true, true },
		{ CALL(A, "fetch_batch", TOKENS), true, true },
		{ CALL(A, "fetch_batch_results", COST), true, true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace t;
		char text[1024];

		snprintf(text, sizeof(text), DOCUMENT("%s"), rows[i].text);
		read_text(&t, text);
		assert_int_equal(t.n, 1);
		if (gt_trace_is_call(&t, 0) != rows[i].is_call || gt_trace_is_charged(&t, 0) != rows[i].is_charged)
			fail_msg("%s", rows[i].text);
		gt_trace_free(&t);
	}
}

/* A response of the background is asked for by one exchange, and its tokens are on another. */
static void test_trace_call_and_the_read_of_its_answer_count_once(void **state)
{
#define ASKED CALL(A, "chat", RESPONSE("r1"))
#define READ  CALL(B, "fetch_response", RESPONSE("r1") TOKENS)
	(void)state;
	assert_int_equal(calls(DOCUMENT(ASKED "," READ)), 1);
	assert_int_equal(calls(DOCUMENT(READ "," ASKED)), 1);
	assert_int_equal(calls(DOCUMENT(ASKED "," CALL(B, "fetch_response", RESPONSE("r1")))), 1);
	assert_int_equal(calls(DOCUMENT(ASKED "," CALL(C, "fetch_response", RESPONSE("r1")) "," READ)), 1);
	assert_int_equal(
		calls(DOCUMENT(CALL(A, "create_batch", RESPONSE("b1")) "," CALL(B, "fetch_batch", RESPONSE("b1") TOKENS))), 1);
	/* another response, a call with an answer of its own, a call that failed */
	assert_int_equal(calls(DOCUMENT(CALL(A, "chat", RESPONSE("r2")) "," READ)), 2);
	assert_int_equal(calls(DOCUMENT(CALL(A, "chat", "") "," CALL(B, "fetch_response", TOKENS))), 2);
	assert_int_equal(calls(DOCUMENT(CALL(A, "chat", RESPONSE("r1") TOKENS) "," READ)), 2);
	assert_int_equal(calls(DOCUMENT(CALL(A, "chat", RESPONSE("r1") "," TEXT("error.type", "x")) "," READ)), 2);
	assert_int_equal(calls(DOCUMENT(CALL(A, "chat", RESPONSE("r1")) "," CALL(B, "chat", RESPONSE("r1") TOKENS))), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_trace_file_line_gives_every_field),
		GT_TEST(test_trace_file_attribute_is_known_in_every_generation_and_alias),
		GT_TEST(test_trace_file_provider_is_known_by_its_old_names),
		GT_TEST(test_trace_file_integer_may_be_string_number_or_double),
		GT_TEST(test_trace_file_time_to_first_chunk_out_of_range_is_left_out),
		GT_TEST(test_trace_file_cost_out_of_range_is_left_out),
		GT_TEST(test_trace_file_day_of_the_prices_is_read_when_it_is_one),
		GT_TEST(test_trace_file_times_may_be_numbers_or_missing),
		GT_TEST(test_trace_file_error_says_status_and_type),
		GT_TEST(test_trace_file_ids_are_hex_in_any_case_or_unknown),
		GT_TEST(test_trace_file_kind_may_be_number_or_name),
		GT_TEST(test_trace_file_documents_may_stand_in_any_lines),
		GT_TEST(test_trace_file_bad_lines_are_counted_and_passed_over),
		GT_TEST(test_trace_file_notes_of_processes_are_counted),
		GT_TEST(test_trace_file_of_very_many_processes_keeps_the_last_ones),
		GT_TEST(test_trace_file_wrong_types_give_a_span_without_that_field),
		GT_TEST(test_trace_file_cut_at_any_byte_is_survived),
		GT_TEST(test_trace_file_any_bytes_are_survived),
		GT_TEST(test_trace_file_deep_nesting_is_one_bad_line),
		GT_TEST(test_trace_file_any_failing_allocation_is_survived),
		GT_TEST(test_trace_file_descriptor_is_read_to_its_end),
		GT_TEST(test_trace_file_descriptor_that_cannot_be_read_says_why),
		GT_TEST(test_trace_file_same_resource_is_one_process),
		GT_TEST(test_trace_spans_stand_by_start_and_unknown_ones_last),
		GT_TEST(test_trace_parent_is_found_wherever_it_stands),
		GT_TEST(test_trace_parent_of_another_trace_or_outside_is_none),
		GT_TEST(test_trace_circle_of_parents_is_cut_at_its_earliest_span),
		GT_TEST(test_trace_span_that_is_its_own_parent_is_a_root),
		GT_TEST(test_trace_of_two_spans_with_one_id_the_first_is_the_parent),
		GT_TEST(test_trace_random_parents_never_form_a_circle),
		GT_TEST(test_trace_call_seen_at_both_ends_counts_once),
		GT_TEST(test_trace_call_inside_the_same_call_counts_once),
		GT_TEST(test_trace_agents_tools_and_foreign_spans_are_no_calls),
		GT_TEST(test_trace_calls_that_are_free_or_refused_are_not_charged),
		GT_TEST(test_trace_call_and_the_read_of_its_answer_count_once),
	};

	return GT_TESTS(tests);
}
