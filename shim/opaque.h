/*
 * Connections to LLM providers that gentap cannot read. Each becomes a span that has no tokens and the
 * reason. So a program whose TLS is out of reach does not look like a program without calls.
 *
 * A connection is noted when its first bytes pass: the server's name is in a ClientHello. It is forgotten when an
 * OpenSSL or GnuTLS session with that server passes its plaintext to the hooks. Otherwise its span is emitted when it
 * is closed, or at the end of the process. Nothing is added to such a connection.
 *
 * A handshake that fails looks the same until its session is freed. So while a session of those libraries exists that has
 * not passed a byte, closed connections wait for it. At the end of the process, one waiting connection is left out for
 * each such session: a span too few rather than a wrong span.
 *
 * Threads: any application thread; lock-free, no allocation beyond the pool's. A fixed number of connections is noted at
 * once; further connections are counted in unread.h alone.
 */
#ifndef GT_OPAQUE_H
#define GT_OPAQUE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "shim/first_bytes.h"

#define GT_OPAQUE_MAX 32

/* How many noted connections are open: hooks of close need not call here when it is 0. */
extern _Atomic uint32_t gt_opaque_open;

/* A client sent the first bytes of that protocol under the number `fd`. `name` is from its ClientHello, or empty. Ignores
 * servers other than those of known providers. A few system calls for those that are; changes errno. */
void gt_opaque_begin(int fd, enum gt_protocol protocol, struct gt_str name);

/* A session with this server has passed plaintext, or its handshake has failed. */
void gt_opaque_seen(struct gt_str name);

/* A copy of OpenSSL was found whose sessions are not seen when they are made: closed connections wait for the end of the
 * process, unless they are seen. What the object that holds the copy sends itself is the copy's. */
void gt_opaque_expect_copy(void);

/* The object with that dynamic section is the program, and the TLS library inside it is followed. */
void gt_opaque_follow(const void *program);

/* Has the object whose code sends at present a TLS library inside that is followed? */
bool gt_opaque_sender_is_followed(void);

/* A session was made; it has passed its first byte, or was freed without one. */
void gt_opaque_expect(void);
void gt_opaque_expect_less(void);

/* Does such a session exist? One load. */
bool gt_opaque_expects(void);

/* The number is about to be closed, or both directions to be shut. It still refers to the socket. Changes errno. */
void gt_opaque_close(int fd);
void gt_opaque_close_range(unsigned first, unsigned last);

/* One direction was shut: what is known now is reported if the hooks miss the close. Changes errno. */
void gt_opaque_note(int fd);

/* The number has another descriptor by now: the hooks have missed the close. */
void gt_opaque_replaced(int fd);

/* True when the end of the process has something to emit. Loads only. */
bool gt_opaque_is_due(void);

/* The end of the process. `may_go_on`: it may survive, and the end of its connections is then not known. Changes errno. */
void gt_opaque_end(bool may_go_on);

/* In a forked child, single-threaded: the parent reports its connections. */
void gt_opaque_after_fork(void);

#endif
