/*
 * Input: where the text begins (4 bits), then a program: words of data and, from there on, text, at addresses from 0x1000
 * on. It is searched for BoringSSL's table, whole and in two overlapping pieces, with the same result. The same bytes are read
 * as definitions of versions, with the names at a place that the second byte names.
 */
#include "fuzz.h"
#include "shim/bun.h"

#define BASE 0x1000

struct program {
	struct gt_boring_code code; /* first */
	const uint8_t *text;
};

static size_t read_text(const struct gt_boring_code *code, uint64_t address, void *out, size_t len)
{
	const struct program *p = (const struct program *)code;

	FUZZ_CHECK(address >= code->start && address < code->end && len <= code->end - address);
	memcpy(out, p->text + (address - code->start), len);
	return len;
}

static void look_for_table(const char *bytes, size_t len, unsigned sixteenths)
{
	size_t data = len * sixteenths / 16 & ~(size_t)7, n = data / sizeof(uint64_t), half = n / 2;
	size_t whole, first, rest, overlap = sizeof(struct gt_boring_table) / sizeof(uint64_t) - 1, at = SIZE_MAX, other;
	struct program p = { .code = { BASE + data, BASE + len, read_text }, .text = (const uint8_t *)bytes + data };
	uint64_t *words = (uint64_t *)fuzz_copy(bytes, data);

	whole = gt_boring_find(&p.code, words, n, &at);
	FUZZ_CHECK(!whole || at + overlap < n);
	if (half > overlap) {
		first = gt_boring_find(&p.code, words, half, &other);
		rest = gt_boring_find(&p.code, words + half - overlap, n - half + overlap, &other);
		FUZZ_CHECK(whole == first + rest);
	}
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct gt_dynamic d = { 0 };
	char *bytes;

	if (len < 2)
		return 0;
	bytes = fuzz_copy((const char *)p + 2, len - 2);
	look_for_table(bytes, len - 2, p[0] % 16);
	d.end = bytes + len - 2;
	d.defined = (const void *)bytes;
	d.strings = bytes + (p[1] < len - 2 ? p[1] : len - 2);
	gt_bun_is(&d);
	free(bytes);
	return 0;
}
