/* Bedrock's agents, knowledge bases and AgentCore. */
#include "support/span_lines.h"
#include "support/test.h"

#define STREAM	 "application/vnd.amazon.eventstream"
#define NAME(op) op "\noperation.name=" op "\nprovider.name=aws.bedrock\n"

static void test_bedrock_agents_are_invoked(void **state)
{
#define AT(path) .api = GT_API_BEDROCK_AGENT, .provider = "aws.bedrock", .target = path, .type = STREAM
	static const struct gt_exchange_case cases[] = {
		{ AT("/agents/AG1/agentAliases/AL1/sessions/s%2F1/text"), .request = "{'inputText':'Hi'}",
		  .response = "trace {'trace':{}}\nexception/dependencyFailedException {'message':'lambda'}\n",
		  .want = NAME("invoke_agent") "conversation.id=s/1\nrequest.stream=true\nagent.id=AG1\n"
					       "error.type=dependencyFailedException\n" OK "error \"lambda\"\n" },
		/* an agent that the request describes */
		{ AT("/agents/s1"), .request = "{'foundationModel':'claude','instruction':'x','inputText':'Hi'}",
		  .response = "chunk {'bytes':'SGk='}\n",
		  .want = SPAN_OF("invoke_agent", "aws.bedrock", "claude") "conversation.id=s1\nrequest.stream=true\n" OK },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

static void test_bedrock_retrieves_and_generates(void **state)
{
#define RAG(path) .api = GT_API_BEDROCK_RAG, .provider = "aws.bedrock", .target = path
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_BEDROCK_RETRIEVE,
		  .provider = "aws.bedrock",
		  .target = "/knowledgebases/KB1/retrieve",
		  .request =
			  "{'retrievalQuery':{'text':'x'},'retrievalConfiguration':{'vectorSearchConfiguration':{'numberOfResults':3}}}",
		  .response = "{}",
		  .want = "retrieval KB1\noperation.name=retrieval\nprovider.name=aws.bedrock\ndata_source.id=KB1\nretrieval.top_k=3\n"
			  "aws.bedrock.knowledge_base.id=KB1\n" OK },
		{ RAG("/retrieveAndGenerate"),
		  .request =
			  "{'input':{'text':'x'},'retrieveAndGenerateConfiguration':{'type':'KNOWLEDGE_BASE','knowledgeBaseConfiguration':"
			  "{'knowledgeBaseId':'KB1','modelArn':'arn:m','generationConfiguration':{'inferenceConfig':{'textInferenceConfig':"
			  "{'maxTokens':9,'temperature':0.5}}},'retrievalConfiguration':{'vectorSearchConfiguration':{'numberOfResults':3}}}}}",
		  .response = "{'sessionId':'s1','output':{'text':'y'},'guardrailAction':'NONE'}",
		  .want = SPAN_OF(
			  "retrieve_and_generate", "aws.bedrock",
			  "arn:m") "conversation.id=s1\nrequest.max_tokens=9\nrequest.temperature=0.5\ndata_source.id=KB1\n"
				   "retrieval.top_k=3\naws.bedrock.knowledge_base.id=KB1\n" OK },
		{ RAG("/retrieveAndGenerate"),
		  .request =
			  "{'sessionId':'s0','input':{'text':'x'},'retrieveAndGenerateConfiguration':{'externalSourcesConfiguration':{'modelArn':'m'}}}",
		  .response = "{'sessionId':'s0','output':{'text':'y'},'guardrailAction':'INTERVENED'}",
		  .want = SPAN_OF("retrieve_and_generate", "aws.bedrock",
				  "m") "conversation.id=s0\nresponse.finish_reasons=[guardrail_intervened]\n" OK },
		{ RAG("/retrieveAndGenerateStream"), .request = "{'input':{'text':'x'}}", .type = STREAM,
		  .fields = "x-amzn-bedrock-knowledge-base-session-id: s1\r\n",
		  .response = "output {'text':'y'}\ncitation {'citation':{}}\nguardrail {'action':'INTERVENED'}\n",
		  .want = NAME("retrieve_and_generate") "conversation.id=s1\nrequest.stream=true\n"
							"response.finish_reasons=[guardrail_intervened]\n" OK },
		{ RAG("/retrieveAndGenerate"), .request = "{'input':{'text':'x'}}", .status = 400,
		  .fields = "x-amzn-errortype: ValidationException\r\n", .response = "{'message':'no'}",
		  .want = NAME("retrieve_and_generate") ERROR("ValidationException", "400", "no") },
	};
#undef RAG

	(void)state;
	CHECK(cases);
}

static void test_agentcore_runs_programs_whose_bodies_are_their_own(void **state)
{
#define AT(path) .api = GT_API_AGENTCORE, .provider = "aws.bedrock", .target = path
#define SESSION	 "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: s1\r\n"
	static const struct gt_exchange_case cases[] = {
		{ AT("/runtimes/arn%3Aaws%3Ax%2Fa/invocations?qualifier=DEFAULT"), .request_fields = SESSION,
		  .request = "{'prompt':'x'}", .response = "{'result':'y','usage':{'input_tokens':3}}",
		  .want = NAME("invoke_agent") "conversation.id=s1\nagent.id=arn:aws:x/a\n" OK },
		{ AT("/runtimes/arn:aws:x/a/invocations"), .request = "{'prompt':'x'}", .type = "text/event-stream",
		  .fields = SESSION, .response = "data: 'y'\n\n",
		  .want = NAME("invoke_agent") "conversation.id=s1\nrequest.stream=true\nagent.id=arn:aws:x/a\n" OK },
		{ AT("/runtimes/a/invocations"), .request = "{}", .status = 403,
		  .response = "{'message':'no','__type':'x#AccessDeniedException'}",
		  .want = NAME("invoke_agent") "agent.id=a\n" ERROR("AccessDeniedException", "403", "no") },
	};
#undef AT

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_bedrock_agents_are_invoked),
		GT_TEST(test_bedrock_retrieves_and_generates),
		GT_TEST(test_agentcore_runs_programs_whose_bodies_are_their_own),
	};

	return GT_TESTS(tests);
}
