/*
 * Functions of the kernel's shared object (vdso(7)), found without the loader, so that nothing can interpose them.
 *
 * Pure. The image is the kernel's own, so its tables are taken as they are.
 */
#ifndef GT_VDSO_H
#define GT_VDSO_H

/* `image` is the value of AT_SYSINFO_EHDR. NULL when `image` is NULL or has no such function. */
void *gt_vdso_find(const void *image, const char *name);

#endif
