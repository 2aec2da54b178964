/*
 * Counts the work of loops over foreign text, so that a unit test can show that twice the text takes twice the work. A
 * clock cannot: it measures the machine. Release builds count nothing.
 */
#ifndef GT_STEPS_H
#define GT_STEPS_H

#include <stdint.h>

#ifdef GT_DEBUG
extern _Thread_local uint64_t gt_steps; /* since the thread began; a test takes the difference */
#define GT_STEPS(n) ((void)(gt_steps += (n)))
#else
#define GT_STEPS(n) ((void)(1 ? 0 : (n)))
#endif

#endif
