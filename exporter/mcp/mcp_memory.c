#include "exporter/mcp/mcp_memory.h"

#include <stdlib.h>

struct entry {
	struct entry *next;
	struct gt_mcp_note note;
	size_t key_len;
	char key[];
};

struct gt_mcp_memory {
	struct entry *newest;
	unsigned n;
};

struct gt_mcp_memory *gt_mcp_memory_new(void)
{
	return calloc(1, sizeof(struct gt_mcp_memory));
}

void gt_mcp_memory_free(struct gt_mcp_memory *m)
{
	struct entry *next;

	for (struct entry *e = m ? m->newest : NULL; e; e = next) {
		next = e->next;
		free(e);
	}
	free(m);
}

/* Unlinks the entry and gives it. */
static struct entry *unlink_at(struct gt_mcp_memory *m, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	m->n--;
	return e;
}

static struct entry **find(struct gt_mcp_memory *m, struct gt_str key)
{
	struct entry **at = &m->newest;

	while (*at && !gt_str_eq(gt_str_make((*at)->key, (*at)->key_len), key))
		at = &(*at)->next;
	return at;
}

static void drop_oldest(struct gt_mcp_memory *m)
{
	struct entry **at = &m->newest;

	while ((*at)->next)
		at = &(*at)->next;
	free(unlink_at(m, at));
}

void gt_mcp_memory_put(struct gt_mcp_memory *m, struct gt_str key, const struct gt_mcp_note *note)
{
	struct entry *e, **old;

	if (!m)
		return;
	old = find(m, key);
	if (*old)
		free(unlink_at(m, old));
	e = malloc(sizeof(*e) + key.len);
	if (!e)
		return;
	if (m->n == GT_MCP_NOTES_MAX)
		drop_oldest(m);
	e->note = *note;
	e->key_len = key.len;
	if (key.len)
		memcpy(e->key, key.p, key.len);
	e->next = m->newest;
	m->newest = e;
	m->n++;
}

bool gt_mcp_memory_take(struct gt_mcp_memory *m, struct gt_str key, struct gt_mcp_note *out)
{
	struct entry **at = m ? find(m, key) : NULL;

	if (!at || !*at)
		return false;
	*out = (*at)->note;
	free(unlink_at(m, at));
	return true;
}
