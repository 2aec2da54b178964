/*
 * OpenSSL's method tables: the functions that a session of a TLS version calls below SSL_read and SSL_write.
 *
 * Such a table is private to OpenSSL (struct ssl_method_st, 1.1.1 to 3.x), and its layout has changed. So nothing is
 * assumed: the tables that TLS_method, TLS_client_method and TLS_server_method return differ in two slots only, accept and
 * connect, and show by that where the others are. All tables of a copy must have the same functions there. After its
 * handshake a session uses the table of its version, so these must be found as well.
 *
 * Pure but for the memory of the object, of which it reads what is in a segment.
 */
#ifndef GT_SSL_TABLES_H
#define GT_SSL_TABLES_H

#include "shim/image.h"

#define GT_SSL_TABLES_MAX 24

/* The slots that gentap replaces. */
enum gt_ssl_slot {
	GT_SSL_READ,
	GT_SSL_WRITE,
	GT_SSL_FREE,
	GT_SSL_RENEW, /* the session starts anew: SSL_clear */
	GT_SSL_SLOTS
};

struct gt_ssl_tables {
	unsigned at[GT_SSL_SLOTS];	   /* their numbers */
	uintptr_t functions[GT_SSL_SLOTS]; /* what they hold, in every table */
	size_t n;
	uintptr_t tables[GT_SSL_TABLES_MAX];
};

/* What the object's functions return. */
struct gt_ssl_known {
	uintptr_t any, client, server; /* tables */
	uintptr_t read, write;	       /* ssl3_read and ssl3_write, where they are exported; else 0 */
};

/* Returns why gentap does not know these tables, a literal; NULL: it does, and `t` is filled. */
const char *gt_ssl_tables_find(struct gt_ssl_tables *t, const struct gt_image *i, const struct gt_ssl_known *known);

/* The same for a copy that exports nothing: looks for its tables among `bytes` of the object. They begin as the tables of any
 * version do, and hold functions of the object. Exactly one set of three must belong together. `has_some`: there is at least
 * one such table. */
const char *gt_ssl_tables_search(struct gt_ssl_tables *t, const struct gt_image *i, const struct gt_image_part *bytes,
				 bool *has_some);

#endif
