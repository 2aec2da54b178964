#include "exporter/transfer/curl_handles.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exporter/base/small_file.h"
#include "exporter/otlp/otlp_endpoint.h"
#include "exporter/transfer/ca_file.h"
#include "exporter/transfer/own_sockets.h"
#include "exporter/transfer/proxy.h"
#include "shim/shared/clock.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "version.h"

#define USER_AGENT    "gentap/" GENTAP_VERSION " OTel-OTLP-Exporter-C/" GENTAP_VERSION
#define ABANDONED_MAX 4 /* a program that closes all descriptors does so once, or again and again */

static struct abandoned {
	CURLM *multi;
	CURL *easy;
} abandoned[ABANDONED_MAX];
static unsigned abandoned_count;

/*
 * libcurl and mbedTLS hold state for the whole process. A forked child inherits the parent's: a random generator that
 * would give both the same numbers, locks whose holder may not exist any more, and the parent's connection. So each
 * process starts the libraries anew. False when that failed.
 */
static bool enter_process(void)
{
	static int owner;
	static bool is_spoilt;
	int process = gt_gate_process();

	if (owner == process || is_spoilt)
		return !is_spoilt;
	if (owner) {
		gt_own_sockets_drop();
		abandoned_count = 0; /* the parent abandoned those */
		curl_global_cleanup();
		mbedtls_psa_crypto_free(); /* libcurl starts it again when it is needed */
	}
	/* no second try: after a failure, libcurl would find TLS "initialized", but without its locks */
	is_spoilt = curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK;
	owner = process;
	return !is_spoilt;
}

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)ctx;
	(void)purpose;
	return gt_own_socket(address->family, address->socktype, address->protocol);
}

static int on_close(void *ctx, curl_socket_t fd)
{
	(void)ctx;
	gt_own_socket_close(fd);
	return 0;
}

static bool add_header(struct gt_curl *c, struct gt_str name, struct gt_str value)
{
	/* to libcurl, `name:` removes a header, and `name;` is a header without value */
	struct gt_str sep = value.len ? GT_STR(": ") : GT_STR(";");
	size_t len = name.len + sep.len + value.len;
	struct curl_slist *longer;
	char *line = malloc(len + 1);

	if (!line)
		return false;
	memcpy(line, name.p, name.len);
	memcpy(line + name.len, sep.p, sep.len);
	if (value.len)
		memcpy(line + name.len + sep.len, value.p, value.len);
	line[len] = 0;
	longer = curl_slist_append(c->headers, line);
	free(line);
	if (longer)
		c->headers = longer;
	return longer != NULL;
}

static bool make_headers(struct gt_curl *c)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (const char *const *line = c->style->headers; *line && list; line++) {
		c->headers = list;
		list = curl_slist_append(list, *line);
	}
	if (!list)
		return false;
	c->headers = list;
	for (unsigned i = 0; i < c->config->n_headers; i++)
		if (!add_header(c, gt_str_of(c->config->headers[i].name), gt_str_of(c->config->headers[i].value)))
			return false;
	return true;
}

struct curl_slist *gt_curl_headers(struct gt_curl *c, bool is_gzip, int64_t timeout_ns)
{
	int64_t ms = timeout_ns / GT_NS_PER_MS;
	struct curl_slist *first = c->headers;

	if (c->style->timeout_header && timeout_ns > 0) {
		/* gRPC allows eight digits and one of the units m, S, ... */
		snprintf(c->timeout_line, sizeof(c->timeout_line), "%s: %lld%c", c->style->timeout_header,
			 (long long)(ms < 100000000	  ? (ms ? ms : 1) :
				     ms / 1000 < 99999999 ? ms / 1000 :
							    99999999),
			 ms < 100000000 ? 'm' : 'S');
		c->timeout_header = (struct curl_slist){ .data = c->timeout_line, .next = first };
		first = &c->timeout_header;
	}
	if (is_gzip) {
		c->gzip_header = (struct curl_slist){ .data = (char *)c->style->gzip_header, .next = first };
		first = &c->gzip_header;
	}
	return first;
}

static bool find_proxy(struct gt_curl *c, bool is_https)
{
	struct gt_proxy proxy = { GT_STR(""), GT_STR("") };
	struct gt_arena scratch;
	char *environment;
	size_t len;

	gt_arena_init(&scratch, 0);
	environment = gt_small_file(&scratch, "/proc/self/environ", &len);
	if (environment && !gt_url_is_local(gt_str_of(c->config->url)))
		proxy = gt_proxy_find(gt_str_make(environment, len), is_https);
	c->proxy = gt_arena_copy(&c->memory, proxy.url);
	c->proxy_exceptions = gt_arena_copy(&c->memory, proxy.exceptions);
	gt_arena_free(&scratch);
	return c->proxy && c->proxy_exceptions;
}

static bool check_readable(const char *what, const char *path)
{
	if (!path || gt_file_is_readable(path))
		return true;
	gt_log(GT_LOG_SINK, GT_LOG_ERROR, "the %s %s cannot be read; nothing is sent over OTLP", what, path);
	return false;
}

/* TLS is always verified: a file that cannot be read ends the export. */
static bool find_certificates(struct gt_curl *c)
{
	c->ca_file = c->config->ca_file ? c->config->ca_file : gt_ca_file_of_system();
	if (!c->ca_file)
		gt_log(GT_LOG_SINK, GT_LOG_ERROR,
		       "no CA certificates found; nothing is sent over OTLP (set OTEL_EXPORTER_OTLP_CERTIFICATE)");
	return c->ca_file && check_readable("CA file", c->ca_file) &&
	       check_readable("client certificate", c->config->client_certificate) &&
	       check_readable("client key", c->config->client_key);
}

static void set_tls(struct gt_curl *c)
{
	if (!c->ca_file)
		return;
	curl_easy_setopt(c->easy, CURLOPT_CAINFO, c->ca_file);
	curl_easy_setopt(c->easy, CURLOPT_PROXY_CAINFO, c->ca_file);
	if (c->config->client_certificate)
		curl_easy_setopt(c->easy, CURLOPT_SSLCERT, c->config->client_certificate);
	if (c->config->client_key)
		curl_easy_setopt(c->easy, CURLOPT_SSLKEY, c->config->client_key);
}

/* HTTP/1.1 unless the protocol needs more: one request at a time gains nothing from HTTP/2. */
static long http_version(const struct gt_curl *c)
{
	if (!c->style->is_http2)
		return CURL_HTTP_VERSION_1_1;
	return c->ca_file ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
}

/* Only options that copy a string can fail, when out of memory. Those that matter are checked. */
static bool set_options(struct gt_curl *c)
{
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server when giving up */
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, http_version(c));
	/* an HTTP proxy would not understand HTTP/2 sent with prior knowledge */
	curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, c->style->is_http2 ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L); /* headers with API keys must go to one host only */
	curl_easy_setopt(e, CURLOPT_MAXCONNECTS, 1L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	set_tls(c);
	return curl_easy_setopt(e, CURLOPT_URL, c->config->url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, USER_AGENT) == CURLE_OK &&
	       /* set even when empty: otherwise libcurl would read the environment */
	       curl_easy_setopt(e, CURLOPT_PROXY, c->proxy) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROXY, c->proxy_exceptions) == CURLE_OK;
}

static bool make_handles(struct gt_curl *c)
{
	c->multi = curl_multi_init();
	c->easy = curl_easy_init();
	if (c->multi && c->easy && set_options(c)) {
		curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
		return true;
	}
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	c->easy = NULL;
	c->multi = NULL;
	return false;
}

bool gt_curl_open(struct gt_curl *c, const struct gt_otlp_config *config, const struct gt_http_style *style)
{
	bool is_https = gt_str_istarts(gt_str_of(config->url), GT_STR("https:"));

	*c = (struct gt_curl){ .config = config, .style = style };
	gt_arena_init(&c->memory, 0);
	return enter_process() && (!is_https || find_certificates(c)) && make_headers(c) && find_proxy(c, is_https) &&
	       make_handles(c);
}

void gt_curl_close(struct gt_curl *c)
{
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	gt_arena_free(&c->memory);
	*c = (struct gt_curl){ .config = c->config, .style = c->style };
}

void gt_curl_abandon(struct gt_curl *c)
{
	gt_own_sockets_drop();
	if (abandoned_count < ABANDONED_MAX)
		abandoned[abandoned_count] = (struct abandoned){ c->multi, c->easy };
	abandoned_count++;
	c->multi = NULL;
	c->easy = NULL;
}

void gt_curl_rest(struct gt_curl *c)
{
	if (!c->easy)
		return;
	if (!gt_own_sockets_are_ours()) {
		gt_curl_abandon(c);
		return;
	}
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	c->easy = NULL;
	c->multi = NULL;
}

bool gt_curl_renew(struct gt_curl *c)
{
	return abandoned_count < ABANDONED_MAX && make_handles(c);
}
