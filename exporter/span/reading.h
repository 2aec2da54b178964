/*
 * What has been read of one exchange so far, and the setters that providers use. Exporter thread.
 *
 * Providers differ in where a fact stands; what a fact is, is the same for all. So a provider's functions only move values from
 * its JSON into here: most of it straight into span attributes, token counts into `usage`, finish reasons into their list, and
 * errors into `error`. genai.c turns it into a finished span.
 */
#ifndef GT_READING_H
#define GT_READING_H

#include "exporter/base/json.h"
#include "exporter/exchange/call.h"
#include "exporter/span/run_context.h"
#include "exporter/span/span.h"

struct gt_document {
	struct gt_str event; /* SSE event name, empty when there is none */
	struct gt_str text;
	const cJSON *json; /* NULL: not JSON */
};

#define GT_TOKENS_NONE (-1)

/* Token counts in the meaning of the GenAI conventions: input holds every kind of input token, cached ones too; output holds
 * reasoning. GT_TOKENS_NONE: not on the wire. */
struct gt_usage {
	int64_t input, output;
	int64_t cache_read, cache_write; /* of input */
	int64_t reasoning;		 /* of output */
	int64_t text_input, image_input, audio_input;
	int64_t text_output, image_output, audio_output;
	int64_t text_cache_read, image_cache_read, audio_cache_read; /* of cache_read and of that input */
	int64_t cache_write_1h; /* of cache_write: what is kept for an hour instead of five minutes */
	int64_t unaccounted;	/* of the provider's total, in neither input nor output */
	double cost; /* USD, where the provider says it; NAN: it does not. All bits set, as in GT_TOKENS_NONE, are a NAN */
};

#define GT_CHOICES_MAX 128 /* more choices than any API allows */

struct gt_reading {
	struct gt_span *span;
	struct gt_call *call;
	const struct gt_run_context *run; /* borrowed */
	const struct gt_provider *provider;
	struct gt_content *content;	 /* NULL: it is not captured */
	const struct gt_provider *shape; /* whose format the provider carries, chosen by its request; NULL: its own */

	size_t request_len; /* of the body when it was read */

	struct gt_mono last_chunk; /* .ns 0: none yet */
	uint32_t *gaps_us;	   /* malloc'd; between the chunks so far */
	uint32_t n_gaps, gaps_room;

	struct gt_usage usage;
	struct gt_str finish[GT_CHOICES_MAX]; /* in the span's memory; by choice; .len 0: none */
	uint32_t choices;		      /* highest choice seen + 1 */

	bool is_known;	  /* the body has the shape that was expected, or the head left no doubt */
	bool is_stream;	  /* asked for, or answered, as a stream */
	bool asked_usage; /* of a stream, where it has to be asked for */
	bool is_final;	  /* the stream's last document was seen, so nothing is missing */
	bool has_reply;	  /* a document of the reply could be read */
	bool has_large;	  /* a document of the reply has too many values to be read */
	bool is_packed;	  /* vectors were asked for in bytes or bits: their length is not the number of dimensions */

	struct gt_str tier; /* of service, as the reply says, else as asked; in the span's memory */
	bool has_fees;	    /* something beside tokens is charged */

	/* MCP: the requests of a batch and the answers to them; a message that answers a request of the other side's */
	uint32_t rpc_requests, rpc_answers;
	bool is_rpc_answer;
	int64_t earlier_ns; /* how long before the exchange what the span tells of has begun */

	bool has_error;
	struct gt_str error_type, error_message; /* in the span's memory */
};

/* ---- values from JSON to attributes; missing or of another type: nothing happens ---- */

void gt_take_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
void gt_take_int(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
void gt_take_double(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
/* A string or a list of strings. */
void gt_take_strs(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);
/* As gt_take_str, but an earlier value stays: for ids and models that a stream repeats, first empty and then not. */
void gt_take_first_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path);

/* One row of a provider's table: where a value stands and what it is. */
struct gt_take {
	const char *path;
	enum gt_attr key; /* its type says how the value is read */
};
void gt_take_all(struct gt_reading *r, const cJSON *json, const struct gt_take *rows, size_t n);

/* A token count that is there replaces the one in `*count`; negative ones are not believed. */
void gt_take_tokens(int64_t *count, const cJSON *json, const char *path);

/* Likewise of a field of the response, where there is no count yet. */
void gt_take_tokens_field(struct gt_reading *r, int64_t *count, const char *name);

/* a + b where either may be GT_TOKENS_NONE; NONE only when both are. What no integer can hold is the highest one. */
int64_t gt_tokens_sum(int64_t a, int64_t b);

/* The length of a vector (numbers, or 32-bit floats in base64), unless the request has asked for one or `is_packed`. */
void gt_take_dimensions(struct gt_reading *r, const cJSON *json, const char *path);

/* The reason of one choice; a later one replaces it. */
void gt_set_finish(struct gt_reading *r, int64_t choice, struct gt_str reason);
void gt_take_finish(struct gt_reading *r, int64_t choice, const cJSON *json, const char *path);

/* The first error stays. Both texts are copied; `message` may be empty. */
void gt_set_reply_error(struct gt_reading *r, struct gt_str type, struct gt_str message);

/* A later word on the tier of service replaces an earlier one. */
void gt_set_tier(struct gt_reading *r, struct gt_str tier);
void gt_take_tier(struct gt_reading *r, const cJSON *json, const char *path);

/* The request asks for a stream. */
void gt_set_stream(struct gt_reading *r);

/* The segment of the request's path behind the first `before`, as it is sent; empty when there is none. */
struct gt_str gt_call_path_segment(const struct gt_call *call, const char *before);

/* The value of a member of the request's query, as it is sent. */
bool gt_call_query(const struct gt_call *call, const char *name, struct gt_str *value);

/* A segment of a path, percent-decoded, as an attribute; nothing when it is empty. */
void gt_set_decoded(struct gt_reading *r, enum gt_attr key, struct gt_str segment);

#endif
