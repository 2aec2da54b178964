#include "support/environment.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/config/config.h"
#include "exporter/otlp/otlp_endpoint.h"
#include "exporter/otlp/otlp_protocol.h"
#include "shim/shared/log.h"

static void read_vars(struct gt_config *c, struct gt_environment *s, const char *const *vars)
{
	gt_environment_init(s, vars);
	assert_int_equal(gt_config_read(c, &s->from), 0);
}

/* Reads the configuration from the variables in the list; the caller frees it. */
#define READ(c, s, ...)                                                                 \
	do {                                                                            \
		static const char *const vars_[] = { __VA_ARGS__ __VA_OPT__(, ) NULL }; \
		read_vars(c, s, vars_);                                                 \
	} while (0)

static void test_config_defaults_are_those_of_the_specification(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s);
	assert_string_equal(s.warnings, "");
	assert_true(c.to_otlp);
	assert_false(c.to_file || c.to_console);
	assert_string_equal(c.otlp.url, "http://localhost:4318/v1/traces");
	assert_int_equal(c.otlp.n_headers, 0);
	assert_false(c.otlp.is_gzip);
	assert_int_equal(c.otlp.timeout_ns, 10000 * GT_NS_PER_MS);
	assert_null(c.otlp.ca_file);
	assert_null(c.otlp.client_key);
	assert_null(c.otlp.client_certificate);
	assert_string_equal(c.file, "gentap-traces.jsonl");
	assert_null(c.run_file);
	assert_int_equal(c.schedule_delay_ns, 1000 * GT_NS_PER_MS);
	assert_int_equal(c.export_timeout_ns, 30000 * GT_NS_PER_MS);
	assert_int_equal(c.queue_max, 2048);
	assert_int_equal(c.batch_max, 512);
	assert_int_equal(c.span_limits.attributes, 128);
	assert_int_equal(c.span_limits.value_length, UINT32_MAX);
	assert_int_equal(c.event_limits.attributes, 128);
	assert_int_equal(c.event_limits.value_length, UINT32_MAX);
	assert_int_equal(c.naming.generation, GT_N2);
	assert_int_equal(c.naming.compat, 0);
	assert_int_equal(c.body_max, 4242);
	gt_config_free(&c);
}

static void test_config_empty_and_blank_values_count_as_unset(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s,
	     "OTEL_BSP_SCHEDULE_DELAY=", "OTEL_BSP_MAX_QUEUE_SIZE=  ", "OTEL_TRACES_EXPORTER= ", "OTEL_EXPORTER_OTLP_TIMEOUT=",
	     "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=", "OTEL_TRACES_SAMPLER=", "GENTAP_LOG=", "GENTAP_ENDPOINTS=");
	assert_string_equal(s.warnings, "");
	assert_true(c.to_otlp);
	assert_int_equal(c.queue_max, 2048);
	gt_config_free(&c);
}

static void test_config_good_values_are_taken(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_BSP_SCHEDULE_DELAY= 250\t", "OTEL_BSP_EXPORT_TIMEOUT=0", "OTEL_BSP_MAX_QUEUE_SIZE=10",
	     "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=10", "OTEL_EXPORTER_OTLP_TIMEOUT=0", "OTEL_EXPORTER_OTLP_COMPRESSION=GZIP",
	     "OTEL_EXPORTER_OTLP_CERTIFICATE=/ca.pem", "OTEL_EXPORTER_OTLP_CLIENT_KEY=/key.pem",
	     "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE= /cert.pem ", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=0",
	     "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=80", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT=7", "GENTAP_FILE=/tmp/%p-%%p-%q%",
	     "GENTAP_RUN_FILE=/tmp/run%p", "OTEL_TRACES_EXPORTER=Console , otlp,,file");
	assert_string_equal(s.warnings, "");
	assert_int_equal(c.schedule_delay_ns, 250 * GT_NS_PER_MS);
	assert_int_equal(c.export_timeout_ns, 0);
	assert_int_equal(c.queue_max, 10);
	assert_int_equal(c.batch_max, 10);
	assert_int_equal(c.otlp.timeout_ns, 0);
	assert_true(c.otlp.is_gzip);
	assert_string_equal(c.otlp.ca_file, "/ca.pem");
	assert_string_equal(c.otlp.client_key, "/key.pem");
	assert_string_equal(c.otlp.client_certificate, "/cert.pem");
	assert_int_equal(c.span_limits.attributes, 0);
	assert_int_equal(c.span_limits.value_length, 80);
	assert_int_equal(c.event_limits.attributes, 7);
	assert_int_equal(c.event_limits.value_length, 80);
	assert_string_equal(c.file, "/tmp/77-%p-%q%");
	assert_string_equal(c.run_file, "/tmp/run%p");
	assert_true(c.to_otlp && c.to_file && c.to_console);
	gt_config_free(&c);
}

static void test_config_specific_variables_replace_general_ones(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_EXPORTER_OTLP_ENDPOINT=http://general:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://traces:1/in",
	     "OTEL_EXPORTER_OTLP_HEADERS=a=1,b=2", "OTEL_EXPORTER_OTLP_TRACES_HEADERS=c=3", "OTEL_EXPORTER_OTLP_TIMEOUT=1",
	     "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=2", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip",
	     "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=none", "OTEL_EXPORTER_OTLP_CERTIFICATE=/a",
	     "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE=/b", "SSL_CERT_FILE=/c", "OTEL_ATTRIBUTE_COUNT_LIMIT=5",
	     "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=6", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=7",
	     "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=8", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
	     "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json");
	assert_string_equal(s.warnings, "");
	assert_ptr_equal(c.otlp.protocol, &gt_otlp_http_json);
	assert_string_equal(c.otlp.url, "http://traces:1/in");
	assert_int_equal(c.otlp.n_headers, 1);
	assert_string_equal(c.otlp.headers[0].name, "c");
	assert_int_equal(c.otlp.timeout_ns, 2 * GT_NS_PER_MS);
	assert_false(c.otlp.is_gzip);
	assert_string_equal(c.otlp.ca_file, "/b");
	assert_int_equal(c.span_limits.attributes, 6);
	assert_int_equal(c.span_limits.value_length, 8);
	assert_int_equal(c.event_limits.attributes, 5);
	assert_int_equal(c.event_limits.value_length, 7);
	gt_config_free(&c);
}

static void test_config_ssl_cert_file_is_the_second_choice(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "SSL_CERT_FILE=/c");
	assert_string_equal(c.otlp.ca_file, "/c");
	gt_config_free(&c);
}

/* One bad value gives one warning with the variable, the value and the value used instead. */
static void test_config_each_bad_value_gives_one_warning(void **state)
{
	static const struct {
		const char *var;
		const char *shown;   /* in the warning */
		const char *instead; /* in the warning */
	} rows[] = {
		{ "OTEL_BSP_SCHEDULE_DELAY=5s", "\"5s\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=-1", "\"-1\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=+1", "\"+1\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=0x10", "\"0x10\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=1e3", "\"1e3\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=99999999999999999999", "\"99999999999999999999\"", "1000 is used" },
		{ "OTEL_BSP_SCHEDULE_DELAY=9223372036855", "\"9223372036855\"", "1000 is used" },
		{ "OTEL_BSP_EXPORT_TIMEOUT=1 000", "\"1 000\"", "30000 is used" },
		{ "OTEL_BSP_MAX_QUEUE_SIZE=0", "\"0\"", "2048 is used" },
		{ "OTEL_BSP_MAX_QUEUE_SIZE=2147483648", "\"2147483648\"", "2048 is used" },
		{ "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=0", "\"0\"", "512 is used" },
		{ "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=4096", "\"4096\"", "2048 is used" },
		{ "OTEL_EXPORTER_OTLP_TIMEOUT=ten", "\"ten\"", "10000 is used" },
		{ "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=ten", "\"ten\"", "10000 is used" },
		{ "OTEL_EXPORTER_OTLP_COMPRESSION=zstd", "\"zstd\"", "none is used" },
		{ "OTEL_EXPORTER_OTLP_PROTOCOL=http", "\"http\"", "http/protobuf is used" },
		{ "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpcs", "\"grpcs\"", "http/protobuf is used" },
		{ "OTEL_EXPORTER_OTLP_INSECURE=1", "\"1\"", "default for the host is used" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=te=geheim", "te cannot be overridden", "ignored" },
		{ "OTEL_EXPORTER_OTLP_ENDPOINT=ftp://c:21", "\"ftp://c:21\"", "nothing is sent" },
		{ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://", "\"http://\"", "nothing is sent" },
		{ "OTEL_EXPORTER_OTLP_ENDPOINT=http://u:geheim@c:x", "\"http://c:x\"", "nothing is sent" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=geheim", "item 1 has no `=`", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=ok=1,geheim x=2", "item 2 has no valid header name", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS==geheim", "item 1 has no valid header name", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=key=geheim%", "key has a `%`", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=key=geheim%4g", "key has a `%`", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=key=geheim%0d%0aX: y", "key has a control character", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=key=geheim%00", "key has a control character", "ignored" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=Content-Type=geheim", "Content-Type cannot be overridden", "ignored" },
		{ "OTEL_EXPORTER_OTLP_TRACES_HEADERS=host=geheim", "host cannot be overridden", "ignored" },
		{ "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=-5", "\"-5\"", "128 is used" },
		{ "OTEL_ATTRIBUTE_COUNT_LIMIT=many", "\"many\"", "128 is used" },
		{ "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT=x", "\"x\"", "128 is used" },
		{ "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT=-2", "\"-2\"", "no limit is used" },
		{ "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=-1", "\"-1\"", "no limit is used" },
		{ "OTEL_TRACES_EXPORTER=zipkin", "\"zipkin\"", "otlp is used" },
		{ "OTEL_TRACES_EXPORTER=file,jaeger", "\"jaeger\"", "ignored" },
		{ "OTEL_TRACES_EXPORTER=otlp/stdout,none", "\"otlp/stdout\"", "ignored" },
		{ "OTEL_TRACES_EXPORTER=none,file", "\"none,file\"", "the others are used" },
		{ "OTEL_PROPAGATORS=tracecontext,b3", "\"b3\"", "ignored" },
		{ "OTEL_PROPAGATORS=b3,none", "\"b3\"", "ignored" },
		{ "OTEL_PROPAGATORS=b3", "\"b3\"", "no trace context is sent; add tracecontext" },
		{ "OTEL_TRACES_SAMPLER=jaeger_remote", "\"jaeger_remote\"", "parentbased_always_on is used" },
		{ "TRACEPARENT=00-0-0-01", "\"00-0-0-01\"", "ignored" },
		{ "GENTAP_MEMORY_MAX=32M", "\"32M\"", "33554432 is used" },
		{ "GENTAP_BODY_MAX=-1", "\"-1\"", "16777216 is used" },
		{ "GENTAP_EXIT_TIMEOUT_MS=1s", "\"1s\"", "1000 is used" },
		{ "GENTAP_ENDPOINTS=llm.corp=openai,nothing", "\"nothing\"", "ignored" },
		{ "GENTAP_COMPAT=legacy,old", "\"old\"", "ignored" },
		{ "GENTAP_FOLLOW=parents", "\"parents\"", "ignored" },
		{ "GENTAP_PATCH=none", "\"none\"", "all" },
		{ "GENTAP_HTTP2=on", "\"on\"", "insert is used" },
		{ "GENTAP_LOG=loud", "\"loud\"", "the known words" },
		{ "OTEL_LOG_LEVEL=loud", "\"loud\"", "the known words" },
		{ "OTEL_SDK_DISABLED=yes", "\"yes\"", "false is used" },
		{ "OTEL_METRICS_EXPORTER=prometheus", "\"prometheus\"", "ignored" },
		{ "OTEL_METRIC_EXPORT_INTERVAL=1m", "\"1m\"", "60000 is used" },
		{ "OTEL_METRIC_EXPORT_TIMEOUT=x", "\"x\"", "30000 is used" },
		{ "OTEL_METRICS_EXEMPLAR_FILTER=some", "\"some\"", "trace_based is used" },
		{ "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=x", "\"x\"", "cumulative is used" },
		{ "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=x", "\"x\"", "explicit_bucket_histogram is used" },
		{ "OTEL_LOGS_EXPORTER=syslog", "\"syslog\"", "ignored" },
		{ "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=1", "\"1\"", "false is used" },
		{ "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=yes", "\"yes\"", "NO_CONTENT is used" },
		{ "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=ftp://m", "\"ftp://m\"", "nothing is sent" },
		{ "OTEL_CONFIG_FILE=/otel.yaml", "\"/otel.yaml\"", "the other variables are used" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const char *vars[] = { rows[i].var, NULL };
		struct gt_config c;
		struct gt_environment s;

		read_vars(&c, &s, vars);
		if (s.n_warnings != 1 || strncmp(s.warnings, rows[i].var, strcspn(rows[i].var, "=")) != 0 ||
		    !strstr(s.warnings, rows[i].shown) || !strstr(s.warnings, rows[i].instead) || strstr(s.warnings, "geheim"))
			fail_msg("%s: %s", rows[i].var, s.warnings);
		gt_config_free(&c);
	}
	gt_log_open(NULL, NULL);
}

/* Without certificates that can be verified, gentap sends nothing. */
static void test_config_a_file_for_tls_that_cannot_be_read_ends_the_export(void **state)
{
	static const char *const vars[] = {
		"OTEL_EXPORTER_OTLP_CERTIFICATE=/unreadable",
		"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE=/unreadable",
		"SSL_CERT_FILE=/unreadable",
		"OTEL_EXPORTER_OTLP_CLIENT_KEY=/unreadable",
		"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY=/unreadable",
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/unreadable",
		"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE=/unreadable",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(vars); i++) {
		for (int tls = 0; tls < 2; tls++) {
			const char *list[] = { vars[i],
					       tls ? "OTEL_EXPORTER_OTLP_ENDPOINT=https://c" :
						     "OTEL_EXPORTER_OTLP_ENDPOINT=http://c",
					       NULL };
			struct gt_config c;
			struct gt_environment s;

			read_vars(&c, &s, list);
			assert_int_equal(s.n_warnings, tls);
			assert_int_equal(c.to_otlp, !tls);
			if (tls &&
			    (strncmp(s.warnings, vars[i], strcspn(vars[i], "=")) || !strstr(s.warnings, "nothing is sent")))
				fail_msg("%s: %s", vars[i], s.warnings);
			gt_config_free(&c);
		}
	}
}

static void test_config_two_variables_that_clash_give_one_warning(void **state)
{
	static const struct {
		const char *vars[4];
		const char *warning; /* part of the warning */
	} rows[] = {
		{ { "OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=1.5" }, "OTEL_TRACES_SAMPLER_ARG: \"1.5\"" },
		{ { "OTEL_BSP_MAX_QUEUE_SIZE=100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=200" }, "100 is used" },
		{ { "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=x", "OTEL_EXPORTER_OTLP_TIMEOUT=5" },
		  "OTEL_EXPORTER_OTLP_TIMEOUT is used" },
		{ { "TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "TRACESTATE==" },
		  "TRACESTATE: \"=\"" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_config c;
		struct gt_environment s;

		read_vars(&c, &s, rows[i].vars);
		if (s.n_warnings != 1 || !strstr(s.warnings, rows[i].warning))
			fail_msg("%s: %s", rows[i].vars[0], s.warnings);
		gt_config_free(&c);
	}
}

static void test_config_bad_specific_value_falls_back_to_the_general_one(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=x", "OTEL_EXPORTER_OTLP_TIMEOUT=5");
	assert_int_equal(c.otlp.timeout_ns, 5 * GT_NS_PER_MS);
	gt_config_free(&c);
}

static void test_config_small_queue_makes_small_batches_without_a_word(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_BSP_MAX_QUEUE_SIZE=100");
	assert_string_equal(s.warnings, "");
	assert_int_equal(c.batch_max, 100);
	gt_config_free(&c);
}

static void test_config_warnings_are_short_and_printable(void **state)
{
	char value[2000] = "OTEL_BSP_SCHEDULE_DELAY=";
	const char *vars[] = { value, NULL };
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	memset(value + strlen(value), '\n', sizeof(value) - strlen(value) - 1);
	value[sizeof(value) - 2] = 'x';
	read_vars(&c, &s, vars);
	assert_int_equal(s.n_warnings, 1);
	assert_true(strlen(s.warnings) < 300);
	assert_int_equal(strcspn(s.warnings, "\n"), strlen(s.warnings) - 1);
	gt_config_free(&c);
}

static void test_config_unknown_variable_is_named(void **state)
{
	static const char *const vars[] = { NULL };
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	gt_environment_init(&s, vars);
	s.from.unknown = "GENTAP_EXCULDE";
	assert_int_equal(gt_config_read(&c, &s.from), 0);
	assert_int_equal(s.n_warnings, 1);
	assert_non_null(strstr(s.warnings, "GENTAP_EXCULDE"));
	gt_config_free(&c);
}

static void test_config_exporters(void **state)
{
	static const struct {
		const char *vars[4];
		bool otlp, file, console;
	} rows[] = {
		{ { "OTEL_TRACES_EXPORTER=none" }, false, false, false },
		{ { "OTEL_TRACES_EXPORTER=file" }, false, true, false },
		{ { "OTEL_TRACES_EXPORTER=zipkin" }, true, false, false },
		{ { "OTEL_TRACES_EXPORTER=,," }, true, false, false },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=" }, false, false, false },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT= " }, false, false, false },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_EXPORTER=otlp,console" }, false, false, true },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c" }, true, false, false },
		{ { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" }, true, false, false },
		{ { "GENTAP_RUN_ONLY=1", "GENTAP_RUN_FILE=/r" }, false, false, false },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" }, true, false, false },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_TRACES_EXPORTER=otlp" }, true, false, false },
		{ { "GENTAP_RUN_FILE=/r" }, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_config c;
		struct gt_environment s;

		read_vars(&c, &s, rows[i].vars);
		if (c.to_otlp != rows[i].otlp || c.to_file != rows[i].file || c.to_console != rows[i].console)
			fail_msg("%s: %d %d %d", rows[i].vars[0], c.to_otlp, c.to_file, c.to_console);
		gt_config_free(&c);
	}
}

static void test_config_naming(void **state)
{
	static const struct {
		const char *vars[4];
		enum gt_generation generation;
		unsigned compat;
	} rows[] = {
		{ { "GENTAP_COMPAT=legacy" }, GT_N2, GT_COMPAT_LEGACY },
		{ { "GENTAP_COMPAT= LLM , legacy" }, GT_N2, GT_COMPAT_LEGACY | GT_COMPAT_LLM },
		{ { "GENTAP_COMPAT=modalities,llm" }, GT_N2, GT_COMPAT_MODALITIES | GT_COMPAT_LLM },
		{ { "GENTAP_COMPAT=none" }, GT_N2, 0 },
		{ { "OTEL_SEMCONV_STABILITY_OPT_IN=http/dup, gen_ai_latest_experimental" }, GT_N3, 0 },
		{ { "OTEL_SEMCONV_STABILITY_OPT_IN=database" }, GT_N2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_config c;
		struct gt_environment s;

		read_vars(&c, &s, rows[i].vars);
		assert_string_equal(s.warnings, "");
		assert_int_equal(c.naming.generation, rows[i].generation);
		assert_int_equal(c.naming.compat, rows[i].compat);
		gt_config_free(&c);
	}
}

static void test_config_headers_are_decoded_and_the_later_wins(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_EXPORTER_OTLP_HEADERS= Authorization = Basic%20YWJj== ,x-a=1,,X-A=2=3,empty=,");
	assert_string_equal(s.warnings, "");
	assert_int_equal(c.otlp.n_headers, 3);
	assert_string_equal(c.otlp.headers[0].name, "Authorization");
	assert_string_equal(c.otlp.headers[0].value, "Basic YWJj==");
	assert_string_equal(c.otlp.headers[1].value, "2=3");
	assert_string_equal(c.otlp.headers[2].name, "empty");
	assert_string_equal(c.otlp.headers[2].value, "");
	gt_config_free(&c);
}

static void test_config_too_many_headers_are_left_out(void **state)
{
	char list[1024] = "OTEL_EXPORTER_OTLP_HEADERS=";
	const char *vars[] = { list, NULL };
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	for (int i = 0; i < 66; i++)
		sprintf(list + strlen(list), "h%d=v,", i);
	read_vars(&c, &s, vars);
	assert_int_equal(c.otlp.n_headers, 64);
	assert_int_equal(s.n_warnings, 2);
	gt_config_free(&c);
}

static void test_config_endpoint_becomes_url(void **state)
{
	static const struct {
		const char *value;
		bool is_base;
		const char *url; /* NULL: rejected */
	} rows[] = {
		{ "http://c:4318", true, "http://c:4318/v1/traces" },
		{ "http://c:4318/", true, "http://c:4318/v1/traces" },
		{ "http://c:4318/mine", true, "http://c:4318/mine/v1/traces" },
		{ "http://c:4318/mine//", true, "http://c:4318/mine/v1/traces" },
		{ "http://c:4318/v1/traces", true, "http://c:4318/v1/traces" },
		{ "http://c:4318/mine/v1/traces/", true, "http://c:4318/mine/v1/traces" },
		{ "http://c:4318", false, "http://c:4318/" },
		{ "https://h.example/v1/traces/", false, "https://h.example/v1/traces/" },
		{ "http://c:4318/in", false, "http://c:4318/in" },
		{ "HTTPS://C", true, "HTTPS://C/v1/traces" },
		{ " http://c ", true, "http://c/v1/traces" },
		{ "https://c/otlp?token=x", true, "https://c/otlp/v1/traces?token=x" },
		{ "https://c?token=x", false, "https://c/?token=x" },
		{ "http://c/a#b", true, "http://c/a/v1/traces" },
		{ "http://u:p@c:1/a", true, "http://u:p@c:1/a/v1/traces" },
		{ "collector:4318", true, "https://collector:4318/v1/traces" },
		{ "collector", true, "https://collector/v1/traces" },
		{ "collector:4318/in", false, "https://collector:4318/in" },
		{ "localhost:4318", true, "http://localhost:4318/v1/traces" },
		{ "LocalHost:4318", true, "http://LocalHost:4318/v1/traces" },
		{ "127.0.0.1:4318", true, "http://127.0.0.1:4318/v1/traces" },
		{ "127.1.2.3", true, "http://127.1.2.3/v1/traces" },
		{ "127.0.0.1.evil.example:4318", true, "https://127.0.0.1.evil.example:4318/v1/traces" },
		{ "localhost.evil.example", true, "https://localhost.evil.example/v1/traces" },
		{ "[::1]:4318", true, "http://[::1]:4318/v1/traces" },
		{ "[2001:db8::1]:4318", true, "https://[2001:db8::1]:4318/v1/traces" },
		{ "u:p@localhost:1", true, "http://u:p@localhost:1/v1/traces" },
		{ "collector:4318/a?u=http://x", false, "https://collector:4318/a?u=http://x" },
		{ "", true, NULL },
		{ "ftp://c", true, NULL },
		{ "unix:///run/otel.sock", true, NULL },
		{ "http://", true, NULL },
		{ "http://:4318", true, NULL },
		{ "http:///path", true, NULL },
		{ "http://c:0", true, NULL },
		{ "http://c:65536", true, NULL },
		{ "http://c:", true, NULL },
		{ "http://c:43x8", true, NULL },
		{ "http://[::1", true, NULL },
		{ "http://[]:1", true, NULL },
		{ "http://[::1]x", true, NULL },
		{ "http://a b", true, NULL },
		{ "http://a\nb", true, NULL },
		{ "http://h\xc3\xa4", true, NULL },
		{ "://c", true, NULL },
		{ "/v1/traces", true, NULL },
		{ "::1", true, NULL },
	};
	struct gt_arena a;

	(void)state;
	gt_arena_init(&a, 0);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const char *url = NULL;
		struct gt_otlp_place place = { .kind = rows[i].is_base ? GT_ENDPOINT_BASE : GT_ENDPOINT_EXACT,
					       .path = "/v1/traces" };
		int ret = gt_otlp_endpoint(&a, gt_str_of(rows[i].value), &place, &url);

		if ((ret == 0) != (rows[i].url != NULL) || (ret == 0 && strcmp(url, rows[i].url) != 0))
			fail_msg("\"%s\" gives %d %s", rows[i].value, ret, url ? url : "");
	}
	gt_arena_free(&a);
}

static void test_config_grpc_endpoints_have_the_method_for_a_path(void **state)
{
#define METHOD "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	static const struct {
		const char *vars[4];
		const char *url;
	} rows[] = {
		{ { NULL }, "http://localhost:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317" }, "http://c:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" }, "http://c:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://[2001:db8::1]/" }, "http://[2001:db8::1]:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=https://c" }, "https://c" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=https://c:443/v1/traces?x=y" }, "https://c:443" METHOD },
		{ { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1/a", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" },
		  "http://t:1" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=c:4317" }, "https://c:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317" }, "http://localhost:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=c:4317", "OTEL_EXPORTER_OTLP_INSECURE=TRUE" }, "http://c:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=c", "OTEL_EXPORTER_OTLP_INSECURE=true" }, "http://c:4317" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=localhost:1", "OTEL_EXPORTER_OTLP_INSECURE=false" },
		  "https://localhost:1" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=https://c:1", "OTEL_EXPORTER_OTLP_INSECURE=true" }, "https://c:1" METHOD },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=c:1", "OTEL_EXPORTER_OTLP_TRACES_INSECURE=true",
		    "OTEL_EXPORTER_OTLP_INSECURE=false" },
		  "http://c:1" METHOD },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const char *vars[6] = { "OTEL_EXPORTER_OTLP_PROTOCOL=grpc" };
		struct gt_config c;
		struct gt_environment s;

		memcpy(vars + 1, rows[i].vars, sizeof(rows[i].vars));
		read_vars(&c, &s, vars);
		assert_string_equal(s.warnings, "");
		assert_ptr_equal(c.otlp.protocol, &gt_otlp_grpc);
		assert_string_equal(c.otlp.url, rows[i].url);
		gt_config_free(&c);
	}
}

static void test_config_metrics_go_where_an_endpoint_is_named(void **state)
{
	static const struct {
		const char *vars[5];
		bool otlp, console;
		const char *url;
	} rows[] = {
		{ { NULL }, false, false, NULL },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1/b" }, true, false, "http://c:1/b/v1/metrics" },
		{ { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1" }, false, false, NULL },
		{ { "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://m:1/in", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" },
		  true,
		  false,
		  "http://m:1/in" },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "OTEL_METRICS_EXPORTER=none" }, false, false, NULL },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "OTEL_METRICS_EXPORTER=console" }, false, true, NULL },
		{ { "OTEL_METRICS_EXPORTER=console,OTLP" }, true, true, "http://localhost:4318/v1/metrics" },
		{ { "OTEL_METRICS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc" },
		  true,
		  false,
		  "http://localhost:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" },
		{ { "GENTAP_RUN_ONLY=1", "GENTAP_RUN_FILE=/f" }, false, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_config c;
		struct gt_environment s;

		read_vars(&c, &s, rows[i].vars);
		assert_string_equal(s.warnings, "");
		assert_int_equal(c.signals.metrics.to_otlp, rows[i].otlp);
		assert_int_equal(c.signals.metrics.to_console, rows[i].console);
		if (rows[i].url)
			assert_string_equal(c.signals.metrics.otlp.url, rows[i].url);
		assert_false(c.signals.logs.to_otlp || c.signals.logs.to_console);
		gt_config_free(&c);
	}
}

static void test_config_metrics_have_variables_of_their_own(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "OTEL_EXPORTER_OTLP_HEADERS=a=1",
	     "OTEL_EXPORTER_OTLP_METRICS_HEADERS=b=2", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT=5",
	     "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION=gzip", "OTEL_METRIC_EXPORT_INTERVAL=250", "OTEL_METRIC_EXPORT_TIMEOUT=7",
	     "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=LowMemory", "OTEL_METRICS_EXEMPLAR_FILTER=always_off",
	     "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram",
	     "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=true");
	assert_string_equal(s.warnings, "");
	assert_string_equal(c.otlp.headers[0].name, "a");
	assert_string_equal(c.signals.metrics.otlp.headers[0].name, "b");
	assert_int_equal(c.signals.metrics.otlp.timeout_ns, 5 * GT_NS_PER_MS);
	assert_true(c.signals.metrics.otlp.is_gzip && !c.otlp.is_gzip);
	assert_int_equal(c.signals.metric_interval_ns, 250 * GT_NS_PER_MS);
	assert_int_equal(c.signals.metrics.export_timeout_ns, 7 * GT_NS_PER_MS);
	assert_int_equal(c.signals.metrics_form.temporality, GT_DELTA);
	assert_true(c.signals.metrics_form.is_exponential);
	assert_int_equal(c.signals.metrics_form.exemplars, GT_EXEMPLARS_ALWAYS_OFF);
	assert_true(c.signals.logs.to_otlp);
	assert_string_equal(c.signals.logs.otlp.url, "http://c:1/v1/logs");
	assert_string_equal(c.signals.logs.otlp.headers[0].name, "a");
	gt_config_free(&c);
}

static void test_config_url_is_shown_without_secrets(void **state)
{
	static const char *const rows[][2] = {
		{ "https://u:p@c:1/v1/traces?key=x", "https://c:1/v1/traces" },
		{ "http://c", "http://c" },
		{ "u:p@x@c/d", "c/d" },
		{ "", "" },
	};
	char out[64], small[5];

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_url_show(gt_str_of(rows[i][0]), out, sizeof(out));
		assert_string_equal(out, rows[i][1]);
	}
	gt_url_show(GT_STR("http://c/d"), small, sizeof(small));
	assert_string_equal(small, "http");
}

static void test_config_content_is_captured_only_when_asked_for(void **state)
{
	static const struct {
		const char *mode, *emit;
		unsigned to;
		bool events;
	} rows[] = {
		{ "", "", 0, false },
		{ "NO_CONTENT", "", 0, false },
		{ "false", "", 0, false },
		{ "nonsense", "", 0, false },
		{ "true", "", GT_CONTENT_TO_SPAN, false },
		{ "span_only", "", GT_CONTENT_TO_SPAN, false },
		{ "EVENT_ONLY", "", GT_CONTENT_TO_EVENT, true },
		{ "SPAN_AND_EVENT", "", GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT, true },
		{ "SPAN_AND_EVENT", "false", GT_CONTENT_TO_SPAN, false }, /* no content for events that are not exported */
		{ "EVENT_ONLY", "False", 0, false },
		{ "true", "true", GT_CONTENT_TO_SPAN, true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char mode[100], emit[100];
		const char *vars[] = { mode, emit, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", NULL };
		struct gt_config c;
		struct gt_environment s;

		snprintf(mode, sizeof(mode), "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=%s", rows[i].mode);
		snprintf(emit, sizeof(emit), "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=%s", rows[i].emit);
		read_vars(&c, &s, vars);
		assert_int_equal(s.n_warnings, !strcmp(rows[i].mode, "nonsense"));
		assert_int_equal(c.capture.to, rows[i].to);
		assert_int_equal(c.signals.logs.to_otlp, rows[i].events);
		gt_config_free(&c);
	}
}

#define CAPTURE "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"

static void test_config_of_content_has_safe_defaults_and_tells_what_it_cannot_use(void **state)
{
	struct gt_config c;
	struct gt_environment s;

	(void)state;
	READ(&c, &s, CAPTURE);
	assert_int_equal(c.capture.attribute_max, 65536);
	assert_int_equal(c.capture.span_max, 262144);
	assert_int_equal(c.capture.redact.classes, GT_SECRET_ALL);
	assert_false(c.capture.has_whole_tools);
	gt_config_free(&c);
	READ(&c, &s, CAPTURE, "GENTAP_CONTENT_MAX=2000", "GENTAP_CONTENT_SPAN_MAX=3000", "GENTAP_CONTENT_TOOLS=full",
	     "GENTAP_REDACT=card,/x+/");
	assert_string_equal(s.warnings, "");
	assert_int_equal(c.capture.attribute_max, 2000);
	assert_int_equal(c.capture.span_max, 3000);
	assert_int_equal(c.capture.redact.classes, 1u << GT_SECRET_CARD);
	assert_int_equal(c.capture.redact.n, 1);
	assert_true(c.capture.has_whole_tools);
	gt_config_free(&c);
	/* the item itself may be a secret */
	READ(&c, &s, CAPTURE, "GENTAP_CONTENT_MAX=1", "GENTAP_REDACT=card,/hunter2(/");
	assert_int_equal(s.n_warnings, 2);
	assert_non_null(strstr(s.warnings, "GENTAP_CONTENT_MAX: \"1\""));
	assert_non_null(strstr(s.warnings, "GENTAP_REDACT"));
	assert_non_null(strstr(s.warnings, "number 2 is not a POSIX extended regular expression"));
	assert_null(strstr(s.warnings, "hunter2"));
	assert_int_equal(c.capture.attribute_max, 65536);
	gt_config_free(&c);
	/* error messages are redacted whether content is captured or not; settings of content give no warning then */
	READ(&c, &s, "GENTAP_REDACT=card,/x+/", "GENTAP_CONTENT_MAX=1");
	assert_string_equal(s.warnings, "");
	assert_int_equal(c.capture.redact.classes, 1u << GT_SECRET_CARD);
	assert_int_equal(c.capture.redact.n, 1);
	gt_config_free(&c);
	READ(&c, &s, "GENTAP_REDACT=/(/");
	assert_int_equal(s.n_warnings, 1);
	gt_config_free(&c);
}

static void test_config_survives_every_failed_allocation(void **state)
{
	static const char *const vars[] = { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/a",
					    "OTEL_EXPORTER_OTLP_HEADERS=a=1,b=%20",
					    "OTEL_EXPORTER_OTLP_CERTIFICATE=/a",
					    "OTEL_EXPORTER_OTLP_CLIENT_KEY=/b",
					    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/c",
					    "GENTAP_FILE=%p",
					    "GENTAP_RUN_FILE=/r",
					    NULL };
	struct gt_config c;
	struct gt_environment s;
	int ret = 0, n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		gt_environment_init(&s, vars);
		ret = gt_config_read(&c, &s.from);
		gt_config_free(&c);
	}
	gt_fail_none();
	assert_int_equal(ret, 0);
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_config_content_is_captured_only_when_asked_for),
		GT_TEST(test_config_of_content_has_safe_defaults_and_tells_what_it_cannot_use),
		GT_TEST(test_config_defaults_are_those_of_the_specification),
		GT_TEST(test_config_empty_and_blank_values_count_as_unset),
		GT_TEST(test_config_good_values_are_taken),
		GT_TEST(test_config_specific_variables_replace_general_ones),
		GT_TEST(test_config_ssl_cert_file_is_the_second_choice),
		GT_TEST(test_config_each_bad_value_gives_one_warning),
		GT_TEST(test_config_a_file_for_tls_that_cannot_be_read_ends_the_export),
		GT_TEST(test_config_two_variables_that_clash_give_one_warning),
		GT_TEST(test_config_bad_specific_value_falls_back_to_the_general_one),
		GT_TEST(test_config_small_queue_makes_small_batches_without_a_word),
		GT_TEST(test_config_warnings_are_short_and_printable),
		GT_TEST(test_config_unknown_variable_is_named),
		GT_TEST(test_config_exporters),
		GT_TEST(test_config_naming),
		GT_TEST(test_config_headers_are_decoded_and_the_later_wins),
		GT_TEST(test_config_too_many_headers_are_left_out),
		GT_TEST(test_config_endpoint_becomes_url),
		GT_TEST(test_config_grpc_endpoints_have_the_method_for_a_path),
		GT_TEST(test_config_metrics_go_where_an_endpoint_is_named),
		GT_TEST(test_config_metrics_have_variables_of_their_own),
		GT_TEST(test_config_url_is_shown_without_secrets),
		GT_TEST(test_config_survives_every_failed_allocation),
	};

	return GT_TESTS(tests);
}
