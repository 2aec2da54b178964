/*
 * What a person would call a running program: `agent.py` and not `python3.11`. Pure.
 */
#ifndef GT_PROGRAM_NAME_H
#define GT_PROGRAM_NAME_H

#include "shim/shared/str.h"

/* Interpreters give way to their script or module, launchers (uv run, npx) to what they launch, everything else is called
 * by its file. `argv` may be NULL. A slice of an argument or of `executable`; empty when nothing is known. */
struct gt_str gt_program_name(const char *executable, char *const *argv);

#endif
