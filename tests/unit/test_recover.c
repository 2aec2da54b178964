/*
 * A child process makes events in its pool, which is a spool, and ends without a word. The parent reads the spool.
 */
#include "support/fail_nth.h"
#include "support/in_child.h"
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/recover.h"
#include "exporter/span/span_record.h"
#include "exporter/spool/spool_folder.h"
#include "shim/handoff.h"
#include "shim/spool.h"

static const char request[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 14\r\n\r\n{\"model\":\"m1\"}";
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 79\r\n\r\n"
			       "{\"model\":\"m1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":22}}  ";

static char folder[64], setting[128];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/gentap-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(setting, sizeof(setting), "GENTAP_SPOOL=%s", folder);
	gt_env_snapshot((char *[]){ setting, "OTEL_SERVICE_NAME=bot", NULL });
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---------------------------------------------------------------- the process that ends */

static void put(enum gt_event_type type, uint64_t stream, const void *data, size_t len)
{
	struct gt_event *e = gt_event_new(type, stream, len);

	gt_child_check(e != NULL);
	memcpy(e->data, data, len);
	e->len = (uint32_t)len;
	gt_handoff_put(e);
}

static void put_begin(uint64_t stream)
{
	struct gt_begin begin = { .api = GT_API_OPENAI_CHAT, .is_certain = true, .started = { 1700000000000000000 } };

	memset(begin.context.trace_id.b, 9, 16);
	memcpy(begin.context.span_id.b, &stream, 8);
	begin.context.flags = GT_TRACE_SAMPLED;
	put(GT_EVENT_BEGIN, stream, &begin, sizeof(begin));
	put(GT_EVENT_REQUEST, stream, request, strlen(request));
}

static void start_spool(void)
{
	gt_pool_init(4 << 20);
	gt_spool_init(gt_pool_size());
}

static void finish_one_and_begin_another(void *unused)
{
	(void)unused;
	start_spool();
	put_begin(1);
	put(GT_EVENT_RESPONSE, 1, response, strlen(response));
	put_begin(2);
	put(GT_EVENT_RESPONSE, 2, response, 30);
	kill(getpid(), SIGKILL);
}

static void make_records(void *unused)
{
	static const struct gt_span_limits limits = { 128, UINT32_MAX };
	static char large[50000];
	struct gt_buf bytes;

	(void)unused;
	start_spool();
	memset(large, 'x', sizeof(large));
	for (uint64_t id = 1; id <= 3; id++) {
		struct gt_span *s = gt_span_new(&limits);
		struct gt_str rest;

		memset(s->context.trace_id.b, 9, 16);
		memcpy(s->context.span_id.b, &id, 8);
		gt_span_set_name(s, GT_STR("chat"), GT_STR("kept"));
		gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, gt_str_make(large, id > 1 ? sizeof(large) : 10));
		gt_buf_init(&bytes, 1 << 20);
		gt_child_check(gt_span_record_write(&bytes, s));
		for (rest = gt_buf_str(&bytes); rest.len;) {
			size_t n = rest.len < 8000 ? rest.len : 8000;
			struct gt_event *e = gt_event_new_part(GT_EVENT_SPAN, id, &n);

			gt_child_check(e && gt_event_keep(e));
			e->is_written = id == 2;
			memcpy(e->data, rest.p, n);
			e->len = (uint32_t)n;
			if (id < 3 || n == rest.len) /* of the third, only the end was published */
				gt_event_publish(e);
			rest = gt_str_skip(rest, n);
		}
		gt_buf_free(&bytes);
		gt_span_free(s);
	}
	put_begin(1); /* the exchange of the first record: it was not given back yet */
	put(GT_EVENT_RESPONSE, 1, response, strlen(response));
	kill(getpid(), SIGKILL);
}

static void lose_some(void *unused)
{
	(void)unused;
	start_spool();
	put_begin(1);
	put(GT_EVENT_RESPONSE, 1, response, strlen(response));
	gt_handoff_take()->is_partial = true; /* the exporter could not keep what followed */
	kill(getpid(), SIGKILL);
}

static void tear(void *unused)
{
	(void)unused;
	start_spool();
	put_begin(1);

	gt_spool_head()->is_torn = 1;
	put(GT_EVENT_RESPONSE, 1, response, strlen(response));
	kill(getpid(), SIGKILL);
}

static void do_nothing_of_interest(void *unused)
{
	(void)unused;
	start_spool();
	gt_event_free(gt_event_new(GT_EVENT_BEGIN, 1, 10));
	kill(getpid(), SIGKILL);
}

static void finish_in_order(void *unused)
{
	(void)unused;
	start_spool();
	put_begin(1);
	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		next = e->next;
		gt_event_free(e);
	}
	gt_spool_remove();
	gt_child_check(!gt_spool_is_open());
	gt_child_check(gt_event_new(GT_EVENT_REQUEST, 1, 10000) != NULL); /* the pool goes on */
}

/* ---------------------------------------------------------------- the process that reads */

static struct gt_spool_file *found[4];

static void take(void *ctx, struct gt_spool_file *f)
{
	found[(*(unsigned *)ctx)++] = f;
}

static unsigned visit(struct gt_spool_choice *choice)
{
	unsigned n = 0, given;

	choice->env = gt_env_raw;
	choice->max = GT_ROWS(found);
	given = gt_spool_folder_visit(choice, take, &n);
	assert_int_equal(given, n);
	return n;
}

static void drop(struct gt_spool_file *f, bool is_removed)
{
	if (is_removed)
		gt_spool_file_remove(f);
	gt_spool_file_close(f);
	free(f);
}

static const char *get(void *ctx, enum gt_env which)
{
	(void)ctx;
	return gt_env_get(which);
}

static const char *raw(void *ctx, enum gt_env which)
{
	(void)ctx;
	return gt_env_raw(which);
}

static void ignore(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

static const struct gt_config_source env = { .get = get, .raw = raw, .warn = ignore };
static const struct gt_run_context run_context = { .limits = { 128, UINT32_MAX } };

struct recovered {
	struct gt_span *first, *last;
	unsigned n, written;
	uint32_t origins[4]; /* of the first spans */
	struct gt_resource resource;
};

static void add(void *ctx, struct gt_span *s, const struct gt_event *origin)
{
	struct recovered *r = ctx;

	r->written += origin->is_written;
	r->origins[r->n % GT_ROWS(r->origins)] = origin->index;
	if (r->last)
		r->last->next = s;
	else
		r->first = s;
	r->last = s;
	r->n++;
}

static int read_all(struct recovered *r, struct gt_spool_file *f)
{
	int ret;

	*r = (struct recovered){ .n = 0 };
	ret = gt_recover_resource(&r->resource, f, &env);
	if (!ret)
		ret = gt_recover(f, &run_context, add, r);
	/* the file stays open until its spans are delivered, which may take long */
	assert_true(ret || (!f->segments && !f->events && !f->n));
	return ret;
}

static void free_all(struct recovered *r)
{
	for (struct gt_span *s = r->first, *next; s; s = next) {
		next = s->next;
		gt_span_free(s);
	}
	gt_resource_free(&r->resource);
}

static struct recovered recovered(void (*child)(void *))
{
	struct gt_spool_choice choice = { 0 };
	struct recovered r;

	assert_int_equal(gt_signal_of_child(child, NULL), SIGKILL);
	assert_int_equal(visit(&choice), 1);
	assert_int_equal(read_all(&r, found[0]), 0);
	drop(found[0], true);
	assert_int_equal(visit(&choice), 0);
	return r;
}

static struct gt_str incomplete(const struct gt_span *s)
{
	return gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE);
}

static void test_recover_a_finished_exchange_is_whole_and_one_under_way_was_killed(void **state)
{
	struct recovered r = recovered(finish_one_and_begin_another);

	(void)state;
	assert_int_equal(r.n, 2);
	assert_true(gt_span_get(r.first, GT_ATTR_USAGE_INPUT_TOKENS)->i == 11);
	assert_int_equal(incomplete(r.first).len, 0);
	assert_false(r.first->is_error);
	assert_null(gt_span_get(r.first->next, GT_ATTR_USAGE_INPUT_TOKENS));
	assert_true(gt_str_eq(incomplete(r.first->next), GT_STR("killed")));
	assert_true(gt_str_eq(gt_span_get_str(r.first->next, GT_ATTR_REQUEST_MODEL), GT_STR("m1")));
	assert_true(gt_str_eq(gt_resource_get(&r.resource, "service.name")->str, GT_STR("bot")));
	free_all(&r);
}

static void test_recover_finished_spans_are_read_once(void **state)
{
	struct recovered r = recovered(make_records);

	(void)state;
	assert_int_equal(r.n, 2);
	assert_int_equal(r.written, 1); /* the second: only a collector lacks it */
	assert_true(gt_str_eq(r.first->name, GT_STR("chat kept")));
	assert_int_equal(gt_span_get_str(r.first->next, GT_ATTR_REQUEST_MODEL).len, 50000);
	free_all(&r);
}

static void test_recover_what_is_marked_as_sent_is_not_given_again(void **state)
{
	static void (*const children[])(void *) = { finish_one_and_begin_another, make_records };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(children); i++) {
		assert_int_equal(gt_signal_of_child(children[i], NULL), SIGKILL);
		for (unsigned left = 2; left > 0; left--) {
			struct gt_spool_choice choice = { 0 };
			struct recovered r;

			assert_int_equal(visit(&choice), 1);
			assert_int_equal(read_all(&r, found[0]), 0);
			assert_int_equal(r.n, left);
			gt_spool_file_mark_sent(found[0], r.origins[0], true);
			gt_spool_file_mark_sent(found[0], r.origins[left - 1], true);
			gt_spool_file_mark_sent(found[0], r.origins[left - 1], false); /* refused, so it is given again */
			free_all(&r);
			drop(found[0], left == 1);
		}
	}
}

static void test_recover_an_exchange_with_missing_events_has_no_numbers(void **state)
{
	static void (*const children[])(void *) = { lose_some, tear };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(children); i++) {
		struct recovered r = recovered(children[i]);

		assert_int_equal(r.n, 1);
		assert_null(gt_span_get(r.first, GT_ATTR_USAGE_INPUT_TOKENS));
		assert_true(gt_str_eq(incomplete(r.first), GT_STR("killed")));
		free_all(&r);
	}
}

static unsigned files(void)
{
	char command[128];
	FILE *p;
	int n = 0;

	snprintf(command, sizeof(command), "find %s -type f | wc -l", folder);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%d", &n), 1);
	pclose(p);
	return (unsigned)n;
}

static void test_recover_a_spool_without_events_is_removed(void **state)
{
	struct gt_spool_choice choice = { 0 };

	(void)state;
	assert_int_equal(gt_signal_of_child(do_nothing_of_interest, NULL), SIGKILL);
	assert_int_equal(files(), 1);
	assert_int_equal(visit(&choice), 0);
	assert_int_equal(files(), 0);
	assert_int_equal(gt_in_child(finish_in_order, NULL), 0);
	assert_int_equal(files(), 0);
}

static void test_recover_another_destination_or_run_is_left_alone(void **state)
{
	struct gt_spool_choice choice = { .run = 77 };

	(void)state;
	assert_int_equal(gt_signal_of_child(finish_one_and_begin_another, NULL), SIGKILL);
	assert_int_equal(visit(&choice), 0);
	gt_env_snapshot((char *[]){ setting, "OTEL_EXPORTER_OTLP_ENDPOINT=http://other:4318", NULL });
	choice.run = 0;
	assert_int_equal(visit(&choice), 0);
	assert_int_equal(files(), 1);
	gt_env_snapshot((char *[]){ setting, NULL });
	assert_int_equal(visit(&choice), 1);
	drop(found[0], false);
	assert_int_equal(files(), 1);
}

/* A file like a spool of another version, changed at that second. */
static void leave(const char *name, long second, off_t size, bool is_locked)
{
	const struct timespec times[2] = { { second, 0 }, { second, 0 } };
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/" GT_SPOOL_FOLDER "/%s" GT_SPOOL_SUFFIX, folder, (unsigned)geteuid(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, GT_SPOOL_MAGIC, sizeof(GT_SPOOL_MAGIC)) == sizeof(GT_SPOOL_MAGIC));
	assert_int_equal(posix_fallocate(fd, 0, size), 0);
	assert_int_equal(futimens(fd, times), 0);
	if (is_locked)
		assert_int_equal(flock(fd, LOCK_EX), 0);
	else
		close(fd);
}

static bool is_left(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/" GT_SPOOL_FOLDER "/%s" GT_SPOOL_SUFFIX, folder, (unsigned)geteuid(), name);
	return access(path, F_OK) == 0;
}

static void test_recover_spools_that_no_process_sends_have_a_limit(void **state)
{
	struct gt_spool_choice choice = { .run = 77 };
	char name[16];

	(void)state;
	assert_int_equal(gt_signal_of_child(finish_one_and_begin_another, NULL), SIGKILL);
	for (int i = 0; i < GT_SPOOL_LEFT_MAX + 10; i++) {
		snprintf(name, sizeof(name), "%03d", i);
		leave(name, 1000000 - i, 4096, i == GT_SPOOL_LEFT_MAX + 9);
	}
	assert_int_equal(visit(&choice), 0);
	assert_int_equal(files(), GT_SPOOL_LEFT_MAX + 11); /* the launcher's look is at its run */
	choice.run = 0;
	assert_int_equal(visit(&choice), 1);
	assert_int_equal(files(), GT_SPOOL_LEFT_MAX + 2); /* that of a living process stays, and the given one */
	assert_true(is_left("063") && !is_left("064") && !is_left("072") && is_left("073"));
	drop(found[0], true);
	leave("big", 3000000, GT_SPOOL_LEFT_BYTES + 4096, false);
	assert_int_equal(visit(&choice), 0);
	assert_true(!is_left("000") && !is_left("063") && !is_left("big") && is_left("073"));
}

static void visit_parents(void *unused)
{
	struct gt_spool_choice choice = { .env = gt_env_raw, .max = 4 };
	unsigned n = 0;

	(void)unused;
	gt_child_check(gt_spool_folder_visit(&choice, take, &n) == 0);
	gt_child_check(choice.busy == 1);
}

static void read_while_alive(void *unused)
{
	pid_t child;
	int status = 1;

	(void)unused;
	start_spool();
	put_begin(1);
	child = fork();
	if (child == 0) {
		gt_handoff_after_fork();
		gt_spool_after_fork();
		visit_parents(NULL);
		_exit(0);
	}
	gt_child_check(waitpid(child, &status, 0) == child && status == 0);
}

static void test_recover_the_spool_of_a_living_process_is_locked(void **state)
{
	(void)state;
	assert_int_equal(gt_in_child(read_while_alive, NULL), 0);
}

/* The folder and the file are for this user only. */
static void test_recover_spools_are_private(void **state)
{
	char path[512];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/gentap-%u", folder, (unsigned)geteuid());
	assert_int_equal(gt_signal_of_child(do_nothing_of_interest, NULL), SIGKILL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(chmod(path, 0777), 0); /* others may have put files there */
	assert_true(gt_spool_open_folder(folder, true, false) < 0);
	assert_int_equal(rename(path, strcat(strcpy(path + 128, folder), "/elsewhere")), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_true(gt_spool_open_folder(folder, true, false) < 0);
}

static void test_recover_a_damaged_file_gives_what_is_whole(void **state)
{
	struct gt_spool_choice choice = { 0 };
	struct gt_spool_file f;
	static char bytes[4 << 20];
	char path[512];
	size_t len;
	int fd;

	(void)state;
	assert_int_equal(gt_signal_of_child(finish_one_and_begin_another, NULL), SIGKILL);
	assert_int_equal(visit(&choice), 1);
	snprintf(path, sizeof(path), "%s/gentap-%u/%s", folder, (unsigned)geteuid(), found[0]->name);
	drop(found[0], false);
	fd = open(path, O_RDONLY);
	len = (size_t)read(fd, bytes, sizeof(bytes));
	close(fd);
	assert_true(len > GT_SPOOL_HEAD);
	assert_int_equal(gt_spool_file_of(&f, bytes, 100), GT_EUNSUPPORTED);
	assert_int_equal(gt_spool_file_of(&f, bytes, GT_SPOOL_HEAD), 0);
	assert_int_equal(f.n, 0);
	gt_spool_file_close(&f);
	for (unsigned seed = 1; seed < 300; seed++) {
		struct recovered r;
		char saved[16];
		size_t at[16];

		srand(seed);
		for (int i = 0; i < 16; i++) {
			at[i] = (size_t)rand() % (i % 2 ? len : sizeof(struct gt_spool_head) / 8);
			saved[i] = bytes[at[i]];
			bytes[at[i]] = (char)rand();
		}
		if (gt_spool_file_of(&f, bytes, len) == 0) {
			read_all(&r, &f);
			free_all(&r);
			gt_spool_file_close(&f);
		}
		for (int i = 15; i >= 0; i--)
			bytes[at[i]] = saved[i];
	}
	for (int n = 1; gt_fail_nth(n); n++) {
		struct recovered r;

		if (gt_spool_file_of(&f, bytes, len) != 0)
			continue;
		read_all(&r, &f);
		free_all(&r);
		gt_spool_file_close(&f);
	}
	gt_fail_none();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_recover_a_finished_exchange_is_whole_and_one_under_way_was_killed),
		T(test_recover_finished_spans_are_read_once),
		T(test_recover_what_is_marked_as_sent_is_not_given_again),
		T(test_recover_an_exchange_with_missing_events_has_no_numbers),
		T(test_recover_a_spool_without_events_is_removed),
		T(test_recover_another_destination_or_run_is_left_alone),
		T(test_recover_spools_that_no_process_sends_have_a_limit),
		T(test_recover_the_spool_of_a_living_process_is_locked),
		T(test_recover_spools_are_private),
		T(test_recover_a_damaged_file_gives_what_is_whole),
	};

	return GT_TESTS(tests);
}
