/*
 * The scanner of MCP messages must find the same in any pieces. In valid JSON it must find the same as a JSON parser.
 * That check skips messages with escapes, NUL bytes or repeated names, because the scanner and the parser may differ
 * on them.
 */
#include "exporter/base/json.h"
#include "fuzz.h"
#include "shim/rpc_scan.h"

#define CONTEXT "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\""

static const char *const words[] = {
	"{\"method\":\"ping\"",
	"\"params\":",
	"\"_meta\":",
	"\"traceparent\":" CONTEXT,
	"\"traceparent\":",
	CONTEXT,
	"\"method\":",
	"{\"params\":{\"_meta\":{\"traceparent\":" CONTEXT "}}}",
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"",
	"\\",
	"\"a\":",
	"null",
	"0",
};

#define MAX 4000

static struct gt_rpc_scan scan(const struct fuzz_input *in, struct fuzz_input *cut)
{
	struct gt_rpc_scan s;
	size_t at = 0;

	gt_rpc_scan_init(&s);
	while (at < in->len) {
		size_t n = fuzz_piece(cut, in->len - at);
		char *piece = fuzz_copy(in->data + at, n);

		gt_rpc_scan_feed(&s, piece, n);
		free(piece);
		at += n;
	}
	return s;
}

static size_t count(const struct fuzz_input *in, const char *name)
{
	const char *at = in->data, *end = in->data + in->len;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), name, strlen(name)))) {
		at++;
		n++;
	}
	return n;
}

/* True when the scanner and the JSON parser must agree: no escape, no NUL, and each name at most once. */
static bool is_plain(const struct fuzz_input *in)
{
	return !memchr(in->data, '\\', in->len) && !memchr(in->data, 0, in->len) && count(in, "\"method\"") < 2 &&
	       count(in, "\"params\"") < 2 && count(in, "\"_meta\"") < 2 && count(in, "\"traceparent\"") < 2;
}

static void check_found(const struct gt_rpc_scan *s, const cJSON *json)
{
	struct gt_trace_context context;
	struct gt_str text = GT_STR("");
	bool has_context;

	FUZZ_CHECK(s->is_batch == (bool)cJSON_IsArray(json));
	if (s->is_batch)
		json = NULL;
	has_context = gt_json_str(json, "params._meta.traceparent", &text) && gt_traceparent_parse(text, &context);
	FUZZ_CHECK(s->has_context == has_context);
	FUZZ_CHECK(!has_context || !memcmp(&context, &s->context, sizeof(context)));
	FUZZ_CHECK(s->has_method == gt_json_str(json, "method", &text));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_rpc_scan whole;
	cJSON *json;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), MAX);
	whole = scan(&in, NULL);
	for (int round = 0; round < 3; round++) {
		struct gt_rpc_scan cut = scan(&in, &in);

		FUZZ_CHECK(cut.has_method == whole.has_method && cut.has_context == whole.has_context);
		FUZZ_CHECK(cut.is_batch == whole.is_batch && cut.is_over == whole.is_over && cut.depth == whole.depth);
		FUZZ_CHECK(!cut.has_context || !memcmp(&cut.context.trace_id, &whole.context.trace_id, 16));
	}
	FUZZ_CHECK(whole.matched <= 3 && whole.matched <= whole.depth + 1);
	json = gt_json_parse(gt_str_make(in.data, in.len));
	if (is_plain(&in) && (cJSON_IsObject(json) || cJSON_IsArray(json)))
		check_found(&whole, json);
	cJSON_Delete(json);
	fuzz_input_free(&in);
	return 0;
}
