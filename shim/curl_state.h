/*
 * The state of one easy handle. Private to these files: curl_easy.c and curl_state.c keep it, and curl_added.c queues
 * it. curl_request.c derives the request, curl_events.c reports the exchange, curl_transfer.c follows a transfer.
 */
#ifndef GT_CURL_STATE_H
#define GT_CURL_STATE_H

#include <stdio.h>

#include "shim/curl_abi.h"
#include "shim/curl_library.h"
#include "shim/shared/clock.h"
#include "shim/shared/exchange.h"

#define URL_MAX	   8192
#define METHOD_MAX 16
#define LINES_MAX  3 /* traceparent, tracestate, baggage */

/* Does a request go through a proxy? CURLOPT_PROXY decides, and where it is not set, the environment. */
enum proxy { PROXY_OF_ENVIRONMENT, NO_PROXY, A_PROXY };

enum body { BODY_NONE, BODY_FIELDS, BODY_CALLBACK, BODY_OPAQUE };

/* Options that the application has set. Pointers are the application's unless noted. */
struct gt_easy_options {
	char *url; /* owned copy; libcurl copies it too */
	void *curlu;
	struct gt_curl_slist *headers;
	char custom[METHOD_MAX];
	const char *method; /* implied by the options below; a string literal */
	uint8_t body;	    /* enum body */
	const char *fields;
	char *copied_fields; /* owned */
	size_t copied_len;   /* bytes in copied_fields; at most GENTAP_BODY_MAX + 1 */
	int64_t fields_size; /* as the application set it; -1: strlen */
	gt_curl_data_fn *write;
	void *write_data;
	bool has_write_data;
	gt_curl_data_fn *read;
	void *read_data;
	bool has_read_data;
	gt_curl_seek_fn *seek;
	void *seek_data;
	gt_curl_ioctl_fn *ioctl;
	void *ioctl_data;
	void *header;
	void *header_data;
	bool has_header_in_body;
	bool is_connect_only;
	bool accepts_coding;  /* CURLOPT_ACCEPT_ENCODING is set: libcurl removes content codings ... */
	bool keeps_coding;    /* ... unless CURLOPT_HTTP_CONTENT_DECODING is 0 */
	long header_opt;      /* CURLOPT_HEADEROPT; -1: not set */
	uint8_t proxy;	      /* enum proxy */
	bool has_proxy_trace; /* CURLOPT_PROXYHEADER has a traceparent */
	bool signs_headers;   /* CURLOPT_AWS_SIGV4: the list of header lines is part of a signature */
};

enum reads { READS_UNSEEN, READS_BY_FUNCTION, READS_BY_FILE };

enum header { NO_HEADER, BEFORE_HEADER, IN_HEADER };

struct gt_transfer {
	bool is_open;
	uint8_t reads; /* enum reads: how the request body passes through gentap */
	bool wraps_seek, wraps_ioctl;
	bool has_moved_header; /* gentap set HEADERFUNCTION to the application's write function, see gt_easy_move_header */
	bool is_head_reported;
	uint8_t header; /* enum header: with CURLOPT_HEADER the write function gets header blocks */
	void *multi;
	uint64_t stream;
	struct gt_mono began, last; /* `last`: when response bytes last came */
	/* A fork copied this open transfer. The child does not report it, but gentap's options are still in the
	 * handle. */
	bool is_inherited;
	char *lines;	      /* owned; text of the nodes. Not from the event pool: it must survive a fork */
	struct gt_event *end; /* owned; allocated early, so that a full pool cannot prevent the END */
	struct gt_curl_slist nodes[LINES_MAX];
	int n_nodes;
	uint64_t kept; /* request bytes emitted; UINT64_MAX once cut off */
	uint64_t gap;
};

/* Where libcurl reads the request body, see curl_reading.h. Outlives the transfer: libcurl keeps what it took at the
 * transfer's start, even if the handle is reset in a callback. */
struct gt_curl_source {
	gt_curl_data_fn *read; /* the application's, as the transfer began */
	void *data;
	FILE *file; /* owned; NULL until it is needed */
	bool is_at_end;
	uint64_t at, seen; /* offsets in the body: of the next byte, and after the last reported byte */
};

struct gt_easy {
	struct gt_easy *next; /* in its bucket */
	void *key;
	struct gt_curl_library library; /* that created the handle */
	struct gt_easy_options set;
	struct gt_transfer now;
	struct gt_curl_source source;
	uint32_t callbacks; /* wrapped callbacks of the application that are running for this handle */
	/* The multi handle in which this handle waits to be started, else NULL. Written under the lock of
	 * curl_added.c. */
	void *added_to;
	/* In the list of waiting handles; pairs with a fork in the middle of an update. */
	_Atomic(struct gt_easy *) next_added;
};

/* Sets an option of the real handle. */
void gt_easy_set_real(struct gt_easy *e, int option, void *value);

/* A number that libcurl knows about the transfer (`info`: one of INFO_*), 0 when libcurl does not know it. */
long gt_easy_info(struct gt_easy *e, int info);

/* For a hook, inside the guard: may this call come from a callback of the handle's own transfer? libcurl refuses some
 * calls there (since 7.59 or 8.22, by function), and then the transfer goes on. */
bool gt_easy_is_in_callback(const struct gt_easy *e);

/* Are gentap's wrappers installed? True also in a child that was forked during a transfer. */
bool gt_easy_is_wrapped(const struct gt_easy *e);

/* With CURLOPT_HEADERDATA alone, libcurl passes header lines to the write function. While gentap's write function is
 * installed, libcurl must call the application's write function as header function. Returns the value for
 * CURLOPT_HEADERFUNCTION. */
void *gt_easy_move_header(struct gt_easy *e);

/* The length of CURLOPT_POSTFIELDS or CURLOPT_COPYPOSTFIELDS as libcurl would send them. */
size_t gt_easy_fields_len(const struct gt_easy_options *o);

/* Frees what the transfer holds and marks it as not open. Does not touch the real handle. */
void gt_transfer_drop(struct gt_easy *e);

#endif
