/* `gentap show FILE` */
#ifndef GT_SHOW_H
#define GT_SHOW_H

/* Draws the file (`-`: standard input) on standard output. Returns the exit code: 0, or 1 when the file cannot be read
 * in full, has no span, or cannot be drawn. Reports the reason on stderr. */
int gt_show(const char *path);

#endif
