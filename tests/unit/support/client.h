/*
 * A client's connection: the application's calls, the wire under them (wire.h), and the events for the exporter.
 *
 *	gt_client_fresh(GT_CLIENT_MEMORY);
 *	gt_client_send_text(OURS);
 *	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
 *	assert_told("BEGIN REQUEST RESPONSE");
 */
#ifndef GT_CLIENT_H
#define GT_CLIENT_H

#include "reported.h"
#include "shim/conn.h"
#include "shim/shared/traceparent.h"
#include "wire.h"

#define GT_CLIENT_MEMORY (8ULL << 20)

/* A request that is followed, the part of it before the blank line, and a request that is ignored. */
#define JSON_BODY  "{\"model\":\"m\"}"
#define OURS_LINES "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 13\r\n"
#define OURS	   OURS_LINES "\r\n" JSON_BODY
#define OTHER	   "GET /other HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"

/* The length of the line that the shim inserts. */
#define INSERTED_LEN (sizeof("traceparent: \r\n") - 1 + GT_TRACEPARENT_LEN)

extern struct gt_client {
	struct gt_conn *conn; /* outbound, over TLS */
	struct gt_wire wire;
	struct gt_reported reported;
} gt_client;

/* A new connection in a fresh shim (fresh_shim.h) with a pool of `memory` bytes. */
void gt_client_fresh(uint64_t memory);

/* For cmocka: a new connection with GT_CLIENT_MEMORY; frees the memory of the last. */
int gt_client_set_up(void **state);
int gt_client_tear_down(void **state);

/* Writes until the wire has taken everything. */
void gt_client_send(const char *p, size_t len);
void gt_client_send_text(const char *text);

/* One write that the wire refuses. */
void gt_client_refuse(const char *p, size_t len, bool may_change);
void gt_client_refuse_text(const char *text);

/* Bytes arrive; they are passed on only when the shim wants them, as the receive hooks do. */
void gt_client_receive(const char *text);

/* Fail the test otherwise. */
void gt_client_assert_wire(void);
void gt_client_assert_requests(const char *p, size_t len);   /* all request bytes the exporter got */
void gt_client_assert_ids_on_wire(int insertion, int begin); /* the n-th insertion is the traceparent of the n-th BEGIN */

#define assert_reported(text) assert_string_equal(gt_reported_text(&gt_client.reported, 0), text)

#endif
