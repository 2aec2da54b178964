#include "shim/write_retry.h"

#include <stdlib.h>
#include <string.h>

bool gt_write_retry_is_begun_by(const struct gt_write_retry *o, const char *p, size_t len)
{
	size_t app_len = gt_write_retry_app_len(o);

	size_t patch_end = o->patch_at + o->patch_len;

	return o->bytes && len >= app_len && memcmp(o->bytes, p, o->patch_at) == 0 &&
	       memcmp(o->patched, p + o->patch_at, o->patch_len) == 0 &&
	       memcmp(o->bytes + patch_end, p + patch_end, o->text_at - patch_end) == 0 &&
	       memcmp(o->bytes + o->text_at + o->text_len, p + o->text_at, app_len - o->text_at) == 0;
}

bool gt_write_retry_keep(struct gt_write_retry *o, const struct gt_splice *s, const char *p, size_t len)
{
	size_t take = len <= GT_WRITE_RETRY_COPY_MAX ? len : GT_WRITE_RETRY_CUT;

	gt_write_retry_drop(o);
	if (s->at >= take)
		return false;
	o->text_at = (size_t)s->at;
	o->text_len = s->len - s->sent;
	o->is_begun = gt_splice_is_begun(s);
	o->patch_len = gt_splice_patch_left(s);
	o->patch_at = o->patch_len ? (size_t)s->patch_at : 0;
	o->len = take + o->text_len;
	o->bytes = malloc(o->len);
	if (!o->bytes) {
		gt_write_retry_drop(o);
		return false;
	}
	memcpy(o->bytes, p, o->text_at);
	memcpy(o->patched, p + o->patch_at, o->patch_len);
	memcpy(o->bytes + o->patch_at, s->patch + s->patch_sent, o->patch_len);
	memcpy(o->bytes + o->text_at, s->text + s->sent, o->text_len);
	memcpy(o->bytes + o->text_at + o->text_len, p + o->text_at, take - o->text_at);
	return true;
}

/* FNV-1a, only to recognise bytes that are offered again. */
static uint64_t digest_of(const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ULL;
	return h;
}

void gt_write_retry_set_before(struct gt_write_retry *o, const char *p, size_t n)
{
	o->before = n;
	o->before_digest = digest_of(p, n);
}

bool gt_write_retry_has_before(const struct gt_write_retry *o, const char *p, size_t len)
{
	return !o->before || (len > o->before && digest_of(p, o->before) == o->before_digest);
}

void gt_write_retry_drop(struct gt_write_retry *o)
{
	if (o->bytes) /* plain sockets get here too, and their hooks must not call malloc or free */
		free(o->bytes);
	*o = (struct gt_write_retry){ 0 };
}
