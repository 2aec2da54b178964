/*
 * Recognises what a client sends to a SOCKS proxy before the connection is the server's. Pure.
 *
 * Programs do so themselves, and proxychains or torsocks, preloaded too, do it for them. What follows on the connection
 * is the program's own protocol.
 */
#ifndef GT_SOCKS_H
#define GT_SOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* Is this exactly one message of a SOCKS client? Version 4 and 4a; version 5: methods, request (RFC 1928), user name and
 * password (RFC 1929). */
bool gt_socks_is_request(const char *p, size_t len);

#endif
