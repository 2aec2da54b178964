/*
 * What gentap does not see although it may hold calls: connections that it cannot read, by server, and requests to APIs
 * that it does not know. The log and the launcher report it, so that silence does not look like "no calls".
 *
 * A TLS connection shows the name of its server in the open (ClientHello). When an OpenSSL session with the same server then
 * passes the hooks (tls_session.h), that connection is not unread. So the count of a server is that of its ClientHellos
 * less that of the sessions seen.
 *
 * Threads: any application thread; lock-free, no allocation. A fixed number of servers has a row; the others share one.
 */
#ifndef GT_UNREAD_H
#define GT_UNREAD_H

#include "shim/first_bytes.h"
#include "shim/shared/match.h"

enum gt_unread { GT_UNREAD_TLS, GT_UNREAD_HTTP2, GT_UNREAD_QUIC, GT_UNREAD_REQUEST, GT_UNREAD_KINDS };

#define GT_UNREAD_HOST 64 /* bytes of a server's name, with its end; a longer name is cut */
#define GT_UNREAD_MAX  16 /* rows, with that of the others */

struct gt_unread_row {
	enum gt_unread kind;
	char host[GT_UNREAD_HOST]; /* "" when not known */
	uint16_t port;		   /* 0 when not known */
	uint32_t n;		   /* connections, or requests */
};

/* Calls `tell` once, when it is first certain that a connection cannot be read. The constructor. */
void gt_unread_on_first(void (*tell)(void));

/* Calls `look` before a TLS handshake is counted: it may find the library that makes it. The constructor. */
void gt_unread_on_tls(void (*look)(void));

/* The first bytes that a client sent on a connection that is not HTTP/1. They must be readable. One system call where
 * they begin such a protocol and the server is new. Changes errno. */
void gt_unread_begin(int fd, const char *p, size_t len);

/* The first bytes that a server received on a connection that is not HTTP/1. They must be readable. */
void gt_unread_accepted(const char *p, size_t len);

/* A copy of OpenSSL was found whose plaintext the hooks will see. They do not see it make sessions. */
void gt_unread_expect(void);

/* The TLS library inside the program is followed; `program` is its dynamic section. The hooks see all its plaintext. */
void gt_unread_follow(const void *program);

/* A library has made a session, whose plaintext the hooks will see. */
void gt_unread_expect_session(void);

/* Does a session exist that has not passed a byte? One load. */
bool gt_unread_expects(void);

/* Has a library made any, or does gentap follow a copy that will? */
bool gt_unread_has_sessions(void);

/* A session with this server passes the hooks for the first time, or has ended before its handshake. */
void gt_unread_seen(struct gt_str host);

/* A session has ended after its handshake, and no hook has seen a byte of it. */
void gt_unread_unused(void);

/* A session with this server passes the hooks. It begins with these bytes, and gentap does not follow it: HTTP/2 counts. */
void gt_unread_plaintext(struct gt_str host, const char *p, size_t len);

/* A connection in HTTP/2 that gentap has followed can be followed no longer. `fd` is -1 where it is not known. */
void gt_unread_http2(struct gt_str host, int fd);

/* A request that no known API matches. Only what could be a call counts: a POST of JSON. */
void gt_unread_request(const struct gt_request_view *view);

uint64_t gt_unread_count(enum gt_unread kind);

/* True when a row has a count. Loads only. */
bool gt_unread_is_due(void);

/* The i-th row with a count; false after the last. */
bool gt_unread_get(size_t i, struct gt_unread_row *out);

/* Writes `host:port (n), host (n)` of one kind, as far as there is room. Returns the length. */
size_t gt_unread_list(enum gt_unread kind, char *out, size_t room);

/* The rows that have grown since the last call, as they have grown: for reports that add up. Ends of the process. */
void gt_unread_report(void (*report)(const struct gt_unread_row *row));

/* In a forked child, single-threaded. */
void gt_unread_after_fork(void);

#endif
