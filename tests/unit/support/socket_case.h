/*
 * One WebSocket and the spans that it must give, as a row of a table. The script has a line for each message, in order:
 *
 *	"C {'type':'response.create'}"	a text message of the client; K is a binary message
 *	"S {'type':'error'}"		a text message of the server; B is a binary message
 *	"c 1000 bye"  "s 1011"		a Close frame of the client, or of the server
 *	"G 3"				3 received bytes are missing: the first of the next message's payload
 *	"X"				no more of the sent bytes are known
 *	"E closed"			how the connection ends: closed, eof, reset, lost, exit, killed
 *
 * In messages ' is written for ". The messages are delivered plain and compressed, whole and in fragments with a ping between,
 * in events of any size. The first may come with the handshake's answer. Every allocation fails in turn.
 */
#ifndef GT_SOCKET_CASE_H
#define GT_SOCKET_CASE_H

#include "feed.h"

struct gt_socket_case {
	enum gt_api api;
	bool candidate;	      /* the host is unknown */
	bool bare;	      /* the handshake carries no header of gentap's */
	const char *provider; /* and the target of the handshake; NULL: the API's own */
	const char *target;
	const char *script; /* lines */
	bool plain_only;    /* a gap: compressed messages after it are lost as well */
	const char *want;   /* span_text.h of each turn's span, with a line "--" between two */
};

void gt_socket_case_check(const struct gt_socket_case *c);
void gt_socket_case_check_all(const struct gt_socket_case *cases, size_t n);

#endif
