/*
 * The turns of a WebSocket: from the messages of both directions to calls. A turn is one response of the model; it becomes
 * a call like an HTTP exchange, with a span of its own below the handshake's. Exporter thread.
 *
 * What begins and ends a turn differs between APIs (turn_dialects.h). The request of a turn is a JSON text. The
 * dialect makes it of the message that asked for the response and of the session's settings so far. The documents of the
 * answer are the server's messages.
 */
#ifndef GT_TURNS_H
#define GT_TURNS_H

#include <cjson/cJSON.h>

#include "exporter/exchange/call.h"

#define GT_TURNS_MAX   32 /* open at once; more are not reported */
#define GT_TURN_ID_MAX 120

struct gt_turns;
struct gt_turn_dialect;

/* A name from a message. A longer name is cut, alike in all messages. */
struct gt_turn_id {
	char text[GT_TURN_ID_MAX];
	uint8_t len;
};

struct gt_turn {
	struct gt_call *call;	 /* owned */
	struct gt_turn_id id;	 /* of the response; .len 0: the server has not answered */
	struct gt_turn_id lane;	 /* of several conversations on the socket */
	struct gt_turn_id asked; /* the client's name of the message that asked for it */
	bool is_settled;	 /* nothing of the answer is missing, but counts may still come */
	bool is_over;		 /* further output belongs to the next turn */
	bool has_no_start;	 /* nothing shows when the client's input was complete */
	bool is_setup;		 /* no turn yet: the session is being set up, which may fail */
};

struct gt_turns {
	const struct gt_turn_dialect *dialect;
	struct gt_call *handshake; /* owned; what all calls have in common */
	struct gt_turn open[GT_TURNS_MAX];
	size_t n; /* of them, oldest first */
	size_t *left;
	cJSON *session; /* owned; its settings, or NULL */
	struct gt_turn_id asked_model, served_model;
	bool has_session;     /* the server has accepted the session */
	bool is_request_lost; /* a message of the client's was not read: it may have asked for the next turn */
	struct gt_mono input; /* of the client, which may cause the next turn; .ns 0: none */
	gt_call_done *done;
};

/* Gives the turns of a WebSocket whose handshake is this call, or NULL. They borrow `left`, and give the call's own
 * arguments to `done` and to the function for documents. */
struct gt_turns *gt_turns_new(const struct gt_call *handshake, size_t *left, gt_call_done *done);
void gt_turns_free(struct gt_turns *t); /* reports open turns as GT_OUTCOME_NEVER */

/* One message, which the client sent or received at `at`. */
void gt_turns_message(struct gt_turns *t, bool is_sent, struct gt_mono at, struct gt_str text);

/* A message that could not be read. */
void gt_turns_lost(struct gt_turns *t, bool is_sent, enum gt_damage why);

/* The payload of a Close frame: no more messages follow in this direction. Ends the open turns. */
void gt_turns_close(struct gt_turns *t, bool is_sent, struct gt_mono at, struct gt_str payload);

/* Ends all open turns. */
void gt_turns_end(struct gt_turns *t, enum gt_outcome outcome, struct gt_str failure, struct gt_mono at);

size_t gt_turns_open(const struct gt_turns *t);

/* ---- for dialects ---- */

struct gt_turn_id gt_turn_id_of(const cJSON *json, const char *path); /* empty without a text there */
bool gt_turn_is(const struct gt_turn_id *a, const struct gt_turn_id *b);

/* Opens a turn that began at `at`. NULL: too many, or no memory. */
struct gt_turn *gt_turn_open(struct gt_turns *t, struct gt_mono at, enum gt_api api);

/* Its request: a text, or a tree (taken; NULL: no memory). A later request replaces the first. */
void gt_turn_ask(struct gt_turn *turn, struct gt_str text);
void gt_turn_ask_tree(struct gt_turn *turn, cJSON *tree);

/* Adds a reference to an object, which must outlive `tree`. Without memory nothing is added. */
void gt_turn_refer(cJSON *tree, const char *name, const cJSON *object);

/* One document of its answer. `is_output`: with output of the model. */
void gt_turn_document(struct gt_turn *turn, struct gt_mono at, struct gt_str text, bool is_output);

/* The turn is over, and no longer among the open turns: `turn` and pointers to later turns are not valid any more. */
void gt_turn_end(struct gt_turns *t, struct gt_turn *turn, enum gt_outcome outcome, struct gt_mono at);

/* Merges settings into those of the session (RFC 7396), or replaces them all. */
void gt_turns_set(struct gt_turns *t, const cJSON *settings, bool replaces);

#endif
