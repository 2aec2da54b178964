/*
 * The real functions of libssl, GnuTLS and libcurl that the hooks call.
 *
 * A process may hold several copies. Some are opened RTLD_LOCAL, where RTLD_NEXT does not find them (CPython's _ssl).
 * The right function is the function that the loader would have bound in the CALLER, the object with the return
 * address. It is looked for in this order:
 *
 *   1. the next definition in the global scope, in the version that the caller asks for
 *   2. the definition in the caller's own scope
 *   3. any loaded library whose file name contains "libssl", "libgnutls" or "libcurl"
 *
 * The result is remembered for the call (resolved.h) and for the calling object, never for the process. It is looked up
 * again after any object was unloaded. gentap keeps no handle.
 */
#ifndef GT_FOREIGN_H
#define GT_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "shim/resolved.h"

enum gt_foreign {
#define GT_FOREIGN(type, name, parameters) GT_FOREIGN_##name,
#include "shim/hooks.def"
	/* not hooked; hooks call these in the library of the function they hook */
	GT_FOREIGN_HOOKED,
	GT_FOREIGN_SSL_get_servername = GT_FOREIGN_HOOKED,
	GT_FOREIGN_SSL_get_error,
	GT_FOREIGN_SSL_ctrl,
	GT_FOREIGN_SSL_is_init_finished, /* OpenSSL 1.1.0 */
	GT_FOREIGN_gnutls_error_is_fatal,
	GT_FOREIGN_gnutls_packet_get,
	GT_FOREIGN_curl_easy_getinfo,
	GT_FOREIGN_curl_easy_nextheader,
	GT_FOREIGN_curl_url_get,
	GT_FOREIGN_curl_free,
	GT_FOREIGN_curl_version,
	GT_FOREIGN_COUNT
};

extern char gt_missing; /* its address in the table marks a function that was not found */

/* `return_address` is __builtin_return_address(0) of the hook. The function as that object would have called it without
 * gentap; NULL when it is not found (counted). The first call of an object takes the loader's lock where several objects
 * define the function, or where the object does not refer to it. */
void *gt_foreign(const void *return_address, enum gt_foreign which);

/* The same for hooks whose ignored call must be cheap: a few loads when the call was made before. */
static inline void *gt_foreign_fast(const void *return_address, enum gt_foreign which)
{
	void *f = gt_resolved(return_address, which);

	return gt_likely(f && f != &gt_missing) ? f : gt_foreign(return_address, which);
}

#endif
