/*
 * Values of telling names in text: in JSON, configuration, command lines, programs, forms and XML.
 *
 *	"password": "...", [...], {...}, 1234		"name": "Authorization", "value": "..."
 *	password=...  PASSWORD: ...  --password ...	["Authorization", "..."]  setHeader("Cookie", "...")
 *	<password>...</password>			IDENTIFIED BY '...'  auth=("user", "...")
 *
 * One walk over the text. Each sign that may join a name to a value is looked at once; what is hidden is skipped.
 */
#include "exporter/privacy/api_key.h"
#include "exporter/privacy/bare_value.h"
#include "exporter/privacy/schema_words.h"
#include "exporter/privacy/search.h"
#include "exporter/privacy/secret_name.h"
#include "shim/shared/compiler.h"

#define QUOTED_MAX	4096 /* bytes of a value in quotes */
#define REMEMBER_MAX	512  /* bytes between the members of a pair */
#define SCHEMA_MAX	1000 /* bytes in which a JSON schema shows that it is one */
#define AMPERSAND_REACH 64
#define INDENT_MAX	64
#define BLOCK_MIN	6  /* bytes of a word in a block of YAML */
#define DIGEST_MIN	16 /* hexadecimal digits; MD5 has 32, SHA-512 128 */
#define DIGEST_MAX	128
#define USER_MAX	256 /* bytes of a user's name, or of the password after it */
#define LEVELS		16

/* What is known of the members of an object. The outermost level is the text itself. */
struct level {
	bool is_telling; /* the name of the pair is telling */
	size_t told_at;	 /* where it was */
	size_t from, to; /* the value of the pair, when it came first; `to` 0: none */
};

struct walk {
	const struct gt_search *s;
	struct gt_str text;
	struct gt_run bare;
	struct level levels[LEVELS];
	unsigned depth; /* of braces; levels above LEVELS share the last place */
	bool is_schema; /* the next object is a JSON schema, whose default is the value of a pair */
	bool is_digest; /* the line has credentials of the scheme Digest (RFC 7616) */
};

struct name {
	struct gt_str text;
	size_t at;	 /* its first character, or the quote before */
	bool is_quoted;	 /* as the name of a member */
	bool is_element; /* in quotes and brackets: headers["name"] */
};

/* ---------------------------------------------------------------- characters */

static size_t skip_blanks(const struct walk *w, size_t i)
{
	size_t from = i;

	while (gt_is_blank(gt_search_at(w->s, i)))
		i++;
	GT_STEPS(i - from + 1);
	return i;
}

static size_t skip_space(const struct walk *w, size_t i)
{
	size_t from = i;

	while (gt_is_space(gt_search_at(w->s, i)))
		i++;
	GT_STEPS(i - from + 1);
	return i;
}

static struct level *level_of(struct walk *w)
{
	return &w->levels[w->depth < LEVELS ? w->depth : LEVELS - 1];
}

static void mark(const struct walk *w, size_t from, size_t to)
{
	gt_search_mark(w->s, from, to, GT_SECRET_PASSWORD);
}

/* ---------------------------------------------------------------- names */

static bool is_name_char(char c)
{
	return gt_is_key_char(c) || (unsigned char)c >= 0x80;
}

/* The run of characters of names that ends at `end`. */
static struct gt_str name_ending_at(const struct walk *w, size_t end)
{
	size_t from = end;

	while (from && end - from < GT_SECRET_NAME_MAX && is_name_char(w->text.p[from - 1]))
		from--;
	GT_STEPS(end - from + 1);
	return gt_str_make(w->text.p + from, end - from);
}

/* The name before the sign at `sign`: name= or "name": or headers["name"] = */
static struct name name_before(const struct walk *w, size_t sign)
{
	struct name n = { .is_quoted = false };
	size_t end = w->text.p[sign] == '\x9a' ? sign - 2 : sign; /* U+FF1A has three bytes */

	while (end && gt_is_blank(w->text.p[end - 1]))
		end--;
	GT_STEPS(sign - end + 1);
	if (end && w->text.p[end - 1] == ']') {
		n.is_element = true;
		end--;
	}
	if (end && gt_is_quote(w->text.p[end - 1])) {
		n.is_quoted = !n.is_element;
		end--;
	} else if (n.is_element) {
		end = 0;
	}
	n.text = name_ending_at(w, end);
	n.at = (size_t)(n.text.p - w->text.p);
	if (n.is_quoted && n.at && w->text.p[n.at - 1] == '/') /* a path */
		n.text.len = 0;
	if (n.is_quoted && n.at && gt_is_quote(w->text.p[n.at - 1]))
		n.at--;
	return n;
}

/* API key, mot de passe: the words before make the last telling. */
static bool is_name_of_words(const struct walk *w, const struct name *n)
{
	static const struct gt_str words[] = {
		{ "api", 3 },	      { "access", 6 },	      { "secret", 6 },	{ "private", 7 },
		{ "encryption", 10 }, { "subscription", 12 }, { "license", 7 }, { "signing", 7 },
	};
	struct gt_str first;

	if (gt_str_eq(n->text, GT_STR("passe")))
		return gt_str_ends(gt_str_make(w->text.p, n->at), GT_STR("ot de "));
	if (!gt_str_ieq(n->text, GT_STR("key")) || n->at < 2 || !gt_is_blank(w->text.p[n->at - 1]))
		return false;
	first = name_ending_at(w, n->at - 1);
	for (size_t i = 0; i < GT_COUNT_OF(words); i++)
		if (gt_str_ieq(first, words[i]))
			return true;
	return false;
}

/* ---------------------------------------------------------------- values in quotes */

/*
 * Does a quote after `n` backslashes end a string that a quote after `opened` backslashes began? A document within a
 * document has 1, then 3, 7 and so on before its quotes, twice as many and one more at each level. Backslashes beyond
 * that belong to the string: an odd number of them makes the quote a character.
 */
static bool closes(size_t n, size_t opened)
{
	return n < opened || ((n - opened) % (opened + 1) == 0 && (n - opened) / (opened + 1) % 2 == 0);
}

/* The end of the string whose opening quote is at `quote`: the closing quote, the end of the line or of the text. */
static size_t string_end(const struct walk *w, size_t quote, size_t most)
{
	size_t opened = gt_search_depth(w->s, quote), i = quote + 1;

	for (; i < w->text.len && i - quote <= most; i++) {
		char c = w->text.p[i];

		if (c == w->text.p[quote] && closes(gt_search_depth(w->s, i), opened))
			break;
		/* a line ends in the document that the string is in; the string's own line feed has more backslashes */
		if (c == '\n' && gt_search_depth(w->s, i) <= opened)
			break;
	}
	GT_STEPS(i - quote);
	return i;
}

/* A value of JSON, rather than a picture. */
static bool has_letter_or_digit(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (gt_is_alnum(s.p[i]))
			return true;
	GT_STEPS(s.len);
	return false;
}

static bool has_digit(struct gt_str s)
{
	GT_STEPS(s.len);
	for (size_t i = 0; i < s.len; i++)
		if (gt_is_digit(s.p[i]))
			return true;
	return false;
}

/* $NAME, ${NAME}, $(command) */
static bool is_variable(struct gt_str s)
{
	size_t i = 1;

	if (s.len < 2 || s.p[0] != '$')
		return false;
	if (s.p[1] == '{' || s.p[1] == '(')
		return true;
	while (i < s.len && ((s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '_' || gt_is_digit(s.p[i])))
		i++;
	GT_STEPS(i);
	return i == s.len;
}

/* Is a string in a program a secret? It may be a word. */
static bool is_secret_string(struct gt_str s)
{
	return (s.len >= 8 || (s.len >= 4 && has_digit(s))) && !is_variable(s);
}

/* ---------------------------------------------------------------- lists and objects */

/* Is the string an item to hide? In a list that may have words, only keys are. */
static bool is_secret_item(struct gt_str name, struct gt_str string, bool is_strict)
{
	if (gt_str_eq(name, GT_STR("tokens")))
		return gt_secret_is_key_among_words(string);
	return is_strict || (is_secret_string(string) && gt_secret_is_beside_name(name, string));
}

/*
 * Marks the strings and numbers of the list or object at `at`, `is_strict` or not by is_secret_item. Names of members
 * stay. Ends with the closing bracket, or where it is not JSON any more. Returns the position after it.
 */
static size_t mark_items(struct walk *w, struct gt_str name, size_t at_bracket, bool is_strict)
{
	size_t i = at_bracket, depth = 0;

	do {
		char c = gt_search_at(w->s, i);
		size_t end;

		GT_STEPS(1);
		if (c == '[' || c == '{') {
			depth++;
			i++;
		} else if (c == ']' || c == '}') {
			depth--;
			i++;
		} else if (gt_is_quote(c)) {
			struct gt_str string;

			end = string_end(w, i, QUOTED_MAX);
			string = gt_str_make(w->text.p + i + 1, end - i - 1);
			if (gt_search_at(w->s, skip_blanks(w, end + 1)) != ':' && is_secret_item(name, string, is_strict))
				mark(w, i + 1, end);
			i = end + 1;
		} else if (gt_is_bare_char(c)) {
			end = gt_run_end(&w->bare, w->text, i);
			if (is_strict && gt_run_has_digit(&w->bare, i))
				mark(w, i, end);
			i = end;
		} else if (gt_is_space(c) || c == ',' || c == ':') {
			i++;
		} else {
			break;
		}
	} while (depth && i < w->text.len);
	return i < w->text.len ? i : w->text.len;
}

/* Is the object at `at_brace` the JSON schema of a secret, rather than a secret? It has a type, and no other members than
 * a schema. */
static bool is_schema(struct walk *w, size_t at_brace)
{
	size_t i = at_brace + 1, depth = 0, end;
	bool has_type = false;

	while (i < w->text.len && i - at_brace < SCHEMA_MAX) {
		char c = w->text.p[i];
		struct gt_str string;

		GT_STEPS(1);
		if (c == '}' && !depth)
			break;
		depth += c == '{' || c == '[';
		depth -= depth && (c == '}' || c == ']');
		if (c != '"') {
			i++;
			continue;
		}
		end = string_end(w, i, SCHEMA_MAX);
		string = gt_str_make(w->text.p + i + 1, end - i - 1);
		i = skip_blanks(w, end + 1);
		if (depth || gt_search_at(w->s, i) != ':')
			continue;
		if (!gt_schema_has_member(string))
			return false;
		has_type |= gt_schema_is_typed_by(string);
		i = skip_blanks(w, i + 1);
		if (!gt_str_eq(string, GT_STR("type")))
			continue;
		has_type |= gt_search_at(w->s, i) == '[';
		if (gt_search_at(w->s, i) != '"')
			continue;
		end = string_end(w, i, SCHEMA_MAX);
		has_type |= gt_schema_has_type(gt_str_make(w->text.p + i + 1, end - i - 1));
		i = end + 1;
	}
	return has_type;
}

/* ---------------------------------------------------------------- values */

/* The end of a word with ampersands, unless the next member of a form follows them. */
static size_t beyond_ampersands(const struct walk *w, size_t end)
{
	size_t most = end + AMPERSAND_REACH, i = end;

	while (gt_search_at(w->s, end) == '&') {
		for (i = end + 1; i < most && gt_is_bare_char(gt_search_at(w->s, i)) && gt_search_at(w->s, i) != '='; i++)
			;
		GT_STEPS(i - end);
		if (i == end + 1 || i == most || gt_search_at(w->s, i) == '=' || gt_search_at(w->s, i) == ';')
			break;
		end = i;
	}
	return end;
}

/* The blanks at the beginning of the line at `i`. */
static size_t indent_of(const struct walk *w, size_t i)
{
	size_t n = 0;

	while (n < INDENT_MAX && gt_is_blank(gt_search_at(w->s, i + n)))
		n++;
	GT_STEPS(n + 1);
	return n;
}

/* The blanks before a name that begins a line, with the dash of a list; INDENT_MAX when it does not begin one. */
static size_t indent_before(const struct walk *w, size_t name_at)
{
	size_t i = name_at;

	while (i && name_at - i < INDENT_MAX && (gt_is_blank(w->text.p[i - 1]) || w->text.p[i - 1] == '-'))
		i--;
	GT_STEPS(name_at - i + 1);
	return !i || w->text.p[i - 1] == '\n' ? name_at - i : INDENT_MAX;
}

/* The block of YAML after the sign: "password: |" and lines with deeper indentation, each a word. Returns its end, or 0. */
static size_t hide_block(struct walk *w, const struct name *n, size_t sign)
{
	size_t i = skip_blanks(w, sign + 1), least, from, end = 0;

	if (gt_search_at(w->s, i) != '|' && gt_search_at(w->s, i) != '>')
		return 0;
	i++;
	i += gt_search_at(w->s, i) == '-' || gt_search_at(w->s, i) == '+' || gt_is_digit(gt_search_at(w->s, i));
	i += gt_search_at(w->s, i) == '\r';
	least = indent_before(w, n->at) + 1;
	while (gt_search_at(w->s, i) == '\n' && least <= INDENT_MAX) {
		size_t indent = indent_of(w, i + 1);

		from = i + 1 + indent;
		i = gt_run_end(&w->bare, w->text, from);
		if (indent < least || indent == INDENT_MAX || i - from < BLOCK_MIN || !gt_run_has_digit(&w->bare, from))
			break;
		if (gt_search_at(w->s, i) && gt_search_at(w->s, i) != '\n' && gt_search_at(w->s, i) != '\r')
			break;
		mark(w, from, i);
		end = i;
		i += gt_search_at(w->s, i) == '\r';
	}
	return end;
}

/* The value after the sign of a telling name. `is_certain`: it is the secret of a pair, whatever it looks like. Returns
 * the position after what was hidden, or 0. */
static size_t hide_value(struct walk *w, const struct name *n, size_t sign, bool is_certain)
{
	struct gt_bare_value v = { .name = n->text, .name_at = n->at, .sign = sign };
	bool is_strict =
		is_certain || (n->is_quoted && gt_search_is_colon(w->s, sign) && !gt_secret_name_is_ambiguous(n->text));
	size_t i = sign + 1, line, end;
	struct gt_str string;
	char c;

	v.is_member = n->is_quoted && gt_search_is_colon(w->s, sign);
	if (!n->is_quoted && w->text.p[sign] == ':') {
		end = hide_block(w, n, sign);
		if (end)
			return end;
	}
	while (gt_is_blank(gt_search_at(w->s, i)) || gt_search_at(w->s, i) == '=' || gt_search_at(w->s, i) == '>')
		i++;
	GT_STEPS(i - sign);
	line = i;
	if (v.is_member)
		i = skip_space(w, i);
	c = gt_search_at(w->s, i);
	if (gt_is_quote(c)) {
		end = string_end(w, i, QUOTED_MAX);
		string = gt_str_make(w->text.p + i + 1, end - i - 1);
		if (is_strict ? !has_letter_or_digit(string) : !is_secret_string(string))
			return 0;
		if (n->is_element && !gt_secret_is_beside_name(n->text, string))
			return 0;
		mark(w, i + 1, end);
		return end;
	}
	if (c == '{' && v.is_member && is_schema(w, i)) {
		w->is_schema = true;
		return 0;
	}
	if (c == '[' || (c == '{' && v.is_member))
		return mark_items(w, n->text, i, is_strict);
	if (i > line) /* a word on the next line belongs to a program */
		return 0;
	v.from = i;
	v.to = gt_run_end(&w->bare, w->text, i);
	v.has_digit = gt_run_has_digit(&w->bare, i);
	end = beyond_ampersands(w, v.to);
	if (end > v.to && (v.has_digit || has_digit(gt_str_make(w->text.p + v.to, end - v.to)))) {
		v.has_digit = true;
		v.to = end;
	}
	v.is_certain = is_certain;
	if (!gt_bare_is_secret(w->s, &v))
		return 0;
	mark(w, v.from, v.to);
	return v.to;
}

/* All cookies of a header field: Cookie: a=1; b=2 */
static size_t hide_cookies(struct walk *w, size_t sign)
{
	size_t i = skip_blanks(w, sign + 1), from = i;

	i = gt_run_end(&w->bare, w->text, i);
	if (i == from || !memchr(w->text.p + from, '=', i - from))
		return 0;
	while (i < w->text.len && !gt_is_quote(w->text.p[i]) && w->text.p[i] != '\n')
		i++;
	GT_STEPS(i - from);
	mark(w, from, i);
	return i;
}

/* The credentials after a scheme: Authorization: Basic ... */
static size_t hide_credentials(struct walk *w, size_t sign)
{
	static const struct gt_str schemes[] = {
		{ "basic", 5 }, { "bearer", 6 },    { "token", 5 },	   { "apikey", 6 },  { "api-key", 7 },
		{ "key", 3 },	{ "negotiate", 9 }, { "ntlm", 4 },	   { "bot", 3 },     { "oauth", 5 },
		{ "dpop", 4 },	{ "sharedkey", 9 }, { "googlelogin", 11 }, { "sso-key", 7 },
	};
	size_t i = skip_blanks(w, sign + 1), from, end;
	struct gt_str scheme = gt_str_make(w->text.p + i, 0);

	while (scheme.len < 16 && gt_is_key_char(gt_search_at(w->s, i + scheme.len)))
		scheme.len++;
	w->is_digest |= gt_str_ieq(scheme, GT_STR("digest"));
	from = skip_blanks(w, i + scheme.len);
	end = from > i + scheme.len ? gt_run_end(&w->bare, w->text, from) : from;
	for (size_t k = 0; end - from >= 4 && k < GT_COUNT_OF(schemes); k++) {
		if (!gt_str_ieq(scheme, schemes[k]) ||
		    !gt_looks_random(gt_str_make(w->text.p + from, end - from < 64 ? end - from : 64)))
			continue;
		mark(w, from, end);
		return end;
	}
	return 0;
}

static bool is_hex(struct gt_str s)
{
	GT_STEPS(s.len);
	for (size_t i = 0; i < s.len; i++)
		if (!gt_is_digit(s.p[i]) && !(gt_lower(s.p[i]) >= 'a' && gt_lower(s.p[i]) <= 'f'))
			return false;
	return true;
}

/* The hash of a password, which can be searched: response="..." */
static size_t hide_digest(struct walk *w, size_t sign)
{
	size_t from = sign + 1 + gt_is_quote(gt_search_at(w->s, sign + 1)), end = from;

	while (end - from < DIGEST_MAX && gt_is_alnum(gt_search_at(w->s, end)))
		end++;
	GT_STEPS(end - from + 1);
	if (end - from < DIGEST_MIN || !is_hex(gt_str_make(w->text.p + from, end - from)))
		return 0;
	mark(w, from, end);
	return end;
}

/* ---------------------------------------------------------------- pairs */

/* The value of the member is the name of a pair. */
static void read_pair_name(struct walk *w, const struct name *n, size_t sign)
{
	struct level *level = level_of(w);
	size_t i = skip_blanks(w, sign + 1), end;
	struct gt_str told;

	if (gt_is_quote(gt_search_at(w->s, i))) {
		end = string_end(w, i, GT_SECRET_NAME_MAX);
		told = gt_str_make(w->text.p + i + 1, end - i - 1);
	} else if (!n->is_quoted && (gt_search_is_colon(w->s, sign) || (i == sign + 1 && !gt_is_blank(w->text.p[sign - 1])))) {
		for (end = i; end - i < GT_SECRET_NAME_MAX && gt_is_key_char(gt_search_at(w->s, end)); end++)
			;
		told = gt_str_make(w->text.p + i, end - i);
	} else {
		return;
	}
	GT_STEPS(told.len);
	level->is_telling = gt_secret_is_name(told);
	level->told_at = sign;
	if (level->is_telling && level->to && sign - level->to < REMEMBER_MAX)
		mark(w, level->from, level->to);
	level->to = 0;
}

/* Hides the value of a pair whose name is telling, or remembers it until the name is known. */
static size_t read_pair_value(struct walk *w, const struct name *n, size_t sign)
{
	struct level *level = level_of(w);
	size_t i = skip_blanks(w, sign + 1);

	if (level->is_telling && sign - level->told_at < REMEMBER_MAX) {
		level->is_telling = false;
		return hide_value(w, n, sign, true);
	}
	level->from = gt_is_quote(gt_search_at(w->s, i)) ? i + 1 : i;
	level->to = gt_is_quote(gt_search_at(w->s, i)) ? string_end(w, i, REMEMBER_MAX) : gt_run_end(&w->bare, w->text, i);
	return 0;
}

/* ---------------------------------------------------------------- signs */

static size_t on_sign(struct walk *w, size_t sign)
{
	struct name n = name_before(w, sign);
	enum gt_name_kind kind = gt_secret_name_kind(n.text);
	size_t end = 0, i;

	if (is_name_of_words(w, &n))
		kind = GT_NAME_SECRET;
	switch (kind) {
	case GT_NAME_PAIR_NAME:
		read_pair_name(w, &n, sign);
		return 0;
	case GT_NAME_PAIR_VALUE:
		return read_pair_value(w, &n, sign);
	case GT_NAME_SECRET:
		if (!n.is_quoted && gt_search_is_colon(w->s, sign) && gt_secret_name_ends(n.text, GT_STR("cookie")))
			end = hide_cookies(w, sign);
		else if (!n.is_quoted && gt_secret_name_ends(n.text, GT_STR("authorization")))
			end = hide_credentials(w, sign);
		return end ? end : hide_value(w, &n, sign, false);
	default:
		break;
	}
	i = skip_space(w, sign + 1);
	if (n.is_quoted && gt_str_eq(n.text, GT_STR("tokens")) &&
	    (gt_search_at(w->s, i) == '[' || gt_search_at(w->s, i) == '{'))
		return mark_items(w, n.text, i, false);
	if (w->is_digest && gt_str_ieq(n.text, GT_STR("response")))
		return hide_digest(w, sign);
	i = skip_blanks(w, sign + 1);
	i += gt_is_quote(gt_search_at(w->s, i));
	end = i < w->text.len ? i + gt_api_key_of_service(n.text, gt_str_skip(w->text, i)) : i;
	if (end > i)
		mark(w, i, end);
	return end > i ? end : 0;
}

/* Does the string at `quote` begin a list, or follow another item? It may be the value of a member as well. */
static bool is_item(const struct walk *w, size_t quote)
{
	size_t i = quote;

	while (i && gt_is_space(w->text.p[i - 1]))
		i--;
	GT_STEPS(quote - i + 1);
	return i && strchr("[(,{", w->text.p[i - 1]) && w->text.p[i - 1];
}

/* Two strings side by side: ["Authorization", "..."], setHeader("Cookie", "..."), ["--password", "..."] */
static size_t on_comma(struct walk *w, size_t comma)
{
	size_t i = skip_space(w, comma + 1), end;
	struct name n;

	if (!gt_is_quote(gt_search_at(w->s, i)) || !comma || !gt_is_quote(w->text.p[comma - 1]))
		return 0;
	n = name_before(w, comma);
	if (!is_item(w, n.at) || !gt_secret_is_name(n.text))
		return 0;
	end = string_end(w, i, QUOTED_MAX);
	if (gt_search_at(w->s, skip_space(w, end + 1)) == ':') /* the name of the next member */
		return 0;
	if (!gt_secret_is_beside_name(n.text, gt_str_make(w->text.p + i + 1, end - i - 1)))
		return 0;
	mark(w, i + 1, end);
	return end;
}

/* A string after a blank: WITH PASSWORD '...', IDENTIFIED BY '...' */
static size_t on_string(struct walk *w, size_t quote)
{
	struct name n = name_before(w, quote);
	size_t end = string_end(w, quote, GT_SECRET_NAME_MAX);
	struct gt_str string = gt_str_make(w->text.p + quote + 1, end - quote - 1);
	bool is_sql = gt_str_eq(n.text, GT_STR("PASSWORD"));

	if (n.is_quoted || n.is_element)
		return 0;
	if (gt_str_eq(n.text, GT_STR("BY")) && n.at > 1)
		is_sql = gt_str_eq(name_ending_at(w, n.at - 1), GT_STR("IDENTIFIED"));
	if (is_sql ? string.len < 4 : !gt_secret_name_is_password(n.text) || !gt_secret_is_beside_name(n.text, string))
		return 0;
	mark(w, quote + 1, end);
	return end;
}

/* Is the list at `paren` a user's name and password? `is_certain`: it can be nothing else. */
static bool is_login(const struct walk *w, size_t paren, bool *is_certain)
{
	static const struct gt_str calls[] = {
		{ "basicauth", 9 }, { "digestauth", 10 }, { "ntlmauth", 8 }, { "proxyauth", 9 }
	};
	struct gt_str name = name_ending_at(w, paren);
	size_t i = paren;

	while (i && gt_is_blank(w->text.p[i - 1]))
		i--;
	GT_STEPS(paren - i + 1);
	*is_certain = true;
	if (i && w->text.p[i - 1] == '=') {
		name = name_before(w, i - 1).text;
		return gt_str_eq(name, GT_STR("auth")) || gt_str_ends(name, GT_STR("_auth"));
	}
	for (size_t k = 0; k < GT_COUNT_OF(calls); k++)
		if (gt_secret_name_ends(name, calls[k]))
			return true;
	*is_certain = false;
	return gt_str_eq(name, GT_STR("login")) || gt_str_eq(name, GT_STR("auth")) || gt_str_eq(name, GT_STR("authenticate"));
}

/* auth=("user", "..."), HTTPBasicAuth("user", "..."), smtp.login("user", "...") */
static size_t on_paren(struct walk *w, size_t paren)
{
	size_t i = skip_space(w, paren + 1), end;
	struct gt_str string;
	bool is_certain;

	if (!gt_is_quote(gt_search_at(w->s, i)) || !is_login(w, paren, &is_certain))
		return 0;
	i = skip_space(w, string_end(w, i, USER_MAX) + 1);
	if (gt_search_at(w->s, i) != ',')
		return 0;
	i = skip_space(w, i + 1);
	if (!gt_is_quote(gt_search_at(w->s, i)))
		return 0;
	end = string_end(w, i, USER_MAX);
	string = gt_str_make(w->text.p + i + 1, end - i - 1);
	if (is_variable(string) || !(is_certain ? has_letter_or_digit(string) : is_secret_string(string)))
		return 0;
	if (!is_certain && memchr(string.p, ' ', string.len)) /* a sentence */
		return 0;
	mark(w, i + 1, end);
	return end;
}

/* <password>...</password> */
static size_t on_element(struct walk *w, size_t close)
{
	struct gt_str name = name_ending_at(w, close);
	size_t from = (size_t)(name.p - w->text.p), end = close + 1;

	if (!name.len || !from || (w->text.p[from - 1] != '<' && w->text.p[from - 1] != ':') || !gt_secret_is_name(name))
		return 0;
	while (end < w->text.len && end - close < REMEMBER_MAX && w->text.p[end] != '<')
		end++;
	GT_STEPS(end - close);
	if (end == close + 1 || gt_search_at(w->s, end) != '<' || gt_search_at(w->s, end + 1) != '/' ||
	    memchr(w->text.p + close, ' ', end - close))
		return 0;
	mark(w, close + 1, end);
	return end;
}

/* --password ... */
static size_t on_option(struct walk *w, size_t dash)
{
	struct gt_str name = gt_str_make(w->text.p + dash, 0);
	struct name n;
	size_t i;

	while (name.len < GT_SECRET_NAME_MAX && gt_is_key_char(gt_search_at(w->s, dash + name.len)))
		name.len++;
	GT_STEPS(name.len + 1);
	i = skip_blanks(w, dash + name.len);
	if (i == dash + name.len || name.len < 3 || name.p[1] != '-' || !gt_secret_is_name(name) ||
	    gt_search_at(w->s, i) == '-')
		return 0;
	n = (struct name){ .text = name, .at = dash };
	return hide_value(w, &n, i - 1, false);
}

static void on_brace(struct walk *w, size_t i)
{
	if (w->text.p[i] == '{') {
		w->depth++;
		*level_of(w) = (struct level){ .is_telling = w->is_schema, .told_at = i };
		w->is_schema = false;
	} else if (w->depth) {
		w->depth--;
	}
}

static size_t step(struct walk *w, size_t i)
{
	char c = w->text.p[i], before = i ? w->text.p[i - 1] : ' ';

	switch (c) {
	case '{':
	case '}':
		on_brace(w, i);
		return 0;
	case '\n': /* a field may go on after a blank */
		w->is_digest &= gt_is_blank(gt_search_at(w->s, i + 1));
		return 0;
	case '(':
		return on_paren(w, i);
	case ':':
		return gt_str_starts(gt_str_skip(w->text, i), GT_STR("://")) ? 0 : on_sign(w, i);
	case '=':
		return on_sign(w, i);
	case '\xef':
		return gt_str_starts(gt_str_skip(w->text, i), GT_STR("\xef\xbc\x9a")) ? on_sign(w, i + 2) : 0;
	case ',':
		return on_comma(w, i);
	case '"':
	case '\'':
		return gt_is_blank(before) ? on_string(w, i) : 0;
	case '>':
		return on_element(w, i);
	case '-':
		return gt_is_space(before) || gt_is_quote(before) ? on_option(w, i) : 0;
	default:
		return 0;
	}
}

void gt_search_named(const struct gt_search *s)
{
	struct walk w = { .s = s, .text = s->text, .bare.is = gt_is_bare_char };

	for (size_t i = 0; i < w.text.len;) {
		size_t end = step(&w, i);

		GT_STEPS(1);
		i = end > i ? end : i + 1;
	}
}
