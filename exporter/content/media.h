/*
 * Images, sounds and files within JSON, of which only size and SHA-256 (FIPS 180-4) are exported. Pure.
 */
#ifndef GT_MEDIA_H
#define GT_MEDIA_H

#include "shim/shared/str.h"

struct gt_media {
	uint64_t size;	 /* bytes, decoded */
	char sha256[65]; /* lower-case hex */
};

/* Measures base64 in either alphabet (RFC 4648, sections 4 and 5), ignoring white space. False for other text. */
bool gt_media_of(struct gt_str base64, struct gt_media *out);

/* True when an unlabelled text is taken for base64: 512 characters or more, all of either alphabet. */
bool gt_media_is_base64(struct gt_str s);

/* Splits a base64 data: URL (RFC 2397) into type and data, both borrowed. False when `uri` is something else. */
bool gt_media_split(struct gt_str uri, struct gt_str *type, struct gt_str *data);

/* The conventions' word for a media type: image, audio, video, document, other. */
const char *gt_media_modality(struct gt_str mime);

#endif
