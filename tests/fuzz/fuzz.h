/*
 * Included by all fuzz targets. The first bytes of an input are decisions, such as the lengths of pieces. The rest is
 * data for the code under test. Its heap block has exactly its size, so that ASan detects a read beyond the end.
 */
#ifndef GT_FUZZ_H
#define GT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/base/steps.h"

/* Checks an invariant. Aborts when it does not hold: libFuzzer then saves the input. */
#define FUZZ_CHECK(x)                                                                   \
	do {                                                                            \
		if (!(x)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                        \
		}                                                                       \
	} while (0)

#define FUZZ_TEXT_MAX (1u << 20) /* bytes of a text that is spelled out */

/* Checks that the loops over foreign text took at most `most` steps a byte since `before` (exporter/base/steps.h). */
#define FUZZ_WORK(before, len, most) FUZZ_CHECK(gt_steps - (before) <= (most) * ((uint64_t)(len) + 1000))

struct fuzz_input {
	const uint8_t *script; /* borrowed; decisions, repeated when they are used up */
	size_t script_len, at;
	uint64_t mixed; /* state that varies the repeated decisions */
	char *data;	/* owned */
	size_t len;
};

/* The first byte, modulo 32, is the number of decisions that follow it. Borrows `p`. Free with fuzz_input_free. */
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

/* The next decision: 0 to n - 1. The first pass over the script uses its bytes unmixed, so that seeds can be written by
 * hand. */
static inline size_t fuzz_below(struct fuzz_input *in, size_t n)
{
	uint64_t v = in->script_len ? in->script[in->at % in->script_len] : 0;

	if (in->at++ >= in->script_len) {
		in->mixed = (in->mixed ^ v) * 0xbf58476d1ce4e5b9ULL;
		v = in->mixed >> 33;
	}
	return n ? (size_t)(v % n) : 0;
}

/* Gives a malloc'd copy of exactly `len` bytes (1 if `len` is 0). */
static inline char *fuzz_copy(const char *p, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (len)
		memcpy(copy, p, len);
	return copy;
}

/* The length of the next piece of `left` bytes: usually at most 7. All of them when `cut` is NULL. */
static inline size_t fuzz_piece(struct fuzz_input *cut, size_t left)
{
	size_t n = !cut ? left : fuzz_below(cut, 4) ? 1 + fuzz_below(cut, 7) : 1 + fuzz_below(cut, left);

	return n < left ? n : left;
}

/* Replaces every byte above 0x7f with a word. Otherwise the mutator would destroy most inputs whose grammar has long
 * words. The result is at most `max` bytes long, except that the last word may exceed the limit. */
static inline void fuzz_spell_out(struct fuzz_input *in, const char *const words[], size_t n, size_t max)
{
	size_t len = 0, room = 0;
	char *out = NULL;

	for (size_t i = 0; i < in->len && len < max; i++) {
		unsigned char c = (unsigned char)in->data[i];
		const char *from = c < 0x80 ? &in->data[i] : words[(c & 0x7f) % n];
		size_t add = c < 0x80 ? 1 : strlen(from);

		if (len + add > room) {
			room = 2 * (len + add);
			out = realloc(out, room);
		}
		memcpy(out + len, from, add);
		len += add;
	}
	free(in->data);
	in->data = fuzz_copy(out, len);
	in->len = len;
	free(out);
}

/* A record of what a run did, to compare two runs. */
struct fuzz_text {
	char *p; /* owned */
	size_t len, room;
};

static inline void fuzz_say(struct fuzz_text *t, const char *p, size_t len)
{
	if (t->len + len + 1 > t->room) {
		t->room = 2 * (t->len + len) + 64;
		t->p = realloc(t->p, t->room);
	}
	if (len)
		memcpy(t->p + t->len, p, len);
	t->len += len;
}

static inline void fuzz_say_int(struct fuzz_text *t, long long v)
{
	char text[32];

	fuzz_say(t, text, (size_t)snprintf(text, sizeof(text), "%lld\n", v));
}

static inline void fuzz_text_free(struct fuzz_text *t)
{
	free(t->p);
	*t = (struct fuzz_text){ 0 };
}

/* Prints both and aborts when they differ. */
static inline void fuzz_same(const struct fuzz_text *a, const struct fuzz_text *b)
{
	if (a->len == b->len && (!a->len || !memcmp(a->p, b->p, a->len)))
		return;
	fprintf(stderr, "not the same:\n---- whole\n%.*s\n---- cut\n%.*s\n", (int)a->len, a->p ? a->p : "", (int)b->len,
		b->p ? b->p : "");
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#endif
