#include "mask.h"

#include <stdbool.h>

#include "../shim/compiler.h"

#define LONG_WORD 24

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
	       c == '*' || c == '+' || c == '/' || c == '=';
}

static bool is_secret(struct gt_str word)
{
	static const struct gt_str prefixes[] = {
		{ "sk-", 3 },  { "sk_", 3 },   { "pk-", 3 },  { "gsk_", 4 },  { "hf_", 3 },   { "xai-", 4 }, { "AIza", 4 },
		{ "AKIA", 4 }, { "ASIA", 4 },  { "ghp_", 4 }, { "gho_", 4 },  { "glpat-", 6 }, { "eyJ", 3 },  { "r8_", 3 },
		{ "pplx-", 5 }, { "csk-", 4 }, { "nvapi-", 6 }, { "xoxb-", 5 }, { "ya29.", 5 },
	};
	bool digit = false, lower = false, upper = false;

	for (size_t i = 0; i < GT_COUNT_OF(prefixes); i++)
		if (word.len > prefixes[i].len + 4 && gt_str_starts(word, prefixes[i]))
			return true;
	if (word.len < LONG_WORD)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		digit |= word.p[i] >= '0' && word.p[i] <= '9';
		lower |= word.p[i] >= 'a' && word.p[i] <= 'z';
		upper |= word.p[i] >= 'A' && word.p[i] <= 'Z';
		if (word.p[i] == '/')
			return false; /* a path or a URL */
	}
	return digit && (lower || upper);
}

size_t gt_mask_secrets(struct gt_str in, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len && n < cap;) {
		struct gt_str word = gt_str_make(in.p + i, 0);

		while (i + word.len < in.len && is_word_char(word.p[word.len]))
			word.len++;
		if (!word.len) {
			out[n++] = in.p[i++];
			continue;
		}
		i += word.len;
		if (is_secret(word))
			word = GT_STR("***");
		if (word.len > cap - n)
			word.len = cap - n;
		memcpy(out + n, word.p, word.len);
		n += word.len;
	}
	return n;
}
