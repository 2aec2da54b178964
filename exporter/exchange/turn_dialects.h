/*
 * How the APIs that are served over a WebSocket speak of turns. A dialect is two functions of one parsed message: they open,
 * feed and end turns by the functions of turns.h.
 */
#ifndef GT_TURN_DIALECTS_H
#define GT_TURN_DIALECTS_H

#include "exporter/exchange/turns.h"

struct gt_turn_message {
	struct gt_mono at;
	struct gt_str text;
	const cJSON *json; /* an object */
};

struct gt_turn_dialect {
	enum gt_api api; /* of the handshake */
	/* True for a message of the client's that is media alone, by its first bytes. It is not parsed. NULL: false. */
	bool (*is_media)(struct gt_str text);
	void (*sent)(struct gt_turns *t, const struct gt_turn_message *m);
	void (*received)(struct gt_turns *t, const struct gt_turn_message *m);
};

extern const struct gt_turn_dialect gt_turns_of_responses, gt_turns_of_realtime, gt_turns_of_live;

#endif
