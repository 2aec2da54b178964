/*
 * Any GENTAP_REDACT list and any text, with and without a secret planted anywhere in it. With all classes on, the
 * output must not contain the planted secret, wherever the text is cut. Output without a mark must equal the text, or
 * its start if it was cut. The work must be in proportion to the text, also when it is repeated up to 1 MiB.
 *
 * The data is the list, a NUL and the text.
 */
#include "exporter/base/text.h"
#include "exporter/privacy/redact.h"
#include "fuzz.h"

/* Made-up secrets, each between characters that no secret continues across. The output must not contain `core`. */
static const struct {
	const char *text, *core;
} planted[] = {
	{ "\n<sk-"
	  "proj-Abc0123456789_defGHI>\n",
	  "Abc0123456789_d" },
	{ "\n<AKIA"
	  "QWERTZUI23456789>\n",
	  "QWERTZUI2345" },
	{ "\n<eyJhbGciOiJIUzI1NiJ9"
	  ".eyJzdWIiOiIxMjM0In0.c2ln>\n",
	  "eyJzdWIiOiIxMjM0In0" },
	{ "\n<ada.lovelace@example.org>\n", "lovelace@example" },
	{ "\n<4111-1111-1111-1111>\n", "1111-1111-1111" },
	{ "\n<4111.1111.1111.1111>\n", "1111.1111.1111" },
	{ "\n<ATATT3"
	  "xFfGF0Zyx0123456789abcdefghi>\n",
	  "Zyx0123456789" },
	{ "\n<7123456789:AA"
	  "ZyxvCH1vGWJxfSeofSAs0K5PALDsaw012>\n",
	  "ZyxvCH1vGWJx" },
	{ "\n<postgres://bob:correct\xc3\xa4horse@db>\n", "correct" },
	{ "\n<<password>correcthorse</password>>\n", "correcthorse" },
	{ "\nPGPASSWORD=correcthorse\n", "correcthorse" },
	{ "\\n<\\u0067hp_"
	  "Zyx0123456789abcdefghi>\\n",
	  "Zyx0123456789" },
	{ "\n-----BEGIN PRIVATE"
	  " KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE"
	  " KEY-----\n",
	  "MIIEowIBAAKCAQEA" },
};

#define LONG  (1 << 20)
#define STEPS 200 /* a byte */

/* Redacts and checks the work. A user's patterns take more, by their own rules (pattern.h). */
static void redact(const struct gt_redact *r, struct gt_str text, size_t keep, struct gt_text *out)
{
	uint64_t before = gt_steps;

	gt_text_init(out, SIZE_MAX);
	gt_redact_text(r, text, keep, out);
	FUZZ_CHECK(!out->has_failed);
	if (!r->n)
		FUZZ_WORK(before, text.len, STEPS);
}

/* The text, over and over. */
static void redact_long(const struct gt_redact *r, struct gt_str text)
{
	char *p = malloc(LONG);
	struct gt_text out;

	for (size_t i = 0; i < LONG; i++)
		p[i] = text.p[i % text.len];
	redact(r, gt_str_make(p, LONG), SIZE_MAX, &out);
	gt_text_free(&out);
	free(p);
}

static void count(void *ctx, unsigned item, const char *problem)
{
	FUZZ_CHECK(item && problem && *problem);
	++*(unsigned *)ctx;
}

static void plant(struct gt_str text, const struct gt_redact *r, size_t which, size_t at, size_t keep)
{
	size_t len = strlen(planted[which].text), core_at;
	char *in = malloc(text.len + len);
	struct gt_text out;

	memcpy(in, text.p, at);
	memcpy(in + at, planted[which].text, len);
	memcpy(in + at + len, text.p + at, text.len - at);
	redact(r, gt_str_make(in, text.len + len), keep, &out);
	/* the text may contain the core already, where it does not look like a secret */
	core_at = strlen(planted[which].core);
	if (r->classes == GT_SECRET_ALL && !memmem(text.p, text.len, planted[which].core, core_at) && out.len)
		FUZZ_CHECK(!memmem(out.p, out.len, planted[which].core, core_at));
	gt_text_free(&out);
	free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_str all = gt_str_make(in.data, in.len), list = gt_str_make(all.p, gt_str_find(all, 0)), text;
	unsigned bad = 0;
	struct gt_redact r;
	struct gt_text out;
	size_t keep;

	text = gt_str_skip(all, list.len + 1);
	gt_redact_read(&r, list, count, &bad);
	FUZZ_CHECK(r.n <= GT_REDACT_PATTERNS_MAX && !(r.classes & ~GT_SECRET_ALL));
	keep = fuzz_below(&in, 2) ? SIZE_MAX : fuzz_below(&in, text.len + 100);
	redact(&r, text, keep, &out);
	if (!r.n && text.len && fuzz_below(&in, 64) == 63)
		redact_long(&r, text);
	/* output without a mark is the text, or at most its first `keep` bytes: a cut does not split a character */
	if (!out.len || !memmem(out.p, out.len, "[redacted:", 10))
		FUZZ_CHECK(out.len <= text.len && (!out.len || !memcmp(out.p, text.p, out.len)) &&
			   (keep < text.len ? out.len <= keep : out.len == text.len));
	gt_text_free(&out);
	plant(text, &r, fuzz_below(&in, sizeof(planted) / sizeof(*planted)), fuzz_below(&in, text.len + 1), keep);
	gt_redact_free(&r);
	fuzz_input_free(&in);
	return 0;
}
