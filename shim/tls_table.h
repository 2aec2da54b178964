/*
 * Maps SSL* to connections. The pointer is opaque: it is compared and passed on, never dereferenced.
 *
 * A pointer is in the table from its first bytes to SSL_free, even when the session is not worth following. Otherwise
 * bytes in the middle of its stream would be taken for its first bytes. A look-up reads a fixed window of slots,
 * without a lock.
 */
#ifndef GT_TLS_TABLE_H
#define GT_TLS_TABLE_H

#include "shim/conn.h"

/* An entry is 0 (not in the table), GT_TLS_IGNORED, or connection index + GT_TLS_CONN. */
#define GT_TLS_IGNORED 1u
#define GT_TLS_CONN    2u

uint32_t gt_tls_entry(const void *ssl);

/* First bytes of a session. The side that receives first is the server, but for a client in HTTP/2: a connection in HTTP/2 is
 * always a client's. Gives its connection with a reference for the caller. NULL when these bytes cannot begin
 * HTTP or no connection is free: the session is then ignored. NULL also when the table is full (counted). */
struct gt_conn *gt_tls_adopt(const void *ssl, enum gt_role role, const char *p, size_t len);

/* The connection of an entry, with a reference for the caller; NULL when it has ended meanwhile. */
struct gt_conn *gt_tls_conn(const void *ssl, uint32_t entry);

/* Is the pointer in the table? True also for a session without an entry that has several owners. */
bool gt_tls_is_known(const void *ssl);

/* SSL_up_ref: one more owner. When the table is full this is lost (counted), and the first SSL_free ends the session. */
void gt_tls_hold(const void *ssl);

/* SSL_free by one owner. Returns true when it was the last that the table knows of. */
bool gt_tls_release(const void *ssl);

/* The connection is over: ignores the session until it is freed. */
void gt_tls_ignore(const void *ssl);

/* The session is freed or starts anew; its owners stay owners. */
void gt_tls_forget(const void *ssl);

void gt_tls_after_fork(void);

#endif
