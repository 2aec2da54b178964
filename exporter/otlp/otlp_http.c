/*
 * OTLP over HTTP: the message is the body, and the HTTP status is the outcome.
 */
#include <stdio.h>

#include "exporter/otlp/otlp_json.h"
#include "exporter/otlp/otlp_pb.h"
#include "exporter/otlp/otlp_protocol.h"
#include "exporter/otlp/retry.h"

/* A reply is read by its own type, not by the request's: a proxy may answer in another format. */
static const struct {
	struct gt_str type;
	int (*response)(const uint8_t *p, size_t len, const char *rejected_path, int64_t *rejected, char *text, size_t cap);
	int (*status)(const uint8_t *p, size_t len, char *text, size_t cap);
} replies[] = {
	{ { "application/x-protobuf", 22 }, gt_otlp_pb_read_response, gt_otlp_pb_read_status },
	{ { "application/json", 16 }, gt_otlp_json_read_response, gt_otlp_json_read_status },
};

static void taken(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, struct gt_otlp_answer *answer)
{
	answer->verdict = GT_OTLP_TAKEN;
	/* the status counts even when the body cannot be read */
	for (size_t i = 0; i < GT_COUNT_OF(replies); i++)
		if (gt_str_istarts(reply->type, replies[i].type))
			replies[i].response(reply->body, reply->len, signal->rejected, &answer->rejected, answer->text,
					    sizeof(answer->text));
}

static void describe(const struct gt_http_reply *reply, char *out, size_t cap)
{
	char text[160] = "";

	if (reply->problem) {
		snprintf(out, cap, "%s", reply->problem);
		out[strcspn(out, "\r\n")] = 0; /* some of libcurl's messages end in a newline */
		return;
	}
	for (size_t i = 0; i < GT_COUNT_OF(replies); i++)
		if (gt_str_istarts(reply->type, replies[i].type))
			replies[i].status(reply->body, reply->len, text, sizeof(text));
	snprintf(out, cap, "HTTP status %ld%s%s", reply->status, text[0] ? ", " : "", text);
}

static void read_reply(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, int64_t now_unix_s,
		       struct gt_otlp_answer *answer)
{
	*answer = (struct gt_otlp_answer){ .verdict = GT_OTLP_REFUSED, .wait_ns = -1 };
	/* a problem after a success status means that the reply was cut off: the collector has the items */
	if (reply->status >= 200 && reply->status < 300 && !reply->is_final) {
		taken(reply, signal, answer);
		return;
	}
	if (!reply->is_final && gt_retry_is_worthwhile(reply->status)) {
		answer->verdict = GT_OTLP_AGAIN;
		answer->wait_ns = gt_retry_after_ns(reply->retry_after, now_unix_s);
	} else if (!reply->is_final && (reply->status == 404 || reply->status == 405)) { /* nothing there takes a POST */
		answer->verdict = GT_OTLP_UNKNOWN;
	}
	describe(reply, answer->text, sizeof(answer->text));
}

/* Some backends take protobuf only. */
static void read_json_reply(const struct gt_http_reply *reply, const struct gt_otlp_signal *signal, int64_t now_unix_s,
			    struct gt_otlp_answer *answer)
{
	size_t n;

	read_reply(reply, signal, now_unix_s, answer);
	n = strlen(answer->text);
	if (reply->status == 415)
		snprintf(answer->text + n, sizeof(answer->text) - n, "; OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf may work");
}

#define BASE "http://localhost:4318"

static const char *const protobuf_headers[] = { "Content-Type: application/x-protobuf", NULL };
static const char *const json_headers[] = { "Content-Type: application/json", NULL };

const struct gt_otlp_protocol gt_otlp_http_protobuf = {
	.name = "http/protobuf",
	.coding = GT_OTLP_PROTOBUF,
	.style = { .headers = protobuf_headers, .gzip_header = "Content-Encoding: gzip" },
	.base = BASE,
	.read = read_reply,
};

const struct gt_otlp_protocol gt_otlp_http_json = {
	.name = "http/json",
	.coding = GT_OTLP_JSON,
	.style = { .headers = json_headers, .gzip_header = "Content-Encoding: gzip" },
	.base = BASE,
	.read = read_json_reply,
};
