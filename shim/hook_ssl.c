/*
 * Plaintext above OpenSSL, through its exported symbols.
 *
 * The hooks call the functions of the library that the caller is linked against (foreign.h). tls_session.h has all that
 * is above one call.
 */
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/openssl_abi.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"
#include "shim/unread.h"

typedef int write_fn(void *ssl, const void *buf, int num);
typedef int write_ex_fn(void *ssl, const void *buf, size_t num, size_t *written);
typedef int read_fn(void *ssl, void *buf, int num);
typedef int read_ex_fn(void *ssl, void *buf, size_t num, size_t *got);
typedef int end_fn(void *ssl);
typedef void free_fn(void *ssl);
typedef void *dup_fn(void *ssl);

/* ---------------------------------------------------------------- the library of the caller */

struct ssl_call {
	struct gt_session_call call; /* first */
	void *real;
	bool is_ex;
	/* of a read */
	void *buf;
	size_t num;
	size_t *got;
};

static size_t call_write(struct gt_session_call *call, const char *buf, size_t len)
{
	struct ssl_call *k = (struct ssl_call *)call;
	size_t written = 0;

	if (k->is_ex) {
		call->ret = ((write_ex_fn *)k->real)(call->session, buf, len, &written);
		return call->ret > 0 ? written : 0;
	}
	call->ret = ((write_fn *)k->real)(call->session, buf, len > INT32_MAX ? INT32_MAX : (int)len);
	return call->ret > 0 ? (size_t)call->ret : 0;
}

static size_t call_read(struct gt_session_call *call, const char **bytes)
{
	struct ssl_call *k = (struct ssl_call *)call;

	*bytes = k->buf;
	if (k->is_ex) {
		call->ret = ((read_ex_fn *)k->real)(call->session, k->buf, k->num, k->got);
		return call->ret > 0 ? *k->got : 0;
	}
	call->ret = ((read_fn *)k->real)(call->session, k->buf, (int)k->num);
	return call->ret > 0 ? (size_t)call->ret : 0;
}

static bool has_ended(const struct gt_session_call *call, int err, enum gt_end_why *why, int *code)
{
	const struct ssl_call *k = (const struct ssl_call *)call;

	/* SSL_read may be asked for nothing */
	if (k->is_ex ? k->num == 0 : (int)k->num <= 0)
		return false;
	return gt_ssl_has_ended((gt_ssl_get_error_fn *)gt_foreign_fast(call->from, GT_FOREIGN_SSL_get_error), call->session,
				(int)call->ret, err, why, code);
}

static bool may_move(const struct gt_session_call *k)
{
	return gt_ssl_is_relaxed((gt_ssl_ctrl_fn *)gt_foreign_fast(k->from, GT_FOREIGN_SSL_ctrl), k->session);
}

static struct gt_str server_of(const struct gt_session_call *k)
{
	return gt_ssl_server((gt_ssl_servername_fn *)gt_foreign_fast(k->from, GT_FOREIGN_SSL_get_servername), k->session);
}

static bool may_be_open(const struct gt_session_call *k)
{
	gt_ssl_finished_fn *is_finished = (gt_ssl_finished_fn *)gt_foreign_fast(k->from, GT_FOREIGN_SSL_is_init_finished);

	return !is_finished || is_finished(k->session);
}

static const struct gt_session_library of_the_caller = {
	.write = call_write,
	.read = call_read,
	.has_ended = has_ended,
	.may_move = may_move,
	.server = server_of,
	.may_be_open = may_be_open,
};

#define CALL(ssl, return_address) { .library = &of_the_caller, .session = (ssl), .from = (return_address) }

/* ---------------------------------------------------------------- writing */

GT_COLD static int watched_write(void *ssl, const void *buf, int num, void *real, const void *return_address)
{
	struct ssl_call k = { .call = CALL(ssl, return_address), .real = real };
	size_t out;

	if (num <= 0)
		return ((write_fn *)real)(ssl, buf, num);
	out = gt_session_write(&k.call, buf, (size_t)num);
	return out ? (int)out : (int)k.call.ret;
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
	struct ssl_call k = { .call = CALL(ssl, return_address), .is_ex = true, .real = real };
	size_t out = gt_session_write(&k.call, buf, num);

	if (out || k.call.ret > 0)
		*written = out;
	return (int)k.call.ret;
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

/* Separate from the hooks, so that an ignored call needs no stack frame. */
GT_COLD static int watched_read(void *ssl, void *buf, int num, read_fn *real, const void *return_address)
{
	struct ssl_call k = { .call = CALL(ssl, return_address), .real = (void *)real, .buf = buf, .num = (size_t)num };

	gt_session_read(&k.call);
	return (int)k.call.ret;
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
	struct ssl_call k = {
		.call = CALL(ssl, return_address), .is_ex = true, .real = (void *)real, .buf = buf, .num = num, .got = got
	};

	gt_session_read(&k.call);
	return (int)k.call.ret;
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

GT_EXPORT void SSL_free(void *ssl)
{
	free_fn *real = (free_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_free);
	struct gt_session_call k = CALL(ssl, __builtin_return_address(0));

	gt_session_released(&k);
	if (real)
		real(ssl);
}

GT_EXPORT int SSL_clear(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_clear);

	/* libssl does this itself at the start of a handshake, perhaps inside the first write */
	if (!gt_caller_is_inner(__builtin_return_address(0)))
		gt_session_ends(ssl, __builtin_return_address(0));
	return real ? real(ssl) : 0;
}

GT_EXPORT int SSL_up_ref(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_up_ref);
	int ret = real ? real(ssl) : 0;

	if (ret > 0)
		gt_session_held(ssl, __builtin_return_address(0));
	return ret;
}

/* Of a session in use, OpenSSL gives the same object again, with one more reference. */
GT_EXPORT void *SSL_dup(void *ssl)
{
	dup_fn *real = (dup_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_dup);
	void *copy = real ? real(ssl) : NULL;

	if (copy == ssl && ssl)
		gt_session_held(ssl, __builtin_return_address(0));
	else if (copy)
		gt_session_born(copy, __builtin_return_address(0));
	return copy;
}

GT_EXPORT void *SSL_new(void *context)
{
	dup_fn *real = (dup_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_new);
	void *ssl = real ? real(context) : NULL;

	if (ssl) {
		gt_session_born(ssl, __builtin_return_address(0));
		if (!gt_is_nested(__builtin_return_address(0)))
			gt_unread_expect_session();
	}
	return ssl;
}

/* SSL_shutdown returns 0 when it closed only this side's half. */
GT_EXPORT int SSL_shutdown(void *ssl)
{
	end_fn *real = (end_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_SSL_shutdown);
	int ret = real ? real(ssl) : -1;

	if (gt_tls_entry(ssl) >= GT_TLS_CONN)
		gt_session_shut(ssl, ret == 0, ret == 1, __builtin_return_address(0));
	return ret;
}
