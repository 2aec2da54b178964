/*
 * Recognises what a client sends first on a connection that gentap cannot read: TLS, HTTP/2 or QUIC. Pure.
 */
#ifndef GT_FIRST_BYTES_H
#define GT_FIRST_BYTES_H

#include "shim/shared/str.h"

enum gt_protocol { GT_PROTOCOL_OTHER, GT_PROTOCOL_TLS, GT_PROTOCOL_HTTP2, GT_PROTOCOL_QUIC, GT_PROTOCOLS };

/* `host` gets the server name of a ClientHello (RFC 6066, 3), a slice of `p` that holds letters, digits, dots, dashes and
 * underscores; empty when the bytes have none, or not all of it. */
enum gt_protocol gt_first_bytes_read(const char *p, size_t len, struct gt_str *host);

#endif
