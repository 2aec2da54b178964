/*
 * Plaintext above OpenSSL, through its exported symbols.
 *
 * The hooks call the functions of the library that the caller is linked against (foreign.h). A session is an opaque
 * pointer. write_retry.h keeps what must be repeated after a WANT_WRITE.
 */
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/shared/log.h"
#include "shim/tls_table.h"
#include "shim/unread.h"
#include "shim/write_retry.h"

typedef int write_fn(void *ssl, const void *buf, int num);
typedef int write_ex_fn(void *ssl, const void *buf, size_t num, size_t *written);
typedef int read_fn(void *ssl, void *buf, int num);
typedef int read_ex_fn(void *ssl, void *buf, size_t num, size_t *got);
typedef int end_fn(void *ssl);
typedef void free_fn(void *ssl);
typedef void *dup_fn(void *ssl);
typedef const char *servername_fn(const void *ssl, int type);
typedef int get_error_fn(const void *ssl, int ret);
typedef int finished_fn(const void *ssl);
typedef long ctrl_fn(void *ssl, int cmd, long larg, void *parg);

/* Results of SSL_get_error (OpenSSL, ssl.h; the same in BoringSSL and LibreSSL). */
enum { SSL_ERROR_SSL = 1, SSL_ERROR_SYSCALL = 5, SSL_ERROR_ZERO_RETURN = 6 };
enum { TLSEXT_NAMETYPE_host_name = 0, SSL_CTRL_MODE = 33 };
enum { RELAXED = 1 | 2 }; /* SSL_MODE_ENABLE_PARTIAL_WRITE, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER */

/* ---------------------------------------------------------------- writing */

/* A call of SSL_write or SSL_write_ex. */
struct write_call {
	void *ssl;
	void *real;
	const void *return_address;
	bool ex;
	int ret; /* result of the last real call */
};

/* Returns how many bytes the library took, 0 when it took none. k->ret is then the result for the application. */
static size_t call_write(struct write_call *k, const char *buf, size_t len)
{
	size_t written = 0;

	if (k->ex) {
		k->ret = ((write_ex_fn *)k->real)(k->ssl, buf, len, &written);
		return k->ret > 0 ? written : 0;
	}
	k->ret = ((write_fn *)k->real)(k->ssl, buf, len > INT32_MAX ? INT32_MAX : (int)len);
	return k->ret > 0 ? (size_t)k->ret : 0;
}

/* Returns how many of the application's bytes were written. */
static size_t write_spliced(struct write_call *k, struct gt_write_retry *o, struct gt_splice *s, const char *buf, size_t len)
{
	size_t done = 0, rest;

	while (gt_splice_is_active(s) && done == 0) {
		size_t part, taken;

		/* offer a refused write unchanged, even when it now has more bytes: the library has encrypted a part
		 * of it */
		if (!gt_write_retry_is_begun_by(o, buf, len) && !gt_write_retry_keep(o, s, buf, len)) {
			/* no memory: write without the header lines, unless a part of them is already sent */
			if (s->sent)
				return k->ret = 0, 0;
			*s = (struct gt_splice){ 0 };
			break;
		}
		part = gt_write_retry_app_len(o);
		taken = call_write(k, o->bytes, o->len);
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
	rest = call_write(k, buf + done, len - done);
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
static bool may_add(const struct write_call *k, const struct gt_write_retry *o, const char *buf)
{
	ctrl_fn *ctrl;

	if (!o->plain)
		return true;
	/* the refused bytes are not a whole head, which would have been announced; lines go before the last CR LF of a
	 * head */
	if (o->skip || buf[o->plain - 1] == '\r')
		return false;
	ctrl = (ctrl_fn *)gt_foreign_fast(k->return_address, GT_FOREIGN_SSL_ctrl);
	/* with partial writes the library expects the bytes that were offered first, not those that were added since */
	return ctrl && (ctrl(k->ssl, SSL_CTRL_MODE, 0, NULL) & RELAXED) == RELAXED;
}

static size_t followed_write(struct write_call *k, struct gt_conn *c, const char *buf, size_t len, struct gt_hook *h)
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
	gt_tx_begin(&t, c, &iov, 1, may_add(k, o, iov.iov_base));
	gt_hook_real_begin(h);
	if (t.has_splice) {
		out = write_spliced(k, o, gt_tx_splice(&t), iov.iov_base, iov.iov_len);
	} else {
		out = call_write(k, iov.iov_base, iov.iov_len);
		if (out)
			gt_write_retry_drop(o);
		else if (!o->plain)
			o->plain = iov.iov_len;
	}
	gt_hook_real_done(h);
	gt_tx_end(&t, &iov, 1, out);
	if (o->skip && !skip) /* the rest was refused: the application must repeat the whole write */
		out = 0;
	gt_tx_await_retry(c, o->bytes != NULL);
	return out ? skip + out : 0;
}

/* The name that the client asks for; empty without one. Lives as long as the session. */
static struct gt_str server_of(const void *ssl, const void *return_address)
{
	servername_fn *servername = (servername_fn *)gt_foreign_fast(return_address, GT_FOREIGN_SSL_get_servername);

	return gt_str_of(servername ? servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL);
}

/* Returns how many bytes were written for the application, and sets k->ret. */
static size_t hooked_write(struct write_call *k, const char *buf, size_t len)
{
	uint32_t entry = gt_tls_entry(k->ssl);
	struct gt_conn *c = NULL;
	struct gt_hook h;
	bool awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	size_t out;

	if (entry == GT_TLS_IGNORED || !len || !gt_hook_enter_to_undo_from(&h, k->return_address))
		return call_write(k, buf, len);
	if (entry) {
		c = gt_tls_conn(k->ssl, entry);
		if (c && !awake)
			gt_conn_end(c, GT_END_LOST, 0);
	} else if (awake) {
		struct gt_str host = server_of(k->ssl, k->return_address);

		gt_unread_plaintext(host, buf, len);
		c = gt_tls_adopt(k->ssl, GT_ROLE_OUTBOUND, buf, len);
		if (c)
			gt_conn_set_peer(c, host);
	}
	/* still inside the guard: what the library sends below is not another exchange */
	if (c) {
		out = followed_write(k, c, buf, len, &h);
		if (gt_conn_is_over(c))
			gt_tls_ignore(k->ssl);
		gt_conn_unref(c);
	} else {
		gt_hook_real_begin(&h);
		out = call_write(k, buf, len);
		gt_hook_real_done(&h);
	}
	gt_hook_leave(&h);
	return out;
}

GT_COLD static int watched_write(void *ssl, const void *buf, int num, void *real, const void *return_address)
{
	struct write_call k = { .ssl = ssl, .real = real, .return_address = return_address };
	size_t out;

	if (num <= 0)
		return ((write_fn *)real)(ssl, buf, num);
	out = hooked_write(&k, buf, (size_t)num);
	return out ? (int)out : k.ret;
}

GT_EXPORT int SSL_write(void *ssl, const void *buf, int num)
{
	write_fn *real = (write_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_write);

	if (gt_unlikely(!real))
		return -1;
	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real(ssl, buf, num);
	return watched_write(ssl, buf, num, (void *)real, __builtin_return_address(0));
}

GT_COLD static int watched_write_ex(void *ssl, const void *buf, size_t num, size_t *written, void *real,
				    const void *return_address)
{
	struct write_call k = { .ssl = ssl, .ex = true, .real = real, .return_address = return_address };
	size_t out = hooked_write(&k, buf, num);

	if (out || k.ret > 0)
		*written = out;
	return k.ret;
}

GT_EXPORT int SSL_write_ex(void *ssl, const void *buf, size_t num, size_t *written)
{
	write_ex_fn *real = (write_ex_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_write_ex);

	if (gt_unlikely(!real))
		return 0;
	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real(ssl, buf, num, written);
	return watched_write_ex(ssl, buf, num, written, (void *)real, __builtin_return_address(0));
}

/* ---------------------------------------------------------------- reading */

/* The library gave out `got` bytes; or none, and `ret` is the result for the application. */
GT_COLD static void followed_read(void *ssl, const void *return_address, uint32_t entry, char *buf, size_t got, int ret,
				  struct gt_hook *h)
{
	struct gt_conn *c = NULL;
	get_error_fn *get_error;

	if (entry)
		c = gt_tls_conn(ssl, entry);
	else if (got) { /* the side that receives first is the server */
		gt_unread_seen(server_of(ssl, return_address));
		c = gt_tls_adopt(ssl, GT_ROLE_INBOUND, buf, got);
	}
	if (!c)
		return;
	if (got && gt_rx_is_wanted(c)) {
		gt_rx(c, &(struct iovec){ buf, got }, 1, got);
	} else if (!got && (get_error = (get_error_fn *)gt_foreign_fast(return_address, GT_FOREIGN_SSL_get_error))) {
		errno = h->saved_errno;
		switch (get_error(ssl, ret)) {
		case SSL_ERROR_ZERO_RETURN:
			gt_conn_end(c, GT_END_EOF, 0);
			break;
		case SSL_ERROR_SYSCALL:
			/* no close_notify, as with many servers: an end of file, unless errno reports an error */
			gt_conn_end(c, h->saved_errno ? GT_END_RESET : GT_END_EOF, h->saved_errno);
			break;
		case SSL_ERROR_SSL:
			gt_conn_end(c, GT_END_RESET, 0);
			break;
		}
	}
	if (gt_conn_is_over(c))
		gt_tls_ignore(ssl);
	gt_conn_unref(c);
}

/* Separate from the hooks, so that an ignored call needs no stack frame. */
GT_COLD static int watched_read(void *ssl, void *buf, int num, read_fn *real, const void *return_address)
{
	struct gt_hook h;
	int ret;

	if (!gt_hook_enter_from(&h, return_address))
		return real(ssl, buf, num);
	gt_hook_real_begin(&h);
	ret = real(ssl, buf, num);
	gt_hook_real_done(&h);
	if (num > 0)
		followed_read(ssl, return_address, gt_tls_entry(ssl), buf, ret > 0 ? (size_t)ret : 0, ret, &h);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT int SSL_read(void *ssl, void *buf, int num)
{
	read_fn *real = (read_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_read);

	if (gt_unlikely(!real))
		return -1;
	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real(ssl, buf, num);
	return watched_read(ssl, buf, num, real, __builtin_return_address(0));
}

GT_COLD static int watched_read_ex(void *ssl, void *buf, size_t num, size_t *got, read_ex_fn *real, const void *return_address)
{
	struct gt_hook h;
	int ret;

	if (!gt_hook_enter_from(&h, return_address))
		return real(ssl, buf, num, got);
	gt_hook_real_begin(&h);
	ret = real(ssl, buf, num, got);
	gt_hook_real_done(&h);
	if (num)
		followed_read(ssl, return_address, gt_tls_entry(ssl), buf, ret > 0 ? *got : 0, ret, &h);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT int SSL_read_ex(void *ssl, void *buf, size_t num, size_t *got)
{
	read_ex_fn *real = (read_ex_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_read_ex);

	if (gt_unlikely(!real))
		return 0;
	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real(ssl, buf, num, got);
	return watched_read_ex(ssl, buf, num, got, real, __builtin_return_address(0));
}

/* ---------------------------------------------------------------- ends */

/* One more owner has the session, and frees it too. Also nested and asleep: the count must be right. */
GT_COLD static void held(void *ssl, const void *from)
{
	struct gt_hook h;

	if (!gt_hook_enter_to_note_from(&h, from))
		return;
	gt_tls_hold(ssl);
	gt_hook_leave(&h);
}

/* Before the real call: afterwards another session may have the address. */
static void ends(void *ssl, const void *from)
{
	struct gt_hook h;

	/* also asleep: the next session at this address must not inherit a refused write */
	if (!gt_tls_is_known(ssl) || !gt_hook_enter_to_undo_from(&h, from))
		return;
	gt_tls_forget(ssl);
	gt_hook_leave(&h);
}

/* A new session. When the table knows its address, OpenSSL freed the session there by itself (BIO_free_all). */
static void born(void *ssl, const void *from)
{
	struct gt_hook h;

	if (gt_likely(!gt_tls_is_known(ssl)) || !gt_hook_enter_to_note_from(&h, from))
		return;
	while (!gt_tls_release(ssl))
		;
	gt_tls_forget(ssl);
	gt_hook_leave(&h);
}

/* A session without a byte of plaintext: its handshake has failed, or the bytes passed the hooks by (the BIO functions). */
GT_COLD static void never_used(const void *ssl, const void *from)
{
	finished_fn *is_finished;
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, from))
		return;
	is_finished = (finished_fn *)gt_foreign_fast(from, GT_FOREIGN_SSL_is_init_finished);
	if (is_finished && !is_finished(ssl))
		gt_unread_seen(server_of(ssl, from));
	gt_hook_leave(&h);
}

/* Before SSL_free. With another owner the session lives on. */
static void released(void *ssl, const void *from)
{
	struct gt_hook h;
	bool is_last;

	if (!gt_tls_is_known(ssl)) {
		if (gt_unlikely(ssl && gt_unread_is_due()))
			never_used(ssl, from);
		return;
	}
	if (!gt_hook_enter_to_note_from(&h, from))
		return;
	is_last = gt_tls_release(ssl);
	gt_hook_leave(&h);
	if (is_last)
		ends(ssl, from);
}

GT_EXPORT void SSL_free(void *ssl)
{
	free_fn *real = (free_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_free);

	released(ssl, __builtin_return_address(0));
	if (real)
		real(ssl);
}

GT_EXPORT int SSL_clear(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_clear);

	ends(ssl, __builtin_return_address(0));
	return real ? real(ssl) : 0;
}

GT_EXPORT int SSL_up_ref(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_up_ref);
	int ret = real ? real(ssl) : 0;

	if (ret > 0)
		held(ssl, __builtin_return_address(0));
	return ret;
}

/* Of a session in use, OpenSSL gives the same object again, with one more reference. */
GT_EXPORT void *SSL_dup(void *ssl)
{
	dup_fn *real = (dup_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_dup);
	void *copy = real ? real(ssl) : NULL;

	if (copy == ssl && ssl)
		held(ssl, __builtin_return_address(0));
	else if (copy)
		born(copy, __builtin_return_address(0));
	return copy;
}

GT_EXPORT void *SSL_new(void *context)
{
	dup_fn *real = (dup_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_new);
	void *ssl = real ? real(context) : NULL;

	if (ssl) {
		born(ssl, __builtin_return_address(0));
		if (!gt_is_nested(__builtin_return_address(0)))
			gt_unread_expect();
	}
	return ssl;
}

/* SSL_shutdown returns 0 when it closed only this side's half. A client that has sent its request may still read the
 * whole answer then. A server has answered by now. When both halves are closed (1), or a client calls again to wait
 * for the other half, no further reads follow. */
GT_COLD static void shut(void *ssl, uint32_t entry, int ret, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, from))
		return;
	c = gt_tls_conn(ssl, entry);
	if (c) {
		bool was_half = gt_conn_close_half(c, ret == 0);

		if (ret == 1 || was_half || gt_conn_role(c) == GT_ROLE_INBOUND)
			gt_tls_ignore(ssl);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

GT_EXPORT int SSL_shutdown(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_shutdown);
	int ret = real ? real(ssl) : -1;
	uint32_t entry = gt_tls_entry(ssl);

	if (entry >= GT_TLS_CONN)
		shut(ssl, entry, ret, __builtin_return_address(0));
	return ret;
}
