/*
 * What both entries of the library set up before their work: the settings, the resource, the prices, the sinks, and what
 * they lend to every reading. Exporter thread.
 */
#ifndef GT_SETUP_H
#define GT_SETUP_H

#include "exporter/config/config.h"
#include "exporter/cost/price_list.h"
#include "exporter/resource/resource.h"
#include "exporter/sinks/sinks.h"
#include "exporter/span/run_context.h"
#include "shim/shared/exporter_host.h"

/* Must not move: its parts point at each other. */
struct gt_setup {
	const struct gt_exporter_host *host;
	struct gt_config config;
	struct gt_config_source source;
	struct gt_resource resource; /* of this process */
	struct gt_price_lists prices;
	struct gt_sinks sinks;
	bool is_quiet;		   /* wrong settings are not reported: the processes of the run do that */
	struct gt_run_context run; /* lent to every call; nothing is measured until the caller says so */
};

/* `s` is zeroed, except for is_quiet. Borrows `host` for ever. 0 or GT_ENOMEM; call gt_setup_free after either. */
int gt_setup_make(struct gt_setup *s, const struct gt_exporter_host *host);
void gt_setup_free(struct gt_setup *s);

/* True when a batch may be written now. While the collector takes spans as fast as it can, events wait in the hand-off
 * rather than spans being dropped. That must not cost events. */
bool gt_setup_has_room(const struct gt_setup *s);

#endif
