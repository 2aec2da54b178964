/*
 * What is known of one easy handle: shared by the files that keep it (curl_easy.c), say what is sent and received
 * (curl_tell.c) and follow a transfer (curl_transfer.c), and by nobody else.
 */
#ifndef GT_CURL_STATE_H
#define GT_CURL_STATE_H

#include "shim/curl_abi.h"
#include "shim/shared/clock.h"
#include "shim/shared/exchange.h"

#define URL_MAX	   8192
#define METHOD_MAX 16
#define LINES_MAX  3 /* traceparent, tracestate, baggage */

enum body { BODY_NONE, BODY_FIELDS, BODY_CALLBACK, BODY_OPAQUE };

/* What the application has set. Pointers are the application's unless noted. */
struct gt_easy_options {
	char *url; /* owned copy; libcurl copies it too */
	void *curlu;
	struct gt_curl_slist *headers;
	char custom[METHOD_MAX];
	const char *method; /* implied by the options below: a literal */
	uint8_t body;	    /* enum body */
	const char *fields;
	char *copied_fields; /* owned */
	size_t copied_len;   /* of these; no more than one byte more than is ever told */
	int64_t fields_size; /* as the application set it; -1: strlen */
	gt_curl_data_fn *write;
	void *write_data;
	bool has_write_data;
	gt_curl_data_fn *read;
	void *read_data;
	bool has_read_data;
	void *header;
	void *header_data;
	bool header_in_body;
	bool connect_only;
	bool accepts_coding; /* CURLOPT_ACCEPT_ENCODING: then libcurl takes codings off ... */
	bool keeps_coding;   /* ... unless CURLOPT_HTTP_CONTENT_DECODING is 0 */
};

enum header { NO_HEADER, BEFORE_HEADER, IN_HEADER };

struct gt_transfer {
	bool open;
	bool wraps_read;
	bool moved_header; /* HEADERFUNCTION is set in the application's stead */
	bool head_told;
	uint8_t header; /* enum header: CURLOPT_HEADER sends header blocks through the write function */
	void *multi;
	uint64_t stream;
	struct gt_mono began, last; /* `last`: when response bytes came */
	bool inherited; /* open in the parent process when this one was forked off it; not ours to tell, but options are ours */
	char *lines;	/* owned; the text of the nodes. Not of the pool: it must outlive a fork */
	struct gt_event *end; /* owned; kept back so that it cannot find the pool full */
	struct gt_curl_slist nodes[LINES_MAX];
	int n_nodes;
	uint64_t kept; /* request bytes told */
	uint64_t gap;
};

struct gt_easy {
	struct gt_easy *next; /* in its bucket */
	void *key;
	const struct gt_caller *caller; /* whose library made the handle */
	struct gt_easy_options set;
	struct gt_transfer now;
	void *added_to; /* a multi handle, while it waits there to be started; else NULL. Written under the lock of curl_added.c */
	_Atomic(struct gt_easy *) next_added; /* in the list of those; partner: a fork in the middle */
};

/* Sets an option of the real handle. */
void gt_easy_set_real(struct gt_easy *e, int option, void *value);

/* A number that libcurl knows of the transfer (`info`: one of INFO_*), 0 when it does not. */
long gt_easy_info(struct gt_easy *e, int info);

/* Are our wrappers in place? Also in a process that was forked off during a transfer. */
bool gt_easy_is_wrapped(const struct gt_easy *e);

/* Header lines go to the write function when there is only CURLOPT_HEADERDATA: while that one is ours, libcurl must be told
 * the application's as the header function. Returns what it must be told. */
void *gt_easy_move_header(struct gt_easy *e);

/* The length of CURLOPT_POSTFIELDS or COPYPOSTFIELDS as libcurl would send them. */
size_t gt_easy_fields_len(const struct gt_easy_options *o);

/* Gives back what the transfer held; what is in the handle stays. */
void gt_transfer_drop(struct gt_easy *e);

#endif
