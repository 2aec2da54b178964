/*
 * The request that the options of an easy handle amount to. Pure; what is returned points into the options and the URL.
 */
#ifndef GT_CURL_REQUEST_H
#define GT_CURL_REQUEST_H

#include "shim/shared/match.h"

struct gt_easy_options;

/* "scheme://user:password@host:port/..." without the user part. False for what is not HTTP. */
bool gt_curl_split_url(struct gt_str url, bool *is_tls, struct gt_str *authority);

/* "Name: value"; false for "Name:" (which removes a field) and for what is no field. "Name;" is a field without value
 * (CURLOPT_HTTPHEADER). */
bool gt_curl_split_field(const char *line, struct gt_str *name, struct gt_str *value);

/* `authority` is the part of `url` that gt_curl_split_url gives. */
void gt_curl_request_view(const struct gt_easy_options *o, struct gt_str url, struct gt_str authority,
			  struct gt_request_view *view);

#endif
