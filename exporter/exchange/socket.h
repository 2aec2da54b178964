/*
 * One WebSocket after its handshake: the frames of both directions, and the turns that they carry. Exporter thread.
 */
#ifndef GT_SOCKET_H
#define GT_SOCKET_H

#include "exporter/exchange/turns.h"
#include "exporter/exchange/websocket.h"

struct gt_socket;

/* Gives the socket that this handshake has opened, or NULL: its frames cannot be read, or no memory. `left` is borrowed, for
 * the bodies of its turns. */
struct gt_socket *gt_socket_new(const struct gt_call *handshake, size_t *left, gt_call_done *done);

/* Bytes of either direction, in the order of the application's calls. `is_sent`: the client's. */
void gt_socket_bytes(struct gt_socket *s, bool is_sent, struct gt_mono at, struct gt_str bytes);

/* Received bytes are missing here; of the bytes sent, all from here on are. */
void gt_socket_gap(struct gt_socket *s, struct gt_mono at, uint64_t n);
void gt_socket_cut(struct gt_socket *s);

/* The connection is over: ends the open turns. */
void gt_socket_end(struct gt_socket *s, enum gt_outcome outcome, struct gt_str failure, struct gt_mono at);

/* The number of open turns, and the time of the latest byte. */
size_t gt_socket_open(const struct gt_socket *s);
struct gt_mono gt_socket_latest(const struct gt_socket *s);

/* Open turns are reported as GT_OUTCOME_NEVER. NULL-safe. */
void gt_socket_free(struct gt_socket *s);

#endif
