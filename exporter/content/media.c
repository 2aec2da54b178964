#include "exporter/content/media.h"

#include <mbedtls/sha256.h>

#include "exporter/base/base64.h"
#include "exporter/base/token_char.h"
#include "shim/shared/traceparent.h"

#define UNKNOWN_MIN 512	 /* characters; shorter texts may be identifiers or signatures, and no word is this long */
#define PIECE	    4096 /* a multiple of 4 */

/* Decodes piece by piece, so that a video needs no second copy. */
static bool digest(struct gt_str in, mbedtls_sha256_context *sha, uint64_t *size)
{
	char coded[PIECE], plain[PIECE * 3 / 4 + 1];
	size_t n = 0;

	for (size_t i = 0; i <= in.len; i++) {
		bool is_over = i == in.len || in.p[i] == '=';
		long len;

		if (!is_over && gt_is_space(in.p[i]))
			continue;
		if (!is_over)
			coded[n++] = in.p[i] == '-' ? '+' : in.p[i] == '_' ? '/' : in.p[i];
		if (!is_over && n < PIECE)
			continue;
		len = gt_base64_decode(gt_str_make(coded, n), plain);
		if (len < 0 || mbedtls_sha256_update(sha, (unsigned char *)plain, (size_t)len))
			return false;
		*size += (uint64_t)len;
		n = 0;
		if (is_over)
			return true;
	}
	return true;
}

bool gt_media_of(struct gt_str base64, struct gt_media *out)
{
	mbedtls_sha256_context sha;
	unsigned char sum[32];
	bool ok;

	*out = (struct gt_media){ .size = 0 };
	mbedtls_sha256_init(&sha);
	ok = base64.len && !mbedtls_sha256_starts(&sha, 0) && digest(base64, &sha, &out->size) &&
	     !mbedtls_sha256_finish(&sha, sum);
	mbedtls_sha256_free(&sha);
	if (ok)
		gt_hex(sum, sizeof(sum), out->sha256);
	return ok;
}

bool gt_media_is_base64(struct gt_str s)
{
	size_t end = s.len;

	if (s.len < UNKNOWN_MIN)
		return false;
	while (end > s.len - 2 && s.p[end - 1] == '=')
		end--;
	for (size_t i = 0; i < end; i++) {
		char c = gt_lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' || c == '_'))
			return false;
	}
	return true;
}

bool gt_media_split(struct gt_str uri, struct gt_str *type, struct gt_str *data)
{
	struct gt_str head = gt_str_make(uri.p, gt_str_find(uri, ','));

	if (!gt_str_istarts(uri, GT_STR("data:")) || head.len == uri.len || !gt_str_iends(head, GT_STR(";base64")))
		return false;
	*data = gt_str_skip(uri, head.len + 1);
	*type = gt_str_skip(head, 5);
	type->len = gt_str_find(*type, ';');
	return true;
}

const char *gt_media_modality(struct gt_str mime)
{
	if (gt_str_istarts(mime, GT_STR("image/")))
		return "image";
	if (gt_str_istarts(mime, GT_STR("audio/")))
		return "audio";
	if (gt_str_istarts(mime, GT_STR("video/")))
		return "video";
	return gt_str_istarts(mime, GT_STR("application/")) || gt_str_istarts(mime, GT_STR("text/")) ? "document" : "other";
}
