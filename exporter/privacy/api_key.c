#include "exporter/privacy/api_key.h"

#include "exporter/base/token_char.h"
#include "shim/shared/compiler.h"

struct prefix {
	struct gt_str start;
	uint8_t least; /* minimum number of characters after the prefix */
};

#define P(start, least) { { start, sizeof(start) - 1 }, least }
static const struct prefix prefixes[] = {
	/* models */
	P("sk-", 16),
	P("sk_", 16),
	P("AIza", 30),
	P("AQ.", 30),
	P("gsk_", 20),
	P("hf_", 20),
	P("r8_", 20),
	P("pplx-", 20),
	P("xai-", 20),
	P("csk-", 20),
	P("nvapi-", 20),
	P("fw_", 20),
	P("tgp_v1_", 20),
	P("pa-", 30),
	P("jina_", 20),
	P("tvly-", 16),
	P("lsv2_", 20),
	P("pk-lf-", 16),
	P("ABSK", 40),
	P("bedrock-api-key-", 20),
	P("fc-", 20),
	/* clouds */
	P("AKIA", 16),
	P("ASIA", 16),
	P("ABIA", 16),
	P("ACCA", 16),
	P("ya29.", 20),
	P("1//0", 30),
	P("GOCSPX-", 16),
	P("dop_v1_", 20),
	P("doo_v1_", 20),
	P("dapi", 32),
	P("hvs.", 20),
	P("hvb.", 20),
	P("LTAI", 12),
	/* code, chat, payment, mail */
	P("ghp_", 20),
	P("gho_", 20),
	P("ghu_", 20),
	P("ghs_", 20),
	P("ghr_", 20),
	P("github_pat_", 20),
	P("glpat-", 16),
	P("gldt-", 16),
	P("glrt-", 16),
	P("npm_", 20),
	P("pypi-", 16),
	P("xoxb-", 10),
	P("xoxp-", 10),
	P("xoxa-", 10),
	P("xoxr-", 10),
	P("xoxs-", 10),
	P("xoxe-", 10),
	P("xoxe.", 10),
	P("xapp-", 10),
	P("rk_live_", 16),
	P("pk_live_", 16),
	P("whsec_", 16),
	P("shpat_", 20),
	P("SG.", 20),
	P("sntrys_", 20),
	P("ntn_", 20),
	P("secret_", 30),
	P("sq0atp-", 16),
	P("AGE-SECRET-KEY-1", 20),
};
#undef P

#define KEY_LOOK 256 /* a key has a digit or a capital this early; the names in a program do not */

size_t gt_api_key_len(struct gt_str text)
{
	struct gt_str tail, look;

	for (size_t i = 0; i < GT_COUNT_OF(prefixes); i++) {
		/* fast path: the first character rules out most prefixes */
		if (!text.len || prefixes[i].start.p[0] != text.p[0] || !gt_str_starts(text, prefixes[i].start))
			continue;
		/* keys may contain characters that only tokens have: the dots of "SG.a.b", the signs of base64 */
		tail = gt_str_skip(text, prefixes[i].start.len);
		look = gt_str_make(tail.p, tail.len < KEY_LOOK ? tail.len : KEY_LOOK);
		look.len = gt_char_run(look, 0, gt_is_token_char);
		if (!gt_looks_random(look))
			continue;
		tail.len = gt_char_run(tail, 0, gt_is_token_char);
		while (tail.len && tail.p[tail.len - 1] == '.') /* a full stop after the key */
			tail.len--;
		if (tail.len >= prefixes[i].least)
			return prefixes[i].start.len + tail.len;
	}
	return 0;
}
