/*
 * Finds the status of the answer to one request in the bytes that a client receives. Pure; resumable at every byte.
 *
 * Interim answers are passed over (RFC 9110, 15.2), except 101, which is the last answer in HTTP/1. It reads no more of
 * a head than it must, so it can watch an answer that gentap does not copy.
 */
#ifndef GT_STATUS_SCAN_H
#define GT_STATUS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gt_status_scan {
	uint8_t at;    /* bytes of "HTTP/1.1 200" that were read */
	uint8_t blank; /* of an interim head, or of a 101: 1 after a line's end */
	uint16_t status;
	bool is_head_over; /* of a 101: what follows is the other protocol */
};

/* All zero: before the first byte. */

/* Returns the status once it is known, and again for later bytes; 0 when more bytes are needed; -1 when this is not an
 * answer in HTTP/1. */
int gt_status_scan_feed(struct gt_status_scan *s, const char *p, size_t len);

#endif
