/*
 * The copy of libcurl that created an easy handle: its functions, which must be used with that handle. gentap looks
 * them up when the handle is created. The object that created the handle may be unloaded before its cleanup.
 */
#ifndef GT_CURL_LIBRARY_H
#define GT_CURL_LIBRARY_H

#include <stdbool.h>

#include "shim/curl_abi.h"

/* Each may be NULL: an older libcurl lacks it. */
struct gt_curl_library {
	gt_curl_setopt_fn *setopt;
	gt_curl_getinfo_fn *getinfo;
	gt_curl_nextheader_fn *nextheader;
	gt_curl_url_get_fn *url_get;
	gt_curl_free_fn *free;
	gt_curl_version_fn *version;
};

/* As the code at `return_address` calls it. */
struct gt_curl_library gt_curl_library_of(const void *return_address);

/* Does this libcurl refuse curl_easy_cleanup in a callback of the handle's transfer, which then goes on (8.22)? An older
 * libcurl does not allow the call there. */
bool gt_curl_refuses_cleanup(const struct gt_curl_library *l);

/* Does CURLOPT_HTTPHEADER also go to a proxy, in a CONNECT request? `header_opt`: CURLOPT_HEADEROPT as the application
 * set it; -1: not set. */
bool gt_curl_headers_are_unified(const struct gt_curl_library *l, long header_opt);

#endif
