/*
 * The real functions that the jumps of hook_kernel.c go to.
 */
#ifndef GT_HOOK_KERNEL_H
#define GT_HOOK_KERNEL_H

/* From the constructor, also when gentap stays asleep: finds the functions. A look-up at the first call would clear the
 * message that the application has not yet read by dlerror(). Calls before it find their own. */
void gt_kernel_init(void);

#endif
