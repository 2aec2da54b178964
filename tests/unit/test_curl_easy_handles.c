/* The life of handles: reset, copies, multi handles, reuse, fork. */
#include "support/fake_curl.h"
#include "support/full_pool.h"
#include "support/in_child.h"
#include "support/test.h"

#include "shim/curl_added.h"
#include "shim/curl_transfer.h"
#include "shim/guard.h"
#include "shim/handoff.h"

static void test_curl_easy_reset_forgets_all_options(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_easy_remove(gt_app.e); /* as the hook does */
	gt_fake_reset(&gt_app.f);
	gt_easy_note_reset(gt_app.e);
	assert_false(gt_easy_begin(gt_app.e, NULL)); /* no URL */
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	assert_false(gt_easy_begin(gt_app.e, NULL)); /* GET again */
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_POSTFIELDS, "new");
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.write, fwrite);
	assert_ptr_equal(gt_app.f.out, stdout);
}

static void test_curl_easy_a_duplicate_of_an_open_handle_has_nothing_of_ours(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HEADERDATA, &gt_app.header);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_app.g = gt_app.f; /* what curl_easy_duphandle copies */
	gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
	assert_ptr_equal(gt_app.g.headers, &list);
	assert_ptr_equal(gt_app.g.write, gt_app_collect);
	assert_ptr_equal(gt_app.g.out, &gt_app.body);
	assert_null(gt_app.g.header);
	gt_easy_finish(gt_app.e, 0);
	gt_easy_forget(&gt_app.f); /* the original is freed first */
	gt_fake_deliver(&gt_app.g, "to the copy");
	assert_string_equal(gt_app.body.text, "to the copy");
	gt_reported_take(&gt_app.reported);
	gt_reported_free(&gt_app.reported);
	assert_true(gt_easy_begin(gt_easy_find(&gt_app.g), NULL)); /* the copy has the original's options */
	gt_easy_finish(gt_easy_find(&gt_app.g), 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST END");
	assert_ptr_equal(gt_app.g.headers, &list);
}

static void test_curl_easy_a_duplicate_has_a_copy_of_copied_fields(void **state)
{
	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, BODY);
	gt_app.g = gt_app.f;
	gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
	gt_easy_forget(&gt_app.f);
	assert_true(gt_easy_begin(gt_easy_find(&gt_app.g), NULL));
	gt_easy_finish(gt_easy_find(&gt_app.g), 0);
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0), BODY);
}

static void test_curl_easy_a_new_handle_at_an_old_address_knows_nothing(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_created(&gt_app.f, NULL);
	gt_app.e = gt_easy_find(&gt_app.f);
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_easy_forget(&gt_app.f);
	assert_null(gt_easy_find(&gt_app.f));
	gt_easy_forget(&gt_app.f);
	gt_easy_before_cleanup(&gt_app.f);
	assert_non_null(gt_easy_of(&gt_app.f, NULL));
	assert_ptr_equal(gt_easy_of(&gt_app.f, NULL), gt_easy_find(&gt_app.f));
}

static void test_curl_easy_an_unlinked_state_is_not_the_address_any_more(void **state)
{
	struct gt_easy *old = gt_easy_unlink(&gt_app.f);

	(void)state;
	assert_ptr_equal(old, gt_app.e);
	assert_null(gt_easy_find(&gt_app.f));
	gt_easy_created(&gt_app.f, NULL); /* by another thread, while libcurl still frees the old handle */
	gt_app.e = gt_easy_find(&gt_app.f);
	assert_non_null(gt_app.e);
	gt_easy_free(old);
	gt_app_post();
	assert_ptr_equal(gt_easy_find(&gt_app.f), gt_app.e);
	gt_easy_free(NULL);
}

static void test_curl_easy_cleaning_up_a_multi_handle_ends_its_transfers_only(void **state)
{
	int multi, other;

	(void)state;
	gt_app_post();
	assert_true(gt_easy_begin(gt_app.e, &multi));
	gt_easy_created(&gt_app.g, NULL);
	gt_app_set_pointer(&gt_app.g, GT_CURLOPT_URL, URL);
	gt_app_set_pointer(&gt_app.g, GT_CURLOPT_POSTFIELDS, BODY);
	assert_true(gt_easy_begin(gt_easy_find(&gt_app.g), &other));
	gt_easy_remove_all(&multi);
	gt_reported_take(&gt_app.reported);
	assert_non_null(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 0));
	assert_null(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 1));
	assert_int_equal(gt_reported_end(&gt_app.reported, 0).why, GT_END_REMOVED);
	assert_ptr_equal(gt_app.f.write, gt_app_collect);
	gt_easy_remove_all(&other);
	gt_easy_remove_all(&other);
	gt_reported_take(&gt_app.reported);
	assert_non_null(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 1));
	assert_null(gt_reported_nth(&gt_app.reported, GT_EVENT_END, 2));
}

/* Makes a freed list: following its pointers is fatal. */
static void freed(struct slist *l)
{
	l->data = NULL;
	l->next = (struct slist *)8;
}

static void test_curl_easy_options_are_read_when_the_multi_handle_runs_and_not_when_it_gets_the_handle(void **state)
{
	struct slist old = { "X-A: 1", NULL }, list = { "mcp-name: 2", NULL };
	int multi, other, calls;

	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, "https://example.com/");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &old);
	freed(&old);
	calls = gt_app.f.calls;
	assert_true(gt_easy_add(gt_app.e, &multi));
	assert_true(gt_added_any());
	assert_false(gt_easy_add(gt_app.e, &multi));
	assert_false(gt_easy_begin(gt_app.e, NULL)); /* curl_easy_perform, which libcurl rejects */
	assert_int_equal(gt_app.f.calls, calls);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	assert_ptr_equal(gt_app.f.headers, &list);
	gt_app_post();
	gt_easy_begin_added(&other);
	assert_ptr_equal(gt_app.f.headers, &list);
	assert_reported("");
	gt_easy_begin_added(&multi);
	assert_false(gt_added_any());
	assert_ptr_equal(gt_app.f.headers->next, &list);
	assert_false(gt_easy_add(gt_app.e, &multi));
	gt_easy_begin_added(&multi);
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST END");
	assert_str(gt_app_head(GT_EVENT_REQUEST_HEAD),
		   "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nmcp-name: 2\r\n\r\n");
	assert_ptr_equal(gt_app.f.headers, &list);
}

static void test_curl_easy_a_list_freed_after_the_next_was_set_is_not_looked_at_again(void **state)
{
	struct slist old = { "X-A: 1", NULL }, list = { "X-B: 2", NULL };
	int multi;

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &old);
	gt_easy_add(gt_app.e, &multi);
	gt_easy_begin_added(&multi);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	freed(&old);
	for (struct slist *l = gt_app.f.headers; l; l = l->next)
		assert_ptr_not_equal(l, &old);
	gt_app.f.status = 200;
	gt_fake_deliver(&gt_app.f, "x");
	gt_app.g = gt_app.f;
	gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE END");
	assert_ptr_equal(gt_app.f.headers, &list);
	assert_ptr_equal(gt_app.g.headers, &list);
}

static void test_curl_easy_a_handle_that_leaves_before_the_first_run_never_started(void **state)
{
	enum { CANCELLED, TAKEN, FORGOTTEN, MADE_ANEW, MULTI_GONE, WAYS };
	int multi, other;

	(void)state;
	for (int way = 0; way < WAYS; way++) {
		gt_app_fresh(1 << 20);
		gt_app_post();
		assert_true(gt_easy_add(gt_app.e, &multi));
		gt_easy_remove_all(&other);
		assert_true(gt_added_any());
		switch (way) {
		case CANCELLED:
			gt_easy_cancel(gt_app.e);
			break;
		case TAKEN:
			assert_true(gt_added_take(gt_app.e));
			assert_false(gt_added_take(gt_app.e));
			break;
		case FORGOTTEN:
			gt_easy_forget(&gt_app.f);
			break;
		case MADE_ANEW:
			gt_easy_created(&gt_app.f, NULL);
			break;
		case MULTI_GONE:
			gt_easy_remove_all(&multi);
			break;
		}
		assert_false(gt_added_any());
		gt_easy_begin_added(&multi);
		assert_reported("");
		assert_ptr_equal(gt_app.f.write, gt_app_collect);
	}
	gt_app_fresh(1 << 20);
	assert_false(gt_easy_add(gt_app.e, NULL)); /* which libcurl rejects */
	assert_false(gt_added_any());
}

static void test_curl_easy_only_what_was_begun_for_a_multi_handle_ends_when_it_is_taken_out(void **state)
{
	int multi, own;

	(void)state;
	gt_app_post();
	gt_easy_add(gt_app.e, &multi);
	gt_easy_removed(gt_app.e, &own);
	assert_true(gt_added_any());
	gt_easy_removed(gt_app.e, &multi);
	assert_false(gt_added_any());
	assert_reported("");
	assert_true(gt_easy_begin(gt_app.e, NULL)); /* curl_easy_perform, in libcurl's internal multi handle */
	gt_easy_removed(gt_app.e, &own);
	assert_reported("BEGIN REQUEST_HEAD REQUEST");
	gt_easy_finish(gt_app.e, 0);
	gt_easy_add(gt_app.e, &multi);
	gt_easy_begin_added(&multi);
	gt_easy_removed(gt_app.e, &own);
	assert_ptr_not_equal(gt_app.f.write, gt_app_collect);
	gt_easy_removed(gt_app.e, &multi);
	assert_ptr_equal(gt_app.f.write, gt_app_collect);
	gt_reported_take(&gt_app.reported);
	assert_int_equal(gt_reported_end(&gt_app.reported, 1).why, GT_END_REMOVED);
}

static void test_curl_easy_handles_begin_in_the_order_in_which_they_were_added(void **state)
{
	static struct gt_fake_easy fakes[4];
	struct gt_easy *all[4];
	int multi, other;

	(void)state;
	/* the place of the handle that leaves early */
	for (int leaves = -1; leaves < 4; leaves++) {
		for (int i = 0; i < 4; i++) {
			gt_easy_created(&fakes[i], NULL);
			all[i] = gt_easy_find(&fakes[i]);
			assert_true(gt_easy_add(all[i], i == 1 ? &other : &multi));
		}
		if (leaves >= 0) {
			assert_true(gt_added_take(all[leaves]));
			assert_true(gt_easy_add(all[leaves], &multi));
		}
		for (int i = 0; i < 4; i++)
			if (i != leaves && i != 1)
				assert_ptr_equal(gt_added_take_for(&multi), all[i]);
		if (leaves >= 0)
			assert_ptr_equal(gt_added_take_for(&multi), all[leaves]);
		assert_null(gt_added_take_for(&multi));
		assert_ptr_equal(gt_added_take_for(&other), leaves == 1 ? NULL : all[1]);
		assert_false(gt_added_any());
	}
	for (int i = 0; i < 4; i++)
		gt_easy_forget(&fakes[i]);
}

static void run_in_forked_child(void *multi)
{
	gt_handoff_after_fork();
	gt_easy_after_fork();
	gt_pool_init(1 << 20);
	gt_easy_created(&gt_app.g, NULL);
	gt_easy_add(gt_easy_find(&gt_app.g), multi);
	gt_child_check(gt_added_take_for(multi) == gt_app.e);
	gt_child_check(gt_added_take_for(multi) == gt_easy_find(&gt_app.g));
	gt_child_check(!gt_added_any());
}

static void test_curl_easy_a_handle_that_waits_at_a_fork_waits_in_both_processes(void **state)
{
	int multi;

	(void)state;
	gt_app_post();
	gt_easy_add(gt_app.e, &multi);
	assert_int_equal(gt_in_child(run_in_forked_child, &multi), 0);
	gt_easy_begin_added(&multi);
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST END");
}

static void test_curl_easy_connect_only_is_no_exchange(void **state)
{
	(void)state;
	gt_app_post();
	gt_app_set_number(&gt_app.f, GT_CURLOPT_CONNECT_ONLY, 1);
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_app_set_number(&gt_app.f, GT_CURLOPT_CONNECT_ONLY, 0);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
}

static void test_curl_easy_a_handle_used_again_is_a_new_exchange_each_time(void **state)
{
	(void)state;
	gt_app_post();
	for (int i = 0; i < 20; i++) {
		assert_true(gt_easy_begin(gt_app.e, NULL));
		gt_app.f.status = 200;
		gt_fake_deliver(&gt_app.f, "x");
		gt_easy_finish(gt_app.e, 0);
	}
	gt_reported_take(&gt_app.reported);
	for (int i = 1; i < 20; i++) {
		assert_memory_not_equal(gt_reported_begin(&gt_app.reported, i).context.span_id.b,
					gt_reported_begin(&gt_app.reported, i - 1).context.span_id.b, 8);
		assert_int_not_equal(gt_reported_nth(&gt_app.reported, GT_EVENT_BEGIN, i)->stream,
				     gt_reported_nth(&gt_app.reported, GT_EVENT_BEGIN, i - 1)->stream);
	}
}

/* The exporter cannot be loaded, which shows during the first transfer. gentap is then off for good. */
static void test_curl_easy_a_transfer_that_is_open_when_gentap_goes_to_sleep_is_undone(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver(&gt_app.f, "one");
	gt_reported_take(&gt_app.reported);
	gt_reported_free(&gt_app.reported);
	gt_awake = false;
	gt_fake_deliver(&gt_app.f, "two");
	assert_string_equal(gt_app.body.text, "onetwo");
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEDATA,
			   &gt_app.header); /* must not reach libcurl while gentap's function is set */
	gt_fake_deliver(&gt_app.f, "three");
	assert_string_equal(gt_app.header.text, "three");
	gt_easy_finish(gt_app.e, 0);
	assert_reported("");
	assert_ptr_equal(gt_app.f.headers, &list);
	assert_ptr_equal(gt_app.f.write, gt_app_collect);
	assert_ptr_equal(gt_app.f.out, &gt_app.header);
	assert_false(gt_easy_begin(gt_app.e, NULL));
	gt_pool_fill(); /* and every block is back in the pool */
	gt_pool_empty();
	assert_true(gt_handoff_is_empty());
}

static void in_forked_child(void *list)
{
	gt_handoff_after_fork();
	gt_easy_after_fork();
	gt_pool_init(1 << 20);
	/* the parent's transfer continues in the child: bytes reach only the application */
	gt_fake_deliver(&gt_app.f, "late");
	gt_child_check(!strcmp(gt_app.body.text, "earlylate"));
	gt_easy_finish(gt_app.e, 0);
	gt_child_check(gt_handoff_is_empty());
	/* a duplicate gets the application's own values */
	gt_app.g = gt_app.f;
	gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
	gt_child_check(gt_app.g.headers == list && gt_app.g.write == gt_app_collect && gt_app.g.out == &gt_app.body);
	/* options set now are kept until the handle is used again */
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEDATA, &gt_app.header);
	gt_fake_deliver(&gt_app.f, "later");
	gt_child_check(!strcmp(gt_app.header.text, "later"));
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, NULL);
	/* a new transfer is the child's own */
	gt_child_check(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver(&gt_app.f, "x");
	gt_easy_finish(gt_app.e, 0);
	gt_child_check(!strcmp(gt_reported_text(&gt_app.reported, 0), "BEGIN REQUEST_HEAD REQUEST RESPONSE END"));
	gt_child_check(gt_app.f.write == gt_app_collect && gt_app.f.out == &gt_app.header && !gt_app.f.headers);
}

static void test_curl_easy_an_open_transfer_stays_the_parents_after_fork(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_fake_deliver(&gt_app.f, "early");
	gt_reported_take(&gt_app.reported);
	gt_reported_free(&gt_app.reported);
	assert_int_equal(gt_in_child(in_forked_child, &list), 0);
	gt_fake_deliver(&gt_app.f, "!");
	gt_easy_finish(gt_app.e, 0);
	assert_reported("RESPONSE END");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_reset_forgets_all_options),
		T(test_curl_easy_a_duplicate_of_an_open_handle_has_nothing_of_ours),
		T(test_curl_easy_a_duplicate_has_a_copy_of_copied_fields),
		T(test_curl_easy_a_new_handle_at_an_old_address_knows_nothing),
		T(test_curl_easy_an_unlinked_state_is_not_the_address_any_more),
		T(test_curl_easy_cleaning_up_a_multi_handle_ends_its_transfers_only),
		T(test_curl_easy_options_are_read_when_the_multi_handle_runs_and_not_when_it_gets_the_handle),
		T(test_curl_easy_a_list_freed_after_the_next_was_set_is_not_looked_at_again),
		T(test_curl_easy_a_handle_that_leaves_before_the_first_run_never_started),
		T(test_curl_easy_only_what_was_begun_for_a_multi_handle_ends_when_it_is_taken_out),
		T(test_curl_easy_handles_begin_in_the_order_in_which_they_were_added),
		T(test_curl_easy_a_handle_that_waits_at_a_fork_waits_in_both_processes),
		T(test_curl_easy_connect_only_is_no_exchange),
		T(test_curl_easy_a_handle_used_again_is_a_new_exchange_each_time),
		T(test_curl_easy_a_transfer_that_is_open_when_gentap_goes_to_sleep_is_undone),
		T(test_curl_easy_an_open_transfer_stays_the_parents_after_fork),
	};

	return GT_TESTS(tests);
}
