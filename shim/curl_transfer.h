/*
 * One transfer of an easy handle, from curl_easy_perform, or from the first run of its multi handle, to its end.
 *
 * libcurl hands over whole requests and decoded bodies, whatever protocol and TLS library it uses. So the exchange is
 * captured at libcurl's interface. While a matched transfer is open, gentap replaces some options and puts the
 * application's values back afterwards. libcurl draws conclusions from options beyond using them. What it concludes
 * must stay true (read in libcurl 7.19.7 to 8.23):
 *
 * option		what libcurl concludes from it			what gentap does
 * WRITEFUNCTION	nothing; NULL means fwrite, to WRITEDATA	wraps it; calls fwrite for NULL
 * WRITEDATA		nothing; the default is stdout			its own pointer
 * HEADERDATA alone	headers go to the WRITE function		sets HEADERFUNCTION to the application's write
 *								function meanwhile, see gt_easy_move_header
 * READFUNCTION		equal to fread: READDATA is a FILE, which	leaves fread; wraps any other function
 *			libcurl may rewind with fseek
 * READDATA		taken when the transfer begins (7.46.0), or	another FILE in front of the application's; the
 *			for each request of it (before)		values of the begin, until the end
 * SEEKFUNCTION,	set: libcurl rewinds with it, and does not	wraps it only where it is set
 * IOCTLFUNCTION	compare the read function
 * HTTPHEADER		lines that it would add itself; what it signs	its nodes in front of the list; none with
 *			(AWS_SIGV4); with HEADEROPT unified, what	AWS_SIGV4, none where a unified list may reach a
 *			goes into CONNECT (the default before 7.42.1)	proxy
 * PROXYHEADER		with HEADEROPT separate, lines of requests	no lines where it has a traceparent
 *			through a proxy as well
 * PRIVATE		nothing					sets it for a moment in curl_easy_reset
 *
 * Left alone: header, progress, xferinfo, debug, sockopt, opensocket, closesocket, prereq, trailer, chunk, resolver and
 * SSL callbacks, and those of multi handles. libcurl knows that it is in a callback and refuses some calls there:
 * curl_multi_remove_handle since 7.59.0, curl_easy_reset and curl_easy_cleanup since 8.22.0. Then the transfer goes on,
 * and so does gentap. CURLINFO_REQUEST_SIZE and the output of CURLOPT_VERBOSE count and show the added lines.
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
