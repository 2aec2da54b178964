/*
 * A text that is searched for secrets, and the modules that search it, each for one class (secret.h). Pure; the work of
 * each is linear in the length of the text: a character belongs to a bounded number of candidates.
 */
#ifndef GT_SEARCH_H
#define GT_SEARCH_H

#include "exporter/base/steps.h"
#include "exporter/base/token_char.h"
#include "exporter/privacy/secret.h"

struct gt_search {
	struct gt_str text;
	const uint32_t *from; /* for each byte, and the end: its place in the original, with escapes; NULL: it has none */
	uint8_t *marks;	      /* one a byte: 0, or 1 + the class */
};

/* The character at `i`; 0 beyond the end. */
static inline char gt_search_at(const struct gt_search *s, size_t i)
{
	return i < s->text.len ? s->text.p[i] : 0;
}

/* Marks what is not marked yet. */
static inline void gt_search_mark(const struct gt_search *s, size_t from, size_t to, enum gt_secret what)
{
	GT_STEPS(to > from ? to - from : 0);
	for (size_t i = from; i < to; i++)
		if (!s->marks[i])
			s->marks[i] = (uint8_t)(1 + what);
}

/* The backslashes before the character at `i` in the original: 0 as it is, 1 in a document quoted in a text, and so on. */
static inline size_t gt_search_depth(const struct gt_search *s, size_t i)
{
	return s->from ? s->from[i + 1] - s->from[i] - 1 : 0;
}

/* Ends a colon at `i`: also U+FF1A, the colon of Chinese and Japanese keyboards? */
static inline bool gt_search_is_colon(const struct gt_search *s, size_t i)
{
	const char *p = s->text.p;

	return p[i] == ':' || (i >= 2 && p[i] == '\x9a' && p[i - 1] == '\xbc' && p[i - 2] == '\xef');
}

/* A run of characters of one class, remembered so that candidates within it need not read it again. */
struct gt_run {
	bool (*is)(char);
	size_t from, end;   /* of the last run that was read */
	size_t past_digit;  /* the position after its last digit; 0: none */
	size_t past_random; /* the same for digits and capital letters */
};

/* The end of the run that `at` is in; `at` itself when the character there is of another class. Linear when positions
 * grow from call to call. */
static inline size_t gt_run_end(struct gt_run *r, struct gt_str text, size_t at)
{
	if (at >= r->from && at < r->end)
		return r->end;
	r->past_digit = r->past_random = 0;
	for (r->from = r->end = at; r->end < text.len && r->is(text.p[r->end]); r->end++) {
		char c = text.p[r->end];

		if (gt_is_digit(c))
			r->past_digit = r->past_random = r->end + 1;
		else if (c >= 'A' && c <= 'Z')
			r->past_random = r->end + 1;
	}
	GT_STEPS(r->end - at + 1);
	return r->end;
}

/* Has the rest of the run a digit at or after `at`? Call gt_run_end first. */
static inline bool gt_run_has_digit(const struct gt_run *r, size_t at)
{
	return r->past_digit > at;
}

/* Has the rest of the run a digit or a capital letter at or after `at`? Call gt_run_end first. */
static inline bool gt_run_looks_random(const struct gt_run *r, size_t at)
{
	return r->past_random > at;
}

void gt_search_api_keys(const struct gt_search *s);
void gt_search_tokens(const struct gt_search *s);
void gt_search_named(const struct gt_search *s);    /* values of names such as "password" */
void gt_search_commands(const struct gt_search *s); /* values of options, and of other words on a line */
void gt_search_userinfo(const struct gt_search *s); /* passwords in URLs */
void gt_search_emails(const struct gt_search *s);
void gt_search_cards(const struct gt_search *s);
void gt_search_private_keys(const struct gt_search *s);

#endif
