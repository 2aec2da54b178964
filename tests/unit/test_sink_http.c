#include "support/fail_nth.h"
#include "support/in_child.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include "exporter/config/config.h"
#include "exporter/otlp/otlp_protocol.h"
#include "exporter/transfer/own_sockets.h"
#include "exporter/transfer/proxy.h"
#include "shim/shared/clock.h"
#include "shim/shared/log.h"

#define OK	    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
#define STATUS(x)   "HTTP/1.1 " x "\r\nContent-Length: 0\r\n\r\n"
#define REQUEST_MAX 65536

/* ---------------------------------------------------------------- a collector */

/*
 * One thread that answers requests with a script, in order; the last answer is for all further ones. It allocates nothing, so
 * that failing allocations are the sink's.
 */
struct answer {
	const char *text; /* NULL: never answers */
	size_t len;	  /* 0: strlen */
	bool closes;
};

static struct collector {
	int listener;
	uint16_t port;
	pthread_t thread;
	const struct answer *script;
	int n;
	_Atomic int requests, connections;
	_Atomic bool stops;
	char last[REQUEST_MAX]; /* head and body */
	size_t last_len, last_head;
} collector;

static bool wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!collector.stops)
		if (poll(&p, 1, 5) > 0)
			return true;
	return false;
}

/* Reads one request into `last`; false at the end of the connection. */
static bool read_request(int fd)
{
	struct collector *c = &collector;
	size_t len = 0, want = SIZE_MAX;

	while (len < want) {
		char *end, *field;
		ssize_t n;

		if (!wait_readable(fd) || len == sizeof(c->last) - 1)
			return false;
		n = read(fd, c->last + len, sizeof(c->last) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		c->last[len] = 0;
		end = strstr(c->last, "\r\n\r\n");
		if (!end || want != SIZE_MAX)
			continue;
		field = strcasestr(c->last, "\r\nContent-Length:");
		c->last_head = (size_t)(end - c->last) + 4;
		want = c->last_head + (field ? strtoul(field + 17, NULL, 10) : 0);
	}
	c->last_len = len;
	return true;
}

static void serve(int fd)
{
	struct collector *c = &collector;

	while (read_request(fd)) {
		int i = c->requests < c->n ? c->requests : c->n - 1;
		const struct answer *a = &c->script[i];
		size_t len = a->text && !a->len ? strlen(a->text) : a->len;

		c->requests++;
		for (size_t done = 0; a->text && done < len;) {
			ssize_t n = send(fd, a->text + done, len - done, MSG_NOSIGNAL);

			if (n <= 0)
				return;
			done += (size_t)n;
		}
		while (!a->text && !c->stops)
			poll(NULL, 0, 5);
		if (a->closes)
			return;
	}
}

static void *collector_main(void *unused)
{
	while (wait_readable(collector.listener)) {
		int fd = accept4(collector.listener, NULL, NULL, SOCK_CLOEXEC);

		collector.connections++;
		serve(fd);
		close(fd);
	}
	return unused;
}

static void listen_somewhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	collector.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(collector.listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(collector.listener, 16), 0);
	assert_int_equal(getsockname(collector.listener, (struct sockaddr *)&a, &len), 0);
	collector.port = ntohs(a.sin_port);
}

static void collector_start(const struct answer *script, int n)
{
	collector.script = script;
	collector.n = n;
	collector.requests = collector.connections = 0;
	collector.stops = false;
	collector.last_len = 0;
	listen_somewhere();
	assert_int_equal(pthread_create(&collector.thread, NULL, collector_main, NULL), 0);
}

static void collector_stop(void)
{
	collector.stops = true;
	pthread_join(collector.thread, NULL);
	close(collector.listener);
}

#define START(...)                                                      \
	do {                                                            \
		static const struct answer script_[] = { __VA_ARGS__ }; \
		collector_start(script_, (int)GT_ROWS(script_));        \
	} while (0)

/* The value of a field of the last request, or NULL. In a buffer of its own. */
static const char *header(const char *name)
{
	static char value[512];
	char head[REQUEST_MAX], want[64], *at;

	memcpy(head, collector.last, collector.last_head);
	head[collector.last_head] = 0;
	snprintf(want, sizeof(want), "\r\n%s:", name);
	at = strcasestr(head, want);
	if (!at)
		return NULL;
	at += strlen(want);
	at += strspn(at, " ");
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

/* ---------------------------------------------------------------- a sink */

static char url[128], log_file[64];
static struct gt_config config;
static struct gt_sample sample;
static struct gt_sink *sink;

static int setup(void **state)
{
	(void)state;
	strcpy(log_file, "/tmp/gentap-test-XXXXXX");
	close(mkstemp(log_file));
	gt_log_open("warn:sink", log_file);
	config =
		(struct gt_config){ .queue_max = 100,
				    .otlp = { .protocol = &gt_otlp_http_protobuf, .url = url, .timeout_ns = 5 * GT_NS_PER_S } };
	gt_sample_init(&sample, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (sink)
		sink->ops->close(sink);
	sink = NULL;
	gt_sample_free(&sample);
	gt_log_open(NULL, NULL);
	unlink(log_file);
	return 0;
}

static void open_sink(void)
{
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/traces", collector.port);
	sink = gt_sink_http_open(&config, GT_TRACES);
	assert_non_null(sink);
}

static void write_batch(void)
{
	sink->ops->write(sink, &sample.view);
}

/* Polls until nothing is queued; fails the test after 8 s. */
static void drain(void)
{
	int64_t end = gt_mono_now().ns + 8 * GT_NS_PER_S;

	while (sink->ops->is_busy(sink)) {
		assert_true(gt_mono_now().ns < end);
		sink->ops->poll(sink, 20 * GT_NS_PER_MS);
	}
}

/* Polls for a while, whatever happens. */
static void poll_for_ms(int ms)
{
	int64_t end = gt_mono_now().ns + ms * GT_NS_PER_MS;

	while (gt_mono_now().ns < end)
		sink->ops->poll(sink, 5 * GT_NS_PER_MS);
}

/* The log so far; counts its lines. */
static const char *log_text(int *lines)
{
	static char text[8192];
	FILE *f = fopen(log_file, "r");

	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	*lines = 0;
	for (const char *p = text; *p; p++)
		*lines += *p == '\n';
	return text;
}

static void assert_logged(int lines, const char *part)
{
	int n;
	const char *text = log_text(&n);

	if (n != lines || (part && !strstr(text, part)))
		fail_msg("%d lines: %s", n, text);
}

/* ---------------------------------------------------------------- what is sent */

static void test_sink_http_posts_a_batch(void **state)
{
	(void)state;
	START({ OK });
	open_sink();
	assert_false(sink->ops->is_busy(sink));
	write_batch();
	assert_true(sink->ops->is_busy(sink));
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 3);
	assert_int_equal(sink->dropped, 0);
	assert_int_equal(strncmp(collector.last, "POST /v1/traces HTTP/1.1\r\n", 26), 0);
	assert_string_equal(header("Content-Type"), "application/x-protobuf");
	assert_string_equal(header("User-Agent"), "gentap/" GENTAP_VERSION " OTel-OTLP-Exporter-C/" GENTAP_VERSION);
	assert_null(header("Expect"));
	assert_null(header("Content-Encoding"));
	assert_int_equal(collector.last[collector.last_head], 0x0a); /* field 1, a message */
	assert_logged(0, NULL);
}

static void test_sink_http_sends_the_users_headers(void **state)
{
	static const struct gt_header headers[] = { { "Authorization", "Basic abc==" }, { "x-empty", "" } };

	(void)state;
	START({ OK });
	config.otlp.headers = headers;
	config.otlp.n_headers = 2;
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_string_equal(header("Authorization"), "Basic abc==");
	assert_string_equal(header("x-empty"), "");
}

static void test_sink_http_compresses_when_asked(void **state)
{
	uint8_t plain[4096];
	z_stream z = { .next_out = plain, .avail_out = sizeof(plain) };

	(void)state;
	START({ OK });
	config.otlp.gzip = true;
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_string_equal(header("Content-Encoding"), "gzip");
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (uint8_t *)collector.last + collector.last_head;
	z.avail_in = (uInt)(collector.last_len - collector.last_head);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
	assert_int_equal(plain[0], 0x0a);
	assert_non_null(memmem(plain, sizeof(plain) - z.avail_out, "chat model", 10));
}

static void test_sink_http_posts_json_when_asked(void **state)
{
	(void)state;
	START({ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"
		"{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"quota\"}}" });
	config.otlp.protocol = &gt_otlp_http_json;
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_string_equal(header("Content-Type"), "application/json");
	assert_int_equal(strncmp(collector.last + collector.last_head, "{\"resourceSpans\":", 17), 0);
	assert_int_equal(collector.last[collector.last_len - 1], '}');
	assert_int_equal(sink->sent, 1);
	assert_logged(1, "rejected: quota");
}

static void test_sink_http_keeps_its_connection(void **state)
{
	(void)state;
	START({ OK });
	open_sink();
	for (int i = 0; i < 5; i++) {
		write_batch();
		drain();
	}
	write_batch();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(collector.requests, 7);
	assert_int_equal(collector.connections, 1);
	assert_int_equal(sink->sent, 21);
}

static void test_sink_http_socket_is_closed_on_exec(void **state)
{
	int inherited = 0;
	struct dirent *e;
	DIR *d;

	(void)state;
	START({ OK });
	open_sink();
	write_batch();
	drain();
	d = opendir("/proc/self/fd");
	while ((e = readdir(d))) {
		int fd = atoi(e->d_name), type;
		socklen_t len = sizeof(type);

		if (e->d_name[0] != '.' && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
			inherited += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	closedir(d);
	collector_stop();
	assert_int_equal(inherited, 0);
}

static void test_sink_http_without_spans_sends_nothing(void **state)
{
	(void)state;
	START({ OK });
	open_sink();
	sample.view.n = 0;
	write_batch();
	assert_false(sink->ops->is_busy(sink));
	collector_stop();
	assert_int_equal(collector.connections, 0);
}

/* ---------------------------------------------------------------- what comes back */

static void test_sink_http_answers_that_end_the_matter(void **state)
{
	static const struct {
		struct answer answer;
		uint64_t sent, dropped;
		const char *log; /* NULL: nothing is logged */
	} rows[] = {
		{ { STATUS("202 Accepted") }, 3, 0, NULL },
		{ { "HTTP/1.1 204 No Content\r\n\r\n" }, 3, 0, NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" }, 3, 0, NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 6\r\n\r\n<html>" },
		  3,
		  0,
		  NULL },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut off", .closes = true }, 3, 0, NULL },
		{ { STATUS("400 Bad Request") }, 0, 3, "HTTP status 400" },
		{ { STATUS("401 Unauthorized") }, 0, 3, "HTTP status 401" },
		{ { "HTTP/1.1 404 Not Found\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" }, 0, 3, "HTTP status 404" },
		{ { STATUS("500 Internal Server Error") }, 0, 3, "HTTP status 500" },
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
		  "says: slow!" },
	};

	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		collector_start(&rows[i].answer, 1);
		open_sink();
		write_batch();
		drain();
		collector_stop();
		if (sink->sent != rows[i].sent || sink->dropped != rows[i].dropped || collector.requests != 1)
			fail_msg("row %d: %d sent, %d dropped, %d requests", (int)i, (int)sink->sent, (int)sink->dropped,
				 collector.requests);
		assert_logged(rows[i].log ? 1 : 0, rows[i].log);
		teardown(state);
		setup(state);
	}
}

static void test_sink_http_endless_answer_is_cut_at_its_cap(void **state)
{
	static char long_answer[6u << 20];
	static struct answer script[] = { { long_answer, sizeof(long_answer), true } };

	(void)state;
	memset(long_answer, 'x', sizeof(long_answer));
	memcpy(long_answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	collector_start(script, 1);
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(sink->dropped, 3);
	assert_logged(1, "longer than 4 MiB");
}

static void test_sink_http_tells_of_losses_once_until_a_success(void **state)
{
	(void)state;
	START({ STATUS("400 Bad Request") }, { STATUS("403 Forbidden") }, { OK }, { STATUS("401 Unauthorized") },
	      { STATUS("400 Bad Request") });
	open_sink();
	for (int i = 0; i < 5; i++) {
		write_batch();
		drain();
	}
	collector_stop();
	assert_int_equal(sink->sent, 3);
	assert_int_equal(sink->dropped, 12);
	assert_logged(2, "HTTP status 401");
}

/* ---------------------------------------------------------------- trying again */

static void test_sink_http_tries_again_after_503(void **state)
{
	(void)state;
	START({ STATUS("503 Service Unavailable") }, { OK });
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(collector.requests, 2);
	assert_int_equal(sink->sent, 3);
	assert_logged(0, NULL);
}

static void test_sink_http_tries_again_when_the_connection_ends_without_answer(void **state)
{
	(void)state;
	START({ "", .closes = true }, { OK });
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(collector.requests, 2);
	assert_int_equal(sink->sent, 3);
}

static void test_sink_http_waits_as_long_as_retry_after_says(void **state)
{
	int64_t start = gt_mono_now().ns;

	(void)state;
	START({ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" }, { OK });
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(collector.requests, 2);
	assert_int_equal(sink->sent, 3);
	assert_true(gt_mono_now().ns - start >= GT_NS_PER_S);
}

static void test_sink_http_gives_up_when_retry_after_is_beyond_the_limit(void **state)
{
	(void)state;
	START({ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n" }, { OK });
	open_sink();
	write_batch();
	drain();
	assert_int_equal(sink->dropped, 3);
	assert_logged(1, "HTTP status 503");
	/* and does not send the next one before that time either */
	write_batch();
	poll_for_ms(100);
	assert_int_equal(collector.requests, 1);
	assert_true(sink->ops->is_busy(sink));
	collector_stop();
}

#define THROTTLED "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"

static void test_sink_http_an_endless_retry_after_ends_within_a_minute(void **state)
{
	int64_t due;

	(void)state;
	START({ THROTTLED });
	open_sink();
	write_batch();
	drain();
	assert_int_equal(sink->dropped, 3);
	write_batch();
	poll_for_ms(20);
	collector_stop();
	assert_int_equal(collector.requests, 1);
	due = sink->ops->due_in(sink, gt_mono_now());
	assert_true(due > 50 * GT_NS_PER_S && due <= 60 * GT_NS_PER_S);
}

static void test_sink_http_tells_when_it_has_to_be_polled_next(void **state)
{
	int64_t due;

	(void)state;
	START({ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n" }, { NULL });
	open_sink();
	assert_int_equal(sink->ops->due_in(sink, gt_mono_now()), -1);
	write_batch();
	assert_int_equal(sink->ops->due_in(sink, gt_mono_now()), 0);
	while (collector.requests == 0 || sink->ops->due_in(sink, gt_mono_now()) == 0)
		sink->ops->poll(sink, 5 * GT_NS_PER_MS);
	due = sink->ops->due_in(sink, gt_mono_now());
	assert_true(due > GT_NS_PER_S && due <= 2 * GT_NS_PER_S);
	assert_int_equal(sink->ops->due_in(sink, (struct gt_mono){ gt_mono_now().ns + 3 * GT_NS_PER_S }), 0);
	collector_stop();
}

static void test_sink_http_hurry_tries_once_what_was_throttled(void **state)
{
	int64_t start;

	(void)state;
	START({ THROTTLED }, { OK });
	open_sink();
	write_batch();
	drain();
	write_batch();
	sink->ops->hurry(sink, (struct gt_mono){ gt_mono_now().ns + GT_NS_PER_S });
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 3);
	assert_int_equal(sink->dropped, 3);
	sink->ops->close(sink);
	/* who is refused again does not wait in vain */
	START({ THROTTLED });
	open_sink();
	write_batch();
	drain();
	write_batch();
	write_batch();
	start = gt_mono_now().ns;
	sink->ops->hurry(sink, (struct gt_mono){ start + 2 * GT_NS_PER_S });
	drain();
	assert_true(gt_mono_now().ns - start < GT_NS_PER_S);
	collector_stop();
	assert_int_equal(collector.requests, 2);
	assert_int_equal(sink->dropped, 9);
}

static void test_sink_http_connection_refused_is_lost_within_the_limit(void **state)
{
	int64_t start;

	(void)state;
	listen_somewhere();
	close(collector.listener); /* a port where nobody listens */
	config.otlp.timeout_ns = 300 * GT_NS_PER_MS;
	open_sink();
	start = gt_mono_now().ns;
	write_batch();
	write_batch();
	drain();
	assert_true(gt_mono_now().ns - start < 2 * GT_NS_PER_S);
	assert_int_equal(sink->dropped, 6);
	assert_logged(1, "127.0.0.1");
}

static void test_sink_http_black_hole_is_given_up_at_the_limit(void **state)
{
	static const int64_t limits[][2] = { { 200, 0 }, { 0, 200 }, { 200, 5000 }, { 5000, 200 } };

	for (size_t i = 0; i < GT_ROWS(limits); i++) {
		int64_t start, took;

		START({ NULL });
		config.otlp.timeout_ns = limits[i][0] * GT_NS_PER_MS;
		config.export_timeout_ns = limits[i][1] * GT_NS_PER_MS;
		open_sink();
		start = gt_mono_now().ns;
		write_batch();
		drain();
		took = gt_mono_now().ns - start;
		collector_stop();
		assert_true(took >= 200 * GT_NS_PER_MS && took < 2 * GT_NS_PER_S);
		assert_int_equal(sink->dropped, 3);
		assert_logged(1, "no answer in time");
		teardown(state);
		setup(state);
	}
}

static void test_sink_http_poll_takes_no_longer_than_allowed(void **state)
{
	(void)state;
	START({ NULL });
	open_sink();
	write_batch();
	for (int i = 0; i < 20; i++) {
		int64_t start = gt_mono_now().ns, wait = (i % 2) * 10 * GT_NS_PER_MS;

		sink->ops->poll(sink, wait);
		assert_true(gt_mono_now().ns - start < wait + 300 * GT_NS_PER_MS);
	}
	collector_stop();
}

static void test_sink_http_waiting_does_not_spin(void **state)
{
	int polls = 0;
	int64_t end;

	(void)state;
	START({ STATUS("503 Service Unavailable") }, { NULL });
	open_sink();
	write_batch();
	poll_for_ms(50); /* the 503 is there, the pause has begun */
	for (end = gt_mono_now().ns + 200 * GT_NS_PER_MS; gt_mono_now().ns < end; polls++)
		sink->ops->poll(sink, 20 * GT_NS_PER_MS);
	assert_true(polls < 30);
	collector_stop();
}

/* ---------------------------------------------------------------- bounds */

static void test_sink_http_full_queue_drops_the_newest(void **state)
{
	(void)state;
	START({ OK });
	config.queue_max = 7;
	open_sink();
	write_batch();
	write_batch();
	write_batch(); /* would be 9 */
	assert_int_equal(sink->dropped, 3);
	assert_logged(1, "the queue is full");
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 6);
}

static void test_sink_http_batch_larger_than_the_queue_goes_alone(void **state)
{
	(void)state;
	START({ OK });
	config.queue_max = 2;
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 3);
}

/* ---------------------------------------------------------------- the end of the process */

static void test_sink_http_hurry_cuts_a_black_hole_short(void **state)
{
	int64_t start;

	(void)state;
	START({ NULL });
	open_sink();
	write_batch();
	write_batch();
	poll_for_ms(20);
	start = gt_mono_now().ns;
	sink->ops->hurry(sink, (struct gt_mono){ start + 100 * GT_NS_PER_MS });
	drain();
	assert_true(gt_mono_now().ns - start < 2 * GT_NS_PER_S);
	collector_stop();
	assert_int_equal(sink->dropped, 6);
	assert_logged(1, "the process ended");
}

static void test_sink_http_hurry_tries_at_once_what_was_waiting(void **state)
{
	int64_t start;

	(void)state;
	START({ STATUS("503 Service Unavailable") }, { OK });
	open_sink();
	write_batch();
	poll_for_ms(50);
	assert_int_equal(collector.requests, 1);
	start = gt_mono_now().ns;
	sink->ops->hurry(sink, (struct gt_mono){ start + GT_NS_PER_S });
	drain();
	assert_true(gt_mono_now().ns - start < 700 * GT_NS_PER_MS);
	collector_stop();
	assert_int_equal(sink->sent, 3);
}

static void test_sink_http_close_drops_what_is_queued(void **state)
{
	(void)state;
	START({ NULL });
	open_sink();
	write_batch();
	poll_for_ms(20);
	sink->ops->close(sink);
	sink = NULL;
	collector_stop();
	assert_logged(1, "3 spans lost");
}

/* ---------------------------------------------------------------- the process around it */

/* A child must neither use nor end the parent's connection. */
static void export_in_child(void *unused)
{
	struct gt_sink *own;
	int sockets = 0;
	struct stat st;

	(void)unused;
	own = gt_sink_http_open(&config, GT_TRACES);
	gt_child_check(own != NULL);
	for (int fd = 3; fd < 100; fd++)
		sockets += fd != collector.listener && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	/* the collector's own end of the connection is in this process, too */
	gt_child_check(sockets == 1);
	own->ops->close(own);
}

static void test_sink_http_forked_child_lets_go_of_the_parents_connection(void **state)
{
	(void)state;
	START({ OK });
	open_sink();
	write_batch();
	drain();
	assert_int_equal(gt_in_child(export_in_child, NULL), 0);
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 6);
	assert_int_equal(collector.connections, 1);
}

/* Gives the descriptor of the sink's connection: the socket whose peer is the collector. -1: there is none. */
static int look_for_connection(void)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_in a;
		socklen_t len = sizeof(a);

		if (getpeername(fd, (struct sockaddr *)&a, &len) == 0 && ntohs(a.sin_port) == collector.port)
			return fd;
	}
	return -1;
}

static int find_connection(void)
{
	int fd = look_for_connection();

	assert_true(fd >= 0);
	return fd;
}

static void export_whatever_comes(void)
{
	int64_t end = gt_mono_now().ns + 8 * GT_NS_PER_S;

	write_batch();
	while (sink->ops->is_busy(sink) && gt_mono_now().ns < end)
		sink->ops->poll(sink, 20 * GT_NS_PER_MS);
}

static void open_and_export_in_child(void *unused)
{
	(void)unused;
	sink = gt_sink_http_open(&config, GT_TRACES);
	gt_child_check(sink);
	export_whatever_comes();
	gt_child_check(sink->sent == 3);
	/* its own connection is taken away, once */
	gt_child_check(dup2(STDIN_FILENO, look_for_connection()) >= 0);
	export_whatever_comes();
	gt_child_check(sink->sent == 6);
}

/* A program that takes every connection away has none in the end; a child of it is another program. */
static void lose_all_connections_in_child(void *unused)
{
	int fd;

	(void)unused;
	sink = gt_sink_http_open(&config, GT_TRACES);
	gt_child_check(sink);
	for (int i = 0; i < 10; i++) {
		export_whatever_comes();
		fd = look_for_connection();
		if (fd >= 0)
			gt_child_check(dup2(STDIN_FILENO, fd) == fd);
	}
	gt_child_check(sink->dropped > 0);
	gt_child_check(gt_in_child(open_and_export_in_child, NULL) == 0);
}

static void test_sink_http_a_forked_child_may_lose_connections_of_its_own(void **state)
{
	(void)state;
	START({ OK });
	config.otlp.timeout_ns = GT_NS_PER_S / 10;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/traces", collector.port);
	assert_int_equal(gt_in_child(lose_all_connections_in_child, NULL), 0);
	collector_stop();
}

static void test_sink_http_number_taken_over_by_the_application_is_left_alone(void **state)
{
	char path[] = "/tmp/gentap-test-XXXXXX";
	int fd, file = mkstemp(path);
	struct stat st;

	(void)state;
	START({ OK });
	open_sink();
	write_batch();
	drain();
	fd = find_connection();
	assert_int_equal(dup2(file, fd), fd); /* a program that closes what it finds, and opens a file */
	write_batch();
	drain();
	assert_int_equal(sink->sent, 6);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 0);
	sink->ops->close(sink);
	sink = NULL;
	assert_true(fcntl(fd, F_GETFD) != -1);
	collector_stop();
	close(fd);
	close(file);
	unlink(path);
}

static void test_sink_http_close_leaves_a_number_of_the_application_alone(void **state)
{
	int fd, other = open("/dev/null", O_RDWR);

	(void)state;
	START({ OK });
	open_sink();
	write_batch();
	drain();
	fd = find_connection();
	assert_int_equal(dup2(other, fd), fd);
	sink->ops->close(sink);
	sink = NULL;
	assert_true(fcntl(fd, F_GETFD) != -1);
	collector_stop();
	close(fd);
	close(other);
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
		config.otlp = (struct gt_otlp_config){ .protocol = &gt_otlp_http_protobuf,
						       .url = "https://127.0.0.1:1/",
						       .ca_file = rows[i].ca,
						       .client_certificate = rows[i].certificate,
						       .client_key = rows[i].key };
		assert_null(gt_sink_http_open(&config, GT_TRACES));
		assert_logged(1, "cannot be read");
		teardown(state);
		setup(state);
	}
}

static void test_sink_http_certificates_do_not_matter_without_tls(void **state)
{
	(void)state;
	START({ OK });
	config.otlp.ca_file = "/nonexistent/ca.pem";
	open_sink();
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(sink->sent, 3);
}

static void test_sink_http_useless_ca_file_is_a_loss_and_not_plaintext(void **state)
{
	(void)state;
	START({ OK });
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/v1/traces", collector.port);
	config.otlp.ca_file = "/proc/self/status"; /* readable, but no certificate */
	sink = gt_sink_http_open(&config, GT_TRACES);
	assert_non_null(sink);
	write_batch();
	drain();
	collector_stop();
	assert_int_equal(sink->dropped, 3);
	assert_int_equal(collector.requests, 0);
}

static void test_sink_http_tells_no_secret_of_the_url(void **state)
{
	int lines;

	(void)state;
	START({ STATUS("400 Bad Request") });
	open_sink();
	sink->ops->close(sink);
	snprintf(url, sizeof(url), "http://ann:geheim@127.0.0.1:%u/v1/traces?key=geheim", collector.port);
	sink = gt_sink_http_open(&config, GT_TRACES);
	write_batch();
	drain();
	collector_stop();
	assert_logged(1, "http://127.0.0.1:");
	assert_null(strstr(log_text(&lines), "geheim"));
}

static void test_sink_http_survives_every_failed_allocation(void **state)
{
	int n;

	(void)state;
	START({ OK });
	config.otlp.timeout_ns = 50 * GT_NS_PER_MS; /* shorter than the first pause: nothing is tried again */
	config.otlp.gzip = true;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/traces", collector.port);
	for (n = 1; gt_fail_nth(n); n++) {
		struct gt_sink *own = gt_sink_http_open(&config, GT_TRACES);

		if (!own)
			continue;
		own->ops->write(own, &sample.view);
		while (own->ops->is_busy(own))
			own->ops->poll(own, 10 * GT_NS_PER_MS);
		if (own->sent + own->dropped != 3)
			break;
		own->ops->close(own);
	}
	gt_fail_none();
	collector_stop();
	assert_true(n > 20);
	open_sink();
	assert_int_equal(sink->dropped, 0);
}

/* ---------------------------------------------------------------- proxies */

static void test_proxy_is_the_one_curl_would_take(void **state)
{
#define BLOCK(text) { text, sizeof(text) - 1 }
	static const struct {
		struct gt_str environment;
		bool is_https;
		const char *url, *exceptions;
	} rows[] = {
		{ BLOCK(""), true, "", "" },
		{ BLOCK("A=b\0https_proxy=http://p:1\0no_proxy=c\0"), true, "http://p:1", "c" },
		{ BLOCK("HTTPS_PROXY=http://p:1\0NO_PROXY=c\0"), true, "http://p:1", "c" },
		{ BLOCK("https_proxy=\0HTTPS_PROXY=http://q\0"), true, "http://q", "" },
		{ BLOCK("https_proxy=http://p:1\0"), false, "", "" },
		{ BLOCK("http_proxy=http://p:1\0"), false, "http://p:1", "" },
		{ BLOCK("HTTP_PROXY=http://p:1\0"), false, "", "" },
		{ BLOCK("ALL_PROXY=socks5://p\0"), false, "socks5://p", "" },
		{ BLOCK("http_proxyx=1\0xhttp_proxy=2\0http_proxy"), false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_proxy p = gt_proxy_find(rows[i].environment, rows[i].is_https);

		assert_str(p.url, rows[i].url);
		assert_str(p.exceptions, rows[i].exceptions);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sink_http_posts_a_batch),
		TEST(test_sink_http_sends_the_users_headers),
		TEST(test_sink_http_compresses_when_asked),
		TEST(test_sink_http_posts_json_when_asked),
		TEST(test_sink_http_keeps_its_connection),
		TEST(test_sink_http_socket_is_closed_on_exec),
		TEST(test_sink_http_without_spans_sends_nothing),
		TEST(test_sink_http_answers_that_end_the_matter),
		TEST(test_sink_http_endless_answer_is_cut_at_its_cap),
		TEST(test_sink_http_tells_of_losses_once_until_a_success),
		TEST(test_sink_http_tries_again_after_503),
		TEST(test_sink_http_tries_again_when_the_connection_ends_without_answer),
		TEST(test_sink_http_waits_as_long_as_retry_after_says),
		TEST(test_sink_http_gives_up_when_retry_after_is_beyond_the_limit),
		TEST(test_sink_http_an_endless_retry_after_ends_within_a_minute),
		TEST(test_sink_http_tells_when_it_has_to_be_polled_next),
		TEST(test_sink_http_hurry_tries_once_what_was_throttled),
		TEST(test_sink_http_connection_refused_is_lost_within_the_limit),
		TEST(test_sink_http_black_hole_is_given_up_at_the_limit),
		TEST(test_sink_http_poll_takes_no_longer_than_allowed),
		TEST(test_sink_http_waiting_does_not_spin),
		TEST(test_sink_http_full_queue_drops_the_newest),
		TEST(test_sink_http_batch_larger_than_the_queue_goes_alone),
		TEST(test_sink_http_hurry_cuts_a_black_hole_short),
		TEST(test_sink_http_hurry_tries_at_once_what_was_waiting),
		TEST(test_sink_http_close_drops_what_is_queued),
		TEST(test_sink_http_forked_child_lets_go_of_the_parents_connection),
		TEST(test_sink_http_a_forked_child_may_lose_connections_of_its_own),
		TEST(test_sink_http_number_taken_over_by_the_application_is_left_alone),
		TEST(test_sink_http_close_leaves_a_number_of_the_application_alone),
		TEST(test_sink_http_unreadable_certificate_is_refused_with_one_error),
		TEST(test_sink_http_certificates_do_not_matter_without_tls),
		TEST(test_sink_http_useless_ca_file_is_a_loss_and_not_plaintext),
		TEST(test_sink_http_tells_no_secret_of_the_url),
		TEST(test_sink_http_survives_every_failed_allocation),
		TEST(test_proxy_is_the_one_curl_would_take),
	};

	return GT_TESTS(tests);
}
