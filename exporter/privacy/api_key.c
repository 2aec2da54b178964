#include "exporter/privacy/api_key.h"

#include "exporter/base/steps.h"
#include "exporter/base/token_char.h"
#include "exporter/privacy/key_shape.h"
#include "shim/shared/compiler.h"

struct row {
	struct gt_str start; /* prefix or service */
	const char *shape;
};

/* both in the order of the prefixes' bytes; test_api_key checks it */
#define GT_KEY(prefix, shape) { { prefix, sizeof(prefix) - 1 }, shape },
#define GT_KEY_OF(service, shape)
static const struct row documented[] = {
#include "exporter/privacy/api_key.def"
};
static const struct row listed[] = {
#include "exporter/privacy/key_shapes.def"
};
#undef GT_KEY
#undef GT_KEY_OF
#define GT_KEY(prefix, shape)
#define GT_KEY_OF(service, shape) { { service, sizeof(service) - 1 }, shape },
static const struct row services[] = {
#include "exporter/privacy/key_shapes.def"
};

#define LOOK	   256 /* a key has a digit or a capital this early; the names in a program do not */
#define OPEN_LEAST 8   /* characters of a key after its prefix, without the full stops at its end */

static size_t digits_of(struct gt_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += gt_is_digit(s.p[i]);
	GT_STEPS(s.len);
	return n;
}

/* A key of any length, whose first `n` characters have the shape: all characters of tokens that follow belong to it, for
 * example the dots of "SG.a.b" and the signs of base64. */
static size_t open_len(struct gt_str text, size_t start, size_t n)
{
	struct gt_str look = gt_str_make(text.p + start, n < LOOK ? n : LOOK);
	size_t len = start + n;

	if (!gt_looks_random(look))
		return 0;
	len += gt_char_run(text, len, gt_is_token_char);
	GT_STEPS(len - start);
	while (len > start && text.p[len - 1] == '.') /* full stops after the key */
		len--;
	return len - start < OPEN_LEAST ? 0 : len;
}

/* The length of the key with the shape of this row at the beginning of `text`, or 0. */
static size_t len_of(const struct row *row, struct gt_str text, bool is_within)
{
	bool is_open;
	size_t n = gt_key_shape_len(row->shape, gt_str_skip(text, row->start.len), &is_open);
	struct gt_str body;

	if (!n)
		return 0;
	if (is_open)
		return open_len(text, row->start.len, n);
	if (is_within)
		return 0;
	body = gt_str_make(text.p + row->start.len, n);
	/* one or two characters begin many a name */
	if (row->start.len == 1 || row->start.len == 2 ? digits_of(body) < 2 : !gt_looks_random(body))
		return 0;
	return row->start.len + n;
}

/* The first row whose prefix does not begin with a smaller byte than `c`. */
static size_t first_of(const struct row *rows, size_t n, char c)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		GT_STEPS(1);
		if (!rows[middle].start.len || rows[middle].start.p[0] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many bytes of the prefix the text begins with. */
static size_t common(struct gt_str start, struct gt_str text)
{
	size_t n = 0;

	while (n < start.len && n < text.len && start.p[n] == text.p[n])
		n++;
	return n;
}

static size_t find(const struct row *rows, size_t n, struct gt_str text, bool is_within)
{
	size_t i = 0, len = 0;

	for (; !is_within && i < n && !rows[i].start.len && !len; i++)
		len = len_of(&rows[i], text, is_within);
	for (i = first_of(rows, n, text.p[0]); i < n && !len; i++) {
		size_t same = common(rows[i].start, text);

		GT_STEPS(same + 1);
		if (same == rows[i].start.len)
			len = len_of(&rows[i], text, is_within);
		else if (same == text.len || (unsigned char)rows[i].start.p[same] > (unsigned char)text.p[same])
			break; /* and so are all rows after it */
	}
	return len;
}

size_t gt_api_key_len(struct gt_str text, bool is_within)
{
	size_t len = text.len ? find(documented, GT_COUNT_OF(documented), text, is_within) : 0;

	return len || !text.len ? len : find(listed, GT_COUNT_OF(listed), text, is_within);
}

/* Does the name go on with the service's, signs aside? */
static bool continues_with(struct gt_str name, struct gt_str service)
{
	size_t n = 0;

	for (size_t i = 0; i < name.len && n < service.len; i++) {
		GT_STEPS(1);
		if (!gt_is_alnum(name.p[i]))
			continue;
		if (gt_lower(name.p[i]) != service.p[n])
			return false;
		n++;
	}
	return n == service.len;
}

/* Components of a name begin after a sign, or with a capital after a small letter. */
static bool begins_component(struct gt_str name, size_t i)
{
	char before = i ? name.p[i - 1] : '_';

	return gt_is_alnum(name.p[i]) &&
	       (!gt_is_alnum(before) || (name.p[i] >= 'A' && name.p[i] <= 'Z' && before >= 'a' && before <= 'z'));
}

size_t gt_api_key_of_service(struct gt_str name, struct gt_str text)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = gt_lower(name.p[i]);

		if (!begins_component(name, i))
			continue;
		for (size_t k = first_of(services, GT_COUNT_OF(services), c);
		     k < GT_COUNT_OF(services) && services[k].start.p[0] == c; k++) {
			bool is_open;
			size_t n;

			GT_STEPS(1);
			if (!continues_with(gt_str_skip(name, i), services[k].start))
				continue;
			n = gt_key_shape_len(services[k].shape, text, &is_open);
			if (n && digits_of(gt_str_make(text.p, n)))
				return n;
		}
	}
	return 0;
}
