#include "shim/write_retry.h"

#include <stdlib.h>
#include <string.h>

bool gt_write_retry_is_begun_by(const struct gt_write_retry *o, const char *p, size_t len)
{
	size_t app_len = gt_write_retry_app_len(o);

	return o->bytes && len >= app_len && memcmp(o->bytes, p, o->text_at) == 0 &&
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
	o->is_begun = s->sent > 0;
	o->len = take + o->text_len;
	o->bytes = malloc(o->len);
	if (!o->bytes) {
		gt_write_retry_drop(o);
		return false;
	}
	memcpy(o->bytes, p, o->text_at);
	memcpy(o->bytes + o->text_at, s->text + s->sent, o->text_len);
	memcpy(o->bytes + o->text_at + o->text_len, p + o->text_at, take - o->text_at);
	return true;
}

void gt_write_retry_drop(struct gt_write_retry *o)
{
	if (o->bytes) /* plain sockets get here too, and their hooks must not call malloc or free */
		free(o->bytes);
	*o = (struct gt_write_retry){ 0 };
}
