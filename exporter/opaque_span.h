/*
 * The span of a connection to a provider that the hooks could not read (shim/opaque.h). It has the server, the times, the
 * bytes on the wire and the reason, `gentap.blind`:
 *
 *	quic			HTTP/3
 *	go, rustls		the TLS of these languages
 *	static_tls		OpenSSL or BoringSSL inside the program, or inside one of its libraries
 *	java			TLS in bytecode
 *	unknown_library
 *
 * A connection is not a call: the span has no operation, model or tokens. Exporter thread.
 */
#ifndef GT_OPAQUE_SPAN_H
#define GT_OPAQUE_SPAN_H

#include "exporter/exchange/call.h"
#include "exporter/span/run_context.h"

/* Gives the span of a call of GT_API_OPAQUE, or NULL: not sampled, or no memory. Borrows the call. May read the file of the
 * program or library. */
struct gt_span *gt_opaque_span(const struct gt_run_context *run, struct gt_call *call);

#endif
