/* Bytes of a server's connection, passed to the shim as the hooks pass them. */
#ifndef GT_TRAFFIC_H
#define GT_TRAFFIC_H

#include "shim/conn.h"

/* The server has received `len` bytes. */
void gt_traffic_receive(struct gt_conn *c, const char *p, size_t len);

/* The server sends a text in one call. Fails the test when the shim adds to it. */
void gt_traffic_answer(struct gt_conn *c, const char *text);

#endif
