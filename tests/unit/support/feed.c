#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "exporter/genai.h"

static void finish(struct gt_feed *f, struct gt_call *call)
{
	struct gt_span *s = gt_genai_finish(&f->run, call);

	f->over++;
	gt_call_free(call);
	if (!s)
		return;
	if (f->last)
		f->last->next = s;
	else
		f->first = s;
	f->last = s;
}

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	struct gt_feed *f = ctx;
	struct gt_call *answered;

	f->documents++;
	gt_genai_document(&f->run, call, event, data);
	answered = gt_awaited_answer(&f->awaited, &f->run, call, event, data);
	if (answered)
		finish(f, answered);
}

static void on_done(void *ctx, struct gt_call *call)
{
	struct gt_feed *f = ctx;

	if (!gt_awaited_keep(&f->awaited, call))
		finish(f, call);
}

void gt_feed_expire(struct gt_feed *f, bool all)
{
	struct gt_call *c;

	while ((c = all ? gt_awaited_any(&f->awaited) : gt_awaited_expired(&f->awaited, f->now)))
		finish(f, c);
}

bool gt_feed_init(struct gt_feed *f, size_t body_max)
{
	*f = (struct gt_feed){ .run.limits = { 128, UINT32_MAX },
			       .run.event_limits = { 128, UINT32_MAX },
			       .now = { 5 * GT_NS_PER_S } };
	gt_event_room_init(&f->room);
	f->assemble = gt_assemble_new(body_max, on_document, on_done, f);
	return f->assemble != NULL;
}

void gt_feed_free(struct gt_feed *f)
{
	struct gt_span *s;

	gt_feed_expire(f, true);
	gt_assemble_free(f->assemble);
	while ((s = gt_feed_take(f)))
		gt_span_free(s);
	gt_event_room_free(&f->room);
}

static struct gt_mono tick(struct gt_feed *f)
{
	struct gt_mono at = f->now;

	f->now.ns += GT_NS_PER_MS;
	return at;
}

struct gt_begin gt_feed_plain_begin(enum gt_api api)
{
	struct gt_begin b = {
		.context = { .flags = GT_TRACE_SAMPLED | GT_TRACE_RANDOM },
		.is_tls = true,
		.is_injected = true,
		.source = GT_SOURCE_STREAM,
		.api = (uint8_t)api,
		.is_certain = true,
		.started = { GT_FEED_STARTED },
		.port = 443,
	};

	for (int i = 0; i < 16; i++)
		b.context.trace_id.b[i] = (uint8_t)(i + 1);
	b.context.span_id.b[7] = 7;
	return b;
}

void gt_feed_begin(struct gt_feed *f, uint64_t stream, const struct gt_begin *b, const char *host, const char *provider)
{
	gt_assemble_event(f->assemble, gt_event_room_begin(&f->room, stream, tick(f), b, host, provider, NULL));
}

void gt_feed_put(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const void *data, size_t len)
{
	gt_assemble_event(f->assemble, gt_event_room_make(&f->room, type, stream, tick(f), data, len));
}

void gt_feed_pieces(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const char *p, size_t len, size_t piece)
{
	while (len) {
		size_t n = len < piece ? len : piece;

		gt_feed_put(f, stream, type, p, n);
		p += n;
		len -= n;
	}
}

void gt_feed_text(struct gt_feed *f, uint64_t stream, enum gt_event_type type, const char *text)
{
	gt_feed_pieces(f, stream, type, text, strlen(text), 16000);
}

void gt_feed_end(struct gt_feed *f, uint64_t stream, enum gt_end_why why, int code)
{
	struct gt_end end = { .why = (uint8_t)why, .code = code };

	gt_feed_put(f, stream, GT_EVENT_END, &end, sizeof(end));
}

struct gt_span *gt_feed_take(struct gt_feed *f)
{
	struct gt_span *s = f->first;

	if (s) {
		f->first = s->next;
		s->next = NULL;
		if (!f->first)
			f->last = NULL;
	}
	return s;
}
