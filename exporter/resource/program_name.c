#include "exporter/resource/program_name.h"

#include "shim/shared/compiler.h"

/*
 * How a program that runs other programs reads its arguments. Names, verbs and options are blank-separated globs that
 * match whole arguments; names without version. Letters match within clusters such as `-uc`.
 */
struct runner {
	const char *names;
	const char *verbs;	   /* the first argument may be one of these: it is skipped */
	const char *value_options; /* the next argument is their value */
	const char *run_options;   /* the next argument is what is run */
	const char *code_options;  /* the program is code in an argument and has no name */
	const char *letters[4];	   /* the same as letters; ATTACHED letters take the rest of the word */
	enum gt_language language; /* of the files it runs; GT_COMMANDS: it runs commands */
	bool needs_verb;
	bool is_script; /* of another runner: the search goes on after it */
};

enum { VALUE, RUN, CODE, ATTACHED };

static const struct runner runners[] = {
	{ .names = "python pypy",
	  .value_options = "--check-hash-based-pycs",
	  .letters = { "WXQ", "m", "c", "" },
	  .language = GT_PYTHON },
	{ .names = "node nodejs",
	  .value_options = "-r --require --import --loader --experimental-loader -C --conditions --env-file "
			   "--env-file-if-exists --experimental-config-file --watch-path --title --input-type "
			   "--inspect-port --disable-warning --dns-result-order --unhandled-rejections",
	  .code_options = "-e --eval -p --print -pe",
	  .language = GT_JAVASCRIPT },
	{ .names = "bun deno",
	  .verbs = "run x serve",
	  .value_options = "-r --preload --cwd -c --config --import-map --env-file",
	  .code_options = "-e --eval -p --print eval",
	  .language = GT_JAVASCRIPT },
	{ .names = "tsx ts-node ts-node-esm ts-node-dev",
	  .verbs = "watch",
	  .value_options = "-P --project -r --require --import --tsconfig --env-file",
	  .code_options = "-e --eval -p --print",
	  .language = GT_JAVASCRIPT,
	  .is_script = true },
	{ .names = "ruby jruby truffleruby", .letters = { "rICE", "S", "e", "WTxKFi" } },
	{ .names = "perl", .letters = { "I", "", "eE", "MmFixD" } },
	{ .names = "php php-cgi",
	  .run_options = "-f --file",
	  .code_options = "--run",
	  .letters = { "dczSt", "f", "rBRE", "" } },
	{ .names = "php-fpm", .needs_verb = true },
	{ .names = "bash sh dash ash zsh ksh busybox",
	  .verbs = "sh ash",
	  .value_options = "--rcfile --init-file",
	  .letters = { "oO", "", "cs", "" } },
	{ .names = "java",
	  .value_options = "-cp -classpath --class-path -p --module-path --add-modules --add-opens",
	  .run_options = "-jar -m --module" },
	{ .names = "lua luajit", .letters = { "l", "", "e", "" } },
	{ .names = "Rscript", .code_options = "-e" },
	{ .names = "dotnet",
	  .verbs = "exec",
	  .value_options = "--depsfile --runtimeconfig --additionalprobingpath --fx-version" },
	{ .names = "uv",
	  .verbs = "run",
	  .value_options = "--with --with-requirements --python -p --package --project --directory --extra --group --env-file",
	  .run_options = "-m --module",
	  .code_options = "-c",
	  .language = GT_COMMANDS,
	  .needs_verb = true },
	{ .names = "npm pnpm yarn",
	  .verbs = "exec x dlx",
	  .value_options = "-p --package -w --workspace",
	  .code_options = "-c --call",
	  .language = GT_COMMANDS,
	  .needs_verb = true },
	{ .names = "npx pnpx bunx",
	  .value_options = "-p --package -w --workspace",
	  .code_options = "-c --call",
	  .language = GT_COMMANDS },
	{ .names = "uvx", .value_options = "--from --with --python -p --index-url", .language = GT_COMMANDS },
	{ .names = "poetry pipenv pdm hatch rye pipx",
	  .verbs = "run",
	  .value_options = "-P --project -C --directory -p --spec --python",
	  .language = GT_COMMANDS,
	  .needs_verb = true },
	{ .names = "bundle", .verbs = "exec", .value_options = "--gemfile", .language = GT_COMMANDS, .needs_verb = true },
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
	struct gt_str rest = gt_str_of(globs ? globs : ""), glob;

	while (gt_str_next(&rest, ' ', &glob))
		if (glob.len && gt_str_glob(glob, s))
			return true;
	return false;
}

/* npm names the programs of some packages as Windows does. */
static struct gt_str without_exe(struct gt_str name)
{
	if (gt_str_iends(name, GT_STR(".exe")) && name.len > 4)
		name.len -= 4;
	return name;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* python of python3.11 and python3.13t, perl of perl5.36.0, luajit of luajit-2.1. */
static struct gt_str without_version(struct gt_str name)
{
	size_t i = name.len;

	if (i > 1 && name.p[i - 1] >= 'a' && name.p[i - 1] <= 'z' && is_digit(name.p[i - 2]))
		i--;
	if (!i || !is_digit(name.p[i - 1]))
		return name;
	while (i && (is_digit(name.p[i - 1]) || name.p[i - 1] == '.'))
		i--;
	if (i && name.p[i - 1] == '-')
		i--;
	return i ? gt_str_make(name.p, i) : name;
}

static const struct runner *find_runner(struct gt_str name)
{
	name = without_version(name);
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
	struct gt_str name = base_name(program), end = GT_STR(".__main__");
	bool is_package =
		r->language == GT_COMMANDS || gt_str_starts(program, GT_STR("npm:")) || gt_str_starts(program, GT_STR("jsr:"));

	if (gt_str_eq(name, GT_STR("__main__.py")) && program.len > name.len + 1)
		return base_name(gt_str_make(program.p, program.len - name.len - 1));
	if (r->language == GT_PYTHON && gt_str_ends(name, end) && name.len > end.len)
		name.len -= end.len;
	if (is_package && gt_str_find(name, ':') < name.len)
		name = gt_str_skip(name, gt_str_find(name, ':') + 1);
	for (size_t i = 1; is_package && i < name.len; i++)
		if (strchr("@=[<>~!", name.p[i]))
			name.len = i;
	return name;
}

void gt_program_find(struct gt_program *out, const char *executable, char *const *argv)
{
	struct gt_str started_as = without_exe(base_name(gt_str_of(argv && argv[0] ? argv[0] : "")));
	struct gt_str name = without_exe(base_name(gt_str_of(executable ? executable : "")));
	char *const *args = argv && argv[0] ? argv + 1 : NULL;
	const struct runner *r = find_runner(name);

	if (!name.len)
		name = started_as;
	if (!r)
		r = find_runner(started_as);
	*out = (struct gt_program){ .name = r ? without_version(name) : name };
	for (int i = 0; i < NESTING_MAX && r && args; i++) {
		enum gt_language language = r->language;
		struct gt_str program = find_program(r, &args);
		struct gt_str short_form = short_name(r, program);

		if (!short_form.len)
			break;
		*out = (struct gt_program){ .name = short_form, .file = program, .language = language, .is_run = true };
		r = find_runner(short_form);
		/* a script ends the search, unless it is a launcher: `node /usr/bin/npx` */
		if (r && language != GT_COMMANDS && r->language != GT_COMMANDS && !r->is_script)
			break;
	}
}

struct gt_str gt_program_name(const char *executable, char *const *argv)
{
	struct gt_program p;

	gt_program_find(&p, executable, argv);
	return p.name;
}

bool gt_program_is_vague(struct gt_str name)
{
	static const char stems[] = "__main__ main app index cli server run start bin entry entrypoint wsgi asgi";
	struct gt_str stem = gt_str_make(name.p, gt_str_find(name, '.'));

	return stem.len && is_among(stems, stem);
}
