#include "exporter/resource/resource_record.h"

#include "exporter/base/errors.h"
#include "exporter/span/span_record.h"

size_t gt_resource_record_write(char *out, size_t room, const struct gt_resource *r)
{
	struct gt_buf bytes;
	size_t len;

	gt_buf_init(&bytes, room);
	for (unsigned i = 0; i < r->n; i++) {
		size_t before = bytes.len;

		if (!gt_record_put_str(&bytes, gt_str_of(r->attributes[i].key)) ||
		    !gt_record_put_value(&bytes, &r->attributes[i].value)) {
			gt_buf_cut(&bytes, before);
			break;
		}
	}
	len = bytes.len;
	if (len)
		memcpy(out, bytes.data, len);
	gt_buf_free(&bytes);
	return len;
}

static int read_attribute(struct gt_resource *r, struct gt_str *in)
{
	struct gt_resource_attribute *a = &r->attributes[r->n];
	struct gt_str key;

	if (r->n == GT_RESOURCE_MAX || !gt_record_get_str(in, &key) || !gt_record_get_value(in, &a->value, &r->memory))
		return GT_EBAD;
	a->key = gt_arena_copy(&r->memory, key);
	if (!a->key)
		return GT_ENOMEM;
	r->n++;
	return 0;
}

int gt_resource_record_read(struct gt_resource *r, struct gt_str in)
{
	char *own;
	int ret = 0;

	*r = (struct gt_resource){ .n = 0 };
	gt_arena_init(&r->memory, 0);
	own = gt_arena_copy(&r->memory, in);
	if (!own)
		return GT_ENOMEM;
	in = gt_str_make(own, in.len);
	while (in.len && !ret)
		ret = read_attribute(r, &in);
	return ret;
}
