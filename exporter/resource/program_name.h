/*
 * Finds the name a user would give a running program: `agent.py`, not `python3.11`. Pure.
 */
#ifndef GT_PROGRAM_NAME_H
#define GT_PROGRAM_NAME_H

#include "shim/shared/str.h"

/* The name of an interpreter's script or module, of a launcher's command (uv run, npx), or else of the executable. Both
 * may be NULL. Returns a slice of an argument or of `executable`; empty when nothing is known. */
struct gt_str gt_program_name(const char *executable, char *const *argv);

#endif
