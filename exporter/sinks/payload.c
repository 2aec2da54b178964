#include "exporter/sinks/payload.h"

#include <stdlib.h>
#include <zlib.h>

#include "exporter/base/errors.h"

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, and 16 for the gzip format */

/* False when out of memory: the batch is then sent uncompressed. */
static bool gzip(struct gt_arena *scratch, uint8_t *plain, size_t len, uint8_t **out, size_t *out_len)
{
	z_stream z = { .next_in = plain, .avail_in = (uInt)len };
	size_t room;
	int ret;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	room = deflateBound(&z, len);
	*out = gt_arena_alloc(scratch, room);
	z.next_out = *out;
	z.avail_out = (uInt)room;
	ret = *out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	*out_len = room - z.avail_out;
	deflateEnd(&z);
	return ret == Z_STREAM_END;
}

/* Encodes in `scratch`, so that the payload's own memory holds only what is sent. */
static int fill(struct gt_payload *p, struct gt_arena *scratch, const struct gt_batch_view *batch,
		const struct gt_payload_form *form)
{
	const struct gt_otlp_protocol *protocol = form->protocol;
	uint8_t *message, *zipped, *out;
	size_t len, zipped_len;
	int ret = form->signal->encode[protocol->coding](batch, form->max, scratch, &message, &len);

	if (ret)
		return ret;
	p->is_gzip = form->is_gzip && gzip(scratch, message, len, &zipped, &zipped_len);
	if (p->is_gzip) {
		message = zipped;
		len = zipped_len;
	}
	p->len = protocol->prefix_len + len;
	p->p = out = gt_arena_alloc(&p->memory, p->len);
	if (!out)
		return GT_ENOMEM;
	if (protocol->put_prefix)
		protocol->put_prefix(out, len, p->is_gzip);
	memcpy(out + protocol->prefix_len, message, len);
	return 0;
}

int gt_payload_make(const struct gt_batch_view *batch, const struct gt_payload_form *form, struct gt_payload **out)
{
	struct gt_payload *p = calloc(1, sizeof(*p));
	struct gt_arena scratch;
	int ret;

	*out = NULL;
	if (!p)
		return GT_ENOMEM;
	gt_arena_init(&p->memory, 0);
	gt_arena_init(&scratch, 0);
	p->spans = batch->n;
	p->hold = gt_hold_ref(batch->hold);
	ret = fill(p, &scratch, batch, form);
	gt_arena_free(&scratch);
	if (ret)
		gt_payload_free(p);
	else
		*out = p;
	return ret;
}

void gt_payload_free(struct gt_payload *p)
{
	if (!p)
		return;
	gt_hold_unref(p->hold);
	gt_arena_free(&p->memory);
	free(p);
}

void gt_payload_push(struct gt_payload_queue *q, struct gt_payload *p)
{
	p->next = NULL;
	if (q->last)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
	q->spans += p->spans;
	q->bytes += p->len;
}

struct gt_payload *gt_payload_pop(struct gt_payload_queue *q)
{
	struct gt_payload *p = q->first;

	if (!p)
		return NULL;
	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->spans -= p->spans;
	q->bytes -= p->len;
	p->next = NULL;
	return p;
}
