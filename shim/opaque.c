#include "shim/opaque.h"

#include "shim/context.h"
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/object.h"
#include "shim/shared/stat.h"
#include "shim/socket_id.h"
#include "shim/ssl_copies.h"

#define HOST_ROOM   128
#define OBJECT_ROOM 192

enum { FREE, BUSY, OPEN, CLOSED };

struct connection {
	_Atomic int state; /* BUSY: one thread fills it, or makes a span of it */
	int fd;
	uint64_t number; /* of the socket */
	uint16_t port;
	uint8_t protocol;	  /* enum gt_protocol */
	char name[HOST_ROOM];	  /* as in the ClientHello, or "" */
	char host[HOST_ROOM];	  /* what is reported */
	char object[OBJECT_ROOM]; /* the file whose code sent the first bytes; "": the program */
	struct gt_trace_context span;
	struct gt_span_id parent;
	bool parent_is_remote;
	struct gt_wall started;
	struct gt_mono began, ended;
	bool has_bytes, is_end_seen;
	uint64_t sent, received;
};

_Atomic uint32_t gt_opaque_open;

static struct connection connections[GT_OPAQUE_MAX];
static _Atomic uint32_t waiting;  /* connections in state CLOSED */
static _Atomic uint32_t sessions; /* made, and no byte has passed */
static _Atomic bool has_copies;
static _Atomic(const void *) followed; /* see gt_opaque_follow() */

/* ---------------------------------------------------------------- states */

static bool take(struct connection *c, int from)
{
	/* acquire: pairs with the release in put(); what the other thread has written is there */
	return atomic_compare_exchange_strong_explicit(&c->state, &from, BUSY, memory_order_acquire, memory_order_relaxed);
}

static bool take_open(struct connection *c)
{
	if (!take(c, OPEN))
		return false;
	atomic_fetch_sub_explicit(&gt_opaque_open, 1, memory_order_relaxed);
	return true;
}

static bool take_closed(struct connection *c)
{
	if (!take(c, CLOSED))
		return false;
	atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
	return true;
}

static void put(struct connection *c, int state)
{
	if (state == OPEN)
		atomic_fetch_add_explicit(&gt_opaque_open, 1, memory_order_relaxed);
	else if (state == CLOSED)
		atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
	atomic_store_explicit(&c->state, state, memory_order_release);
}

/* ---------------------------------------------------------------- the span */

static struct gt_event *make_begin(const struct connection *c, uint64_t stream)
{
	size_t host_len = strlen(c->host);
	struct gt_event *e = gt_event_new(GT_EVENT_BEGIN, stream, sizeof(struct gt_begin) + host_len);

	if (!e)
		return NULL;
	*(struct gt_begin *)e->data = (struct gt_begin){
		.context = c->span,
		.parent = c->parent,
		.parent_is_remote = c->parent_is_remote,
		.is_tls = true,
		.source = GT_SOURCE_MESSAGE,
		.api = GT_API_OPAQUE,
		.is_certain = true,
		.started = c->started,
		.port = c->port,
		.host_len = (uint16_t)host_len,
	};
	memcpy(e->data + sizeof(struct gt_begin), c->host, host_len);
	e->len = (uint32_t)(sizeof(struct gt_begin) + host_len);
	e->at = c->began;
	return e;
}

static struct gt_event *make_facts(const struct connection *c, uint64_t stream)
{
	size_t object_len = strlen(c->object);
	struct gt_event *e = gt_event_new(GT_EVENT_REQUEST, stream, sizeof(struct gt_opaque_facts) + object_len);

	if (!e)
		return NULL;
	*(struct gt_opaque_facts *)e->data = (struct gt_opaque_facts){
		.sent = c->sent,
		.received = c->received,
		.is_quic = c->protocol == GT_PROTOCOL_QUIC,
		.has_bytes = c->has_bytes,
		.is_end_seen = c->is_end_seen,
	};
	memcpy(e->data + sizeof(struct gt_opaque_facts), c->object, object_len);
	e->len = (uint32_t)(sizeof(struct gt_opaque_facts) + object_len);
	return e;
}

static struct gt_event *make_end(const struct connection *c, uint64_t stream)
{
	struct gt_event *e = gt_event_new(GT_EVENT_END, stream, sizeof(struct gt_end));

	if (!e)
		return NULL;
	*(struct gt_end *)e->data = (struct gt_end){ .why = GT_END_CURL };
	e->len = sizeof(struct gt_end);
	e->at = c->ended;
	return e;
}

static void emit(const struct connection *c)
{
	uint64_t stream = gt_stream_next();
	struct gt_event *series[] = { make_begin(c, stream), make_facts(c, stream), make_end(c, stream) };
	bool is_whole = series[0] && series[1] && series[2];

	for (size_t i = 0; i < GT_COUNT_OF(series); i++) {
		if (is_whole)
			gt_handoff_put(series[i]);
		else if (series[i])
			gt_event_free(series[i]);
	}
	if (is_whole)
		gt_exporter_thread_want();
	else
		gt_stat_add(GT_STAT_UNREPORTED, 1);
}

/* ---------------------------------------------------------------- life */

/* Gives the object whose code has called the hook that this thread is in; NULL when it is not known. */
static const struct link_map *sender(void)
{
	return gt_self.from ? gt_object_of(gt_self.from).map : NULL;
}

void gt_opaque_follow(const void *program)
{
	atomic_store_explicit(&followed, program, memory_order_relaxed);
}

bool gt_opaque_sender_is_followed(void)
{
	const struct link_map *map = sender();

	return map && (gt_ssl_copies_has(map->l_ld) || map->l_ld == atomic_load_explicit(&followed, memory_order_relaxed));
}

static void note_object(struct connection *c, const struct link_map *map)
{
	c->object[0] = 0;
	if (map && map->l_name)
		gt_str_copy(gt_str_of(map->l_name), c->object, sizeof(c->object));
}

static void begin(struct connection *c, int fd, enum gt_protocol protocol, struct gt_str name, struct gt_str host,
		  uint16_t port)
{
	const struct gt_request_view none = { .has_traceparent = false };
	struct gt_parentage span;

	c->fd = fd;
	c->number = gt_socket_number(fd);
	c->port = port;
	c->protocol = (uint8_t)protocol;
	gt_str_copy(name, c->name, sizeof(c->name));
	gt_str_copy(host, c->host, sizeof(c->host));
	note_object(c, sender());
	gt_context_new(&none, &span);
	c->span = span.span;
	c->parent = span.parent;
	c->parent_is_remote = span.parent_is_remote;
	c->started = gt_wall_now();
	c->began = c->ended = gt_mono_now();
	c->has_bytes = c->is_end_seen = false;
	c->sent = c->received = 0;
}

GT_COLD void gt_opaque_begin(int fd, enum gt_protocol protocol, struct gt_str name)
{
	char peer[GT_SOCKET_PEER_MAX];
	uint16_t port = 0;

	if (fd < 0 || (name.len && !gt_match_is_known(name, 0)))
		return;
	gt_socket_peer(fd, peer, &port);
	if (!gt_match_is_known(name, port) || name.len >= HOST_ROOM)
		return;
	if (protocol == GT_PROTOCOL_TLS && gt_opaque_sender_is_followed())
		return;
	/* libcrypto sends for a libssl that is followed; a handshake inside the first write comes after its plaintext */
	if (protocol == GT_PROTOCOL_TLS && atomic_load_explicit(&has_copies, memory_order_relaxed) &&
	    gt_caller_is_inner(gt_self.from))
		return;
	gt_opaque_replaced(fd);
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++)
		if (take(&connections[i], FREE)) {
			begin(&connections[i], fd, protocol, name, name, port);
			put(&connections[i], OPEN);
			return;
		}
}

static void look(struct connection *c)
{
	uint64_t sent, received;

	c->ended = gt_mono_now();
	if (!gt_socket_volume(c->fd, &sent, &received))
		return;
	c->sent = sent;
	c->received = received;
	c->has_bytes = true;
}

/* Its span, or what it waits for. Takes `c`, which is BUSY. */
static void settle(struct connection *c)
{
	if (atomic_load_explicit(&sessions, memory_order_relaxed) || atomic_load_explicit(&has_copies, memory_order_relaxed)) {
		put(c, CLOSED);
		return;
	}
	emit(c);
	put(c, FREE);
}

static void close_if(struct connection *c, int fd)
{
	if (atomic_load_explicit(&c->state, memory_order_relaxed) != OPEN || c->fd != fd || !take_open(c))
		return;
	if (c->number == gt_socket_number(fd)) {
		look(c);
		c->is_end_seen = true;
	}
	settle(c);
}

GT_COLD void gt_opaque_close(int fd)
{
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++)
		close_if(&connections[i], fd);
}

GT_COLD void gt_opaque_close_range(unsigned first, unsigned last)
{
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++)
		if ((unsigned)connections[i].fd >= first && (unsigned)connections[i].fd <= last)
			close_if(&connections[i], connections[i].fd);
}

GT_COLD void gt_opaque_note(int fd)
{
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++) {
		struct connection *c = &connections[i];

		if (atomic_load_explicit(&c->state, memory_order_relaxed) != OPEN || c->fd != fd || !take_open(c))
			continue;
		if (c->number == gt_socket_number(fd))
			look(c);
		put(c, OPEN);
	}
}

GT_COLD void gt_opaque_replaced(int fd)
{
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++) {
		struct connection *c = &connections[i];

		if (atomic_load_explicit(&c->state, memory_order_relaxed) != OPEN || c->fd != fd || !take_open(c))
			continue;
		settle(c);
	}
}

/* ---------------------------------------------------------------- what the hooks of TLS see */

static bool is_older(const struct connection *a, const struct connection *b)
{
	return !b || a->began.ns < b->began.ns;
}

void gt_opaque_seen(struct gt_str name)
{
	struct connection *oldest = NULL;

	for (size_t i = 0; i < GT_OPAQUE_MAX; i++) {
		struct connection *c = &connections[i];
		/* acquire: pairs with the release in put(); the name is there */
		int state = atomic_load_explicit(&c->state, memory_order_acquire);

		if ((state == OPEN || state == CLOSED) && c->protocol == GT_PROTOCOL_TLS &&
		    gt_str_eq(gt_str_of(c->name), name) && is_older(c, oldest))
			oldest = c;
	}
	if (oldest && (take_open(oldest) || take_closed(oldest)))
		put(oldest, FREE);
}

void gt_opaque_expect_copy(void)
{
	atomic_store_explicit(&has_copies, true, memory_order_relaxed);
}

void gt_opaque_expect(void)
{
	atomic_fetch_add_explicit(&sessions, 1, memory_order_relaxed);
}

bool gt_opaque_expects(void)
{
	return atomic_load_explicit(&sessions, memory_order_relaxed) > 0;
}

void gt_opaque_expect_less(void)
{
	uint32_t n = atomic_load_explicit(&sessions, memory_order_relaxed);

	/* a session of before a fork was not counted here */
	while (n && !atomic_compare_exchange_weak_explicit(&sessions, &n, n - 1, memory_order_relaxed, memory_order_relaxed))
		;
	if (n != 1 || atomic_load_explicit(&has_copies, memory_order_relaxed) ||
	    gt_likely(!atomic_load_explicit(&waiting, memory_order_relaxed)))
		return;
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++)
		if (take_closed(&connections[i])) {
			emit(&connections[i]);
			put(&connections[i], FREE);
		}
}

/* ---------------------------------------------------------------- the end */

bool gt_opaque_is_due(void)
{
	return gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed) ||
			   atomic_load_explicit(&waiting, memory_order_relaxed));
}

void gt_opaque_end(bool may_go_on)
{
	uint32_t left_out = atomic_load_explicit(&sessions, memory_order_relaxed);

	for (size_t i = 0; i < GT_OPAQUE_MAX; i++) {
		struct connection *c = &connections[i];

		if (take_open(c)) {
			if (c->number == gt_socket_number(c->fd)) {
				look(c);
				c->is_end_seen = !may_go_on;
			}
		} else if (!take_closed(c)) {
			continue;
		}
		if (left_out)
			left_out--;
		else
			emit(c);
		put(c, FREE);
	}
}

void gt_opaque_after_fork(void)
{
	for (size_t i = 0; i < GT_OPAQUE_MAX; i++)
		atomic_store_explicit(&connections[i].state, FREE, memory_order_relaxed);
	atomic_store_explicit(&gt_opaque_open, 0, memory_order_relaxed);
	atomic_store_explicit(&waiting, 0, memory_order_relaxed);
	atomic_store_explicit(&sessions, 0, memory_order_relaxed);
}
