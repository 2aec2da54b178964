#include "exporter/privacy/schema_words.h"

#include "exporter/base/steps.h"
#include "shim/shared/compiler.h"

static bool is_one_of(struct gt_str s, const char *const *words, size_t n)
{
	GT_STEPS(n);
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(s, gt_str_of(words[i])))
			return true;
	return false;
}

bool gt_schema_has_member(struct gt_str name)
{
	static const char *const words[] = {
		"type",	    "title",	 "description", "format",      "pattern",     "minLength",	"maxLength",
		"minimum",  "maximum",	 "default",	"example",     "examples",    "enum",		"const",
		"items",    "minItems",	 "maxItems",	"uniqueItems", "properties",  "required",	"nullable",
		"readOnly", "writeOnly", "deprecated",	"anyOf",       "allOf",	      "oneOf",		"not",
		"$ref",	    "$comment",	 "$id",		"$defs",       "definitions", "insertionOrder", "additionalProperties",
	};

	return gt_str_starts(name, GT_STR("x-")) || is_one_of(name, words, GT_COUNT_OF(words));
}

bool gt_schema_is_typed_by(struct gt_str name)
{
	static const char *const words[] = { "$ref", "anyOf", "allOf", "oneOf", "enum", "const" };

	return is_one_of(name, words, GT_COUNT_OF(words));
}

bool gt_schema_has_type(struct gt_str type)
{
	static const char *const words[] = { "string", "number", "integer", "boolean", "array", "object", "null" };

	return is_one_of(type, words, GT_COUNT_OF(words));
}
