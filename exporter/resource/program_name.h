/*
 * Finds the name a user would give a running program: `agent.py`, not `python3.11`. Pure. Strings are slices of an
 * argument or of `executable`.
 */
#ifndef GT_PROGRAM_NAME_H
#define GT_PROGRAM_NAME_H

#include <stdbool.h>

#include "shim/shared/str.h"

enum gt_language { GT_OTHER_LANGUAGE, GT_JAVASCRIPT, GT_PYTHON, GT_COMMANDS };

struct gt_program {
	struct gt_str name;	   /* empty when nothing is known */
	struct gt_str file;	   /* what an interpreter or launcher runs, as its argument names it; else empty */
	enum gt_language language; /* of `file`; GT_COMMANDS: it is a command or a package */
	bool is_run;		   /* an interpreter or launcher runs it */
};

/* The name of an interpreter's script or module, of a launcher's command (uv run, npx), or else of the executable,
 * without `.exe`; of an interpreter alone without version. `executable` and `argv` may be NULL. */
void gt_program_find(struct gt_program *out, const char *executable, char *const *argv);

/* Its name alone. */
struct gt_str gt_program_name(const char *executable, char *const *argv);

/* A name that many programs have: main.py, index.js, cli.mjs. The folder or package names the program better. */
bool gt_program_is_vague(struct gt_str name);

#endif
