/* A filter's program of any bytes ends within its bounds, and decides the same each time. The first 64 bytes are the
 * system call. */
#include "fuzz.h"
#include "shim/shared/bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct seccomp_data data = { 0 };
	size_t head = len < sizeof(data) ? len : sizeof(data), n;
	struct sock_filter *program;
	uint32_t verdict;

	memcpy(&data, p, head);
	n = (len - head) / sizeof(*program);
	program = (struct sock_filter *)fuzz_copy((const char *)p + head, n * sizeof(*program));
	verdict = gt_bpf_run(program, (uint32_t)n, &data);
	FUZZ_CHECK(verdict == gt_bpf_run(program, (uint32_t)n, &data));
	FUZZ_CHECK(n || verdict == 0x80000000u);
	free(program);
	return 0;
}
