#include "support/fail_nth.h"
#include "support/otlp_export.h"
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <zlib.h>

#include "exporter/otlp/otlp_protocol.h"
#include "shim/shared/clock.h"
#include "version.h"

/* ---------------------------------------------------------------- requests */

static void test_sink_http_posts_a_batch(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	assert_false(gt_export.sink->ops->is_busy(gt_export.sink));
	gt_export_write();
	assert_true(gt_export.sink->ops->is_busy(gt_export.sink));
	gt_export_drain();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
	assert_int_equal(gt_export.sink->dropped, 0);
	assert_int_equal(strncmp(gt_collector.last, "POST /v1/traces HTTP/1.1\r\n", 26), 0);
	assert_string_equal(gt_collector_header("Content-Type"), "application/x-protobuf");
	assert_string_equal(gt_collector_header("User-Agent"),
			    "gentap/" GENTAP_VERSION " OTel-OTLP-Exporter-C/" GENTAP_VERSION);
	assert_null(gt_collector_header("Expect"));
	assert_null(gt_collector_header("Content-Encoding"));
	assert_int_equal(gt_collector.last[gt_collector.last_head], 0x0a); /* field 1, a message */
	gt_export_assert_logged(0, NULL);
}

static void test_sink_http_sends_the_users_headers(void **state)
{
	static const struct gt_header headers[] = { { "Authorization", "Basic abc==" }, { "x-empty", "" } };

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.otlp.headers = headers;
	gt_export.config.otlp.n_headers = 2;
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_string_equal(gt_collector_header("Authorization"), "Basic abc==");
	assert_string_equal(gt_collector_header("x-empty"), "");
}

static void test_sink_http_compresses_when_asked(void **state)
{
	uint8_t plain[4096];
	z_stream z = { .next_out = plain, .avail_out = sizeof(plain) };

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.otlp.is_gzip = true;
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_string_equal(gt_collector_header("Content-Encoding"), "gzip");
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (uint8_t *)gt_collector.last + gt_collector.last_head;
	z.avail_in = (uInt)(gt_collector.last_len - gt_collector.last_head);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
	assert_int_equal(plain[0], 0x0a);
	assert_non_null(memmem(plain, sizeof(plain) - z.avail_out, "chat model", 10));
}

static void test_sink_http_posts_json_when_asked(void **state)
{
	(void)state;
	COLLECTOR_START({ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"
			  "{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"quota\"}}" });
	gt_export.config.otlp.protocol = &gt_otlp_http_json;
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_string_equal(gt_collector_header("Content-Type"), "application/json");
	assert_int_equal(strncmp(gt_collector.last + gt_collector.last_head, "{\"resourceSpans\":", 17), 0);
	assert_int_equal(gt_collector.last[gt_collector.last_len - 1], '}');
	assert_int_equal(gt_export.sink->sent, 1);
	gt_export_assert_logged(1, "rejected: quota");
}

static void test_sink_http_json_that_is_not_taken_hints_at_protobuf(void **state)
{
	static const struct {
		const struct gt_otlp_protocol *protocol;
		const char *log;
	} rows[] = {
		{ &gt_otlp_http_json, "HTTP status 415; OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf may work" },
		{ &gt_otlp_http_protobuf, "HTTP status 415" },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		COLLECTOR_START({ COLLECTOR_STATUS("415 Unsupported Media Type") });
		gt_export.config.otlp.protocol = rows[i].protocol;
		gt_export_open();
		gt_export_send();
		gt_collector_stop();
		assert_int_equal(gt_export.sink->dropped, 3);
		gt_export_assert_logged(1, rows[i].log);
		gt_export_tear_down(state);
		gt_export_set_up(state);
	}
}

static void test_sink_http_keeps_its_connection(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	for (int i = 0; i < 5; i++) {
		gt_export_send();
	}
	gt_export_write();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_collector.requests, 7);
	assert_int_equal(gt_collector.connections, 1);
	assert_int_equal(gt_export.sink->sent, 21);
}

static void test_sink_http_socket_is_closed_on_exec(void **state)
{
	int inherited = 0;
	struct dirent *e;
	DIR *d;

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	d = opendir("/proc/self/fd");
	while ((e = readdir(d))) {
		int fd = atoi(e->d_name), type;
		socklen_t len = sizeof(type);

		if (e->d_name[0] != '.' && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
			inherited += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	closedir(d);
	gt_collector_stop();
	assert_int_equal(inherited, 0);
}

static void test_sink_http_without_spans_sends_nothing(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	gt_export.sample.view.n = 0;
	gt_export_write();
	assert_false(gt_export.sink->ops->is_busy(gt_export.sink));
	gt_collector_stop();
	assert_int_equal(gt_collector.connections, 0);
}

/* ---------------------------------------------------------------- answers */

static void test_sink_http_answers_that_end_the_matter(void **state)
{
	static const struct {
		struct gt_collector_answer answer;
		uint64_t sent, dropped;
		const char *log; /* NULL: nothing is logged */
	} rows[] = {
		{ { COLLECTOR_STATUS("202 Accepted") }, 3, 0, NULL },
		{ { "HTTP/1.1 204 No Content\r\n\r\n" }, 3, 0, NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" }, 3, 0, NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 6\r\n\r\n<html>" },
		  3,
		  0,
		  NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut off", .closes = true }, 3, 0, NULL },
		{ { COLLECTOR_STATUS("400 Bad Request") }, 0, 3, "HTTP status 400" },
		{ { COLLECTOR_STATUS("401 Unauthorized") }, 0, 3, "HTTP status 401" },
		{ { "HTTP/1.1 404 Not Found\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" }, 0, 3, "HTTP status 404" },
		{ { COLLECTOR_STATUS("500 Internal Server Error") }, 0, 3, "HTTP status 500" },
		{ { "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" },
		  0,
		  3,
		  "HTTP status 307" },
		{ { "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-protobuf\r\nContent-Length: 18\r\n\r\n"
		    "\x08\x03\x12\x0e"
		    "no such tenant" },
		  0,
		  3,
		  "HTTP status 400, no such tenant" },
		{ { "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 30\r\n\r\n"
		    "{\"code\":7,\"message\":\"bad key\"}" },
		  0,
		  3,
		  "HTTP status 403, bad key" },
		{ { "this is no HTTP\r\n\r\n", .closes = true }, 0, 3, "HTTP/0.9" },
		{ { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 11\r\n\r\n"
		    "\x0a\x09\x08\x02\x12\x05"
		    "quota" },
		  1,
		  2,
		  "rejected: quota" },
		{ { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 4\r\n\r\n"
		    "\x0a\x02\x08\x63" },
		  0,
		  3,
		  "rejected" },
		{ { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\n"
		    "\x0a\x07\x12\x05"
		    "slow!" },
		  3,
		  0,
		  "/v1/traces: slow!" },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_collector_start(&rows[i].answer, 1);
		gt_export_open();
		gt_export_send();
		gt_collector_stop();
		if (gt_export.sink->sent != rows[i].sent || gt_export.sink->dropped != rows[i].dropped ||
		    gt_collector.requests != 1)
			fail_msg("row %d: %d sent, %d dropped, %d requests", (int)i, (int)gt_export.sink->sent,
				 (int)gt_export.sink->dropped, gt_collector.requests);
		gt_export_assert_logged(rows[i].log ? 1 : 0, rows[i].log);
		gt_export_tear_down(state);
		gt_export_set_up(state);
	}
}

static void test_sink_http_endless_answer_is_cut_at_its_cap(void **state)
{
	static char long_answer[6u << 20];
	static struct gt_collector_answer script[] = { { long_answer, sizeof(long_answer), true } };

	(void)state;
	memset(long_answer, 'x', sizeof(long_answer));
	memcpy(long_answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	gt_collector_start(script, 1);
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->dropped, 3);
	gt_export_assert_logged(1, "longer than 4 MiB");
}

static void test_sink_http_tells_of_losses_once_until_a_success(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_STATUS("400 Bad Request") }, { COLLECTOR_STATUS("403 Forbidden") }, { COLLECTOR_OK },
			{ COLLECTOR_STATUS("401 Unauthorized") }, { COLLECTOR_STATUS("400 Bad Request") });
	gt_export_open();
	for (int i = 0; i < 5; i++) {
		gt_export_send();
	}
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
	assert_int_equal(gt_export.sink->dropped, 12);
	gt_export_assert_logged(2, "HTTP status 401");
}

/* ---------------------------------------------------------------- bounds */

static void test_sink_http_full_queue_drops_the_newest(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.queue_max = 7;
	gt_export_open();
	gt_export_write();
	gt_export_write();
	gt_export_write(); /* would be 9 */
	assert_int_equal(gt_export.sink->dropped, 3);
	gt_export_assert_logged(1, "the queue is full");
	gt_export_drain();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 6);
}

static void test_sink_http_batch_larger_than_the_queue_goes_alone(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.queue_max = 2;
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
}

static void test_sink_http_unreadable_certificate_is_refused_with_one_error(void **state)
{
	static const struct {
		const char *ca, *certificate, *key;
	} rows[] = {
		{ "/nonexistent/ca.pem", NULL, NULL },
		{ "/", NULL, NULL },
		{ "/proc/self/status", "/nonexistent/cert.pem", NULL },
		{ "/proc/self/status", "/proc/self/status", "/nonexistent/key.pem" },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_export.config.otlp = (struct gt_otlp_config){ .protocol = &gt_otlp_http_protobuf,
								 .url = "https://127.0.0.1:1/",
								 .ca_file = rows[i].ca,
								 .client_certificate = rows[i].certificate,
								 .client_key = rows[i].key };
		assert_null(gt_sink_http_open(&gt_export.config, GT_TRACES));
		gt_export_assert_logged(1, "cannot be read");
		gt_export_tear_down(state);
		gt_export_set_up(state);
	}
}

static void test_sink_http_certificates_do_not_matter_without_tls(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.otlp.ca_file = "/nonexistent/ca.pem";
	gt_export_open();
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 3);
}

static void test_sink_http_useless_ca_file_is_a_loss_and_not_plaintext(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	snprintf(gt_export.url, sizeof(gt_export.url), "https://127.0.0.1:%u/v1/traces", gt_collector.port);
	gt_export.config.otlp.ca_file = "/proc/self/status"; /* readable, but without a certificate */
	gt_export.sink = gt_sink_http_open(&gt_export.config, GT_TRACES);
	assert_non_null(gt_export.sink);
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->dropped, 3);
	assert_int_equal(gt_collector.requests, 0);
}

static void test_sink_http_tells_no_secret_of_the_url(void **state)
{
	int lines;

	(void)state;
	COLLECTOR_START({ COLLECTOR_STATUS("400 Bad Request") });
	gt_export_open();
	gt_export.sink->ops->close(gt_export.sink);
	snprintf(gt_export.url, sizeof(gt_export.url), "http://ann:geheim@127.0.0.1:%u/v1/traces?key=geheim",
		 gt_collector.port);
	gt_export.sink = gt_sink_http_open(&gt_export.config, GT_TRACES);
	gt_export_send();
	gt_collector_stop();
	gt_export_assert_logged(1, "http://127.0.0.1:");
	assert_null(strstr(gt_export_log(&lines), "geheim"));
}

static void test_sink_http_survives_every_failed_allocation(void **state)
{
	int n;

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.otlp.timeout_ns = 50 * GT_NS_PER_MS; /* shorter than the first pause, so no batch is sent twice */
	gt_export.config.otlp.is_gzip = true;
	gt_export_set_url();
	for (n = 1; gt_fail_nth(n); n++) {
		struct gt_sink *own = gt_sink_http_open(&gt_export.config, GT_TRACES);

		if (!own)
			continue;
		own->ops->write(own, &gt_export.sample.view);
		while (own->ops->is_busy(own))
			own->ops->poll(own, 10 * GT_NS_PER_MS);
		if (own->sent + own->dropped != 3)
			break;
		own->ops->close(own);
	}
	gt_fail_none();
	gt_collector_stop();
	assert_true(n > 20);
	gt_export_open();
	assert_int_equal(gt_export.sink->dropped, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_export_set_up, gt_export_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_sink_http_posts_a_batch),
		T(test_sink_http_sends_the_users_headers),
		T(test_sink_http_compresses_when_asked),
		T(test_sink_http_posts_json_when_asked),
		T(test_sink_http_json_that_is_not_taken_hints_at_protobuf),
		T(test_sink_http_keeps_its_connection),
		T(test_sink_http_socket_is_closed_on_exec),
		T(test_sink_http_without_spans_sends_nothing),
		T(test_sink_http_answers_that_end_the_matter),
		T(test_sink_http_endless_answer_is_cut_at_its_cap),
		T(test_sink_http_tells_of_losses_once_until_a_success),
		T(test_sink_http_full_queue_drops_the_newest),
		T(test_sink_http_batch_larger_than_the_queue_goes_alone),
		T(test_sink_http_unreadable_certificate_is_refused_with_one_error),
		T(test_sink_http_certificates_do_not_matter_without_tls),
		T(test_sink_http_useless_ca_file_is_a_loss_and_not_plaintext),
		T(test_sink_http_tells_no_secret_of_the_url),
		T(test_sink_http_survives_every_failed_allocation),
	};

	return GT_TESTS(tests);
}
