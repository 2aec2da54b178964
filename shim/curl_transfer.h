/*
 * One transfer of an easy handle, from curl_easy_perform, or from the first run of its multi handle, to its end.
 *
 * libcurl hands over whole requests and decoded bodies, whatever protocol and TLS library it uses. So the exchange is
 * captured at libcurl's interface. While a matched transfer is open, gentap replaces these options and puts the
 * application's values back afterwards:
 *
 *	CURLOPT_HTTPHEADER	gentap's nodes in front of the application's list;
 *	CURLOPT_WRITEFUNCTION	wraps the application's function;
 *	CURLOPT_READFUNCTION	wraps the application's function, when it supplies the request body;
 *	CURLOPT_HEADERFUNCTION	only when the application set nothing but CURLOPT_HEADERDATA: see gt_easy_move_header
 *
 * libcurl keeps only the pointer to a header list and never edits it. So nothing of the application's is copied,
 * changed or freed.
 *
 * Threads: as libcurl requires, one thread at a time per handle.
 */
#ifndef GT_CURL_TRANSFER_H
#define GT_CURL_TRANSFER_H

#include <stdbool.h>

struct gt_easy;

/* A transfer is about to start on the handle. Returns true when the request matches: the transfer is then followed
 * until gt_easy_finish, gt_easy_remove or gt_easy_cancel. Returns false also while a transfer is open or the handle
 * waits in a multi handle. `multi` may be NULL. */
bool gt_easy_begin(struct gt_easy *e, void *multi);

/* The application adds the handle to `multi`, where it waits to be started. Returns false and changes nothing when it
 * already waits or has an open transfer. */
bool gt_easy_add(struct gt_easy *e, void *multi);

/* `multi` is about to run its transfers: begins those that wait in it. */
void gt_easy_begin_added(void *multi);

/* The transfer ended with a CURLcode, or was removed unfinished. Puts the options back. Does nothing when no transfer
 * is open. */
void gt_easy_finish(struct gt_easy *e, int code);
void gt_easy_remove(struct gt_easy *e);

/* After curl_easy_reset: an open transfer is reported as removed, and all recorded options are libcurl's defaults. */
void gt_easy_was_reset(struct gt_easy *e);

/* The handle left `multi`: it no longer waits there, and a transfer that began there is over. Leaves other transfers
 * alone, such as curl_easy_perform's, which runs in libcurl's own multi handle. */
void gt_easy_removed(struct gt_easy *e, const void *multi);

/* The add failed, so the transfer never starts: takes the handle off the list, or ends its exchange with
 * GT_END_NEVER. */
void gt_easy_cancel(struct gt_easy *e);

/* curl_multi_cleanup: ends every open transfer that was added to `multi`. Handles that wait there never start. */
void gt_easy_remove_all(void *multi);

/* Before the real curl_easy_cleanup: ends an open transfer while libcurl can still report on the handle. */
void gt_easy_before_cleanup(void *easy);

#endif
