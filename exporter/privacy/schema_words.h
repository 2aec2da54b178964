/*
 * Tells the JSON schema of a secret from a secret: in {"password": {"type": "string"}} no value is secret. Pure.
 */
#ifndef GT_SCHEMA_WORDS_H
#define GT_SCHEMA_WORDS_H

#include "shim/shared/str.h"

/* A keyword of JSON Schema that occurs beside a type. */
bool gt_schema_has_member(struct gt_str name);
/* A keyword that is enough without a type. */
bool gt_schema_is_typed_by(struct gt_str name);
/* One of the types of JSON Schema. */
bool gt_schema_has_type(struct gt_str type);

#endif
