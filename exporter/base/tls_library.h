/*
 * Which TLS library an executable or a shared library has inside, by the texts that such libraries leave in read-only
 * data: version strings, names of source files in messages. A guess for people, never a reason to change anything.
 *
 * Any thread. Nothing here allocates.
 */
#ifndef GT_TLS_LIBRARY_H
#define GT_TLS_LIBRARY_H

#include <stddef.h>

enum gt_tls_library {
	GT_TLS_UNKNOWN,
	GT_TLS_GO, /* Go's own, which calls the kernel past libc */
	GT_TLS_RUSTLS,
	GT_TLS_BORINGSSL,
	GT_TLS_OPENSSL,
	GT_TLS_MBEDTLS,
	GT_TLS_WOLFSSL,
	GT_TLS_LIBRARIES,
};

/* "rustls", "BoringSSL"; "" when not known. */
const char *gt_tls_library_name(enum gt_tls_library which);

/* The library that the most certain text in the bytes shows. Pure. */
enum gt_tls_library gt_tls_library_in(const char *p, size_t len);

/* The same of an ELF file: its read-only segments, 64 MiB of them at most. It may take 50 ms. */
enum gt_tls_library gt_tls_library_of(const char *path);

#endif
