#include "exporter/privacy/bare_value.h"

#include "exporter/privacy/secret_name.h"
#include "shim/shared/compiler.h"

#define DIGIT_MIN  6 /* characters of a word with a digit */
#define STRONG_MIN 4 /* the same, after a name that has no other meaning */
#define CODE_MIN   3 /* the same, after cvv, otp and their like */
#define LETTER_MIN 6 /* characters of a word without a digit */
#define BASE64_MIN 8
#define FIELD_MIN  8  /* characters of the value of a header field */
#define LOOK	   64 /* characters around the word */

/* Lead bytes of the alphabets of Europe, and what follows a lead byte: a word of Chinese ends the value. */
bool gt_is_bare_char(char c)
{
	unsigned char u = (unsigned char)c;

	return gt_is_token_char(c) || (c && strchr("!@#$%^*?", c)) || (u >= 0x80 && u <= 0xbf) || (u >= 0xc3 && u <= 0xd4);
}

/* The character before position `i`, or 0. */
static char before(const struct gt_search *s, size_t i)
{
	return i ? s->text.p[i - 1] : 0;
}

static bool name_ends(struct gt_str name, const struct gt_str *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gt_secret_name_ends(name, words[i]))
			return true;
	return false;
}

static bool is_code_name(struct gt_str name)
{
	static const struct gt_str words[] = { { "cvv", 3 }, { "cvc", 3 }, { "cvv2", 4 }, { "otp", 3 }, { "pin", 3 } };

	return name_ends(name, words, GT_COUNT_OF(words));
}

static bool is_number(struct gt_str word)
{
	bool has_digit = false;

	for (size_t i = 0; i < word.len; i++) {
		if (!gt_is_digit(word.p[i]) && !strchr("+-.eE", word.p[i]))
			return false;
		has_digit |= gt_is_digit(word.p[i]);
	}
	return has_digit;
}

/* ---------------------------------------------------------------- words without a digit */

/* A variable, the name of a member, a placeholder: password=password, token=$TOKEN, apiKey=your-key. */
static bool is_placeholder(struct gt_str word)
{
	struct gt_str look = gt_str_make(word.p, word.len < LOOK ? word.len : LOOK);

	GT_STEPS(look.len);
	if (strchr("$%*#", word.p[0]) || gt_str_icontains(look, GT_STR("your")) || gt_secret_is_name(word))
		return true;
	/* settings.SECRET, sk-... */
	for (size_t i = 1; i + 1 < look.len; i++)
		if (look.p[i] == '.' && (gt_is_alnum(look.p[i + 1]) || look.p[i + 1] == '.'))
			return true;
	return false;
}

static bool is_ordinary(struct gt_str word)
{
	static const struct gt_str words[] = {
		{ "string", 6 },   { "number", 6 },    { "integer", 7 },   { "boolean", 7 },   { "object", 6 },
		{ "required", 8 }, { "optional", 8 },  { "undefined", 9 }, { "unknown", 7 },   { "hidden", 6 },
		{ "invalid", 7 },  { "incorrect", 9 }, { "missing", 7 },   { "expired", 7 },   { "disabled", 8 },
		{ "enabled", 7 },  { "redacted", 8 },  { "masked", 6 },	   { "changed", 7 },   { "correct", 7 },
		{ "accepted", 8 }, { "rejected", 8 },  { "protected", 9 }, { "private", 7 },   { "public", 6 },
		{ "default", 7 },  { "strong", 6 },    { "plaintext", 9 }, { "encrypted", 9 }, { "hashed", 6 },
		{ "example", 7 },  { "length", 6 },    { "bcrypt", 6 },	   { "inherit", 7 },
	};

	GT_STEPS(GT_COUNT_OF(words));
	for (size_t i = 0; i < GT_COUNT_OF(words); i++)
		if (gt_str_ieq(word, words[i]))
			return true;
	return false;
}

static bool is_upper_case(struct gt_str name)
{
	bool has_letter = false;

	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] >= 'a' && name.p[i] <= 'z')
			return false;
		has_letter |= name.p[i] >= 'A' && name.p[i] <= 'Z';
	}
	return has_letter;
}

/* Another k=v before or after, a blank between: host=db password=... dbname=x */
static bool has_neighbour(const struct gt_search *s, const struct gt_bare_value *v)
{
	size_t i = v->to, from;

	if (gt_is_blank(gt_search_at(s, i))) {
		for (from = ++i; i - from < LOOK && gt_is_key_char(gt_search_at(s, i)); i++)
			;
		GT_STEPS(i - from);
		if (i > from && gt_search_at(s, i) == '=')
			return true;
	}
	i = v->name_at;
	if (!gt_is_blank(before(s, i)))
		return false;
	for (from = --i; from - i < LOOK && i && (unsigned char)s->text.p[i - 1] > ' '; i--) {
		GT_STEPS(1);
		if (s->text.p[i - 1] == '=' && i > 1 && gt_is_key_char(s->text.p[i - 2]))
			return true;
	}
	return false;
}

/* Are name and word alone on their line? "- " may come before, as in YAML. */
static bool is_alone(const struct gt_search *s, const struct gt_bare_value *v)
{
	size_t from = v->name_at, to = v->to;

	while (v->name_at - from < LOOK && (gt_is_blank(before(s, from)) || before(s, from) == '-'))
		from--;
	while (to - v->to < LOOK && (gt_is_blank(gt_search_at(s, to)) || gt_search_at(s, to) == '\r'))
		to++;
	GT_STEPS(v->name_at - from + to - v->to);
	return (!from || before(s, from) == '\n') && (to >= s->text.len || gt_search_at(s, to) == '\n');
}

/* Does the line, or the string that the field is in, end after the word? */
static bool is_all_of_field(const struct gt_search *s, const struct gt_bare_value *v)
{
	size_t to = v->to;

	while (to - v->to < LOOK && gt_is_blank(gt_search_at(s, to)))
		to++;
	GT_STEPS(to - v->to + 1);
	return to >= s->text.len || strchr("\r\n\"'`\\", gt_search_at(s, to));
}

static bool is_secret_of_letters(const struct gt_search *s, const struct gt_bare_value *v)
{
	struct gt_str word = gt_str_make(s->text.p + v->from, v->to - v->from);
	bool is_tight = gt_search_at(s, v->sign) == '=' && v->from == v->sign + 1 && !gt_is_blank(before(s, v->sign));
	char first = before(s, v->name_at), last = gt_search_at(s, v->to);
	bool is_capital = is_upper_case(v->name);

	if (word.len >= BASE64_MIN && word.p[word.len - 1] == '=' && word.p[word.len - 2] != '.')
		return true;
	if (word.len < LETTER_MIN || is_placeholder(word) || is_ordinary(word))
		return false;
	if (word.len >= FIELD_MIN && gt_search_is_colon(s, v->sign) && gt_secret_name_is_field(v->name))
		return is_all_of_field(s, v);
	/* a sentence in that language */
	if (gt_secret_name_is_foreign(v->name) && gt_secret_name_is_foreign(word))
		return false;
	if (is_tight && (is_capital || gt_str_starts(v->name, GT_STR("--"))))
		return true;
	if (is_tight && ((first && strchr("?&;", first)) || last == '&' || (last == ';' && (!first || strchr("\"'`", first)))))
		return true;
	if (is_tight && gt_secret_name_is_password(v->name) && has_neighbour(s, v))
		return true;
	if (!is_capital && (!gt_secret_name_is_password(v->name) || (word.p[0] >= 'A' && word.p[0] <= 'Z')))
		return false;
	if (!is_tight &&
	    !(gt_search_is_colon(s, v->sign) && (gt_is_blank(gt_search_at(s, v->sign + 1)) || gt_search_at(s, v->sign) != ':')))
		return false;
	return is_alone(s, v);
}

/* Not a secret even in a pair: a word of JSON, or a variable. */
static bool is_literal(struct gt_str word)
{
	return word.p[0] == '$' || gt_str_ieq(word, GT_STR("null")) || gt_str_ieq(word, GT_STR("true")) ||
	       gt_str_ieq(word, GT_STR("false")) || gt_str_ieq(word, GT_STR("none"));
}

bool gt_bare_is_secret(const struct gt_search *s, const struct gt_bare_value *v)
{
	struct gt_str word = gt_str_make(s->text.p + v->from, v->to - v->from);

	/* a call or an element is an expression */
	if (!word.len || gt_search_at(s, v->to) == '(' || gt_search_at(s, v->to) == '[')
		return false;
	if (v->is_member && word.len >= CODE_MIN && word.len < LOOK && is_number(word) && !gt_secret_name_is_ambiguous(v->name))
		return true;
	if (v->is_certain && gt_search_is_colon(s, v->sign) && !is_literal(word))
		return true;
	if (!v->has_digit)
		return is_secret_of_letters(s, v);
	if (word.len >= DIGIT_MIN || (word.len >= CODE_MIN && is_code_name(v->name)))
		return true;
	/* a sentence goes on: password: 8-16 characters */
	if (gt_search_is_colon(s, v->sign) && gt_is_blank(gt_search_at(s, v->to)) && gt_is_alnum(gt_search_at(s, v->to + 1)))
		return false;
	return word.len >= STRONG_MIN && !gt_secret_name_is_ambiguous(v->name);
}
