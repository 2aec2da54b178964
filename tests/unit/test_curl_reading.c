/* The request body that libcurl reads: from a function of the application, or from a FILE. */
#include "support/fake_curl.h"
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "shim/curl_transfer.h"
#include "shim/guard.h"

#define TEXT "{\"model\":\"m\",\"input\":\"twenty\"}"

static FILE *file_with(const char *text)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fputs(text, f);
	rewind(f);
	return f;
}

static void begin_upload(void *read, void *data)
{
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_URL, URL);
	gt_app_set_number(&gt_app.f, GT_CURLOPT_POST, 1);
	if (read)
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READFUNCTION, read);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READDATA, data);
	assert_true(gt_easy_begin(gt_app.e, NULL));
}

static size_t pull(char *buf, size_t len)
{
	return gt_app.f.read(buf, 1, len, gt_app.f.in);
}

static struct gt_str reported(void)
{
	return gt_reported_bytes(&gt_app.reported, GT_EVENT_REQUEST, 0);
}

/* libcurl compares its read function with fread, and rewinds the FILE itself. */
static void test_curl_reading_of_a_file_leaves_fread_and_can_be_rewound(void **state)
{
	static void *const functions[] = { NULL, (void *)fread };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(functions); i++) {
		FILE *f = file_with(TEXT);
		char buf[64] = "";

		gt_app_fresh(1 << 20);
		begin_upload(functions[i], f);
		assert_ptr_equal(gt_app.f.read, fread);
		assert_int_equal(pull(buf, 10), 10);
		assert_int_equal(ftell(f), 10); /* not a byte more than libcurl took */
		assert_int_equal(fseek(gt_app.f.in, 0, SEEK_SET), 0);
		assert_int_equal(pull(buf, sizeof(buf)), strlen(TEXT));
		assert_memory_equal(buf, TEXT, strlen(TEXT));
		assert_int_equal(pull(buf, sizeof(buf)), 0);
		assert_int_equal(fseek(gt_app.f.in, 0, SEEK_SET), 0);
		assert_int_equal(pull(buf, sizeof(buf)), strlen(TEXT)); /* the end is not remembered */
		gt_easy_finish(gt_app.e, 0);
		assert_str(reported(), TEXT);
		assert_ptr_equal(gt_app.f.read, fread);
		assert_ptr_equal(gt_app.f.in, f);
		fclose(f);
	}
}

/* What is read from a pipe or a terminal must not be asked for again at its end. */
static void test_curl_reading_of_a_file_asks_once_at_its_end(void **state)
{
	char buf[8192];
	int ends[2];
	FILE *f;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	f = fdopen(ends[0], "r");
	assert_int_equal(write(ends[1], "abc", 3), 3);
	close(ends[1]);
	begin_upload(NULL, f);
	assert_int_equal(pull(buf, sizeof(buf)), 3);
	assert_int_equal(pull(buf, sizeof(buf)), 0);
	errno = 0;
	assert_int_equal(fseek(gt_app.f.in, 0, SEEK_SET), -1); /* as the pipe itself */
	assert_int_equal(errno, ESPIPE);
	gt_easy_finish(gt_app.e, 0);
	assert_str(reported(), "abc");
	fclose(f);
}

static int seeks;

static int seek_back(void *user, int64_t offset, int origin)
{
	seeks++;
	assert_int_equal(gt_self.depth & ~GT_DEPTH_BUSY, 0);
	return fseeko(user, offset, origin);
}

static int restart(void *easy, int command, void *user)
{
	seeks++;
	assert_ptr_equal(easy, &gt_app.f);
	assert_int_equal(command, CURLIOCMD_RESTARTREAD);
	rewind(user);
	return 0;
}

static size_t from_file(char *p, size_t size, size_t n, void *user)
{
	return fread(p, size, n, user);
}

static void test_curl_reading_bytes_that_come_again_are_reported_once(void **state)
{
	FILE *f = file_with(TEXT);
	char buf[64];

	(void)state;
	for (int by_ioctl = 0; by_ioctl < 2; by_ioctl++) {
		gt_app_fresh(1 << 20);
		seeks = 0;
		rewind(f);
		gt_app_set_pointer(&gt_app.f, by_ioctl ? GT_CURLOPT_IOCTLFUNCTION : GT_CURLOPT_SEEKFUNCTION,
				   by_ioctl ? (void *)restart : (void *)seek_back);
		gt_app_set_pointer(&gt_app.f, by_ioctl ? GT_CURLOPT_IOCTLDATA : GT_CURLOPT_SEEKDATA, f);
		begin_upload((void *)from_file, f);
		pull(buf, 7);
		if (by_ioctl)
			assert_int_equal(gt_app.f.ioctl(&gt_app.f, CURLIOCMD_RESTARTREAD, gt_app.f.ioctl_data), 0);
		else
			assert_int_equal(gt_app.f.seek(gt_app.f.seek_data, 0, SEEK_SET), 0);
		assert_int_equal(pull(buf, sizeof(buf)), strlen(TEXT));
		gt_easy_finish(gt_app.e, 0);
		assert_int_equal(seeks, 1);
		assert_str(reported(), TEXT);
		assert_ptr_equal(gt_app.f.seek, by_ioctl ? NULL : (void *)seek_back);
		assert_ptr_equal(gt_app.f.seek_data, by_ioctl ? NULL : f);
		assert_ptr_equal(gt_app.f.ioctl, by_ioctl ? (void *)restart : NULL);
		assert_ptr_equal(gt_app.f.ioctl_data, by_ioctl ? f : NULL);
	}
	fclose(f);
}

/* Without a way to rewind, none must appear: libcurl asks whether one is set. */
static void test_curl_reading_sets_no_seek_function_where_there_is_none(void **state)
{
	FILE *f = file_with(TEXT);

	(void)state;
	begin_upload((void *)from_file, f);
	assert_null(gt_app.f.seek);
	assert_null(gt_app.f.ioctl);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_SEEKFUNCTION, (void *)seek_back);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_SEEKDATA, f);
	assert_non_null(gt_app.f.seek);
	assert_int_equal(gt_app.f.seek(gt_app.f.seek_data, 0, SEEK_SET), 0);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_SEEKFUNCTION, NULL);
	assert_null(gt_app.f.seek);
	assert_ptr_equal(gt_app.f.seek_data, f);
	gt_easy_finish(gt_app.e, 0);
	assert_null(gt_app.f.seek);
	assert_ptr_equal(gt_app.f.seek_data, f);
	fclose(f);
}

/* libcurl takes function and data when the transfer begins; later values are for the next transfer. */
static void test_curl_reading_goes_on_from_where_the_transfer_began(void **state)
{
	FILE *f = file_with(TEXT), *g = file_with("other");
	char buf[64];

	(void)state;
	begin_upload((void *)from_file, f);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_READDATA, g);
	assert_int_equal(pull(buf, sizeof(buf)), strlen(TEXT));
	gt_easy_finish(gt_app.e, 0);
	assert_ptr_equal(gt_app.f.in, g);
	gt_easy_begin(gt_app.e, NULL);
	assert_int_equal(pull(buf, sizeof(buf)), 5);
	gt_easy_finish(gt_app.e, 0);
	fclose(f);
	fclose(g);
}

static void test_curl_reading_survives_a_reset_in_a_callback(void **state)
{
	FILE *f = file_with(TEXT);
	struct gt_fake_easy libcurls;
	char buf[64];

	(void)state;
	begin_upload(NULL, f);
	assert_int_equal(pull(buf, 10), 10);
	libcurls = gt_app.f; /* libcurl keeps what it took at the transfer's start */
	gt_fake_reset(&gt_app.f);
	gt_easy_was_reset(gt_app.e);
	assert_int_equal(libcurls.read(buf, 1, sizeof(buf), libcurls.in), strlen(TEXT) - 10);
	assert_memory_equal(buf, TEXT + 10, strlen(TEXT) - 10);
	fclose(f);
}

static void test_curl_reading_duplicates_get_the_applications_pointers(void **state)
{
	FILE *f = file_with(TEXT);

	(void)state;
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_SEEKFUNCTION, (void *)seek_back);
	gt_app_set_pointer(&gt_app.f, GT_CURLOPT_SEEKDATA, f);
	begin_upload((void *)from_file, f);
	gt_app.g = gt_app.f; /* as curl_easy_duphandle copies */
	gt_easy_note_duplicate(gt_app.e, &gt_app.g, NULL);
	assert_ptr_equal(gt_app.g.read, from_file);
	assert_ptr_equal(gt_app.g.in, f);
	assert_ptr_equal(gt_app.g.seek, seek_back);
	assert_ptr_equal(gt_app.g.seek_data, f);
	gt_easy_finish(gt_app.e, 0);
	fclose(f);
}

/* ---------------------------------------------------------------- lines and proxies */

static void test_curl_easy_lines_go_to_the_server_only(void **state)
{
	static struct slist plain = { "x: y", NULL }, trace = { "Traceparent: 00-1", NULL };
	static const struct {
		char *version;
		long opt; /* -1: not set */
		char *proxy;
		struct slist *proxy_lines;
		char *signature;
		bool added;
	} rows[] = {
		{ "libcurl/7.88.1 x", -1, NULL, NULL, NULL, true },
		{ "libcurl/7.88.1 x", -1, "http://p", NULL, NULL, true },
		{ "libcurl/7.88.1 x", 1, "http://p", NULL, NULL, true },
		{ "libcurl/7.88.1 x", 0, "http://p", NULL, NULL, false },
		{ "libcurl/7.88.1 x", 0, "", NULL, NULL, true },
		{ "libcurl/7.88.1 x", 0, NULL, NULL, NULL, true },
		{ "libcurl/7.88.1 x", 1, "http://p", &plain, NULL, true },
		{ "libcurl/7.88.1 x", 1, "http://p", &trace, NULL, false },
		{ "libcurl/7.88.1 x", 1, "", &trace, NULL, true },
		{ "libcurl/7.88.1 x", -1, NULL, NULL, "aws:amz", false },
		{ "libcurl/7.42.0 x", -1, "http://p", NULL, NULL, false },
		{ "libcurl/7.42.0 x", 1, "http://p", NULL, NULL, true },
		{ "libcurl/7.42.1-DEV", -1, "http://p", NULL, NULL, true },
		{ "libcurl/7.36.0", 1, "http://p", NULL, NULL, false },
		{ "libcurl/7.29.0 NSS/3", -1, "http://p", NULL, NULL, false },
		{ "libcurl/7.29.0 NSS/3", -1, NULL, NULL, NULL, true },
		{ "libcurl/8.20.0", -1, "http://p", NULL, NULL, true },
		{ "unknown", -1, "http://p", NULL, NULL, false },
	};

	(void)state;
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_app_fresh(1 << 20);
		gt_fake_version = rows[i].version;
		gt_app_post();
		if (rows[i].opt >= 0)
			gt_app_set_number(&gt_app.f, GT_CURLOPT_HEADEROPT, rows[i].opt);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_PROXY, rows[i].proxy);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_PROXYHEADER, rows[i].proxy_lines);
		gt_app_set_pointer(&gt_app.f, GT_CURLOPT_AWS_SIGV4, rows[i].signature);
		assert_true(gt_easy_begin(gt_app.e, NULL));
		assert_int_equal(gt_app.f.headers != NULL, rows[i].added);
		gt_easy_finish(gt_app.e, 0);
	}
}

static void test_curl_easy_proxies_of_the_environment_count(void **state)
{
	(void)state;
	setenv("ALL_PROXY", "socks5://p", 1);
	gt_app_post();
	gt_app_set_number(&gt_app.f, GT_CURLOPT_HEADEROPT, 0);
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_null(gt_app.f.headers);
	gt_easy_finish(gt_app.e, 0);
	unsetenv("ALL_PROXY");
	assert_true(gt_easy_begin(gt_app.e, NULL));
	assert_non_null(gt_app.f.headers);
	gt_easy_finish(gt_app.e, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_app_set_up, gt_app_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_curl_reading_of_a_file_leaves_fread_and_can_be_rewound),
		T(test_curl_reading_of_a_file_asks_once_at_its_end),
		T(test_curl_reading_bytes_that_come_again_are_reported_once),
		T(test_curl_reading_sets_no_seek_function_where_there_is_none),
		T(test_curl_reading_goes_on_from_where_the_transfer_began),
		T(test_curl_reading_survives_a_reset_in_a_callback),
		T(test_curl_reading_duplicates_get_the_applications_pointers),
		T(test_curl_easy_lines_go_to_the_server_only),
		T(test_curl_easy_proxies_of_the_environment_count),
	};

	return GT_TESTS(tests);
}
