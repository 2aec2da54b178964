#include "exporter/exchange/multipart.h"

#include "exporter/base/steps.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

/* A parameter of a header field's value, quotes removed. */
static bool parameter(struct gt_str value, struct gt_str name, struct gt_str *out)
{
	struct gt_str rest = value, item;

	while (gt_str_next(&rest, ';', &item)) {
		item = gt_str_trim(item);
		if (!gt_str_istarts(item, name) || item.len <= name.len || item.p[name.len] != '=')
			continue;
		*out = gt_str_skip(item, name.len + 1);
		if (out->len > 1 && out->p[0] == '"' && out->p[out->len - 1] == '"')
			*out = gt_str_make(out->p + 1, out->len - 2);
		return true;
	}
	return false;
}

/* Cuts off the text before `mark`, and the mark. False when `mark` does not occur. */
static bool cut(struct gt_str *rest, struct gt_str mark, struct gt_str *before)
{
	const char *at = rest->len ? memmem(rest->p, rest->len, mark.p, mark.len) : NULL;

	GT_STEPS(at ? (size_t)(at - rest->p) + mark.len : rest->len);
	if (!at)
		return false;
	*before = gt_str_make(rest->p, (size_t)(at - rest->p));
	*rest = gt_str_skip(*rest, before->len + mark.len);
	return true;
}

static bool has_name(struct gt_str head, const char *name)
{
	static const struct gt_str disposition = { "content-disposition:", 20 };
	struct gt_str line, found;

	while (gt_str_next(&head, '\n', &line)) {
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (gt_str_istarts(line, disposition) && parameter(gt_str_skip(line, disposition.len), GT_STR("name"), &found))
			return gt_str_eq(found, gt_str_of(name));
	}
	return false;
}

bool gt_multipart_field(struct gt_str content_type, struct gt_str body, const char *name, struct gt_str *value)
{
	char mark[4 + BOUNDARY_MAX] = "\r\n--";
	struct gt_str boundary, delimiter, part, head;

	if (!gt_str_istarts(content_type, GT_STR("multipart/form-data")) ||
	    !parameter(content_type, GT_STR("boundary"), &boundary) || !boundary.len || boundary.len > BOUNDARY_MAX)
		return false;
	memcpy(mark + 4, boundary.p, boundary.len);
	delimiter = gt_str_make(mark, 4 + boundary.len);
	/* the first delimiter has no line break before it */
	if (!cut(&body, gt_str_skip(delimiter, 2), &part))
		return false;
	while (cut(&body, delimiter, &part)) {
		if (!cut(&part, GT_STR("\r\n\r\n"), &head) || !has_name(head, name))
			continue;
		*value = part;
		return true;
	}
	return false;
}
