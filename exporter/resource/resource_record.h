/*
 * A resource as bytes, in the head of a spool: see exporter/span/span_record.h.
 */
#ifndef GT_RESOURCE_RECORD_H
#define GT_RESOURCE_RECORD_H

#include "exporter/resource/resource.h"

/* Writes at most `room` bytes. Attributes that do not fit are left out. Returns the length. */
size_t gt_resource_record_write(char *out, size_t room, const struct gt_resource *r);

/* 0, GT_ENOMEM, or GT_EBAD: damaged, or not a resource that a collector takes. Call gt_resource_free after either. */
int gt_resource_record_read(struct gt_resource *r, struct gt_str in);

#endif
