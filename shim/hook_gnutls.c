/*
 * Plaintext above GnuTLS, through its exported symbols. tls_session.h has all that is above one call.
 *
 * GnuTLS differs from OpenSSL in three ways:
 *
 *	A send that it refuses (GNUTLS_E_AGAIN) has usually been encrypted. The application repeats it with the same bytes,
 *	or with none: NULL and 0. Then gentap repeats it with its own copy.
 *
 *	A session that is corked collects what is sent, and gnutls_record_uncork reports how many bytes went out. So no
 *	lines are added meanwhile.
 *
 *	It calls some of its own functions as its callers do, by their exported names. Inside a hooked call these pass.
 *
 * Early data (gnutls_record_send_early_data) is not seen.
 */
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/session_note.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"
#include "shim/unread.h"

#include <stdlib.h>

/* gnutls.h; part of its ABI */
enum {
	GNUTLS_E_AGAIN = -28,
	GNUTLS_E_INTERRUPTED = -52,
	GNUTLS_E_INTERNAL_ERROR = -59,
	GNUTLS_E_PREMATURE_TERMINATION = -110,
	GNUTLS_SHUT_RDWR = 0,
	GNUTLS_NAME_DNS = 1,
};

typedef struct {
	unsigned char *data;
	unsigned size;
} datum;

typedef int init_fn(void **session, unsigned flags);
typedef void deinit_fn(void *session);
typedef int bye_fn(void *session, int how);
typedef ssize_t send_fn(void *session, const void *data, size_t size);
typedef ssize_t send2_fn(void *session, const void *data, size_t size, size_t pad, unsigned flags);
typedef ssize_t send_range_fn(void *session, const void *data, size_t size, const void *range);
typedef ssize_t recv_fn(void *session, void *data, size_t size);
typedef ssize_t recv_seq_fn(void *session, void *data, size_t size, unsigned char *sequence);
typedef ssize_t recv_packet_fn(void *session, void **packet);
typedef void packet_get_fn(const void *packet, datum *data, unsigned char *sequence);
typedef void cork_fn(void *session);
typedef int uncork_fn(void *session, unsigned flags);
typedef int name_set_fn(void *session, int type, const void *name, size_t len);
typedef int is_fatal_fn(int error);

#define RECORD_MAX 16384 /* RFC 8446, 5.1 */

#define FROM	       __builtin_return_address(0)
#define REAL(type, fn) ((type *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_##fn))

/* ---------------------------------------------------------------- one call */

enum by { SEND, SEND2, SEND_RANGE, RECV, RECV_SEQ, RECV_PACKET };

struct gnutls_call {
	struct gt_session_call call; /* first */
	enum by by;
	void *real;
	/* the application's arguments */
	const char *sent;
	size_t size; /* of both directions */
	size_t pad;
	unsigned flags;
	const void *range;
	void *room;
	unsigned char *sequence;
	void **packet;
};

static ssize_t send_once(const struct gnutls_call *k, const char *p, size_t len)
{
	switch (k->by) {
	case SEND2:
		return ((send2_fn *)k->real)(k->call.session, p, len, k->pad, k->flags);
	case SEND_RANGE:
		return ((send_range_fn *)k->real)(k->call.session, p, len, k->range);
	default:
		return ((send_fn *)k->real)(k->call.session, p, len);
	}
}

static bool is_refused(long ret)
{
	return ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED;
}

static bool is_the_applications(const struct gnutls_call *k, const char *p)
{
	return (uintptr_t)p >= (uintptr_t)k->sent && (uintptr_t)p <= (uintptr_t)k->sent + k->size;
}

/* What gentap has made longer may take two records. The application learns only when both are sent. */
static size_t send_longer(struct gnutls_call *k, const char *p, size_t len)
{
	struct gt_session_note *n = gt_session_note_of(k->call.session);
	size_t done = n && n->begun < len ? n->begun : 0;

	do {
		k->call.ret = send_once(k, p + done, len - done);
		if (k->call.ret > 0)
			done += (size_t)k->call.ret;
	} while (k->call.ret > 0 && done < len);
	if (n)
		n->begun = done < len && is_refused(k->call.ret) ? done : 0;
	return n && n->begun ? 0 : done;
}

static size_t call_send(struct gt_session_call *call, const char *p, size_t len)
{
	struct gnutls_call *k = (struct gnutls_call *)call;

	if (len && !is_the_applications(k, p))
		return send_longer(k, p, len);
	call->ret = send_once(k, p, len);
	return call->ret > 0 ? (size_t)call->ret : 0;
}

static size_t call_receive(struct gt_session_call *call, const char **bytes)
{
	struct gnutls_call *k = (struct gnutls_call *)call;
	packet_get_fn *get;
	datum data = { NULL, 0 };

	*bytes = k->room;
	switch (k->by) {
	case RECV_SEQ:
		call->ret = ((recv_seq_fn *)k->real)(call->session, k->room, k->size, k->sequence);
		break;
	case RECV_PACKET:
		call->ret = ((recv_packet_fn *)k->real)(call->session, k->packet);
		get = (packet_get_fn *)gt_foreign_fast(call->from, GT_FOREIGN_gnutls_packet_get);
		if (call->ret > 0 && get)
			get(*k->packet, &data, NULL);
		*bytes = (const char *)data.data;
		return data.size;
	default:
		call->ret = ((recv_fn *)k->real)(call->session, k->room, k->size);
		break;
	}
	return call->ret > 0 ? (size_t)call->ret : 0;
}

static bool has_ended(const struct gt_session_call *call, int err, enum gt_end_why *why, int *code)
{
	const struct gnutls_call *k = (const struct gnutls_call *)call;
	is_fatal_fn *is_fatal;

	(void)err;
	(void)code;
	if (call->ret == 0 && (k->size || k->by == RECV_PACKET)) {
		*why = GT_END_EOF;
		return true;
	}
	if (call->ret >= 0)
		return false;
	if (call->ret == GNUTLS_E_PREMATURE_TERMINATION) { /* no close_notify, as with many servers */
		*why = GT_END_EOF;
		return true;
	}
	*why = GT_END_RESET;
	is_fatal = (is_fatal_fn *)gt_foreign_fast(call->from, GT_FOREIGN_gnutls_error_is_fatal);
	return is_fatal && is_fatal((int)call->ret);
}

/* A repetition sends what was offered first, whatever is offered now. */
static bool may_move(const struct gt_session_call *k)
{
	(void)k;
	return false;
}

static struct gt_str server_of(const struct gt_session_call *k)
{
	const struct gt_session_note *n = gt_session_note_of(k->session);

	return n ? gt_str_of(n->host) : GT_STR("");
}

/* All ways of plaintext are hooked: without any, nothing was missed. */
static bool may_be_open(const struct gt_session_call *k)
{
	(void)k;
	return false;
}

static const struct gt_session_library gnutls = {
	.write = call_send,
	.read = call_receive,
	.has_ended = has_ended,
	.may_move = may_move,
	.server = server_of,
	.may_be_open = may_be_open,
};

#define CALL(s, return_address) { .library = &gnutls, .session = (s), .from = (return_address) }

/* ---------------------------------------------------------------- sending */

/* The application repeats a refused send without its bytes. */
static ssize_t send_again(struct gnutls_call *k)
{
	struct gt_session_note *n = gt_session_note_of(k->call.session);
	char *refused = n ? n->refused : NULL;
	size_t len = refused ? n->refused_len : 0, out;

	if (!refused) {
		call_send(&k->call, NULL, 0);
		return k->call.ret;
	}
	n->refused = NULL;
	k->sent = refused;
	k->size = len;
	out = gt_session_write(&k->call, refused, len);
	if (!out && is_refused(k->call.ret)) {
		n->refused = refused;
		n->refused_len = len;
	} else {
		free(refused);
	}
	return out ? (ssize_t)out : k->call.ret;
}

/* The application sends something else than what was refused. */
static bool is_another(const struct gt_session_note *n, const char *p, size_t len)
{
	return n->refused && (len < n->refused_len || memcmp(n->refused, p, n->refused_len) != 0);
}

GT_COLD static ssize_t watched_send(struct gnutls_call *k)
{
	/* in the table before the first bytes: the write that gets lines may be refused */
	struct gt_session_note *n = gt_session_note_add(k->call.session);
	bool is_corked = n && n->is_corked;
	/* what the library would send at once */
	size_t len = k->size <= RECORD_MAX || is_corked ? k->size : RECORD_MAX, out;

	if (!k->sent && !k->size)
		return send_again(k);
	if (n && is_another(n, k->sent, len))
		n->begun = 0;
	k->call.is_fixed = !n || k->by == SEND_RANGE || is_corked;
	out = gt_session_write(&k->call, k->sent, len);
	if (!out && is_refused(k->call.ret) && n && gt_tls_entry(k->call.session) >= GT_TLS_CONN)
		gt_session_note_refused(n, k->sent, len);
	return out ? (ssize_t)out : k->call.ret;
}

GT_EXPORT ssize_t gnutls_record_send(void *session, const void *data, size_t size)
{
	send_fn *real = REAL(send_fn, gnutls_record_send);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, data, size);
	return watched_send(&(struct gnutls_call){
		.call = CALL(session, FROM), .by = SEND, .real = (void *)real, .sent = data, .size = size });
}

GT_EXPORT ssize_t gnutls_record_send2(void *session, const void *data, size_t size, size_t pad, unsigned flags)
{
	send2_fn *real = REAL(send2_fn, gnutls_record_send2);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, data, size, pad, flags);
	return watched_send(&(struct gnutls_call){ .call = CALL(session, FROM),
						   .by = SEND2,
						   .real = (void *)real,
						   .sent = data,
						   .size = size,
						   .pad = pad,
						   .flags = flags });
}

GT_EXPORT ssize_t gnutls_record_send_range(void *session, const void *data, size_t size, const void *range)
{
	send_range_fn *real = REAL(send_range_fn, gnutls_record_send_range);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, data, size, range);
	return watched_send(&(struct gnutls_call){ .call = CALL(session, FROM),
						   .by = SEND_RANGE,
						   .real = (void *)real,
						   .sent = data,
						   .size = size,
						   .range = range });
}

GT_EXPORT void gnutls_record_cork(void *session)
{
	cork_fn *real = REAL(cork_fn, gnutls_record_cork);
	struct gt_session_note *n = gt_tls_entry(session) == GT_TLS_IGNORED ? NULL : gt_session_note_add(session);

	if (n)
		n->is_corked = true;
	if (real)
		real(session);
}

/* The library sends what it has collected by its own exported functions: their bytes have been seen. */
GT_EXPORT int gnutls_record_uncork(void *session, unsigned flags)
{
	uncork_fn *real = REAL(uncork_fn, gnutls_record_uncork);
	struct gt_session_note *n;
	struct gt_hook h;
	int ret;

	if (!real)
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_tls_entry(session) == GT_TLS_IGNORED || !gt_hook_enter(&h))
		return real(session, flags);
	gt_hook_real_begin(&h);
	ret = real(session, flags);
	gt_hook_real_done(&h);
	n = gt_session_note_of(session);
	if (n && ret >= 0)
		n->is_corked = false;
	gt_hook_leave(&h);
	return ret;
}

/* ---------------------------------------------------------------- receiving */

GT_COLD static ssize_t watched_receive(struct gnutls_call *k)
{
	gt_session_read(&k->call);
	return k->call.ret;
}

GT_EXPORT ssize_t gnutls_record_recv(void *session, void *data, size_t size)
{
	recv_fn *real = REAL(recv_fn, gnutls_record_recv);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, data, size);
	return watched_receive(&(struct gnutls_call){
		.call = CALL(session, FROM), .by = RECV, .real = (void *)real, .room = data, .size = size });
}

GT_EXPORT ssize_t gnutls_record_recv_seq(void *session, void *data, size_t size, unsigned char *sequence)
{
	recv_seq_fn *real = REAL(recv_seq_fn, gnutls_record_recv_seq);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, data, size, sequence);
	return watched_receive(&(struct gnutls_call){ .call = CALL(session, FROM),
						      .by = RECV_SEQ,
						      .real = (void *)real,
						      .room = data,
						      .size = size,
						      .sequence = sequence });
}

GT_EXPORT ssize_t gnutls_record_recv_packet(void *session, void **packet)
{
	recv_packet_fn *real = REAL(recv_packet_fn, gnutls_record_recv_packet);

	if (gt_unlikely(!real))
		return GNUTLS_E_INTERNAL_ERROR;
	if (gt_likely(gt_tls_entry(session) == GT_TLS_IGNORED))
		return real(session, packet);
	return watched_receive(&(struct gnutls_call){
		.call = CALL(session, FROM), .by = RECV_PACKET, .real = (void *)real, .packet = packet });
}

/* ---------------------------------------------------------------- life */

GT_EXPORT int gnutls_init(void **session, unsigned flags)
{
	init_fn *real = REAL(init_fn, gnutls_init);
	int ret = real ? real(session, flags) : GNUTLS_E_INTERNAL_ERROR;

	if (ret < 0)
		return ret;
	gt_session_note_drop(*session);
	gt_session_born(*session, FROM);
	if (!gt_is_nested(FROM))
		gt_unread_expect_session();
	return ret;
}

GT_EXPORT void gnutls_deinit(void *session)
{
	deinit_fn *real = REAL(deinit_fn, gnutls_deinit);
	struct gt_session_call k = CALL(session, FROM);

	gt_session_released(&k);
	gt_session_note_drop(session);
	if (real)
		real(session);
}

/* The name in the ClientHello. GnuTLS gives it back to servers only. */
GT_EXPORT int gnutls_server_name_set(void *session, int type, const void *name, size_t len)
{
	name_set_fn *real = REAL(name_set_fn, gnutls_server_name_set);
	int ret = real ? real(session, type, name, len) : GNUTLS_E_INTERNAL_ERROR;
	struct gt_session_note *n;

	if (ret < 0 || type != GNUTLS_NAME_DNS || len >= GT_SESSION_NOTE_HOST || gt_is_nested(FROM))
		return ret;
	n = gt_session_note_add(session);
	if (n)
		gt_str_copy(gt_str_make(name, len), n->host, sizeof(n->host));
	return ret;
}

GT_EXPORT int gnutls_bye(void *session, int how)
{
	bye_fn *real = REAL(bye_fn, gnutls_bye);
	int ret = real ? real(session, how) : GNUTLS_E_INTERNAL_ERROR;
	bool is_over = how == GNUTLS_SHUT_RDWR && ret == 0;

	if (gt_tls_entry(session) >= GT_TLS_CONN)
		gt_session_shut(session, !is_over && (ret == 0 || is_refused(ret)), is_over, FROM);
	return ret;
}
