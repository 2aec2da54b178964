/*
 * Whether gentap is awake in this process: the policy of the constructor.
 *
 * Thread: the constructor. No lock and no allocation; one system call at most, and only where GENTAP_INCLUDE or
 * GENTAP_EXCLUDE is set.
 */
#ifndef GT_WANTED_H
#define GT_WANTED_H

#include <stdbool.h>

/* GENTAP_DISABLED has a value other than 0, false or blank. Reads `envp` itself: it comes before gt_env_snapshot, and
 * before anything else. `envp` may be NULL. */
bool gt_is_switched_off(char *const envp[]);

/* NULL when this process is traced; else the reason why not, a literal for the log. Needs gt_env_snapshot and gt_tools_init.
 * 
 * A program has up to three names, so that python and python3.11 are one program: `started_as` is argv[0]; `exec_path`
 * is the path given to execve (AT_EXECFN); the third is that of its file (/proc/self/exe). The base name counts. Both
 * arguments may be NULL. */
const char *gt_why_asleep(const char *started_as, const char *exec_path);

#endif
