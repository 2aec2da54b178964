#include "exporter/privacy/secret_member.h"

#include "exporter/base/steps.h"
#include "exporter/base/token_char.h"
#include "exporter/privacy/schema_words.h"
#include "exporter/privacy/secret_name.h"

static bool has_value(const cJSON *v)
{
	if (cJSON_IsString(v))
		return v->valuestring[0] != 0;
	return cJSON_IsNumber(v) || ((cJSON_IsArray(v) || cJSON_IsObject(v)) && v->child);
}

/* A type and nothing but keywords of JSON Schema: an object that describes a secret. */
static bool is_schema(const cJSON *object)
{
	bool has_type = false;

	if (!cJSON_IsObject(object))
		return false;
	for (const cJSON *item = object->child; item; item = item->next) {
		GT_STEPS(1);
		if (!gt_schema_has_member(gt_str_of(item->string)))
			return false;
		if (!strcmp(item->string, "type"))
			has_type |= !cJSON_IsString(item) || gt_schema_has_type(gt_str_of(item->valuestring));
		else
			has_type |= gt_schema_is_typed_by(gt_str_of(item->string));
	}
	return has_type;
}

/* A token of a language model, with its text, or its number. */
static bool is_piece_of_text(const cJSON *member)
{
	return gt_secret_name_is_ambiguous(gt_str_of(member->string)) && cJSON_IsObject(member) &&
	       (gt_json_has(member, "text") || gt_json_has(member, "logprob"));
}

enum gt_object_kind gt_secret_object_kind(const cJSON *object)
{
	for (const cJSON *item = object->child; item; item = item->next) {
		GT_STEPS(1);
		if (cJSON_IsString(item) && gt_secret_name_kind(gt_str_of(item->string)) == GT_NAME_PAIR_NAME &&
		    gt_secret_is_name(gt_str_of(item->valuestring)))
			return GT_OBJECT_TELLING_PAIR;
	}
	return GT_OBJECT_PLAIN;
}

enum gt_member_kind gt_secret_member_kind(const cJSON *member, enum gt_object_kind object)
{
	enum gt_name_kind kind;

	if (!has_value(member))
		return GT_MEMBER_PLAIN;
	kind = gt_secret_name_kind(gt_str_of(member->string));
	if (kind == GT_NAME_PAIR_VALUE)
		return object == GT_OBJECT_TELLING_PAIR ? GT_MEMBER_SECRET : GT_MEMBER_PLAIN;
	if (kind != GT_NAME_SECRET || is_piece_of_text(member))
		return GT_MEMBER_PLAIN;
	return is_schema(member) ? GT_MEMBER_SCHEMA : GT_MEMBER_SECRET;
}

bool gt_secret_is_item(const cJSON *item)
{
	/* in cJSON, prev of the first item is the last item */
	const cJSON *before = item->prev && item->prev->next == item ? item->prev : NULL;
	struct gt_str name, value;

	if (!cJSON_IsString(item) || !cJSON_IsString(before))
		return false;
	name = gt_str_of(before->valuestring);
	value = gt_str_of(item->valuestring);
	if (name.len > GT_SECRET_NAME_MAX || !gt_secret_is_name(name))
		return false;
	return gt_secret_is_beside_name(name, value);
}
