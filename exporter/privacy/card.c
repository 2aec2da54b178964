/*
 * Card numbers (ISO/IEC 7812-1): 13 to 19 digits with a valid check digit.
 *
 * A single blank or hyphen may separate digits anywhere. Other signs occur in versions, addresses and tables, so between
 * them the groups must be those of cards.
 */
#include "exporter/privacy/search.h"
#include "shim/shared/compiler.h"

#define CARD_MIN 13
#define CARD_MAX 19

struct digits {
	char at[CARD_MAX];
	size_t ends[CARD_MAX]; /* the position after each */
	size_t n;
};

/* ISO/IEC 7812-1, annex B, and the first digit of banks' cards */
static bool is_card(const struct digits *d, size_t n)
{
	unsigned sum = 0;

	GT_STEPS(n);
	if (d->at[0] < '2' || d->at[0] > '6')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned)(d->at[n - 1 - i] - '0');

		if (i % 2)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return sum % 10 == 0;
}

/* Reads at most CARD_MAX digits. */
static void read_digits(struct gt_str text, size_t at, struct digits *d)
{
	d->n = 0;
	for (size_t i = at; i < text.len && d->n < CARD_MAX; i++) {
		GT_STEPS(1);
		if (gt_is_digit(text.p[i])) {
			d->at[d->n] = text.p[i];
			d->ends[d->n++] = i + 1;
		} else if ((text.p[i] != ' ' && text.p[i] != '-') || i + 1 == text.len || !gt_is_digit(text.p[i + 1])) {
			break;
		}
	}
}

#define GAP_MAX 4 /* bytes */

/* The length of one sign or a few blanks at `at`: also those of U+00A0, U+2000 to U+200A, U+202F, and the hyphens and dashes
 * U+2010 to U+2015. */
static size_t gap_len(struct gt_str text, size_t at)
{
	size_t n = 0;

	GT_STEPS(1);
	if (at < text.len && memchr(".-/_", text.p[at], 4))
		return 1;
	while (at + n < text.len && n < GAP_MAX) {
		struct gt_str rest = gt_str_skip(text, at + n);
		unsigned char third = rest.len > 2 ? (unsigned char)rest.p[2] : 0;

		if (rest.p[0] == ' ' || rest.p[0] == '\t')
			n++;
		else if (gt_str_starts(rest, GT_STR("\xc2\xa0")))
			n += 2;
		else if (gt_str_starts(rest, GT_STR("\xe2\x80")) &&
			 ((third >= 0x80 && third <= 0x8a) || third == 0xaf || (third >= 0x90 && third <= 0x95)))
			n += 3;
		else
			break;
	}
	return n;
}

/* Reads digits in the groups of a card: 4-4-4-4, 4-4-4-4-3 or 4-6-5. False when they are not. */
static bool read_groups(struct gt_str text, size_t at, struct digits *d)
{
	static const uint8_t groups[][5] = { { 4, 6, 5 }, { 4, 4, 4, 4, 3 }, { 4, 4, 4, 4 } };

	for (size_t i = 0; i < GT_COUNT_OF(groups); i++) {
		size_t pos = at, gap = 0;
		bool ok = true;

		d->n = 0;
		for (size_t g = 0; ok && g < 5 && groups[i][g]; g++) {
			if (g) {
				gap = gap_len(text, pos);
				pos += gap;
			}
			ok = (!g || gap) && gt_char_run(gt_str_make(text.p, pos + 7 < text.len ? pos + 7 : text.len), pos,
							gt_is_digit) == groups[i][g];
			GT_STEPS(7);
			for (size_t k = 0; ok && k < groups[i][g]; k++) {
				d->at[d->n] = text.p[pos + k];
				d->ends[d->n++] = pos + k + 1;
			}
			pos += groups[i][g];
		}
		if (ok && is_card(d, d->n))
			return true;
	}
	return false;
}

/* Marks the longest card number that begins at `at`, and whose first run of digits is `plain` long. Returns how many
 * characters to skip. */
static size_t mark_card(const struct gt_search *s, size_t at, size_t plain)
{
	struct gt_str text = s->text;
	struct digits d;

	read_digits(text, at, &d);
	for (size_t n = d.n; n >= CARD_MIN; n--) {
		size_t end = d.ends[n - 1];

		if ((end < text.len && gt_is_digit(text.p[end])) || !is_card(&d, n))
			continue;
		gt_search_mark(s, at, end, GT_SECRET_CARD);
		return end - at;
	}
	if (plain != 4 || !read_groups(text, at, &d))
		return plain;
	gt_search_mark(s, at, d.ends[d.n - 1], GT_SECRET_CARD);
	return d.ends[d.n - 1] - at;
}

void gt_search_cards(const struct gt_search *s)
{
	struct gt_run digits = { .is = gt_is_digit };
	struct gt_str text = s->text;

	for (size_t i = 0; i < text.len;) {
		bool is_fraction = i > 1 && text.p[i - 1] == '.' && gt_is_digit(text.p[i - 2]);
		size_t plain;

		GT_STEPS(1);
		if (!gt_is_digit(text.p[i])) {
			i++;
			continue;
		}
		plain = gt_run_end(&digits, text, i) - i;
		i += is_fraction || plain > CARD_MAX ? plain : mark_card(s, i, plain);
	}
}
