/*
 * An OTLP collector: a thread that answers HTTP requests with a script, in order; the last answer repeats. It handles one
 * connection at a time, and allocates nothing, so fail_nth.h counts only the allocations of the sink.
 *
 *	COLLECTOR_START({ COLLECTOR_STATUS("503 Service Unavailable") }, { COLLECTOR_OK });
 *	...
 *	gt_collector_stop();
 */
#ifndef GT_COLLECTOR_H
#define GT_COLLECTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLLECTOR_OK	    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
#define COLLECTOR_STATUS(x) "HTTP/1.1 " x "\r\nContent-Length: 0\r\n\r\n"

#define GT_COLLECTOR_REQUEST_MAX 65536

struct gt_collector_answer {
	const char *text; /* NULL: never answers */
	size_t len;	  /* 0: strlen */
	bool closes;
};

extern struct gt_collector {
	int listener;
	uint16_t port;
	pthread_t thread;
	const struct gt_collector_answer *script; /* borrowed */
	int n;
	_Atomic int requests, connections;
	_Atomic bool stops;

	/* the last request, head and body; valid after gt_collector_stop */
	char last[GT_COLLECTOR_REQUEST_MAX];
	size_t last_len, last_head;
} gt_collector;

/* Listens on a free port of the loopback interface. */
void gt_collector_start(const struct gt_collector_answer *script, int n);
void gt_collector_stop(void);

#define COLLECTOR_START(...)                                                              \
	do {                                                                              \
		static const struct gt_collector_answer script_[] = { __VA_ARGS__ };      \
		gt_collector_start(script_, (int)(sizeof(script_) / sizeof(script_[0]))); \
	} while (0)

/* Only listens: gt_collector.listener and .port, without a thread. */
void gt_collector_listen(void);

/* The value of a field of the last request, or NULL. Valid until the next call. */
const char *gt_collector_header(const char *name);

#endif
