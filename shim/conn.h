/*
 * One connection whose plaintext passes through a hook: a TCP socket, or a TLS session on top of one.
 *
 * This is the state machine of all stream hooks. It parses requests inline (framing, match, insertion of header lines),
 * because a request may have to change before it is sent. Of responses it only copies the bytes for the exporter.
 * fd_table.h and tls_table.h map descriptors and SSL objects to connections.
 *
 * A client's connection may speak HTTP/2 from its first bytes on: then http2.h follows it, from the same calls.
 *
 * Threads: any application thread. Connections live in slots that are reused but never unmapped; a reference keeps a
 * slot from being reused. One thread at a time may be inside the transmit side, and one inside the receive side. A
 * second thread means that two threads write one HTTP stream: gentap then loses the connection. Nothing here waits.
 *
 * Of a lost connection gentap no longer knows which bytes begin a message. It ends what it reported, and looks for a
 * call that begins with a whole request head after bytes went the other way. From there it follows the connection
 * again, under a new stream number. It then adds no lines to it any more: the guess could be wrong.
 */
#ifndef GT_CONN_H
#define GT_CONN_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "shim/served.h"
#include "shim/shared/exchange.h"
#include "shim/splice.h"

#define GT_CONN_MAX 4096 /* connections followed at once; more are left alone, and counted */

/* A longer head is most likely not a head. Common servers refuse it, too. */
#define GT_CONN_HEAD_MAX (16 * 1024 - 64)

/* Unfinished heads of received requests may hold 1/GT_CONN_SHARE of GENTAP_MEMORY_MAX. A connection that needs more is lost. */
#define GT_CONN_SHARE 8

struct gt_conn;
struct gt_write_retry;

enum gt_role { GT_ROLE_OUTBOUND, GT_ROLE_INBOUND };

/* Gives a connection with one reference, which the caller's table owns. NULL when all slots are in use (counted). */
struct gt_conn *gt_conn_new(enum gt_role role, bool is_tls);

/* The same for a client's connection that begins with the preface of HTTP/2. NULL also without memory. */
struct gt_conn *gt_conn_new_http2(bool is_tls);

/* Counts a connection that is not followed because a table is full, and logs the first. Any thread. */
void gt_conn_no_room(void);

uint32_t gt_conn_index(const struct gt_conn *c);
struct gt_conn *gt_conn_at(uint32_t index);

/* Takes a reference. False when the slot is free. */
bool gt_conn_ref(struct gt_conn *c);
void gt_conn_unref(struct gt_conn *c);

enum gt_role gt_conn_role(const struct gt_conn *c);
bool gt_conn_is_http2(const struct gt_conn *c);

/* Adds a table entry for the same connection (dup). False when the slot is free. */
bool gt_conn_alias(struct gt_conn *c);
bool gt_conn_is_aliased(const struct gt_conn *c);

/* Removes a table entry and its reference. The last entry ends the connection: the application has closed it. */
void gt_conn_close(struct gt_conn *c);

/* The server name the TLS session asks for (SNI); it is preferred to the Host field. Copied. Transmit side, or before
 * first use. */
void gt_conn_set_peer(struct gt_conn *c, struct gt_str name);

/* ---- transmit side: what the application sends ---- */

struct gt_tx {
	struct gt_conn *c; /* NULL: gentap ignores this write */
	bool has_splice;   /* write the pieces that the splice lays out; else call as the application did */
	bool was_adrift;   /* the connection was lost before the write */
	bool is_socket;	   /* it was a WebSocket that is followed (outbound.h): the bytes are frames */
	struct gt_mono at;
	struct gt_wall wall;
};

/* Call before a write of `n` pieces. `may_change` is false when the call's flags forbid adding bytes. */
void gt_tx_begin(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change);

/* The same for a write that gentap need not see before it is made, and does not copy: a body that is not reported, or a
 * server's answer. False: use gt_tx_begin. The caller need not know whether the descriptor still is the connection's. */
bool gt_tx_begin_blind(struct gt_tx *t, struct gt_conn *c);

/* The splice of this write. Valid only when t->has_splice. */
struct gt_splice *gt_tx_splice(struct gt_tx *t);

/* Call after the write, once for each gt_tx_begin: the first `accepted` bytes of the application's own data are sent. */
void gt_tx_end(struct gt_tx *t, const struct iovec *iov, int n, size_t accepted);

/* TLS, after gt_tx_end. `awaits`: the library refused a write and demands the same bytes again, because it has encrypted
 * them or sent a part. Until this is called with false, gt_conn_is_over stays false. */
void gt_tx_await_retry(struct gt_conn *c, bool awaits);

/* TLS, before gt_tx_begin: the SSL object carries another session now, so the refused bytes will not come again. Loses
 * the connection; gentap adds nothing more to it. */
void gt_tx_give_up(struct gt_conn *c);

/* Is a write in progress on it? Any thread. */
bool gt_conn_is_in_write(const struct gt_conn *c);

/* The refused write that must be repeated, for the TLS hook. The connection owns it. The thread inside the transmit side. */
struct gt_write_retry *gt_conn_write_retry(struct gt_conn *c);

/* The kernel sent `len` bytes that gentap cannot read (sendfile). They must belong to a body; else the connection is lost. */
void gt_tx_unseen(struct gt_conn *c, size_t len);

/* The kernel received bytes that gentap cannot read. Loses the connection. */
void gt_rx_unseen(struct gt_conn *c);

/* ---- receive side ---- */

/* True when received bytes must be passed to gt_rx. False is the normal case between exchanges. */
bool gt_rx_is_wanted(struct gt_conn *c);

/* The application has received `len` bytes, scattered over `iov`. */
void gt_rx(struct gt_conn *c, const struct iovec *iov, int n, size_t len);

/* The same for bytes that gentap does not copy and that begin no request. False, and nothing done: use gt_rx. The caller
 * need not know whether the descriptor still is the connection's. */
bool gt_rx_blind(struct gt_conn *c, const struct iovec *iov, int n, size_t len);

/* Whether these bytes hold the first line of an HTTP/1 request with a method that clients send. For bytes of which it is
 * not known that they are a connection's first. */
bool gt_conn_begins_http(const char *p, size_t len);

/* Whether the first bytes of a connection can begin an HTTP/1 request: the first it sends (outbound), or receives (inbound). */
bool gt_conn_may_be_http(const char *p, size_t len);

/* ---- ends ---- */

/* No more bytes will pass: emits END, once. */
void gt_conn_end(struct gt_conn *c, enum gt_end_why why, int code);

/* TLS: the application closes its half of the session. With `is_closed` it is recorded as closed. Returns whether it
 * was before. */
bool gt_conn_close_half(struct gt_conn *c, bool is_closed);

/* The connection is followed from an unknown point on: gentap adds nothing to it. Before its first bytes. */
void gt_conn_guess(struct gt_conn *c);

/* Whether a hook has seen bytes of it, and whether it has more than one table entry at present. Any thread. */
bool gt_conn_has_bytes(const struct gt_conn *c);
bool gt_conn_has_alias(const struct gt_conn *c);

/* Lost, and not taken up again. Any thread. */
bool gt_conn_is_lost(const struct gt_conn *c);

/* True after gt_conn_end, and when the bytes are no longer HTTP: the caller should clear its table entry. Stays false
 * while a write must be repeated (gt_tx_await_retry) or header lines are sent in part. */
bool gt_conn_is_over(const struct gt_conn *c);

/* The kernel's number of the socket (SO_COOKIE), which shows that a descriptor was reused; 0 when unknown. `fd` is its present
 * descriptor. */
uint64_t gt_conn_socket(const struct gt_conn *c);
void gt_conn_set_socket(struct gt_conn *c, int fd, uint64_t cookie);

/* ---- inbound ---- */

/* Whether an inbound request has been read and not been answered in full. */
bool gt_conn_is_serving(const struct gt_conn *c);

/* A number that names the request that was read last on this connection, and that may outlive both. Never 0. */
uint32_t gt_conn_note(const struct gt_conn *c);

/* Whether that request has not been answered, and no other was read after it on its connection. Any thread. */
bool gt_conn_is_note_open(uint32_t note);

/* The trace context in which that request is served: that of its own span if it has one, else what the client sent.
 * False when there is neither, or when the request is answered. Any thread. */
bool gt_conn_served_context(uint32_t note, struct gt_served *out);

/* In a forked child, while it has one thread: frees all slots. */
void gt_conn_after_fork(void);

#endif
