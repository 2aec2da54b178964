/*
 * The Huffman code of HPACK (RFC 7541, 5.2 and appendix B). Pure.
 */
#ifndef GT_HPACK_HUFFMAN_H
#define GT_HPACK_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The shortest code has five bits: `len` bytes of code decode to at most this many. */
#define GT_HPACK_HUFFMAN_MAX(len) ((len) * 8 / 5)

/* Decodes all of `p` into `out`, which has room for `cap` bytes. Returns how many it wrote, or -1: these bytes are not in
 * the code, their padding is wrong, or there is not enough room. */
ssize_t gt_hpack_huffman(const uint8_t *p, size_t len, char *out, size_t cap);

#endif
