/*
 * Identity of a socket and its peer, from the kernel. Makes system calls; changes errno.
 */
#ifndef GT_SOCKET_ID_H
#define GT_SOCKET_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number that the kernel gives to no other socket: SO_COOKIE (Linux 4.12), else the inode number. 0 when neither is
 * available. */
uint64_t gt_socket_number(int fd);

bool gt_socket_is_stream(int fd);

/* Have bytes of the program been sent, or with `inbound` received, over this TCP connection? False when unknown. */
bool gt_socket_has_passed(int fd, bool inbound);

/* How many bytes the program has sent and received over this TCP connection; sent again counts once. False when unknown. */
bool gt_socket_volume(int fd, uint64_t *sent, uint64_t *received);

#define GT_SOCKET_PEER_MAX 46 /* INET6_ADDRSTRLEN */

/* The peer's address as text, and its port. An IPv4-mapped IPv6 address is written as IPv4. Returns the text's
 * length; 0 when the peer has no internet address, and `text` may then be unset. */
size_t gt_socket_peer(int fd, char text[GT_SOCKET_PEER_MAX], uint16_t *port);

#endif
