/*
 * Whether gentap follows the programs that this process starts with an environment without gentap, and which of them.
 *
 * The launcher asks for it, or GENTAP_FOLLOW=children. A program is followed when its loader will take gentap's library
 * without a word, and when it has the rights of this process:
 *
 *	* it has this process's loader: that of another C library ends a program that preloads gentap, that of another
 *	  word size prints a line, and a static program has none;
 *	* it does not need a library that must be the first (program_file.h);
 *	* it is not setuid, setgid, or a file with capabilities, and this process has kept its user and group;
 *	* it can read gentap's library: the process may have another root than at its start.
 *
 * What cannot be found out, under a seccomp filter for example, counts as a no.
 *
 * Any thread, also in a vfork child and in a signal handler: no allocation. Keeps errno. A program that
 * was found good is remembered, as one number, and read again when its file has changed.
 */
#ifndef GT_FOLLOW_H
#define GT_FOLLOW_H

#include <stdbool.h>

/* Once, from the constructor, when this process is traced. Needs gt_env_snapshot. */
void gt_follow_init(void);

/* Are programs followed? A few loads. */
bool gt_follow_is_on(void);

/* The absolute path of gentap's library, NULL where it is not known or LD_PRELOAD cannot contain it. */
const char *gt_follow_library(void);

/* For tests: in place of this library's own path. Borrows it. */
void gt_follow_set_library(const char *path);

/* Would the kernel's execveat(folder, path) start a program that gentap may follow? Takes a few system calls. */
bool gt_follow_takes(int folder, const char *path);

/* The same for execvp(name). `may_be_relative`: the program will be looked for from this process's folder. */
bool gt_follow_takes_named(const char *name, bool may_be_relative);

/* The same for fexecve(fd). */
bool gt_follow_takes_number(int fd);

#endif
