#include "support/test.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "shim/caller.h"
#include "shim/object.h"
#include "shim/resolved.h"

static const void *address(uintptr_t n)
{
	return (const void *)(0x7f0000000000 + n * 0x135);
}

static void *value(uintptr_t n)
{
	return (void *)(n * 16 + 8);
}

static void test_resolved_what_is_kept_is_found_by_address_and_number(void **state)
{
	(void)state;
	assert_null(gt_resolved(address(1), 0));
	gt_resolved_keep(address(1), 0, value(1));
	gt_resolved_keep(address(1), 1, value(2));
	assert_ptr_equal(gt_resolved(address(1), 0), value(1));
	assert_ptr_equal(gt_resolved(address(1), 1), value(2));
	assert_null(gt_resolved(address(2), 0));
	gt_resolved_keep(address(1), 0, value(3)); /* the latest counts */
	assert_ptr_equal(gt_resolved(address(1), 0), value(3));
}

static void test_resolved_the_table_grows(void **state)
{
	(void)state;
	for (uintptr_t i = 0; i < 20000; i++)
		gt_resolved_keep(address(i), 5, value(i));
	for (uintptr_t i = 0; i < 20000; i++)
		assert_ptr_equal(gt_resolved(address(i), 5), value(i));
}

/* More than fit: the table stays within its cap, and what it has is right. */
static void test_resolved_a_full_table_forgets_and_does_not_mix(void **state)
{
	size_t found = 0;

	(void)state;
	for (uintptr_t i = 0; i < 200000; i++)
		gt_resolved_keep(address(i), 6, value(i));
	for (uintptr_t i = 0; i < 200000; i++) {
		void *v = gt_resolved(address(i), 6);

		assert_true(!v || v == value(i));
		found += v != NULL;
	}
	assert_true(found > 30000);
	assert_true(gt_resolved_table->capacity <= 1 << 17);
}

static void test_resolved_after_an_unload_nothing_is_left(void **state)
{
	void *lib;

	(void)state;
	gt_resolved_check();
	gt_resolved_keep(address(1), 0, value(1));
	gt_resolved_check();
	assert_ptr_equal(gt_resolved(address(1), 0), value(1)); /* nothing was unloaded */
	lib = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		skip();
	gt_resolved_keep(address(1), 0, value(1));
	dlclose(lib);
	gt_resolved_check();
	assert_null(gt_resolved(address(1), 0));
}

static _Atomic bool is_over;
static _Atomic int wrong;

static void *reads(void *arg)
{
	(void)arg;
	while (!atomic_load(&is_over))
		for (uintptr_t i = 0; i < 3000; i++) {
			void *v = gt_resolved(address(i), 7);

			if (v && v != value(i))
				wrong++;
		}
	return NULL;
}

static void *keeps(void *arg)
{
	for (uintptr_t i = (uintptr_t)arg; i < 3000; i += 2)
		gt_resolved_keep(address(i), 7, value(i));
	return NULL;
}

static void test_resolved_threads_get_the_value_of_their_key(void **state)
{
	pthread_t t[4];

	(void)state;
	is_over = false;
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, reads, NULL);
	for (int round = 0; round < 20; round++) {
		for (uintptr_t i = 0; i < 2; i++)
			pthread_create(&t[2 + i], NULL, keeps, (void *)i);
		for (int i = 2; i < 4; i++)
			pthread_join(t[i], NULL);
	}
	is_over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(wrong, 0);
}

/* ---------------------------------------------------------------- objects and callers */

static void test_object_symbols_are_found_where_they_are_defined(void **state)
{
	void *const libc_write = dlsym(RTLD_NEXT, "write");
	struct gt_object libc = gt_object_of(libc_write), own = gt_object_of((void *)address);
	struct gt_dynamic d = gt_dynamic_of(libc.map);
	static const char *const there[] = { "write", "fopencookie", "malloc", "qsort" };

	(void)state;
	assert_non_null(libc.map);
	assert_true(gt_object_has(&libc, libc_write) && !gt_object_has(&own, libc_write));
	for (size_t i = 0; i < GT_ROWS(there); i++)
		assert_non_null(gt_dynamic_defines(&d, there[i]));
	assert_null(gt_dynamic_defines(&d, "curl_easy_perform"));
	assert_null(gt_dynamic_defines(&d, ""));
	assert_null(gt_object_of(&libc).map); /* the stack */
	gt_object_init();
	own = gt_object_of(libc_write);
	assert_ptr_equal(own.map, libc.map);
	assert_null(gt_object_of(&libc).map);
}

static void test_caller_libraries_of_the_layers_are_inner_and_others_are_not(void **state)
{
	void *curl = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL), *math = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

	(void)state;
	if (!curl || !math)
		skip();
	assert_true(gt_caller_is_inner(dlsym(curl, "curl_easy_setopt")));
	assert_true(gt_caller_is_inner(dlsym(curl, "SSL_new")));
	assert_true(gt_caller_is_inner(dlsym(curl, "BIO_new")));
	assert_false(gt_caller_is_inner(dlsym(math, "floor")));
	assert_false(gt_caller_is_inner((const void *)0x1000)); /* in no object */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolved_what_is_kept_is_found_by_address_and_number),
		cmocka_unit_test(test_resolved_the_table_grows),
		cmocka_unit_test(test_resolved_after_an_unload_nothing_is_left),
		cmocka_unit_test(test_resolved_threads_get_the_value_of_their_key),
		cmocka_unit_test(test_object_symbols_are_found_where_they_are_defined),
		cmocka_unit_test(test_caller_libraries_of_the_layers_are_inner_and_others_are_not),
		cmocka_unit_test(test_resolved_a_full_table_forgets_and_does_not_mix),
	};

	return GT_TESTS(tests);
}
