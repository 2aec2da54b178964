/*
 * One libcurl easy handle and its relevant options, as the application set them.
 *
 * Threads: as libcurl requires, one thread at a time per handle. The look-up of a handle takes a lock (rank 1).
 */
#ifndef GT_CURL_EASY_H
#define GT_CURL_EASY_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/curl_abi.h"

struct gt_easy;

/* The state of a handle; creates it when `easy` is new, for the library that the code at `return_address` calls. NULL
 * when memory runs out: gentap then ignores the handle. The module owns the state until gt_easy_unlink. */
struct gt_easy *gt_easy_of(void *easy, const void *return_address);

/* The state of a known handle, else NULL. */
struct gt_easy *gt_easy_find(void *easy);

/* libcurl returned a new handle at this address: discards the state of an earlier handle and creates a new state. */
void gt_easy_created(void *easy, const void *return_address);

/* Before the real curl_easy_cleanup: takes the state out of the table, so that the address has none, and returns it, or
 * NULL. The caller owns it, and frees it after the real call, in which gentap's callbacks may still run. While that call
 * runs, another thread may get the same address from curl_easy_init. */
struct gt_easy *gt_easy_unlink(void *easy);
void gt_easy_free(struct gt_easy *e);

/* Both at once: for an address at which no handle is that gentap knows. */
void gt_easy_forget(void *easy);

/* Records an option as the application set it. Returns true when the hook must call the real setopt with *value,
 * which may now be a different pointer. Returns false when gentap's own value is in force: the option is only
 * recorded. */
bool gt_easy_note_pointer(struct gt_easy *e, int option, void **value);
void gt_easy_note_number(struct gt_easy *e, int option, int64_t value);

/* Resets the recorded options to libcurl's defaults, as curl_easy_reset does. No transfer may be open. */
void gt_easy_note_reset(struct gt_easy *e);

/* `copy` is a duplicate of `e`: copies the recorded options. Where gentap's values are set in `e`, the duplicate gets
 * the application's values. */
void gt_easy_note_duplicate(struct gt_easy *e, void *copy, const void *return_address);

/* Returns a handle with an open transfer that was added to `multi`, or NULL. */
struct gt_easy *gt_easy_find_open(void *multi);

/* In a forked child, single-threaded: open transfers belong to the parent. */
void gt_easy_after_fork(void);

#endif
