/*
 * A client's connection that speaks HTTP/2 (RFC 9113), over TLS or in clear, from its preface on.
 *
 * Both directions are followed inline: frames, and the tables of their header fields. Only so is it known which bytes belong
 * to a call. Of a matched stream the exporter gets heads in HTTP/1 form and bodies without frames, as from libcurl
 * (exchange.h). Of other streams gentap looks at the heads only, and copies nothing.
 *
 * What a connection needs is mapped when it begins; then nothing is allocated but events. All such connections together get
 * a share of GENTAP_MEMORY_MAX (GT_HTTP2_SHARE). Where bytes cannot be followed, gentap leaves the connection and counts
 * it as unread.
 *
 * Threads: as in conn.h, one inside each side. A stream's slot is filled in by the side that sends and freed by the side that
 * receives; either may end its exchange.
 */
#ifndef GT_HTTP2_H
#define GT_HTTP2_H

#include "shim/conn.h"

#define GT_HTTP2_SHARE	     4	 /* connections may hold 1/GT_HTTP2_SHARE of GENTAP_MEMORY_MAX */
#define GT_HTTP2_STREAMS_MAX 256 /* calls under way on one connection; more are not reported, and counted */

struct gt_http2;

/* The value of GENTAP_HTTP2; NULL when it is not set. Once, in the constructor. */
void gt_http2_set(const char *value);

/* Whether the first bytes that a client sends begin HTTP/2 and gentap follows it. */
bool gt_http2_may_begin(enum gt_role role, const char *p, size_t len);

/* Whether the first bytes that a client receives, before it has sent any, are the SETTINGS of a server in HTTP/2, and gentap
 * follows it. */
bool gt_http2_may_answer(const char *p, size_t len);

/* Gives the state of a new connection, or NULL without memory. */
struct gt_http2 *gt_http2_new(void);

/* Takes the state of a connection without references. */
void gt_http2_free(struct gt_http2 *h);

/* Before a write: announces the requests whose heads end in its first `most` bytes, because another thread may receive
 * their answers before the write returns. Where bytes may be added, the first of these requests gets header fields: the
 * connection's splice is then active. The transmit side. */
void gt_http2_plan(struct gt_conn *c, const struct iovec *iov, int n, size_t most, bool may_change);

/* How many of these bytes to send first, so that each request of a write may get header fields: up to the end of the first
 * header block when others follow, else all. Looks at the first `most` bytes. The transmit side. */
size_t gt_http2_first_part(const struct gt_conn *c, const char *p, size_t len, size_t most);

#define GT_HTTP2_PARTS_MAX 64 /* of a write; the last has all that is left */

/* After the write: `accepted` bytes of it are sent. */
void gt_http2_sent(struct gt_conn *c, const struct iovec *iov, int n, size_t accepted);

/* The receive side. */
void gt_http2_received(struct gt_conn *c, const struct iovec *iov, int n, size_t len);

/* The connection has ended: ends the exchanges that are open. Any thread. */
void gt_http2_end(struct gt_conn *c, enum gt_end_why why, int code);

/* Whether an exchange is open. Any thread. */
bool gt_http2_has_open(const struct gt_http2 *h);

/* In a forked child, single-threaded, for each state of the parent's: unmaps it. Its events are gone with the pool. */
void gt_http2_after_fork(struct gt_http2 *h);

#endif
