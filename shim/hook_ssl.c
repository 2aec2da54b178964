/*
 * Plaintext above OpenSSL, through its exported symbols.
 *
 * The functions that are called are those of the library the caller is linked against (real.h). A session is an opaque
 * pointer. An SSL_write that was refused with WANT_WRITE must be repeated with the same bytes at the same address; when the
 * bytes are ours, they are kept until the library has taken them all.
 */
#include <stdlib.h>

#include "guard.h"
#include "log.h"
#include "hooks.h"
#include "tls_table.h"

typedef int write_fn(void *ssl, const void *buf, int num);
typedef int write_ex_fn(void *ssl, const void *buf, size_t num, size_t *written);
typedef int read_fn(void *ssl, void *buf, int num);
typedef int read_ex_fn(void *ssl, void *buf, size_t num, size_t *got);
typedef int end_fn(void *ssl);
typedef void free_fn(void *ssl);
typedef const char *servername_fn(const void *ssl, int type);
typedef int get_error_fn(const void *ssl, int ret);

/* What SSL_get_error says (OpenSSL, ssl.h; the same in BoringSSL and LibreSSL). */
enum { SSL_ERROR_SSL = 1, SSL_ERROR_SYSCALL = 5, SSL_ERROR_ZERO_RETURN = 6 };
enum { TLSEXT_NAMETYPE_host_name = 0 };

/* ---------------------------------------------------------------- writing */

/*
 * A write with lines of ours in it. Up to COPY_MAX bytes the whole write is copied into one buffer, so that it stays one
 * record on the wire; of a longer one only the first CUT bytes are, and the rest follows from the application's own buffer.
 */
#define COPY_MAX (64 * 1024)
#define CUT	 (32 * 1024) /* more than any head */

struct pending {
	char *buf;	/* owned */
	size_t len;	/* bytes in it that the library must take */
	size_t app_len; /* bytes of the application that they stand for */
	size_t offered; /* length of the write they were made for */
	size_t skip;	/* bytes of the write the application repeats that are on the wire already */
};

/* One for each connection slot; touched by the thread that writes on the session, which the library lets be only one. */
static struct pending pendings[GT_CONN_MAX];

static void drop_pending(struct pending *p)
{
	free(p->buf);
	*p = (struct pending){ 0 };
}

/* A call of either function. */
struct write_call {
	void *ssl;
	void *real;
	bool ex;
	int ret; /* what the last real call returned */
};

/* Returns the bytes the library took, 0 when it took none; k->ret is then what the application must be told. */
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

/* Is what was kept the layout of just this write: the repetition of one that was refused? */
static bool is_repeated(const struct pending *p, const struct iovec *out, int n, size_t len)
{
	if (!p->buf || p->offered != len || p->len != gt_iov_len(out, n))
		return false;
	for (int i = 0, at = 0; i < n; at += (int)out[i++].iov_len)
		if (memcmp(p->buf + at, out[i].iov_base, out[i].iov_len) != 0)
			return false;
	return true;
}

/* Lays the splice out in memory that stays. False when there is none: the write then goes out unchanged. */
static bool make_pending(struct pending *p, const struct gt_splice *s, const char *buf, size_t len)
{
	size_t take = len <= COPY_MAX ? len : CUT;
	struct iovec in = { (void *)buf, take }, out[3];
	int n;

	if (s->at >= take)
		return false;
	n = gt_splice_layout(s, &in, 1, out, 3);
	if (is_repeated(p, out, n, len))
		return true;
	drop_pending(p);
	p->len = gt_iov_len(out, n);
	p->buf = malloc(p->len);
	if (!p->buf)
		return false;
	for (int i = 0, at = 0; i < n; at += (int)out[i++].iov_len)
		memcpy(p->buf + at, out[i].iov_base, out[i].iov_len);
	p->app_len = take;
	p->offered = len;
	return true;
}

/* Returns how many of the application's bytes went out. */
static size_t write_spliced(struct write_call *k, struct pending *p, struct gt_splice *s, const char *buf, size_t len)
{
	size_t done = 0, wire;

	while (gt_splice_is_active(s) && done == 0) {
		size_t part, taken;

		if (!make_pending(p, s, buf, len)) {
			/* no memory: without our lines rather than not at all, unless a part of them is out already */
			if (s->sent)
				return k->ret = 0, 0;
			*s = (struct gt_splice){ 0 };
			break;
		}
		part = p->app_len;
		wire = p->len;
		taken = call_write(k, p->buf, wire);
		if (!taken)
			return 0;
		drop_pending(p);
		done = gt_splice_account(s, part, taken);
		if (taken < wire && done)
			return done; /* partial writes are on: the application sends the rest */
	}
	if (done == len)
		return done;
	/* the rest of a long write */
	wire = call_write(k, buf + done, len - done);
	if (!wire)
		p->skip = done;
	return wire ? done + wire : done;
}

static size_t followed_write(struct write_call *k, struct gt_conn *c, const char *buf, size_t len, struct gt_hook *h)
{
	struct pending *p = &pendings[gt_conn_index(c)];
	size_t skip = p->skip <= len ? p->skip : 0, out;
	struct iovec iov = { (void *)(buf + skip), len - skip };
	struct gt_tx t;

	p->skip = 0;
	gt_tx_begin(&t, c, &iov, 1, true);
	errno = h->saved_errno;
	if (t.splice)
		out = write_spliced(k, p, gt_tx_splice(&t), iov.iov_base, iov.iov_len);
	else
		out = call_write(k, iov.iov_base, iov.iov_len);
	gt_hook_real_done(h);
	gt_tx_end(&t, &iov, 1, out);
	if (p->skip) /* taken, but the application is told to repeat the whole */
		out = 0;
	if (!out)
		p->skip += skip;
	gt_tx_owe(c, p->buf || p->skip);
	return out ? skip + out : 0;
}

/* Returns bytes for the application, with k->ret set. */
static size_t hooked_write(struct write_call *k, const void *return_address, const char *buf, size_t len)
{
	uint32_t entry = gt_tls_entry(k->ssl);
	struct gt_conn *c = NULL;
	struct gt_hook h;
	bool awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	size_t out;

	if (entry == GT_TLS_IGNORED || !len || !gt_hook_enter_to_undo(&h))
		return call_write(k, buf, len);
	if (entry) {
		c = gt_tls_conn(k->ssl, entry);
		if (c && !awake)
			gt_conn_end(c, GT_END_LOST, 0);
	} else if (awake) {
		c = gt_tls_adopt(k->ssl, GT_ROLE_OUTBOUND, buf, len);
		if (c) {
			servername_fn *servername =
				(servername_fn *)gt_foreign_fast(return_address, GT_FOREIGN_SSL_get_servername);

			drop_pending(&pendings[gt_conn_index(c)]);
			gt_conn_set_peer(c, gt_str_of(servername ? servername(k->ssl, TLSEXT_NAMETYPE_host_name) : NULL));
		}
	}
	/* still inside the guard: what the library sends below is not another exchange */
	if (c) {
		out = followed_write(k, c, buf, len, &h);
		if (gt_conn_is_over(c))
			gt_tls_ignore(k->ssl);
		gt_conn_unref(c);
	} else {
		errno = h.saved_errno;
		out = call_write(k, buf, len);
		gt_hook_real_done(&h);
	}
	gt_hook_leave(&h);
	return out;
}

GT_COLD static int watched_write(void *ssl, const void *buf, int num, void *real, const void *return_address)
{
	struct write_call k = { .ssl = ssl, .real = real };
	size_t out;

	if (num <= 0)
		return ((write_fn *)real)(ssl, buf, num);
	out = hooked_write(&k, return_address, buf, (size_t)num);
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
	struct write_call k = { .ssl = ssl, .ex = true, .real = real };
	size_t out = hooked_write(&k, return_address, buf, num);

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

/* `got` bytes were given out; or none, and `ret` is what the application is told. */
GT_COLD static void followed_read(void *ssl, const struct gt_caller *caller, uint32_t entry, char *buf, size_t got, int ret,
				  struct gt_hook *h)
{
	struct gt_conn *c = NULL;
	get_error_fn *get_error;

	if (entry)
		c = gt_tls_conn(ssl, entry);
	else if (got) /* who receives first is the server */
		c = gt_tls_adopt(ssl, GT_ROLE_INBOUND, buf, got);
	if (!c)
		return;
	if (got && gt_rx_is_wanted(c)) {
		gt_rx(c, &(struct iovec){ buf, got }, 1, got);
	} else if (!got && (get_error = (get_error_fn *)gt_foreign(caller, GT_FOREIGN_SSL_get_error))) {
		errno = h->saved_errno;
		switch (get_error(ssl, ret)) {
		case SSL_ERROR_ZERO_RETURN:
			gt_conn_end(c, GT_END_EOF, 0);
			break;
		case SSL_ERROR_SYSCALL:
			/* no close_notify, as many servers do it: an end of file unless the system has an error to tell */
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

/* Apart from the hooks, so that an ignored call needs no stack frame. */
GT_COLD static int watched_read(void *ssl, void *buf, int num, read_fn *real, const void *return_address)
{
	struct gt_hook h;
	int ret;

	if (!gt_hook_enter(&h))
		return real(ssl, buf, num);
	ret = real(ssl, buf, num);
	gt_hook_real_done(&h);
	if (num > 0)
		followed_read(ssl, gt_caller_of(return_address), gt_tls_entry(ssl), buf, ret > 0 ? (size_t)ret : 0, ret, &h);
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

	if (!gt_hook_enter(&h))
		return real(ssl, buf, num, got);
	ret = real(ssl, buf, num, got);
	gt_hook_real_done(&h);
	if (num)
		followed_read(ssl, gt_caller_of(return_address), gt_tls_entry(ssl), buf, ret > 0 ? *got : 0, ret, &h);
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

/* Before the real call: afterwards the address may already be another session's. */
static void ends(void *ssl)
{
	uint32_t entry = gt_tls_entry(ssl);
	struct gt_conn *c;
	struct gt_hook h;

	if (!entry || !gt_hook_enter(&h))
		return;
	c = gt_tls_conn(ssl, entry);
	if (c) {
		drop_pending(&pendings[gt_conn_index(c)]);
		gt_conn_unref(c);
	}
	gt_tls_forget(ssl);
	gt_hook_leave(&h);
}

GT_EXPORT void SSL_free(void *ssl)
{
	free_fn *real = (free_fn *)gt_foreign(gt_caller_of(__builtin_return_address(0)), GT_FOREIGN_SSL_free);

	ends(ssl);
	if (real)
		real(ssl);
}

GT_EXPORT int SSL_clear(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign(gt_caller_of(__builtin_return_address(0)), GT_FOREIGN_SSL_clear);

	ends(ssl);
	return real ? real(ssl) : 0;
}

GT_EXPORT int SSL_shutdown(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign(gt_caller_of(__builtin_return_address(0)), GT_FOREIGN_SSL_shutdown);
	uint32_t entry = gt_tls_entry(ssl);
	struct gt_hook h;

	if (entry >= GT_TLS_CONN && gt_hook_enter(&h)) {
		gt_tls_ignore(ssl);
		gt_hook_leave(&h);
	}
	return real ? real(ssl) : -1;
}
