/*
 * What has been read of one exchange so far, and the setters that providers use. Exporter thread.
 *
 * Providers place the same facts in different members. So a provider's functions only move values from its JSON into a
 * reading. Most values become span attributes directly; token counts go to `usage`, finish reasons to `finish`, errors
 * to `error_type` and `error_message`. genai.c turns the reading into a finished span.
 */
#ifndef GT_READING_H
#define GT_READING_H

#include "exporter/base/json.h"
#include "exporter/exchange/call.h"
#include "exporter/span/ledger.h"
#include "exporter/span/run_context.h"
#include "exporter/span/span.h"

struct gt_document {
	struct gt_str event; /* SSE event name, or empty */
	struct gt_str text;
	const cJSON *json; /* NULL when the text is not JSON */
};

#define GT_TOKENS_NONE (-1)

/* Token counts as the GenAI conventions define them: input includes all kinds of input tokens, also cached; output
 * includes reasoning. GT_TOKENS_NONE: not on the wire. */
struct gt_usage {
	int64_t input, output;
	int64_t cache_read, cache_write; /* part of input */
	int64_t reasoning;		 /* part of output */
	int64_t text_input, image_input, audio_input;
	int64_t text_output, image_output, audio_output;
	int64_t text_cache_read, image_cache_read, audio_cache_read; /* part of cache_read and of that kind of input */
	int64_t cache_write_1h; /* part of cache_write: kept for an hour instead of five minutes */
	int64_t unaccounted;	/* part of the provider's total that is neither input nor output */
	double cost; /* USD, by the provider; NAN: not on the wire. All bits set, as in GT_TOKENS_NONE, is a NAN too */
};

/* One item of the bill, where a provider bills something else than `usage` at the price of the call's model: other counts,
 * or several inferences, maybe of several models. */
struct gt_bill_item {
	struct gt_str model; /* in the span's memory; .len 0: the call's */
	struct gt_usage usage;
	bool is_own; /* `usage` of the reading, filled in at the end */
};

#define GT_BILL_MAX    64  /* items; a turn with server tools and advice has about ten */
#define GT_CHOICES_MAX 128 /* no API allows more choices */

struct gt_reading {
	struct gt_span *span;
	struct gt_call *call;
	const struct gt_run_context *run; /* borrowed */
	const struct gt_provider *provider;
	struct gt_content *content;	 /* NULL: content is not captured */
	const struct gt_provider *shape; /* whose format the bodies have, set by `request`; NULL: `provider` */

	size_t request_len; /* bytes of the request body when it was read */
	bool has_request_json;

	struct gt_mono last_chunk; /* .ns 0: no chunk yet */
	uint32_t *gaps_us;	   /* owned, malloc'd; times between the chunks so far, in microseconds */
	uint32_t n_gaps, gaps_room;

	struct gt_usage usage;
	struct gt_str finish[GT_CHOICES_MAX]; /* by choice, in the span's memory; .len 0: none */
	uint32_t choices;		      /* highest choice with a finish reason + 1 */
	uint32_t begun;			      /* highest choice seen + 1 */

	bool is_known;	      /* the body has the expected shape, or the head is conclusive */
	bool is_disclaimed;   /* the response is not that of the API; set by `finish` */
	bool is_stream;	      /* the request asks for a stream, or the response is one */
	bool has_asked_usage; /* the request asks for usage in the stream; some APIs send it only then */
	bool is_final;	      /* the stream's last document was seen, so nothing is missing */
	bool has_reply;	      /* a document of the reply was parsed */
	bool has_large;	      /* a document of the reply has too many values to be parsed */
	bool has_broken;      /* a document of the reply is not JSON, although the API's documents are */
	bool has_foreign;     /* a document of the reply has no member that the API's documents have */
	bool is_understood;   /* a document of the reply has such a member, or nothing to read */
	unsigned vector_bits; /* of a number in a vector that is sent in base64; 0: 32, as OpenAI sends them */
	bool is_packed;	      /* the request asks for vectors of bytes or bits: their length is not the dimension count */

	/* Answers of a batch that this exchange lists, each of them one call. Their tokens are summed in `usage`. */
	struct {
		uint32_t lines;	    /* recognized as answers, or as errors, of calls */
		uint32_t priceless; /* answers with tokens and without a cost */
		double usd;
		struct gt_str source, model, read; /* of all answers so far; in the span's memory */
		bool has_many_models;
	} batch;
	bool is_background; /* the response was made after the exchange that asked for it */
	bool is_batch;	    /* the provider charges for it as a part of a batch */
	bool is_sum;	    /* the usage is of many calls: a price that depends on a call's length does not apply */

	struct gt_str tier;	 /* of service, by the reply, else by the request; in the span's memory */
	bool has_unknown_tokens; /* the reply counts tokens under names that gentap does not know */
	bool has_fees;		 /* the provider charges for more than tokens, or less than for all of them */
	bool has_calls;		 /* responses: the output calls a tool of the client */

	struct gt_bill_item *bill; /* in the span's memory */
	uint32_t n_bill;	   /* 0: the provider bills `usage` */

	/* Anthropic: all inferences that are billed, also those that the bill has no room for. */
	struct {
		struct gt_usage sum; /* of those with counts of their own */
		uint32_t n;
		bool has_own; /* one of them has `usage` as its counts */
	} billed;

	/* MCP: requests in a batch, and answers to them; whether this message answers the other side's request */
	uint32_t rpc_requests, rpc_answers;
	bool is_rpc_answer;
	bool is_callers_mistake; /* the request was wrong: not an error of the server's span */
	cJSON *stray_error;	 /* owned; an answer with an error and without the request's id */
	int64_t earlier_ns;	 /* how long before the exchange the operation of the span began */

	cJSON *maybe_error; /* owned; a document of a stream that is the error, unless an answer follows */
	bool has_error;
	struct gt_str error_type, error_message; /* in the span's memory */
};

/* ---- from JSON to attributes; a value that is missing or has another type is ignored. The id of a response may be a
 * number ---- */

void gt_take_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
void gt_take_int(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
void gt_take_double(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
/* A string, or a list of up to 64 strings. */
void gt_take_strs(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
/* As gt_take_str, but keeps an earlier value. For ids and models that a stream repeats, first empty and then filled. */
void gt_take_first_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);

/* One row of a provider's table: the place of a value, and its attribute. */
struct gt_take {
	const char *path;
	enum gt_attr key; /* its type decides how the value is read */
};
void gt_take_all(struct gt_reading *r, const cJSON *json, const struct gt_take *rows, size_t n);

/* Replaces `*count` by the count at `path`, unless that is missing or negative. */
void gt_take_tokens(int64_t *count, const cJSON *json, const char *path);

/* Adds an item without counts. NULL without memory or room, and the cost is then unknown. `model` may be empty. */
struct gt_bill_item *gt_bill_add(struct gt_reading *r, struct gt_str model);

/* Sets `*count` from a header field of the response, unless it has a count already. */
void gt_take_tokens_field(struct gt_reading *r, int64_t *count, const char *name);

/* a + b. Ignores a GT_TOKENS_NONE, and returns it when both are. Saturates at INT64_MAX. */
int64_t gt_tokens_sum(int64_t a, int64_t b);

/* Sets the dimension count from the vector at `path`: numbers, or 32-bit floats in base64. Does nothing when the count
 * is set, by the request for example, or when `is_packed`. */
void gt_take_dimensions(struct gt_reading *r, const cJSON *json, const char *path);

/* Sets the finish reason of one choice; a later call replaces it. */
void gt_set_finish(struct gt_reading *r, int64_t choice, struct gt_str reason);
/* A document of a stream has a part of that choice. */
void gt_see_choice(struct gt_reading *r, int64_t choice);
/* True when every choice that was requested or seen has a finish reason. For APIs whose streams have no other end. */
bool gt_choices_are_over(const struct gt_reading *r);
void gt_take_finish(struct gt_reading *r, int64_t choice, const cJSON *json, const char *path);

/* Sets the error; only the first call counts. Copies both texts, redacted, and masks what looks like a credential in
 * `message`, which may be empty. */
void gt_set_reply_error(struct gt_reading *r, struct gt_str type, struct gt_str message);

/* Notes the operation with this id in the run's ledger and returns its state before. `kind` keeps ids of different things
 * apart. Without an id: GT_LEDGER_NEW. */
enum gt_ledger_state gt_note_operation(struct gt_reading *r, const char *kind, struct gt_str id, bool counts);

/* For an exchange that reads an operation which another exchange has started: keeps the usage on the first read that
 * shows the end, and drops it otherwise. */
void gt_count_once(struct gt_reading *r, const char *kind, struct gt_str id, bool is_over);

/* Forgets all counts and the provider's own figure of the cost. */
void gt_drop_usage(struct gt_reading *r);

/* True when the wire had a count of input or output tokens. */
bool gt_has_usage(const struct gt_reading *r);

/* Redacts the value of a string attribute that comes from the application: a URI may have a password in it. */
void gt_hide_secrets(struct gt_reading *r, enum gt_attr key);

/* Sets the tier of service; a later call replaces it. An empty tier is ignored. */
void gt_set_tier(struct gt_reading *r, struct gt_str tier);
void gt_take_tier(struct gt_reading *r, const cJSON *json, const char *path);

/* The request asks for a stream. */
void gt_set_stream(struct gt_reading *r);

/* The segment of the request's path after the first `before`, still encoded and borrowed; else empty. */
struct gt_str gt_call_path_segment(const struct gt_call *call, const char *before);

/* The value of a member of the request's query, still encoded and borrowed. False when it is missing. */
bool gt_call_query(const struct gt_call *call, const char *name, struct gt_str *value);

/* Sets an attribute to a percent-decoded path segment, unless that is empty. */
void gt_set_decoded(struct gt_reading *r, enum gt_attr key, struct gt_str segment);

#endif
