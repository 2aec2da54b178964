/*
 * Draws the spans of a trace as a tree, one line per span. Pure.
 *
 * Columns: name, provider, tokens in [cached] and out, cost, time to the first chunk, duration. A wide terminal also
 * shows a bar for the time of each span. Unknown values are blank.
 *
 * Every process has a line above its root spans. Where a call leads from a process to another, the line of the other
 * process comes between the two spans. Spans too deep for the width are drawn at the deepest level that fits.
 */
#ifndef GT_TREE_H
#define GT_TREE_H

#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

/* `t` is linked. 0 or GT_ENOMEM. Draws nothing without spans. */
int gt_tree_draw(struct gt_picture *p, const struct gt_trace *t);

#endif
