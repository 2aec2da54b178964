/*
 * A span, and a resource, as bytes that another process of the same version can read: the form in which finished spans
 * wait in a spool (shim/spool.h).
 *
 * Numbers have the byte order of the machine. A reader must not trust the bytes: the process may have been killed while
 * it wrote them. Pure; the fuzz target is fuzz_span_record.
 */
#ifndef GT_SPAN_RECORD_H
#define GT_SPAN_RECORD_H

#include "exporter/base/buf.h"
#include "exporter/span/span.h"

/* Appends the span. False when the buffer is over. What only metrics use is left out. */
bool gt_span_record_write(struct gt_buf *out, const struct gt_span *s);

/* Gives the span, or NULL: without memory, or when the bytes are not the whole record of a span that a collector takes. Its
 * texts are UTF-8 and its ids are not zero. Each attribute has its type and comes once. The memory is in proportion to the
 * bytes. */
struct gt_span *gt_span_record_read(struct gt_str in);

/* One value, and one string, for records of other things. The reader advances `in`. Strings are borrowed from the
 * record; those of a list of strings are in `memory`. */
bool gt_record_put_str(struct gt_buf *out, struct gt_str s);
bool gt_record_put_value(struct gt_buf *out, const struct gt_value *v);
bool gt_record_get_str(struct gt_str *in, struct gt_str *s);
bool gt_record_get_value(struct gt_str *in, struct gt_value *v, struct gt_arena *memory);

#endif
