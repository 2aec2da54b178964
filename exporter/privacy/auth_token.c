/*
 * Credentials after an authentication scheme, and JWTs.
 */
#include "exporter/privacy/search.h"
#include "shim/shared/compiler.h"

#define SCHEME_TOKEN_MIN 12
#define RANDOM_LOOK	 256 /* a token has a digit or a capital this early */

/* Marks the credentials after an authentication scheme at `at`. Returns the length of both, or 0. */
static size_t mark_credentials(const struct gt_search *s, size_t at, struct gt_run *tokens)
{
	static const struct gt_str schemes[] = { { "bearer", 6 }, { "basic", 5 }, { "token", 5 } };
	struct gt_str rest = gt_str_skip(s->text, at), look;
	size_t from, end;

	for (size_t i = 0; i < GT_COUNT_OF(schemes); i++) {
		if (!gt_str_istarts(rest, schemes[i]))
			continue;
		from = at + schemes[i].len;
		while (from < s->text.len && (s->text.p[from] == ' ' || s->text.p[from] == '\t'))
			from++;
		GT_STEPS(from - at);
		if (from == at + schemes[i].len)
			return 0;
		end = gt_run_end(tokens, s->text, from);
		look = gt_str_make(s->text.p + from, end - from < RANDOM_LOOK ? end - from : RANDOM_LOOK);
		if (end - from < SCHEME_TOKEN_MIN || !gt_looks_random(look))
			return 0;
		gt_search_mark(s, from, end, GT_SECRET_TOKEN);
		return end - at;
	}
	return 0;
}

/* Marks a JWT at `at`, whose JOSE header begins with {" in base64url. A text that ends within the header may have been
 * cut, so it counts as well. Returns how many characters to skip. */
static size_t mark_jwt(const struct gt_search *s, size_t at, struct gt_run *headers, struct gt_run *tokens)
{
	size_t header = gt_run_end(headers, s->text, at);

	if (header - at < 12 || (header < s->text.len && s->text.p[header] != '.'))
		return header - at; /* any JWT that begins within this run has the same end */
	header = gt_run_end(tokens, s->text, at);
	gt_search_mark(s, at, header, GT_SECRET_TOKEN);
	return header - at;
}

void gt_search_tokens(const struct gt_search *s)
{
	struct gt_run headers = { .is = gt_is_key_char }, tokens = { .is = gt_is_token_char };
	struct gt_str text = s->text;

	for (size_t i = 0; i < text.len; i++) {
		char c = gt_lower(text.p[i]);
		size_t len = 0;

		GT_STEPS(1);
		if ((c != 'b' && c != 't' && c != 'e') || (i && gt_is_alnum(text.p[i - 1])))
			continue;
		if (c != 'e')
			len = mark_credentials(s, i, &tokens);
		else if (gt_str_starts(gt_str_skip(text, i), GT_STR("eyJ")))
			len = mark_jwt(s, i, &headers, &tokens);
		i += len ? len - 1 : 0;
	}
}
