/*
 * What the kernel says a socket is. System calls; errno is changed.
 */
#ifndef GT_SOCKET_ID_H
#define GT_SOCKET_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number the kernel gives to no other socket; 0 when there is none to be had. */
uint64_t gt_socket_number(int fd);

#define GT_SOCKET_PEER_MAX 46 /* INET6_ADDRSTRLEN */

/* The peer's address as text, and its port. Returns the text's length; 0 when it has none that is of the internet. */
size_t gt_socket_peer(int fd, char text[GT_SOCKET_PEER_MAX], uint16_t *port);

#endif
