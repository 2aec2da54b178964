/*
 * From what the user calls an endpoint to the URL that is posted to. Pure.
 *
 * The rules of the OpenTelemetry specification (protocol/exporter.md), and two that users of other tools rely on: a bare
 * `host:port` is https, or http when the host is this one; a base that already ends in /v1/traces is not given it twice.
 */
#ifndef GT_OTLP_ENDPOINT_H
#define GT_OTLP_ENDPOINT_H

#include "arena.h"

/* `is_base`: v1/traces is appended; otherwise the value is taken as it stands. GT_EBAD when it is no http or https URL,
 * GT_ENOMEM. */
int gt_otlp_endpoint(struct gt_arena *a, struct gt_str value, bool is_base, const char **url);

/* Puts the part of a URL that may be shown into `out`: no user, no password, no query. */
void gt_url_show(struct gt_str url, char *out, size_t cap);

/* True when the URL's host is this one: localhost or a loopback address. */
bool gt_url_is_local(struct gt_str url);

#endif
