#include "shim/unread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "shim/opaque.h"
#include "shim/shared/compiler.h"
#include "shim/shared/log.h"
#include "shim/socket_id.h"

enum { FREE, FILLING, READY };

struct row {
	_Atomic int state;
	enum gt_unread kind;
	uint16_t port;
	char key[GT_UNREAD_HOST];  /* the server's name, or "" */
	char host[GT_UNREAD_HOST]; /* what is shown: the name, or the first address */
	_Atomic uint32_t begun, seen;
	_Atomic uint32_t reported;
};

static struct row rows[GT_UNREAD_MAX]; /* the last is for the servers without a row, of every kind but requests */
static _Atomic bool has_sessions, is_noted;
static void (*on_first)(void), (*on_tls)(void);

static const char *const words[] = { [GT_UNREAD_TLS] = "TLS", [GT_UNREAD_HTTP2] = "HTTP/2", [GT_UNREAD_QUIC] = "QUIC" };

static struct row *find(enum gt_unread kind, struct gt_str key)
{
	if (key.len >= GT_UNREAD_HOST)
		key.len = GT_UNREAD_HOST - 1;
	for (size_t i = 0; i < GT_UNREAD_MAX; i++) {
		/* acquire: pairs with the release in add(); the row is filled */
		int state = atomic_load_explicit(&rows[i].state, memory_order_acquire);

		if (state == READY && rows[i].kind == kind && gt_str_eq(gt_str_of(rows[i].key), key))
			return &rows[i];
		if (state == FREE)
			break;
	}
	return NULL;
}

static void describe(struct row *r, struct gt_str key, int fd, uint16_t port)
{
	char peer[GT_SOCKET_PEER_MAX];
	size_t len;

	gt_str_copy(key, r->key, sizeof(r->key));
	gt_str_copy(key, r->host, sizeof(r->host));
	r->port = port;
	if (fd < 0)
		return;
	len = gt_socket_peer(fd, peer, &r->port);
	if (!key.len)
		gt_str_copy(gt_str_make(peer, len), r->host, sizeof(r->host));
}

/* The others count as TLS, which most are. No server has their key, so no session is taken for one of them. */
static struct row *others_row(void)
{
	struct row *r = &rows[GT_UNREAD_MAX - 1];
	int state = FREE;

	if (atomic_compare_exchange_strong_explicit(&r->state, &state, FILLING, memory_order_acquire, memory_order_acquire)) {
		r->kind = GT_UNREAD_TLS;
		r->key[0] = '*';
		atomic_store_explicit(&r->state, READY, memory_order_release);
		state = READY;
	}
	return state == READY ? r : NULL;
}

/* Two threads may add the same server: the readers of the table add such rows up. */
static struct row *add(enum gt_unread kind, struct gt_str key, int fd, uint16_t port)
{
	if (key.len >= GT_UNREAD_HOST)
		key.len = GT_UNREAD_HOST - 1;
	for (size_t i = 0; i < GT_UNREAD_MAX - 1; i++) {
		int state = FREE;

		if (!atomic_compare_exchange_strong_explicit(&rows[i].state, &state, FILLING, memory_order_relaxed,
							     memory_order_relaxed))
			continue;
		rows[i].kind = kind;
		describe(&rows[i], key, fd, port);
		atomic_store_explicit(&rows[i].state, READY, memory_order_release);
		return &rows[i];
	}
	return kind == GT_UNREAD_REQUEST ? NULL : others_row();
}

static void count(enum gt_unread kind, struct gt_str key, int fd, uint16_t port)
{
	struct row *r = find(kind, key);

	if (!r)
		r = add(kind, key, fd, port);
	if (r)
		atomic_fetch_add_explicit(&r->begun, 1, memory_order_relaxed);
}

void gt_unread_on_first(void (*tell)(void))
{
	on_first = tell;
}

void gt_unread_on_tls(void (*look)(void))
{
	on_tls = look;
}

/* Where it is certain that a connection will not be read: the first time. */
static void note(enum gt_unread kind, struct gt_str host)
{
	if (atomic_exchange_explicit(&is_noted, true, memory_order_relaxed))
		return;
	if (on_first)
		on_first();
	gt_log(GT_LOG_CONN, GT_LOG_INFO, "%s to %.*s: gentap cannot read this connection, so it sees no calls on it",
	       words[kind], GT_STR_ARG(host.len ? host : GT_STR("a server")));
}

GT_COLD void gt_unread_begin(int fd, const char *p, size_t len)
{
	static const enum gt_unread kinds[] = {
		[GT_PROTOCOL_TLS] = GT_UNREAD_TLS, [GT_PROTOCOL_HTTP2] = GT_UNREAD_HTTP2, [GT_PROTOCOL_QUIC] = GT_UNREAD_QUIC
	};
	struct gt_str host;
	enum gt_protocol protocol = gt_first_bytes_read(p, len, &host);

	if (protocol == GT_PROTOCOL_OTHER)
		return;
	if (protocol == GT_PROTOCOL_TLS) {
		if (on_tls)
			on_tls();
		if (gt_opaque_sender_is_followed())
			return;
	}
	count(kinds[protocol], host, fd, 0);
	if (protocol != GT_PROTOCOL_HTTP2)
		gt_opaque_begin(fd, protocol, host);
	/* where OpenSSL has made sessions, this may be one of them */
	if (protocol != GT_PROTOCOL_TLS || !atomic_load_explicit(&has_sessions, memory_order_relaxed))
		note(kinds[protocol], host);
}

GT_COLD void gt_unread_accepted(const char *p, size_t len)
{
	struct gt_str host;

	if (on_tls && gt_first_bytes_read(p, len, &host) == GT_PROTOCOL_TLS)
		on_tls();
}

static void expect(void)
{
	if (!atomic_load_explicit(&has_sessions, memory_order_relaxed))
		atomic_store_explicit(&has_sessions, true, memory_order_relaxed);
}

void gt_unread_expect(void)
{
	expect();
	gt_opaque_expect_copy();
}

void gt_unread_follow(const void *program)
{
	expect();
	gt_opaque_follow(program);
}

void gt_unread_expect_session(void)
{
	expect();
	gt_opaque_expect();
}

bool gt_unread_expects(void)
{
	return gt_opaque_expects();
}

void gt_unread_unused(void)
{
	gt_opaque_expect_less();
}

bool gt_unread_has_sessions(void)
{
	return atomic_load_explicit(&has_sessions, memory_order_relaxed);
}

void gt_unread_seen(struct gt_str host)
{
	struct row *r = find(GT_UNREAD_TLS, host);

	gt_opaque_seen(host);
	gt_opaque_expect_less();
	/* sessions that were accepted, or began in the parent process, have no row or no count left */
	if (r && atomic_load_explicit(&r->seen, memory_order_relaxed) < atomic_load_explicit(&r->begun, memory_order_relaxed))
		atomic_fetch_add_explicit(&r->seen, 1, memory_order_relaxed);
}

GT_COLD void gt_unread_http2(struct gt_str host, int fd)
{
	count(GT_UNREAD_HTTP2, host, fd, 0);
	note(GT_UNREAD_HTTP2, host);
}

void gt_unread_plaintext(struct gt_str host, const char *p, size_t len)
{
	struct gt_str unused;

	gt_unread_seen(host);
	if (gt_first_bytes_read(p, len, &unused) == GT_PROTOCOL_HTTP2)
		gt_unread_http2(host, -1);
}

/* A Host field may hold anything. */
static bool is_host(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '@')
			return false;
	return s.len > 0;
}

void gt_unread_request(const struct gt_request_view *view)
{
	struct gt_str host;
	uint16_t port;

	if (!gt_str_eq(view->method, GT_STR("POST")) || !gt_str_icontains(view->content_type, GT_STR("json")))
		return;
	gt_host_split(view->host, &host, &port);
	if (is_host(host))
		count(GT_UNREAD_REQUEST, host, -1, port);
}

/* ---------------------------------------------------------------- what is left */

static bool is_ready(const struct row *r)
{
	return atomic_load_explicit(&r->state, memory_order_acquire) == READY;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* The sessions of a server are counted in the first of its rows. */
static uint32_t unread_of(const struct row *r)
{
	uint32_t begun = 0, seen = 0;

	if (find(r->kind, gt_str_of(r->key)) != r)
		return 0;
	for (const struct row *o = r; o < rows + GT_UNREAD_MAX; o++)
		if (is_ready(o) && o->kind == r->kind && strcmp(o->key, r->key) == 0) {
			begun += atomic_load_explicit(&o->begun, memory_order_relaxed);
			seen += atomic_load_explicit(&o->seen, memory_order_relaxed);
		}
	return less(begun, seen);
}

uint64_t gt_unread_count(enum gt_unread kind)
{
	uint64_t n = 0;

	for (size_t i = 0; i < GT_UNREAD_MAX; i++)
		if (is_ready(&rows[i]) && rows[i].kind == kind)
			n += unread_of(&rows[i]);
	return n;
}

static void fill(struct gt_unread_row *out, const struct row *r, uint32_t n)
{
	*out = (struct gt_unread_row){ .kind = r->kind, .port = r->port, .n = n };
	memcpy(out->host, r->host, sizeof(out->host));
}

bool gt_unread_is_due(void)
{
	for (size_t i = 0; i < GT_UNREAD_MAX; i++)
		if (is_ready(&rows[i]) && unread_of(&rows[i]))
			return true;
	return false;
}

bool gt_unread_get(size_t i, struct gt_unread_row *out)
{
	for (size_t at = 0; at < GT_UNREAD_MAX; at++) {
		uint32_t n = is_ready(&rows[at]) ? unread_of(&rows[at]) : 0;

		if (!n || i--)
			continue;
		fill(out, &rows[at], n);
		return true;
	}
	return false;
}

size_t gt_unread_list(enum gt_unread kind, char *out, size_t room)
{
	struct gt_unread_row row;
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; gt_unread_get(i, &row); i++) {
		char port[8] = "";
		int n;

		if (row.kind != kind)
			continue;
		if (row.port)
			snprintf(port, sizeof(port), ":%u", row.port);
		n = snprintf(out + len, room - len, "%s%s%s (%u)", len ? ", " : "", row.host[0] ? row.host : "others", port,
			     row.n);
		if (n < 0 || (size_t)n >= room - len) {
			out[len] = 0;
			break;
		}
		len += (size_t)n;
	}
	return len;
}

void gt_unread_report(void (*report)(const struct gt_unread_row *row))
{
	for (size_t i = 0; i < GT_UNREAD_MAX; i++) {
		struct row *r = &rows[i];
		uint32_t now = is_ready(r) ? unread_of(r) : 0;
		uint32_t was = atomic_load_explicit(&r->reported, memory_order_relaxed);
		struct gt_unread_row row;

		if (now <= was || !atomic_compare_exchange_strong(&r->reported, &was, now))
			continue;
		fill(&row, r, now - was);
		report(&row);
	}
}

void gt_unread_after_fork(void)
{
	memset(rows, 0, sizeof(rows));
	atomic_store_explicit(&is_noted, false, memory_order_relaxed);
}
