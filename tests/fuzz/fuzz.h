/*
 * For all fuzz targets: the first bytes of an input are decisions, the rest is what is fed to the code under test, copied to
 * memory of just its size so that the sanitizer sees a read beyond it.
 */
#ifndef GT_FUZZ_H
#define GT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An invariant. A finding must end the process. */
#define FUZZ_CHECK(x)                                                                 \
	do {                                                                          \
		if (!(x)) {                                                           \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                      \
		}                                                                     \
	} while (0)

struct fuzz_input {
	const uint8_t *script; /* decisions, used round and round */
	size_t script_len, at;
	uint64_t mixed;
	char *data; /* owned */
	size_t len;
};

/* The first byte is the number of decisions that follow it. */
static inline struct fuzz_input fuzz_input_of(const uint8_t *p, size_t len)
{
	struct fuzz_input in = { .script = p + 1, .script_len = len ? p[0] % 32 : 0, .mixed = 0x9e3779b97f4a7c15ULL };

	if (in.script_len + 1 > len)
		in.script_len = len ? len - 1 : 0;
	in.len = len ? len - 1 - in.script_len : 0;
	in.data = malloc(in.len ? in.len : 1);
	if (in.len)
		memcpy(in.data, p + 1 + in.script_len, in.len);
	return in;
}

static inline void fuzz_input_free(struct fuzz_input *in)
{
	free(in->data);
}

/* The next decision: 0 to n - 1. The first round takes the bytes as they are, so that a corpus can be written by hand. */
static inline size_t fuzz_below(struct fuzz_input *in, size_t n)
{
	uint64_t v = in->script_len ? in->script[in->at % in->script_len] : 0;

	if (in->at++ >= in->script_len) {
		in->mixed = (in->mixed ^ v) * 0xbf58476d1ce4e5b9ULL;
		v = in->mixed >> 17;
	}
	return n ? (size_t)(v % n) : 0;
}

/* A piece that is a copy of its own. */
static inline char *fuzz_copy(const char *p, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (len)
		memcpy(copy, p, len);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#endif
