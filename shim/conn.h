/*
 * One connection that carries HTTP/1 in the clear as far as we can see it: a TCP socket, or a TLS session above one.
 *
 * The state machine behind all stream hooks. It follows the request side inline (framing, match, insertion of the header
 * lines) because that side may have to be changed before it is sent; of the response side it only copies bytes for the
 * exporter. Which descriptor or SSL* belongs to which connection is the business of fd_table.h and tls_table.h.
 *
 * Threads: any application thread. Connections live in slots that are reused but never unmapped; a reference keeps a slot
 * from being reused. At most one thread at a time is inside the transmit side and one inside the receive side; a second one
 * (two threads writing one HTTP stream) makes the connection lost: no longer followed, never harmed. Nothing here waits.
 */
#ifndef GT_CONN_H
#define GT_CONN_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "shim/shared/exchange.h"
#include "shim/splice.h"

#define GT_CONN_MAX 4096 /* connections followed at once; more are left alone */

/* A head that is longer is most likely no head; it is also what common servers refuse. */
#define GT_CONN_HEAD_MAX (16 * 1024 - 64)

/* Unfinished heads of received requests hold at most this part of GENTAP_MEMORY_MAX; beyond it a connection is lost. */
#define GT_CONN_SHARE 8

struct gt_conn;
struct gt_owed_write;

enum gt_role { GT_ROLE_OUTBOUND, GT_ROLE_INBOUND };

/* Gives a connection with one reference (the table's), or NULL when all slots are in use (counted). */
struct gt_conn *gt_conn_new(enum gt_role role, bool is_tls);

uint32_t gt_conn_index(const struct gt_conn *c);
struct gt_conn *gt_conn_at(uint32_t index);

/* One more reference; false when the slot is no longer in use. */
bool gt_conn_ref(struct gt_conn *c);
void gt_conn_unref(struct gt_conn *c);

enum gt_role gt_conn_role(const struct gt_conn *c);

/* Another table entry for the same connection (dup); false when the slot is no longer in use. */
bool gt_conn_alias(struct gt_conn *c);
bool gt_conn_is_aliased(const struct gt_conn *c);

/* A table entry is gone: gives its reference back; the last one ends the connection as closed by the application. */
void gt_conn_close(struct gt_conn *c);

/* Peer name beside Host: (SNI). Copied. Transmit side or before first use. */
void gt_conn_set_peer(struct gt_conn *c, struct gt_str name);

/* ---- transmit side: what the application sends ---- */

struct gt_tx {
	struct gt_conn *c; /* NULL: let it pass, nothing to do afterwards */
	bool splice;	   /* lay the write out with gt_tx_layout; else make the call as the application made it */
	struct gt_mono at;
	struct gt_wall wall;
};

/* Before a write of `n` pieces. `may_change` is false when this call's bytes cannot be added to (its flags say so). */
void gt_tx_begin(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change);

/* The splice in force for this write; only when t->splice. */
struct gt_splice *gt_tx_splice(struct gt_tx *t);

/* After it: the application's own first `accepted` bytes are on their way. Every gt_tx_begin is followed by one of these. */
void gt_tx_end(struct gt_tx *t, const struct iovec *iov, int n, size_t accepted);

/* TLS, after gt_tx_end: a write was refused, and its bytes must be offered again as they were. Until it is told otherwise the
 * connection is not over, whatever happens to it: the library has encrypted them, or sent a part. */
void gt_tx_owe(struct gt_conn *c, bool owes);

/* TLS, before gt_tx_begin: what was refused will not be offered again, as this is another session. The connection is lost, and nothing
 * of ours goes out any more. */
void gt_tx_give_up(struct gt_conn *c);

/* The write that is owed, for the hook: it lives and dies with the connection. The thread that writes. */
struct gt_owed_write *gt_conn_owed(struct gt_conn *c);

/* `len` bytes that cannot be looked at went out (sendfile). Part of a body, or the connection is lost. */
void gt_tx_unseen(struct gt_conn *c, size_t len);

/* ---- receive side ---- */

/* True when received bytes matter at the moment; false is the normal case between exchanges. */
bool gt_rx_is_wanted(struct gt_conn *c);

/* `len` bytes have been given to the application, scattered over `iov`. */
void gt_rx(struct gt_conn *c, const struct iovec *iov, int n, size_t len);

/* The first transmit (outbound) or receive (inbound) of a connection: can these bytes begin HTTP/1? */
bool gt_conn_may_be_http(const char *p, size_t len);

/* ---- ends ---- */

/* Nothing more will be seen: tells the exporter, once. */
void gt_conn_end(struct gt_conn *c, enum gt_end_why why, int code);

/* TLS: the application closes its half of the session; `is_closed` when that is done. Was it done before? */
bool gt_conn_close_half(struct gt_conn *c, bool is_closed);

/* True after gt_conn_end, or when the connection could not be followed: its table entry should be cleared. */
bool gt_conn_is_over(const struct gt_conn *c);

/* The kernel's number of the socket, so that a reused descriptor is noticed; 0 when unknown. `fd` is what it is called now. */
uint64_t gt_conn_socket(const struct gt_conn *c);
void gt_conn_set_socket(struct gt_conn *c, int fd, uint64_t cookie);

/* ---- inbound ---- */

/* An inbound request has been read and not been answered in full yet. */
bool gt_conn_is_serving(const struct gt_conn *c);

/* The trace context it is served in: that of its own span when it has one, else the one it brought; false when it brought none.
 * For any thread: the answer is checked against reuse of the slot. */
struct gt_served {
	struct gt_trace_context context;
	bool is_remote; /* it is the context of who sent the request */
	uint16_t tracestate_len;
	char tracestate[GT_TRACESTATE_MAX]; /* not terminated */
};
bool gt_conn_served_context(const struct gt_conn *c, struct gt_served *out);

/* Slot index and a part of its generation, for notes that may outlive the connection. */
uint32_t gt_conn_note(const struct gt_conn *c);
struct gt_conn *gt_conn_of_note(uint32_t note);

/* In a forked child, single-threaded: all slots are free. */
void gt_conn_after_fork(void);

#endif
