/*
 * Programs that a process executes and gentap will not be in: static, privileged, or without LD_PRELOAD in their
 * environment and not followed (follow.h). The log and the launcher report them, so that their calls are not missed in silence.
 *
 * posix_spawn, system and popen execute by calls of libc's own, and are not seen.
 */
#ifndef GT_UNTRACED_H
#define GT_UNTRACED_H

#include <stdbool.h>

/* The constructor: does LD_PRELOAD name gentap? Where it does not, /etc/ld.so.preload does, for all programs. */
void gt_untraced_init(char *const envp[]);

/* Loads only: does anything want to know? */
bool gt_untraced_is_wanted(void);

/* Before the program at `path` is executed with this environment. Reports it when gentap will not be in it. Also in a
 * vfork child, whose memory it does not change. Makes a few system calls; keeps errno. */
void gt_untraced_look(const char *path, char *const envp[]);

#endif
