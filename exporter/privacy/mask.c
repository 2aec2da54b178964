#include "exporter/privacy/mask.h"

#include <stdbool.h>

#include "exporter/base/steps.h"
#include "shim/shared/compiler.h"

#define LONG_WORD 24
#define LONG_RUN  16 /* names of models and dates are short pieces joined by dashes; keys are not */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
	       c == '*' || c == '+' || c == '/' || c == '=';
}

static bool has_known_prefix(struct gt_str word)
{
	static const struct gt_str prefixes[] = {
		{ "sk-", 3 },	{ "sk_", 3 },  { "pk-", 3 },	{ "gsk_", 4 },	{ "hf_", 3 },	 { "xai-", 4 }, { "AIza", 4 },
		{ "AKIA", 4 },	{ "ASIA", 4 }, { "ghp_", 4 },	{ "gho_", 4 },	{ "glpat-", 6 }, { "eyJ", 3 },	{ "r8_", 3 },
		{ "pplx-", 5 }, { "csk-", 4 }, { "nvapi-", 6 }, { "xoxb-", 5 }, { "ya29.", 5 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(prefixes); i++)
		if (word.len > prefixes[i].len + 4 && gt_str_starts(word, prefixes[i]))
			return true;
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Some providers' keys look like 550e8400-e29b-41d4-a716-446655440000. */
static bool is_hex_with_dashes(struct gt_str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!is_digit(word.p[i]) && word.p[i] != '-' && (gt_lower(word.p[i]) < 'a' || gt_lower(word.p[i]) > 'f'))
			return false;
	return true;
}

static bool has_long_run(struct gt_str word)
{
	bool digit = false, letter = false;
	size_t run = 0;

	for (size_t i = 0; i < word.len; i++) {
		if (strchr("-_./=", word.p[i])) {
			digit = letter = false;
			run = 0;
			continue;
		}
		digit |= is_digit(word.p[i]);
		letter |= is_letter(word.p[i]);
		if (++run >= LONG_RUN && digit && letter)
			return true;
	}
	return false;
}

static bool is_secret(struct gt_str word)
{
	GT_STEPS(word.len);
	for (size_t i = 0; i < word.len; i++) /* key=sk-..., .../keys/sk-... */
		if ((!i || word.p[i - 1] == '=' || word.p[i - 1] == '/') && has_known_prefix(gt_str_skip(word, i)))
			return true;
	return word.len >= LONG_WORD && (has_long_run(word) || is_hex_with_dashes(word));
}

size_t gt_mask_secrets(struct gt_str in, char *out, size_t cap)
{
	size_t n = 0;

	GT_STEPS(in.len < cap ? in.len : cap);
	for (size_t i = 0; i < in.len && n < cap;) {
		struct gt_str word = gt_str_make(in.p + i, 0);

		while (i + word.len < in.len && is_word_char(word.p[word.len]))
			word.len++;
		if (!word.len) {
			out[n++] = in.p[i++];
			continue;
		}
		i += word.len;
		if (word.len > 1 && word.p[word.len - 1] == '.') { /* a full stop after the word */
			word.len--;
			i--;
		}
		if (is_secret(word))
			word = GT_STR("***");
		if (word.len > cap - n)
			word.len = cap - n;
		memcpy(out + n, word.p, word.len);
		n += word.len;
	}
	return n;
}
