/*
 * The reading speed of the exporter: realistic bodies pass through assemble, decode, provider and span in this process. Prints
 * a line for each shape of body: name, length of the body, and MB of body per second of this thread.
 *
 * Linked with the exporter's objects and with tests/unit/support/feed.c, which makes the events.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/support/feed.h"

#define BODY_MAX (16u << 20)
#define TAKES_S	 0.6

struct text {
	char *p;
	size_t len, room;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	if (t->room - t->len < 4096) {
		t->room = 2 * t->room + 65536;
		t->p = realloc(t->p, t->room);
	}
	va_start(args, format);
	n = vsnprintf(t->p + t->len, t->room - t->len, format, args);
	va_end(args);
	t->len += (size_t)n;
}

/* ---------------------------------------------------------------- shapes */

static const char *const words[] = { "the ",	 "harbour ", "line ",	 "is ", "four ",
				     "minutes ", "late, ",   "because ", "of ", "roadworks " };
#define WORD(i) words[(i) % (sizeof(words) / sizeof(words[0]))]

static void prose(struct text *t, size_t len)
{
	for (size_t from = t->len, i = 0; t->len - from < len; i++)
		say(t, "%s%s", WORD(i * 7 + i / 11), i % 17 ? "" : "\\n\\n- \\\"quoted\\\" ");
}

static void chat_stream(struct text *t)
{
	for (int i = 0; i < 1500; i++)
		say(t,
		    "data: {\"id\":\"chatcmpl-Bx81Kq3ZtR0fW5dUeH2nYgPa7vLmC\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,"
		    "\"model\":\"gpt-5.1-2025-11-13\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":["
		    "{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,"
		    "\"obfuscation\":\"aB3dE5fG\"}\n\n",
		    WORD(i));
	say(t,
	    "data: {\"id\":\"chatcmpl-1\",\"model\":\"gpt-5.1-2025-11-13\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
	    "\"stop\"}],\"usage\":null}\n\ndata: {\"id\":\"chatcmpl-1\",\"model\":\"gpt-5.1-2025-11-13\",\"choices\":[],\"usage\":"
	    "{\"prompt_tokens\":1184,\"completion_tokens\":1500,\"total_tokens\":2684}}\n\ndata: [DONE]\n\n");
}

static void messages_stream(struct text *t)
{
	say(t,
	    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01\",\"type\":\"message\",\"role\":"
	    "\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":38,"
	    "\"cache_read_input_tokens\":2210,\"output_tokens\":1}}}\n\n");
	for (int i = 0; i < 2500; i++)
		say(t,
		    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
		    "\"text_delta\",\"text\":\"%s%s\"}       }\n\n",
		    WORD(i), WORD(i * 3));
	say(t, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
	       "{\"output_tokens\":2500}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

static void responses_stream(struct text *t)
{
	for (int i = 0; i < 1500; i++)
		say(t,
		    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%d,"
		    "\"item_id\":\"msg_68a5d0e0c1f08190b7a9e2f3d4c5b6a7\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\","
		    "\"logprobs\":[],\"obfuscation\":\"q7Rt2mZx\"}\n\n",
		    i, WORD(i));
	say(t,
	    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\","
	    "\"model\":\"gpt-5.1\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"");
	prose(t, 9000);
	say(t, "\"}]}],\"usage\":{\"input_tokens\":311,\"output_tokens\":1500,\"total_tokens\":1811}}}\n\n");
}

static void embeddings(struct text *t)
{
	unsigned x = 1;

	say(t, "{\"object\":\"list\",\"data\":[");
	for (int i = 0; i < 64; i++) {
		say(t, "%s\n{\"object\":\"embedding\",\"index\":%d,\"embedding\":[", i ? "," : "", i);
		for (int k = 0; k < 1536; k++, x = x * 1103515245 + 12345)
			say(t, "%s%s0.0%09u", k ? "," : "", x & 1 << 20 ? "-" : "", x % 1000000000);
		say(t, "]}");
	}
	say(t, "],\"model\":\"text-embedding-3-small\",\"usage\":{\"prompt_tokens\":5120,\"total_tokens\":5120}}");
}

static void chat_reply(struct text *t)
{
	say(t,
	    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-5.1\",\"choices\":[{\"index\":0,\"message\":"
	    "{\"role\":\"assistant\",\"content\":\"");
	prose(t, 60000);
	say(t,
	    "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1184,\"completion_tokens\":15000,\"total_tokens\":16184}}");
}

static void history(struct text *t)
{
	say(t, "{\"model\":\"gpt-5.1\",\"temperature\":0.2,\"messages\":[{\"role\":\"system\",\"content\":\"");
	prose(t, 20000);
	for (int i = 0; i < 150; i++) {
		say(t,
		    "\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_%d\",\"type\":\"function\",\"function\":{\"name\":"
		    "\"bus_status\",\"arguments\":\"{\\\"line\\\":%d,\\\"detail\\\":true}\"}}]},"
		    "{\"role\":\"tool\",\"tool_call_id\":\"call_%d\",\"content\":\"",
		    i, i, i);
		prose(t, 3000);
	}
	say(t, "\"}],\"tools\":[");
	for (int i = 0; i < 40; i++) {
		say(t, "%s{\"type\":\"function\",\"function\":{\"name\":\"tool_%d\",\"description\":\"", i ? "," : "", i);
		prose(t, 300);
		say(t, "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"line\":{\"type\":\"integer\"},\"detail\":"
		       "{\"type\":\"boolean\"}},\"required\":[\"line\"]}}}");
	}
	say(t, "]}");
}

static void short_request(struct text *t)
{
	say(t, "{\"model\":\"gpt-5.1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}");
}

static void short_reply(struct text *t)
{
	say(t,
	    "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-5.1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
}

static const struct shape {
	const char *name;
	enum gt_api api;
	const char *provider, *target, *type;
	void (*request)(struct text *t), (*response)(struct text *t);
	bool counts_request;
	size_t piece; /* bytes of an event: one read of the application */
} shapes[] = {
	{ "SSE, chat completions", GT_API_OPENAI_CHAT, "openai", "/v1/chat/completions", "text/event-stream", short_request,
	  chat_stream, .piece = 2000 },
	{ "SSE, messages", GT_API_ANTHROPIC_MESSAGES, "anthropic", "/v1/messages", "text/event-stream", short_request,
	  messages_stream, .piece = 2000 },
	{ "SSE, responses", GT_API_OPENAI_RESPONSES, "openai", "/v1/responses", "text/event-stream", short_request,
	  responses_stream, .piece = 2000 },
	{ "JSON, embeddings", GT_API_OPENAI_EMBEDDINGS, "openai", "/v1/embeddings", "application/json", short_request,
	  embeddings, .piece = 16000 },
	{ "JSON, long reply", GT_API_OPENAI_CHAT, "openai", "/v1/chat/completions", "application/json", short_request,
	  chat_reply, .piece = 16000 },
	{ "JSON, long history", GT_API_OPENAI_CHAT, "openai", "/v1/chat/completions", "application/json", history, short_reply,
	  true, .piece = 16000 },
};

/* ---------------------------------------------------------------- measuring */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void exchange(struct gt_feed *f, const struct shape *s, const struct text *request, const struct text *response)
{
	struct gt_begin b = gt_feed_plain_begin(s->api);
	struct gt_span *span;

	gt_feed_begin(f, 1, &b, "api.example.com", s->provider);
	gt_feed_pieces(f, 1, GT_EVENT_REQUEST, request->p, request->len, s->piece);
	gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, response->p, response->len, s->piece);
	gt_feed_end(f, 1, GT_END_CLOSED, 0);
	span = gt_feed_take(f);
	if (!span || !gt_span_has(span, GT_ATTR_USAGE_INPUT_TOKENS) || gt_span_has(span, GT_ATTR_GENTAP_INCOMPLETE)) {
		fprintf(stderr, "%s: not read\n", s->name);
		exit(1);
	}
	gt_span_free(span);
}

static void measure(const struct shape *s)
{
	struct text request = { 0 }, response = { 0 }, whole_request = { 0 }, whole_response = { 0 };
	size_t counted, n = 0;
	double begun, took;
	struct gt_feed f;

	s->request(&request);
	s->response(&response);
	say(&whole_request,
	    "POST %s HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    s->target, request.len);
	say(&whole_response, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", s->type, response.len);
	for (struct text *t = &request, *to = &whole_request; t; t = t == &request ? &response : NULL, to = &whole_response) {
		to->p = realloc(to->p, to->len + t->len);
		memcpy(to->p + to->len, t->p, t->len);
		to->len += t->len;
	}
	counted = s->counts_request ? request.len : response.len;
	if (!gt_feed_init(&f, BODY_MAX))
		exit(1);
	exchange(&f, s, &whole_request, &whole_response);
	begun = now_s();
	do {
		exchange(&f, s, &whole_request, &whole_response);
		n++;
		took = now_s() - begun;
	} while (took < TAKES_S);
	printf("%s\t%zu\t%.1f\n", s->name, counted, (double)counted * (double)n / took / 1e6);
	gt_feed_free(&f);
	free(request.p);
	free(response.p);
	free(whole_request.p);
	free(whole_response.p);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (argc < 2 || strstr(shapes[i].name, argv[1]))
			measure(&shapes[i]);
	return 0;
}
