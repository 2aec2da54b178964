#include "shim/tls_session.h"

#include "shim/guard.h"
#include "shim/http2.h"
#include "shim/shared/compiler.h"
#include "shim/shared/http1.h"
#include "shim/shared/match.h"
#include "shim/tls_table.h"
#include "shim/unread.h"
#include "shim/write_retry.h"

/* Around the library's own work. */
static void begin(const struct gt_session_call *k, struct gt_hook *h)
{
	if (k->library->is_in_program)
		gt_hook_step_out(h);
	else
		gt_hook_real_begin(h);
}

static void done(const struct gt_session_call *k, struct gt_hook *h)
{
	if (k->library->is_in_program)
		gt_hook_step_in(h);
	else
		gt_hook_real_done(h);
}

/* A ClientHello has names only, no addresses. */
static bool is_name(struct gt_str host)
{
	for (size_t i = 0; i < host.len; i++)
		if ((host.p[i] | 0x20) >= 'a' && (host.p[i] | 0x20) <= 'z')
			return gt_str_find(host, ':') == host.len;
	return false;
}

static struct gt_str host_of(const char *buf, size_t len)
{
	struct gt_http1_head head;
	struct gt_str host;
	uint16_t port;

	if (len > GT_CONN_HEAD_MAX)
		len = GT_CONN_HEAD_MAX;
	if (gt_http1_parse_head(GT_HTTP1_REQUEST, buf, len, NULL, &head) <= 0)
		return GT_STR_NONE;
	gt_host_split(gt_http1_field(&head, GT_STR("Host")), &host, &port);
	return is_name(host) ? host : GT_STR_NONE;
}

/* The name of the session's server: what its ClientHello has. */
static struct gt_str server_of(const struct gt_session_call *k)
{
	return k->library->server ? k->library->server(k) : GT_STR_NONE;
}

/* ---------------------------------------------------------------- writing */

/* Returns how many of the application's bytes were written. */
static size_t write_spliced(struct gt_session_call *k, struct gt_write_retry *o, struct gt_splice *s, const char *buf,
			    size_t len)
{
	size_t done = 0, rest;

	while (gt_splice_is_active(s) && done == 0) {
		size_t part, taken;

		/* offer a refused write unchanged, even when it now has more bytes: the library has encrypted a part
		 * of it */
		if (!gt_write_retry_is_begun_by(o, buf, len) && !gt_write_retry_keep(o, s, buf, len)) {
			/* no memory: write without the header lines, unless a part of the splice is already sent */
			if (gt_splice_is_begun(s))
				return (size_t)(k->ret = 0);
			*s = (struct gt_splice){ 0 };
			break;
		}
		part = gt_write_retry_app_len(o);
		taken = k->library->write(k, o->bytes, o->len);
		if (!taken)
			return 0;
		done = gt_splice_account(s, part, taken);
		if (done == len || (taken < o->len && done)) {
			gt_write_retry_drop(o);
			return done; /* all of it, or partial writes are enabled: the application sends the rest */
		}
		if (done == 0)
			gt_write_retry_drop(o); /* a part of the text was sent, and none of the application's bytes after it */
	}
	/* the rest of a long write, or of a write that has grown */
	rest = k->library->write(k, buf + done, len - done);
	if (rest) {
		gt_write_retry_drop(o);
	} else {
		o->skip = done;
		o->plain = len - done;
	}
	return done + rest;
}

/* May header lines go into this write? Not among bytes that the library already has. Not at another address than the
 * library requires. */
static bool may_add(const struct gt_session_call *k, const struct gt_conn *c, const struct gt_write_retry *o, const char *buf)
{
	if (k->is_fixed)
		return false;
	if (!o->plain)
		return true;
	/* a frame may begin among the refused bytes, and its length would have to change there */
	if (gt_conn_is_http2(c))
		return false;
	/* the refused bytes are not a whole head, which would have been announced; lines go before the last CR LF of a
	 * head */
	if (o->skip || buf[o->plain - 1] == '\r')
		return false;
	return k->library->may_move(k);
}

static size_t followed_part(struct gt_session_call *k, struct gt_conn *c, const char *buf, size_t len, struct gt_hook *h)
{
	struct gt_write_retry *o = gt_conn_write_retry(c);
	size_t skip, out;
	struct iovec iov;
	struct gt_tx t;

	if (o->bytes && !gt_write_retry_is_begun_by(o, buf, len)) {
		/* the hooks missed SSL_free (a library that binds its calls to itself): this is another session at
		 * the same address */
		if (o->skip || o->is_begun)
			gt_tx_give_up(c);
		gt_write_retry_drop(o);
	}
	skip = o->skip;
	iov = (struct iovec){ (void *)(buf + skip), len - skip };
	gt_tx_begin(&t, c, &iov, 1, may_add(k, c, o, iov.iov_base));
	begin(k, h);
	if (t.has_splice) {
		out = write_spliced(k, o, gt_tx_splice(&t), iov.iov_base, iov.iov_len);
	} else {
		out = k->library->write(k, iov.iov_base, iov.iov_len);
		if (out)
			gt_write_retry_drop(o);
		else if (!o->plain)
			o->plain = iov.iov_len;
	}
	done(k, h);
	gt_tx_end(&t, &iov, 1, out);
	if (o->skip && !skip) /* the rest was refused: the application must repeat the whole write */
		out = 0;
	gt_tx_await_retry(c, o->bytes != NULL);
	return out ? skip + out : 0;
}

/* How much of a write to give the library at once. In HTTP/2 a write may hold several requests, and a splice is for one. So
 * the library gets one after the other. A part that it has refused is offered again as it was. */
static size_t part_of(const struct gt_session_call *k, const struct gt_conn *c, const struct gt_write_retry *o, const char *buf,
		      size_t len)
{
	if (!gt_conn_is_http2(c) || k->is_fixed)
		return len;
	if (o->bytes || o->plain)
		return o->part && o->part < len ? o->part : len;
	return gt_http2_first_part(c, buf, len, len);
}

static size_t followed_write(struct gt_session_call *k, struct gt_conn *c, const char *buf, size_t len, struct gt_hook *h)
{
	struct gt_write_retry *o = gt_conn_write_retry(c);
	size_t sent, part, out;
	int parts = 0;

	if (!gt_write_retry_has_before(o, buf, len)) { /* another session, see followed_part() */
		gt_tx_give_up(c);
		gt_write_retry_drop(o);
	}
	sent = o->before;
	do {
		part = ++parts < GT_HTTP2_PARTS_MAX ? part_of(k, c, o, buf + sent, len - sent) : len - sent;
		out = followed_part(k, c, buf + sent, part, h);
		o->part = out ? 0 : part;
		sent += out;
		/* With partial writes the application sends the rest: a refused record must not wait in the library after a
		 * success. */
	} while (out == part && sent < len && !k->library->may_move(k));
	/* a later part was refused: the application must repeat all of them */
	if (gt_unlikely(sent && !out)) {
		gt_write_retry_set_before(o, buf, sent);
		gt_tx_await_retry(c, true);
		return 0;
	}
	return sent;
}

size_t gt_session_write(struct gt_session_call *k, const char *buf, size_t len)
{
	uint32_t entry = gt_tls_entry(k->session);
	struct gt_conn *c = NULL;
	struct gt_hook h;
	bool awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	size_t out;

	if (entry == GT_TLS_IGNORED || !len || !gt_hook_enter_to_undo_from(&h, k->from))
		return k->library->write(k, buf, len);
	if (entry) {
		c = gt_tls_conn(k->session, entry);
		if (c && !awake)
			gt_conn_end(c, GT_END_LOST, 0);
	} else if (awake) {
		struct gt_str host = server_of(k);

		c = gt_tls_adopt(k->session, GT_ROLE_OUTBOUND, buf, len);
		if (c) {
			gt_conn_set_peer(c, host);
			gt_unread_seen(k->library->server ? host : host_of(buf, len));
		} else {
			gt_unread_plaintext(k->library->server ? host : host_of(buf, len), buf, len);
		}
	}
	/* still inside the guard: what the library sends below is not another exchange */
	if (c) {
		out = followed_write(k, c, buf, len, &h);
		if (gt_conn_is_over(c))
			gt_tls_ignore(k->session);
		gt_conn_unref(c);
	} else {
		begin(k, &h);
		out = k->library->write(k, buf, len);
		done(k, &h);
	}
	gt_hook_leave(&h);
	return out;
}

/* ---------------------------------------------------------------- reading */

/* The library gave out `got` bytes, or none. */
static void followed_read(struct gt_session_call *k, const char *bytes, size_t got, const struct gt_hook *h)
{
	uint32_t entry = gt_tls_entry(k->session);
	struct gt_conn *c = NULL;
	enum gt_end_why why;
	int code = 0;

	if (entry)
		c = gt_tls_conn(k->session, entry);
	else if (got) { /* the side that receives first is the server, but for a client in HTTP/2 */
		struct gt_str host = server_of(k);

		gt_unread_seen(host);
		c = gt_tls_adopt(k->session, GT_ROLE_INBOUND, bytes, got);
		if (c && gt_conn_is_http2(c))
			gt_conn_set_peer(c, host);
	}
	if (!c)
		return;
	if (got && gt_rx_is_wanted(c))
		gt_rx(c, &(struct iovec){ (void *)bytes, got }, 1, got);
	else if (!got && k->library->has_ended(k, h->saved_errno, &why, &code))
		gt_conn_end(c, why, code);
	if (gt_conn_is_over(c))
		gt_tls_ignore(k->session);
	gt_conn_unref(c);
}

void gt_session_read(struct gt_session_call *k)
{
	const char *bytes;
	struct gt_hook h;
	size_t got;

	if (!gt_hook_enter_from(&h, k->from)) {
		k->library->read(k, &bytes);
		return;
	}
	begin(k, &h);
	got = k->library->read(k, &bytes);
	done(k, &h);
	followed_read(k, bytes, got, &h);
	gt_hook_leave(&h);
}

/* ---------------------------------------------------------------- ends */

/* Also nested and asleep: the count must be right. */
GT_COLD void gt_session_held(const void *session, const void *from)
{
	struct gt_hook h;

	if (!gt_hook_enter_to_note_from(&h, from))
		return;
	gt_tls_hold(session);
	gt_hook_leave(&h);
}

void gt_session_ends(const void *session, const void *from)
{
	struct gt_hook h;

	/* also asleep: the next session at this address must not inherit a refused write */
	if (!gt_tls_is_known(session) || !gt_hook_enter_to_undo_from(&h, from))
		return;
	gt_tls_forget(session);
	gt_hook_leave(&h);
}

/* Whatever owners it has. Also nested and asleep. */
static void forget(const void *session, const void *from)
{
	struct gt_hook h;

	if (!gt_hook_enter_to_note_from(&h, from))
		return;
	while (!gt_tls_release(session))
		;
	gt_tls_forget(session);
	gt_hook_leave(&h);
}

void gt_session_born(const void *session, const void *from)
{
	if (gt_unlikely(gt_tls_is_known(session)))
		forget(session, from);
}

/* A session without a byte of plaintext: its handshake has failed, or the bytes passed the hooks by (the BIO functions). */
GT_COLD static void never_used(struct gt_session_call *k)
{
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, k->from))
		return;
	if (!k->library->may_be_open(k))
		gt_unread_seen(server_of(k));
	else
		gt_unread_unused();
	gt_hook_leave(&h);
}

/* Has the table an entry to remove? */
static bool was_used(struct gt_session_call *k)
{
	if (gt_tls_is_known(k->session))
		return true;
	if (gt_unlikely(k->session && (gt_unread_expects() || gt_unread_is_due())))
		never_used(k);
	return false;
}

void gt_session_freed(struct gt_session_call *k)
{
	if (was_used(k))
		forget(k->session, k->from);
}

void gt_session_released(struct gt_session_call *k)
{
	struct gt_hook h;
	bool is_last;

	if (!was_used(k) || !gt_hook_enter_to_note_from(&h, k->from))
		return;
	is_last = gt_tls_release(k->session);
	gt_hook_leave(&h);
	if (is_last)
		gt_session_ends(k->session, k->from);
}

/* A server has answered by now. When both halves are closed, or a client calls again to wait for the other half, no
 * further reads follow. */
GT_COLD void gt_session_shut(const void *session, bool is_half, bool is_over, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, from))
		return;
	c = gt_tls_conn(session, gt_tls_entry(session));
	if (c) {
		bool was_half = gt_conn_close_half(c, is_half);

		if (is_over || was_half || gt_conn_role(c) == GT_ROLE_INBOUND)
			gt_tls_ignore(session);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}
