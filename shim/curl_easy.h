/*
 * One libcurl easy handle: the options that matter here, as the application set them, and the transfer it is used for.
 *
 * libcurl gives whole requests and decoded bodies, whatever it speaks below (h2, any TLS library), so an exchange is taken at
 * its interface. For the time of a matched transfer three options are ours: CURLOPT_HTTPHEADER is the application's list with
 * our nodes in front (libcurl keeps only the pointer and never edits a list, so nothing of the application's is copied,
 * changed or freed), CURLOPT_WRITEFUNCTION and CURLOPT_READFUNCTION are wrappers around the application's. Afterwards they
 * are put back. The cases are listed and measured in the design notes of shim/README.md.
 *
 * Threads: as libcurl demands, one thread at a time per handle. The look-up of a handle takes a lock (rank 1).
 */
#ifndef GT_CURL_EASY_H
#define GT_CURL_EASY_H

#include <stdbool.h>
#include <stdint.h>

#include "curl_abi.h"
#include "real.h"

struct gt_easy;

/* The state of a handle; makes it when `easy` is new. NULL when there is no memory: the handle is then left alone. */
struct gt_easy *gt_easy_of(void *easy, const struct gt_caller *caller);

/* The state if there is one. */
struct gt_easy *gt_easy_find(void *easy);

/* The address holds a new handle: whatever was known of it is over. */
void gt_easy_created(void *easy, const struct gt_caller *caller);

/* Before the real curl_easy_cleanup: ends an open transfer while the handle can still be asked. After it: forgets. */
void gt_easy_before_cleanup(void *easy);
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

/* A transfer is about to start on the handle. True when the request is one of ours: it is then followed until one of the
 * three below. False also while another is open. `multi` or NULL. */
bool gt_easy_begin(struct gt_easy *e, void *multi);

/* It is over: with its CURLcode, or taken away unfinished. Options are put back. Nothing when none is open. */
void gt_easy_finish(struct gt_easy *e, int code);
void gt_easy_remove(struct gt_easy *e);

/* It never started: nothing is told. */
void gt_easy_cancel(struct gt_easy *e);

/* curl_multi_cleanup: ends every open transfer that was added to `multi`. */
void gt_easy_remove_all(void *multi);

/* In a forked child, single-threaded: open transfers belong to the parent. */
void gt_easy_after_fork(void);

#endif
