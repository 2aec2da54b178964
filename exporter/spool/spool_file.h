/*
 * The spool of a process that is gone. Its events are read into memory and checked: the process may have been killed
 * between any two instructions, and a file can hold anything. An event that a hook cannot have made is left out. Segments
 * without events take no memory, whatever the head and the length of the file say.
 *
 * Any thread, one at a time for each file.
 */
#ifndef GT_SPOOL_FILE_H
#define GT_SPOOL_FILE_H

#include <limits.h>
#include <stddef.h>

#include "shim/shared/exchange.h"
#include "shim/shared/spool_head.h"

struct gt_spool_segment;

struct gt_spool_file {
	int folder, fd; /* owned; -1 when not open */
	char name[NAME_MAX + 1];
	struct gt_spool_head *head;	   /* owned */
	struct gt_spool_segment *segments; /* owned: those with events */
	const struct gt_event **events;	   /* owned: what can be read, oldest first */
	size_t n;
};

/* Opens the file `name` in `folder` (a descriptor, which is duplicated) and locks it. 0; GT_EBUSY: its process lives, so
 * only the head may be read; GT_EUNSUPPORTED: not a spool, or of another version; GT_ENOMEM. After 0 and GT_EBUSY the
 * caller closes it. */
int gt_spool_file_open(struct gt_spool_file *f, int folder, const char *name);

/* Reads the events. 0 or GT_ENOMEM. */
int gt_spool_file_read(struct gt_spool_file *f);

/* Sets `is_forwarded` in the head, also in the file: every sink gets the events now. */
void gt_spool_file_mark_forwarded(struct gt_spool_file *f);

/* Sets `is_sent` of the event with that index, in the file. The events need not be in memory any more. */
void gt_spool_file_mark_sent(struct gt_spool_file *f, uint32_t index, bool is_sent);

/* Frees what gt_spool_file_read read. The file stays open and locked. */
void gt_spool_file_free_events(struct gt_spool_file *f);

/* Removes the file, unless its name belongs to another file by now. */
void gt_spool_file_remove(struct gt_spool_file *f);

/* Removes the spool `name` of a process that is gone, of whatever version. False when its process lives, or when the file
 * is not a spool. */
bool gt_spool_file_discard(int folder, const char *name);

/* Closes and frees; the file stays. */
void gt_spool_file_close(struct gt_spool_file *f);

/* The same for bytes in memory, for tests: a file's contents. 0, GT_EUNSUPPORTED or GT_ENOMEM. */
int gt_spool_file_of(struct gt_spool_file *f, const char *bytes, size_t len);

#endif
