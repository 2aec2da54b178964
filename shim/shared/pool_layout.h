/*
 * How blocks lie in the pages of the pool, for the preload, which fills them, and for a reader of a spool.
 *
 * The pool is divided into segments, and each segment into blocks of one size class. A block begins with its struct
 * gt_event. A spool file has GT_SPOOL_HEAD bytes of head (spool_head.h) and then the segments in the order of their
 * numbers.
 */
#ifndef GT_POOL_LAYOUT_H
#define GT_POOL_LAYOUT_H

#define GT_SEGMENT_SIZE (64 * 1024)
#define GT_SEGMENTS_MAX 16384 /* 1 GiB: more than any sensible GENTAP_MEMORY_MAX */
/* Numbers of blocks: one segment has fewer than this. A power of two. */
#define GT_BLOCKS_PER_SEGMENT 512
#define GT_BLOCK_REPORT	      160 /* a BEGIN with common names of host and provider */
#define GT_BLOCK_MIN	      256
#define GT_BLOCK_MAX	      (16 * 1024)

/* GT_CLASS_REPORT is reserved for events that report the course of an exchange. Sizes: gt_block_size. */
enum gt_block_class { GT_CLASS_REPORT, GT_CLASS_TINY, GT_CLASS_SMALL, GT_CLASS_MEDIUM, GT_CLASS_LARGE, GT_CLASSES };

static inline unsigned gt_block_size(unsigned class)
{
	return class == GT_CLASS_REPORT ? GT_BLOCK_REPORT : GT_BLOCK_MIN << 2 * (class - 1);
}

#endif
