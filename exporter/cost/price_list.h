/*
 * The price lists of a process: the built-in list, and the user's own (GENTAP_PRICES), which wins. Exporter thread.
 */
#ifndef GT_PRICE_LIST_H
#define GT_PRICE_LIST_H

#include "exporter/base/buf.h"
#include "exporter/cost/price.h"

struct gt_price_lists {
	struct gt_prices ours, users;
	struct gt_buf text; /* of the user's list */
};

/* prices.txt as of the build. Constant. */
struct gt_str gt_price_list_text(void);

/* Reads both lists; `path` is the user's file or NULL. Problems of that file are reported in one call of `warn`; its
 * readable rows are used. 0 or GT_ENOMEM; call gt_price_lists_free after either. */
int gt_price_lists_read(struct gt_price_lists *lists, const char *path, void (*warn)(void *ctx, const char *message),
			void *ctx);
void gt_price_lists_free(struct gt_price_lists *lists);

#endif
