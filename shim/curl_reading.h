/*
 * The request body that libcurl reads while it sends: CURLOPT_READFUNCTION and what belongs to it.
 *
 * libcurl draws conclusions from these pointers (curl_transfer.h has the table), so gentap replaces as few as it can:
 *
 *	* The application's own read function is wrapped.
 *	* Where libcurl reads a FILE with fread, the function stays fread: libcurl compares it, and rewinds the FILE with
 *	  fseek if a redirect, an authentication round or a stale connection wants the body again. gentap passes libcurl
 *	  another FILE, without a buffer, which reads from and seeks in the application's.
 *	* Seek and ioctl functions are wrapped when the application set one: after a rewind the same bytes come again, and
 *	  are reported once. gentap never adds one.
 *
 * Threads: as libcurl requires, one thread at a time per handle.
 */
#ifndef GT_CURL_READING_H
#define GT_CURL_READING_H

#include <stdbool.h>

struct gt_easy;

/* A transfer begins whose body libcurl reads: sets gentap's pointers in the real handle. */
void gt_curl_reading_begin(struct gt_easy *e);

/* Sets the application's pointers again, in the real handle of `in`: `e`, or a duplicate of it. */
void gt_curl_reading_put_back(const struct gt_easy *e, struct gt_easy *in);

/* The application sets CURLOPT_SEEKFUNCTION or CURLOPT_IOCTLFUNCTION during the transfer. libcurl uses the new value at
 * once. Returns as gt_easy_note_pointer. */
bool gt_curl_reading_note(struct gt_easy *e, int option, void **value);

/* The handle is gone. */
void gt_curl_reading_forget(struct gt_easy *e);

#endif
