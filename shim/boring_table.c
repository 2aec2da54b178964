#include "shim/boring_table.h"

#include <string.h>

#include "shim/shared/check.h"

#define WORDS (sizeof(struct gt_boring_table) / sizeof(uint64_t))

GT_STATIC_ASSERT(WORDS == 1 + GT_BORING_FUNCTIONS, "the table has no padding");

#define CODE_MAX 384 /* of a function; what is looked for comes in its first 300 bytes */

/* Numbers of BoringSSL's err.h, ssl.h and ssl3.h, which are public and do not change. */
enum {
	ERR_LIB_SSL = 16,
	SSL_R_BAD_LENGTH = 111,
	SSL_R_NO_RENEGOTIATION = 182,
	SSL_R_PROTOCOL_IS_SHUTDOWN = 194,
	SSL_R_UNEXPECTED_RECORD = 225,
	SSL3_RT_HANDSHAKE = 22,
	SSL3_RT_APPLICATION_DATA = 23,
};

struct code {
	size_t len;
	uint8_t b[CODE_MAX];
};

/* ---------------------------------------------------------------- x86-64 */

/* The first place within `max` bytes where `n` bytes equal `value`, as far as `mask` says; -1: none. */
static int find(const struct code *c, size_t max, const uint8_t *value, const uint8_t *mask, size_t n)
{
	for (size_t i = 0; i + n <= c->len && i < max; i++) {
		size_t k = 0;

		while (k < n && (c->b[i + k] & mask[k]) == value[k])
			k++;
		if (k == n)
			return (int)i;
	}
	return -1;
}

#define FIND(c, max, value, mask) find(c, max, (const uint8_t *)(value), (const uint8_t *)(mask), sizeof(value) - 1)

/* mov $number, %e.. : an argument of a call */
static bool passes(const struct code *c, uint32_t number)
{
	uint8_t value[5] = { 0xb8, (uint8_t)number, (uint8_t)(number >> 8) };
	static const uint8_t mask[5] = { 0xf8, 0xff, 0xff, 0xff, 0xff };

	return find(c, CODE_MAX, value, mask, sizeof(value)) >= 0;
}

/* cmp $number, %e.. */
static bool compares(const struct code *c, uint8_t number)
{
	uint8_t value[3] = { 0x83, 0xf8, number };
	static const uint8_t mask[3] = { 0xff, 0xf8, 0xff };

	return find(c, CODE_MAX, value, mask, sizeof(value)) >= 0;
}

/* mov %r8 or %r9, somewhere: the function uses its fifth or sixth argument */
static bool keeps_r8(const struct code *c)
{
	return FIND(c, 128, "\x4c\x89\x00", "\xfe\xff\x38") >= 0;
}

static bool keeps_r9(const struct code *c)
{
	return FIND(c, 128, "\x4c\x89\x08", "\xfe\xff\x38") >= 0;
}

/* mov offset(%rdi), %r.. : the first field that is read of the session; -1: none */
static int first_field(const struct code *c)
{
	int i = FIND(c, 96, "\x48\x8b\x47", "\xfb\xff\xc7");

	return i < 0 || (size_t)i + 3 >= c->len ? -1 : c->b[i + 3];
}

/* It sets *needs_handshake to false, refuses a session that is shut, and a length that is shorter than before. */
static bool is_write(const struct code *c)
{
	return FIND(c, 64, "\xc6\x06\x00", "\xff\xff\xff") >= 0 && keeps_r8(c) && passes(c, ERR_LIB_SSL) &&
	       passes(c, SSL_R_PROTOCOL_IS_SHUTDOWN) && passes(c, SSL_R_BAD_LENGTH);
}

/* It distinguishes the types of records, and refuses others. */
static bool is_open(const struct code *c)
{
	return keeps_r8(c) && keeps_r9(c) && compares(c, SSL3_RT_HANDSHAKE) && compares(c, SSL3_RT_APPLICATION_DATA) &&
	       passes(c, ERR_LIB_SSL) && passes(c, SSL_R_NO_RENEGOTIATION) && passes(c, SSL_R_UNEXPECTED_RECORD);
}

/* It frees the same state (s3) that writing looks at, and clears the pointer. */
static bool is_free(const struct code *c, int field)
{
	uint8_t value[8] = { 0x48, 0xc7, 0x40, (uint8_t)field };
	static const uint8_t mask[8] = { 0xfe, 0xff, 0xf8, 0xff, 0xff, 0xff, 0xff, 0xff };

	return field >= 0 && first_field(c) == field && find(c, 160, value, mask, sizeof(value)) >= 0;
}

/* ---------------------------------------------------------------- the table */

static void read_code(const struct gt_boring_code *code, uint64_t address, struct code *c)
{
	size_t room = code->end - address;

	c->len = code->read(code, address, c->b, room < CODE_MAX ? room : CODE_MAX);
	if (c->len > CODE_MAX)
		c->len = 0;
}

static bool is_code(const struct gt_boring_code *code, uint64_t address)
{
	return address >= code->start && address < code->end;
}

bool gt_boring_is_table(const struct gt_boring_code *code, const struct gt_boring_table *t)
{
	const uint64_t *f = t->functions;
	struct code c;
	int field;

	/* most data fails here */
	if (t->is_dtls || !is_code(code, f[GT_BORING_WRITE]) || !is_code(code, f[0]))
		return false;
	for (int i = 1; i < GT_BORING_FUNCTIONS; i++)
		if (!is_code(code, f[i]))
			return false;
	read_code(code, f[GT_BORING_WRITE], &c);
	if (!is_write(&c))
		return false;
	field = first_field(&c);
	read_code(code, f[GT_BORING_OPEN], &c);
	if (!is_open(&c))
		return false;
	read_code(code, f[GT_BORING_FREE], &c);
	return is_free(&c, field);
}

/* Of any nine words in turn within the functions of a table, one has an index that is a multiple of nine. So only these words
 * are read where no code is referred to. */
size_t gt_boring_find(const struct gt_boring_code *code, const uint64_t *words, size_t n, size_t *found)
{
	enum { STRIDE = GT_BORING_FUNCTIONS / 2 };
	size_t hits = 0;

	for (size_t i = STRIDE; i < n; i += STRIDE) {
		if (!is_code(code, words[i]))
			continue;
		for (size_t k = i - STRIDE; k < i && k + WORDS <= n; k++) {
			if (words[k] || !gt_boring_is_table(code, (const struct gt_boring_table *)(words + k)))
				continue;
			if (!hits++)
				*found = k;
		}
	}
	return hits;
}
