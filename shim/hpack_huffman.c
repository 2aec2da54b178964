/*
 * The code is canonical. Codes of one length are consecutive numbers, in the order of their symbols. Compared from their
 * first bits, a longer code is the greater number. So a table of 21 lengths and a list of symbols suffice. The common
 * letters have five to seven bits, which are the first rows.
 */
#include "shim/hpack_huffman.h"

#include <stdbool.h>

enum { EOS = 256, BITS_MAX = 30 };

struct length {
	uint8_t bits;
	uint32_t first;	 /* the code of the first symbol of that length */
	uint16_t symbol; /* its place in `symbols` */
};

static const struct length lengths[] = {
	{ 5, 0x0, 0 },		 { 6, 0x14, 10 },
	{ 7, 0x5c, 36 },	 { 8, 0xf8, 68 },
	{ 10, 0x3f8, 74 },	 { 11, 0x7fa, 79 },
	{ 12, 0xffa, 82 },	 { 13, 0x1ff8, 84 },
	{ 14, 0x3ffc, 90 },	 { 15, 0x7ffc, 92 },
	{ 19, 0x7fff0, 95 },	 { 20, 0xfffe6, 98 },
	{ 21, 0x1fffdc, 106 },	 { 22, 0x3fffd2, 119 },
	{ 23, 0x7fffd8, 145 },	 { 24, 0xffffea, 174 },
	{ 25, 0x1ffffec, 186 },	 { 26, 0x3ffffe0, 190 },
	{ 27, 0x7ffffde, 205 },	 { 28, 0xfffffe2, 224 },
	{ 30, 0x3ffffffc, 253 }, { BITS_MAX + 1, 0x7fffffff, 257 }, /* the end: no code reaches it */
};

static const uint16_t symbols[] = {
	48,  49,  50,  97,  99,	 101, 105, 111, 115, 116, 32,  37,  45,	 46,  47,  51,	52,  53,  54,  55,  56,	 57,  61,  65,
	95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58,	 66,  67,  68,	69,  70,  71,  72,  73,	 74,  75,  76,
	77,  78,  79,  80,  81,	 82,  83,  84,	85,  86,  87,  89,  106, 107, 113, 118, 119, 120, 121, 122, 38,	 42,  44,  59,
	88,  90,  33,  34,  40,	 41,  63,  39,	43,  124, 35,  62,  0,	 36,  64,  91,	93,  126, 94,  125, 60,	 96,  123, 92,
	195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129,
	132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232,
	233, 1,	  135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
	183, 188, 191, 197, 231, 239, 9,   142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193,
	200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245,
	246, 247, 248, 250, 251, 252, 253, 254, 2,   3,	  4,   5,   6,	 7,   8,   11,	12,  14,  15,  16,  17,	 18,  19,  20,
	21,  23,  24,  25,  26,	 27,  28,  29,	30,  31,  127, 220, 249, 10,  13,  22,	256,
};

/* The row of the code that `window` begins with: the last whose first code is not above it. */
static const struct length *length_of(uint32_t window)
{
	const struct length *l = lengths;

	while (l[1].bits <= BITS_MAX && window >= l[1].first << (32 - l[1].bits))
		l++;
	return l;
}

ssize_t gt_hpack_huffman(const uint8_t *p, size_t len, char *out, size_t cap)
{
	uint64_t bits = 0; /* the next bits, from the highest; zeros after the last */
	unsigned have = 0;
	size_t n = 0;

	for (;;) {
		const struct length *l;
		uint16_t symbol;

		while (have <= 56 && len) {
			bits |= (uint64_t)*p++ << (56 - have);
			have += 8;
			len--;
		}
		/* the last byte is filled up with the first bits of the code EOS, each 1 */
		if (have < 8 && bits >> (64 - 8) == (0xff00U >> have & 0xff))
			return (ssize_t)n;
		l = length_of((uint32_t)(bits >> 32));
		if (l->bits > have)
			return -1;
		symbol = symbols[l->symbol + ((uint32_t)(bits >> 32) >> (32 - l->bits)) - l->first];
		if (symbol == EOS || n == cap)
			return -1;
		out[n++] = (char)symbol;
		bits <<= l->bits;
		have -= l->bits;
	}
}
