#include "exporter/exchange/vectors.h"

#include <stdlib.h>

#include "exporter/base/buf.h"
#include "exporter/base/json.h"
#include "exporter/base/json_text.h"
#include "exporter/base/steps.h"

#define NUMBER_MAX 40 /* characters; longer than any printed double, shorter than the limit of the parser */

/* The lengths of all arrays of numbers, in text order. */
struct lengths {
	uint32_t *list; /* owned */
	size_t n, room, at;
	bool has_failed; /* no memory, or the parser may read an array differently */
};

static void note(struct lengths *l, uint32_t len)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		uint32_t *more = realloc(l->list, room * sizeof(*more));

		if (!more) {
			l->has_failed = true;
			return;
		}
		l->list = more;
		l->room = room;
	}
	l->list[l->n++] = len;
}

/* ---------------------------------------------------------------- text */

static size_t digits(struct gt_str s, size_t at)
{
	for (; at < s.len && s.p[at] >= '0' && s.p[at] <= '9'; at++)
		GT_STEPS(1);
	return at;
}

/* The end of the number at `at` (RFC 8259, 6), or `at` when it is not well-formed. */
static size_t number(struct gt_str s, size_t at)
{
	size_t i = at, from;

	if (i < s.len && s.p[i] == '-')
		i++;
	from = i;
	i = digits(s, i);
	if (i == from || (s.p[from] == '0' && i > from + 1))
		return at;
	if (i < s.len && s.p[i] == '.') {
		from = i + 1;
		i = digits(s, from);
		if (i == from)
			return at;
	}
	if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
		from = i + 1;
		if (from < s.len && (s.p[from] == '+' || s.p[from] == '-'))
			from++;
		i = digits(s, from);
		if (i == from)
			return at;
	}
	return i - at <= NUMBER_MAX ? i : at;
}

/* True for characters that the parser would try to read as part of a number. */
static bool is_numberish(struct gt_str s, size_t at)
{
	return at < s.len && memchr("0123456789+-.eE", s.p[at], 15);
}

/* Skips what the parser accepts as white space. */
static size_t blanks(struct gt_str s, size_t at)
{
	for (; at < s.len && (unsigned char)s.p[at] <= ' '; at++)
		GT_STEPS(1);
	return at;
}

/* Reads the array at `at` if it holds only numbers. Returns its end, or 0. Sets `*odd` when the parser may accept
 * something as a number that is not. */
static size_t vector(struct gt_str s, size_t at, size_t *first_end, uint32_t *n, bool *odd)
{
	*n = 0;
	do {
		size_t from = blanks(s, at + 1);

		at = number(s, from);
		if (is_numberish(s, at)) /* malformed, or followed by more */
			*odd = true;
		if (at == from)
			return 0;
		if (!(*n)++)
			*first_end = at;
		at = blanks(s, at);
	} while (at < s.len && s.p[at] == ',');
	return at < s.len && s.p[at] == ']' ? at + 1 : 0;
}

/* Copies the text without the numbers of long vectors. False when it has none, or memory runs out. */
static bool thin(struct gt_str s, struct gt_buf *out, struct lengths *l)
{
	size_t done = 0, at = 0, first_end = 0, end;
	uint32_t n;

	while (at < s.len && !out->is_over && !l->has_failed) {
		GT_STEPS(1);
		if (s.p[at] == '"') {
			at = gt_json_behind_string(s, at);
			continue;
		}
		end = s.p[at] == '[' ? vector(s, at, &first_end, &n, &l->has_failed) : 0;
		if (!end) {
			at++;
			continue;
		}
		note(l, n);
		at = end;
		if (n > GT_VECTOR_KEPT) {
			gt_buf_add(out, s.p + done, first_end - done);
			done = end - 1;
		}
	}
	if (done && done < s.len)
		gt_buf_add(out, s.p + done, s.len - done);
	return done && !out->is_over && !l->has_failed;
}

/* ---------------------------------------------------------------- tree */

static bool is_vector(const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array) {
		GT_STEPS(1);
		if (!cJSON_IsNumber(item))
			return false;
	}
	return array->child != NULL;
}

/* Stores in each array of numbers its length. False when tree and text do not match. */
static bool measure(cJSON *tree, struct lengths *l)
{
	for (; tree; tree = tree->next) {
		if (!cJSON_IsArray(tree) || !is_vector(tree)) {
			if (!measure(tree->child, l))
				return false;
			continue;
		}
		if (l->at == l->n)
			return false;
		if (l->list[l->at] > GT_VECTOR_KEPT)
			tree->valueint = (int)l->list[l->at];
		else if (l->list[l->at] != (uint32_t)cJSON_GetArraySize(tree))
			return false;
		l->at++;
	}
	return true;
}

cJSON *gt_vectors_parse(struct gt_str text)
{
	struct lengths l = { .list = NULL };
	cJSON *json = NULL;
	struct gt_buf thinned;

	if (!text.p || text.len > INT32_MAX)
		return gt_json_parse(text);
	gt_buf_init(&thinned, text.len);
	if (thin(text, &thinned, &l))
		json = gt_json_parse(gt_buf_str(&thinned));
	gt_buf_free(&thinned);
	/* arrays after the first value are not in the tree, and text that is not JSON may have been misread */
	if (!json || !measure(json, &l) || l.at != l.n) {
		cJSON_Delete(json);
		json = gt_json_parse(text);
	}
	free(l.list);
	return json;
}

int64_t gt_vector_len(const cJSON *array)
{
	if (!cJSON_IsArray(array))
		return 0;
	return array->valueint ? array->valueint : cJSON_GetArraySize(array);
}
