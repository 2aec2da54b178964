#include "exporter/resource/program_name.h"

#include "shim/shared/compiler.h"

/*
 * How a program that runs other programs reads its arguments. Names, verbs and options are blank-separated globs that
 * match whole arguments. Letters match within clusters such as `-uc`.
 */
struct runner {
	const char *names;
	const char *verbs;	   /* the first argument may be one of these: it is skipped */
	const char *value_options; /* the next argument is their value */
	const char *run_options;   /* the next argument is what is run */
	const char *code_options;  /* the program is code in an argument and has no name */
	const char *letters[4];	   /* the same as letters; ATTACHED letters take the rest of the word */
	bool needs_verb;
	bool runs_commands; /* not files of one language */
};

enum { VALUE, RUN, CODE, ATTACHED };

static const struct runner runners[] = {
	{ "python python2* python3* pypy*", "", "--check-hash-based-pycs", "", "", { "WXQ", "m", "c", "" }, false, false },
	{ "node nodejs",
	  "",
	  "-r --require --import --loader --experimental-loader -C --conditions",
	  "",
	  "-e --eval -p --print -pe",
	  { NULL },
	  false,
	  false },
	{ "bun deno",
	  "run x",
	  "-r --preload --cwd -c --config --import-map",
	  "",
	  "-e --eval -p --print eval",
	  { NULL },
	  false,
	  false },
	{ "tsx ts-node", "", "-P --project -r --require --tsconfig", "", "-e --eval -p --print", { NULL }, false, false },
	{ "ruby ruby?.* jruby", "", "", "", "", { "rICE", "S", "e", "WTxKFi" }, false, false },
	{ "perl perl5*", "", "", "", "", { "I", "", "eE", "MmFixD" }, false, false },
	{ "php php?.* php?", "", "", "-f --file", "--run", { "dcz", "f", "rBRE", "" }, false, false },
	{ "bash sh dash ash zsh ksh busybox", "sh ash", "--rcfile --init-file", "", "", { "oO", "", "cs", "" }, false, false },
	{ "java",
	  "",
	  "-cp -classpath --class-path -p --module-path --add-modules --add-opens",
	  "-jar -m --module",
	  "",
	  { NULL },
	  false,
	  false },
	{ "lua lua5*", "", "", "", "", { "l", "", "e", "" }, false, false },
	{ "uv",
	  "run",
	  "--with --with-requirements --python -p --package --project --directory --extra --group --env-file",
	  "-m --module",
	  "-c",
	  { NULL },
	  true,
	  true },
	{ "npm pnpm yarn", "exec x dlx", "-p --package -w --workspace", "", "-c --call", { NULL }, true, true },
	{ "npx pnpx bunx", "", "-p --package -w --workspace", "", "-c --call", { NULL }, false, true },
	{ "uvx", "", "--from --with --python -p --index-url", "", "", { NULL }, false, true },
	{ "poetry pipenv pdm hatch rye pipx", "run", "-P --project -C --directory -p --spec", "", "", { NULL }, true, true },
	{ "bundle", "exec", "--gemfile", "", "", { NULL }, true, true },
};

#define NESTING_MAX 4 /* `uv run python agent.py` has two levels */

static struct gt_str base_name(struct gt_str s)
{
	size_t i;

	while (s.len > 1 && s.p[s.len - 1] == '/')
		s.len--;
	i = s.len;
	while (i && s.p[i - 1] != '/')
		i--;
	return gt_str_make(s.p + i, s.len - i);
}

static bool is_among(const char *globs, struct gt_str s)
{
	struct gt_str rest = gt_str_of(globs), glob;

	while (gt_str_next(&rest, ' ', &glob))
		if (glob.len && gt_str_glob(glob, s))
			return true;
	return false;
}

static const struct runner *find_runner(struct gt_str name)
{
	for (size_t i = 0; i < GT_COUNT_OF(runners); i++)
		if (is_among(runners[i].names, name))
			return &runners[i];
	return NULL;
}

enum option { PLAIN, TAKES_VALUE, TAKES_PROGRAM, HAS_PROGRAM, HAS_CODE };

static enum option read_letters(const struct runner *r, struct gt_str word, struct gt_str *rest)
{
	for (size_t i = 1; r->letters[VALUE] && i < word.len; i++) {
		*rest = gt_str_skip(word, i + 1);
		if (strchr(r->letters[CODE], word.p[i]))
			return HAS_CODE;
		if (strchr(r->letters[RUN], word.p[i]))
			return rest->len ? HAS_PROGRAM : TAKES_PROGRAM;
		if (strchr(r->letters[VALUE], word.p[i]))
			return rest->len ? PLAIN : TAKES_VALUE;
		if (strchr(r->letters[ATTACHED], word.p[i]))
			return PLAIN;
	}
	return PLAIN;
}

/* Sets `rest` to the program when it returns HAS_PROGRAM. */
static enum option read_option(const struct runner *r, struct gt_str word, struct gt_str *rest)
{
	if (word.len == 1 || is_among(r->code_options, word))
		return HAS_CODE; /* a lone dash is standard input */
	if (is_among(r->run_options, word))
		return TAKES_PROGRAM;
	if (is_among(r->value_options, word))
		return TAKES_VALUE;
	return word.p[1] == '-' ? PLAIN : read_letters(r, word, rest);
}

/* Consumes arguments up to and including the program. Returns the program, or an empty string. */
static struct gt_str find_program(const struct runner *r, char *const **args)
{
	bool may_be_verb = true, may_be_option = true, has_verb = false;
	struct gt_str none = GT_STR(""), program = none;

	while (**args) {
		struct gt_str word = gt_str_of(*(*args)++);

		if (!may_be_option || !word.len || word.p[0] != '-') {
			if (may_be_verb && is_among(r->code_options, word))
				return none;
			has_verb |= may_be_verb && is_among(r->verbs, word);
			if (!has_verb || !may_be_verb)
				return r->needs_verb && !has_verb ? none : word;
			may_be_verb = false;
			continue;
		}
		if (gt_str_eq(word, GT_STR("--"))) {
			may_be_option = false;
			continue;
		}
		switch (read_option(r, word, &program)) {
		case PLAIN:
			break;
		case TAKES_VALUE:
			*args += **args != NULL;
			break;
		case TAKES_PROGRAM:
			return **args ? gt_str_of(*(*args)++) : none;
		case HAS_PROGRAM:
			return program;
		case HAS_CODE:
			return none;
		}
	}
	return none;
}

/* The name of the file; of its folder for __main__.py; of a package without scope and version. */
static struct gt_str short_name(const struct runner *r, struct gt_str program)
{
	struct gt_str name = base_name(program);

	if (gt_str_eq(name, GT_STR("__main__.py")) && program.len > name.len + 1)
		return base_name(gt_str_make(program.p, program.len - name.len - 1));
	if (r->runs_commands && name.len)
		name.len = 1 + gt_str_find(gt_str_skip(name, 1), '@');
	return name;
}

struct gt_str gt_program_name(const char *executable, char *const *argv)
{
	struct gt_str started_as = base_name(gt_str_of(argv && argv[0] ? argv[0] : ""));
	struct gt_str name = base_name(gt_str_of(executable ? executable : ""));
	char *const *args = argv && argv[0] ? argv + 1 : NULL;
	const struct runner *r = find_runner(name);

	if (!r)
		r = find_runner(started_as);
	if (!name.len)
		name = started_as;
	for (int i = 0; i < NESTING_MAX && r && args; i++) {
		struct gt_str program = short_name(r, find_program(r, &args));
		bool runs_commands = r->runs_commands;

		if (!program.len)
			break;
		name = program;
		r = find_runner(name);
		/* a script ends the search, unless it is a launcher: `node /usr/bin/npx` */
		if (r && !runs_commands && !r->runs_commands)
			break;
	}
	return name;
}
