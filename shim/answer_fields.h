/*
 * The copy of an answer, without the values of fields that the exporter does not read: the copy may be in a file, and
 * cookies must not reach one. Only their length remains.
 *
 * The preload does not know where answers begin. A line with a status at the start of a piece, or after another line, begins
 * a head. It ends at the first line without a field. A pipelined answer may begin elsewhere. So Set-Cookie is left out
 * wherever a line begins with it.
 *
 * Pure: a function of bytes and of the state.
 */
#ifndef GT_ANSWER_FIELDS_H
#define GT_ANSWER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GT_FIELD_NAME_MAX 48 /* longer than each name in read_fields.def */

struct gt_answer_fields {
	uint8_t at;  /* which part of a line comes next; 0: its name */
	uint8_t len; /* of `name` */
	bool is_in_head;
	bool is_hidden; /* the latest field's value, which the next line may continue */
	char name[GT_FIELD_NAME_MAX];
};

/* Copies the next bytes of the connection's answers. A state of zeros begins a connection. */
void gt_answer_fields_copy(struct gt_answer_fields *a, char *to, const char *from, size_t len);

/* Bytes are missing here. */
void gt_answer_fields_skip(struct gt_answer_fields *a);

#endif
