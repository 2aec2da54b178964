#include "exporter/span/ledger.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM	   1
#define uthash_nonfatal_oom(entry) ((entry)->is_hashed = false)
#include <uthash.h>

struct entry {
	UT_hash_handle hh;
	bool is_hashed;
	bool is_counted;
	char key[];
};

struct gt_ledger {
	struct entry *entries; /* in the order of their first note */
};

struct gt_ledger *gt_ledger_new(void)
{
	return calloc(1, sizeof(struct gt_ledger));
}

static void drop(struct gt_ledger *l, struct entry *e)
{
	HASH_DEL(l->entries, e);
	free(e);
}

void gt_ledger_free(struct gt_ledger *l)
{
	while (l && l->entries)
		drop(l, l->entries);
	free(l);
}

static void add(struct gt_ledger *l, struct gt_str key, bool is_counted)
{
	struct entry *e = malloc(sizeof(*e) + key.len);

	if (!e)
		return;
	e->is_hashed = true;
	e->is_counted = is_counted;
	memcpy(e->key, key.p, key.len);
	HASH_ADD(hh, l->entries, key[0], (unsigned)key.len, e);
	if (!e->is_hashed)
		free(e);
	else if (HASH_COUNT(l->entries) > GT_LEDGER_MAX)
		drop(l, l->entries);
}

enum gt_ledger_state gt_ledger_note(struct gt_ledger *l, struct gt_str key, bool counts)
{
	enum gt_ledger_state before;
	struct entry *e;

	if (!l || !key.len)
		return GT_LEDGER_NEW;
	if (key.len > GT_LEDGER_KEY_MAX)
		key.len = GT_LEDGER_KEY_MAX;
	HASH_FIND(hh, l->entries, key.p, (unsigned)key.len, e);
	if (!e) {
		add(l, key, counts);
		return GT_LEDGER_NEW;
	}
	before = e->is_counted ? GT_LEDGER_COUNTED : GT_LEDGER_OPEN;
	e->is_counted |= counts;
	return before;
}
