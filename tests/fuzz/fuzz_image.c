/*
 * Input: an object as it is mapped, with the ELF header at its start, and then seven words: the addresses that TLS_method and
 * its kind return, those of two functions, and a range of the object that holds addresses. Everything that is read must be
 * in the object.
 */
#include "fuzz.h"
#include "shim/image.h"
#include "shim/ssl_tables.h"

#define PAGE	     4096
#define KNOWN	     5
#define WORDS	     (KNOWN + 2)
#define ADDRESS_FROM 1024 /* smaller numbers are versions and the like */

static void look_up(const struct gt_image *i, const struct gt_image_part *whole)
{
	static const char *const names[] = { "SSL_write", "TLS_method", "a", "" };

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		uintptr_t at = gt_image_function(i, names[k]);

		FUZZ_CHECK(!at || (at >= whole->start && at < whole->end));
	}
}

static void find_tables(const struct gt_image *i, const uint32_t *at, const struct gt_image_part *whole)
{
	struct gt_ssl_known known;
	struct gt_ssl_tables t;
	bool has_some;

	for (size_t k = 0; k < i->n; k++)
		if (!gt_ssl_tables_search(&t, i, &i->parts[k], &has_some))
			FUZZ_CHECK(has_some && t.n >= 4 && t.n <= GT_SSL_TABLES_MAX);

	known = (struct gt_ssl_known){ i->base + at[0], i->base + at[1], i->base + at[2], at[3] ? i->base + at[3] : 0,
				       at[4] ? i->base + at[4] : 0 };
	if (gt_ssl_tables_find(&t, i, &known))
		return;
	FUZZ_CHECK(t.n >= 4 && t.n <= GT_SSL_TABLES_MAX);
	for (size_t k = 0; k < t.n; k++) {
		FUZZ_CHECK(t.tables[k] >= whole->start && t.tables[k] < whole->end && t.tables[k] % 8 == 0);
		FUZZ_CHECK(gt_image_protection(i, t.tables[k]) >= 0);
	}
}

/* As the loader does. */
static void relocate(char *p, size_t len, const uint32_t range[2])
{
	for (size_t at = range[0] & ~7U; at < range[1] && at + 8 <= len; at += 8) {
		uint64_t word;

		memcpy(&word, p + at, sizeof(word));
		if (word < ADDRESS_FROM || word >= len)
			continue;
		word += (uintptr_t)p;
		memcpy(p + at, &word, sizeof(word));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t words[WORDS];
	struct gt_image_part whole;
	struct gt_image i;
	ElfW(Ehdr) e;
	ElfW(Phdr) headers[32];
	char *p;

	if (len < sizeof(words) + sizeof(e))
		return 0;
	len -= sizeof(words);
	memcpy(words, data + len, sizeof(words));
	memcpy(&e, data, sizeof(e));
	if (e.e_phnum > 32 || e.e_phoff > len || e.e_phnum * sizeof(headers[0]) > len - e.e_phoff)
		return 0;
	memcpy(headers, data + e.e_phoff, e.e_phnum * sizeof(headers[0]));
	p = fuzz_copy((const char *)data, len);
	relocate(p, len, words + KNOWN);
	whole = (struct gt_image_part){ (uintptr_t)p, (uintptr_t)p + len, 0 };
	if (gt_image_read(&i, headers, e.e_phnum, (uintptr_t)p, PAGE, &whole)) {
		look_up(&i, &whole);
		find_tables(&i, words, &whole);
	}
	free(p);
	return 0;
}
