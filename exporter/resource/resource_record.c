#include "exporter/resource/resource_record.h"

#include "exporter/base/errors.h"
#include "exporter/base/utf8.h"
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

static bool is_key(struct gt_str key)
{
	return key.len && !memchr(key.p, 0, key.len) && gt_utf8_is_valid(key);
}

static bool has_type_of_resource(const struct gt_value *v)
{
	return v->type == GT_VALUE_STR || v->type == GT_VALUE_INT || v->type == GT_VALUE_STRS;
}

static int read_attribute(struct gt_resource *r, struct gt_str *in)
{
	struct gt_resource_attribute *a = &r->attributes[r->n];
	struct gt_str key;

	if (r->n == GT_RESOURCE_MAX || !gt_record_get_str(in, &key) || !is_key(key) ||
	    !gt_record_get_value(in, &a->value, &r->memory) || !has_type_of_resource(&a->value))
		return GT_EBAD;
	a->key = gt_arena_copy(&r->memory, key);
	if (!a->key)
		return GT_ENOMEM;
	if (gt_resource_get(r, a->key))
		return GT_EBAD;
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
