/*
 * The request that the options of an easy handle describe. Pure; returned slices borrow from the options and the URL.
 */
#ifndef GT_CURL_REQUEST_H
#define GT_CURL_REQUEST_H

#include "shim/shared/match.h"

struct gt_curl_slist;
struct gt_easy_options;

/* Splits "scheme://user:password@host:port/..." and removes the user part. Returns false when the URL is not HTTP. */
bool gt_curl_split_url(struct gt_str url, bool *is_tls, struct gt_str *authority);

/* Splits "Name: value". "Name;" is a field with an empty value (CURLOPT_HTTPHEADER). Returns false for "Name:", which
 * removes a field, and for lines that are not fields. */
bool gt_curl_split_field(const char *line, struct gt_str *name, struct gt_str *value);

/* Does a list of header lines have a traceparent? */
bool gt_curl_has_trace(const struct gt_curl_slist *list);

/* Fills `view`. `authority` is the part of `url` that gt_curl_split_url returned. */
void gt_curl_request_view(const struct gt_easy_options *o, struct gt_str url, struct gt_str authority,
			  struct gt_request_view *view);

#endif
