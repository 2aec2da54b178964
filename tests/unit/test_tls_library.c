/* Which TLS library is in a file. */
#include "support/test.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "exporter/base/tls_library.h"

static void test_tls_library_is_known_by_its_texts(void **state)
{
	static const struct {
		const char *text;
		enum gt_tls_library which;
	} rows[] = {
		{ "", GT_TLS_UNKNOWN },
		{ "x", GT_TLS_UNKNOWN },
		{ "OpenSSL 3", GT_TLS_UNKNOWN },
		{ "OpenSSL 3.0.15 3 Sep 2024", GT_TLS_OPENSSL },
		{ "..OpenSSL 1.1.1w", GT_TLS_OPENSSL },
		{ "OpenSSL 3.0.0 (compatible; BoringSSL)", GT_TLS_BORINGSSL },
		{ "process.features.openSSLIsBoringSSL .. OpenSSL 3.5.8 25 Aug 2026", GT_TLS_OPENSSL },
		{ "uses BoringSSL", GT_TLS_BORINGSSL },
		{ "/registry/src/index/rustls-0.23.29/src/lib.rs OpenSSL 3.1", GT_TLS_RUSTLS },
		{ "Mbed TLS 3.6.0", GT_TLS_MBEDTLS },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(gt_tls_library_in(rows[i].text, strlen(rows[i].text)), rows[i].which);
}

/* A file with one segment of `len` bytes at `offset`, which has `text` at `at`. */
static void make(const char *path, uint64_t phoff, uint32_t flags, uint64_t offset, uint64_t len, uint64_t at, const char *text)
{
	ElfW(Ehdr) e = { .e_ident = ELFMAG, .e_phoff = phoff, .e_phentsize = sizeof(ElfW(Phdr)), .e_phnum = 1 };
	ElfW(Phdr) h = { .p_type = PT_LOAD, .p_flags = flags, .p_offset = offset, .p_filesz = len };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	e.e_ident[EI_CLASS] = ELFCLASS64;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &e, sizeof(e), 0), sizeof(e));
	assert_int_equal(pwrite(fd, &h, sizeof(h), sizeof(e)), sizeof(h));
	if (*text)
		assert_int_equal(pwrite(fd, text, strlen(text), (off_t)at), strlen(text));
	close(fd);
}

static void test_tls_library_of_a_file_wherever_its_text_is(void **state)
{
	static const char text[] = "rustls-0.23.29";
	char path[] = "/tmp/gentap-test-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (uint64_t at = 32 * 1024 - 20; at < 32 * 1024 + 20; at++) { /* across two reads */
		make(path, sizeof(ElfW(Ehdr)), PF_R, 4096, 65536, 4096 + at, text);
		assert_int_equal(gt_tls_library_of(path), GT_TLS_RUSTLS);
	}
	make(path, sizeof(ElfW(Ehdr)), PF_R | PF_X, 0, 65536, 5000, text);
	assert_int_equal(gt_tls_library_of(path), GT_TLS_RUSTLS); /* an old linker's */
	make(path, sizeof(ElfW(Ehdr)), PF_R | PF_W, 0, 65536, 5000, text);
	assert_int_equal(gt_tls_library_of(path), GT_TLS_UNKNOWN); /* data that the program has written itself */
	unlink(path);
}

static void test_tls_library_of_damaged_files_is_unknown(void **state)
{
	char path[] = "/tmp/gentap-test-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(gt_tls_library_of(path), GT_TLS_UNKNOWN);
	assert_int_equal(write(fd, "\177ELF", 4), 4);
	close(fd);
	assert_int_equal(gt_tls_library_of(path), GT_TLS_UNKNOWN);
	make(path, UINT64_MAX - 3, PF_R, 0, 1, 300, "OpenSSL 3.0");
	assert_int_equal(gt_tls_library_of(path), GT_TLS_UNKNOWN);
	make(path, sizeof(ElfW(Ehdr)), PF_R, UINT64_MAX - 5, UINT64_MAX, 300, "OpenSSL 3.0");
	assert_int_equal(gt_tls_library_of(path), GT_TLS_UNKNOWN);
	make(path, sizeof(ElfW(Ehdr)), PF_R, 0, UINT64_MAX, 300, "OpenSSL 3.0");
	assert_int_equal(gt_tls_library_of(path), GT_TLS_OPENSSL); /* as far as the file goes */
	unlink(path);
	assert_int_equal(gt_tls_library_of("/does/not/exist"), GT_TLS_UNKNOWN);
	assert_int_equal(gt_tls_library_of("/tmp"), GT_TLS_UNKNOWN);
}

static void test_tls_library_names(void **state)
{
	(void)state;
	for (int i = 1; i < GT_TLS_LIBRARIES; i++)
		assert_true(gt_tls_library_name((enum gt_tls_library)i)[0]);
	assert_string_equal(gt_tls_library_name(GT_TLS_UNKNOWN), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_tls_library_is_known_by_its_texts),
		GT_TEST(test_tls_library_of_a_file_wherever_its_text_is),
		GT_TEST(test_tls_library_of_damaged_files_is_unknown),
		GT_TEST(test_tls_library_names),
	};

	return GT_TESTS(tests);
}
