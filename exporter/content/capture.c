#include "exporter/content/capture.h"

#include <stdio.h>

#include "exporter/base/config_value.h"
#include "exporter/content/capture.h"
#include "exporter/span/span.h"

#define ATTRIBUTE_MAX (64 * 1024)
#define SPAN_MAX      (256 * 1024)
#define LEAST	      1024 /* less than this has room for truncation marks only */
#define MOST	      (4 << 20)

static unsigned read_mode(const struct gt_config_source *from)
{
	static const char *const words[] = { "true", "false", "no_content", "span_only", "event_only", "span_and_event" };
	static const unsigned to[] = {
		GT_CONTENT_TO_SPAN, 0, 0, GT_CONTENT_TO_SPAN, GT_CONTENT_TO_EVENT, GT_CONTENT_TO_SPAN | GT_CONTENT_TO_EVENT
	};
	struct gt_setting mode = GT_SETTING(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, "NO_CONTENT");
	int word = gt_config_word(from, &mode, words, GT_COUNT_OF(words),
				  "is not true, false, NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT");

	return word < 0 ? 0 : to[word];
}

static void bad_item(void *ctx, unsigned item, const char *problem)
{
	char text[120];

	snprintf(text, sizeof(text), "has an item that cannot be used: number %u %s", item, problem);
	gt_config_bad_secret(ctx, GT_ENV_GENTAP_REDACT, text, "it is ignored");
}

void gt_capture_read(struct gt_capture *c, const struct gt_config_source *from)
{
	static const char *const words[] = { "names", "full" };
	struct gt_setting attribute = GT_SETTING(GENTAP_CONTENT_MAX, "65536");
	struct gt_setting span = GT_SETTING(GENTAP_CONTENT_SPAN_MAX, "262144");
	struct gt_setting tools = GT_SETTING(GENTAP_CONTENT_TOOLS, "names");
	uint64_t attribute_max = ATTRIBUTE_MAX, span_max = SPAN_MAX;

	*c = (struct gt_capture){ .to = read_mode(from) };
	gt_redact_read(&c->redact, gt_config_str(from, GT_ENV_GENTAP_REDACT), bad_item, (void *)from);
	if (!c->to)
		return;
	gt_config_number(from, &attribute, LEAST, MOST, &attribute_max);
	gt_config_number(from, &span, LEAST, MOST, &span_max);
	c->attribute_max = (uint32_t)attribute_max;
	c->span_max = (uint32_t)span_max;
	c->has_whole_tools = gt_config_word(from, &tools, words, GT_COUNT_OF(words), "is neither names nor full") == 1;
}

void gt_capture_free(struct gt_capture *c)
{
	gt_redact_free(&c->redact);
	c->to = 0;
}
