/* `gentap show FILE` */
#ifndef GT_SHOW_H
#define GT_SHOW_H

/* Draws the file (`-`: standard input) on standard output. Returns the exit code: 1 when it cannot be read or holds no span,
 * the reason told on stderr. */
int gt_show(const char *path);

#endif
