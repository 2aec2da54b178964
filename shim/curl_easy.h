/*
 * One libcurl easy handle and the options that matter here, as the application set them.
 *
 * Threads: as libcurl demands, one thread at a time per handle. The look-up of a handle takes a lock (rank 1).
 */
#ifndef GT_CURL_EASY_H
#define GT_CURL_EASY_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/curl_abi.h"
#include "shim/real.h"

struct gt_easy;

/* The state of a handle; makes it when `easy` is new. NULL when there is no memory: the handle is then left alone. */
struct gt_easy *gt_easy_of(void *easy, const struct gt_caller *caller);

/* The state if there is one. */
struct gt_easy *gt_easy_find(void *easy);

/* The address holds a new handle: whatever was known of it is over. */
void gt_easy_created(void *easy, const struct gt_caller *caller);

/* After the real curl_easy_cleanup. */
void gt_easy_forget(void *easy);

/* An option as the application set it. Exactly one of the values counts, by the option's number. Returns true when the real
 * setopt must be called with *value (which may have become another pointer); false when the option is ours at the moment and
 * has only been noted. */
bool gt_easy_note_pointer(struct gt_easy *e, int option, void **value);
void gt_easy_note_number(struct gt_easy *e, int option, int64_t value);

/* All options back to libcurl's defaults, as curl_easy_reset does. No transfer may be open. */
void gt_easy_note_reset(struct gt_easy *e);

/* `copy` is a duplicate of `e`: it remembers the same, and gets the application's own values where `e`'s are ours now. */
void gt_easy_note_duplicate(struct gt_easy *e, void *copy, const struct gt_caller *caller);

/* A handle with an open transfer that was added to `multi`, or NULL. */
struct gt_easy *gt_easy_find_open(void *multi);

/* In a forked child, single-threaded: open transfers belong to the parent. */
void gt_easy_after_fork(void);

#endif
