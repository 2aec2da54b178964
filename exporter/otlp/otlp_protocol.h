/*
 * OTLP's protocols and signals. A protocol is one table: how to encode a message, what to put around it, and what an
 * answer means. The sink knows protocols and signals through these tables only. Pure; exporter thread.
 */
#ifndef GT_OTLP_PROTOCOL_H
#define GT_OTLP_PROTOCOL_H

#include "exporter/otlp/http_message.h"
#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

enum gt_otlp_coding { GT_OTLP_PROTOBUF, GT_OTLP_JSON, GT_OTLP_CODINGS };

/* One kind of telemetry, as OTLP names it. */
struct gt_otlp_signal {
	const char *path;     /* appended to the base URL, for HTTP */
	const char *method;   /* URL path of the gRPC call */
	const char *rejected; /* JSON path of the count in a partial success */
	/* As gt_otlp_pb_encode. */
	int (*encode[GT_OTLP_CODINGS])(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
				       size_t *len);
};

extern const struct gt_otlp_signal gt_otlp_signals[GT_SIGNALS];

enum gt_otlp_verdict {
	GT_OTLP_TAKEN,	 /* the server accepted the request */
	GT_OTLP_AGAIN,	 /* a retry may succeed */
	GT_OTLP_REFUSED, /* a retry cannot succeed */
	GT_OTLP_UNKNOWN, /* the server does not know this signal */
};

/* What the server answered to a request. */
struct gt_otlp_answer {
	enum gt_otlp_verdict verdict;
	int64_t wait_ns;  /* AGAIN: how long the server asks to wait; -1: it does not ask */
	int64_t rejected; /* TAKEN: items rejected, as the server counts; may exceed the number sent */
	char text[200];	  /* TAKEN: a warning, usually empty; otherwise the problem. Safe to log */
};

struct gt_otlp_protocol {
	const char *name; /* as in OTEL_EXPORTER_OTLP_PROTOCOL */
	enum gt_otlp_coding coding;
	struct gt_http_style style;
	const char *base;  /* the endpoint when none is set */
	bool is_rpc;	   /* the URL's path is the signal's method; the endpoint's own path is ignored */
	size_t prefix_len; /* bytes before the message */
	void (*put_prefix)(uint8_t *prefix, size_t message_len, bool is_gzip); /* NULL: no prefix */
	/* Reads a reply into `answer`. `now_unix_s` is for dates in Retry-After. */
	void (*read)(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, int64_t now_unix_s,
		     struct gt_otlp_answer *answer);
};

/* The first is the default. */
#define GT_OTLP_PROTOCOLS 3
extern const struct gt_otlp_protocol *const gt_otlp_protocols[GT_OTLP_PROTOCOLS];

extern const struct gt_otlp_protocol gt_otlp_http_protobuf, gt_otlp_http_json, gt_otlp_grpc;

#endif
