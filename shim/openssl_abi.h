/*
 * OpenSSL's numbers and function types, which gentap needs without its headers. They are public and have not changed since
 * 1.0; BoringSSL and LibreSSL have the same.
 */
#ifndef GT_OPENSSL_ABI_H
#define GT_OPENSSL_ABI_H

#include <errno.h>
#include <stdbool.h>

#include "shim/conn.h"

typedef const char *gt_ssl_servername_fn(const void *ssl, int type);
typedef int gt_ssl_get_error_fn(const void *ssl, int ret);
typedef int gt_ssl_finished_fn(const void *ssl); /* SSL_is_init_finished, SSL_in_before */
typedef long gt_ssl_ctrl_fn(void *ssl, int cmd, long larg, void *parg);

/* Results of SSL_get_error (ssl.h). */
enum { GT_SSL_ERROR_SSL = 1, GT_SSL_ERROR_SYSCALL = 5, GT_SSL_ERROR_ZERO_RETURN = 6 };

enum { GT_SSL_HOST_NAME = 0 }; /* TLSEXT_NAMETYPE_host_name */
enum { GT_SSL_CTRL_MODE = 33 };

/* SSL_MODE_ENABLE_PARTIAL_WRITE, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER */
enum { GT_SSL_RELAXED = 1 | 2 };

/* The name of the server that a client asks for. */
static inline struct gt_str gt_ssl_server(gt_ssl_servername_fn *servername, const void *ssl)
{
	return gt_str_of(servername ? servername(ssl, GT_SSL_HOST_NAME) : NULL);
}

/* Does the library take a refused write from another address, and in parts? With partial writes alone it expects the bytes
 * that were offered first, not those that were added since. */
static inline bool gt_ssl_is_relaxed(gt_ssl_ctrl_fn *ctrl, void *ssl)
{
	return ctrl && (ctrl(ssl, GT_SSL_CTRL_MODE, 0, NULL) & GT_SSL_RELAXED) == GT_SSL_RELAXED;
}

/* A read has returned `ret` and no bytes, with `err` in errno: has the session ended? */
static inline bool gt_ssl_has_ended(gt_ssl_get_error_fn *get_error, const void *ssl, int ret, int err, enum gt_end_why *why,
				    int *code)
{
	if (!get_error)
		return false;
	errno = err;
	switch (get_error(ssl, ret)) {
	case GT_SSL_ERROR_ZERO_RETURN:
		*why = GT_END_EOF;
		return true;
	case GT_SSL_ERROR_SYSCALL:
		/* no close_notify, as with many servers: an end of file, unless errno reports an error */
		*why = err ? GT_END_RESET : GT_END_EOF;
		*code = err;
		return true;
	case GT_SSL_ERROR_SSL:
		*why = GT_END_RESET;
		return true;
	}
	return false;
}

#endif
