#include "shim/status_scan.h"

static const char shape[] = "HTTP/1.d ddd"; /* d: a digit */

enum { LINE_LEN = sizeof(shape) - 1, REFUSED = UINT8_MAX };

static bool is_final(const struct gt_status_scan *s)
{
	return s->at == LINE_LEN && (s->status >= 200 || s->status == 101);
}

static bool step_line(struct gt_status_scan *s, char c)
{
	if (shape[s->at] != 'd')
		return c == shape[s->at];
	if (c < '0' || c > '9')
		return false;
	if (s->at > 8)
		s->status = (uint16_t)(s->status * 10 + (c - '0'));
	return true;
}

/* The rest of an interim head; true after its blank line. */
static bool step_head(struct gt_status_scan *s, char c)
{
	bool ends = c == '\n' && s->blank;

	s->blank = c == '\n' || (c == '\r' && s->blank);
	return ends;
}

int gt_status_scan_feed(struct gt_status_scan *s, const char *p, size_t len)
{
	size_t i = 0;

	for (; i < len && s->at != REFUSED && !is_final(s); i++) {
		if (s->at == LINE_LEN) {
			if (step_head(s, p[i]))
				*s = (struct gt_status_scan){ 0 };
		} else {
			s->at = step_line(s, p[i]) ? s->at + 1 : REFUSED;
		}
	}
	for (; i < len && s->at == LINE_LEN && s->status == 101 && !s->is_head_over; i++)
		s->is_head_over = step_head(s, p[i]);
	return s->at == REFUSED ? -1 : is_final(s) ? s->status : 0;
}
