#include "exporter/resource/package_name.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "exporter/base/json.h"
#include "exporter/base/small_file.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"

#define FOLDERS_MAX  8	 /* from the script's folder upwards */
#define NAME_MAX_LEN 214 /* npm's limit of a package's name */

static struct gt_str base_of(struct gt_str path)
{
	size_t i = path.len;

	while (i && path.p[i - 1] != '/')
		i--;
	return gt_str_make(path.p + i, path.len - i);
}

/* `/a` of `/a/b`; empty above that. */
static struct gt_str folder_of(struct gt_str path)
{
	path.len -= base_of(path).len;
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	return path;
}

static bool is_one_of(struct gt_str name, const struct gt_str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(name, names[i]))
			return true;
	return false;
}

/* Is it a word, and no path, URL or text? Names of packages have no more than these characters. */
static bool is_name(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (gt_lower(s.p[i]) >= 'a' && gt_lower(s.p[i]) <= 'z') ||
		      (s.p[i] && strchr("-_.~", s.p[i]))))
			return false;
	return s.len && s.len <= NAME_MAX_LEN;
}

/* ---------------------------------------------------------------- paths */

/* Removes empty segments, `.` and `..` from an absolute path. Symbolic links stay: node, too, is found through them. */
static size_t normalize(char *path)
{
	struct gt_str rest = gt_str_of(path), segment;
	size_t len = 0;

	while (gt_str_next(&rest, '/', &segment)) {
		if (!segment.len || gt_str_eq(segment, GT_STR(".")))
			continue;
		if (gt_str_eq(segment, GT_STR(".."))) {
			while (len && path[--len] != '/')
				;
			continue;
		}
		path[len++] = '/';
		memmove(path + len, segment.p, segment.len);
		len += segment.len;
	}
	path[len] = 0;
	return len;
}

/* The script's absolute path; false when the file does not exist. A program may have left the folder that it was started
 * in. */
static bool find_script(struct gt_str file, char path[PATH_MAX])
{
	struct stat st;
	size_t used = 0;

	if (gt_str_starts(file, GT_STR("file://")))
		file = gt_str_skip(file, 7);
	if (!file.len || (file.p[0] != '/' && gt_gate(folder, path, PATH_MAX - 1) <= 0))
		return false;
	if (file.p[0] != '/') {
		used = strlen(path);
		path[used++] = '/';
	}
	if (used + file.len >= PATH_MAX)
		return false;
	memcpy(path + used, file.p, file.len);
	path[used + file.len] = 0;
	normalize(path);
	return stat(path, &st) == 0;
}

struct gt_str gt_package_folder(struct gt_str script)
{
	static const struct gt_str parts[] = { { "src", 3 }, { "dist", 4 }, { "lib", 3 },    { "bin", 3 }, { "build", 5 },
					       { "out", 3 }, { "app", 3 },  { "esm", 3 },    { "cjs", 3 }, { "server", 6 },
					       { "cmd", 3 }, { "cli", 3 },  { "scripts", 7 } };
	static const struct gt_str places[] = { { "tmp", 3 },  { "home", 4 }, { "root", 4 },	 { "opt", 3 },
						{ "srv", 3 },  { "usr", 3 },  { "var", 3 },	 { "local", 5 },
						{ "code", 4 }, { "work", 4 }, { "workspace", 9 } };
	struct gt_str folder = folder_of(script), name;

	while ((name = base_of(folder)).len && is_one_of(name, parts, GT_COUNT_OF(parts)))
		folder = folder_of(folder);
	if (is_one_of(name, places, GT_COUNT_OF(places)) || gt_str_eq(folder_of(folder), GT_STR("/home")))
		return GT_STR("");
	return is_name(name) ? name : GT_STR("");
}

/* ---------------------------------------------------------------- package.json */

/* `@scope/name` is installed as `name`. */
static struct gt_str without_scope(struct gt_str name)
{
	return name.len && name.p[0] == '@' ? base_of(name) : name;
}

static bool is_path_of(struct gt_str folder, const cJSON *bin, struct gt_str script)
{
	char path[PATH_MAX];
	int n;

	if (!cJSON_IsString(bin))
		return false;
	n = snprintf(path, sizeof(path), "%.*s/%s", GT_STR_ARG(folder), bin->valuestring);
	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	return gt_str_eq(gt_str_make(path, normalize(path)), script);
}

struct gt_str gt_package_json_name(struct gt_arena *a, struct gt_str text, struct gt_str folder, struct gt_str script,
				   bool may_be_package)
{
	cJSON *json = gt_json_is_too_large(text) ? NULL : gt_json_parse(text);
	const cJSON *bin = cJSON_GetObjectItemCaseSensitive(json, "bin"), *one;
	struct gt_str name = GT_STR(""), found = GT_STR("");
	const char *copy;

	gt_json_str(json, "name", &name);
	name = without_scope(name);
	if (is_path_of(folder, bin, script) || may_be_package)
		found = name;
	if (cJSON_IsObject(bin))
		cJSON_ArrayForEach (one, bin) {
			if (one->string && is_path_of(folder, one, script)) {
				found = without_scope(gt_str_of(one->string));
				break;
			}
		}
	copy = is_name(found) ? gt_arena_copy(a, found) : NULL;
	cJSON_Delete(json);
	return copy ? gt_str_make(copy, found.len) : GT_STR("");
}

/* ---------------------------------------------------------------- pyproject.toml */

/* The value of `name = "value"`, or empty. */
static struct gt_str name_in(struct gt_str line)
{
	size_t equals = gt_str_find(line, '=');
	struct gt_str value;

	if (equals == line.len || !gt_str_eq(gt_str_trim(gt_str_make(line.p, equals)), GT_STR("name")))
		return GT_STR("");
	value = gt_str_trim(gt_str_skip(line, equals + 1));
	if (value.len < 2 || (value.p[0] != '"' && value.p[0] != '\''))
		return GT_STR("");
	value = gt_str_make(value.p + 1, gt_str_find(gt_str_skip(value, 1), value.p[0]));
	return is_name(value) ? value : GT_STR("");
}

struct gt_str gt_package_toml_name(struct gt_str text)
{
	struct gt_str line, name;
	bool is_project = false;

	while (gt_str_next(&text, '\n', &line)) {
		line = gt_str_trim(line);
		if (line.len && line.p[0] == '[')
			is_project = gt_str_starts(line, GT_STR("[project]")) || gt_str_starts(line, GT_STR("[tool.poetry]"));
		else if (is_project && (name = name_in(line)).len)
			return name;
	}
	return GT_STR("");
}

/* ---------------------------------------------------------------- look-up */

/* The text of `file` in `folder`; p is NULL when it cannot be read. */
static struct gt_str read_in(struct gt_arena *a, struct gt_str folder, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s/%s", GT_STR_ARG(folder), file);
	size_t len = 0;
	char *text = n > 0 && (size_t)n < sizeof(path) ? gt_small_file(a, path, &len) : NULL;

	return gt_str_make(text, len);
}

/* Copies in `a` are freed with it: these files are small. */
static struct gt_str package_of(struct gt_arena *a, struct gt_str script, enum gt_language language, bool is_vague)
{
	struct gt_str folder = folder_of(script), name = GT_STR("");

	for (int i = 0; i < FOLDERS_MAX && folder.len && !name.len; i++, folder = folder_of(folder)) {
		struct gt_str text = read_in(a, folder, language == GT_JAVASCRIPT ? "package.json" : "pyproject.toml");

		if (text.p && language == GT_JAVASCRIPT)
			name = gt_package_json_name(a, text, folder, script, is_vague);
		else if (text.p)
			name = gt_package_toml_name(text);
		if (gt_str_eq(base_of(folder), GT_STR("node_modules")) || gt_str_eq(base_of(folder), GT_STR("site-packages")))
			break;
	}
	return name;
}

const char *gt_package_find(struct gt_arena *a, const struct gt_program *program)
{
	bool is_vague = gt_program_is_vague(program->name);
	struct gt_str script, name = GT_STR("");
	char path[PATH_MAX];

	if (!program->is_run || program->language == GT_COMMANDS || (!is_vague && program->language != GT_JAVASCRIPT) ||
	    !find_script(program->file, path))
		return NULL;
	script = gt_str_of(path);
	if (program->language == GT_JAVASCRIPT || program->language == GT_PYTHON)
		name = package_of(a, script, program->language, is_vague);
	if (!name.len && is_vague)
		name = gt_package_folder(script);
	return name.len ? gt_arena_copy(a, name) : NULL;
}
