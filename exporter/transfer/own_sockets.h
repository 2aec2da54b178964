/*
 * The sockets that libcurl opens for the exporter.
 *
 * They share the process with the application. A program may close every descriptor it finds, and then get the same
 * numbers for its own files. So a socket is identified by device and inode, not by its number alone. gentap does not
 * write to or close a number that belongs to another file. Exporter thread.
 */
#ifndef GT_OWN_SOCKETS_H
#define GT_OWN_SOCKETS_H

#include <stdbool.h>

/* As socket(2), with SOCK_CLOEXEC. Also -1 when all slots are in use. */
int gt_own_socket(int family, int type, int protocol);

/* Closes `fd` if it is still ours. */
void gt_own_socket_close(int fd);

/* False when the number of a socket now belongs to another file: whatever uses the number must not touch it again. */
bool gt_own_sockets_are_ours(void);

/* Closes all that are still ours and forgets the others. Called in a forked child too: the connections belong to the
 * parent. */
void gt_own_sockets_drop(void);

#endif
