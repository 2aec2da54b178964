#include "exporter/privacy/redact.h"

#include <stdlib.h>

#include "exporter/base/steps.h"
#include "exporter/privacy/search.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- the list */

/* Cuts the next item off `*rest`. A comma between slashes belongs to the item. */
static struct gt_str next_item(struct gt_str *rest)
{
	bool is_pattern = false;
	size_t i = 0;
	struct gt_str item;

	for (; i < rest->len && (is_pattern || rest->p[i] != ','); i++) {
		if (rest->p[i] == '\\' && is_pattern)
			i++;
		else if (rest->p[i] == '/')
			is_pattern = !is_pattern;
	}
	i = i < rest->len ? i : rest->len;
	item = gt_str_trim(gt_str_make(rest->p, i));
	*rest = gt_str_skip(*rest, i + 1);
	return item;
}

/* Splits "name=/regex/" or "/regex/" and unescapes the slashes of the regex. False when `item` is neither. */
static bool split(struct gt_str item, struct gt_str *name, char *regex, size_t *len)
{
	size_t slash = gt_str_find(item, '/');

	if (slash == item.len || item.len < slash + 2 || item.p[item.len - 1] != '/')
		return false;
	*name = slash ? gt_str_trim(gt_str_make(item.p, slash - 1)) : GT_STR("pattern");
	if (slash && item.p[slash - 1] != '=')
		return false;
	*len = 0;
	for (size_t i = slash + 1; i < item.len - 1 && *len < GT_PATTERN_MAX + 1; i++)
		if (item.p[i] != '\\' || item.p[i + 1] != '/' || i + 2 == item.len)
			regex[(*len)++] = item.p[i];
	return true;
}

static bool is_plain_name(struct gt_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!(name.p[i] >= '0' && name.p[i] <= '9') && !(gt_lower(name.p[i]) >= 'a' && gt_lower(name.p[i]) <= 'z') &&
		    name.p[i] != '_' && name.p[i] != '-')
			return false;
	return name.len > 0 && name.len < GT_PATTERN_NAME;
}

static const char *add_pattern(struct gt_redact *r, struct gt_str name, struct gt_str regex)
{
	struct gt_pattern *p;
	const char *problem;

	if (!is_plain_name(name))
		return "has a bad name: use up to 31 letters, digits, _ and -";
	if (r->n == GT_REDACT_PATTERNS_MAX)
		return "exceeds the limit of 16 patterns";
	p = calloc(1, sizeof(*p));
	if (!p)
		return "could not be stored: out of memory";
	problem = gt_pattern_compile(p, regex);
	if (problem) {
		free(p);
		return problem;
	}
	gt_str_copy(name, p->name, sizeof(p->name));
	r->patterns[r->n++] = p;
	return NULL;
}

/* False when the class is unknown. */
static bool add_class(struct gt_redact *r, struct gt_str item)
{
	if (gt_str_ieq(item, GT_STR("all")))
		r->classes = GT_SECRET_ALL;
	for (unsigned i = 0; i < GT_SECRETS; i++) {
		if (gt_str_ieq(item, gt_str_of(gt_secret_names[i]))) {
			r->classes |= 1u << i;
			return true;
		}
	}
	return gt_str_ieq(item, GT_STR("all")) || gt_str_ieq(item, GT_STR("none"));
}

void gt_redact_read(struct gt_redact *r, struct gt_str list, void (*bad)(void *ctx, unsigned item, const char *problem),
		    void *ctx)
{
	bool is_chosen = false, is_wrong = false;

	*r = (struct gt_redact){ .n = 0 };
	for (unsigned number = 1; list.len; number++) {
		struct gt_str item = next_item(&list), name;
		char regex[GT_PATTERN_MAX + 1];
		const char *problem = NULL;
		size_t len;

		if (!item.len)
			continue;
		if (split(item, &name, regex, &len)) {
			problem = add_pattern(r, name, gt_str_make(regex, len));
		} else if (memchr(item.p, '/', item.len)) {
			problem = "is not a pattern; write /REGEX/ or name=/REGEX/";
		} else {
			is_chosen = true;
			if (!add_class(r, item)) {
				is_wrong = true;
				problem = "is not a class";
			}
		}
		if (problem)
			bad(ctx, number, problem);
	}
	if (!is_chosen || is_wrong)
		r->classes = GT_SECRET_ALL;
}

void gt_redact_free(struct gt_redact *r)
{
	while (r->n) {
		gt_pattern_free(r->patterns[--r->n]);
		free(r->patterns[r->n]);
	}
}

/* ---------------------------------------------------------------- text without its escapes */

#define REACH GT_SECRET_REACH
_Static_assert(GT_PATTERN_REACH <= REACH, "a match that begins before the cut must be searched whole");

struct meaning {
	struct gt_str text;
	char *plain;	/* owned; the original without escapes; NULL when `text` is the original */
	uint32_t *from; /* for each byte of `plain`, and its end: the offset in the original */
	uint8_t *marks;
};

static int hex4(struct gt_str s)
{
	int v = 0;

	if (s.len < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = gt_lower(s.p[i]);

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -1;
		v = v * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* UTF-8 of a code of 16 bits; U+FFFD for half of a pair. Returns its length, 1 to 3. */
static size_t utf8_of(unsigned code, char out[3])
{
	if (code >= 0xd800 && code <= 0xdfff)
		code = 0xfffd;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* Decodes the escape that `n` backslashes at the beginning of `s` introduce to one character, of `*meant` bytes. Returns
 * the length of the escape, or 0 when it is unknown. */
static size_t escape(struct gt_str s, size_t n, char out[3], size_t *meant)
{
	static const char letters[] = "nrtbf\"'/", meanings[] = "\n\r\t\b\f\"'/";
	const char *letter;
	int code;

	if (n == s.len)
		return 0;
	letter = s.p[n] ? strchr(letters, s.p[n]) : NULL;
	if (letter) {
		out[0] = meanings[letter - letters];
		*meant = 1;
		return n + 1;
	}
	code = s.p[n] == 'u' ? hex4(gt_str_skip(s, n + 1)) : -1;
	if (code <= 0)
		return 0;
	*meant = utf8_of((unsigned)code, out);
	return n + 5;
}

/* Appends one character of the text without escapes; `to` is where it ends in the original. */
static void append(struct meaning *m, size_t *n, const char *p, size_t len, size_t from, size_t to)
{
	for (size_t i = 0; i < len; i++) {
		m->plain[*n] = p[i];
		/* what follows the first byte belongs to the same escape, which is hidden or shown as a whole */
		m->from[(*n)++] = (uint32_t)(i ? to : from);
	}
}

static bool undo_escapes(struct meaning *m, struct gt_str in)
{
	size_t n = 0;

	m->plain = malloc(in.len);
	m->from = malloc((in.len + 1) * sizeof(*m->from));
	if (!m->plain || !m->from)
		return false;
	GT_STEPS(in.len);
	for (size_t i = 0; i < in.len;) {
		size_t slashes = 0, len, meant = 0;
		char c[3];

		while (i + slashes < in.len && in.p[i + slashes] == '\\') /* escaped more than once */
			slashes++;
		GT_STEPS(slashes);
		len = slashes ? escape(gt_str_skip(in, i), slashes, c, &meant) : 0;
		if (len) {
			append(m, &n, c, meant, i, i + len);
			i += len;
			continue;
		}
		/* none of the backslashes begins an escape */
		for (size_t end = i + (slashes ? slashes : 1); i < end; i++)
			append(m, &n, &in.p[i], 1, i, i + 1);
	}
	m->from[n] = (uint32_t)in.len;
	m->text = gt_str_make(m->plain, n);
	return true;
}

static void meaning_free(struct meaning *m)
{
	free(m->plain);
	free(m->from);
	free(m->marks);
}

static bool meaning_of(struct meaning *m, struct gt_str in)
{
	*m = (struct meaning){ .text = in };
	if (in.len && memchr(in.p, '\\', in.len) && !undo_escapes(m, in))
		return false;
	m->marks = calloc(1, m->text.len + 1);
	return m->marks != NULL;
}

static size_t original(const struct meaning *m, size_t i)
{
	return m->from ? m->from[i] : i;
}

/* ---------------------------------------------------------------- the text without its secrets */

static void put_mark(const struct gt_redact *r, uint8_t value, struct gt_text *out)
{
	gt_text_add(out, GT_STR("[redacted:"));
	gt_text_add(out,
		    gt_str_of(value <= GT_SECRETS ? gt_secret_names[value - 1] : r->patterns[value - 1 - GT_SECRETS]->name));
	gt_text_add(out, GT_STR("]"));
}

static void find(const struct gt_redact *r, struct meaning *m)
{
	const struct gt_search search = { m->text, m->from, m->marks };

	gt_secret_mark(&search, r->classes);
	for (unsigned i = 0; i < r->n; i++)
		gt_pattern_mark(r->patterns[i], m->text, m->marks, (uint8_t)(1 + GT_SECRETS + i));
}

static void put(const struct gt_redact *r, const struct meaning *m, struct gt_str in, size_t keep, struct gt_text *out)
{
	size_t i = 0;

	GT_STEPS(m->text.len);
	while (i < m->text.len && original(m, i) < keep) {
		size_t from = i, end;

		if (m->marks[i]) {
			put_mark(r, m->marks[i], out);
			while (i < m->text.len && m->marks[i])
				i++;
			continue;
		}
		while (i < m->text.len && !m->marks[i])
			i++;
		end = original(m, i) < keep ? original(m, i) : keep;
		while (end < in.len && end > original(m, from) && ((unsigned char)in.p[end] & 0xc0) == 0x80)
			end--; /* do not cut within a character */
		gt_text_add(out, gt_str_make(in.p + original(m, from), end - original(m, from)));
	}
}

void gt_redact_text(const struct gt_redact *r, struct gt_str in, size_t keep, struct gt_text *out)
{
	size_t seen = keep < SIZE_MAX - REACH && in.len > keep + REACH ? keep + REACH : in.len;
	struct meaning m;

	if (seen > UINT32_MAX - 1) /* offsets have 32 bits; the default cap on bodies is far below */
		seen = UINT32_MAX - 1;
	in.len = seen;
	if (meaning_of(&m, in)) {
		find(r, &m);
		put(r, &m, in, keep < in.len ? keep : in.len, out);
	} else {
		gt_text_add(out, GT_STR("[redacted:no_memory]"));
	}
	meaning_free(&m);
}
