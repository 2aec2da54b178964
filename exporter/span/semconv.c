#include "exporter/span/semconv.h"

#include <stdbool.h>
#include <string.h>

static const struct {
	const char *n2, *n3, *legacy, *llm;
	enum gt_value_type type;
} attributes[GT_ATTR_COUNT] = {
#define GT_ATTRIBUTE(id, type, n2, n3, legacy, llm) [GT_ATTR_##id] = { n2, n3, legacy, llm, GT_VALUE_##type },
#include "exporter/span/semconv.def"
#undef GT_ATTRIBUTE
};

/* N2 has these only on request: backends add up the counts that they do not know. Audio alone has a price of its own; it is
 * sent unless it is all there is (span.c). */
static bool is_hidden(enum gt_attr attr, const struct gt_naming *naming)
{
	return naming->generation == GT_N2 && !(naming->compat & GT_COMPAT_MODALITIES) && attr >= GT_ATTR_USAGE_TEXT_INPUT &&
	       attr <= GT_ATTR_USAGE_AUDIO_OUTPUT && attr != GT_ATTR_USAGE_AUDIO_INPUT && attr != GT_ATTR_USAGE_AUDIO_OUTPUT;
}

int gt_attr_names(enum gt_attr attr, const struct gt_naming *naming, const char *names[GT_NAMES_MAX])
{
	const char *name = naming->generation == GT_N3 ? attributes[attr].n3 : attributes[attr].n2;
	int n = 0;

	if (!name || is_hidden(attr, naming))
		return 0;
	names[n++] = name;
	if ((naming->compat & GT_COMPAT_LEGACY) && attributes[attr].legacy)
		names[n++] = attributes[attr].legacy;
	if ((naming->compat & GT_COMPAT_LLM) && attributes[attr].llm)
		names[n++] = attributes[attr].llm;
	return n;
}

enum gt_value_type gt_attr_type(enum gt_attr attr)
{
	return attributes[attr].type;
}

static int is(const char *name, const char *p, size_t len)
{
	return name && strlen(name) == len && memcmp(name, p, len) == 0;
}

enum gt_attr gt_attr_of_name(const char *name, size_t len)
{
	for (int i = 0; i < GT_ATTR_COUNT; i++)
		if (is(attributes[i].n2, name, len) || is(attributes[i].n3, name, len) || is(attributes[i].legacy, name, len) ||
		    is(attributes[i].llm, name, len))
			return (enum gt_attr)i;
	return GT_ATTR_COUNT;
}
