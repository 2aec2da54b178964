#include "support/test.h"

#include "shim/shared/match.h"
#include "support/guard_page.h"

static struct gt_request_view view_of(const char *head, size_t len)
{
	struct gt_http1_head h;
	struct gt_request_view v;

	assert_true(gt_http1_parse_head(GT_HTTP1_REQUEST, head, len, NULL, &h) == (ssize_t)len);
	gt_request_view_of(&h, &v);
	return v;
}

/* "METHOD target" at a host, with further header lines. */
static struct gt_endpoint match_at(const char *host, const char *request, const char *lines, const char *also)
{
	static char head[4096];
	char *copy;
	struct gt_request_view v;
	struct gt_endpoint ep;
	int n = snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", request, host, lines);

	copy = gt_guard_end(head, (size_t)n);
	v = view_of(copy, (size_t)n);
	ep = gt_match(&v, gt_str_of(also));
	gt_guard_free(copy, (size_t)n);
	return ep;
}

#define JSON "Content-Type: application/json\r\n"
#define BOTH JSON "Accept: application/json, text/event-stream\r\n"

static int reset_endpoints(void **state)
{
	(void)state;
	gt_match_set_endpoints(NULL, NULL);
	return 0;
}

static void test_match_known_hosts_are_certain(void **state)
{
	static const struct {
		const char *host, *request;
		enum gt_api api;
		const char *provider;
	} rows[] = {
		{ "api.openai.com", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "openai" },
		{ "API.OpenAI.com:443", "POST /v1/chat/completions?x=1#y", GT_API_OPENAI_CHAT, "openai" },
		{ "eu.api.openai.com", "POST /v1/responses", GT_API_OPENAI_RESPONSES, "openai" },
		{ "api.openai.com", "POST /v1/embeddings/", GT_API_OPENAI_EMBEDDINGS, "openai" },
		{ "api.openai.com", "POST /v1/completions", GT_API_OPENAI_COMPLETIONS, "openai" },
		{ "api.anthropic.com", "POST /v1/messages?beta=true", GT_API_ANTHROPIC_MESSAGES, "anthropic" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
		  GT_API_GEMINI_GENERATE, "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "POST /v1/models/m:embedContent", GT_API_GEMINI_EMBED, "gcp.gemini" },
		{ "localhost:11434", "POST /api/chat", GT_API_OLLAMA_CHAT, "ollama" },
		{ "127.0.0.1:11434", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "ollama" },
		{ "[::1]:11434", "POST /api/generate", GT_API_OLLAMA_GENERATE, "ollama" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		/* without a content type: the host is enough */
		struct gt_endpoint ep = match_at(rows[i].host, rows[i].request, "", NULL);

		assert_int_equal(ep.api, rows[i].api);
		assert_true(ep.is_certain);
		assert_false(ep.is_mapped);
		assert_str(ep.provider, rows[i].provider);
	}
}

static void test_match_every_provider_at_its_own_host(void **state)
{
	static const struct {
		const char *host, *request;
		enum gt_api api;
		const char *provider;
	} rows[] = {
		{ "acme.openai.azure.com", "POST /openai/deployments/d/chat/completions?api-version=2024-10-21",
		  GT_API_OPENAI_CHAT, "azure.ai.openai" },
		{ "acme.cognitiveservices.azure.com", "POST /openai/v1/responses", GT_API_OPENAI_RESPONSES, "azure.ai.openai" },
		{ "acme.services.ai.azure.com", "POST /openai/deployments/d/embeddings", GT_API_OPENAI_EMBEDDINGS,
		  "azure.ai.openai" },
		{ "acme.services.ai.azure.com", "POST /models/chat/completions", GT_API_OPENAI_CHAT, "azure.ai.inference" },
		{ "acme.services.ai.azure.com", "POST /anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES, "anthropic" },
		{ "x.eastus2.models.ai.azure.com", "POST /chat/completions", GT_API_OPENAI_CHAT, "azure.ai.inference" },
		{ "api.openai.com", "POST /v1/images/generations", GT_API_OPENAI_IMAGES, "openai" },
		{ "api.openai.com", "POST /v1/audio/transcriptions", GT_API_OPENAI_AUDIO, "openai" },
		{ "api.openai.com", "POST /v1/moderations", GT_API_OPENAI_MODERATIONS, "openai" },
		{ "api.openai.com", "POST /v1/batches", GT_API_BATCHES, "openai" },
		{ "api.openai.com", "GET /v1/batches/batch_1", GT_API_BATCHES, "openai" },
		{ "api.openai.com", "POST /v1/assistants", GT_API_OPENAI_ASSISTANTS, "openai" },
		{ "api.openai.com", "POST /v1/threads/runs", GT_API_OPENAI_ASSISTANTS, "openai" },
		{ "api.openai.com", "GET /v1/threads/thread_1/runs/run_1", GT_API_OPENAI_ASSISTANTS, "openai" },
		{ "api.openai.com", "POST /v1/threads/thread_1/runs/run_1/submit_tool_outputs", GT_API_OPENAI_ASSISTANTS,
		  "openai" },
		{ "api.openai.com", "DELETE /v1/conversations/conv_1", GT_API_OPENAI_CONVERSATIONS, "openai" },
		{ "api.openai.com", "GET /v1/responses/resp_1?stream=true", GT_API_OPENAI_STORED, "openai" },
		{ "api.openai.com", "POST /v1/responses/input_tokens", GT_API_OPENAI_INPUT_TOKENS, "openai" },
		{ "api.openai.com", "POST /v1/vector_stores/vs_1/search", GT_API_OPENAI_SEARCH, "openai" },
		{ "api.anthropic.com", "POST /v1/messages/count_tokens", GT_API_ANTHROPIC_COUNT, "anthropic" },
		{ "api.anthropic.com", "POST /v1/messages/batches", GT_API_BATCHES, "anthropic" },
		{ "api.anthropic.com", "POST /v1/complete", GT_API_ANTHROPIC_COMPLETE, "anthropic" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/m:countTokens", GT_API_GEMINI_COUNT, "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/openai/chat/completions", GT_API_OPENAI_CHAT,
		  "gcp.gemini" },
		{ "us-east5-aiplatform.googleapis.com",
		  "POST /v1/projects/p/locations/l/publishers/anthropic/models/c@1:streamRawPredict", GT_API_VERTEX_RAW,
		  "gcp.vertex_ai" },
		{ "aiplatform.googleapis.com", "POST /v1/projects/p/locations/l/publishers/google/models/e:predict",
		  GT_API_VERTEX_PREDICT, "gcp.vertex_ai" },
		{ "aiplatform.eu.rep.googleapis.com", "POST /v1/publishers/google/models/m:generateContent",
		  GT_API_GEMINI_GENERATE, "gcp.vertex_ai" },
		{ "bedrock-runtime.us-east-1.amazonaws.com", "POST /model/a%3A0/converse", GT_API_BEDROCK_CONVERSE,
		  "aws.bedrock" },
		{ "bedrock-runtime.cn-north-1.amazonaws.com.cn", "POST /model/a:0/converse-stream", GT_API_BEDROCK_CONVERSE,
		  "aws.bedrock" },
		{ "bedrock-runtime-fips.us-east-1.amazonaws.com", "POST /model/arn:aws:bedrock:x/y/z/invoke",
		  GT_API_BEDROCK_INVOKE, "aws.bedrock" },
		{ "vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com", "POST /model/a/invoke-with-response-stream",
		  GT_API_BEDROCK_INVOKE, "aws.bedrock" },
		{ "bedrock-runtime.us-east-1.amazonaws.com", "POST /model/a/count-tokens", GT_API_BEDROCK_COUNT,
		  "aws.bedrock" },
		{ "bedrock-mantle.us-east-1.api.aws", "POST /anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES, "aws.bedrock" },
		{ "bedrock-agent-runtime.us-east-1.amazonaws.com", "POST /agents/A/agentAliases/B/sessions/S/text",
		  GT_API_BEDROCK_AGENT, "aws.bedrock" },
		{ "bedrock-agent-runtime.us-east-1.amazonaws.com", "POST /knowledgebases/K/retrieve", GT_API_BEDROCK_RETRIEVE,
		  "aws.bedrock" },
		{ "runtime.sagemaker.us-east-1.amazonaws.com", "POST /endpoints/e/invocations", GT_API_SAGEMAKER,
		  "aws.sagemaker" },
		{ "api.cohere.com", "POST /v2/chat", GT_API_COHERE_CHAT, "cohere" },
		{ "api.cohere.ai", "POST /v1/generate", GT_API_COHERE_GENERATE, "cohere" },
		{ "api.cohere.com", "POST /v2/rerank", GT_API_RERANK, "cohere" },
		{ "api.mistral.ai", "POST /v1/fim/completions", GT_API_OPENAI_COMPLETIONS, "mistral_ai" },
		{ "api.mistral.ai", "POST /v1/agents/completions", GT_API_OPENAI_CHAT, "mistral_ai" },
		{ "api.mistral.ai", "POST /v1/conversations/conv_1", GT_API_MISTRAL_CONVERSATIONS, "mistral_ai" },
		{ "api.mistral.ai", "POST /v1/ocr", GT_API_MISTRAL_OCR, "mistral_ai" },
		{ "us-south.ml.cloud.ibm.com", "POST /ml/v1/text/generation?version=1", GT_API_WATSONX_GENERATE,
		  "ibm.watsonx.ai" },
		{ "us-south.ml.cloud.ibm.com", "POST /ml/v1/text/chat_stream?version=1", GT_API_OPENAI_CHAT, "ibm.watsonx.ai" },
		{ "api.replicate.com", "POST /v1/models/meta/llama/predictions", GT_API_REPLICATE, "replicate" },
		{ "api.replicate.com", "GET /v1/predictions/p1", GT_API_REPLICATE, "replicate" },
		{ "api.groq.com", "POST /openai/v1/chat/completions", GT_API_OPENAI_CHAT, "groq" },
		{ "api.deepseek.com", "POST /anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES, "deepseek" },
		{ "us-east-1.api.x.ai", "POST /v1/responses", GT_API_OPENAI_RESPONSES, "x_ai" },
		{ "api.writer.com", "POST /v1/chat", GT_API_OPENAI_CHAT, "writer" },
		{ "api.voyageai.com", "POST /v1/rerank", GT_API_RERANK, "voyage" },
		{ "dashscope.aliyuncs.com", "POST /api/v1/services/aigc/text-generation/generation", GT_API_DASHSCOPE_GENERATE,
		  "dashscope" },
		{ "dashscope-intl.aliyuncs.com", "POST /compatible-mode/v1/chat/completions", GT_API_OPENAI_CHAT, "dashscope" },
		{ "api.cloudflare.com", "POST /client/v4/accounts/a/ai/run/@cf/meta/llama-3", GT_API_CLOUDFLARE_RUN,
		  "cloudflare" },
		{ "gateway.ai.cloudflare.com", "POST /v1/acct/gw/anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES,
		  "cloudflare" },
		{ "acme.snowflakecomputing.com", "POST /api/v2/cortex/inference:complete", GT_API_OPENAI_CHAT, "snowflake" },
		{ "us.inference.heroku.com", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "heroku" },
		{ "models.github.ai", "POST /orgs/o/inference/chat/completions", GT_API_OPENAI_CHAT, "github" },
		{ "api.aleph-alpha.com", "POST /complete", GT_API_ALEPH_ALPHA, "aleph_alpha" },
		{ "api-inference.huggingface.co", "POST /models/o/m", GT_API_TGI_GENERATE, "huggingface" },
		{ "x.us-east-1.aws.endpoints.huggingface.cloud", "POST /", GT_API_TGI_GENERATE, "huggingface" },
		{ "api.tokenfactory.nebius.com", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "nebius" },
		{ "api.tokenfactory.us-central1.nebius.com", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "nebius" },
		{ "api.studio.nebius.com", "POST /v1/embeddings", GT_API_OPENAI_EMBEDDINGS, "nebius" },
		{ "api.minimax.io", "POST /anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES, "minimax" },
		{ "api.kimi.com", "POST /coding/v1/chat/completions", GT_API_OPENAI_CHAT, "moonshot_ai" },
		{ "coding-intl.dashscope.aliyuncs.com", "POST /v1/chat/completions", GT_API_OPENAI_CHAT, "dashscope" },
		{ "api.individual.githubcopilot.com", "POST /chat/completions", GT_API_OPENAI_CHAT, "github" },
		{ "ark.cn-beijing.volces.com", "POST /api/v3/chat/completions", GT_API_OPENAI_CHAT, "volcengine" },
		{ "adb-1.2.azuredatabricks.net", "POST /serving-endpoints/chat/completions", GT_API_OPENAI_CHAT, "databricks" },
		{ "dbc-1.cloud.databricks.com", "POST /serving-endpoints/anthropic/v1/messages", GT_API_ANTHROPIC_MESSAGES,
		  "databricks" },
		{ "ai.mongodb.com", "POST /v1/embeddings", GT_API_OPENAI_EMBEDDINGS, "voyage" },
		{ "api.openai.com", "POST /v1/responses/compact", GT_API_OPENAI_RESPONSES, "openai" },
		{ "api.openai.com", "GET /v1/files/file-1/content", GT_API_BATCH_RESULTS, "openai" },
		{ "api.anthropic.com", "GET /v1/messages/batches/b1/results", GT_API_BATCH_RESULTS, "anthropic" },
		{ "generativelanguage.googleapis.com", "GET /download/v1beta/files/f1:download?alt=media", GT_API_BATCH_RESULTS,
		  "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/m:batchGenerateContent", GT_API_GEMINI_BATCHES,
		  "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "GET /v1beta/batches/b1", GT_API_GEMINI_BATCHES, "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/batches/b1:cancel", GT_API_GEMINI_BATCHES, "gcp.gemini" },
		{ "api.mistral.ai", "GET /v1/batch/jobs/j1", GT_API_BATCHES, "mistral_ai" },
		{ "api.mistral.ai", "POST /v1/conversations/c1/restart", GT_API_MISTRAL_CONVERSATIONS, "mistral_ai" },
		{ "generativelanguage.googleapis.com", "POST /v1beta/interactions", GT_API_GEMINI_INTERACTIONS, "gcp.gemini" },
		{ "generativelanguage.googleapis.com", "GET /v1beta/interactions/i1?stream=true", GT_API_GEMINI_INTERACTIONS,
		  "gcp.gemini" },
		{ "aiplatform.googleapis.com", "POST /v1beta1/projects/p/locations/global/interactions",
		  GT_API_GEMINI_INTERACTIONS, "gcp.vertex_ai" },
		{ "api.x.ai", "GET /v1/chat/deferred-completion/r1", GT_API_X_AI_DEFERRED, "x_ai" },
		{ "api.perplexity.ai", "POST /async/chat/completions", GT_API_PERPLEXITY_ASYNC, "perplexity" },
		{ "api.perplexity.ai", "GET /v1/async/sonar/r1", GT_API_PERPLEXITY_ASYNC, "perplexity" },
		{ "api.perplexity.ai", "POST /v1/sonar", GT_API_OPENAI_CHAT, "perplexity" },
		{ "res1.services.ai.azure.com", "POST /api/projects/p1/threads/t1/runs?api-version=v1",
		  GT_API_OPENAI_ASSISTANTS, "azure.ai.openai" },
		{ "res1.services.ai.azure.com", "POST /api/projects/p1/openai/v1/responses", GT_API_OPENAI_RESPONSES,
		  "azure.ai.openai" },
		{ "eastus.api.azureml.ms", "GET /agents/v1.0/subscriptions/s/threads/t1/runs/r1", GT_API_OPENAI_ASSISTANTS,
		  "azure.ai.openai" },
		{ "res1.services.ai.azure.com", "POST /providers/cohere/v2/chat", GT_API_COHERE_CHAT, "cohere" },
		{ "bedrock-agent-runtime.us-east-1.amazonaws.com", "POST /retrieveAndGenerate", GT_API_BEDROCK_RAG,
		  "aws.bedrock" },
		{ "bedrock-agent-runtime.us-east-1.amazonaws.com", "POST /retrieveAndGenerateStream", GT_API_BEDROCK_RAG,
		  "aws.bedrock" },
		{ "bedrock-agent-runtime.us-east-1.amazonaws.com", "POST /agents/session-1", GT_API_BEDROCK_AGENT,
		  "aws.bedrock" },
		{ "bedrock-agentcore.us-east-1.amazonaws.com", "POST /runtimes/arn%3Aaws%3Ax/invocations?qualifier=DEFAULT",
		  GT_API_AGENTCORE, "aws.bedrock" },
		{ "bedrock-agentcore.us-east-1.amazonaws.com", "POST /runtimes/arn:aws:x:runtime/a/invocations",
		  GT_API_AGENTCORE, "aws.bedrock" },
		{ "adb-1.azuredatabricks.net", "POST /serving-endpoints/m/invocations", GT_API_DATABRICKS, "databricks" },
		{ "cloudcode-pa.googleapis.com", "POST /v1internal:streamGenerateContent?alt=sse", GT_API_CODE_ASSIST,
		  "gcp.gen_ai" },
		{ "api.llama.com", "POST /v1/chat/completions", GT_API_LLAMA_CHAT, "llama" },
		{ "api.llama.com", "POST /compat/v1/chat/completions", GT_API_OPENAI_CHAT, "llama" },
		{ "us-central1-aiplatform.mtls.googleapis.com", "POST /v1/publishers/google/models/m:generateContent",
		  GT_API_GEMINI_GENERATE, "gcp.vertex_ai" },
		{ "12.us-central1-3.prediction.vertexai.goog", "POST /v1/projects/p/locations/l/endpoints/e:predict",
		  GT_API_VERTEX_PREDICT, "gcp.vertex_ai" },
		{ "firebasevertexai.googleapis.com", "POST /v1beta/projects/p/models/m:generateContent", GT_API_GEMINI_GENERATE,
		  "gcp.gen_ai" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_endpoint ep = match_at(rows[i].host, rows[i].request, "", NULL);
		bool body_decides = ep.api == GT_API_SAGEMAKER || ep.api == GT_API_TGI_GENERATE || ep.api == GT_API_DATABRICKS;

		assert_int_equal(ep.api, rows[i].api);
		assert_int_equal(ep.is_certain, !body_decides);
		assert_str(ep.provider, rows[i].provider);
	}
}

static void test_match_a_mapping_to_a_known_provider_opens_its_paths(void **state)
{
	struct gt_endpoint ep;

	(void)state;
	gt_match_set_endpoints("a.corp=cohere,b.corp=house-blend", NULL);
	ep = match_at("a.corp", "POST /v2/chat", "", NULL);
	assert_int_equal(ep.api, GT_API_COHERE_CHAT);
	assert_true(ep.is_certain && ep.is_mapped);
	assert_int_equal(match_at("b.corp", "POST /v2/chat", JSON, NULL).api, GT_API_NONE);
	ep = match_at("b.corp", "GET /v1/responses/resp_1", "", NULL);
	assert_int_equal(ep.api, GT_API_OPENAI_STORED);
	assert_str(ep.provider, "house-blend");
}

static void test_match_unknown_hosts_are_candidates_when_they_post_json(void **state)
{
	struct gt_endpoint ep;

	(void)state;
	ep = match_at("gateway.corp", "POST /llm/v1/chat/completions", JSON, NULL);
	assert_int_equal(ep.api, GT_API_OPENAI_CHAT);
	assert_false(ep.is_certain);
	assert_str(ep.provider, "openai");
	assert_int_equal(match_at("gateway.corp", "POST /v1/chat/completions", "", NULL).api, GT_API_NONE);
	assert_int_equal(match_at("gateway.corp", "POST /v1/chat/completions", "Content-Type: text/plain\r\n", NULL).api,
			 GT_API_NONE);
	ep = match_at("gateway.corp", "POST /v1/messages", "Content-Type: Application/JSON; charset=utf-8\r\n", NULL);
	assert_int_equal(ep.api, GT_API_ANTHROPIC_MESSAGES);
	assert_int_equal(match_at("gpu.corp:8080", "POST /completion", JSON, NULL).api, GT_API_LLAMA_CPP);
	assert_int_equal(match_at("gpu.corp:8080", "POST /generate", JSON, NULL).api, GT_API_TGI_GENERATE);
	assert_int_equal(match_at("gpu.corp:8080", "POST /generate_stream/", JSON, NULL).api, GT_API_TGI_GENERATE);
	assert_int_equal(match_at("127.0.0.1:1234", "POST /api/v1/chat", JSON, NULL).api, GT_API_LM_STUDIO);
	/* forms, where an API takes files */
	ep = match_at("asr.corp", "POST /v1/audio/transcriptions", "Content-Type: Multipart/form-data; boundary=x\r\n", NULL);
	assert_int_equal(ep.api, GT_API_OPENAI_AUDIO);
	assert_false(ep.is_certain);
	ep = match_at("img.corp", "POST /v1/images/variations", "Content-Type: multipart/form-data; boundary=x\r\n", NULL);
	assert_int_equal(ep.api, GT_API_OPENAI_IMAGES);
}

static void test_match_what_is_none_of_ours(void **state)
{
	static const struct {
		const char *host, *request, *lines;
	} rows[] = {
		{ "api.openai.com", "GET /v1/chat/completions", JSON },
		{ "api.openai.com", "POST /v1/files", JSON },
		{ "api.openai.com", "POST /", JSON },
		{ "api.openai.com", "POST /v1/chat/completionsx", JSON },
		{ "api.openai.com", "POST /v1/chat/completions/cmpl-1/cancel", JSON },
		{ "api.openai.com", "OPTIONS *", "" },
		{ "api.anthropic.com", "GET /v1/messages/count_tokens", "" },
		{ "api.anthropic.com", "GET /v1/models/claude", "" },
		{ "api.openai.com", "GET /v1/responses", "" },
		{ "api.openai.com", "GET /v1/responses/resp_1/input_items", "" },
		{ "api.openai.com", "GET /v1/batches", "" },
		{ "api.openai.com", "PUT /v1/threads/thread_1", JSON },
		{ "bedrock-runtime.us-east-1.amazonaws.com", "POST /guardrail/g/version/1/apply", JSON },
		{ "s3.us-east-1.amazonaws.com", "POST /model", JSON },
		{ "api.cloudflare.com", "POST /client/v4/zones/z/purge_cache", JSON },
		{ "acme.snowflakecomputing.com", "POST /api/v2/statements", JSON },
		{ "lab.cognitiveservices.azure.com", "POST /vision/v3.2/analyze", JSON },
		{ "us-south.ml.cloud.ibm.com", "GET /ml/v1/foundation_model_specs", "" },
		/* paths that count on known hosts only */
		{ "gateway.corp", "GET /v1/threads/thread_1/runs/run_1", "" },
		{ "gateway.corp", "GET /v1/responses/resp_1", "" },
		{ "gateway.corp", "DELETE /v1/conversations/conv_1", "" },
		{ "gateway.corp", "POST /v1/chat/completions", "Content-Type: multipart/form-data; boundary=x\r\n" },
		{ "gateway.corp", "POST /v1/audio/speech", "Content-Type: multipart/form-data; boundary=x\r\n" },
		{ "gateway.corp", "POST /v1/audio/transcriptions", "Content-Type: text/plain\r\n" },
		{ "gateway.corp", "GET /v1/files/file-1/content", "" },
		{ "gateway.corp", "GET /v1/interactions/i1", "" },
		{ "gateway.corp", "POST /v1/interactions", JSON },
		{ "gateway.corp", "POST /tools/api/v1/chat", JSON },
		{ "bedrock-agentcore.us-east-1.amazonaws.com", "POST /browsers/b/sessions/start", JSON },
		{ "adb-1.azuredatabricks.net", "POST /api/2.0/jobs/runs/submit", JSON },
		{ "cloudcode-pa.googleapis.com", "POST /v1internal:loadCodeAssist", JSON },
		{ "gateway.corp", "POST /v1/batches", JSON },
		{ "gateway.corp", "POST /v1/chat", JSON },
		{ "gateway.corp", "POST /converse", JSON },
		{ "gateway.corp", "POST /model/a/b/converse", JSON },
		{ "gateway.corp", "POST /predictions", JSON },
		/* common words, which match as a whole path only */
		{ "gateway.corp", "POST /v1/chat/completion", JSON },
		{ "gateway.corp", "POST /reports/generate", JSON },
		{ "gateway.corp", "POST /v1/generate_stream", JSON },
		{ "gateway.corp", "POST /", JSON },
		{ "generativelanguage.googleapis.com", "POST /v1/models/:generateContent", JSON },
		{ "generativelanguage.googleapis.com", "POST /v1/models/generateContent", JSON },
		{ "example.com", "POST /upload", JSON },
		{ "example.com", "CONNECT api.openai.com:443", "" },
		{ "api.openai.com.evil.example", "POST /v1/chat/completions", "" },
		{ "", "POST /v1/chat/completions", "" },
		/* a WebSocket's request */
		{ "api.openai.com", "GET /v1/responses/resp_1", "Connection: Upgrade\r\nUpgrade: websocket\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(match_at(rows[i].host, rows[i].request, rows[i].lines, NULL).api, GT_API_NONE);
}

/* The JDK's client offers HTTP/2 with every request over plain HTTP (RFC 9110, 7.8: an offer). */
static void test_match_an_offer_of_another_protocol_decides_nothing(void **state)
{
	(void)state;
	assert_int_equal(match_at("gateway.corp", "POST /v1/chat/completions",
				  JSON "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", NULL)
				 .api,
			 GT_API_OPENAI_CHAT);
	assert_int_equal(match_at("gateway.corp", "POST /v1/chat/completions", JSON "Upgrade: websocket\r\n", NULL).api,
			 GT_API_OPENAI_CHAT);
}

static void test_match_handshakes_of_websockets(void **state)
{
	static const struct {
		const char *host, *request;
		enum gt_api api;
		bool is_certain;
		const char *provider;
	} rows[] = {
		{ "api.openai.com", "GET /v1/realtime?model=gpt-realtime", GT_API_OPENAI_REALTIME, true, "openai" },
		{ "api.openai.com", "GET /v1/responses", GT_API_OPENAI_RESPONSES_SOCKET, true, "openai" },
		{ "api.x.ai", "GET /v1/realtime", GT_API_OPENAI_REALTIME, true, "x_ai" },
		{ "acme.openai.azure.com", "GET /openai/realtime?deployment=d", GT_API_OPENAI_REALTIME, true,
		  "azure.ai.openai" },
		{ "generativelanguage.googleapis.com",
		  "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k", GT_API_GEMINI_LIVE,
		  true, "gcp.gemini" },
		{ "generativelanguage.googleapis.com",
		  "GET /ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained",
		  GT_API_GEMINI_LIVE, true, "gcp.gemini" },
		{ "us-central1-aiplatform.googleapis.com",
		  "GET /ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent", GT_API_GEMINI_LIVE, true,
		  "gcp.vertex_ai" },
		/* on an unknown host the messages decide */
		{ "gateway.corp", "GET /llm/v1/realtime", GT_API_OPENAI_REALTIME, false, "openai" },
		{ "127.0.0.1:8000", "GET /v1/responses", GT_API_OPENAI_RESPONSES_SOCKET, false, "openai" },
		{ "gateway.corp", "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
		  GT_API_GEMINI_LIVE, false, "gcp.gemini" },
		/* sockets of other services */
		{ "gateway.corp", "GET /realtime", GT_API_NONE },
		{ "gateway.corp", "GET /responses", GT_API_NONE },
		{ "gateway.corp", "GET /v1/realtime/sessions", GT_API_NONE },
		{ "gateway.corp", "GET /socket.io/?EIO=4&transport=websocket", GT_API_NONE },
		{ "gateway.corp", "GET /ws/BidiGenerateContent", GT_API_NONE },
		{ "api.openai.com", "GET /v1/chat/completions", GT_API_NONE },
		{ "api.openai.com", "POST /v1/realtime", GT_API_NONE },
		{ "api.openai.com", "GET /v1/threads/thread_1", GT_API_NONE },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_endpoint ep =
			match_at(rows[i].host, rows[i].request, "Connection: Upgrade\r\nUpgrade: WebSocket\r\n", NULL);

		assert_int_equal(ep.api, rows[i].api);
		if (!rows[i].api)
			continue;
		assert_true(gt_api_is_socket(ep.api));
		assert_int_equal(ep.is_certain, rows[i].is_certain);
		assert_str(ep.provider, rows[i].provider);
	}
	/* without the offer, and an offer of something else */
	assert_int_equal(match_at("api.openai.com", "GET /v1/realtime", "", NULL).api, GT_API_NONE);
	assert_int_equal(match_at("api.openai.com", "GET /v1/realtime", "Upgrade: h2c\r\n", NULL).api, GT_API_NONE);
}

static void test_match_peer_name_decides_before_host(void **state)
{
	struct gt_endpoint ep = match_at("10.0.0.7:8443", "POST /v1/messages", "", "api.anthropic.com");

	(void)state;
	assert_int_equal(ep.api, GT_API_ANTHROPIC_MESSAGES);
	assert_true(ep.is_certain);
	assert_str(ep.provider, "anthropic");
}

static void test_match_absolute_form_wins_over_host(void **state)
{
	static const char *const targets[] = {
		"POST http://api.openai.com/v1/chat/completions",
		"POST HTTPS://api.openai.com:443/v1/chat/completions?x=/y",
		"POST http://user:pass@word@api.openai.com/v1/chat/completions",
		"POST http://api.openai.com//v1/chat/completions#f",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(targets); i++) {
		struct gt_endpoint ep = match_at("proxy.corp:3128", targets[i], "", NULL);

		assert_int_equal(ep.api, GT_API_OPENAI_CHAT);
		assert_true(ep.is_certain);
	}
	assert_int_equal(match_at("api.openai.com", "POST http://x@example.com?a=/v1/chat/completions", "", NULL).api,
			 GT_API_NONE);
}

/* What servers and gateways accept as the same path, and as the same host. */
static void test_match_other_spellings_of_a_path_and_of_a_host(void **state)
{
	static const struct {
		const char *host, *request;
		enum gt_api api;
	} rows[] = {
		{ "api.openai.com", "POST //v1/chat/completions", GT_API_OPENAI_CHAT },
		{ "api.openai.com", "POST /v1//chat///completions//", GT_API_OPENAI_CHAT },
		{ "acme.services.ai.azure.com", "POST //openai/v1/responses", GT_API_OPENAI_RESPONSES },
		{ "api.openai.com", "GET /v1/responses//resp_1", GT_API_OPENAI_STORED },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/m%3AgenerateContent", GT_API_GEMINI_GENERATE },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/m%3acountTokens", GT_API_GEMINI_COUNT },
		{ "api.openai.com.", "POST /v1/chat/completions", GT_API_OPENAI_CHAT },
		{ "api.openai.com.:443", "POST /v1/chat/completions/", GT_API_OPENAI_CHAT },
		/* not the same */
		{ "api.openai.com", "POST /v1/chat%2Fcompletions", GT_API_NONE },
		{ "generativelanguage.googleapis.com", "POST /v1beta/models/%3AgenerateContent", GT_API_NONE },
		{ "api.openai.com", "POST //", GT_API_NONE },
		{ ".", "POST /v1/chat/completions", GT_API_NONE },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(match_at(rows[i].host, rows[i].request, "", NULL).api, rows[i].api);
	/* a word that must be the whole path */
	assert_int_equal(match_at("gpu.corp", "POST //completion", JSON, NULL).api, GT_API_LLAMA_CPP);
}

static void test_match_mcp_by_header_or_by_what_its_clients_accept(void **state)
{
	static const struct {
		const char *request, *lines;
		bool is_mcp, certain;
	} rows[] = {
		{ "POST /mcp", BOTH, true, false },
		{ "POST /anything/at/all", BOTH, true, false },
		/* the usual path is enough: not every client accepts both kinds of answer, as it must */
		{ "POST /mcp", JSON "Accept: application/json\r\n", true, false },
		{ "POST /tenant/7/mcp/", JSON, true, false },
		{ "POST /tools", JSON "Accept: application/json\r\n", false, false },
		{ "POST /mcpx", JSON, false, false },
		{ "POST /x-mcp", JSON, false, false },
		{ "GET /mcp", "", false, false },
		{ "POST /mcp", "Accept: application/json, text/event-stream\r\n", false, false },
		{ "POST /mcp", JSON "Mcp-Session-Id: 7\r\n", true, true },
		{ "POST /mcp", "MCP-Protocol-Version: 2025-06-18\r\n", true, true },
		{ "POST /mcp", "mcp-method: tools/call\r\n", true, true },
		{ "GET /mcp", "Mcp-Session-Id: 7\r\nAccept: text/event-stream\r\n", true, true },
		{ "GET /mcp", "Accept: text/event-stream\r\n", false, false },
		{ "DELETE /mcp", "Mcp-Session-Id: 7\r\n", true, true },
		{ "PUT /mcp", "Mcp-Session-Id: 7\r\n", false, false },
		{ "POST /messages/?session_id=7", JSON, true, false },
		{ "POST /api/message?a=b&sessionId=7", JSON, true, false },
		{ "POST /messages?session_id=7", "", false, false },
		{ "POST /messages?session_ids=7", JSON, false, false },
		{ "POST /messages", JSON, false, false },
		{ "POST /chat?session_id=7", JSON, false, false },
		{ "GET /messages?session_id=7", JSON, false, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_endpoint ep = match_at("tools.corp", rows[i].request, rows[i].lines, NULL);

		assert_int_equal(ep.api, rows[i].is_mcp ? GT_API_MCP : GT_API_NONE);
		assert_int_equal(ep.is_certain, rows[i].certain);
		assert_null(ep.provider.p);
	}
}

static void test_match_what_is_received_is_looked_at_for_mcp_alone(void **state)
{
	static const struct {
		const char *request, *lines;
		bool is_mcp, certain;
	} rows[] = {
		{ "POST /mcp", BOTH, true, false },
		{ "GET /mcp", "Host: api.openai.com\r\nMcp-Session-Id: 7\r\n", true, true },
		{ "POST /messages?session_id=7", JSON, true, false },
		{ "POST /v1/chat/completions", "Host: api.openai.com\r\n" JSON, false, false },
		{ "GET /mcp", "Mcp-Session-Id: 7\r\nUpgrade: websocket\r\n", false, false },
		{ "POST /mcp", "Mcp-Session-Id: 7\r\nUpgrade: h2c\r\n", true, true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char text[512];
		struct gt_http1_head head;
		struct gt_request_view view;
		struct gt_endpoint ep;
		int n = snprintf(text, sizeof(text), "%s HTTP/1.1\r\n%s\r\n", rows[i].request, rows[i].lines);

		assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, text, (size_t)n, NULL, &head), n);
		gt_request_view_of(&head, &view);
		ep = gt_match_inbound(&view);
		assert_int_equal(ep.api, rows[i].is_mcp ? GT_API_MCP : GT_API_NONE);
		assert_int_equal(ep.is_certain, rows[i].certain);
	}
}

/* Some providers also serve MCP. */
static void test_match_mcp_at_a_provider_is_mcp(void **state)
{
	struct gt_endpoint ep = match_at("api.cloudflare.com", "POST /mcp", "Mcp-Session-Id: 7\r\n", NULL);

	(void)state;
	assert_int_equal(ep.api, GT_API_MCP);
	assert_true(ep.is_certain);
	assert_null(ep.provider.p);
	assert_int_equal(match_at("api.openai.com", "POST /v1/responses", "Mcp-Session-Id: 7\r\n", NULL).api,
			 GT_API_OPENAI_RESPONSES);
	/* AgentCore runs servers of both kinds at one path */
	ep = match_at("bedrock-agentcore.us-east-1.amazonaws.com", "POST /runtimes/a/invocations", BOTH, NULL);
	assert_int_equal(ep.api, GT_API_MCP);
}

static int bad_items;
static char last_bad[128];

static void note_bad(struct gt_str item)
{
	bad_items++;
	gt_str_copy(item, last_bad, sizeof(last_bad));
}

static void test_match_endpoints_of_the_user_name_the_provider(void **state)
{
	struct gt_endpoint ep;

	(void)state;
	bad_items = 0;
	gt_match_set_endpoints(" llm.corp:8000=openai , https://gw.corp/anthropic/=anthropic,,[fd00::1]:9=x.ai_2", note_bad);
	assert_int_equal(bad_items, 0);
	ep = match_at("LLM.corp:8000", "POST /v1/chat/completions", "", NULL);
	assert_int_equal(ep.api, GT_API_OPENAI_CHAT);
	assert_true(ep.is_certain && ep.is_mapped);
	assert_str(ep.provider, "openai");
	assert_int_equal(match_at("llm.corp:8001", "POST /v1/chat/completions", "", NULL).api, GT_API_NONE);
	assert_int_equal(match_at("llm.corp", "POST /v1/chat/completions", "", NULL).api, GT_API_NONE);
	ep = match_at("gw.corp", "POST /anthropic/v1/messages", "", NULL);
	assert_str(ep.provider, "anthropic");
	assert_false(match_at("gw.corp", "POST /other/v1/messages", JSON, NULL).is_mapped);
	ep = match_at("[fd00::1]:9", "POST /v1/completions", "", NULL);
	assert_str(ep.provider, "x.ai_2");
	ep = match_at("10.0.0.1", "POST /v1/chat/completions", "", "gw.corp");
	assert_false(ep.is_mapped); /* the prefix does not match */
}

static void test_match_a_prefix_fits_whole_segments_only(void **state)
{
	(void)state;
	gt_match_set_endpoints("gw.corp/openai=openai", NULL);
	assert_true(match_at("gw.corp", "POST /openai/v1/chat/completions", "", NULL).is_mapped);
	assert_false(match_at("gw.corp", "POST /openai-old/v1/chat/completions", JSON, NULL).is_mapped);
}

static void test_match_bad_endpoints_are_reported_and_the_rest_is_used(void **state)
{
	static const char *const bad[] = { "llm.corp",	      "=openai",
					   "llm.corp=",	      "llm.corp=Open AI",
					   ":80=openai",      "/path=openai",
					   "llm.corp=OPENAI", "http://=openai",
					   "[]=openai",	      "llm.corp=a_name_that_is_longer_than_forty_characters_is" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bad); i++) {
		char list[256];

		snprintf(list, sizeof(list), "%s,good.corp=openai", bad[i]);
		bad_items = 0;
		gt_match_set_endpoints(list, note_bad);
		assert_int_equal(bad_items, 1);
		assert_string_equal(last_bad, bad[i]);
		assert_true(match_at("good.corp", "POST /v1/chat/completions", "", NULL).is_mapped);
	}
}

static void test_match_more_endpoints_than_there_is_room_for_are_reported(void **state)
{
	static char list[4096];

	(void)state;
	for (int i = 0; i < 40; i++)
		sprintf(list + strlen(list), "h%d=openai,", i);
	bad_items = 0;
	gt_match_set_endpoints(list, note_bad);
	assert_int_equal(bad_items, 8);
	assert_string_equal(last_bad, "h39=openai");
}

static void test_match_host_split(void **state)
{
	static const struct {
		const char *authority, *host;
		int port;
	} rows[] = {
		{ "host", "host", 0 },
		{ "host:80", "host", 80 },
		{ "host:", "host", 0 },
		{ "host:65535", "host", 65535 },
		{ "host:65536", "host", 0 },
		{ "host:x", "host", 0 },
		{ "[::1]", "::1", 0 },
		{ "[::1]:8000", "::1", 8000 },
		{ "[::1", "::1", 0 },
		{ "[", "", 0 },
		{ "[]", "", 0 },
		{ "", "", 0 },
		{ ":80", "", 80 },
		{ "[::1]x:5", "::1", 5 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		size_t len = strlen(rows[i].authority);
		char *p = gt_guard_end(rows[i].authority, len);
		struct gt_str host;
		uint16_t port = 1;

		gt_host_split(gt_str_make(p, len), &host, &port);
		assert_str(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
		gt_guard_free(p, len);
	}
}

static void test_match_target_path(void **state)
{
	(void)state;
	assert_str(gt_target_path(GT_STR("/a/b?c#d")), "/a/b");
	assert_str(gt_target_path(GT_STR("/a#b?c")), "/a");
	assert_str(gt_target_path(GT_STR("http://host/a?b")), "/a");
	assert_str(gt_target_path(GT_STR("http://host")), "/");
	assert_str(gt_target_path(GT_STR("http://host?q")), "/");
	assert_str(gt_target_path(GT_STR("?q")), "/");
	assert_str(gt_target_path(GT_STR("/a/b//?q")), "/a/b");
	assert_str(gt_target_path(GT_STR("//")), "/");
	assert_str(gt_target_path(GT_STR("*")), "*");
	assert_str(gt_target_path(GT_STR_NONE), "/");
}

static void test_match_view_counts_traceparents(void **state)
{
	static const char one[] = "GET / HTTP/1.1\r\nTraceParent: a\r\ntracestate: s=1\r\nbaggage: b=1\r\n\r\n",
			  two[] = "GET / HTTP/1.1\r\ntraceparent: a\r\nX: y\r\nTRACEPARENT: b\r\n\r\n",
			  three[] = "GET / HTTP/1.1\r\ntraceparent: a\r\ntraceparent: b\r\ntraceparent: c\r\n\r\n",
			  like[] = "GET / HTTP/1.1\r\ntrace-parent: a\r\ntrace.parent: b\r\nxtraceparent: c\r\n\r\n";
	struct gt_request_view v;

	(void)state;
	v = view_of(one, sizeof(one) - 1);
	assert_true(v.has_traceparent && !v.has_two_traceparents && v.has_tracestate && v.has_baggage);
	assert_str(v.traceparent, "a");
	assert_str(v.tracestate, "s=1");
	assert_true(view_of(two, sizeof(two) - 1).has_two_traceparents);
	assert_true(view_of(three, sizeof(three) - 1).has_two_traceparents);
	v = view_of(like, sizeof(like) - 1);
	assert_false(v.has_traceparent);
}

int main(void)
{
#define T(f) GT_TEST_FRESH(f, reset_endpoints)
	const struct CMUnitTest tests[] = {
		T(test_match_known_hosts_are_certain),
		T(test_match_every_provider_at_its_own_host),
		T(test_match_a_mapping_to_a_known_provider_opens_its_paths),
		T(test_match_unknown_hosts_are_candidates_when_they_post_json),
		T(test_match_what_is_none_of_ours),
		T(test_match_an_offer_of_another_protocol_decides_nothing),
		T(test_match_handshakes_of_websockets),
		T(test_match_peer_name_decides_before_host),
		T(test_match_absolute_form_wins_over_host),
		T(test_match_other_spellings_of_a_path_and_of_a_host),
		T(test_match_mcp_by_header_or_by_what_its_clients_accept),
		T(test_match_what_is_received_is_looked_at_for_mcp_alone),
		T(test_match_mcp_at_a_provider_is_mcp),
		T(test_match_endpoints_of_the_user_name_the_provider),
		T(test_match_a_prefix_fits_whole_segments_only),
		T(test_match_bad_endpoints_are_reported_and_the_rest_is_used),
		T(test_match_more_endpoints_than_there_is_room_for_are_reported),
		T(test_match_host_split),
		T(test_match_target_path),
		T(test_match_view_counts_traceparents),
	};

	return GT_TESTS(tests);
}
