/* Input: an executable file. What is read of it ends in a NUL, and reading ends. */
#include "fuzz.h"
#include "shim/program_file.h"

struct source {
	struct gt_program_bytes bytes;
	const char *p;
	size_t len;
};

static size_t read_part(const struct gt_program_bytes *b, uint64_t offset, void *to, size_t len)
{
	const struct source *s = (const void *)b;

	if (offset >= s->len)
		return 0;
	if (len > s->len - offset)
		len = s->len - offset;
	memcpy(to, s->p + offset, len);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct source s = { { read_part }, fuzz_copy((const char *)data, len), len };
	struct gt_program p;

	gt_program_read(&p, &s.bytes);
	FUZZ_CHECK(memchr(p.interpreter, 0, sizeof(p.interpreter)));
	FUZZ_CHECK((p.kind == GT_PROGRAM_SCRIPT || p.kind == GT_PROGRAM_DYNAMIC) || !p.interpreter[0]);
	free((char *)s.p);
	return 0;
}
