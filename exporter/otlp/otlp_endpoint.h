/*
 * From what the user calls an endpoint to the URL that is posted to. Pure.
 *
 * The rules of the OpenTelemetry specification (protocol/exporter.md), and three that users of other tools rely on: a bare
 * `host:port` is https, or http when the host is this one; a base that already ends in /v1/traces is not given it twice; a
 * gRPC endpoint without TLS and without a port has port 4317, not 80.
 */
#ifndef GT_OTLP_ENDPOINT_H
#define GT_OTLP_ENDPOINT_H

#include "exporter/base/arena.h"

enum gt_otlp_endpoint_kind {
	GT_ENDPOINT_BASE,  /* `path` is appended */
	GT_ENDPOINT_EXACT, /* as it stands, `path` does not count */
	GT_ENDPOINT_RPC,   /* `path` replaces the value's own, and its query */
};

/* Whether a bare host is asked without TLS. */
enum gt_otlp_bare { GT_BARE_BY_HOST, GT_BARE_HTTP, GT_BARE_HTTPS };

struct gt_otlp_place {
	enum gt_otlp_endpoint_kind kind;
	enum gt_otlp_bare bare;
	const char *path;
};

/* GT_EBAD when `value` is no http or https URL, GT_ENOMEM. */
int gt_otlp_endpoint(struct gt_arena *a, struct gt_str value, const struct gt_otlp_place *place, const char **url);

/* Puts the part of a URL that may be shown into `out`: no user, no password, no query. */
void gt_url_show(struct gt_str url, char *out, size_t cap);

/* True when the URL's host is this one: localhost or a loopback address. */
bool gt_url_is_local(struct gt_str url);

#endif
