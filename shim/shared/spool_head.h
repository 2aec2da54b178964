/*
 * The head of a spool: a file that holds the pool of one process (pool_layout.h), so that its events survive it.
 *
 * The process that owns a spool holds an exclusive flock on it for as long as it maps it: the kernel releases the lock
 * when the last mapping goes, also after SIGKILL. A reader that gets the lock knows that the owner is gone.
 *
 * A spool is read by the same version of gentap only, because events are structs. Its first GT_SPOOL_HEAD bytes are
 * this struct. The file has mode 600, in a folder `gentap-UID` with mode 700.
 */
#ifndef GT_SPOOL_HEAD_H
#define GT_SPOOL_HEAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/env.h"
#include "shim/shared/pool_layout.h"

#define GT_SPOOL_HEAD	     (64 * 1024)
#define GT_SPOOL_MAGIC	     "gentap-spool"
#define GT_SPOOL_RESOURCE    (GT_SPOOL_HEAD - GT_SEGMENTS_MAX - 512)
#define GT_SPOOL_SUFFIX	     ".spool"
#define GT_SPOOL_FOLDER	     "gentap-%u" /* the effective user */
#define GT_SPOOL_FOLDERS_MAX 4

struct gt_spool_head {
	char magic[16];
	char version[32];		  /* of gentap */
	uint32_t layout;		  /* gt_spool_layout */
	uint32_t pid;			  /* in the owner's namespace: for messages only */
	uint64_t destination;		  /* gt_spool_destination: only a process with the same may send the contents */
	uint64_t run;			  /* gt_spool_run: the launcher's run; 0: none */
	uint64_t run_file;		  /* gt_spool_run_file: the launcher's file, which the spans belong into too; 0: none */
	char program[64];		  /* terminated */
	_Atomic uint32_t is_torn;	  /* some events are not in the file, so no exchange can be read in full */
	_Atomic uint32_t resource_len;	  /* 0: not known yet */
	uint32_t is_forwarded;		  /* a reader has given all of it to every sink; some of it was not delivered */
	char resource[GT_SPOOL_RESOURCE]; /* span_record.h of the exporter */
	uint8_t classes[GT_SEGMENTS_MAX]; /* enum gt_block_class + 1 of each segment; 0: not in use */
};

/* A number that differs between builds whose events differ. */
uint32_t gt_spool_layout(void);

/* A variable of the environment; NULL when unset (gt_env_raw). */
typedef const char *gt_env_fn(enum gt_env which);

/* What decides where spans go beside the launcher's file, as one number; secrets in it cannot be read back. */
uint64_t gt_spool_destination(gt_env_fn *env);

/* The launcher's file for the summary of its run; 0 without one. */
uint64_t gt_spool_run_file(gt_env_fn *env);

/* The run of the launcher; 0 without one. */
uint64_t gt_spool_run(gt_env_fn *env);

/* The folders that may hold spools, in order of preference, without the folder of the user. Borrowed strings. NULL
 * follows the last. Empty when GENTAP_SPOOL is `off`. `is_chosen`: the user named the folder, so it need not be in
 * memory. */
void gt_spool_folders(gt_env_fn *env, const char *folders[GT_SPOOL_FOLDERS_MAX + 1], bool *is_chosen);

/* Opens the user's folder in `folder`, and makes it when `makes`. A descriptor, or -1: it does not exist, or is not
 * private to the effective user, or is not in memory while it must be. */
int gt_spool_open_folder(const char *folder, bool makes, bool must_be_in_memory);

#endif
