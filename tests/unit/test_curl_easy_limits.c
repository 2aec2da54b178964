/* A hand-off without room, and failing allocations. */
#include "support/fail_nth.h"
#include "support/fake_curl.h"
#include "support/full_pool.h"
#include "support/test.h"

#include "shim/curl_transfer.h"
#include "shim/handoff.h"

static void test_curl_easy_with_the_hand_off_full_the_handle_is_left_alone(void **state)
{
	struct slist list = { "X-A: 1", NULL };
	int calls;

	(void)state;
	gt_app_post();
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
	calls = gt_app.f.calls;
	gt_pool_fill();
	assert_false(gt_easy_begin(gt_app.e, NULL));
	assert_int_equal(gt_app.f.calls, calls);
	gt_pool_empty();
	assert_true(gt_easy_begin(gt_app.e, NULL));
	gt_easy_finish(gt_app.e, 0);
}

static void test_curl_easy_response_bytes_without_room_are_reported_as_a_gap(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_app.f.status = 200;
	gt_fake_deliver(&gt_app.f, "one");
	gt_pool_fill();
	gt_fake_deliver(&gt_app.f, "two");
	gt_pool_empty();
	gt_fake_deliver(&gt_app.f, "three");
	gt_pool_fill();
	gt_fake_deliver(&gt_app.f, "four");
	assert_string_equal(gt_app.body.text, "onetwothreefour");
	gt_pool_empty();
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE GAP RESPONSE GAP END");
	assert_str(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0), "onethree");
}

/* libcurl delivers up to 16 KiB at once, a little more than fits into one event. */
static void test_curl_easy_of_response_bytes_that_find_room_in_part_the_rest_is_reported_as_a_gap(void **state)
{
	static char chunk[64 << 20]; /* more than the pool has */
	struct gt_gap gap;

	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_app.f.status = 200;
	gt_fake_deliver(&gt_app.f, "x");
	gt_app.body.answer = sizeof(chunk);
	gt_app.f.write(chunk, 1, sizeof(chunk), gt_app.f.out);
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE GAP END");
	memcpy(&gap, gt_reported_nth(&gt_app.reported, GT_EVENT_GAP, 0)->data.p, sizeof(gap));
	assert_true(gap.bytes > 0);
	assert_int_equal(gt_reported_bytes(&gt_app.reported, GT_EVENT_RESPONSE, 0).len, 1 + sizeof(chunk) - gap.bytes);
}

static void test_curl_easy_the_end_is_reported_also_when_the_hand_off_is_full(void **state)
{
	(void)state;
	gt_app_post();
	gt_easy_begin(gt_app.e, NULL);
	gt_pool_fill();
	gt_easy_finish(gt_app.e, 0);
	assert_reported("BEGIN REQUEST_HEAD REQUEST END");
	gt_pool_empty();
}

static void test_curl_easy_nothing_leaks_from_the_pool(void **state)
{
	(void)state;
	gt_app_fresh(1);
	for (int i = 0; i < 2000; i++) {
		gt_easy_created(&gt_app.f, NULL); /* also when no hook saw the cleanup of the last handle, during a transfer */
		gt_app.e = gt_easy_find(&gt_app.f);
		gt_fake_reset(&gt_app.f);
		gt_app_post();
		assert_true(gt_easy_begin(gt_app.e, NULL));
		gt_easy_cancel(gt_app.e);
		assert_true(gt_easy_begin(gt_app.e, NULL));
		gt_reported_free(&gt_app.reported);
		gt_reported_take(&gt_app.reported);
	}
}

/* A write function without asserts, which cannot run while allocations fail. */
static size_t ignore(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	(void)user;
	return size * n;
}

static void test_curl_easy_any_allocation_may_fail(void **state)
{
	struct slist list = { "X-A: 1", NULL };

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++) {
		gt_easy_created(&gt_app.f, NULL);
		gt_app.e = gt_easy_find(&gt_app.f);
		gt_fake_reset(&gt_app.f);
		if (gt_app.e) {
			bool begun;

			gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
			gt_app_set_pointer(&gt_app.f, GT_CURLOPT_HTTPHEADER, &list);
			gt_app_set_pointer(&gt_app.f, GT_CURLOPT_COPYPOSTFIELDS, BODY);
			gt_app_set_pointer(&gt_app.f, GT_CURLOPT_WRITEFUNCTION, (void *)ignore);
			begun = gt_easy_begin(gt_app.e, NULL);
			gt_fake_deliver(&gt_app.f, "x");
			gt_app.g = gt_app.f;
			gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
			if (begun)
				gt_easy_finish(gt_app.e, 0);
		}
		gt_fail_none();
		if (gt_app.e) {
			assert_ptr_equal(gt_app.f.headers, &list);
			assert_ptr_equal(gt_app.f.write, ignore);
		}
		gt_reported_take(&gt_app.reported);
		gt_easy_forget(&gt_app.g);
	}
	gt_fail_none();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_easy_with_the_hand_off_full_the_handle_is_left_alone),
		T(test_curl_easy_response_bytes_without_room_are_reported_as_a_gap),
		T(test_curl_easy_of_response_bytes_that_find_room_in_part_the_rest_is_reported_as_a_gap),
		T(test_curl_easy_the_end_is_reported_also_when_the_hand_off_is_full),
		T(test_curl_easy_nothing_leaks_from_the_pool),
		T(test_curl_easy_any_allocation_may_fail),
	};

	return GT_TESTS(tests);
}
