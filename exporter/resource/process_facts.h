/*
 * Collects the facts about this process that gt_resource_make needs. A fact that is not available is left out. Does not
 * use name services or locales, which would load code into the application's process.
 */
#ifndef GT_PROCESS_FACTS_H
#define GT_PROCESS_FACTS_H

#include "exporter/resource/resource.h"

/* `executable` and `argv` are the preload's, borrowed for the call; both may be NULL. */
void gt_process_facts_collect(struct gt_process_facts *facts, const char *executable, char *const *argv);
void gt_process_facts_free(struct gt_process_facts *facts);

#endif
