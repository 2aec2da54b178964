/*
 * The spans of a trace as a tree, a line each: name, provider, tokens in [cached] and out, cost where it is known, time to the
 * first chunk, duration, and on a wide terminal a bar that shows when. Pure.
 *
 * Every process has a line of its own, above its roots; where a call leads from one process into another the line of the other
 * stands in between. What is too deep for the width is drawn at the last level that fits.
 */
#ifndef GT_TREE_H
#define GT_TREE_H

#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

/* `t` is linked. 0 or GT_ENOMEM. Draws nothing when there is no span. */
int gt_tree_draw(struct gt_picture *p, const struct gt_trace *t);

#endif
