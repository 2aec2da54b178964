/*
 * Bytes of pictures, sounds and files within JSON: told by their number and their SHA-256 (FIPS 180-4), never as such. Pure.
 */
#ifndef GT_MEDIA_H
#define GT_MEDIA_H

#include "shim/shared/str.h"

struct gt_media {
	uint64_t size;	 /* bytes, decoded */
	char sha256[65]; /* lower-case hex */
};

/* Measures base64 in either alphabet (RFC 4648, sections 4 and 5), white space in it passed over. False: it is none. */
bool gt_media_of(struct gt_str base64, struct gt_media *out);

/* Is a text that nobody has announced long enough, and of no other characters, to be base64? */
bool gt_media_is_base64(struct gt_str s);

/* A data: URL in base64 (RFC 2397) into its type and its data. */
bool gt_media_split(struct gt_str uri, struct gt_str *type, struct gt_str *data);

/* The conventions' word for a media type: image, audio, video, document, other. */
const char *gt_media_modality(struct gt_str mime);

#endif
