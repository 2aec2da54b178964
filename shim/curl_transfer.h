/*
 * One transfer of an easy handle, from perform, or from the first run of its multi handle, to its end.
 *
 * libcurl gives whole requests and decoded bodies, whatever it speaks below (h2, any TLS library), so an exchange is taken at
 * its interface. For the time of a matched transfer three options are ours: CURLOPT_HTTPHEADER is the application's list with
 * our nodes in front (libcurl keeps only the pointer and never edits a list, so nothing of the application's is copied,
 * changed or freed), CURLOPT_WRITEFUNCTION and CURLOPT_READFUNCTION are wrappers around the application's. Afterwards they
 * are put back.
 *
 * Threads: as libcurl demands, one thread at a time per handle.
 */
#ifndef GT_CURL_TRANSFER_H
#define GT_CURL_TRANSFER_H

#include <stdbool.h>

struct gt_easy;

/* A transfer is about to start on the handle. True when the request is one of ours: it is then followed until one of the
 * three below. False also while another is open or the handle waits to be started in a multi handle. `multi` or NULL. */
bool gt_easy_begin(struct gt_easy *e, void *multi);

/* The handle is put into `multi` and waits there. False when it did already, or has an open transfer: nothing changes
 * then. */
bool gt_easy_add(struct gt_easy *e, void *multi);

/* `multi` is about to run its transfers: those that wait begin. */
void gt_easy_begin_added(void *multi);

/* It is over: with its CURLcode, or taken away unfinished. Options are put back. Nothing when none is open. */
void gt_easy_finish(struct gt_easy *e, int code);
void gt_easy_remove(struct gt_easy *e);

/* The handle is in `multi` no more: it does not wait there, and a transfer that was begun for it is over. Nothing for other
 * transfers, such as one that curl_easy_perform runs in a multi handle of libcurl's own. */
void gt_easy_removed(struct gt_easy *e, const void *multi);

/* It never started, or waits no more: nothing is told. */
void gt_easy_cancel(struct gt_easy *e);

/* curl_multi_cleanup: ends every open transfer that was added to `multi`; what waits there never starts. */
void gt_easy_remove_all(void *multi);

/* Before the real curl_easy_cleanup: ends an open transfer while the handle can still be asked. */
void gt_easy_before_cleanup(void *easy);

#endif
