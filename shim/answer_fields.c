#include "shim/answer_fields.h"

#include <string.h>

#include "shim/shared/read_fields.h"
#include "shim/shared/str.h"

#define STATUS "HTTP/1."

enum { NAME, VALUE, REST }; /* of a line: what is collected, what is hidden but for its ends, what is copied */

static bool is_cookie(struct gt_str name)
{
	return gt_str_ieq(name, GT_STR("set-cookie")) || gt_str_ieq(name, GT_STR("set-cookie2"));
}

static bool is_of_framing(struct gt_str name)
{
	return gt_str_ieq(name, GT_STR("content-length")) || gt_str_ieq(name, GT_STR("transfer-encoding")) ||
	       gt_str_ieq(name, GT_STR("connection")) || gt_str_ieq(name, GT_STR("upgrade"));
}

/* Can a line that begins so matter where no head was recognised? */
static bool may_matter(struct gt_str begin)
{
	struct gt_str status = GT_STR(STATUS), cookie = GT_STR("set-cookie2");

	return gt_str_starts(begin.len < status.len ? status : begin, begin.len < status.len ? begin : status) ||
	       gt_str_istarts(begin.len < cookie.len ? cookie : begin, begin.len < cookie.len ? begin : cookie);
}

/* RFC 9110, 5.6.2 */
static bool is_of_token(char c)
{
	return c > ' ' && c < 0x7f && !memchr("\"(),/:;<=>?@[\\]{}", c, 17);
}

static void end_head(struct gt_answer_fields *a)
{
	a->is_in_head = a->is_hidden = false;
	a->at = REST;
}

/* The next byte of a line, before a field's colon. */
static void collect(struct gt_answer_fields *a, char c)
{
	struct gt_str name;

	if (c == ':' && a->len) {
		name = gt_str_make(a->name, a->len);
		a->is_hidden = is_cookie(name) || (a->is_in_head && !gt_field_is_read(name) && !is_of_framing(name));
		a->at = a->is_hidden ? VALUE : REST;
		return;
	}
	if (!a->len && (c == ' ' || c == '\t')) { /* a field's second line: RFC 9112, 5.2 */
		a->at = a->is_hidden ? VALUE : REST;
		return;
	}
	if (a->len < sizeof(a->name))
		a->name[a->len++] = c;
	name = gt_str_make(a->name, a->len);
	if (gt_str_eq(name, GT_STR(STATUS))) {
		a->is_in_head = true;
		a->is_hidden = false;
		a->at = REST;
	} else if (!(a->is_in_head && (is_of_token(c) || gt_str_starts(GT_STR(STATUS), name))) && !may_matter(name)) {
		end_head(a);
	}
}

/* The bytes up to the end of the line. Returns how many. */
static size_t copy_line(const struct gt_answer_fields *a, char *to, const char *from, size_t len)
{
	const char *end = memchr(from, '\n', len);
	size_t n = end ? (size_t)(end - from) : len, hidden = 0;

	if (a->at == VALUE) {
		hidden = n && from[n - 1] == '\r' ? n - 1 : n;
		memset(to, '*', hidden);
	}
	memcpy(to + hidden, from + hidden, n - hidden);
	return n;
}

void gt_answer_fields_copy(struct gt_answer_fields *a, char *to, const char *from, size_t len)
{
	size_t i = 0;

	if (len >= sizeof(STATUS) && memcmp(from, STATUS, sizeof(STATUS) - 1) == 0) {
		a->at = NAME;
		a->len = 0;
	}
	while (i < len) {
		if (from[i] == '\n') {
			if (a->at == NAME) /* a line without a field, such as the blank one */
				end_head(a);
			a->at = NAME;
			a->len = 0;
			to[i] = from[i];
			i++;
		} else if (a->at == NAME) {
			to[i] = from[i];
			collect(a, from[i++]);
		} else {
			i += copy_line(a, to + i, from + i, len - i);
		}
	}
}

void gt_answer_fields_skip(struct gt_answer_fields *a)
{
	end_head(a);
}
