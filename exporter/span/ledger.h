/*
 * Which operations of a provider this process has reported, and whose tokens are counted. Exporter thread.
 *
 * Some operations are read several times: a run that is polled, a response that is stored, a file of results. Each read
 * repeats the tokens. They count on the first read that shows the end, and on no later read.
 *
 * At most GT_LEDGER_MAX operations are kept; a new operation then replaces the oldest. A read of an operation that was
 * replaced counts as its first.
 */
#ifndef GT_LEDGER_H
#define GT_LEDGER_H

#include <stdbool.h>

#include "shim/shared/str.h"

#define GT_LEDGER_MAX	  4096 /* a program that polls has few open at a time; about 150 bytes each */
#define GT_LEDGER_KEY_MAX 512  /* bytes; a longer key is cut */

/* What earlier exchanges showed of an operation. */
enum gt_ledger_state {
	GT_LEDGER_NEW,	   /* nothing */
	GT_LEDGER_OPEN,	   /* it exists; its tokens are not counted */
	GT_LEDGER_COUNTED, /* its tokens are counted */
};

struct gt_ledger;

/* Gives a ledger, or NULL. The functions below accept NULL: every operation is then new. */
struct gt_ledger *gt_ledger_new(void);
void gt_ledger_free(struct gt_ledger *l);

/* Returns the state so far, then notes the operation: as counted if `counts`, else as open unless it is counted. Copies
 * `key`, which the caller makes of the provider, the host and the operation's id. Without memory nothing is noted. */
enum gt_ledger_state gt_ledger_note(struct gt_ledger *l, struct gt_str key, bool counts);

#endif
