/* The tables of keys: each row finds a key of its shape, wherever the key is, and no row finds ordinary words. */
#include "support/redacted.h"
#include "support/test.h"

#include "exporter/privacy/secret.h"

struct row {
	const char *start, *shape;
};

#define GT_KEY(prefix, shape) { prefix, shape },
#define GT_KEY_OF(service, shape)
static const struct row documented[] = {
#include "exporter/privacy/api_key.def"
};
static const struct row listed[] = {
#include "exporter/privacy/key_shapes.def"
};
#undef GT_KEY
#undef GT_KEY_OF
#define GT_KEY(prefix, shape)
#define GT_KEY_OF(service, shape) { service, shape },
static const struct row services[] = {
#include "exporter/privacy/key_shapes.def"
};

#define HIDDEN "[redacted:api_key]"

static char one_of(struct gt_random *r, char alphabet)
{
	static const struct {
		char name;
		const char *chars;
	} alphabets[] = {
		{ 'd', "0123456789" },
		{ 'x', "0123456789abcdef" },
		{ 'u', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
		{ 'w', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" },
		{ 'b', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-" },
		{ 'k', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-=" },
		{ 'e', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-=." },
		{ 't', "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-=.~+/" },
	};

	for (size_t i = 0; i < GT_ROWS(alphabets); i++)
		if (alphabets[i].name == alphabet)
			return alphabets[i].chars[gt_random_below(r, strlen(alphabets[i].chars))];
	fail_msg("no alphabet %c", alphabet);
	return 0;
}

/* A made-up key of that shape; ends in a letter or digit, as keys at the end of a sentence must. */
static size_t sample(struct gt_random *r, const struct row *row, char *out)
{
	size_t n = (size_t)sprintf(out, "%s", row->start);

	for (const char *p = row->shape; *p;) {
		char alphabet;
		size_t least, most;

		if (*p != '%') {
			out[n++] = *p++;
			continue;
		}
		alphabet = p[1];
		least = most = strtoul(p + 2, (char **)&p, 10);
		assert_true(least > 0);
		if (*p == '-' && (!p[1] || strchr("0123456789", p[1]))) {
			p++;
			most = *p ? strtoul(p, (char **)&p, 10) : least + 10;
			assert_true(most >= least);
		}
		for (size_t k = least + gt_random_below(r, most - least + 1); k; k--)
			out[n++] = one_of(r, alphabet);
		do
			out[n - 1] = one_of(r, alphabet);
		while (!gt_str_icontains(GT_STR("0123456789abcdefghijklmnopqrstuvwxyz"), gt_str_make(out + n - 1, 1)));
	}
	out[n] = 0;
	return n;
}

static size_t digits_of(const char *p)
{
	size_t n = 0;

	for (; *p; p++)
		n += *p >= '0' && *p <= '9';
	return n;
}

static void check_table(const struct row *rows, size_t n, uint64_t seed)
{
	static const char *const around[][2] = {
		{ "", "" },	  { "key ", " end" }, { "\"", "\"" },	{ "(", ")" },
		{ "k=", "&x=1" }, { "", ".\n" },      { "\\n", "\\n" }, { "x/", "" },
	};
	struct gt_random r = gt_random_from(seed);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < GT_ROWS(around) * 4; k++) {
			const char *const *a = around[k % GT_ROWS(around)];
			char key[2000], in[2100], *out;
			size_t len = sample(&r, &rows[i], key);

			if (strlen(rows[i].start) < 3 && digits_of(key) < 3) /* a short prefix needs a few */
				continue;
			snprintf(in, sizeof(in), "%s%s%s", a[0], key, a[1]);
			out = gt_redacted(in);
			/* the service's host may stay */
			if (strstr(out, key + len - 8))
				fail_msg("%s%s: %s of %s", rows[i].start, rows[i].shape, out, in);
			free(out);
		}
	}
}

static void test_api_key_of_every_row_is_hidden_wherever_it_is(void **state)
{
	(void)state;
	check_table(documented, GT_ROWS(documented), 1);
	check_table(listed, GT_ROWS(listed), 2);
}

/* The search needs the order, and a row that an earlier row of the same prefix covers would be dead. */
static void check_order(const struct row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		int order = strcmp(rows[i - 1].start, rows[i].start);

		if (order > 0 || (!order && !strcmp(rows[i - 1].shape, rows[i].shape)))
			fail_msg("\"%s\" %s is out of order", rows[i].start, rows[i].shape);
	}
}

static void test_api_key_tables_are_in_order(void **state)
{
	(void)state;
	check_order(documented, GT_ROWS(documented));
	check_order(listed, GT_ROWS(listed));
	check_order(services, GT_ROWS(services));
	assert_true(GT_ROWS(listed) > 100 && GT_ROWS(services) > 50);
}

static void test_api_key_after_the_name_of_its_service_is_hidden(void **state)
{
	static const char *const names[] = { "%s = ", "%s_id: ", "my_%s=\"", "\"%s-app\": \"", "x.%s='" };
	struct gt_random r = gt_random_from(3);

	(void)state;
	for (size_t i = 0; i < GT_ROWS(services); i++) {
		for (size_t k = 0; k < GT_ROWS(names); k++) {
			char value[2000], name[200], in[2300], *out;
			size_t len = sample(&r, &(struct row){ "", services[i].shape }, value);

			if (!strpbrk(value, "0123456789"))
				value[0] = '7'; /* as good as never */
			snprintf(name, sizeof(name), names[k], services[i].start);
			snprintf(in, sizeof(in), "%s%s%s", name, value, strpbrk(name, "\"'") ? &name[strlen(name) - 1] : " x");
			out = gt_redacted(in);
			if (strstr(out, value + len - 8))
				fail_msg("%s: %s of %s", services[i].shape, out, in);
			free(out);
		}
	}
	/* without the name they are ordinary words */
	gt_redacted_check("id = 01234567-89ab-cdef-0123-456789abcdef", NULL);
	gt_redacted_check("heroku = 01234567-89ab-cdef-0123-456789abcdef", "heroku = [redacted:password]");
	gt_redacted_check("herokuApp: 01234567-89ab-cdef-0123-456789abcdef", "herokuApp: [redacted:password]");
	gt_redacted_check("sherokuId: 01234567-89ab-cdef-0123-456789abcdef", NULL);
	gt_redacted_check("blob = live_0123456789abcdef0123456789abcdef012", NULL);
}

/* All made up, and split so that no scanner takes this file for a leak. */
static void test_api_key_formats_of_the_services_are_known(void **state)
{
	static const char *const keys[] = {
		"7123456789:AA"
		"HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_",
		"MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDe"
		".abcdefghijklmnopqrstuvwxyz0123456789AB",
		"SK0123456789abcdef"
		"0123456789abcdef",
		"sbp_0123456789abcdef"
		"0123456789abcdef01234567",
		"sb_secret_"
		"abcDEF0123456789abcdef",
		"vcp_"
		"abcDEF0123456789abcdefGHIJKL",
		"vck_"
		"abcDEF0123456789abcdefGHIJKL",
		"nfp_"
		"abcDEF0123456789abcdefGHIJKLMNOP1234",
		"HRKU-"
		"AAabcDEF0123456789abcdefGHIJKLMNOP1234abcdefghij0123456789AB",
		"cfut_"
		"abcDEF0123456789abcdefGHIJKLMNOP123401234567",
		"cfat_"
		"abcDEF0123456789abcdefGHIJKLMNOP123401234567",
		"ATATT3"
		"xFfGF0abcDEF0123456789-_abcdefGHIJKL=0123ABCD",
		"ATCTT3"
		"xFfGF0abcDEF0123456789-_abcdefGHIJKL=0123ABCD",
		"patA1b2C3d4E5f6G7"
		".0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"PMAK-"
		"0123456789abcdef01234567-0123456789abcdef0123456789abcdef01",
		"glsa_"
		"abcDEF0123456789abcdefGHIJKLMNOP_0123abcd",
		"dp.st.dev."
		"abcDEF0123456789abcdefGHIJKLMNOP123401234567",
		"dckr_pat_"
		"abcDEF0123456789-_abcdefGHI",
		"lin_api_"
		"abcDEF0123456789abcdefGHIJKLMNOP12340123",
		"figd_"
		"abcDEF0123456789-_abcdefGHIJKLMNOP1234",
		"key-0123456789abcdef"
		"0123456789abcdef",
		"NRAK-"
		"ABCDEF0123456789ABCDEFGHIJK",
		"phx_"
		"abcDEF0123456789abcdefGHIJKLMNOP1234012345678",
		"pcsk_"
		"abcDEF_0123456789abcdefGHIJKLMNOP1234012345678",
		"0123456789abcdef0123456789abcdef"
		"-us12",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(keys); i++) {
		char in[300], want[100];

		snprintf(in, sizeof(in), "{\"out\": \"%s ; next\"}", keys[i]);
		snprintf(want, sizeof(want), "{\"out\": \"" HIDDEN " ; next\"}");
		gt_redacted_check(in, want);
	}
	gt_redacted_check("https://api.telegram.org/bot7123456789:AA"
			  "HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_/sendMessage",
			  "https://api.telegram.org/" HIDDEN "/sendMessage");
	gt_redacted_check("POST https://hooks.slack.com/services/"
			  "T00000000/B00000000/abcDEF0123456789abcdefgh now",
			  "POST https://" HIDDEN " now");
}

static void test_api_key_ordinary_words_stay(void **state)
{
	static const char *const texts[] = {
		"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"4b1d5dc642cb6eb9a060e54bf8d69288fbee4904", /* a commit that begins like a key */
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"d41d8cd98f00b204e9800998ecf8427e",
		"550e8400-e29b-41d4-a716-446655440000",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"toolu_01A09q90qw90lq917835lq9",
		"msg_01XFDUDYJgAACzvnptvVoYEL",
		"chatcmpl-9zHj3K0x8VdQ2LrT5WnYcBmA7Xe1f",
		"resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
		"call_bRNQ2ZycSlQAOKWomPbtaub4",
		"file-BK7bzQj3FfZFXr7DbL6xJwfo",
		"this.s.registerComponentHandler(x)",
		"s.getElementsByClassNamesX1",
		"vca_some_identifier_name_v2_and_more",
		"nfc_initiator_mifare_cmd_2_and_more",
		"ico-arrow-left-2-large-blue-outline1",
		"ext_module_with_a_long_name_in_v2.c",
		"api_org_settings_controller_v2_test",
		"SKIP_0123456789abcdef0123456789abcdef",
		"pattern0123456789.0123456789abcdef",
		"12345678:AAPL, 12345678:AA",
		"MyModuleName1234567890x.Class1.method",
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
		"/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsK",
		"2001:0db8:85a3:0000:0000:8a2e:0370:7334",
		"https://example.com/a/b/c?x=1#y",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		gt_redacted_check(texts[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_api_key_of_every_row_is_hidden_wherever_it_is),
		GT_TEST(test_api_key_tables_are_in_order),
		GT_TEST(test_api_key_after_the_name_of_its_service_is_hidden),
		GT_TEST(test_api_key_formats_of_the_services_are_known),
		GT_TEST(test_api_key_ordinary_words_stay),
	};

	return GT_TESTS(tests);
}
