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

void gt_splice_set_patch(struct gt_splice *s, uint64_t at, const unsigned char *patch)
{
	s->patch_at = at;
	s->patch_len = GT_SPLICE_PATCH;
	s->patch_sent = 0;
	for (int i = 0; i < GT_SPLICE_PATCH; i++)
		s->patch[i] = patch[i];
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The next bytes for the wire in place of the application's `rest`, which begin `at` bytes into the write. */
static struct iovec run_of(const struct gt_splice *s, struct iovec rest, uint64_t at, bool is_placed)
{
	uint64_t left = gt_splice_patch_left(s);

	if (!is_placed && at < s->at)
		rest.iov_len = (size_t)least(rest.iov_len, s->at - at);
	if (left && at < s->patch_at) {
		rest.iov_len = (size_t)least(rest.iov_len, s->patch_at - at);
	} else if (left && at < s->patch_at + left) {
		rest.iov_base = (void *)&s->patch[s->patch_sent + (at - s->patch_at)];
		rest.iov_len = (size_t)least(rest.iov_len, s->patch_at + left - at);
	}
	return rest;
}

int gt_splice_layout(const struct gt_splice *s, const struct iovec *in, int n_in, struct iovec *out, int max)
{
	bool is_placed = !gt_splice_is_active(s);
	uint64_t at = 0;
	int n = 0;

	if (max < n_in + gt_splice_more(s))
		return -1;
	for (int i = 0; i < n_in; i++) {
		struct iovec rest = in[i];

		while (rest.iov_len) {
			if (!is_placed && at == s->at) {
				out[n++] = (struct iovec){ (char *)s->text + s->sent, s->len - s->sent };
				is_placed = true;
			}
			out[n] = run_of(s, rest, at, is_placed);
			at += out[n].iov_len;
			rest.iov_base = (char *)rest.iov_base + out[n].iov_len;
			rest.iov_len -= out[n++].iov_len;
		}
	}
	return n;
}

/* The wire took this many of the application's bytes, all before the text. */
static void pass_patch(struct gt_splice *s, uint64_t accepted)
{
	uint64_t took = accepted > s->patch_at ? least(accepted - s->patch_at, gt_splice_patch_left(s)) : 0;

	s->patch_sent += (uint8_t)took;
	s->patch_at -= least(accepted, s->patch_at);
}

size_t gt_splice_account(struct gt_splice *s, size_t app_len, size_t wire)
{
	size_t before, text;

	if (!gt_splice_is_active(s))
		return wire;
	before = s->at < app_len ? (size_t)s->at : app_len;
	if (wire <= before || s->at >= app_len) {
		s->at -= wire; /* the insertion point is further on */
		pass_patch(s, wire);
		return wire;
	}
	pass_patch(s, before);
	s->at = 0;
	text = wire - before;
	if (text > s->len - s->sent)
		text = s->len - s->sent;
	s->sent += (uint32_t)text;
	return wire - text;
}
