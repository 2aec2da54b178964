/*
 * OTLP over gRPC (gRPC's PROTOCOL-HTTP2.md): one length-prefixed message each way, and the outcome in the trailers.
 */
#include <stdio.h>

#include "exporter/base/base64.h"
#include "exporter/base/pair_list.h"
#include "exporter/base/text.h"
#include "exporter/otlp/otlp_pb.h"
#include "exporter/otlp/otlp_protocol.h"
#include "shim/shared/clock.h"

#define PREFIX_LEN     5
#define DETAILS_MAX    (64u << 10) /* servers send at most 8 KiB of trailers */
#define STATUS_UNKNOWN 2

enum again { NEVER, ALWAYS, IF_TOLD_WHEN };

static const struct {
	const char *name;
	enum again again;
	enum gt_otlp_verdict verdict; /* when there is nothing to retry */
} codes[] = {
	[0] = { "OK", NEVER, GT_OTLP_TAKEN },
	[1] = { "CANCELLED", ALWAYS, GT_OTLP_REFUSED },
	[2] = { "UNKNOWN", NEVER, GT_OTLP_REFUSED },
	[3] = { "INVALID_ARGUMENT", NEVER, GT_OTLP_REFUSED },
	[4] = { "DEADLINE_EXCEEDED", ALWAYS, GT_OTLP_REFUSED },
	[5] = { "NOT_FOUND", NEVER, GT_OTLP_REFUSED },
	[6] = { "ALREADY_EXISTS", NEVER, GT_OTLP_REFUSED },
	[7] = { "PERMISSION_DENIED", NEVER, GT_OTLP_REFUSED },
	[8] = { "RESOURCE_EXHAUSTED", IF_TOLD_WHEN, GT_OTLP_REFUSED },
	[9] = { "FAILED_PRECONDITION", NEVER, GT_OTLP_REFUSED },
	[10] = { "ABORTED", ALWAYS, GT_OTLP_REFUSED },
	[11] = { "OUT_OF_RANGE", ALWAYS, GT_OTLP_REFUSED },
	[12] = { "UNIMPLEMENTED", NEVER, GT_OTLP_UNKNOWN },
	[13] = { "INTERNAL", NEVER, GT_OTLP_REFUSED },
	[14] = { "UNAVAILABLE", ALWAYS, GT_OTLP_REFUSED },
	[15] = { "DATA_LOSS", ALWAYS, GT_OTLP_REFUSED },
	[16] = { "UNAUTHENTICATED", NEVER, GT_OTLP_REFUSED },
};

static void put_prefix(uint8_t *prefix, size_t len, bool is_gzip)
{
	prefix[0] = is_gzip;
	for (int i = 0; i < 4; i++)
		prefix[1 + i] = (uint8_t)(len >> (24 - 8 * i));
}

/* The gRPC status for the HTTP status of a server that does not speak gRPC (http-grpc-status-mapping.md). 405 means the
 * same as 404: nothing there takes a POST. */
static unsigned code_of_http(long status)
{
	static const struct {
		long http;
		unsigned code;
	} rows[] = { { 400, 13 }, { 401, 16 }, { 403, 7 },  { 404, 12 }, { 405, 12 },
		     { 429, 14 }, { 502, 14 }, { 503, 14 }, { 504, 14 } };

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (rows[i].http == status)
			return rows[i].code;
	return STATUS_UNKNOWN;
}

/* The gRPC status for the error code of a reset stream (RFC 9113, 7). A broken connection says nothing about the
 * request: UNAVAILABLE. */
static unsigned code_of_problem(const struct gt_http_reply *reply)
{
	static const unsigned char rows[] = {
		[0x0] = 13, [0x1] = 13, [0x2] = 13, [0x3] = 13, [0x4] = 13, [0x5] = 13, [0x6] = 13,
		[0x7] = 14, [0x8] = 1,	[0x9] = 13, [0xa] = 13, [0xb] = 8,  [0xc] = 7,
	};

	if (reply->stream_error < 0 || (size_t)reply->stream_error >= sizeof(rows))
		return 14;
	return rows[reply->stream_error];
}

/* The message in the body. Empty when it is incomplete, or compressed: gentap does not announce that it accepts
 * that. */
static struct gt_str message_of(const struct gt_http_reply *reply)
{
	const uint8_t *p = reply->body;
	size_t len;

	if (reply->len < PREFIX_LEN || p[0] != 0)
		return GT_STR("");
	len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
	return len <= reply->len - PREFIX_LEN ? gt_str_make((const char *)p + PREFIX_LEN, len) : GT_STR("");
}

static void taken(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, struct gt_otlp_answer *answer)
{
	struct gt_str message = message_of(reply);

	gt_otlp_pb_read_response((const uint8_t *)message.p, message.len, signal->rejected, &answer->rejected, answer->text,
				 sizeof(answer->text));
}

/* The retry delay in grpc-status-details-bin, or -1. */
static int64_t retry_delay(struct gt_str details)
{
	struct gt_arena scratch;
	int64_t delay = -1;
	char *status;
	long len;

	gt_arena_init(&scratch, DETAILS_MAX);
	status = gt_arena_alloc(&scratch, details.len * 3 / 4 + 1);
	len = status ? gt_base64_decode(details, status) : -1;
	if (len > 0)
		delay = gt_otlp_pb_read_retry_delay((const uint8_t *)status, (size_t)len);
	gt_arena_free(&scratch);
	return delay;
}

static void describe(const struct gt_http_reply *reply, unsigned code, char *out, size_t cap)
{
	struct gt_str message = reply->grpc_message;
	struct gt_arena scratch;
	char text[160];

	gt_arena_init(&scratch, DETAILS_MAX);
	if (gt_percent_decode(&scratch, message, &message) != 0)
		message = reply->grpc_message; /* gRPC: a message that cannot be decoded is shown as it is */
	gt_text_show(message, text, sizeof(text));
	gt_arena_free(&scratch);
	if (reply->problem && !reply->grpc_status.len) {
		snprintf(out, cap, "%s", reply->problem);
		out[strcspn(out, "\r\n")] = 0;
	} else if (!reply->grpc_status.len) {
		snprintf(out, cap, "HTTP status %ld and no gRPC status", reply->status);
	} else if (code < GT_COUNT_OF(codes)) {
		snprintf(out, cap, "gRPC status %s%s%s", codes[code].name, text[0] ? ", " : "", text);
	} else {
		snprintf(out, cap, "gRPC status %.*s%s%s", (int)(reply->grpc_status.len < 12 ? reply->grpc_status.len : 12),
			 reply->grpc_status.p, text[0] ? ", " : "", text);
	}
}

static unsigned code_of(const struct gt_http_reply *reply)
{
	uint64_t code;

	if (reply->grpc_status.len)
		return gt_str_u64(reply->grpc_status, &code) && code < 1000 ? (unsigned)code : STATUS_UNKNOWN;
	return reply->problem || !reply->status ? code_of_problem(reply) : code_of_http(reply->status);
}

static void read_reply(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, int64_t now_unix_s,
		       struct gt_otlp_answer *answer)
{
	unsigned code = code_of(reply), row = code < GT_COUNT_OF(codes) ? code : STATUS_UNKNOWN;
	bool again = codes[row].again == ALWAYS;

	(void)now_unix_s;
	*answer = (struct gt_otlp_answer){ .verdict = codes[row].verdict, .wait_ns = -1 };
	if (reply->is_final && code != 0) {
		answer->verdict = GT_OTLP_REFUSED;
	} else if (code == 0) {
		taken(reply, signal, answer);
		return;
	} else if (codes[row].again != NEVER) {
		answer->wait_ns = retry_delay(reply->grpc_details);
		if (again || answer->wait_ns >= 0)
			answer->verdict = GT_OTLP_AGAIN;
	}
	describe(reply, code, answer->text, sizeof(answer->text));
}

static const char *const headers[] = { "content-type: application/grpc", "te: trailers", NULL };

const struct gt_otlp_protocol gt_otlp_grpc = {
	.name = "grpc",
	.coding = GT_OTLP_PROTOBUF,
	.style = { .headers = headers,
		   .gzip_header = "grpc-encoding: gzip",
		   .timeout_header = "grpc-timeout",
		   .is_http2 = true },
	.base = "http://localhost:4317",
	.is_rpc = true,
	.prefix_len = PREFIX_LEN,
	.put_prefix = put_prefix,
	.read = read_reply,
};
