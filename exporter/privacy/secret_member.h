/*
 * Members and items of JSON that are secrets because of a name beside them, whatever their type and shape. Pure. The rules
 * are those of named_value.c, for a tree rather than a text.
 */
#ifndef GT_SECRET_MEMBER_H
#define GT_SECRET_MEMBER_H

#include "exporter/base/json.h"

/* What the members of an object say of each other. */
enum gt_object_kind {
	GT_OBJECT_PLAIN,
	GT_OBJECT_TELLING_PAIR, /* {"name": "Authorization", "value": "..."}: the value is secret */
};
enum gt_object_kind gt_secret_object_kind(const cJSON *object);

enum gt_member_kind {
	GT_MEMBER_PLAIN,
	GT_MEMBER_SECRET, /* hide all of the value */
	GT_MEMBER_SCHEMA, /* the JSON schema of a secret, whose default is the value of a telling pair */
};

/* Of a member of an object of that kind. Empty values, null, true and false are plain. */
enum gt_member_kind gt_secret_member_kind(const cJSON *member, enum gt_object_kind object);

/* True for an item of a list that comes after a telling name: ["Authorization", "..."]. */
bool gt_secret_is_item(const cJSON *item);

#endif
