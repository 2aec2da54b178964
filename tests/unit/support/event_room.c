#include "event_room.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define ROOM (80 * 1024)

void gt_event_room_init(struct gt_event_room *r)
{
	char *base = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + ROOM, PAGE, PROT_NONE) != 0)
		abort();
	r->end = base + ROOM;
	r->size = ROOM;
	r->used = 0;
}

void gt_event_room_free(struct gt_event_room *r)
{
	munmap(r->end - r->size, r->size + PAGE);
	r->end = NULL;
}

static struct gt_event *make(struct gt_event_room *r, enum gt_event_type type, uint64_t stream, struct gt_mono at, size_t len)
{
	size_t size = (sizeof(struct gt_event) + len + 7) & ~(size_t)7;
	struct gt_event *e = (struct gt_event *)(r->end - size);

	if (size > r->size)
		abort();
	memset(r->end - r->used, 0xdf, r->used); /* a pointer into the last event reads poison */
	r->used = size;
	memset(e, 0, sizeof(*e));
	e->type = (uint8_t)type;
	e->stream = stream;
	e->at = at;
	e->len = (uint32_t)len;
	return e;
}

const struct gt_event *gt_event_room_make(struct gt_event_room *r, enum gt_event_type type, uint64_t stream, struct gt_mono at,
					  const void *data, size_t len)
{
	struct gt_event *e = make(r, type, stream, at, len);

	if (len)
		memcpy(e->data, data, len);
	return e;
}

static char *add(char *to, const char *text, uint16_t *len)
{
	*len = (uint16_t)(text ? strlen(text) : 0);
	if (*len)
		memcpy(to, text, *len);
	return to + *len;
}

const struct gt_event *gt_event_room_begin(struct gt_event_room *r, uint64_t stream, struct gt_mono at,
					   const struct gt_begin *b, const char *host, const char *provider,
					   const char *tracestate)
{
	size_t texts = (host ? strlen(host) : 0) + (provider ? strlen(provider) : 0) + (tracestate ? strlen(tracestate) : 0);
	struct gt_event *e = make(r, GT_EVENT_BEGIN, stream, at, sizeof(*b) + texts);
	struct gt_begin *to = (struct gt_begin *)e->data;
	char *text = (char *)(to + 1);

	*to = *b;
	text = add(text, host, &to->host_len);
	text = add(text, provider, &to->provider_len);
	add(text, tracestate, &to->tracestate_len);
	return e;
}
