/*
 * Calls on a TLS session, whatever library encrypts it and however gentap has got into the call.
 *
 * A way in (the symbols of OpenSSL, ...) fills a struct gt_session_call for each call and lends the functions that reach its
 * copy of the library. Everything above is here: which sessions are followed, header lines in a write and its
 * repetition, what was received, and the life of a session. A session is an opaque pointer.
 *
 * A way in tests first whether the session is ignored (tls_table.h), and then makes the real call and nothing else.
 *
 * Threads: the application's, in its call.
 */
#ifndef GT_TLS_SESSION_H
#define GT_TLS_SESSION_H

#include "shim/conn.h"
#include "shim/shared/str.h"

struct gt_session_call;

/* One copy of a library, reached in one way. `k` is the call in progress. All run inside the guard. */
struct gt_session_library {
	/* The library and the application are one object: gentap cannot tell what write and read call back from the library's
	 * own calls, so the guard is open meanwhile. node sends a request in the callback that ends a handshake. */
	bool is_in_program;

	/* Has these bytes written, as the application's call would, and sets k->ret. Returns how many the library took.
	 * Called again where it took the first part only. */
	size_t (*write)(struct gt_session_call *k, const char *buf, size_t len);

	/* Makes the application's call and sets k->ret. Returns how many bytes it got, and where they are. */
	size_t (*read)(struct gt_session_call *k, const char **bytes);

	/* A read gave no bytes: has the session ended, and how? `err` is errno after it. */
	bool (*has_ended)(const struct gt_session_call *k, int err, enum gt_end_why *why, int *code);

	/* Does the library take the repetition of a refused write from any address, and a part of it at a time? Else lines
	 * are added only to a write that was not offered before. */
	bool (*may_move)(const struct gt_session_call *k);

	/* The name of the server that the client asks for; empty without one. Lives as long as the session. NULL: the library
	 * does not tell; then the first request's Host field does. */
	struct gt_str (*server)(const struct gt_session_call *k);

	/* False when it is certain that the handshake was not completed. */
	bool (*may_be_open)(const struct gt_session_call *k);
};

/* A way in has it as the first member of its own struct, with the arguments and the result of the call. */
struct gt_session_call {
	const struct gt_session_library *library;
	void *session;
	const void *from; /* the return address of the hook */
	bool is_fixed;	  /* no lines may be added to this write */
	long ret;	  /* of the last real call, for the application where no bytes moved */
};

/* The application writes `len` bytes. Returns how many of its bytes were written; 0: its result is k->ret. */
size_t gt_session_write(struct gt_session_call *k, const char *buf, size_t len);

/* The application reads: calls library->read once. */
void gt_session_read(struct gt_session_call *k);

/* A new session. When the table knows its address, the library freed the session there unseen. */
void gt_session_born(const void *session, const void *from);

/* One more owner has the session, and frees it too. */
void gt_session_held(const void *session, const void *from);

/* Before an owner frees it. With another owner the session lives on. */
void gt_session_released(struct gt_session_call *k);

/* Before the library frees it: it has no owner any more. */
void gt_session_freed(struct gt_session_call *k);

/* Before it is freed or starts anew: afterwards another session may have the address. */
void gt_session_ends(const void *session, const void *from);

/* After a call that closed this side's half (`is_half`), or both (`is_over`). A client that has sent its request may still
 * read the whole answer in between. */
void gt_session_shut(const void *session, bool is_half, bool is_over, const void *from);

#endif
