#include "exporter/metrics/instrument.h"

#include "shim/shared/clock.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- buckets */

static const double seconds[] = { 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92 };
static const double tokens[] = { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 };
static const double mcp_seconds[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300 };

#define BOUNDS(list) { list, GT_COUNT_OF(list) }
static const struct gt_bounds duration_bounds = BOUNDS(seconds), token_bounds = BOUNDS(tokens),
			      mcp_bounds = BOUNDS(mcp_seconds);

/* ---------------------------------------------------------------- attributes */

#define COMMON                                                                                                                \
	GT_ATTR_OPERATION_NAME, GT_ATTR_PROVIDER_NAME, GT_ATTR_REQUEST_MODEL, GT_ATTR_RESPONSE_MODEL, GT_ATTR_SERVER_ADDRESS, \
		GT_ATTR_SERVER_PORT, GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, GT_ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT
#define MCP_COMMON                                                                                                             \
	GT_ATTR_MCP_METHOD_NAME, GT_ATTR_ERROR_TYPE, GT_ATTR_RPC_RESPONSE_STATUS_CODE, GT_ATTR_TOOL_NAME, GT_ATTR_PROMPT_NAME, \
		GT_ATTR_OPERATION_NAME, GT_ATTR_JSONRPC_PROTOCOL_VERSION, GT_ATTR_MCP_PROTOCOL_VERSION,                        \
		GT_ATTR_NETWORK_TRANSPORT, GT_ATTR_NETWORK_PROTOCOL_NAME, GT_ATTR_NETWORK_PROTOCOL_VERSION

#define MCP_SESSION                                                                                                    \
	GT_ATTR_ERROR_TYPE, GT_ATTR_JSONRPC_PROTOCOL_VERSION, GT_ATTR_MCP_PROTOCOL_VERSION, GT_ATTR_NETWORK_TRANSPORT, \
		GT_ATTR_NETWORK_PROTOCOL_NAME, GT_ATTR_NETWORK_PROTOCOL_VERSION

static const enum gt_attr common[] = { COMMON };
static const enum gt_attr common_and_error[] = { COMMON, GT_ATTR_ERROR_TYPE };
static const enum gt_attr mcp_client[] = { MCP_COMMON, GT_ATTR_SERVER_ADDRESS, GT_ATTR_SERVER_PORT };
static const enum gt_attr mcp_server[] = { MCP_COMMON };
static const enum gt_attr mcp_client_session[] = { MCP_SESSION, GT_ATTR_SERVER_ADDRESS, GT_ATTR_SERVER_PORT };
static const enum gt_attr mcp_server_session[] = { MCP_SESSION };

#define ATTRIBUTES(list) .attributes = list, .n_attributes = GT_COUNT_OF(list)

/* ---------------------------------------------------------------- measurements */

static void read_duration(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	measure(m, (double)(s->end_unix_ns - s->start_unix_ns) / GT_NS_PER_S, NULL);
}

static void read_session(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	measure(m, (double)s->session_ns / GT_NS_PER_S, NULL);
}

static void read_first_chunk(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	const struct gt_value *v = gt_span_get(s, GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK);

	if (v)
		measure(m, v->d, NULL);
}

static void read_gaps(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	for (uint32_t i = 0; i < s->n_gaps; i++)
		measure(m, (double)s->gaps_us[i] / 1e6, NULL);
}

static bool count_of(const struct gt_span *s, enum gt_attr key, double *count)
{
	const struct gt_value *v = gt_span_get(s, key);

	if (v)
		*count = (double)v->i;
	return v != NULL;
}

/* Measures only counts that the provider reports; nothing is estimated. */
static void read_token_usage(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	double count;

	if (count_of(s, GT_ATTR_USAGE_INPUT_TOKENS, &count))
		measure(m, count, "input");
	if (count_of(s, GT_ATTR_USAGE_OUTPUT_TOKENS, &count))
		measure(m, count, "output");
}

/* N3 also measures failed operations, as zero. */
static void read_input(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	double count = 0;

	count_of(s, GT_ATTR_USAGE_INPUT_TOKENS, &count);
	measure(m, count, NULL);
}

static void read_output(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	double count = 0;

	count_of(s, GT_ATTR_USAGE_OUTPUT_TOKENS, &count);
	measure(m, count, NULL);
}

struct modality {
	const char *name;
	enum gt_attr key;
};

/* Splits the total by the modalities the provider reports. The rest, or a total of zero, is measured as `unknown`. */
static void by_modality(const struct gt_span *s, enum gt_attr total_key, const struct modality *rows, size_t n,
			gt_measure *measure, struct gt_measuring *m)
{
	double total = 0, reported = 0, count;

	count_of(s, total_key, &total);
	for (size_t i = 0; i < n; i++) {
		if (!count_of(s, rows[i].key, &count) || count <= 0 || reported + count > total)
			continue;
		measure(m, count, rows[i].name);
		reported += count;
	}
	if (reported < total || total == 0)
		measure(m, total - reported, "unknown");
}

#define BY_MODALITY(function, total, ...)                                                          \
	static void function(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m) \
	{                                                                                          \
		static const struct modality rows[] = { __VA_ARGS__ };                             \
                                                                                                   \
		by_modality(s, total, rows, GT_COUNT_OF(rows), measure, m);                        \
	}

BY_MODALITY(read_input_usage, GT_ATTR_USAGE_INPUT_TOKENS, { "text", GT_ATTR_USAGE_TEXT_INPUT },
	    { "image", GT_ATTR_USAGE_IMAGE_INPUT }, { "audio", GT_ATTR_USAGE_AUDIO_INPUT })
BY_MODALITY(read_output_usage, GT_ATTR_USAGE_OUTPUT_TOKENS, { "text", GT_ATTR_USAGE_TEXT_OUTPUT },
	    { "image", GT_ATTR_USAGE_IMAGE_OUTPUT }, { "audio", GT_ATTR_USAGE_AUDIO_OUTPUT })
BY_MODALITY(read_cache_read_usage, GT_ATTR_USAGE_CACHE_READ, { "text", GT_ATTR_USAGE_TEXT_CACHE_READ },
	    { "image", GT_ATTR_USAGE_IMAGE_CACHE_READ }, { "audio", GT_ATTR_USAGE_AUDIO_CACHE_READ })

static void read_cache_write_usage(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	by_modality(s, GT_ATTR_USAGE_CACHE_WRITE, NULL, 0, measure, m);
}

static void read_reasoning_usage(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	by_modality(s, GT_ATTR_USAGE_REASONING, NULL, 0, measure, m);
}

static void read_cost(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m)
{
	const struct gt_value *v = gt_span_get(s, GT_ATTR_USAGE_COST);

	if (v)
		measure(m, v->d, NULL);
}

/* ---------------------------------------------------------------- the table */

#define N2			(1u << GT_N2)
#define N3			(1u << GT_N3)
#define GENAI			(GT_MEASURED_INFERENCE | GT_MEASURED_OTHER)
#define INFERRED		(GT_MEASURED_INFERENCE | GT_MEASURED_FETCHED)
#define SECONDS(bounds_, read_) .unit = "s", .kind = GT_HISTOGRAM, .bounds = &bounds_, .read = read_
#define TOKENS(read_)		.unit = "{token}", .is_int = true, .kind = GT_HISTOGRAM, .bounds = &token_bounds, .read = read_
#define TOKEN_COUNTER(read_)                                                                                        \
	.unit = "{token}", .is_int = true, .kind = GT_COUNTER, .read = read_, .generations = N3, .about = INFERRED, \
	ATTRIBUTES(common), .extra = "gen_ai.token.modality"

#define USAGE "gen_ai.client.inference.usage."

const struct gt_instrument gt_instruments[GT_INSTRUMENTS] = {
	{ "gen_ai.client.operation.duration", .description = "GenAI operation duration.",
	  SECONDS(duration_bounds, read_duration), .generations = N2, .about = GENAI, ATTRIBUTES(common_and_error) },
	{ "gen_ai.client.operation.duration", .description = "GenAI operation duration.",
	  SECONDS(duration_bounds, read_duration), .generations = N3, .about = GT_MEASURED_OTHER,
	  ATTRIBUTES(common_and_error) },
	{ "gen_ai.client.inference.duration", .description = "GenAI inference duration.",
	  SECONDS(duration_bounds, read_duration), .generations = N3, .about = GT_MEASURED_INFERENCE,
	  ATTRIBUTES(common_and_error) },
	{ "gen_ai.client.operation.time_to_first_chunk", .description = "Time to the first chunk of a streamed response.",
	  SECONDS(duration_bounds, read_first_chunk), .generations = N2, .about = GENAI, ATTRIBUTES(common) },
	{ "gen_ai.client.inference.time_to_first_chunk", .description = "Time to the first chunk of a streamed response.",
	  SECONDS(duration_bounds, read_first_chunk), .generations = N3, .about = GT_MEASURED_INFERENCE, ATTRIBUTES(common) },
	{ "gen_ai.client.operation.time_per_output_chunk", .description = "Time between two chunks of a streamed response.",
	  SECONDS(duration_bounds, read_gaps), .generations = N2, .about = GENAI, ATTRIBUTES(common) },
	{ "gen_ai.client.inference.time_per_output_chunk", .description = "Time between two chunks of a streamed response.",
	  SECONDS(duration_bounds, read_gaps), .generations = N3, .about = GT_MEASURED_INFERENCE, ATTRIBUTES(common) },
	{ "gen_ai.client.token.usage", .description = "Number of input and output tokens used.", TOKENS(read_token_usage),
	  .generations = N2, .about = GENAI, ATTRIBUTES(common), .extra = "gen_ai.token.type" },
	{ "gen_ai.client.inference.operation.input_tokens", .description = "Input tokens of one inference.", TOKENS(read_input),
	  .generations = N3, .about = GT_MEASURED_INFERENCE, ATTRIBUTES(common_and_error) },
	{ "gen_ai.client.inference.operation.output_tokens", .description = "Output tokens of one inference.",
	  TOKENS(read_output), .generations = N3, .about = GT_MEASURED_INFERENCE, ATTRIBUTES(common_and_error) },
	{ USAGE "input_tokens", .description = "Input tokens used.", TOKEN_COUNTER(read_input_usage) },
	{ USAGE "output_tokens", .description = "Output tokens used.", TOKEN_COUNTER(read_output_usage) },
	{ USAGE "cache_read.input_tokens", .description = "Input tokens read from a cache.",
	  TOKEN_COUNTER(read_cache_read_usage) },
	{ USAGE "cache_write.input_tokens", .description = "Input tokens written to a cache.",
	  TOKEN_COUNTER(read_cache_write_usage) },
	{ USAGE "reasoning.output_tokens", .description = "Output tokens spent on reasoning.",
	  TOKEN_COUNTER(read_reasoning_usage) },
	/* not in the conventions, but named like their metrics */
	{ "gen_ai.client.usage.cost", .description = "Cost of the operations whose cost is known.", .unit = "{USD}",
	  .kind = GT_COUNTER, .read = read_cost, .generations = N2 | N3, .about = GENAI, ATTRIBUTES(common) },
	{ "mcp.client.operation.duration", .description = "MCP request or notification, as its sender sees it.",
	  SECONDS(mcp_bounds, read_duration), .generations = N2 | N3, .about = GT_MEASURED_MCP_CLIENT, ATTRIBUTES(mcp_client) },
	{ "mcp.server.operation.duration", .description = "MCP request or notification, as its receiver sees it.",
	  SECONDS(mcp_bounds, read_duration), .generations = N2 | N3, .about = GT_MEASURED_MCP_SERVER, ATTRIBUTES(mcp_server) },
	{ "mcp.client.session.duration", .description = "MCP session, as the client sees it.",
	  SECONDS(mcp_bounds, read_session), .generations = N2 | N3, .about = GT_MEASURED_MCP_CLIENT_SESSION,
	  ATTRIBUTES(mcp_client_session) },
	{ "mcp.server.session.duration", .description = "MCP session, as the server sees it.",
	  SECONDS(mcp_bounds, read_session), .generations = N2 | N3, .about = GT_MEASURED_MCP_SERVER_SESSION,
	  ATTRIBUTES(mcp_server_session) },
};

_Static_assert(GT_COUNT_OF(mcp_client) <= GT_INSTRUMENT_ATTRIBUTES_MAX, "room for all attributes");
_Static_assert(GT_COUNT_OF(common_and_error) + 1 <= GT_INSTRUMENT_ATTRIBUTES_MAX, "room for all attributes");

unsigned gt_measured_as(const struct gt_span *s)
{
	static const struct gt_str inference[] = { { "chat", 4 }, { "generate_content", 16 }, { "text_completion", 15 } };
	struct gt_str operation = gt_span_get_str(s, GT_ATTR_OPERATION_NAME);

	if (s->session_ns > 0)
		return s->kind == GT_KIND_SERVER ? GT_MEASURED_MCP_SERVER_SESSION : GT_MEASURED_MCP_CLIENT_SESSION;
	if (gt_str_eq(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), GT_STR(GT_ANSWERED_ELSEWHERE)))
		return 0;
	if (gt_span_has(s, GT_ATTR_MCP_METHOD_NAME))
		return s->kind == GT_KIND_SERVER ? GT_MEASURED_MCP_SERVER : GT_MEASURED_MCP_CLIENT;
	if (s->kind != GT_KIND_CLIENT || !operation.len)
		return 0;
	for (size_t i = 0; i < GT_COUNT_OF(inference); i++)
		if (gt_str_eq(operation, inference[i]))
			return GT_MEASURED_INFERENCE;
	/* the conventions give such an operation no tokens, because an inference has reported them: here none has */
	if (gt_str_starts(operation, GT_STR("fetch_")) &&
	    (gt_span_has(s, GT_ATTR_USAGE_INPUT_TOKENS) || gt_span_has(s, GT_ATTR_USAGE_OUTPUT_TOKENS)))
		return GT_MEASURED_OTHER | GT_MEASURED_FETCHED;
	return GT_MEASURED_OTHER;
}
