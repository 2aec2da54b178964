/*
 * libcurl handles that post to one destination from inside another program's process: certificates, proxy, headers, and
 * sockets that gentap opens and tracks. Part of gt_http_transfer. Exporter thread.
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
	struct curl_slist *headers;		       /* for every request */
	struct curl_slist gzip_header, timeout_header; /* put before them when needed */
	char timeout_line[64];
	const char *ca_file; /* NULL: not https */
	const char *proxy, *proxy_exceptions;
	struct gt_arena memory; /* holds the strings */
};

/* False when out of memory, or when a certificate or key cannot be read (logged). Call gt_curl_close in either case.
 * Borrows `config` and `style`. */
bool gt_curl_open(struct gt_curl *c, const struct gt_otlp_config *config, const struct gt_http_style *style);
void gt_curl_close(struct gt_curl *c);

/* The headers of one request, valid until the next call. `timeout_ns` 0: no timeout header. */
struct curl_slist *gt_curl_headers(struct gt_curl *c, bool is_gzip, int64_t timeout_ns);

/*
 * For the case that the application closed our socket, so that its number may now belong to a file of the application.
 * Closing a TLS connection would write a close_notify to that file. So the handles are kept and never touched again.
 */
void gt_curl_abandon(struct gt_curl *c);

/* Closes the connection and the handles, which gt_curl_renew makes again. */
void gt_curl_rest(struct gt_curl *c);

/* Makes new handles after gt_curl_abandon or gt_curl_rest. False when out of memory, or when the process has abandoned
 * too many. */
bool gt_curl_renew(struct gt_curl *c);

#endif
