#include "exporter/metrics/metrics.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	   1
#define uthash_nonfatal_oom(entry) ((entry)->is_hashed = false)
#include <uthash.h>

#include "shim/shared/compiler.h"

#define KEY_MAX	  4096 /* bytes of attribute values; a longer key is cut, for the comparison only */
#define VALUE_MAX 255  /* bytes of one value: names of models and tools, not texts */

/* A point, and what is needed to find it. */
struct entry {
	struct gt_point point;
	UT_hash_handle hh;
	bool is_hashed;
	struct gt_arena memory; /* of the attributes' values and the key */
	char *key;
	size_t key_len;
	uint64_t seen; /* measurements since the last export */
};

struct group {
	struct entry *entries; /* by key */
	struct gt_point **end;
	struct entry *overflow;
};

struct gt_metrics {
	struct gt_metrics_form form;
	const struct gt_naming *naming;
	uint64_t start_unix_ns; /* of the current measurements */
	bool has_news;
	struct gt_metric metrics[GT_INSTRUMENTS];
	struct group groups[GT_INSTRUMENTS];
};

/* One span being measured by one instrument. */
struct gt_measuring {
	struct gt_metrics *metrics;
	unsigned index;
	const struct gt_span *span;
};

struct gt_metrics *gt_metrics_new(const struct gt_metrics_form *form, const struct gt_naming *naming, uint64_t now_unix_ns)
{
	struct gt_metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->form = *form;
	m->naming = naming;
	m->start_unix_ns = now_unix_ns;
	for (unsigned i = 0; i < GT_INSTRUMENTS; i++) {
		m->metrics[i].instrument = &gt_instruments[i];
		m->groups[i].end = &m->metrics[i].first;
	}
	return m;
}

static void free_entry(struct entry *e)
{
	free(e->point.exponential);
	gt_arena_free(&e->memory);
	free(e);
}

static void clear_group(struct gt_metric *metric, struct group *group)
{
	HASH_CLEAR(hh, group->entries);
	for (struct gt_point *p = metric->first, *next; p; p = next) {
		next = p->next;
		free_entry((struct entry *)p);
	}
	metric->first = NULL;
	metric->n = 0;
	*group = (struct group){ .end = &metric->first };
}

void gt_metrics_free(struct gt_metrics *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < GT_INSTRUMENTS; i++)
		clear_group(&m->metrics[i], &m->groups[i]);
	free(m);
}

/* ---------------------------------------------------------------- points */

struct key {
	char p[KEY_MAX];
	size_t len;
};

static void key_add(struct key *k, const void *p, size_t len)
{
	if (len > sizeof(k->p) - k->len)
		len = sizeof(k->p) - k->len;
	memcpy(k->p + k->len, p, len);
	k->len += len;
}

static struct gt_value shortened(const struct gt_value *v)
{
	struct gt_value out = *v;

	if (out.type != GT_VALUE_STR || out.str.len <= VALUE_MAX)
		return out;
	out.str.len = VALUE_MAX;
	while (out.str.len && ((unsigned char)out.str.p[out.str.len] & 0xc0) == 0x80)
		out.str.len--; /* do not cut within a character */
	return out;
}

/* Gets the attributes of one measurement, and a key made of them. Values are borrowed from the span. */
static uint32_t attributes_of(const struct gt_measuring *m, const char *extra, struct gt_point_attribute *out, struct key *key)
{
	const struct gt_instrument *instrument = &gt_instruments[m->index];
	const struct gt_naming plain = { .generation = m->metrics->naming->generation };
	uint32_t n = 0;

	key->len = 0;
	for (unsigned i = 0; i < instrument->n_attributes; i++) {
		const struct gt_value *v = gt_span_get(m->span, instrument->attributes[i]);
		const char *names[GT_NAMES_MAX];

		if (!v || !gt_attr_names(instrument->attributes[i], &plain, names))
			continue;
		out[n++] = (struct gt_point_attribute){ names[0], shortened(v) };
	}
	if (extra)
		out[n++] = (struct gt_point_attribute){ instrument->extra, { .type = GT_VALUE_STR, .str = gt_str_of(extra) } };
	for (uint32_t i = 0; i < n; i++) {
		const struct gt_value *v = &out[i].value;

		key_add(key, &out[i].name, sizeof(out[i].name)); /* names are constants: the address identifies them */
		key_add(key, &v->type, sizeof(v->type));
		if (v->type == GT_VALUE_STR) {
			key_add(key, &v->str.len, sizeof(v->str.len));
			key_add(key, v->str.p, v->str.len);
		} else {
			key_add(key, &v->i, sizeof(v->i));
		}
	}
	return n;
}

static bool keep_values(struct entry *e)
{
	for (uint32_t i = 0; i < e->point.n; i++) {
		struct gt_value *v = &e->point.attributes[i].value;

		if (v->type != GT_VALUE_STR)
			continue;
		v->str.p = gt_arena_copy(&e->memory, v->str);
		if (!v->str.p)
			return false;
	}
	return true;
}

/* Gives an entry that is in no list yet, or NULL. */
static struct entry *new_entry(const struct gt_metrics *m, unsigned index, const struct gt_point_attribute *attributes,
			       uint32_t n)
{
	bool is_exponential = m->form.is_exponential && gt_instruments[index].kind == GT_HISTOGRAM;
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	gt_arena_init(&e->memory, 0);
	e->point.start_unix_ns = m->start_unix_ns;
	e->point.n = n;
	memcpy(e->point.attributes, attributes, n * sizeof(*attributes));
	if (is_exponential)
		e->point.exponential = malloc(sizeof(*e->point.exponential));
	if (!keep_values(e) || (is_exponential && !e->point.exponential)) {
		free_entry(e);
		return NULL;
	}
	if (e->point.exponential)
		gt_exp_histogram_init(e->point.exponential);
	return e;
}

static void append(struct gt_metric *metric, struct group *group, struct entry *e)
{
	*group->end = &e->point;
	group->end = &e->point.next;
	metric->n++;
}

static struct entry *overflow_entry(struct gt_metrics *m, unsigned index)
{
	static const struct gt_point_attribute overflow = { "otel.metric.overflow", { .type = GT_VALUE_BOOL, .b = true } };
	struct group *group = &m->groups[index];

	if (!group->overflow) {
		group->overflow = new_entry(m, index, &overflow, 1);
		if (group->overflow)
			append(&m->metrics[index], group, group->overflow);
	}
	return group->overflow;
}

static struct entry *add_entry(struct gt_metrics *m, unsigned index, const struct gt_point_attribute *attributes, uint32_t n,
			       const struct key *key)
{
	struct group *group = &m->groups[index];
	struct entry *e = new_entry(m, index, attributes, n);

	if (!e)
		return NULL;
	e->key = gt_arena_copy(&e->memory, gt_str_make(key->p, key->len));
	e->key_len = key->len;
	e->is_hashed = e->key != NULL;
	if (e->key)
		HASH_ADD_KEYPTR(hh, group->entries, e->key, e->key_len, e);
	if (!e->is_hashed) {
		free_entry(e);
		return NULL;
	}
	append(&m->metrics[index], group, e);
	return e;
}

static struct entry *find_entry(struct gt_measuring *at, const char *extra)
{
	struct gt_point_attribute attributes[GT_INSTRUMENT_ATTRIBUTES_MAX];
	struct gt_metrics *m = at->metrics;
	struct entry *e = NULL;
	struct key key;
	uint32_t n = attributes_of(at, extra, attributes, &key);

	HASH_FIND(hh, m->groups[at->index].entries, key.p, key.len, e);
	if (!e && m->metrics[at->index].n < GT_POINTS_MAX - 1)
		e = add_entry(m, at->index, attributes, n, &key);
	return e ? e : overflow_entry(m, at->index);
}

/* ---------------------------------------------------------------- measurements */

static bool wants_exemplar(const struct gt_measuring *m)
{
	switch (m->metrics->form.exemplars) {
	case GT_EXEMPLARS_ALWAYS_ON:
		return true;
	case GT_EXEMPLARS_ALWAYS_OFF:
		return false;
	case GT_EXEMPLARS_TRACE_BASED:
		break;
	}
	return m->span->context.flags & GT_TRACE_SAMPLED;
}

static void measure(struct gt_measuring *m, double value, const char *extra)
{
	const struct gt_instrument *instrument = &gt_instruments[m->index];
	struct entry *e = find_entry(m, extra);
	uint32_t slot = 0;

	if (!e)
		return;
	if (instrument->kind == GT_COUNTER && !instrument->is_int) {
		e->point.sum += value;
	} else if (instrument->kind == GT_COUNTER) {
		e->point.count += (uint64_t)value;
	} else if (e->point.exponential) {
		gt_exp_histogram_add(e->point.exponential, value);
		slot = (uint32_t)(e->seen % GT_EXEMPLARS_MAX);
	} else {
		slot = gt_histogram_add(&e->point.histogram, instrument->bounds, value);
	}
	e->seen++;
	m->metrics->has_news = true;
	if (wants_exemplar(m))
		e->point.exemplars[slot] = (struct gt_exemplar){ m->span->end_unix_ns, value, m->span->context.trace_id,
								 m->span->context.span_id };
}

void gt_metrics_record(struct gt_metrics *m, const struct gt_span *s)
{
	unsigned about = gt_measured_as(s);
	struct gt_measuring measuring = { .metrics = m, .span = s };

	for (unsigned i = 0; i < GT_INSTRUMENTS && about; i++) {
		const struct gt_instrument *instrument = &gt_instruments[i];

		measuring.index = i;
		if ((instrument->about & about) && (instrument->generations & 1u << m->naming->generation))
			instrument->read(s, measure, &measuring);
	}
}

/* ---------------------------------------------------------------- export */

struct gt_metrics_view gt_metrics_collect(struct gt_metrics *m, uint64_t now_unix_ns)
{
	struct gt_metrics_view view = { .metrics = m->metrics, .n = GT_INSTRUMENTS, .form = m->form };

	/* the wall clock may have been set back */
	view.time_unix_ns = now_unix_ns > m->start_unix_ns ? now_unix_ns : m->start_unix_ns + 1;
	for (unsigned i = 0; i < GT_INSTRUMENTS; i++)
		view.points += m->metrics[i].n;
	return view;
}

void gt_metrics_reported(struct gt_metrics *m, const struct gt_metrics_view *view)
{
	m->has_news = false;
	if (m->form.temporality == GT_DELTA) {
		for (unsigned i = 0; i < GT_INSTRUMENTS; i++)
			clear_group(&m->metrics[i], &m->groups[i]);
		m->start_unix_ns = view->time_unix_ns;
		return;
	}
	for (unsigned i = 0; i < GT_INSTRUMENTS; i++) {
		for (struct gt_point *p = m->metrics[i].first; p; p = p->next) {
			memset(p->exemplars, 0, sizeof(p->exemplars));
			((struct entry *)p)->seen = 0;
		}
	}
}

bool gt_metrics_have_news(const struct gt_metrics *m)
{
	return m->has_news;
}
