/*
 * Copies of OpenSSL that no symbol hook reaches: compiled into the program (node), or opened by dlopen and called through
 * dlsym (.NET, ctypes) or by a plugin with RTLD_DEEPBIND.
 *
 * gentap finds such a copy by the functions that it exports, and puts its own functions into the copy's method tables
 * (ssl_tables.h): data, no code. Each copy keeps its own functions. When anything is not as expected, nothing of the copy is
 * changed, and a line in the log says so (counted).
 *
 * The program's own copy is looked at by the constructor. What dlopen brings is looked at when a TLS handshake begins: the
 * hook of dlopen cannot run after it (hook_dl.c), and until the handshake is over no session carries plaintext. What was
 * opened with RTLD_DEEPBIND makes calls that no hook sees, and is looked at before the next dlopen.
 *
 * A copy that symbol hooks reach is left alone, except where dlsym may reach it too. Then a call comes twice, and the
 * second is nested (guard.h).
 */
#ifndef GT_SSL_COPIES_H
#define GT_SSL_COPIES_H

#include <stdbool.h>

#define GT_SSL_COPIES_MAX 8 /* patched at once in a process; more are left alone (counted) */

/* The constructor of a traced process: looks at the program itself. Without it the other functions do nothing. */
void gt_ssl_copies_init(void);

/* Before a dlopen of `file`, which may be NULL. Any thread. */
void gt_ssl_copies_note_open(const char *file, bool is_deepbind);

/* A TLS handshake begins. Looks at what was opened since the last look. Any thread, inside the guard. */
void gt_ssl_copies_look(void);

/* Is the copy in the object with that dynamic section followed? Loads only. */
bool gt_ssl_copies_has(const void *object);

/* After a dlclose: forgets copies that are gone. */
void gt_ssl_copies_check(void);

/* In a forked child, single-threaded. */
void gt_ssl_copies_after_fork(void);

#endif
