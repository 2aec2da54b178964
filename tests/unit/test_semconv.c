#include "support/test.h"

#include "exporter/span/semconv.h"

static const struct gt_naming n2 = { GT_N2, GT_COMPAT_MODALITIES }, n3 = { GT_N3, 0 };

/* Copied from the conventions, not from semconv.def. NULL: the generation lacks the attribute. */
static const struct {
	enum gt_attr attr;
	const char *n2, *n3;
	enum gt_value_type type;
} rows[] = {
	{ GT_ATTR_OPERATION_NAME, "gen_ai.operation.name", "gen_ai.operation.name", GT_VALUE_STR },
	{ GT_ATTR_PROVIDER_NAME, "gen_ai.provider.name", "gen_ai.provider.name", GT_VALUE_STR },
	{ GT_ATTR_REQUEST_MODEL, "gen_ai.request.model", "gen_ai.request.model", GT_VALUE_STR },
	{ GT_ATTR_CONVERSATION_ID, "gen_ai.conversation.id", "gen_ai.conversation.id", GT_VALUE_STR },
	{ GT_ATTR_OUTPUT_TYPE, "gen_ai.output.type", "gen_ai.output.type", GT_VALUE_STR },
	{ GT_ATTR_REQUEST_CHOICE_COUNT, "gen_ai.request.choice.count", "gen_ai.request.choice.count", GT_VALUE_INT },
	{ GT_ATTR_REQUEST_SEED, "gen_ai.request.seed", "gen_ai.request.seed", GT_VALUE_INT },
	{ GT_ATTR_REQUEST_STREAM, "gen_ai.request.stream", "gen_ai.request.stream", GT_VALUE_BOOL },
	{ GT_ATTR_REQUEST_TOP_K, "gen_ai.request.top_k", "gen_ai.request.top_k", GT_VALUE_INT },
	{ GT_ATTR_REQUEST_MAX_TOKENS, "gen_ai.request.max_tokens", "gen_ai.request.max_tokens", GT_VALUE_INT },
	{ GT_ATTR_REQUEST_TEMPERATURE, "gen_ai.request.temperature", "gen_ai.request.temperature", GT_VALUE_DOUBLE },
	{ GT_ATTR_REQUEST_TOP_P, "gen_ai.request.top_p", "gen_ai.request.top_p", GT_VALUE_DOUBLE },
	{ GT_ATTR_REQUEST_FREQUENCY_PENALTY, "gen_ai.request.frequency_penalty", "gen_ai.request.frequency_penalty",
	  GT_VALUE_DOUBLE },
	{ GT_ATTR_REQUEST_PRESENCE_PENALTY, "gen_ai.request.presence_penalty", "gen_ai.request.presence_penalty",
	  GT_VALUE_DOUBLE },
	{ GT_ATTR_REQUEST_STOP_SEQUENCES, "gen_ai.request.stop_sequences", "gen_ai.request.stop_sequences", GT_VALUE_STRS },
	{ GT_ATTR_REQUEST_REASONING_LEVEL, "gen_ai.request.reasoning.level", "gen_ai.request.reasoning.level", GT_VALUE_STR },
	{ GT_ATTR_REQUEST_PREVIOUS_RESPONSE_ID, "gen_ai.request.previous_response.id", "gen_ai.request.previous_response.id",
	  GT_VALUE_STR },
	{ GT_ATTR_REQUEST_ENCODING_FORMATS, "gen_ai.request.encoding_formats", "gen_ai.request.encoding_formats",
	  GT_VALUE_STRS },
	{ GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, "gen_ai.embeddings.dimension.count", "gen_ai.embeddings.dimension.count",
	  GT_VALUE_INT },
	{ GT_ATTR_RESPONSE_ID, "gen_ai.response.id", "gen_ai.response.id", GT_VALUE_STR },
	{ GT_ATTR_RESPONSE_MODEL, "gen_ai.response.model", "gen_ai.response.model", GT_VALUE_STR },
	{ GT_ATTR_RESPONSE_FINISH_REASONS, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reasons", GT_VALUE_STRS },
	{ GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK, "gen_ai.response.time_to_first_chunk", "gen_ai.response.time_to_first_chunk",
	  GT_VALUE_DOUBLE },
	{ GT_ATTR_USAGE_INPUT_TOKENS, "gen_ai.usage.input_tokens", "gen_ai.usage.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_OUTPUT_TOKENS, "gen_ai.usage.output_tokens", "gen_ai.usage.output_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_CACHE_READ, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read.input_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_USAGE_CACHE_WRITE, "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_USAGE_REASONING, "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning.output_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_USAGE_AUDIO_INPUT, "gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_AUDIO_OUTPUT, "gen_ai.usage.audio.output_tokens", "gen_ai.usage.audio.output_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_TEXT_CACHE_READ, NULL, "gen_ai.usage.text.cache_read.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_IMAGE_CACHE_READ, NULL, "gen_ai.usage.image.cache_read.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_AUDIO_CACHE_READ, NULL, "gen_ai.usage.audio.cache_read.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_TOOL_NAME, "gen_ai.tool.name", "gen_ai.tool.name", GT_VALUE_STR },
	{ GT_ATTR_PROMPT_NAME, "gen_ai.prompt.name", "gen_ai.prompt.name", GT_VALUE_STR },
	{ GT_ATTR_OPENAI_API_TYPE, "openai.api.type", "openai.api.type", GT_VALUE_STR },
	{ GT_ATTR_OPENAI_REQUEST_SERVICE_TIER, "openai.request.service_tier", "openai.request.service_tier", GT_VALUE_STR },
	{ GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, "openai.response.service_tier", "openai.response.service_tier", GT_VALUE_STR },
	{ GT_ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT, "openai.response.system_fingerprint",
	  "openai.response.system_fingerprint", GT_VALUE_STR },
	{ GT_ATTR_MCP_METHOD_NAME, "mcp.method.name", "mcp.method.name", GT_VALUE_STR },
	{ GT_ATTR_MCP_PROTOCOL_VERSION, "mcp.protocol.version", "mcp.protocol.version", GT_VALUE_STR },
	{ GT_ATTR_MCP_SESSION_ID, "mcp.session.id", "mcp.session.id", GT_VALUE_STR },
	{ GT_ATTR_MCP_RESOURCE_URI, "mcp.resource.uri", "mcp.resource.uri", GT_VALUE_STR },
	{ GT_ATTR_JSONRPC_REQUEST_ID, "jsonrpc.request.id", "jsonrpc.request.id", GT_VALUE_STR },
	{ GT_ATTR_JSONRPC_PROTOCOL_VERSION, "jsonrpc.protocol.version", "jsonrpc.protocol.version", GT_VALUE_STR },
	{ GT_ATTR_RPC_RESPONSE_STATUS_CODE, "rpc.response.status_code", "rpc.response.status_code", GT_VALUE_STR },
	{ GT_ATTR_NETWORK_TRANSPORT, "network.transport", "network.transport", GT_VALUE_STR },
	{ GT_ATTR_NETWORK_PROTOCOL_NAME, "network.protocol.name", "network.protocol.name", GT_VALUE_STR },
	{ GT_ATTR_NETWORK_PROTOCOL_VERSION, "network.protocol.version", "network.protocol.version", GT_VALUE_STR },
	{ GT_ATTR_SERVER_ADDRESS, "server.address", "server.address", GT_VALUE_STR },
	{ GT_ATTR_SERVER_PORT, "server.port", "server.port", GT_VALUE_INT },
	{ GT_ATTR_ERROR_TYPE, "error.type", "error.type", GT_VALUE_STR },
	{ GT_ATTR_HTTP_RESPONSE_STATUS_CODE, "http.response.status_code", "http.response.status_code", GT_VALUE_INT },
	{ GT_ATTR_CONVERSATION_COMPACTED, "gen_ai.conversation.compacted", "gen_ai.conversation.compacted", GT_VALUE_BOOL },
	{ GT_ATTR_RESPONSE_FINISH_ERROR, NULL, "gen_ai.response.finish_reasons", GT_VALUE_STRS },
	{ GT_ATTR_RESPONSE_STATUS, "gen_ai.response.status", "gen_ai.response.status", GT_VALUE_STR },
	{ GT_ATTR_REQUEST_STREAM_CURSOR, "gen_ai.request.stream_cursor", "gen_ai.request.stream_cursor", GT_VALUE_STR },
	{ GT_ATTR_USAGE_TEXT_INPUT, "gen_ai.usage.text.input_tokens", "gen_ai.usage.text.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_IMAGE_INPUT, "gen_ai.usage.image.input_tokens", "gen_ai.usage.image.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_TEXT_OUTPUT, "gen_ai.usage.text.output_tokens", "gen_ai.usage.text.output_tokens", GT_VALUE_INT },
	{ GT_ATTR_USAGE_IMAGE_OUTPUT, "gen_ai.usage.image.output_tokens", "gen_ai.usage.image.output_tokens", GT_VALUE_INT },
	{ GT_ATTR_SYSTEM_INSTRUCTIONS, "gen_ai.system_instructions", "gen_ai.system_instructions", GT_VALUE_JSON },
	{ GT_ATTR_INPUT_MESSAGES, "gen_ai.input.messages", "gen_ai.input.messages", GT_VALUE_JSON },
	{ GT_ATTR_OUTPUT_MESSAGES, "gen_ai.output.messages", "gen_ai.output.messages", GT_VALUE_JSON },
	{ GT_ATTR_TOOL_DEFINITIONS, "gen_ai.tool.definitions", "gen_ai.tool.definitions", GT_VALUE_JSON },
	{ GT_ATTR_TOOL_CALL_ARGUMENTS, "gen_ai.tool.call.arguments", "gen_ai.tool.call.arguments", GT_VALUE_JSON },
	{ GT_ATTR_TOOL_CALL_RESULT, "gen_ai.tool.call.result", "gen_ai.tool.call.result", GT_VALUE_JSON },
	{ GT_ATTR_AGENT_ID, "gen_ai.agent.id", "gen_ai.agent.id", GT_VALUE_STR },
	{ GT_ATTR_AGENT_NAME, "gen_ai.agent.name", "gen_ai.agent.name", GT_VALUE_STR },
	{ GT_ATTR_AGENT_DESCRIPTION, "gen_ai.agent.description", "gen_ai.agent.description", GT_VALUE_STR },
	{ GT_ATTR_DATA_SOURCE_ID, "gen_ai.data_source.id", "gen_ai.data_source.id", GT_VALUE_STR },
	{ GT_ATTR_RETRIEVAL_TOP_K, "gen_ai.retrieval.top_k", "gen_ai.retrieval.top_k", GT_VALUE_INT },
	{ GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID, "aws.bedrock.guardrail.id", "aws.bedrock.guardrail.id", GT_VALUE_STR },
	{ GT_ATTR_AWS_BEDROCK_KNOWLEDGE_BASE_ID, "aws.bedrock.knowledge_base.id", "aws.bedrock.knowledge_base.id",
	  GT_VALUE_STR },
	{ GT_ATTR_AWS_REQUEST_ID, "aws.request_id", "aws.request_id", GT_VALUE_STR },
	{ GT_ATTR_AZURE_RESOURCE_PROVIDER_NAMESPACE, "azure.resource_provider.namespace", "azure.resource_provider.namespace",
	  GT_VALUE_STR },
	{ GT_ATTR_COHERE_TOKENS_INPUT, "cohere.usage.tokens.input_tokens", "cohere.usage.tokens.input_tokens", GT_VALUE_INT },
	{ GT_ATTR_COHERE_TOKENS_OUTPUT, "cohere.usage.tokens.output_tokens", "cohere.usage.tokens.output_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_COHERE_BILLED_INPUT, "cohere.usage.billed_units.input_tokens", "cohere.usage.billed_units.input_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_COHERE_BILLED_OUTPUT, "cohere.usage.billed_units.output_tokens", "cohere.usage.billed_units.output_tokens",
	  GT_VALUE_INT },
	{ GT_ATTR_HTTP_REQUEST_RESEND_COUNT, "http.request.resend_count", "http.request.resend_count", GT_VALUE_INT },
	{ GT_ATTR_HEADER_X_REQUEST_ID, "http.response.header.x-request-id", "http.response.header.x-request-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_REQUEST_ID, "http.response.header.request-id", "http.response.header.request-id", GT_VALUE_STRS },
	{ GT_ATTR_HEADER_APIM_REQUEST_ID, "http.response.header.apim-request-id", "http.response.header.apim-request-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_MISTRAL_CORRELATION_ID, "http.response.header.mistral-correlation-id",
	  "http.response.header.mistral-correlation-id", GT_VALUE_STRS },
	{ GT_ATTR_HEADER_X_DEBUG_TRACE_ID, "http.response.header.x-debug-trace-id", "http.response.header.x-debug-trace-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_X_GLOBAL_TRANSACTION_ID, "http.response.header.x-global-transaction-id",
	  "http.response.header.x-global-transaction-id", GT_VALUE_STRS },
	{ GT_ATTR_HEADER_X_DS_TRACE_ID, "http.response.header.x-ds-trace-id", "http.response.header.x-ds-trace-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_X_GENERATION_ID, "http.response.header.x-generation-id", "http.response.header.x-generation-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_X_LITELLM_CALL_ID, "http.response.header.x-litellm-call-id", "http.response.header.x-litellm-call-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_INFERENCE_ID, "http.response.header.inference-id", "http.response.header.inference-id",
	  GT_VALUE_STRS },
	{ GT_ATTR_HEADER_OPENAI_PROCESSING_MS, "http.response.header.openai-processing-ms",
	  "http.response.header.openai-processing-ms", GT_VALUE_STRS },
	{ GT_ATTR_HEADER_RETRY_AFTER, "http.response.header.retry-after", "http.response.header.retry-after", GT_VALUE_STRS },
	{ GT_ATTR_HEADER_RETRY_AFTER_MS, "http.response.header.retry-after-ms", "http.response.header.retry-after-ms",
	  GT_VALUE_STRS },
	{ GT_ATTR_GENTAP_USAGE_ABSENT, "gentap.usage_absent", "gentap.usage_absent", GT_VALUE_STR },
};

static void check_name(enum gt_attr attr, const struct gt_naming *naming, const char *want)
{
	const char *names[GT_NAMES_MAX];
	int n = gt_attr_names(attr, naming, names);

	assert_int_equal(n, want ? 1 : 0);
	if (want)
		assert_string_equal(names[0], want);
}

static void test_semconv_names_are_those_of_the_conventions(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		check_name(rows[i].attr, &n2, rows[i].n2);
		check_name(rows[i].attr, &n3, rows[i].n3);
		assert_int_equal(gt_attr_type(rows[i].attr), rows[i].type);
	}
}

static void test_semconv_aliases_come_only_when_asked_for(void **state)
{
	static const struct {
		enum gt_attr attr;
		unsigned compat;
		const char *names; /* the names of N2, joined */
	} wanted[] = {
		{ GT_ATTR_PROVIDER_NAME, 0, "gen_ai.provider.name" },
		{ GT_ATTR_PROVIDER_NAME, GT_COMPAT_LEGACY, "gen_ai.provider.name gen_ai.system" },
		{ GT_ATTR_PROVIDER_NAME, GT_COMPAT_LLM, "gen_ai.provider.name llm.provider" },
		{ GT_ATTR_PROVIDER_NAME, GT_COMPAT_LEGACY | GT_COMPAT_LLM, "gen_ai.provider.name gen_ai.system llm.provider" },
		{ GT_ATTR_REQUEST_MODEL, GT_COMPAT_LEGACY | GT_COMPAT_LLM, "gen_ai.request.model llm.model" },
		{ GT_ATTR_USAGE_INPUT_TOKENS, GT_COMPAT_LEGACY, "gen_ai.usage.input_tokens gen_ai.usage.prompt_tokens" },
		{ GT_ATTR_USAGE_OUTPUT_TOKENS, GT_COMPAT_LEGACY, "gen_ai.usage.output_tokens gen_ai.usage.completion_tokens" },
		{ GT_ATTR_USAGE_CACHE_READ, GT_COMPAT_LEGACY,
		  "gen_ai.usage.cache_read.input_tokens gen_ai.usage.cache_read_input_tokens" },
		{ GT_ATTR_USAGE_CACHE_WRITE, GT_COMPAT_LEGACY,
		  "gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_creation_input_tokens" },
		/* the older name would be added to the total by Langfuse */
		{ GT_ATTR_USAGE_REASONING, GT_COMPAT_LEGACY, "gen_ai.usage.reasoning.output_tokens" },
		{ GT_ATTR_USAGE_TEXT_INPUT, GT_COMPAT_LEGACY | GT_COMPAT_LLM, "" },
		{ GT_ATTR_USAGE_IMAGE_OUTPUT, 0, "" },
		{ GT_ATTR_USAGE_IMAGE_OUTPUT, GT_COMPAT_MODALITIES, "gen_ai.usage.image.output_tokens" },
		{ GT_ATTR_USAGE_AUDIO_INPUT, 0, "gen_ai.usage.audio.input_tokens" },
		{ GT_ATTR_ERROR_TYPE, GT_COMPAT_LEGACY | GT_COMPAT_LLM, "error.type" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(wanted); i++) {
		const struct gt_naming naming = { GT_N2, wanted[i].compat };
		const char *names[GT_NAMES_MAX];
		int n = gt_attr_names(wanted[i].attr, &naming, names);
		char joined[200] = "";

		for (int k = 0; k < n; k++) {
			strcat(joined, k ? " " : "");
			strcat(joined, names[k]);
		}
		assert_string_equal(joined, wanted[i].names);
	}
}

static void test_semconv_every_attribute_is_found_by_each_of_its_names(void **state)
{
	(void)state;
	for (int i = 0; i < GT_ATTR_COUNT; i++) {
		for (int g = GT_N2; g <= GT_N3; g++) {
			const struct gt_naming naming = { (enum gt_generation)g,
							  GT_COMPAT_LEGACY | GT_COMPAT_LLM | GT_COMPAT_MODALITIES };
			const char *names[GT_NAMES_MAX];
			int n = gt_attr_names((enum gt_attr)i, &naming, names);

			assert_in_range(n, 0, GT_NAMES_MAX);
			for (int k = 0; k < n && i != GT_ATTR_RESPONSE_FINISH_ERROR;
			     k++) /* N3 has the same attribute with another value */
				assert_int_equal(gt_attr_of_name(names[k], strlen(names[k])), i); /* so every name is unique */
		}
	}
}

static void test_semconv_every_attribute_has_a_name_in_one_generation_at_least(void **state)
{
	const char *names[GT_NAMES_MAX];

	(void)state;
	for (int i = 0; i < GT_ATTR_COUNT; i++)
		assert_true(gt_attr_names((enum gt_attr)i, &n2, names) || gt_attr_names((enum gt_attr)i, &n3, names));
}

static void test_semconv_other_names_are_no_attribute(void **state)
{
	static const struct gt_str names[] = {
		{ "", 0 },
		{ "gen_ai.usage", 12 },
		{ "gen_ai.usage.input_tokens.", 26 },
		{ "gen_ai.usage.input_token", 24 },
		{ "GEN_AI.OPERATION.NAME", 21 },
		{ "error.type\0", 11 },
		{ "process.pid", 11 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(names); i++)
		assert_int_equal(gt_attr_of_name(names[i].p, names[i].len), GT_ATTR_COUNT);
	assert_int_equal(gt_attr_of_name("error.type.more", 10), GT_ATTR_ERROR_TYPE); /* only `len` bytes count */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_semconv_names_are_those_of_the_conventions),
		GT_TEST(test_semconv_aliases_come_only_when_asked_for),
		GT_TEST(test_semconv_every_attribute_is_found_by_each_of_its_names),
		GT_TEST(test_semconv_every_attribute_has_a_name_in_one_generation_at_least),
		GT_TEST(test_semconv_other_names_are_no_attribute),
	};

	return GT_TESTS(tests);
}
