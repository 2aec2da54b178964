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
#define FUZZ_CHECK(x)                                                                   \
	do {                                                                            \
		if (!(x)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                        \
		}                                                                       \
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

/* Length of the next piece of `left` bytes: mostly short. Without `cut`: all of them. */
static inline size_t fuzz_piece(struct fuzz_input *cut, size_t left)
{
	size_t n = !cut ? left : fuzz_below(cut, 4) ? 1 + fuzz_below(cut, 7) : 1 + fuzz_below(cut, left);

	return n < left ? n : left;
}

/* Puts a word in the place of every byte above 0x7f, or the mutator would destroy most inputs that have a long grammar. `max`
 * bounds what comes out, but for the last word. */
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

/* What a run did, written down so that two runs can be compared. */
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

/* Ends the process when they differ, and prints both. */
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
