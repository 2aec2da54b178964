#include "exporter/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/civil_time.h"
#include "exporter/base/utf8.h"
#include "shim/shared/clock.h"
#include "shim/shared/traceparent.h"

#define ROOM_MIN 1024

void gt_text_init(struct gt_text *t, size_t max)
{
	*t = (struct gt_text){ .max = max };
}

static bool make_room(struct gt_text *t, size_t more)
{
	size_t want = t->room ? t->room : ROOM_MIN;
	char *bigger;

	if (more > t->max || t->len > t->max - more)
		t->has_failed = t->is_too_long = true;
	if (t->has_failed)
		return false;
	if (more <= t->room - t->len)
		return true;
	while (want - t->len < more)
		want = want > t->max / 2 ? t->max : want * 2;
	bigger = realloc(t->p, want);
	if (!bigger) {
		t->has_failed = true;
		return false;
	}
	t->p = bigger;
	t->room = want;
	return true;
}

void gt_text_add(struct gt_text *t, struct gt_str s)
{
	if (!s.len || !make_room(t, s.len))
		return;
	memcpy(t->p + t->len, s.p, s.len);
	t->len += s.len;
}

void gt_text_int(struct gt_text *t, int64_t v)
{
	if (v < 0)
		gt_text_add(t, GT_STR("-"));
	gt_text_uint(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void gt_text_uint(struct gt_text *t, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	gt_text_add(t, gt_str_make(digits + i, sizeof(digits) - i));
}

void gt_text_hex(struct gt_text *t, const uint8_t *bytes, size_t n)
{
	if (!make_room(t, 2 * n))
		return;
	gt_hex(bytes, n, t->p + t->len);
	t->len += 2 * n;
}

static bool is_of_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e';
}

void gt_text_double(struct gt_text *t, double v)
{
	char digits[40];
	size_t out = 0;

	/* snprintf and strtod use the same locale, whatever the application has set */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, v);
		if (strtod(digits, NULL) == v)
			break;
	}
	for (size_t i = 0; digits[i]; i++) {
		if (is_of_number(digits[i]))
			digits[out++] = digits[i];
		else if (out && digits[out - 1] != '.')
			digits[out++] = '.'; /* the locale's decimal point may have several bytes */
	}
	gt_text_add(t, gt_str_make(digits, out));
}

static struct gt_str json_escape(unsigned char c, char room[8])
{
	switch (c) {
	case '"':
		return GT_STR("\\\"");
	case '\\':
		return GT_STR("\\\\");
	case '\n':
		return GT_STR("\\n");
	case '\r':
		return GT_STR("\\r");
	case '\t':
		return GT_STR("\\t");
	}
	memcpy(room, "\\u00", 4);
	gt_hex(&c, 1, room + 4);
	return gt_str_make(room, 6);
}

void gt_text_json(struct gt_text *t, struct gt_str s)
{
	size_t plain = 0, n;
	char room[8];

	gt_text_add(t, GT_STR("\""));
	for (size_t i = 0; i < s.len; i += n) {
		unsigned char c = (unsigned char)s.p[i];

		n = gt_utf8_len(s.p + i, s.len - i);
		if (n && c >= 0x20 && c != '"' && c != '\\')
			continue;
		gt_text_add(t, gt_str_make(s.p + plain, i - plain));
		gt_text_add(t, n ? json_escape(c, room) : GT_STR("\xef\xbf\xbd"));
		n = n ? 1 : gt_utf8_bad_len(s.p + i, s.len - i);
		plain = i + n;
	}
	gt_text_add(t, gt_str_skip(s, plain));
	gt_text_add(t, GT_STR("\""));
}

void gt_text_time(struct gt_text *t, uint64_t unix_ns)
{
	struct gt_civil_time c = gt_civil_of_unix((int64_t)(unix_ns / GT_NS_PER_S));
	char out[64];
	int n;

	n = snprintf(out, sizeof(out), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)c.year, c.month, c.day, c.hour, c.minute,
		     c.second, (int)(unix_ns % GT_NS_PER_S / GT_NS_PER_MS));
	gt_text_add(t, gt_str_make(out, (size_t)n));
}

char *gt_text_take(struct gt_text *t, size_t *len)
{
	char *p = t->has_failed ? NULL : t->p;

	*len = p ? t->len : 0;
	if (p)
		t->p = NULL;
	gt_text_free(t);
	return p;
}

void gt_text_free(struct gt_text *t)
{
	free(t->p);
	*t = (struct gt_text){ .max = t->max };
}

void gt_text_show(struct gt_str s, char *out, size_t cap)
{
	size_t n = gt_str_copy(s, out, cap);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = ' ';
}
