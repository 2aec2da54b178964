#include "shim/splice.h"

size_t gt_iov_len(const struct iovec *iov, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += iov[i].iov_len;
	return len;
}

void gt_splice_start(struct gt_splice *s, const char *text, uint32_t len, uint64_t at)
{
	*s = (struct gt_splice){ .text = text, .len = len, .at = at };
}

int gt_splice_layout(const struct gt_splice *s, const struct iovec *in, int n_in, struct iovec *out, int max)
{
	uint64_t before = s->at;
	bool placed = !gt_splice_is_active(s);
	int n = 0;

	if (max < n_in + 2)
		return -1;
	for (int i = 0; i < n_in; i++) {
		struct iovec rest = in[i];

		if (!placed && before < rest.iov_len) {
			if (before) {
				out[n++] = (struct iovec){ rest.iov_base, (size_t)before };
				rest.iov_base = (char *)rest.iov_base + before;
				rest.iov_len -= (size_t)before;
			}
			out[n++] = (struct iovec){ (char *)s->text + s->sent, s->len - s->sent };
			placed = true;
		} else {
			before -= placed ? 0 : rest.iov_len;
		}
		if (rest.iov_len)
			out[n++] = rest;
	}
	return n;
}

size_t gt_splice_account(struct gt_splice *s, size_t app_len, size_t wire)
{
	size_t before, text;

	if (!gt_splice_is_active(s))
		return wire;
	before = s->at < app_len ? (size_t)s->at : app_len;
	if (wire <= before || s->at >= app_len) {
		s->at -= wire; /* the insertion point is further on */
		return wire;
	}
	s->at = 0;
	text = wire - before;
	if (text > s->len - s->sent)
		text = s->len - s->sent;
	s->sent += (uint32_t)text;
	return wire - text;
}
