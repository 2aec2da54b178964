/*
 * Before the program executes another by the function syscall: lets the exporter send, when the other program exists. The
 * process may survive the call, so nothing is cut off. Any thread; keeps errno.
 */
#ifndef GT_HOOK_EXEC_H
#define GT_HOOK_EXEC_H

/* The arguments of execve (`folder` AT_FDCWD) or execveat. */
void gt_exec_by_number(int folder, const char *path);

#endif
