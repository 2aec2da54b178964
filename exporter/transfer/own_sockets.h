/*
 * The sockets libcurl has open on our behalf.
 *
 * They live in somebody else's process: a program may close every descriptor it finds and get the same numbers again for
 * files of its own. So each socket is known by what it is and not by its number alone, and nothing is written to or closed
 * under a number that has become something else. Exporter thread.
 */
#ifndef GT_OWN_SOCKETS_H
#define GT_OWN_SOCKETS_H

#include <stdbool.h>

/* As socket(2), with SOCK_CLOEXEC. -1 also when there are too many. */
int gt_own_socket(int family, int type, int protocol);

/* Closes `fd` if it is still ours. */
void gt_own_socket_close(int fd);

/* False when a number has become something else: then whatever uses it must not touch it again. */
bool gt_own_sockets_are_ours(void);

/* Closes all that are still ours and forgets the others. In a forked child: the parent's connections are the parent's. */
void gt_own_sockets_drop(void);

#endif
