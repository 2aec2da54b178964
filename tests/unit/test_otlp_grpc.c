#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include "exporter/otlp/otlp_protocol.h"
#include "exporter/sinks/payload.h"
#include "shim/shared/clock.h"

/* ---------------------------------------------------------------- requests */

static void test_otlp_grpc_message_stands_behind_its_length(void **state)
{
	struct gt_payload_form form = { &gt_otlp_grpc, &gt_otlp_signals[GT_TRACES], false, 1u << 20 };
	struct gt_payload_form plain = { &gt_otlp_http_protobuf, &gt_otlp_signals[GT_TRACES], false, 1u << 20 };
	struct gt_payload *p, *bare;
	struct gt_sample s;

	(void)state;
	gt_sample_init(&s, 3);
	assert_int_equal(gt_payload_make(&s.view, &form, &p), 0);
	assert_int_equal(gt_payload_make(&s.view, &plain, &bare), 0);
	assert_int_equal(p->len, bare->len + 5);
	assert_int_equal(p->p[0], 0);
	assert_int_equal(p->p[1] << 24 | p->p[2] << 16 | p->p[3] << 8 | p->p[4], bare->len);
	assert_memory_equal(p->p + 5, bare->p, bare->len);
	gt_payload_free(p);

	form.is_gzip = true;
	assert_int_equal(gt_payload_make(&s.view, &form, &p), 0);
	assert_int_equal(p->p[0], 1);
	assert_int_equal(p->p[1] << 24 | p->p[2] << 16 | p->p[3] << 8 | p->p[4], p->len - 5);
	assert_int_equal(p->p[5], 0x1f); /* gzip begins here */
	gt_payload_free(p);
	gt_payload_free(bare);
	gt_sample_free(&s);
}

static void test_otlp_grpc_length_of_any_size_is_big_endian(void **state)
{
	uint8_t prefix[5];

	(void)state;
	gt_otlp_grpc.put_prefix(prefix, 0x01020304, true);
	assert_memory_equal(prefix, "\1\1\2\3\4", 5);
}

/* ---------------------------------------------------------------- answers */

#define RETRY_INFO "CAgSBGZ1bGwaNgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIKCggIAhCAyrXuAQ"

static void read_answer(const struct gt_http_reply *reply, struct gt_otlp_answer *answer)
{
	gt_otlp_grpc.read(reply, &gt_otlp_signals[GT_TRACES], 0, answer);
}

static void test_otlp_grpc_every_status_has_its_verdict(void **state)
{
	static const enum gt_otlp_verdict verdicts[] = {
		GT_OTLP_TAKEN,	 GT_OTLP_AGAIN,	  GT_OTLP_REFUSED,
		GT_OTLP_REFUSED, GT_OTLP_AGAIN,	  GT_OTLP_REFUSED,
		GT_OTLP_REFUSED, GT_OTLP_REFUSED, GT_OTLP_REFUSED,
		GT_OTLP_REFUSED, GT_OTLP_AGAIN,	  GT_OTLP_AGAIN,
		GT_OTLP_UNKNOWN, GT_OTLP_REFUSED, GT_OTLP_AGAIN,
		GT_OTLP_AGAIN,	 GT_OTLP_REFUSED, GT_OTLP_REFUSED /* 17: no status */,
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(verdicts); i++) {
		struct gt_otlp_answer answer;
		char number[8];
		struct gt_http_reply reply = { .status = 200, .stream_error = -1 };

		snprintf(number, sizeof(number), "%zu", i);
		reply.grpc_status = gt_str_of(number);
		read_answer(&reply, &answer);
		if (answer.verdict != verdicts[i] || answer.wait_ns != -1)
			fail_msg("status %zu: verdict %d, %s", i, answer.verdict, answer.text);
	}
}

static void test_otlp_grpc_answers_without_a_status_are_mapped(void **state)
{
	static const struct {
		struct gt_http_reply reply;
		enum gt_otlp_verdict verdict;
		const char *text; /* part of the text */
	} rows[] = {
		{ { .status = 200 }, GT_OTLP_REFUSED, "HTTP status 200 and no gRPC status" },
		{ { .status = 400 }, GT_OTLP_REFUSED, "HTTP status 400" },
		{ { .status = 401 }, GT_OTLP_REFUSED, "HTTP status 401" },
		{ { .status = 404 }, GT_OTLP_UNKNOWN, "HTTP status 404" },
		{ { .status = 429 }, GT_OTLP_AGAIN, "HTTP status 429" },
		{ { .status = 502 }, GT_OTLP_AGAIN, "HTTP status 502" },
		{ { .status = 503 }, GT_OTLP_AGAIN, "HTTP status 503" },
		{ { .status = 504 }, GT_OTLP_AGAIN, "HTTP status 504" },
		{ { .problem = "refused\n" }, GT_OTLP_AGAIN, "refused" },
		{ { .problem = "no such certificate", .is_final = true }, GT_OTLP_REFUSED, "no such certificate" },
		{ { .problem = "reset", .stream_error = 7 }, GT_OTLP_AGAIN, "reset" },
		{ { .problem = "reset", .stream_error = 8 }, GT_OTLP_AGAIN, "reset" },
		{ { .problem = "reset", .stream_error = 2 }, GT_OTLP_REFUSED, "reset" },
		{ { .problem = "reset", .stream_error = 11 }, GT_OTLP_REFUSED, "reset" },
		{ { .problem = "reset", .stream_error = 12 }, GT_OTLP_REFUSED, "reset" },
		{ { .problem = "reset", .stream_error = 4711 }, GT_OTLP_AGAIN, "reset" },
		{ { .status = 200, .problem = "cut off" }, GT_OTLP_AGAIN, "cut off" },
		{ { .status = 200, .grpc_status = { "xyz", 3 } }, GT_OTLP_REFUSED, "UNKNOWN" },
		{ { .status = 200, .grpc_status = { "4711", 4 } }, GT_OTLP_REFUSED, "UNKNOWN" },
		{ { .status = 200, .grpc_status = { "99", 2 } }, GT_OTLP_REFUSED, "gRPC status 99" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http_reply reply = rows[i].reply;
		struct gt_otlp_answer answer;

		reply.stream_error = reply.stream_error ? reply.stream_error : -1;
		read_answer(&reply, &answer);
		if (answer.verdict != rows[i].verdict || !strstr(answer.text, rows[i].text) || strchr(answer.text, '\n'))
			fail_msg("row %zu: verdict %d, %s", i, answer.verdict, answer.text);
	}
}

static void test_otlp_grpc_message_is_decoded_and_fit_for_a_log(void **state)
{
	static const char *const rows[][2] = {
		{ "no%20such tenant", "gRPC status NOT_FOUND, no such tenant" },
		{ "50%", "gRPC status NOT_FOUND, 50%" },
		{ "a%0Ab%1b[31m", "gRPC status NOT_FOUND, a b [31m" },
		{ "", "gRPC status NOT_FOUND" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http_reply reply = { .status = 200,
					       .grpc_status = GT_STR("5"),
					       .grpc_message = gt_str_of(rows[i][0]) };
		struct gt_otlp_answer answer;

		read_answer(&reply, &answer);
		assert_string_equal(answer.text, rows[i][1]);
	}
}

static void test_otlp_grpc_exhausted_is_tried_again_only_with_a_delay(void **state)
{
	static const struct {
		const char *details;
		int64_t wait_ns; /* -1: rejected */
	} rows[] = {
		{ "", -1 },
		{ RETRY_INFO, 2500 * GT_NS_PER_MS },
		{ RETRY_INFO "==", 2500 * GT_NS_PER_MS },
		{ "CAgSBGZ1bGw", -1 },							 /* a status without details */
		{ "CAgaKgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbw", 0 }, /* an empty RetryInfo: no delay */
		{ "CAgaBgoBYRIBYg", -1 },						 /* a detail of another kind */
		{ "!!!", -1 },
		{ "/////w", -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http_reply reply = { .status = 200,
					       .grpc_status = GT_STR("8"),
					       .grpc_details = gt_str_of(rows[i].details) };
		struct gt_otlp_answer answer;

		read_answer(&reply, &answer);
		if (answer.wait_ns != rows[i].wait_ns ||
		    answer.verdict != (rows[i].wait_ns < 0 ? GT_OTLP_REFUSED : GT_OTLP_AGAIN))
			fail_msg("row %zu: verdict %d, wait %lld", i, answer.verdict, (long long)answer.wait_ns);
	}
}

static void test_otlp_grpc_partial_success_is_read(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		int64_t rejected;
		const char *text;
	} rows[] = {
		{ "\0\0\0\0\0", 5, 0, "" },
		{ "\0\0\0\0\x0b\x0a\x09\x08\x02\x12\x05quota", 16, 2, "quota" },
		{ "\0\0\0\0\x0b\x0a\x09\x08\x02\x12\x05quot", 15, 0, "" },  /* cut off */
		{ "\1\0\0\0\x0b\x0a\x09\x08\x02\x12\x05quota", 16, 0, "" }, /* compressed, which was not requested */
		{ "\0\0\0\0\x02\xff\xff", 7, 0, "" },
		{ "\0\xff\xff\xff\xff", 5, 0, "" },
		{ "\0\0", 2, 0, "" },
		{ "", 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http_reply reply = { .status = 200, .grpc_status = GT_STR("0"), .stream_error = -1 };
		struct gt_otlp_answer answer;

		reply.body = (uint8_t *)gt_guard_end(rows[i].body, rows[i].len);
		reply.len = rows[i].len;
		read_answer(&reply, &answer);
		assert_int_equal(answer.verdict, GT_OTLP_TAKEN);
		assert_int_equal(answer.rejected, rows[i].rejected);
		assert_string_equal(answer.text, rows[i].text);
		gt_guard_free((char *)reply.body, reply.len);
	}
}

static void test_otlp_grpc_answer_survives_every_failed_allocation(void **state)
{
	struct gt_http_reply reply = {
		.status = 200,
		.grpc_status = GT_STR("8"),
		.grpc_details = GT_STR(RETRY_INFO),
		.grpc_message = GT_STR("a%20b"),
	};
	struct gt_otlp_answer answer;

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++)
		read_answer(&reply, &answer);
	gt_fail_none();
	read_answer(&reply, &answer);
	assert_int_equal(answer.verdict, GT_OTLP_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_otlp_grpc_message_stands_behind_its_length),
		GT_TEST(test_otlp_grpc_length_of_any_size_is_big_endian),
		GT_TEST(test_otlp_grpc_every_status_has_its_verdict),
		GT_TEST(test_otlp_grpc_answers_without_a_status_are_mapped),
		GT_TEST(test_otlp_grpc_message_is_decoded_and_fit_for_a_log),
		GT_TEST(test_otlp_grpc_exhausted_is_tried_again_only_with_a_delay),
		GT_TEST(test_otlp_grpc_partial_success_is_read),
		GT_TEST(test_otlp_grpc_answer_survives_every_failed_allocation),
	};

	return GT_TESTS(tests);
}
