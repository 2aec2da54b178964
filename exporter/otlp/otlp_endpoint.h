/*
 * Makes the URL to post to from the endpoint that the user configured. Pure.
 *
 * The rules are those of the OpenTelemetry specification (protocol/exporter.md), and three that users of other tools
 * rely on:
 * - a bare `host:port` means https, or http when it names the local host;
 * - a base that already ends in /v1/traces does not get it twice;
 * - a gRPC endpoint without TLS and without a port uses port 4317, not 80.
 */
#ifndef GT_OTLP_ENDPOINT_H
#define GT_OTLP_ENDPOINT_H

#include "exporter/base/arena.h"

enum gt_otlp_endpoint_kind {
	GT_ENDPOINT_BASE,  /* `path` is appended */
	GT_ENDPOINT_EXACT, /* used as is; `path` is ignored */
	GT_ENDPOINT_RPC,   /* `path` replaces the endpoint's own path and query */
};

/* The scheme of a bare host. BY_HOST: the rule above. */
enum gt_otlp_bare { GT_BARE_BY_HOST, GT_BARE_HTTP, GT_BARE_HTTPS };

struct gt_otlp_place {
	enum gt_otlp_endpoint_kind kind;
	enum gt_otlp_bare bare;
	const char *path;
};

/* Puts the URL, in `a`, into `*url`. 0, GT_ENOMEM, or GT_EBAD when `value` is neither an http or https URL nor a bare
 * host. */
int gt_otlp_endpoint(struct gt_arena *a, struct gt_str value, const struct gt_otlp_place *place, const char **url);

/* Copies the parts of a URL that are safe to show into `out`: no user, password or query. Cuts at `cap` bytes, NUL
 * included. */
void gt_url_show(struct gt_str url, char *out, size_t cap);

/* True when the URL names the local host: localhost, a name below it, or a loopback address. */
bool gt_url_is_local(struct gt_str url);

#endif
