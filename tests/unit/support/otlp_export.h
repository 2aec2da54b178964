/* A sink of OTLP over HTTP to the collector of collector.h, a batch for it, and its log. */
#ifndef GT_OTLP_EXPORT_H
#define GT_OTLP_EXPORT_H

#include "collector.h"
#include "exporter/config/config.h"
#include "sample_batch.h"

extern struct gt_export {
	char url[128], log_file[64];
	struct gt_config config; /* http/protobuf to `url`, a limit of 5 s, a queue of 100 spans */
	struct gt_sample sample; /* 3 spans */
	struct gt_sink *sink;	 /* of gt_export_open; closed by the tear-down */
} gt_export;

/* For cmocka. */
int gt_export_set_up(void **state);
int gt_export_tear_down(void **state);

/* Sets the URL of the collector; and opens the sink. */
void gt_export_set_url(void);
void gt_export_open(void);

/* Writes the sample. */
void gt_export_write(void);

/* Polls until the queue is empty; fails the test after 8 s. */
void gt_export_drain(void);

/* Both: writes the sample and polls. */
void gt_export_send(void);

/* Polls for this time, also with an empty queue. */
void gt_export_poll_for_ms(int ms);

/* The log so far; counts its lines. Valid until the next call. */
const char *gt_export_log(int *lines);

/* Fails the test unless the log has so many lines, and `part` (may be NULL) in them. */
void gt_export_assert_logged(int lines, const char *part);

#endif
