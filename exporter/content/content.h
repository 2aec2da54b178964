/*
 * The content of one exchange in the JSON of the GenAI conventions: messages made of parts, instructions, definitions of tools,
 * a tool's arguments and result. Exporter thread. It exists only while capture is asked for (capture.h).
 *
 *	message		{"role":"user","parts":[part,...]}; of the output with "finish_reason"
 *	part		{"type":"text","content":"..."}, {"type":"reasoning",...}, {"type":"tool_call","id","name","arguments"},
 *			{"type":"tool_call_response","id","response"}, {"type":"uri","modality","uri"},
 *			{"type":"file","modality","file_id"}, {"type":"blob","modality","mime_type","content":""},
 *			or {"type":<the provider's own>,...}
 *	instructions	[{"type":"text","content":"..."}]
 *	definitions	[{"type":"function","name","description","parameters"}]
 *
 * Readers of the providers' formats (content_readers.h) build trees here; of any one text no more is kept than can be told.
 * Nothing is hidden yet: gt_content_put does that, with whole texts, and writes the attributes.
 *
 * Where there is no memory for something, `failed` is set and that attribute is left out.
 */
#ifndef GT_CONTENT_H
#define GT_CONTENT_H

#include "exporter/base/buf.h"
#include "exporter/base/json.h"
#include "exporter/content/capture.h"

struct gt_reading;

enum gt_draft_kind { GT_DRAFT_TEXT, GT_DRAFT_REASONING, GT_DRAFT_TOOL_CALL, GT_DRAFT_SERVER_CALL };

/* One part of an answer that arrives in pieces. Readers see it through gt_draft_*. */
struct gt_draft {
	cJSON *part; /* in the choice's array */
	int64_t choice, key;
	enum gt_draft_kind kind;
	struct gt_buf text;
	bool is_over; /* its text did not fit: all of it is dropped, because its end may be half a secret */
};

#define GT_CONTENT_CHOICES 128
#define GT_CONTENT_DRAFTS  512
#define GT_CONTENT_DEPTH   24 /* of JSON within JSON: decoders of protobuf stop at a hundred messages, three for each level */

struct gt_content {
	const struct gt_capture *capture;
	cJSON *system, *input, *tools;	    /* arrays; NULL: there are none */
	cJSON *arguments, *result;	    /* of a tool's call */
	cJSON *choices[GT_CONTENT_CHOICES]; /* arrays of parts, by choice; NULL: none */
	struct gt_draft *drafts[GT_CONTENT_DRAFTS];
	unsigned n_drafts;
	size_t drafted; /* bytes in all drafts */
	bool failed;
	bool is_cumulative; /* each document of a stream repeats all that came before it */
	bool is_tool_call;  /* of MCP: what comes back is a tool's result */
};

/* Gives one, or NULL. NULL-safe to free. */
struct gt_content *gt_content_new(const struct gt_capture *capture);
void gt_content_free(struct gt_content *c);

/* For a request, or a response, that is read again from its beginning. */
void gt_content_forget_request(struct gt_content *c);
void gt_content_forget_output(struct gt_content *c);

/* ---- messages. Each gives the array of parts, or NULL, which everything below takes. ---- */

/* A new message at the end of the input. Roles are put into the conventions' words. */
cJSON *gt_content_input(struct gt_content *c, struct gt_str role);
cJSON *gt_content_choice(struct gt_content *c, int64_t choice);
/* Instructions that are sent apart from the history: for gt_part_text. */
cJSON *gt_content_system(struct gt_content *c);

/* ---- parts; the strings are copied, those that are empty are left out ---- */

void gt_part_text(struct gt_content *c, cJSON *parts, struct gt_str text);
void gt_part_reasoning(struct gt_content *c, cJSON *parts, struct gt_str text);
/* The text of the string at `path`. */
void gt_part_text_at(struct gt_content *c, cJSON *parts, const cJSON *json, const char *path);
/* A string of JSON becomes what it says. `arguments` NULL: none. */
void gt_part_tool_call(struct gt_content *c, cJSON *parts, struct gt_str id, struct gt_str name, const cJSON *arguments);
void gt_part_tool_response(struct gt_content *c, cJSON *parts, struct gt_str id, const cJSON *response);
/* Of a tool that the provider runs: with all members but `id` and `name`. */
void gt_part_server_tool(struct gt_content *c, cJSON *parts, const char *type, const cJSON *call);
void gt_part_uri(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str uri);
void gt_part_file(struct gt_content *c, cJSON *parts, const char *modality, struct gt_str id);
/* Bytes in base64: told by their kind, number and SHA-256, never as such. `modality` NULL: by the type. */
void gt_part_blob(struct gt_content *c, cJSON *parts, struct gt_str mime, const char *modality, struct gt_str base64);
/* A part that the conventions have no word for: as it stands. Without a type it has `type`. */
void gt_part_other(struct gt_content *c, cJSON *parts, const cJSON *part, const char *type);

/* Has the message any part but answers of tools? If not, its role is "tool", whatever the wire calls it. */
void gt_content_settle_role(struct gt_content *c);

/* ---- definitions, arguments, result ---- */

void gt_content_tool(struct gt_content *c, const char *type, struct gt_str name, const cJSON *description,
		     const cJSON *parameters);
void gt_content_arguments(struct gt_content *c, const cJSON *json);
void gt_content_result(struct gt_content *c, const cJSON *json);

/* ---- parts that arrive in pieces: placed where their first piece comes ---- */

#define GT_DRAFT_LAST (-1) /* as key: goes on with the choice's last part when that is of the same kind and has this key too */

/* The part of that kind and key in that choice, a new one when there is none. NULL: no more of them. */
struct gt_draft *gt_draft_of(struct gt_content *c, int64_t choice, enum gt_draft_kind kind, int64_t key);
/* One more, whatever its key. */
struct gt_draft *gt_draft_new(struct gt_content *c, int64_t choice, enum gt_draft_kind kind);
/* The choice's call of a tool, of either kind, with that key; with GT_DRAFT_LAST its last one. NULL: none. */
struct gt_draft *gt_draft_call(struct gt_content *c, int64_t choice, int64_t key);
/* Without pieces its arguments are an empty object. */
void gt_draft_expect_object(struct gt_content *c, struct gt_draft *d);
void gt_draft_add(struct gt_content *c, struct gt_draft *d, struct gt_str piece);
/* A string's text, or anything else as JSON. */
void gt_draft_add_json(struct gt_content *c, struct gt_draft *d, const cJSON *piece);
bool gt_draft_is_called(const struct gt_draft *d, struct gt_str id);
void gt_draft_name(struct gt_content *c, struct gt_draft *d, struct gt_str id, struct gt_str name);
/* Puts what was collected into the parts. */
void gt_drafts_end(struct gt_content *c);
void gt_drafts_free(struct gt_content *c);

/* ---- the end ---- */

/* Redacts, limits and sets the span's attributes. Finish reasons are those of the reading. */
void gt_content_put(struct gt_content *c, struct gt_reading *r);

/* ---- for the parts of this module ---- */

/* A string node with the beginning of `s`, as much as can be told and a reach more; NULL: no memory, and failed. */
cJSON *gt_content_node(struct gt_content *c, struct gt_str s);
/* A copy of the tree, cut likewise: in depth, and in the length of its strings. */
cJSON *gt_content_copy(struct gt_content *c, const cJSON *json);
/* What a text of JSON says; a string node with the text when it is none. */
cJSON *gt_content_parsed(struct gt_content *c, struct gt_str text);
/* Adds `item` to an array (`name` NULL) or an object. Takes it in every case. */
void gt_content_add(struct gt_content *c, cJSON *to, const char *name, cJSON *item);

/* A string at `path`, or an empty one. */
struct gt_str gt_content_str(const cJSON *json, const char *path);

#endif
