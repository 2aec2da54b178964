/*
 * The names of attributes in each generation of the GenAI conventions. Constant tables; any thread.
 */
#ifndef GT_SEMCONV_H
#define GT_SEMCONV_H

#include <stddef.h>

enum gt_attr {
#define GT_ATTRIBUTE(id, type, n2, n3, legacy, llm) GT_ATTR_##id,
#include "exporter/span/semconv.def"
#undef GT_ATTRIBUTE
	GT_ATTR_COUNT
};

enum gt_value_type { GT_VALUE_STR, GT_VALUE_INT, GT_VALUE_DOUBLE, GT_VALUE_BOOL, GT_VALUE_STRS, GT_VALUE_JSON };

enum gt_generation { GT_N2, GT_N3 };

/* Sets of names in addition (GENTAP_COMPAT), one bit each. */
enum gt_compat { GT_COMPAT_LEGACY = 1, GT_COMPAT_LLM = 2, GT_COMPAT_MODALITIES = 4 };

/* Selects the names; fixed for the life of the process. */
struct gt_naming {
	enum gt_generation generation;
	unsigned compat;
};

#define GT_NAMES_MAX 3

/* Gets the names an attribute is exported under. Returns how many; 0 when the generation does not have it. */
int gt_attr_names(enum gt_attr attr, const struct gt_naming *naming, const char *names[GT_NAMES_MAX]);

enum gt_value_type gt_attr_type(enum gt_attr attr);

/* The attribute with this name in any generation or alias, or GT_ATTR_COUNT. For readers of trace files. */
enum gt_attr gt_attr_of_name(const char *name, size_t len);

#endif
