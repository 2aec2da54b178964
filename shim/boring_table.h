/*
 * BoringSSL's table of functions for TLS, found in a program that has no symbols. Pure.
 *
 * Every session of BoringSSL calls the functions of its protocol through a constant table (SSL_PROTOCOL_METHOD,
 * ssl/internal.h): `is_dtls`, which is 0 for TLS, and 18 or more functions. gentap needs three of them. They have the
 * System V calling convention, with a span in two registers:
 *
 *	1	void ssl_free(SSL *)
 *	7	int open_app_data(SSL *, Span<uint8_t> *out, size_t *consumed, uint8_t *alert, Span<uint8_t> in)
 *	8	int write_app_data(SSL *, bool *needs_handshake, size_t *written, Span<const uint8_t> in)
 *
 * In a large C++ program a thousand places have that form. So the code of the three functions is tested as well, for what
 * no compiler can leave out: error numbers of BoringSSL's public headers, types of TLS records, the arguments that are
 * used. Two functions must use the same field of a session. Whatever does not fit is not the table. The tests know x86-64
 * only.
 */
#ifndef GT_BORING_TABLE_H
#define GT_BORING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gt_boring_function { GT_BORING_FREE = 1, GT_BORING_OPEN = 7, GT_BORING_WRITE = 8, GT_BORING_FUNCTIONS = 18 };

/* Results of open_app_data (enum ssl_open_record_t). */
enum { GT_BORING_OPENED, GT_BORING_DISCARDED, GT_BORING_PARTIAL, GT_BORING_CLOSED, GT_BORING_FAILED };

struct gt_boring_table {
	uint64_t is_dtls; /* one byte of it */
	uint64_t functions[GT_BORING_FUNCTIONS];
};

/* Where the code is. */
struct gt_boring_code {
	uint64_t start, end; /* addresses of the text segment */
	/* Copies up to `len` bytes of code; returns how many. */
	size_t (*read)(const struct gt_boring_code *code, uint64_t address, void *out, size_t len);
};

/* Looks through data; `words` are aligned. Returns how many tables begin in them, and sets `found` to the index of the
 * first. A table that goes beyond the end is not seen: pieces must overlap by its size. */
size_t gt_boring_find(const struct gt_boring_code *code, const uint64_t *words, size_t n, size_t *found);

/* Is this, as a whole, the table? */
bool gt_boring_is_table(const struct gt_boring_code *code, const struct gt_boring_table *table);

#endif
