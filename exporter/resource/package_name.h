/*
 * Names a script by its package: `pi` for `node .../pi/dist/cli.js`, `weather` for `python3 /srv/weather/main.py`.
 *
 * gt_package_find looks at files near the script: on the exporter's thread, a few small files at most. The others are
 * pure.
 */
#ifndef GT_PACKAGE_NAME_H
#define GT_PACKAGE_NAME_H

#include "exporter/base/arena.h"
#include "exporter/resource/program_name.h"

/* Returns a better name of the program, in `a`; NULL when its own is good or the files give no other.
 *
 *   * JavaScript: the name under which the nearest package.json installs the script ("bin").
 *   * A vague name (gt_program_is_vague) only: the name in that package.json, or in the nearest pyproject.toml; else that
 *     of the folder, passing folders such as src and dist. Folders such as /tmp and /home/ann name no program. */
const char *gt_package_find(struct gt_arena *a, const struct gt_program *program);

/* The name in the text of a package.json, whose folder is `folder`. With `script`, an absolute path, its installed name
 * if it has one. `may_be_package`: else the package's name without scope. In `a`; empty when it has neither. */
struct gt_str gt_package_json_name(struct gt_arena *a, struct gt_str text, struct gt_str folder, struct gt_str script,
				   bool may_be_package);

/* The name of the project in the text of a pyproject.toml: [project] or [tool.poetry]. A slice of `text`. */
struct gt_str gt_package_toml_name(struct gt_str text);

/* The folder that names the script at this absolute path; a slice of it, or empty. */
struct gt_str gt_package_folder(struct gt_str script);

#endif
