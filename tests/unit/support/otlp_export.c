#include "otlp_export.h"

#include <unistd.h>

#include "exporter/otlp/otlp_protocol.h"
#include "shim/shared/clock.h"
#include "shim/shared/log.h"
#include "test.h"

struct gt_export gt_export;

int gt_export_set_up(void **state)
{
	(void)state;
	strcpy(gt_export.log_file, "/tmp/gentap-test-XXXXXX");
	close(mkstemp(gt_export.log_file));
	gt_log_open("warn:sink", gt_export.log_file);
	gt_export.config = (struct gt_config){
		.queue_max = 100,
		.otlp = { .protocol = &gt_otlp_http_protobuf, .url = gt_export.url, .timeout_ns = 5 * GT_NS_PER_S }
	};
	gt_sample_init(&gt_export.sample, 3);
	return 0;
}

int gt_export_tear_down(void **state)
{
	(void)state;
	if (gt_export.sink)
		gt_export.sink->ops->close(gt_export.sink);
	gt_export.sink = NULL;
	gt_sample_free(&gt_export.sample);
	gt_log_open(NULL, NULL);
	unlink(gt_export.log_file);
	return 0;
}

void gt_export_set_url(void)
{
	snprintf(gt_export.url, sizeof(gt_export.url), "http://127.0.0.1:%u/v1/traces", gt_collector.port);
}

void gt_export_open(void)
{
	gt_export_set_url();
	gt_export.sink = gt_sink_http_open(&gt_export.config, GT_TRACES);
	assert_non_null(gt_export.sink);
}

void gt_export_write(void)
{
	gt_export.sink->ops->write(gt_export.sink, &gt_export.sample.view);
}

void gt_export_drain(void)
{
	int64_t end = gt_mono_now().ns + 8 * GT_NS_PER_S;

	while (gt_export.sink->ops->is_busy(gt_export.sink)) {
		assert_true(gt_mono_now().ns < end);
		gt_export.sink->ops->poll(gt_export.sink, 20 * GT_NS_PER_MS);
	}
}

void gt_export_send(void)
{
	gt_export_write();
	gt_export_drain();
}

void gt_export_poll_for_ms(int ms)
{
	int64_t end = gt_mono_now().ns + ms * GT_NS_PER_MS;

	while (gt_mono_now().ns < end)
		gt_export.sink->ops->poll(gt_export.sink, 5 * GT_NS_PER_MS);
}

const char *gt_export_log(int *lines)
{
	static char text[8192];
	FILE *f = fopen(gt_export.log_file, "r");

	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	*lines = 0;
	for (const char *p = text; *p; p++)
		*lines += *p == '\n';
	return text;
}

void gt_export_assert_logged(int lines, const char *part)
{
	int n;
	const char *text = gt_export_log(&n);

	if (n != lines || (part && !strstr(text, part)))
		fail_msg("%d lines: %s", n, text);
}
