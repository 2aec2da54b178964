/*
 * The ways of speaking OTLP, and the signals that can be told. A protocol is one table: how a message is coded, what stands
 * around it, and what an answer means. The sink knows nothing else of either. Pure; exporter thread.
 */
#ifndef GT_OTLP_PROTOCOL_H
#define GT_OTLP_PROTOCOL_H

#include "exporter/otlp/http_message.h"
#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

enum gt_otlp_coding { GT_OTLP_PROTOBUF, GT_OTLP_JSON, GT_OTLP_CODINGS };

/* One kind of telemetry, as OTLP names it. */
struct gt_otlp_signal {
	const char *path;     /* after the base URL, for HTTP */
	const char *method;   /* the path of a gRPC call */
	const char *rejected; /* JSON name of the count in a partial success */
	/* As gt_otlp_pb_encode. */
	int (*encode[GT_OTLP_CODINGS])(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
				       size_t *len);
};

extern const struct gt_otlp_signal gt_otlp_signals[GT_SIGNALS];

enum gt_otlp_verdict {
	GT_OTLP_TAKEN,
	GT_OTLP_AGAIN,	 /* may work later */
	GT_OTLP_REFUSED, /* never will */
	GT_OTLP_UNKNOWN, /* the other side does not know this signal */
};

/* What the other side made of a request. */
struct gt_otlp_answer {
	enum gt_otlp_verdict verdict;
	int64_t wait_ns;  /* AGAIN: how long it asks to wait; -1: it does not */
	int64_t rejected; /* TAKEN: items it has thrown away, 0 to all of them and beyond */
	char text[200];	  /* TAKEN: a warning, mostly empty; otherwise what is wrong. Fit to be logged */
};

struct gt_otlp_protocol {
	const char *name; /* OTEL_EXPORTER_OTLP_PROTOCOL */
	enum gt_otlp_coding coding;
	struct gt_http_style style;
	const char *base;  /* when no endpoint is set */
	bool is_rpc;	   /* the URL's path is the signal's method, whatever the endpoint says */
	size_t prefix_len; /* bytes before the message */
	void (*put_prefix)(uint8_t *prefix, size_t message_len, bool is_gzip); /* NULL: there are none */
	void (*read)(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, int64_t now_unix_s,
		     struct gt_otlp_answer *answer);
};

/* The first is the default. */
#define GT_OTLP_PROTOCOLS 3
extern const struct gt_otlp_protocol *const gt_otlp_protocols[GT_OTLP_PROTOCOLS];

extern const struct gt_otlp_protocol gt_otlp_http_protobuf, gt_otlp_http_json, gt_otlp_grpc;

#endif
