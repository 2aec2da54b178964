/*
 * The content of one exchange in the JSON of the GenAI conventions: messages made of parts, instructions, tool
 * definitions, a tool's arguments and result. Exporter thread. Exists only when content is captured (capture.h).
 *
 *	message		{"role":"user","parts":[part,...]}; with "finish_reason" in the output
 *	part		{"type":"text","content":"..."}; {"type":"reasoning",...};
 *			{"type":"tool_call","id","name","arguments"}; {"type":"tool_call_response","id","response"};
 *			{"type":"uri","modality","uri"};
 *			{"type":"file","modality","file_id"}; {"type":"blob","modality","mime_type","byte_size","sha256"};
 *			or {"type":<the provider's own>,...}
 *	instructions	[{"type":"text","content":"..."}]
 *	definitions	[{"type":"function","name","description","parameters"}]
 *
 * Readers of the providers' formats (content_readers.h) build the trees. Each text is cut to what an attribute can
 * hold. Trees are not redacted: gt_content_put redacts whole texts and writes the attributes.
 *
 * When memory runs out, `has_failed` is set and the content of the exchange is left out.
 */
#ifndef GT_CONTENT_H
#define GT_CONTENT_H

#include "exporter/base/buf.h"
#include "exporter/base/json.h"
#include "exporter/content/capture.h"

struct gt_reading;

enum gt_draft_kind { GT_DRAFT_TEXT, GT_DRAFT_REASONING, GT_DRAFT_TOOL_CALL, GT_DRAFT_SERVER_CALL };

#define GT_DRAFT_PATH_MAX 256

/* One part of a response that arrives in pieces. Readers use it through gt_draft_*. */
struct gt_draft {
	cJSON *part;	  /* borrowed; in the choice's array */
	struct gt_str id; /* of the call; borrowed, in `part` */
	int64_t choice, key;
	enum gt_draft_kind kind;
	struct gt_buf text;
	bool is_over; /* the text did not fit: all of it is dropped, because it may end in half a secret */
	/* for arguments that arrive value by value */
	cJSON *open; /* borrowed; in `part`: the string whose text is in `text`. NULL: none */
	unsigned values;
	char path[GT_DRAFT_PATH_MAX]; /* of `open` */
};

#define GT_CONTENT_CHOICES 128
#define GT_CONTENT_DRAFTS  512
#define GT_CONTENT_DEPTH   24 /* levels of JSON: protobuf decoders allow 100 nested messages, and a level takes three */

struct gt_content {
	const struct gt_capture *capture;
	cJSON *system, *input, *tools;	    /* arrays; NULL: none */
	cJSON *arguments, *result;	    /* of a tool call */
	cJSON *choices[GT_CONTENT_CHOICES]; /* arrays of parts, by choice; NULL: none */
	struct gt_draft *drafts[GT_CONTENT_DRAFTS];
	unsigned n_drafts;
	size_t drafted; /* bytes in all drafts */
	bool has_failed;
	bool is_cumulative; /* each document of the stream repeats everything before it */
	bool is_tool_call;  /* MCP: the response is a tool's result */
};

/* Gives a content, or NULL. Borrows `capture`. gt_content_free accepts NULL. */
struct gt_content *gt_content_new(const struct gt_capture *capture);
void gt_content_free(struct gt_content *c);

/* Forgets what was read of the request, or of the response, before it is read again from the beginning. */
void gt_content_forget_request(struct gt_content *c);
void gt_content_forget_output(struct gt_content *c);

/* ---- messages: each returns the array of parts, which `c` owns, or NULL; functions below accept NULL ---- */

/* Appends a message to the input. Translates roles to the conventions' words. */
cJSON *gt_content_input(struct gt_content *c, struct gt_str role);
/* The parts of one choice of the output; NULL also when `choice` is out of range. */
cJSON *gt_content_choice(struct gt_content *c, int64_t choice);
/* Instructions outside the history; add them with gt_part_text. */
cJSON *gt_content_system(struct gt_content *c);

/* ---- parts: strings are copied; empty strings are left out ---- */

void gt_part_text(struct gt_content *c, cJSON *parts, struct gt_str text);
void gt_part_reasoning(struct gt_content *c, cJSON *parts, struct gt_str text);
/* A text part from the string at `path`. */
void gt_part_text_at(struct gt_content *c, cJSON *parts, const cJSON *json, const char *path);
/* A string in `arguments` is parsed as JSON if it holds an object or array. `arguments` NULL: none. */
void gt_part_tool_call(struct gt_content *c, cJSON *parts, struct gt_str id, struct gt_str name, const cJSON *arguments);
void gt_part_tool_response(struct gt_content *c, cJSON *parts, struct gt_str id, const cJSON *response);
/* A call or result of a tool that the provider runs, with all members of `call` except `id`. */
void gt_part_server_tool(struct gt_content *c, cJSON *parts, const char *type, const cJSON *call);
/* A data: URL becomes a blob. `modality` NULL: by `mime`. */
void gt_part_uri(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str uri);
void gt_part_file(struct gt_content *c, cJSON *parts, const char *modality, struct gt_str id);
/* Base64 data: only its media type, size and SHA-256 are kept. `modality` NULL: by `mime`. */
void gt_part_blob(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str base64);
/* Copies a part that the conventions do not define. `type` is for parts without a type. */
void gt_part_other(struct gt_content *c, cJSON *parts, const cJSON *part, const char *type);

/* Changes the role of the last input message from "user" to "tool" when all its parts are tool responses. */
void gt_content_settle_role(struct gt_content *c);

/* ---- definitions, arguments, result ---- */

void gt_content_tool(struct gt_content *c, const char *type, struct gt_str name, const cJSON *description,
		     const cJSON *parameters);
void gt_content_arguments(struct gt_content *c, const cJSON *json);
void gt_content_result(struct gt_content *c, const cJSON *json);

/* ---- parts that arrive in pieces: a part has the position of its first piece ---- */

#define GT_DRAFT_LAST (-1) /* as key: continues the choice's last part if that has the same kind and this key */

/* The part with that choice, kind and key; creates it if needed. NULL: too many parts, or no memory. */
struct gt_draft *gt_draft_of(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key);
/* Creates a part with a key of its own. NULL as above. */
struct gt_draft *gt_draft_new(struct gt_content *c, int64_t choice, enum gt_draft_kind kind);
/* The call with that key at its beginning. Some servers give all calls one key: where its call has another id, the
 * part is created anew. NULL as above. */
struct gt_draft *gt_draft_begin(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key, struct gt_str id);
/* Creates another part with a key that is in use. From now on the key means the new part. NULL as above. */
struct gt_draft *gt_draft_again(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key);
/* The choice's tool call, of either kind, with that key; the last call for GT_DRAFT_LAST. NULL: none. */
struct gt_draft *gt_draft_call(struct gt_content *c, int64_t choice, int64_t key);
/* True when the choice has a part of any kind with a key from `from` to `to`. */
bool gt_draft_has(const struct gt_content *c, int64_t choice, int64_t from, int64_t to);
/* The choice's latest tool call, of either kind, with that key and that id; with any key for GT_DRAFT_LAST. NULL: none, or
 * `id` is empty. */
struct gt_draft *gt_draft_call_of(struct gt_content *c, int64_t choice, int64_t key, struct gt_str id);
/* Makes the arguments an empty object, for a tool call without pieces. */
void gt_draft_expect_object(struct gt_content *c, struct gt_draft *d);
void gt_draft_add(struct gt_content *c, struct gt_draft *d, struct gt_str piece);
/* Adds the text of a string, or any other value as JSON. Null adds nothing. */
void gt_draft_add_json(struct gt_content *c, struct gt_draft *d, const cJSON *piece);
/* Adds one value of a call's arguments. `path` is a JSONPath of names and indices, "$.a.b[0]" (RFC 9535, 2.7). A string
 * continues an earlier string at the same path. */
void gt_draft_add_value(struct gt_content *c, struct gt_draft *d, struct gt_str path, const cJSON *value);
/* Ends the string that gt_draft_add_value continues, if there is one. */
void gt_draft_end_value(struct gt_content *c, struct gt_draft *d);
/* True when the collected text is a whole JSON object. */
bool gt_draft_is_whole(const struct gt_draft *d);
/* True when the part has this id. */
bool gt_draft_is_called(const struct gt_draft *d, struct gt_str id);
/* Sets id and name, where they are not empty and not set yet. */
void gt_draft_name(struct gt_content *c, struct gt_draft *d, struct gt_str id, struct gt_str name);
/* Moves the collected texts into the parts and frees the drafts. */
void gt_drafts_end(struct gt_content *c);
void gt_drafts_free(struct gt_content *c);

/* ---- the end ---- */

/* Redacts and limits the content and sets the span's attributes. Takes finish reasons from the reading. */
void gt_content_put(struct gt_content *c, struct gt_reading *r);

/* ---- for content_*.c and the readers ---- */

/* Gives a string node with the beginning of `s`: what an attribute holds, and what redaction needs. NULL: `has_failed`. */
cJSON *gt_content_node(struct gt_content *c, struct gt_str s);
/* Gives a copy of the tree with limited depth, width and length of strings. NULL: `has_failed`. */
cJSON *gt_content_copy(struct gt_content *c, const cJSON *json);
/* Gives the tree of a text that is a JSON object or array, else a string node with the text. */
cJSON *gt_content_parsed(struct gt_content *c, struct gt_str text);
/* Adds `item` to an array (`name` NULL) or an object. Takes `item` even on failure, which sets `has_failed`. */
void gt_content_add(struct gt_content *c, cJSON *to, const char *name, cJSON *item);

/* The string at `path`, borrowed, or an empty string. */
struct gt_str gt_content_str(const cJSON *json, const char *path);

#endif
