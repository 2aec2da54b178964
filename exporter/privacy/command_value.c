/*
 * Secrets on lines of words, where no sign joins them to a name: options of commands, .netrc, Dockerfiles.
 *
 *	curl -u user:...  mysql -p...  redis-cli -a ...	machine host login user password ...
 *	["redis-cli", "-a", "..."]			ENV API_KEY ...
 *
 * One walk over the text. An option counts on the line of its command, which may go on after a backslash.
 */
#include "exporter/privacy/search.h"
#include "exporter/privacy/secret_name.h"
#include "shim/shared/compiler.h"

#define VALUE_MAX   256 /* bytes of a value */
#define GAP_MAX	    16	/* quotes, commas and blanks between two words */
#define SPACE_MAX   64	/* blanks and line ends between two words of .netrc */
#define SHORT_MIN   4	/* bytes of a value that can be nothing else */
#define VALUE_MIN   6
#define CLUSTER_MAX 8 /* letters of options in one word */

/* A command that takes a secret on its line. */
struct command {
	struct gt_str name;
	bool has_siblings; /* longer names too: mysqldump */
	char option;	   /* its letter */
	bool is_attached;  /* -pVALUE */
	bool is_separate;  /* -p VALUE */
	bool is_first;	   /* only the first option, before another command begins */
	bool is_user;	   /* the secret comes after the colon of user:password */
};

static const struct command commands[] = {
	{ .name = { "curl", 4 }, .option = 'u', .is_attached = true, .is_separate = true, .is_user = true },
	{ .name = { "sshpass", 7 }, .option = 'p', .is_attached = true, .is_separate = true, .is_first = true },
	/* after a blank comes the name of the database */
	{ .name = { "mysql", 5 }, .has_siblings = true, .option = 'p', .is_attached = true },
	{ .name = { "mariadb", 7 }, .has_siblings = true, .option = 'p', .is_attached = true },
	{ .name = { "mycli", 5 }, .option = 'p', .is_attached = true },
	{ .name = { "mongo", 5 }, .has_siblings = true, .option = 'p', .is_attached = true, .is_separate = true },
	{ .name = { "ldap", 4 }, .has_siblings = true, .option = 'w', .is_attached = true, .is_separate = true },
	{ .name = { "redis-cli", 9 }, .option = 'a', .is_separate = true },
	{ .name = { "valkey-cli", 10 }, .option = 'a', .is_separate = true },
	{ .name = { "docker login", 12 }, .option = 'p', .is_separate = true },
	{ .name = { "podman login", 12 }, .option = 'p', .is_separate = true },
	{ .name = { "helm registry login", 19 }, .option = 'p', .is_separate = true },
	{ .name = { "oc login", 8 }, .option = 'p', .is_separate = true },
	{ .name = { "az login", 8 }, .option = 'p', .is_separate = true },
};

struct walk {
	const struct gt_search *s;
	struct gt_str text;
	const struct command *command; /* of the line so far; NULL: none */
};

/* A word, without its quotes. */
struct word {
	size_t from, to;
	bool is_option_rest; /* it follows the letter of an option directly */
};

/* ---------------------------------------------------------------- characters */

static struct gt_str text_of(const struct walk *w, const struct word *word)
{
	return gt_str_make(w->text.p + word->from, word->to - word->from);
}

/* The word at `i`: to the closing quote, or to the next blank or quote. Empty when it is too long. */
static struct word word_at(const struct walk *w, size_t i)
{
	char quote = gt_is_quote(gt_search_at(w->s, i)) ? w->text.p[i++] : 0, c;
	struct word word = { .from = i, .to = i };

	while (word.to - i < VALUE_MAX && (c = gt_search_at(w->s, word.to)) && c != '\n' && c != '\r' &&
	       (quote ? c != quote : !gt_is_blank(c) && !gt_is_quote(c)))
		word.to++;
	GT_STEPS(word.to - i + 1);
	if (word.to - i == VALUE_MAX)
		word.to = i;
	return word;
}

/* Where the next word begins, on this line or in this list of strings; 0: it does not. */
static size_t next_word(const struct walk *w, size_t i)
{
	bool is_closed = gt_is_quote(gt_search_at(w->s, i)), has_comma = false;
	size_t from = i, begin = i;

	for (; i - from < GAP_MAX &&
	       (gt_is_blank(gt_search_at(w->s, i)) || gt_is_quote(gt_search_at(w->s, i)) || gt_search_at(w->s, i) == ',');
	     i++) {
		has_comma |= gt_search_at(w->s, i) == ',';
		begin = gt_is_quote(gt_search_at(w->s, i)) ? i : i + 1;
		if (gt_is_quote(gt_search_at(w->s, i)) && (has_comma || !is_closed))
			break;
	}
	GT_STEPS(i - from + 1);
	return begin > from && (!is_closed || has_comma) ? begin : 0;
}

/* ---------------------------------------------------------------- values */

static bool is_among(struct gt_str s, const struct gt_str *words, size_t n)
{
	GT_STEPS(n);
	for (size_t i = 0; i < n; i++)
		if (gt_str_ieq(s, words[i]))
			return true;
	return false;
}

/* A variable, a placeholder, a pattern, an option. */
static bool is_filled_in(struct gt_str s)
{
	struct gt_str look = gt_str_make(s.p, s.len < 64 ? s.len : 64);

	GT_STEPS(look.len);
	return strchr("$<[{(%*-\\/|", s.p[0]) || gt_str_icontains(look, GT_STR("your")) || gt_secret_is_name(s);
}

/* A port, or an address with ports. */
static bool is_number(struct gt_str s)
{
	GT_STEPS(s.len);
	for (size_t i = 0; i < s.len; i++)
		if (!gt_is_digit(s.p[i]) && !strchr(".:-", s.p[i]))
			return false;
	return true;
}

static bool has_only_letters(struct gt_str s)
{
	GT_STEPS(s.len);
	for (size_t i = 0; i < s.len; i++)
		if (!gt_is_alnum(s.p[i]) || gt_is_digit(s.p[i]))
			return false;
	return true;
}

/* Is the rest of an option, such as -print, the option itself? */
static bool is_long_option(const struct walk *w, const struct word *word)
{
	static const struct gt_str words[] = {
		{ "password", 8 }, { "passphrase", 10 }, { "protocol", 8 }, { "preserve", 8 }, { "parents", 7 },
		{ "pattern", 7 },  { "passive", 7 },	 { "progress", 8 }, { "profile", 7 },  { "project", 7 },
		{ "process", 7 },  { "private", 7 },	 { "publish", 7 },  { "plugins", 7 },
	};

	return word->is_option_rest &&
	       is_among(gt_str_make(w->text.p + word->from - 1, word->to - word->from + 1), words, GT_COUNT_OF(words));
}

static bool is_secret(const struct walk *w, const struct word *word, size_t least)
{
	struct gt_str s = text_of(w, word);

	return s.len >= least && !is_filled_in(s) && !is_number(s) && !(has_only_letters(s) && is_long_option(w, word));
}

static size_t hide(const struct walk *w, const struct word *word)
{
	gt_search_mark(w->s, word->from, word->to, GT_SECRET_PASSWORD);
	return word->to;
}

/* ---------------------------------------------------------------- options */

/* user:password */
static size_t on_user(const struct walk *w, struct word word)
{
	const char *colon = word.to > word.from ? memchr(w->text.p + word.from, ':', word.to - word.from) : NULL;

	if (!colon)
		return 0;
	word.from = (size_t)(colon - w->text.p) + 1;
	/* the name of a variable, or a URL */
	if (word.from == word.to || gt_search_at(w->s, word.from) == '$' || gt_str_starts(text_of(w, &word), GT_STR("//")))
		return 0;
	return hide(w, &word);
}

static size_t on_value(const struct walk *w, const struct word *word)
{
	if (w->command->is_user)
		return on_user(w, *word);
	return is_secret(w, word, w->command->is_first ? SHORT_MIN : VALUE_MIN) ? hide(w, word) : 0;
}

/* Ends the word at `end` the option of the command, alone or as the last of a cluster such as -sSu? */
static bool is_option(const struct walk *w, size_t dash, size_t end)
{
	struct gt_str name = gt_str_make(w->text.p + dash, end - dash);

	if (w->command->is_user && (gt_str_eq(name, GT_STR("--user")) || gt_str_eq(name, GT_STR("--proxy-user"))))
		return true;
	if (name.len < 2 || name.p[1] == '-')
		return false;
	if (w->command->is_user)
		return name.len <= CLUSTER_MAX && (name.p[name.len - 1] == 'u' || name.p[name.len - 1] == 'U');
	return name.len == 2 && name.p[1] == w->command->option;
}

static size_t on_option(struct walk *w, size_t dash)
{
	const struct command *command = w->command;
	size_t end = dash + 1, begin;
	struct word word;
	char letter = gt_search_at(w->s, dash + 1);

	while (end - dash < GT_SECRET_NAME_MAX && gt_is_key_char(gt_search_at(w->s, end)))
		end++;
	GT_STEPS(end - dash);
	if (is_option(w, dash, end) && command->is_separate) {
		begin = gt_search_at(w->s, end) == '=' ? end + 1 : next_word(w, end);
		if (begin) {
			if (command->is_first)
				w->command = NULL;
			word = word_at(w, begin);
			return on_value(&(struct walk){ w->s, w->text, command }, &word);
		}
	}
	if (command->is_attached && (letter == command->option || (command->is_user && letter == 'U'))) {
		word = word_at(w, dash + 2);
		word.is_option_rest = word.from == dash + 2;
		if (command->is_first)
			w->command = NULL;
		return on_value(&(struct walk){ w->s, w->text, command }, &word);
	}
	return 0;
}

/* ---------------------------------------------------------------- words */

static bool is_named(const struct walk *w, size_t i, const struct command *command)
{
	size_t end = i + command->name.len;

	if (!gt_str_starts(gt_str_skip(w->text, i), command->name))
		return false;
	while (command->has_siblings && end - i < GT_SECRET_NAME_MAX && gt_is_key_char(gt_search_at(w->s, end)))
		end++;
	GT_STEPS(end - i);
	return gt_is_blank(gt_search_at(w->s, end)) || gt_is_quote(gt_search_at(w->s, end));
}

static void find_command(struct walk *w, size_t i)
{
	for (size_t k = 0; k < GT_COUNT_OF(commands); k++) {
		GT_STEPS(1);
		if (commands[k].name.p[0] == w->text.p[i] && is_named(w, i, &commands[k])) {
			w->command = &commands[k];
			return;
		}
	}
}

/* The word after the blanks and line ends at `i`. */
static struct word word_after(const struct walk *w, size_t i)
{
	size_t from = i;

	while (i - from < SPACE_MAX && gt_is_space(gt_search_at(w->s, i)))
		i++;
	GT_STEPS(i - from + 1);
	return i > from ? word_at(w, i) : (struct word){ .from = i, .to = i };
}

static bool is_line_end(const struct walk *w, size_t i)
{
	while (gt_search_at(w->s, i) == '\r')
		i++;
	return i >= w->text.len || gt_search_at(w->s, i) == '\n';
}

/* The password of a machine in .netrc (machine, login, account, password), or of a login alone. */
static size_t on_netrc(const struct walk *w, size_t i)
{
	struct word key = word_at(w, i), value;
	bool is_machine = !gt_str_eq(text_of(w, &key), GT_STR("login"));

	for (int pairs = 0; pairs < 4 && !gt_str_eq(text_of(w, &key), GT_STR("password")); pairs++) {
		struct gt_str name = text_of(w, &key);

		value = word_after(w, key.to);
		if (gt_str_eq(name, GT_STR("default")))
			value.to = key.to;
		else if (value.to == value.from || !(gt_str_eq(name, GT_STR("machine")) || gt_str_eq(name, GT_STR("login")) ||
						     gt_str_eq(name, GT_STR("account"))))
			return 0;
		key = word_after(w, value.to);
	}
	if (!gt_str_eq(text_of(w, &key), GT_STR("password")) || !gt_is_blank(gt_search_at(w->s, key.to)))
		return 0;
	for (i = key.to; gt_is_blank(gt_search_at(w->s, i)) && i - key.to < SPACE_MAX;)
		i++;
	value = word_at(w, i);
	GT_STEPS(i - key.to);
	if (!is_secret(w, &value, SHORT_MIN))
		return 0;
	if (has_only_letters(text_of(w, &value)) &&
	    (!is_machine || value.to - value.from < VALUE_MIN || !is_line_end(w, value.to)))
		return 0;
	return hide(w, &value);
}

static bool begins_line(const struct walk *w, size_t i)
{
	size_t from = i;

	while (from && i - from < SPACE_MAX && gt_is_blank(w->text.p[from - 1]))
		from--;
	GT_STEPS(i - from + 1);
	return !from || w->text.p[from - 1] == '\n';
}

/* ENV API_KEY ..., as in a Dockerfile; setenv in shells and servers */
static size_t on_variable(const struct walk *w, size_t i)
{
	struct word key = word_at(w, i), name, value;

	name = word_after(w, key.to);
	if (!begins_line(w, i) || !gt_secret_is_name(text_of(w, &name)) || !gt_is_blank(gt_search_at(w->s, name.to)))
		return 0;
	value = word_after(w, name.to);
	if (!is_secret(w, &value, VALUE_MIN) || (has_only_letters(text_of(w, &value)) && !is_line_end(w, value.to)))
		return 0;
	return hide(w, &value);
}

static size_t on_word(struct walk *w, size_t i)
{
	static const struct {
		struct gt_str begin;
		size_t (*find)(const struct walk *w, size_t i);
	} rows[] = {
		{ { "machine ", 8 }, on_netrc }, { { "default login ", 14 }, on_netrc }, { { "login ", 6 }, on_netrc },
		{ { "ENV ", 4 }, on_variable },	 { { "setenv ", 7 }, on_variable },	 { { "SetEnv ", 7 }, on_variable },
	};

	for (size_t k = 0; k < GT_COUNT_OF(rows); k++)
		if (rows[k].begin.p[0] == w->text.p[i] && gt_str_starts(gt_str_skip(w->text, i), rows[k].begin))
			return rows[k].find(w, i);
	find_command(w, i);
	return 0;
}

static size_t step(struct walk *w, size_t i)
{
	char c = w->text.p[i], before = i ? w->text.p[i - 1] : ' ';

	if (c == '\n' && before != '\\')
		w->command = NULL;
	if (c == '-' && w->command && (gt_is_space(before) || gt_is_quote(before)))
		return on_option(w, i);
	if (!gt_is_alnum(c) || gt_is_key_char(before))
		return 0;
	return on_word(w, i);
}

void gt_search_commands(const struct gt_search *s)
{
	struct walk w = { .s = s, .text = s->text };

	for (size_t i = 0; i < w.text.len;) {
		size_t end = step(&w, i);

		GT_STEPS(1);
		i = end > i ? end : i + 1;
	}
}
