#include "exporter/exchange/event_stream.h"

#include <stdio.h>
#include <zlib.h>

#include "exporter/base/steps.h"

#define FRAME_MIN 16	      /* prelude and the CRC at the end */
#define FRAME_MAX (16u << 20) /* AWS's own limit; rejects nonsensical lengths */

void gt_event_stream_init(struct gt_event_stream *s, size_t max)
{
	*s = (struct gt_event_stream){ .is_broken = false };
	gt_buf_init(&s->frame, max);
}

void gt_event_stream_free(struct gt_event_stream *s)
{
	gt_buf_free(&s->frame);
}

static uint32_t number(const char *p, size_t bytes)
{
	uint32_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static bool has_crc(const char *p, size_t len)
{
	GT_STEPS(len);
	return crc32(0, (const Bytef *)p, (uInt)len) == number(p + len, 4);
}

bool gt_event_stream_begins(struct gt_str bytes)
{
	return bytes.len >= GT_EVENT_STREAM_PRELUDE && has_crc(bytes.p, 8) && number(bytes.p, 4) >= FRAME_MIN;
}

/* ---------------------------------------------------------------- headers */

/* Size of the value at `at`, type byte and length field included; 0: it exceeds the input, or the type is unknown. */
static size_t value_size(struct gt_str at)
{
	static const unsigned char fixed[] = { 1, 1, 2, 3, 5, 9, 0, 0, 9, 17 }; /* the type's own byte is counted */
	unsigned type = at.len ? (unsigned char)at.p[0] : sizeof(fixed);
	size_t n;

	if (type >= sizeof(fixed))
		return 0;
	n = fixed[type];
	if (!n)
		n = at.len < 3 ? 3 : 3 + number(at.p + 1, 2);
	return n <= at.len ? n : 0;
}

struct headers {
	struct gt_str message_type, event_type, exception_type, error_code, error_message;
};

/* False when the lengths are inconsistent. */
static bool read_headers(struct gt_str at, struct headers *out)
{
	const struct {
		struct gt_str name;
		struct gt_str *value;
	} wanted[] = {
		{ GT_STR(":message-type"), &out->message_type },     { GT_STR(":event-type"), &out->event_type },
		{ GT_STR(":exception-type"), &out->exception_type }, { GT_STR(":error-code"), &out->error_code },
		{ GT_STR(":error-message"), &out->error_message },
	};

	*out = (struct headers){ .message_type = GT_STR_NONE };
	while (at.len) {
		size_t name_len = (unsigned char)at.p[0], size;
		struct gt_str name = gt_str_make(at.p + 1, name_len);

		if (1 + name_len >= at.len)
			return false;
		at = gt_str_skip(at, 1 + name_len);
		size = value_size(at);
		if (!size)
			return false;
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (at.p[0] == 7 && gt_str_eq(name, wanted[i].name)) /* 7: a string */
				*wanted[i].value = gt_str_make(at.p + 3, size - 3);
		at = gt_str_skip(at, size);
	}
	return true;
}

/* ---------------------------------------------------------------- frames */

static void give(const struct headers *h, struct gt_str payload, gt_stream_out *out, void *ctx)
{
	char event[GT_STREAM_EVENT_MAX];
	int n;

	if (gt_str_eq(h->message_type, GT_STR("exception"))) {
		n = snprintf(event, sizeof(event), "exception/%.*s", GT_STR_ARG(h->exception_type));
	} else if (gt_str_eq(h->message_type, GT_STR("error"))) {
		n = snprintf(event, sizeof(event), "error/%.*s", GT_STR_ARG(h->error_code));
		if (!payload.len)
			payload = h->error_message;
	} else {
		n = snprintf(event, sizeof(event), "%.*s", GT_STR_ARG(h->event_type));
	}
	out(ctx, gt_str_make(event, (size_t)n < sizeof(event) ? (size_t)n : sizeof(event) - 1), payload);
}

/* Reads a complete frame, whose prelude has been checked. */
static void read_frame(struct gt_event_stream *s, const char *p, size_t len, gt_stream_out *out, void *ctx)
{
	size_t headers_len = number(p + 4, 4);
	struct headers h;

	if (!has_crc(p, len - 4) || !read_headers(gt_str_make(p + GT_EVENT_STREAM_PRELUDE, headers_len), &h)) {
		s->is_broken = true;
		return;
	}
	give(&h, gt_str_make(p + GT_EVENT_STREAM_PRELUDE + headers_len, len - FRAME_MIN - headers_len), out, ctx);
}

/* Length of the frame that begins here; 0: more bytes are needed, or the stream is broken. */
static size_t frame_len(struct gt_event_stream *s, const char *p, size_t len)
{
	size_t total;

	if (len < GT_EVENT_STREAM_PRELUDE)
		return 0;
	total = number(p, 4);
	if (!has_crc(p, 8) || total < FRAME_MIN || total > FRAME_MAX || number(p + 4, 4) > total - FRAME_MIN) {
		s->is_broken = true;
		return 0;
	}
	return total;
}

/* Appends to the incomplete frame, up to its end. Returns how many bytes it used. */
static size_t complete(struct gt_event_stream *s, const char *p, size_t len)
{
	size_t total = frame_len(s, s->frame.data, s->frame.len), want = total ? total : GT_EVENT_STREAM_PRELUDE, n;

	if (s->is_broken || s->frame.len >= want)
		return 0;
	n = want - s->frame.len < len ? want - s->frame.len : len;
	if (!gt_buf_add(&s->frame, p, n))
		s->lost++;
	return n;
}

void gt_event_stream_feed(struct gt_event_stream *s, const char *p, size_t len, gt_stream_out *out, void *ctx)
{
	size_t total, n;

	while (len && !s->is_broken && !s->lost) {
		if (!s->frame.len) {
			total = frame_len(s, p, len);
			if (total && total > s->frame.max) { /* what is lost must not depend on how the input is cut */
				s->lost++;
				return;
			}
			if (total && total <= len) {
				read_frame(s, p, total, out, ctx);
				p += total;
				len -= total;
				continue;
			}
			if (s->is_broken)
				return;
		}
		n = complete(s, p, len);
		p += n;
		len -= n;
		if (s->lost)
			return;
		total = frame_len(s, s->frame.data, s->frame.len);
		if (total && total > s->frame.max) {
			s->lost++;
			return;
		}
		if (total && s->frame.len == total) {
			read_frame(s, s->frame.data, total, out, ctx);
			gt_buf_reset(&s->frame);
		}
	}
}
