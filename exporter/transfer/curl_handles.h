/*
 * libcurl, set up for posting to one destination in somebody else's process: certificates, proxy, headers, and sockets of
 * our own. Part of gt_http_transfer. Exporter thread.
 */
#ifndef GT_CURL_HANDLES_H
#define GT_CURL_HANDLES_H

#include <curl/curl.h>

#include "exporter/otlp/http_message.h"
#include "exporter/otlp/otlp_config.h"

struct gt_curl {
	const struct gt_otlp_config *config;
	const struct gt_http_style *style;
	CURLM *multi;
	CURL *easy;				       /* both NULL once abandoned */
	struct curl_slist *headers;		       /* of every request */
	struct curl_slist gzip_header, timeout_header; /* before them, when they are wanted */
	char timeout_line[64];
	const char *ca_file; /* NULL: not https */
	const char *proxy, *proxy_exceptions;
	struct gt_arena memory; /* of the strings */
};

/* False: no memory, or an unreadable certificate or key (said in the log); close it all the same. Borrows both. */
bool gt_curl_open(struct gt_curl *c, const struct gt_otlp_config *config, const struct gt_http_style *style);
void gt_curl_close(struct gt_curl *c);

/* The headers of one request; valid until the next call. `timeout_ns` 0: not told. */
struct curl_slist *gt_curl_headers(struct gt_curl *c, bool is_gzip, int64_t timeout_ns);

/*
 * For when the application has closed our socket and may have a file of its own under that number. Closing a TLS connection
 * would write a farewell into it, so the handles are never touched again.
 */
void gt_curl_abandon(struct gt_curl *c);

/* New handles after that. False when there is no memory, or when it has happened too often. */
bool gt_curl_renew(struct gt_curl *c);

#endif
