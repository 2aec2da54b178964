/*
 * Any bytes as the record of a resource, and records of resources of which some bytes are changed. What is read must be a
 * resource that a collector takes. A record that is not changed must give the same record again.
 *
 * The first decision is the kind. 0: the data is a record. Otherwise the data is a resource: items separated by `|`, each
 * a key, `=` and a value. A number is an integer, a value with commas is a list.
 */
#include "exporter/resource/resource_record.h"
#include "record_check.h"

static void check(struct gt_str bytes, const struct gt_str *same)
{
	char *copy = fuzz_copy(bytes.p, bytes.len), *again = malloc(bytes.len + 1);
	struct gt_resource r;
	int ret = gt_resource_record_read(&r, gt_str_make(copy, bytes.len));

	free(copy);
	FUZZ_CHECK(r.n <= GT_RESOURCE_MAX);
	for (unsigned i = 0; i < r.n; i++) {
		FUZZ_CHECK(r.attributes[i].key[0] && gt_utf8_is_valid(gt_str_of(r.attributes[i].key)));
		record_check_value(&r.attributes[i].value);
		for (unsigned k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(r.attributes[k].key, r.attributes[i].key) != 0);
	}
	if (same) {
		FUZZ_CHECK(ret == 0);
		FUZZ_CHECK(gt_resource_record_write(again, bytes.len, &r) == same->len && !memcmp(again, same->p, same->len));
	}
	free(again);
	gt_resource_free(&r);
}

static struct gt_value value_of(struct gt_resource *r, struct gt_str text)
{
	struct gt_value v = { .type = GT_VALUE_STR, .str = text };
	struct gt_str item;

	if (text.len && text.p[0] >= '0' && text.p[0] <= '9')
		return (struct gt_value){ .type = GT_VALUE_INT, .i = text.p[0] };
	if (!text.len || !memchr(text.p, ',', text.len))
		return v;
	v = (struct gt_value){ .type = GT_VALUE_STRS };
	v.strs.items = gt_arena_alloc(&r->memory, (text.len + 1) * sizeof(*v.strs.items));
	while (v.strs.n < 4096 && gt_str_next(&text, ',', &item))
		v.strs.items[v.strs.n++] = item;
	return v;
}

static bool has(const struct gt_resource *r, const char *key)
{
	return gt_resource_get(r, key) != NULL;
}

static void make(struct gt_resource *r, struct gt_str data)
{
	struct gt_str item, key;

	*r = (struct gt_resource){ .n = 0 };
	gt_arena_init(&r->memory, 0);
	while (r->n < GT_RESOURCE_MAX && gt_str_next(&data, '|', &item)) {
		char *name;

		if (!gt_str_next(&item, '=', &key) || !key.len || memchr(key.p, 0, key.len) || !gt_utf8_is_valid(key) ||
		    !gt_utf8_is_valid(item))
			continue;
		name = gt_arena_copy(&r->memory, key);
		if (!has(r, name))
			r->attributes[r->n++] = (struct gt_resource_attribute){ name, value_of(r, item) };
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_resource r;
	struct gt_str bytes;
	size_t room;

	if (fuzz_below(&in, 4) == 0) {
		check(gt_str_make(in.data, in.len), NULL);
		fuzz_input_free(&in);
		return 0;
	}
	make(&r, gt_str_make(in.data, in.len));
	room = 64 + 20 * in.len;
	bytes.p = malloc(room);
	bytes.len = gt_resource_record_write((char *)bytes.p, room, &r);
	check(bytes, &bytes);
	for (size_t n = bytes.len ? fuzz_below(&in, 6) : 0; n; n--)
		((char *)bytes.p)[(fuzz_below(&in, 256) << 8 | fuzz_below(&in, 256)) % bytes.len] ^=
			(char)(1 + fuzz_below(&in, 255));
	check(gt_str_make(bytes.p, bytes.len - bytes.len * fuzz_below(&in, 8) / 16), NULL);
	free((char *)bytes.p);
	gt_resource_free(&r);
	fuzz_input_free(&in);
	return 0;
}
