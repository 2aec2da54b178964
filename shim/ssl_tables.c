#include "shim/ssl_tables.h"

#include <string.h>

#define WORD	       sizeof(uint64_t)
#define COMPARED       16   /* slots of a table; it has more than 20 */
#define FIRST	       2    /* the slots before it hold the version, flags and a mask of options */
#define NEAR	       8192 /* the tables are constants of one source file: 15 to 30 of them, of some 270 bytes */
#define SLOT_IS_BEFORE 5    /* accept's slot in OpenSSL 1.1.1 to 3.1: new, clear, free, accept */
#define SLOT_IS_SINCE  8    /* since 3.2: new, free, reset, init, clear, deinit, accept */

enum { ANY_VERSION = 0x10000, TLS1 = 0x301, TLS1_2 = 0x303, TLS1_3 = 0x304 };

static uint64_t word(uintptr_t table, size_t i)
{
	uint64_t w;

	memcpy(&w, (const void *)(table + i * WORD), sizeof(w));
	return w;
}

static unsigned version_of(uintptr_t table)
{
	return (unsigned)word(table, 0);
}

/* Tables of one segment that may be read. */
static const struct gt_image_part *segment_of(const struct gt_image *i, const struct gt_ssl_known *known)
{
	const struct gt_image_part *p = gt_image_part_of(i, known->any, COMPARED * WORD);

	if (!p || gt_image_part_of(i, known->client, COMPARED * WORD) != p ||
	    gt_image_part_of(i, known->server, COMPARED * WORD) != p)
		return NULL;
	return (known->any | known->client | known->server) % WORD == 0 ? p : NULL;
}

/* The only slot in which two tables differ; 0: no slot, or several. */
static size_t difference(uintptr_t a, uintptr_t b)
{
	size_t found = 0;

	for (size_t i = 0; i < COMPARED; i++) {
		if (word(a, i) == word(b, i))
			continue;
		if (found || i < FIRST)
			return 0;
		found = i;
	}
	return found;
}

/* A client cannot accept, and a server cannot connect: both have the same function for that. */
static const char *find_layout(struct gt_ssl_tables *t, const struct gt_ssl_known *known)
{
	size_t accept = difference(known->any, known->client), connect = difference(known->any, known->server);
	bool is_since;

	if (word(known->any, 0) != ANY_VERSION || word(known->any, 1) != 0)
		return "its tables begin otherwise";
	if (!accept || connect != accept + 1 || word(known->client, accept) != word(known->server, connect))
		return "its tables differ otherwise";
	if (accept != SLOT_IS_BEFORE && accept != SLOT_IS_SINCE)
		return "its tables have another order";
	is_since = accept == SLOT_IS_SINCE;
	t->at[GT_SSL_READ] = (unsigned)connect + 1;
	t->at[GT_SSL_WRITE] = (unsigned)connect + 3; /* SSL_peek's is between them */
	t->at[GT_SSL_FREE] = is_since ? 3 : 4;
	t->at[GT_SSL_RENEW] = is_since ? 4 : 3;
	return NULL;
}

/* The functions must be different functions of the object. */
static const char *find_functions(struct gt_ssl_tables *t, const struct gt_image *i, const struct gt_ssl_known *known)
{
	size_t last = t->at[GT_SSL_WRITE];

	for (size_t a = FIRST; a <= last; a++) {
		if (!gt_image_is_code(i, word(known->any, a)))
			return "its tables do not hold functions";
		for (size_t b = FIRST; b < a; b++)
			if (word(known->any, a) == word(known->any, b))
				return "its tables hold a function twice";
	}
	for (int s = 0; s < GT_SSL_SLOTS; s++)
		t->functions[s] = word(known->any, t->at[s]);
	if ((known->read && known->read != t->functions[GT_SSL_READ]) ||
	    (known->write && known->write != t->functions[GT_SSL_WRITE]))
		return "its tables hold other functions";
	return NULL;
}

static bool is_table(const struct gt_ssl_tables *t, uintptr_t at)
{
	unsigned version = version_of(at);

	if (version != ANY_VERSION && (version < TLS1 || version > TLS1_3))
		return false;
	for (int s = 0; s < GT_SSL_SLOTS; s++)
		if (word(at, t->at[s]) != t->functions[s])
			return false;
	return true;
}

static bool has_table(const struct gt_ssl_tables *t, unsigned version, size_t slot, uint64_t value)
{
	for (size_t k = 0; k < t->n; k++)
		if (version_of(t->tables[k]) == version && word(t->tables[k], slot) == value)
			return true;
	return false;
}

/* The tables of a client's and of a server's TLS 1.2 and 1.3. */
static bool has_all(const struct gt_ssl_tables *t, const struct gt_ssl_known *known)
{
	size_t accept = t->at[GT_SSL_READ] - 2;
	uint64_t never = word(known->client, accept);

	for (unsigned version = TLS1_2; version <= TLS1_3; version++)
		if (!has_table(t, version, accept, never) || !has_table(t, version, accept + 1, never))
			return false;
	return true;
}

static uintptr_t least(uintptr_t a, uintptr_t b)
{
	return a < b ? a : b;
}

static uintptr_t most(uintptr_t a, uintptr_t b)
{
	return a > b ? a : b;
}

static const char *find_all(struct gt_ssl_tables *t, const struct gt_image_part *p, const struct gt_ssl_known *known)
{
	uintptr_t from = least(known->any, least(known->client, known->server));
	uintptr_t to = most(known->any, most(known->client, known->server));

	if (to - from > NEAR)
		return "its tables are far apart";
	from = from - p->start > NEAR ? from - NEAR : (p->start + WORD - 1) & -WORD;
	to = p->end - to > NEAR + COMPARED * WORD ? to + NEAR : p->end - COMPARED * WORD;
	for (uintptr_t at = from; at <= to; at += WORD) {
		if (!is_table(t, at))
			continue;
		if (t->n == GT_SSL_TABLES_MAX)
			return "it has too many tables";
		t->tables[t->n++] = at;
	}
	return has_all(t, known) ? NULL : "a table of a version is missing";
}

const char *gt_ssl_tables_find(struct gt_ssl_tables *t, const struct gt_image *i, const struct gt_ssl_known *known)
{
	const struct gt_image_part *p = segment_of(i, known);
	const char *why;

	*t = (struct gt_ssl_tables){ 0 };
	if (!p)
		return "its tables are not in its memory";
	why = find_layout(t, known);
	if (!why)
		why = find_functions(t, i, known);
	return why ? why : find_all(t, p, known);
}

/* ---------------------------------------------------------------- copies that export nothing */

#define FUNCTIONS 11 /* that every table holds after FIRST */

static bool begins_as_any(const struct gt_image *i, uintptr_t at)
{
	if (word(at, 0) != ANY_VERSION || word(at, 1) != 0)
		return false;
	for (size_t k = FIRST; k < FIRST + FUNCTIONS; k++)
		if (!gt_image_is_code(i, word(at, k)))
			return false;
	return true;
}

const char *gt_ssl_tables_search(struct gt_ssl_tables *t, const struct gt_image *i, const struct gt_image_part *bytes,
				 bool *has_some)
{
	/* which of the three is any, client, server; only one order fits */
	static const unsigned char orders[][3] = {
		{ 0, 2, 1 }, { 0, 1, 2 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	const struct gt_image_part *p = gt_image_part_of(i, bytes->start, bytes->end - bytes->start);
	const char *why = "its tables do not belong together";
	uintptr_t found[3];
	size_t n = 0;

	*has_some = false;
	for (uintptr_t at = (bytes->start + WORD - 1) & -WORD; p && at + COMPARED * WORD <= bytes->end; at += WORD) {
		if (!begins_as_any(i, at))
			continue;
		*has_some = true;
		if (n == 3)
			return "there are several sets of tables";
		found[n++] = at;
	}
	for (size_t k = 0; n == 3 && k < sizeof(orders) / sizeof(orders[0]) && why; k++) {
		struct gt_ssl_known known = { .any = found[orders[k][0]],
					      .client = found[orders[k][1]],
					      .server = found[orders[k][2]] };

		why = gt_ssl_tables_find(t, i, &known);
	}
	return why;
}
