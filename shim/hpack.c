/*
 * The bytes of the table's entries follow each other in `store`, oldest first. What is evicted leaves a hole at the beginning;
 * when the end of the store is reached, all bytes move there. So names and values need no second piece, and of the store
 * only twice the table's size is touched.
 */
#include "shim/hpack.h"

#include "shim/hpack_huffman.h"
#include "shim/shared/check.h"
#include "shim/shared/compiler.h"

#define ENTRIES	    (GT_HPACK_TABLE_MAX / GT_HPACK_FIELD)
#define INTEGER_MAX (1u << 28)

struct field {
	struct gt_str name, value;
};

static const struct field statics[] = {
#define GT_HPACK_STATIC(name, value) { { name, sizeof(name) - 1 }, { value, sizeof(value) - 1 } },
#include "shim/hpack_static.def"
#undef GT_HPACK_STATIC
};

GT_STATIC_ASSERT(GT_COUNT_OF(statics) == 61, "RFC 7541, appendix A");
GT_STATIC_ASSERT(GT_HPACK_HUFFMAN_MAX(GT_HPACK_BLOCK_MAX) <= 2 * GT_HPACK_BLOCK_MAX, "a decoded field fits the scratch");

/* The rest of a block. */
struct cursor {
	const uint8_t *p;
	size_t left;
};

void gt_hpack_init(struct gt_hpack *h)
{
	h->max = GT_HPACK_TABLE_FIRST;
	h->size = h->n = h->newest = h->end = h->last = 0;
}

/* ---------------------------------------------------------------- the table */

/* The i-th entry, the newest is 0. */
static struct gt_hpack_entry *entry_at(struct gt_hpack *h, uint32_t i)
{
	return &h->entries[(h->newest + ENTRIES - i) % ENTRIES];
}

static void evict_to(struct gt_hpack *h, uint32_t size)
{
	while (h->size > size) {
		const struct gt_hpack_entry *oldest = entry_at(h, h->n - 1);

		h->size -= oldest->name_len + oldest->value_len + GT_HPACK_FIELD;
		h->n--;
	}
	if (!h->n)
		h->end = 0;
}

static void close_hole(struct gt_hpack *h)
{
	uint32_t begin = h->n ? entry_at(h, h->n - 1)->at : h->end;

	memmove(h->store, h->store + begin, h->end - begin);
	h->end -= begin;
	for (uint32_t i = 0; i < h->n; i++)
		entry_at(h, i)->at -= begin;
}

static void append(struct gt_hpack *h, struct gt_str s)
{
	if (s.len)
		memcpy(h->store + h->end, s.p, s.len);
	h->end += (uint32_t)s.len;
}

/* Neither slice is in the store. */
static void insert(struct gt_hpack *h, struct field f)
{
	size_t need = f.name.len + f.value.len + GT_HPACK_FIELD;
	struct gt_hpack_entry *e;

	if (need > h->max) { /* RFC 7541, 4.4: that empties the table without an error */
		evict_to(h, 0);
		return;
	}
	evict_to(h, h->max - (uint32_t)need);
	if (h->end + f.name.len + f.value.len > 2 * (size_t)h->max)
		close_hole(h);
	h->newest = (h->newest + 1) % ENTRIES;
	h->n++;
	h->size += (uint32_t)need;
	e = entry_at(h, 0);
	*e = (struct gt_hpack_entry){ h->end, (uint32_t)f.name.len, (uint32_t)f.value.len };
	append(h, f.name);
	append(h, f.value);
}

/* Index 0 is an error (RFC 7541, 6.1). */
static bool look_up(struct gt_hpack *h, uint32_t index, struct field *out)
{
	const struct gt_hpack_entry *e;

	if (!index)
		return false;
	if (index <= GT_COUNT_OF(statics)) {
		*out = statics[index - 1];
		return true;
	}
	index -= GT_COUNT_OF(statics) + 1;
	if (index >= h->n)
		return false;
	e = entry_at(h, index);
	out->name = gt_str_make(h->store + e->at, e->name_len);
	out->value = gt_str_make(h->store + e->at + e->name_len, e->value_len);
	return true;
}

/* ---------------------------------------------------------------- the block */

/* RFC 7541, 5.1: the first byte has `bits` bits of it. */
static bool integer(struct cursor *c, unsigned bits, uint32_t *out)
{
	uint32_t most = (1u << bits) - 1, v;
	unsigned shift = 0;
	uint8_t b;

	if (!c->left)
		return false;
	v = *c->p++ & most;
	c->left--;
	if (v < most) {
		*out = v;
		return true;
	}
	do {
		if (!c->left || shift > 28)
			return false;
		b = *c->p++;
		c->left--;
		if ((uint64_t)(b & 0x7f) << shift > INTEGER_MAX)
			return false;
		v += (uint32_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	*out = v;
	return v <= INTEGER_MAX;
}

/* RFC 7541, 5.2. The slice is in the block, or in `scratch` from `*used` on. */
static bool string(struct gt_hpack *h, struct cursor *c, size_t *used, struct gt_str *out)
{
	bool is_coded = c->left && *c->p & 0x80;
	uint32_t len;
	ssize_t n;

	if (!integer(c, 7, &len) || len > c->left)
		return false;
	*out = gt_str_make((const char *)c->p, len);
	if (is_coded) {
		n = gt_hpack_huffman(c->p, len, h->scratch + *used, sizeof(h->scratch) - *used);
		if (n < 0)
			return false;
		*out = gt_str_make(h->scratch + *used, (size_t)n);
		*used += (size_t)n;
	}
	c->p += len;
	c->left -= len;
	return true;
}

/* RFC 7541, 6.2: the name is one of the table or follows, then the value. */
static bool literal(struct gt_hpack *h, struct cursor *c, unsigned bits, struct field *out)
{
	size_t used = 0;
	uint32_t index;

	if (!integer(c, bits, &index))
		return false;
	if (!index) {
		if (!string(h, c, &used, &out->name))
			return false;
	} else {
		if (!look_up(h, index, out))
			return false;
		/* the field that is made of this entry may evict it */
		memcpy(h->scratch, out->name.p, out->name.len);
		used = out->name.len;
		out->name.p = h->scratch;
	}
	return string(h, c, &used, &out->value);
}

/* One field, or a change of the table's size: then `*is_field` is false. */
static bool step(struct gt_hpack *h, struct cursor *c, struct field *f, bool *is_field)
{
	uint8_t first = *c->p;
	uint32_t n;

	*is_field = true;
	if (first & 0x80)
		return integer(c, 7, &n) && look_up(h, n, f);
	if (first & 0x40) {
		if (!literal(h, c, 6, f))
			return false;
		insert(h, *f);
		return true;
	}
	if ((first & 0xe0) == 0x20) {
		*is_field = false;
		if (!integer(c, 5, &n) || n > GT_HPACK_TABLE_MAX)
			return false;
		h->max = n;
		evict_to(h, n);
		return true;
	}
	return literal(h, c, 4, f); /* without indexing, or never indexed */
}

bool gt_hpack_decode(struct gt_hpack *h, const char *block, size_t len, gt_hpack_field *on, void *ctx)
{
	struct cursor c = { (const uint8_t *)block, len };
	bool is_field, was_field = false;
	struct field f;

	if (len > GT_HPACK_BLOCK_MAX)
		return false;
	while (c.left) {
		h->last = (uint32_t)(len - c.left);
		if (!step(h, &c, &f, &is_field))
			return false;
		if (!is_field && was_field) /* RFC 7541, 4.2: only at the beginning */
			return false;
		was_field = is_field;
		if (is_field && on)
			on(ctx, f.name, f.value);
	}
	return true;
}
