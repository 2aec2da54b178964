/*
 * The price lists of a process: the one gentap brings, and the user's own (GENTAP_PRICES), which wins. Exporter thread.
 */
#ifndef GT_PRICE_LIST_H
#define GT_PRICE_LIST_H

#include "exporter/base/buf.h"
#include "exporter/cost/price.h"

struct gt_price_lists {
	struct gt_prices ours, users;
	struct gt_buf text; /* of the user's */
};

/* prices.txt as it was when gentap was built. Constant. */
struct gt_str gt_price_list_text(void);

/* Reads both; `path` NULL: there is none of the user's. What is wrong with the user's file is told in one call of `warn`, and
 * what can be read of it counts. 0 or GT_ENOMEM; gt_price_lists_free is due in every case. */
int gt_price_lists_read(struct gt_price_lists *lists, const char *path, void (*warn)(void *ctx, const char *message),
			void *ctx);
void gt_price_lists_free(struct gt_price_lists *lists);

#endif
