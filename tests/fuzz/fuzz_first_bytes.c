/*
 * The first bytes of any connection: a server's name is a slice of them, of few characters. A shorter input of the same
 * bytes has no other name.
 */
#include "fuzz.h"
#include "shim/first_bytes.h"

static struct gt_str name_of(const char *p, size_t len)
{
	struct gt_str host;

	FUZZ_CHECK(gt_first_bytes_read(p, len, &host) < GT_PROTOCOLS);
	FUZZ_CHECK(!host.len || (host.p >= p && host.p + host.len <= p + len && host.len < 254));
	for (size_t i = 0; i < host.len; i++)
		FUZZ_CHECK(strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_", gt_lower(host.p[i])) && host.p[i]);
	return host;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char *copy = fuzz_copy((const char *)p, len), *half = fuzz_copy((const char *)p, len / 2);
	struct gt_str all = name_of(copy, len), part = name_of(half, len / 2);

	FUZZ_CHECK(!part.len || gt_str_eq(part, all));
	free(copy);
	free(half);
	return 0;
}
