/*
 * Spools that no pool of gentap's has written: torn, damaged, or made to cost the reader memory.
 */
#include "support/test.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/recover.h"
#include "exporter/spool/spool_file.h"
#include "version.h"

#define SIZE (GT_SPOOL_HEAD + GT_SEGMENT_SIZE)

static char bytes[SIZE] __attribute__((aligned(16)));

static struct gt_spool_head *head(void)
{
	return (struct gt_spool_head *)bytes;
}

static struct gt_event *event_at(unsigned i)
{
	return (struct gt_event *)(bytes + GT_SPOOL_HEAD + i * gt_block_size(GT_CLASS_TINY));
}

static struct gt_begin *begin_at(unsigned i)
{
	return (struct gt_begin *)event_at(i)->data;
}

/* One segment with a BEGIN of stream 1. */
static int set_up(void **state)
{
	struct gt_event *e = event_at(0);

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	strcpy(head()->magic, GT_SPOOL_MAGIC);
	strcpy(head()->version, GENTAP_VERSION);
	head()->layout = gt_spool_layout();
	head()->classes[0] = GT_CLASS_TINY + 1;
	e->stream = e->serial = 1;
	e->class = GT_CLASS_TINY;
	e->is_live = true;
	e->type = GT_EVENT_BEGIN;
	e->len = sizeof(struct gt_begin);
	begin_at(0)->context.flags = GT_TRACE_SAMPLED;
	memset(begin_at(0)->context.trace_id.b, 1, 16);
	memset(begin_at(0)->context.span_id.b, 2, 8);
	begin_at(0)->api = GT_API_OPENAI_CHAT;
	begin_at(0)->is_certain = true;
	return 0;
}

static size_t events(size_t len)
{
	struct gt_spool_file f;
	size_t n;

	assert_int_equal(gt_spool_file_of(&f, bytes, len), 0);
	n = f.n;
	gt_spool_file_close(&f);
	return n;
}

static void test_spool_file_a_segment_that_is_not_whole_has_no_events(void **state)
{
	(void)state;
	assert_int_equal(events(SIZE), 1);
	assert_int_equal(events(SIZE - 1), 0);
	assert_int_equal(events(GT_SPOOL_HEAD), 0);
}

static void test_spool_file_events_that_no_hook_makes_are_left_out(void **state)
{
	struct gt_event *e = event_at(0);
	struct gt_begin *b = begin_at(0);

	(void)state;
	b->host_len = 1; /* beyond its data */
	assert_int_equal(events(SIZE), 0);
	e->len++;
	assert_int_equal(events(SIZE), 1);
	b->provider_len = b->tracestate_len = UINT16_MAX;
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	b->api = GT_API_COUNT;
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	b->source = GT_SOURCE_MESSAGE + 1;
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	memset(&b->is_inbound, 2, 1);
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	memset(&e->is_partial, 77, 1);
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	memset(&e->is_sent, 77, 1);
	assert_int_equal(events(SIZE), 0);
	e->is_sent = false;
	memset(&e->is_written, 77, 1);
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	e->at.ns = INT64_MIN;
	assert_int_equal(events(SIZE), 0);
	e->at.ns = INT64_MAX;
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	b->started.unix_ns = UINT64_MAX;
	assert_int_equal(events(SIZE), 0);
	set_up(NULL);
	e->type = GT_EVENT_END;
	e->data[0] = GT_END_COMPLETE + 1;
	assert_int_equal(events(SIZE), 0);
	e->data[0] = GT_END_COMPLETE;
	assert_int_equal(events(SIZE), 1);
	e->len = 1;
	assert_int_equal(events(SIZE), 0);
	e->type = GT_EVENT_SPAN + 1;
	assert_int_equal(events(SIZE), 0);
}

static long resident_kb(void)
{
	struct rusage r;

	assert_int_equal(getrusage(RUSAGE_SELF, &r), 0);
	return r.ru_maxrss;
}

/* Of a file with a hole of a gigabyte, in which every segment is in use by the head. */
static void test_spool_file_a_hole_takes_no_memory(void **state)
{
	char folder[] = "/tmp/gentap-test-XXXXXX", path[64];
	struct gt_spool_file f;
	long before;
	int fd, at;

	(void)state;
	memset(head()->classes, GT_CLASS_LARGE + 1, sizeof(head()->classes));
	head()->classes[0] = GT_CLASS_TINY + 1;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x" GT_SPOOL_SUFFIX, folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, bytes, SIZE) == SIZE);
	assert_int_equal(ftruncate(fd, GT_SPOOL_HEAD + (off_t)GT_SEGMENTS_MAX * GT_SEGMENT_SIZE), 0);
	close(fd);
	at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(gt_spool_file_open(&f, at, "x" GT_SPOOL_SUFFIX), 0);
	before = resident_kb();
	assert_int_equal(gt_spool_file_read(&f), 0);
	assert_int_equal(f.n, 1);
	assert_true(resident_kb() - before < 8 * 1024);
	gt_spool_file_remove(&f);
	gt_spool_file_close(&f);
	close(at);
	assert_int_equal(rmdir(folder), 0);
}

static const char *none(void *ctx, enum gt_env which)
{
	(void)ctx;
	(void)which;
	return NULL;
}

static void ignore(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

/* The length and the record of the resource are bytes of the file too. */
static void test_spool_file_a_damaged_resource_is_made_from_the_head(void **state)
{
	static const struct gt_config_source env = { .get = none, .raw = none, .warn = ignore };
	struct gt_resource r;
	struct gt_spool_file f;

	(void)state;
	for (uint32_t len = 1; len; len = len < UINT32_MAX ? UINT32_MAX : 0) {
		head()->resource_len = len;
		memset(head()->program, 'p', sizeof(head()->program));
		memset(head()->resource, 0xff, sizeof(head()->resource));
		assert_int_equal(gt_spool_file_of(&f, bytes, SIZE), 0);
		assert_int_equal(gt_recover_resource(&r, &f, &env), 0);
		assert_int_equal(gt_resource_get(&r, "service.name")->str.p[0], 'p');
		gt_resource_free(&r);
		gt_spool_file_close(&f);
	}
}

static void test_spool_file_another_version_is_not_read(void **state)
{
	struct gt_spool_file f;

	(void)state;
	head()->layout++;
	assert_int_equal(gt_spool_file_of(&f, bytes, SIZE), GT_EUNSUPPORTED);
	head()->layout--;
	head()->version[0]++;
	assert_int_equal(gt_spool_file_of(&f, bytes, SIZE), GT_EUNSUPPORTED);
	assert_int_equal(gt_spool_file_of(&f, bytes, 20), GT_EUNSUPPORTED);
	assert_int_equal(gt_spool_file_of(&f, bytes, 0), GT_EUNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_spool_file_a_segment_that_is_not_whole_has_no_events, set_up),
		GT_TEST_FRESH(test_spool_file_events_that_no_hook_makes_are_left_out, set_up),
		GT_TEST_FRESH(test_spool_file_a_hole_takes_no_memory, set_up),
		GT_TEST_FRESH(test_spool_file_a_damaged_resource_is_made_from_the_head, set_up),
		GT_TEST_FRESH(test_spool_file_another_version_is_not_read, set_up),
	};

	return GT_TESTS(tests);
}
