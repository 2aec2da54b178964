#include "support/test.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <time.h>

#include "shim/shared/clock.h"
#include "shim/shared/gate.h"
#include "shim/shared/vdso.h"

#if defined(__x86_64__)
#define NAME "__vdso_clock_gettime"
#else
#define NAME "__kernel_clock_gettime"
#endif
#define COPY_SIZE 65536

static const void *image(void)
{
	const void *at = (const void *)getauxval(AT_SYSINFO_EHDR);

	if (!at)
		skip(); /* some tools hide it */
	return at;
}

static void test_vdso_finds_a_function_by_its_whole_name(void **state)
{
	const char *at = image(), *f = gt_vdso_find(at, NAME);

	(void)state;
	assert_true(f > at && f < at + COPY_SIZE);
	assert_null(gt_vdso_find(at, "clock_gettime_"));
	assert_null(gt_vdso_find(at, ""));
	assert_null(gt_vdso_find(NULL, NAME));
}

/* Hides a table of the image; false when it has no such table. */
static bool hide(char *copy, int tag)
{
	const ElfW(Ehdr) *ehdr = (const void *)copy;
	const ElfW(Phdr) *phdr = (const void *)(copy + ehdr->e_phoff);

	for (int i = 0; i < ehdr->e_phnum; i++) {
		ElfW(Dyn) *d = (void *)(copy + phdr[i].p_offset);

		for (; phdr[i].p_type == PT_DYNAMIC && d->d_tag != DT_NULL; d++) {
			if (d->d_tag == tag) {
				d->d_tag = DT_DEBUG;
				return true;
			}
		}
	}
	return false;
}

/* A kernel has DT_HASH, DT_GNU_HASH, or both. */
static void test_vdso_either_hash_table_is_enough(void **state)
{
	static const int tags[] = { DT_HASH, DT_GNU_HASH };
	static char copy[COPY_SIZE];
	const ElfW(Ehdr) *ehdr = image();
	size_t size = ehdr->e_shoff + (size_t)ehdr->e_shnum * ehdr->e_shentsize;

	(void)state;
	assert_in_range(size, sizeof(*ehdr), sizeof(copy));
	for (size_t i = 0; i < GT_ROWS(tags); i++) {
		memcpy(copy, ehdr, size);
		if (!hide(copy, tags[i]))
			continue; /* the kernel lacks this table */
		memcpy(copy, ehdr, size);
		hide(copy, tags[!i]);
		assert_ptr_equal((const char *)gt_vdso_find(copy, NAME) - copy,
				 (const char *)gt_vdso_find(ehdr, NAME) - (const char *)ehdr);
	}
	memcpy(copy, ehdr, size);
	hide(copy, tags[0]);
	hide(copy, tags[1]);
	assert_null(gt_vdso_find(copy, NAME));
}

static void test_clock_is_the_kernels(void **state)
{
	struct timespec before, after;
	int64_t now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	now = gt_mono_now().ns;
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(now >= before.tv_sec * GT_NS_PER_S + before.tv_nsec && now <= after.tv_sec * GT_NS_PER_S + after.tv_nsec);
	clock_gettime(CLOCK_REALTIME, &before);
	assert_in_range(gt_wall_now().unix_ns / GT_NS_PER_S, before.tv_sec, before.tv_sec + 60);
	assert_true(gt_clock_read(12345, &before) < 0);
}

static int64_t coarse_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * GT_NS_PER_S + t.tv_nsec;
}

/* Some vDSOs make the system call, which ends the process under such a filter. */
static void test_clock_that_a_filter_forbids_is_the_coarse_one(void **state)
{
	static struct gt_gate gate; /* the process keeps it */
	int64_t before, now, after;

	(void)state;
	image();
	gt_gate_share(&gate);
	gt_gate_filter(GT_SIDE_APP, NULL, 0);
	for (int i = 0; i < 1000; i++) {
		before = coarse_now();
		now = gt_mono_now().ns;
		after = coarse_now();
		assert_in_range(now, before, after);
	}
	assert_in_range(gt_wall_now().unix_ns / GT_NS_PER_S, time(NULL) - 1, time(NULL));
	gt_gate_share(&gt_gate_here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_vdso_finds_a_function_by_its_whole_name),
		GT_TEST(test_vdso_either_hash_table_is_enough),
		GT_TEST(test_clock_is_the_kernels),
		GT_TEST(test_clock_that_a_filter_forbids_is_the_coarse_one),
	};

	return GT_TESTS(tests);
}
