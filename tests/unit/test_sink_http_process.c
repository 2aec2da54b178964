/* What the process does to the connection: fork, and descriptors that it closes or replaces. */
#include "support/in_child.h"
#include "support/otlp_export.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "shim/shared/clock.h"

/* A child must neither use nor end the parent's connection. */
static void export_in_child(void *unused)
{
	struct gt_sink *own;
	int sockets = 0;
	struct stat st;

	(void)unused;
	own = gt_sink_http_open(&gt_export.config, GT_TRACES);
	gt_child_check(own != NULL);
	for (int fd = 3; fd < 100; fd++)
		sockets += fd != gt_collector.listener && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	/* the collector's end of the connection, which is in this process too */
	gt_child_check(sockets == 1);
	own->ops->close(own);
}

static void test_sink_http_forked_child_lets_go_of_the_parents_connection(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	assert_int_equal(gt_in_child(export_in_child, NULL), 0);
	gt_export_send();
	gt_collector_stop();
	assert_int_equal(gt_export.sink->sent, 6);
	assert_int_equal(gt_collector.connections, 1);
}

/* The descriptor of the sink's connection: the socket whose peer is the collector. -1 without such a socket. */
static int look_for_connection(void)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_in a;
		socklen_t len = sizeof(a);

		if (getpeername(fd, (struct sockaddr *)&a, &len) == 0 && ntohs(a.sin_port) == gt_collector.port)
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

	gt_export_write();
	while (gt_export.sink->ops->is_busy(gt_export.sink) && gt_mono_now().ns < end)
		gt_export.sink->ops->poll(gt_export.sink, 20 * GT_NS_PER_MS);
}

static void open_and_export_in_child(void *unused)
{
	(void)unused;
	gt_export.sink = gt_sink_http_open(&gt_export.config, GT_TRACES);
	gt_child_check(gt_export.sink);
	export_whatever_comes();
	gt_child_check(gt_export.sink->sent == 3);
	/* the child replaces its own connection, once */
	gt_child_check(dup2(STDIN_FILENO, look_for_connection()) >= 0);
	export_whatever_comes();
	gt_child_check(gt_export.sink->sent == 6);
}

/* A program that replaces every connection loses the batches in the end. Its child starts afresh. */
static void lose_all_connections_in_child(void *unused)
{
	int fd;

	(void)unused;
	gt_export.sink = gt_sink_http_open(&gt_export.config, GT_TRACES);
	gt_child_check(gt_export.sink);
	for (int i = 0; i < 10; i++) {
		export_whatever_comes();
		fd = look_for_connection();
		if (fd >= 0)
			gt_child_check(dup2(STDIN_FILENO, fd) == fd);
	}
	gt_child_check(gt_export.sink->dropped > 0);
	gt_child_check(gt_in_child(open_and_export_in_child, NULL) == 0);
}

static void test_sink_http_a_forked_child_may_lose_connections_of_its_own(void **state)
{
	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export.config.otlp.timeout_ns = GT_NS_PER_S / 10;
	gt_export_set_url();
	assert_int_equal(gt_in_child(lose_all_connections_in_child, NULL), 0);
	gt_collector_stop();
}

static void test_sink_http_number_taken_over_by_the_application_is_left_alone(void **state)
{
	char path[] = "/tmp/gentap-test-XXXXXX";
	int fd, file = mkstemp(path);
	struct stat st;

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	fd = find_connection();
	assert_int_equal(dup2(file, fd), fd); /* a program that closes every descriptor and opens a file */
	gt_export_send();
	assert_int_equal(gt_export.sink->sent, 6);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 0);
	gt_export.sink->ops->close(gt_export.sink);
	gt_export.sink = NULL;
	assert_true(fcntl(fd, F_GETFD) != -1);
	gt_collector_stop();
	close(fd);
	close(file);
	unlink(path);
}

static void test_sink_http_close_leaves_a_number_of_the_application_alone(void **state)
{
	int fd, other = open("/dev/null", O_RDWR);

	(void)state;
	COLLECTOR_START({ COLLECTOR_OK });
	gt_export_open();
	gt_export_send();
	fd = find_connection();
	assert_int_equal(dup2(other, fd), fd);
	gt_export.sink->ops->close(gt_export.sink);
	gt_export.sink = NULL;
	assert_true(fcntl(fd, F_GETFD) != -1);
	gt_collector_stop();
	close(fd);
	close(other);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_export_set_up, gt_export_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_sink_http_forked_child_lets_go_of_the_parents_connection),
		T(test_sink_http_a_forked_child_may_lose_connections_of_its_own),
		T(test_sink_http_number_taken_over_by_the_application_is_left_alone),
		T(test_sink_http_close_leaves_a_number_of_the_application_alone),
	};

	return GT_TESTS(tests);
}
