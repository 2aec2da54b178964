/* OpenSSL's method tables: two layouts, damaged tables, and those of the installed library. */
#include "support/test.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include "shim/ssl_tables.h"

enum { WORDS = 34, CODE = 0x700000, NEVER = CODE + 0xf00, PAGE = 4096 };

/* version and mask of the tables, each for both roles, a server and a client */
static const uint64_t versions[][2] = {
	{ 0x10000, 0 }, { 0x304, 1 << 29 }, { 0x303, 1 << 27 }, { 0x302, 1 << 28 }, { 0x301, 1 << 26 }
};

#define N_TABLES (3 * GT_ROWS(versions))

static uint64_t memory[1 + N_TABLES * WORDS];
static struct gt_image image;
static struct gt_ssl_known known;
static struct gt_ssl_tables found;

static uint64_t *table(size_t n)
{
	return memory + 1 + n * WORDS;
}

/* Tables whose `accept` is in that slot. */
static void lay_out(size_t accept)
{
	uintptr_t start = (uintptr_t)memory;

	memset(memory, 0, sizeof(memory));
	for (size_t n = 0; n < N_TABLES; n++) {
		uint64_t *t = table(n);

		t[0] = versions[n / 3][0];
		t[1] = versions[n / 3][1];
		for (size_t i = 2; i < 30; i++)
			t[i] = CODE + 16 * i;
		if (n % 3 == 1)
			t[accept + 1] = NEVER;
		if (n % 3 == 2)
			t[accept] = NEVER;
	}
	image = (struct gt_image){ .n = 2, .page = PAGE };
	image.parts[0] = (struct gt_image_part){ CODE, CODE + 0x1000, PROT_READ | PROT_EXEC };
	image.parts[1] = (struct gt_image_part){ start, start + sizeof(memory), PROT_READ };
	known = (struct gt_ssl_known){ .any = (uintptr_t)table(0),
				       .server = (uintptr_t)table(1),
				       .client = (uintptr_t)table(2) };
}

static void assert_found(size_t accept, unsigned of_free, unsigned renew)
{
	lay_out(accept);
	assert_null(gt_ssl_tables_find(&found, &image, &known));
	assert_int_equal(found.n, N_TABLES);
	for (size_t n = 0; n < found.n; n++)
		assert_int_equal(found.tables[n], (uintptr_t)table(n));
	assert_int_equal(found.at[GT_SSL_READ], accept + 2);
	assert_int_equal(found.at[GT_SSL_WRITE], accept + 4);
	assert_int_equal(found.at[GT_SSL_FREE], of_free);
	assert_int_equal(found.at[GT_SSL_RENEW], renew);
	assert_int_equal(found.functions[GT_SSL_WRITE], CODE + 16 * (accept + 4));
}

static void test_ssl_tables_of_both_layouts_are_found(void **state)
{
	(void)state;
	assert_found(5, 4, 3);
	assert_found(8, 3, 4);
}

static void test_ssl_tables_exported_functions_must_be_those_in_the_slots(void **state)
{
	(void)state;
	lay_out(8);
	known.read = CODE + 16 * 10;
	known.write = CODE + 16 * 12;
	assert_null(gt_ssl_tables_find(&found, &image, &known));
	known.write++;
	assert_non_null(gt_ssl_tables_find(&found, &image, &known));
}

static void test_ssl_tables_that_are_not_as_expected_are_refused(void **state)
{
	static const struct {
		const char *why;
		size_t table, slot;
		uint64_t value;
	} rows[] = {
		{ "another version", 0, 0, 0x303 },
		{ "a mask", 0, 1, 1 },
		{ "flags", 2, 0, 0x1000010000 },
		{ "another difference", 1, 3, CODE + 0x800 },
		{ "no difference", 2, 8, CODE + 16 * 8 },
		{ "both cannot accept", 1, 8, NEVER },
		{ "another function that is never called", 1, 9, CODE + 0xe00 },
		{ "a function outside the object", 0, 5, 0x1234 },
		{ "no function", 0, 11, 0 },
		{ "no client's TLS 1.3", 5, 10, CODE + 0x900 },
		{ "no server's TLS 1.3", 4, 12, CODE + 0x900 },
		{ "no client's TLS 1.2", 8, 3, CODE + 0x900 },
		{ "another version than TLS 1.2", 8, 0, 0xfefd },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		lay_out(8);
		table(rows[i].table)[rows[i].slot] = rows[i].value;
		if (!gt_ssl_tables_find(&found, &image, &known))
			fail_msg("not refused: %s", rows[i].why);
	}
	for (size_t accept = 2; accept < 14; accept++) {
		lay_out(accept);
		assert_int_equal(!gt_ssl_tables_find(&found, &image, &known), accept == 5 || accept == 8);
	}
}

static void test_ssl_tables_a_function_in_two_slots_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < N_TABLES; n++) {
		if (!n)
			lay_out(8);
		table(n)[10] = CODE + 16 * 11; /* SSL_read's is SSL_peek's */
	}
	assert_non_null(gt_ssl_tables_find(&found, &image, &known));
}

static void test_ssl_tables_addresses_out_of_the_memory_are_refused(void **state)
{
	uintptr_t bad[] = { 0,
			    8,
			    (uintptr_t)memory - 8,
			    (uintptr_t)(memory + GT_ROWS(memory)) - 8,
			    (uintptr_t)table(0) + 1,
			    CODE,
			    UINTPTR_MAX - 7 };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bad); i++) {
		for (int which = 0; which < 3; which++) {
			lay_out(8);
			*(which == 0 ? &known.any : which == 1 ? &known.client : &known.server) = bad[i];
			assert_non_null(gt_ssl_tables_find(&found, &image, &known));
		}
	}
}

/* The same table three times, tables that are not all in one segment, more tables than there can be. */
static void test_ssl_tables_odd_places_are_refused(void **state)
{
	static uint64_t many[WORDS * (GT_SSL_TABLES_MAX + 1)];

	(void)state;
	lay_out(8);
	known.client = known.server = known.any;
	assert_non_null(gt_ssl_tables_find(&found, &image, &known));

	lay_out(8);
	image.parts[1].end = (uintptr_t)table(1);
	image.parts[2] = (struct gt_image_part){ (uintptr_t)table(1), (uintptr_t)(memory + GT_ROWS(memory)), PROT_READ };
	image.n = 3;
	assert_non_null(gt_ssl_tables_find(&found, &image, &known));

	lay_out(8);
	for (size_t n = 0; n <= GT_SSL_TABLES_MAX; n++)
		memcpy(many + n * WORDS, table(n % N_TABLES), WORDS * sizeof(many[0]));
	image.parts[1] = (struct gt_image_part){ (uintptr_t)many, (uintptr_t)(many + GT_ROWS(many)), PROT_READ };
	known = (struct gt_ssl_known){ .any = (uintptr_t)many,
				       .server = (uintptr_t)(many + WORDS),
				       .client = (uintptr_t)(many + 2 * WORDS) };
	assert_non_null(gt_ssl_tables_find(&found, &image, &known));
}

/* ---------------------------------------------------------------- a copy that exports nothing */

static const char *search(bool *has_some)
{
	return gt_ssl_tables_search(&found, &image, &image.parts[1], has_some);
}

static void test_ssl_tables_without_names_are_found_in_any_order(void **state)
{
	static const size_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	uint64_t kept[3][WORDS];
	bool has_some;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(orders); i++) {
		lay_out(i % 2 ? 5 : 8);
		memcpy(kept, table(0), sizeof(kept));
		for (size_t n = 0; n < 3; n++)
			memcpy(table(n), kept[orders[i][n]], sizeof(kept[0]));
		assert_null(search(&has_some));
		assert_true(has_some);
		assert_int_equal(found.n, N_TABLES);
		assert_int_equal(found.at[GT_SSL_WRITE], i % 2 ? 9 : 12);
	}
}

static void test_ssl_tables_without_names_are_refused_unless_three_belong_together(void **state)
{
	bool has_some;

	(void)state;
	lay_out(8);
	table(0)[0] = 0x305; /* only two are left */
	assert_non_null(search(&has_some));
	assert_true(has_some);

	lay_out(8);
	memcpy(table(14), table(0), WORDS * sizeof(memory[0])); /* a fourth */
	assert_non_null(search(&has_some));
	assert_true(has_some);

	lay_out(8);
	table(1)[9] = CODE + 0xe00; /* a server may connect */
	assert_non_null(search(&has_some));

	lay_out(8);
	for (size_t n = 0; n < 3; n++)
		table(n)[3] = 1; /* no function: something else */
	assert_non_null(search(&has_some));
	assert_false(has_some);
}

static void test_ssl_tables_the_search_stays_within_its_bytes(void **state)
{
	struct gt_image_part bytes;
	bool has_some;

	(void)state;
	lay_out(8);
	for (size_t cut = 0; cut < 20 * sizeof(memory[0]); cut++) {
		bytes = image.parts[1];
		bytes.end = bytes.start + cut;
		gt_ssl_tables_search(&found, &image, &bytes, &has_some);
		assert_int_equal(has_some, cut >= 17 * sizeof(memory[0]));
	}
	bytes = (struct gt_image_part){ (uintptr_t)memory - 4096, (uintptr_t)memory + 4096,
					0 }; /* not all of it is the object's */
	gt_ssl_tables_search(&found, &image, &bytes, &has_some);
	assert_false(has_some);
}

/* ---------------------------------------------------------------- the installed library */

static int read_image(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	if (!strstr(info->dlpi_name, data))
		return 0;
	return gt_image_read(&image, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr, PAGE, NULL);
}

static uintptr_t returned_by(void *lib, const char *name)
{
	const void *(*f)(void);

	*(void **)&f = dlsym(lib, name);
	assert_int_equal(gt_image_function(&image, name), (uintptr_t)f);
	return (uintptr_t)f();
}

static void test_ssl_tables_of_the_installed_openssl_are_found(void **state)
{
	void *lib = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
	static struct gt_ssl_tables searched;
	struct gt_image_part relro;
	bool has_some;

	(void)state;
	if (!lib)
		skip();
	assert_true(dl_iterate_phdr(read_image, "libssl.so.3"));
	known = (struct gt_ssl_known){ .any = returned_by(lib, "TLS_method"),
				       .client = returned_by(lib, "TLS_client_method"),
				       .server = returned_by(lib, "TLS_server_method") };
	assert_null(gt_ssl_tables_find(&found, &image, &known));
	assert_in_range(found.n, 9, GT_SSL_TABLES_MAX);
	for (int s = 0; s < GT_SSL_SLOTS; s++)
		assert_true(gt_image_is_code(&image, found.functions[s]));
	assert_int_equal(gt_image_protection(&image, known.any), PROT_READ); /* constants with addresses: RELRO */
	assert_int_equal(gt_image_protection(&image, found.functions[0]), PROT_READ | PROT_EXEC);
	assert_int_equal(gt_image_function(&image, "no_such_function"), 0);
	assert_int_equal(gt_image_function(&image, "BIO_read"), 0); /* it only refers to it */
	relro = (struct gt_image_part){ image.relro_start, image.relro_end, 0 };
	for (size_t i = 0; i < image.n; i++)
		if (image.relro_start <= image.parts[i].start && image.relro_end > image.parts[i].start)
			relro.start = image.parts[i].start;
	assert_null(gt_ssl_tables_search(&searched, &image, &relro, &has_some));
	assert_memory_equal(&searched, &found, sizeof(found));
	dlclose(lib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_ssl_tables_of_both_layouts_are_found),
		GT_TEST(test_ssl_tables_exported_functions_must_be_those_in_the_slots),
		GT_TEST(test_ssl_tables_that_are_not_as_expected_are_refused),
		GT_TEST(test_ssl_tables_a_function_in_two_slots_is_refused),
		GT_TEST(test_ssl_tables_addresses_out_of_the_memory_are_refused),
		GT_TEST(test_ssl_tables_odd_places_are_refused),
		GT_TEST(test_ssl_tables_without_names_are_found_in_any_order),
		GT_TEST(test_ssl_tables_without_names_are_refused_unless_three_belong_together),
		GT_TEST(test_ssl_tables_the_search_stays_within_its_bytes),
		GT_TEST(test_ssl_tables_of_the_installed_openssl_are_found),
	};

	return GT_TESTS(tests);
}
