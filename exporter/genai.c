#include "exporter/genai.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/cost/cost.h"
#include "exporter/exchange/vectors.h"
#include "exporter/opaque_span.h"
#include "exporter/privacy/mask.h"
#include "exporter/providers/provider.h"
#include "exporter/span/peer_memory.h"
#include "shim/shared/compiler.h"

/* The sampler decides about spans alone. */
static bool is_wanted(const struct gt_run_context *run, const struct gt_call *c)
{
	return run->is_measured || run->has_events || c->begin.context.flags & GT_TRACE_SAMPLED;
}

/* ---------------------------------------------------------------- start */

static void set_ids(struct gt_reading *r)
{
	const struct gt_begin *b = &r->call->begin;
	struct gt_span *s = r->span;

	s->context = b->context;
	s->parent = b->parent;
	s->parent_is_remote = b->parent_is_remote;
	s->tracestate = gt_span_text(s, r->call->tracestate, GT_TRACESTATE_MAX);
	if (!gt_is_all_zero(r->call->link.span_id.b, sizeof(r->call->link.span_id.b)))
		gt_span_link(s, &r->call->link);
}

static void set_peer(struct gt_reading *r)
{
	const struct gt_begin *b = &r->call->begin;

	if (!r->call->host.len)
		return;
	gt_span_set_str(r->span, b->is_inbound ? GT_ATTR_CLIENT_ADDRESS : GT_ATTR_SERVER_ADDRESS, r->call->host);
	if (b->port)
		gt_span_set_int(r->span, b->is_inbound ? GT_ATTR_CLIENT_PORT : GT_ATTR_SERVER_PORT, b->port);
}

static void set_common(struct gt_reading *r)
{
	const struct gt_begin *b = &r->call->begin;
	struct gt_span *s = r->span;

	set_ids(r);
	s->start_unix_ns = b->started.unix_ns;
	s->kind = b->is_inbound ? GT_KIND_SERVER : GT_KIND_CLIENT;
	if (r->provider->operation)
		gt_span_set_str(s, GT_ATTR_OPERATION_NAME, gt_str_of(r->provider->operation));
	if (r->call->provider.len)
		gt_span_set_str(s, GT_ATTR_PROVIDER_NAME, r->call->provider);
	set_peer(r);
}

/* Attributes that depend on the host or the client library, not on a provider's bodies. */
static void set_surroundings(struct gt_reading *r)
{
	struct gt_str retry = gt_call_request_field(r->call, "x-stainless-retry-count");
	uint64_t n;

	if (gt_str_starts(r->call->provider, GT_STR("azure.ai.")))
		gt_span_set_str(r->span, GT_ATTR_AZURE_RESOURCE_PROVIDER_NAMESPACE, GT_STR("Microsoft.CognitiveServices"));
	if (gt_str_u64(retry, &n) && n > 0 && n < 1000)
		gt_span_set_int(r->span, GT_ATTR_HTTP_REQUEST_RESEND_COUNT, (int64_t)n);
}

static struct gt_str request_text(const struct gt_call *c)
{
	/* a body that was cut would parse only by accident */
	return c->is_request_cut ? GT_STR_NONE : gt_buf_str(&c->request_body);
}

/* True when the request was cut, not copied or not decoded, and does not show whether this API was called. Then the response
 * decides. A provider without an operation (MCP) is never in doubt: its responses look like those of other protocols. */
static bool is_in_doubt(const struct gt_reading *r)
{
	const struct gt_call *c = r->call;

	return !r->is_known && (c->is_request_cut || c->is_request_undecoded || c->begin.is_bare) && r->provider->operation;
}

static bool is_answer_of_a_model(const struct gt_reading *r)
{
	const struct gt_usage *u = &r->usage;

	return r->choices > 0 || u->input != GT_TOKENS_NONE || u->output != GT_TOKENS_NONE;
}

static struct gt_str server_of(const struct gt_call *c)
{
	return c->begin.is_inbound ? GT_STR_NONE : c->host;
}

static uint16_t port_of(const struct gt_call *c)
{
	return c->begin.is_inbound ? 0 : c->begin.port;
}

/* The bodies show that this peer has the API that the path promises. */
static void note_peer(const struct gt_reading *r)
{
	const struct gt_call *c = r->call;

	if (!c->begin.is_certain && r->provider->operation)
		gt_peer_memory_note(r->run->peers, (enum gt_api)c->begin.api, server_of(c), port_of(c));
}

/* True when an earlier call to the same peer showed this API. It counts where bytes of both the request and the answer were
 * dropped, so that neither can show it. */
static bool is_known_peer(const struct gt_reading *r)
{
	const struct gt_call *c = r->call;

	return is_in_doubt(r) && (c->outcome != GT_OUTCOME_COMPLETE || c->damage != GT_DAMAGE_NONE) &&
	       gt_peer_memory_has(r->run->peers, (enum gt_api)c->begin.api, server_of(c), port_of(c));
}

static void read_request(struct gt_reading *r)
{
	struct gt_call *c = r->call;
	cJSON *json;

	json = gt_json_parse(request_text(c));
	c->is_request_cut |= !json && gt_json_is_too_large(gt_buf_str(&c->request_body));
	r->request_len = c->request_body.len;
	r->has_request_json = json != NULL;
	if (r->content)
		gt_content_forget_request(r->content);
	r->is_known = c->begin.is_certain || (r->provider->claims && r->provider->claims(c, json));
	if (r->is_known || is_in_doubt(r)) {
		set_surroundings(r);
		gt_provider_request(r->provider, r, json);
	}
	cJSON_Delete(json);
}

/* Makes the reading and reads the request, unless that is done. NULL: no provider reads the API, or out of memory. */
static struct gt_reading *start(const struct gt_run_context *run, struct gt_call *c)
{
	struct gt_reading *r = c->reading;

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->call = c;
	r->run = run;
	r->provider = gt_provider_of((enum gt_api)c->begin.api);
	r->span = r->provider ? gt_span_new(&run->limits) : NULL;
	if (r->span)
		r->span->event_limits = run->event_limits;
	if (!r->span) {
		free(r);
		return NULL;
	}
	gt_drop_usage(r);
	c->reading = r;
	if (run->capture && (c->begin.context.flags & GT_TRACE_SAMPLED || run->has_events))
		r->content = gt_content_new(run->capture);
	set_common(r);
	read_request(r);
	return r;
}

void gt_genai_drop(struct gt_call *c)
{
	if (!c->reading)
		return;
	gt_span_free(c->reading->span);
	gt_content_free(c->reading->content);
	free(c->reading->gaps_us);
	cJSON_Delete(c->reading->stray_error);
	cJSON_Delete(c->reading->maybe_error);
	free(c->reading);
	c->reading = NULL;
}

/* ---------------------------------------------------------------- reply */

static const struct gt_provider *format_of(const struct gt_reading *r)
{
	return r->shape ? r->shape : r->provider;
}

/* The last document of a stream that was cut is not whole. Only [DONE] begins like JSON and is not. Where the documents of
 * an API are not known, they may be text. */
static bool is_broken(const struct gt_reading *r, struct gt_str document)
{
	document = gt_str_trim(document);
	return r->call->outcome == GT_OUTCOME_COMPLETE && format_of(r)->members && document.len &&
	       (document.p[0] == '{' || document.p[0] == '[') && !gt_str_eq(document, GT_STR("[DONE]"));
}

static void read_part(void *ctx, struct gt_str event, struct gt_str data)
{
	struct gt_reading *r = ctx;
	cJSON *json = gt_json_parse(data);
	struct gt_document d = { .event = event, .text = data, .json = json };

	r->has_reply = true;
	r->has_large |= !json && gt_json_is_too_large(data);
	r->has_broken |= !json && is_broken(r, data);
	gt_provider_event(r->provider, r, &d);
	cJSON_Delete(json);
}

#define GAPS_MAX 16384 /* 64 KiB; the longest answers have a few thousand chunks */

/* When out of memory, this and later gaps between chunks are not measured. */
static void note_chunk(struct gt_reading *r, struct gt_str event, struct gt_str data)
{
	int64_t gap = r->call->last_data.ns - r->last_chunk.ns;
	bool is_first = r->last_chunk.ns == 0;

	/* pings and the end mark are not output */
	if (gt_str_eq(event, GT_STR("ping")) || gt_str_eq(gt_str_trim(data), GT_STR("[DONE]")))
		return;
	r->last_chunk = r->call->last_data;
	if (is_first || r->n_gaps == GAPS_MAX)
		return;
	if (r->n_gaps == r->gaps_room) {
		uint32_t room = r->gaps_room ? r->gaps_room * 2 : 64;
		uint32_t *more = realloc(r->gaps_us, room * sizeof(*more));

		if (!more)
			return;
		r->gaps_us = more;
		r->gaps_room = room;
	}
	gap = gap > 0 ? gap / 1000 : 0;
	r->gaps_us[r->n_gaps++] = gap < UINT32_MAX ? (uint32_t)gap : UINT32_MAX;
}

static void set_gaps(struct gt_reading *r)
{
	size_t size = r->n_gaps * sizeof(*r->gaps_us);
	uint32_t *gaps = size && r->call->response.status < 400 ? gt_arena_alloc(&r->span->arena, size) : NULL;

	if (!gaps)
		return;
	memcpy(gaps, r->gaps_us, size);
	r->span->gaps_us = gaps;
	r->span->n_gaps = r->n_gaps;
}

void gt_genai_document(const struct gt_run_context *run, struct gt_call *c, struct gt_str event, struct gt_str data)
{
	struct gt_reading *r = is_wanted(run, c) ? start(run, c) : NULL;

	if (!r || !(r->is_known || is_in_doubt(r)))
		return;
	if (!r->provider->is_list) {
		r->is_stream = true;
		note_chunk(r, event, data);
	}
	read_part(r, event, data);
}

#define VECTORS_MIN 4096 /* bytes; a shorter text is parsed faster than its vectors are removed */

static cJSON *parse_body(const struct gt_reading *r, struct gt_str text)
{
	return format_of(r)->has_vectors && text.len >= VECTORS_MIN ? gt_vectors_parse(text) : gt_json_parse(text);
}

/* True when a body with this text must be JSON: the head says so, or all answers of the API are. The body of an
 * acknowledgement (202) is any text. */
static bool is_json_due(const struct gt_reading *r, struct gt_str text)
{
	struct gt_str type = gt_call_response_field(r->call, "content-type");

	return r->call->response.status < 202 && gt_str_trim(text).len &&
	       (format_of(r)->members || gt_str_icontains(type, GT_STR("json")));
}

static void read_body(struct gt_reading *r)
{
	struct gt_call *c = r->call;
	struct gt_str text = gt_buf_str(&c->body);
	cJSON *json;

	if (gt_body_is_stream(c->body_kind) || c->damage != GT_DAMAGE_NONE)
		return;
	json = parse_body(r, text);
	if (json && c->response.status >= 400) {
		if (r->provider->error)
			r->provider->error(r, json);
		else
			gt_read_common_error(r, json);
	} else if (json) {
		gt_provider_response(r->provider, r, json);
	} else if (r->is_stream && text.len && text.p[0] == '[') {
		gt_array_split(text, read_part, r); /* a stream in the form of one array, which was cut short */
	}
	r->has_reply |= json != NULL;
	r->has_large |= !json && gt_json_is_too_large(text);
	r->has_broken |= !json && c->outcome == GT_OUTCOME_COMPLETE && is_json_due(r, text);
	cJSON_Delete(json);
}

/* ---------------------------------------------------------------- end */

static void set_usage(struct gt_reading *r)
{
	const struct {
		int64_t value;
		enum gt_attr key;
	} rows[] = {
		{ r->usage.input, GT_ATTR_USAGE_INPUT_TOKENS },
		{ r->usage.output, GT_ATTR_USAGE_OUTPUT_TOKENS },
		{ r->usage.cache_read, GT_ATTR_USAGE_CACHE_READ },
		{ r->usage.cache_write, GT_ATTR_USAGE_CACHE_WRITE },
		{ r->usage.reasoning, GT_ATTR_USAGE_REASONING },
		{ r->usage.text_input, GT_ATTR_USAGE_TEXT_INPUT },
		{ r->usage.image_input, GT_ATTR_USAGE_IMAGE_INPUT },
		{ r->usage.audio_input, GT_ATTR_USAGE_AUDIO_INPUT },
		{ r->usage.text_output, GT_ATTR_USAGE_TEXT_OUTPUT },
		{ r->usage.image_output, GT_ATTR_USAGE_IMAGE_OUTPUT },
		{ r->usage.audio_output, GT_ATTR_USAGE_AUDIO_OUTPUT },
		{ r->usage.text_cache_read, GT_ATTR_USAGE_TEXT_CACHE_READ },
		{ r->usage.image_cache_read, GT_ATTR_USAGE_IMAGE_CACHE_READ },
		{ r->usage.audio_cache_read, GT_ATTR_USAGE_AUDIO_CACHE_READ },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (rows[i].value != GT_TOKENS_NONE)
			gt_span_set_int(r->span, rows[i].key, rows[i].value);
}

static void set_finish_reasons(struct gt_reading *r)
{
	struct gt_str reasons[GT_CHOICES_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->choices; i++)
		if (r->finish[i].len)
			reasons[n++] = r->finish[i];
	if (n)
		gt_span_set_strs(r->span, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, n);
}

/* The first that exists: the reply's own error, the HTTP status, a failure in transit (README, "Errors of an
 * exchange"). */
static void set_error(struct gt_reading *r)
{
	struct gt_call *c = r->call;
	bool is_whole = r->is_final || (r->has_reply && !r->is_stream && !r->provider->is_list);
	char status[8];

	/* HTTP conventions: a 4xx response is not an error of the server's span */
	if (r->span->kind == GT_KIND_SERVER && (r->is_callers_mistake || !gt_span_has(r->span, GT_ATTR_MCP_METHOD_NAME)) &&
	    !r->has_error && c->response.status >= 400 && c->response.status < 500)
		return;
	if (c->response.status >= 400 || (r->has_error && !r->error_type.len)) {
		snprintf(status, sizeof(status), "%d", c->response.status);
		gt_span_set_error(r->span,
				  r->error_type.len	    ? r->error_type :
				  c->response.status >= 400 ? gt_str_of(status) :
							      GT_STR("_OTHER"),
				  r->error_message);
	} else if (r->has_error) {
		gt_span_set_error(r->span, r->error_type, r->error_message);
	} else if (c->outcome == GT_OUTCOME_FAILED && !is_whole) {
		gt_span_set_error(r->span, c->failure.len ? c->failure : GT_STR("_OTHER"), GT_STR(""));
	} else if (c->outcome == GT_OUTCOME_CUT && !is_whole) {
		gt_span_set_error(r->span, GT_STR("connection_reset"), GT_STR("the connection ended before the response did"));
	} else if (c->outcome == GT_OUTCOME_KILLED && !is_whole) {
		gt_span_set_error(r->span, GT_STR("cancelled"), GT_STR("the process was killed before the response ended"));
	} else if (c->outcome == GT_OUTCOME_ABANDONED && !is_whole) {
		gt_span_set_error(r->span, GT_STR("cancelled"), GT_STR("the application gave up before the response ended"));
	}
}

/* Conventions, N3: an expected finish reason that never came is reported as "error". */
static void set_finish_error(struct gt_reading *r)
{
	static const struct gt_str inference[] = { { "chat", 4 }, { "text_completion", 15 }, { "generate_content", 16 } };
	struct gt_str operation = gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), error = GT_STR("error");

	if (!r->span->is_error || gt_span_has(r->span, GT_ATTR_RESPONSE_FINISH_REASONS))
		return;
	for (size_t i = 0; i < GT_COUNT_OF(inference); i++)
		if (gt_str_eq(operation, inference[i]))
			gt_span_set_strs(r->span, GT_ATTR_RESPONSE_FINISH_ERROR, &error, 1);
}

/* The ids that the provider's own records have for this exchange, and when a client may retry it. */
static void set_response_fields(struct gt_reading *r)
{
	static const struct {
		const char *name;
		enum gt_attr key;
	} rows[] = {
		{ "x-amzn-requestid", GT_ATTR_AWS_REQUEST_ID },
		{ "x-request-id", GT_ATTR_HEADER_X_REQUEST_ID },
		{ "request-id", GT_ATTR_HEADER_REQUEST_ID },
		{ "apim-request-id", GT_ATTR_HEADER_APIM_REQUEST_ID },
		{ "mistral-correlation-id", GT_ATTR_HEADER_MISTRAL_CORRELATION_ID },
		{ "x-debug-trace-id", GT_ATTR_HEADER_X_DEBUG_TRACE_ID },
		{ "x-global-transaction-id", GT_ATTR_HEADER_X_GLOBAL_TRANSACTION_ID },
		{ "x-ds-trace-id", GT_ATTR_HEADER_X_DS_TRACE_ID },
		{ "x-generation-id", GT_ATTR_HEADER_X_GENERATION_ID },
		{ "x-litellm-call-id", GT_ATTR_HEADER_X_LITELLM_CALL_ID },
		{ "inference-id", GT_ATTR_HEADER_INFERENCE_ID },
		{ "openai-processing-ms", GT_ATTR_HEADER_OPENAI_PROCESSING_MS },
		{ "retry-after", GT_ATTR_HEADER_RETRY_AFTER },
		{ "retry-after-ms", GT_ATTR_HEADER_RETRY_AFTER_MS },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		struct gt_str value = gt_call_response_field(r->call, rows[i].name);

		if (!value.len)
			continue;
		if (gt_attr_type(rows[i].key) == GT_VALUE_STRS)
			gt_span_set_strs(r->span, rows[i].key, &value, 1);
		else
			gt_span_set_str(r->span, rows[i].key, value);
	}
}

/* True when the request had a body of JSON that could not be read, and the provider read it. */
static bool is_request_broken(const struct gt_reading *r)
{
	struct gt_str body = gt_buf_str(&r->call->request_body), type = gt_call_request_field(r->call, "content-type");

	return !r->has_request_json && body.len && r->call->response.status < 300 &&
	       (body.p[0] == '{' || gt_str_icontains(type, GT_STR("json")));
}

/* True when the application got an answer of which nothing could be read. 201 and 202 may have no body. */
static bool is_unread(const struct gt_reading *r)
{
	const struct gt_call *c = r->call;

	return format_of(r)->members && !r->is_understood && !r->is_final && !r->has_error && !is_answer_of_a_model(r) &&
	       c->response.status == 200 && c->outcome == GT_OUTCOME_COMPLETE && gt_str_eq(c->request.method, GT_STR("POST"));
}

static void set_incomplete(struct gt_reading *r)
{
	static const struct gt_str words[] = {
		[GT_DAMAGE_CODING] = { "content_encoding", 16 },  [GT_DAMAGE_GAP] = { "dropped", 7 },
		[GT_DAMAGE_TOO_BIG] = { "response_too_big", 16 }, [GT_DAMAGE_MEMORY] = { "no_memory", 9 },
		[GT_DAMAGE_FRAMING] = { "event_stream", 12 },
	};
	struct gt_call *c = r->call;

	if (c->outcome == GT_OUTCOME_KILLED)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("killed"));
	else if (c->damage != GT_DAMAGE_NONE)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, words[c->damage]);
	else if (r->has_large)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, words[GT_DAMAGE_TOO_BIG]);
	else if (c->outcome == GT_OUTCOME_UNREADABLE)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("unreadable"));
	else if (r->has_broken && c->response.status < 300)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("not_json"));
	else if (is_unread(r))
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE,
				r->has_foreign ? GT_STR("unknown_format") : GT_STR("not_json"));
	else if (c->begin.is_bare || (c->is_request_cut && !c->is_request_seen))
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, words[GT_DAMAGE_GAP]);
	else if (c->is_request_cut)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("request_too_big"));
	else if (r->has_unknown_tokens)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("unknown_usage"));
	else if (c->is_request_undecoded)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("request_content_encoding"));
	else if (is_request_broken(r))
		gt_span_set_str(r->span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("request_not_json"));
}

static void set_times(struct gt_reading *r)
{
	struct gt_call *c = r->call;
	int64_t took = c->ended.ns > c->began.ns ? c->ended.ns - c->began.ns : 0;

	r->span->end_unix_ns = r->span->start_unix_ns + (uint64_t)took;
	if (r->earlier_ns > 0 && (uint64_t)r->earlier_ns < r->span->start_unix_ns)
		r->span->start_unix_ns -= (uint64_t)r->earlier_ns;
	if (r->is_stream && c->first_data.ns && c->response.status < 400)
		gt_span_set_double(r->span, GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK,
				   (double)(c->first_data.ns - c->began.ns) / (double)GT_NS_PER_S);
}

/* ---------------------------------------------------------------- requests that only looked like calls */

/* The URL without what may hold credentials: user, query and fragment, and segments of the path that look like keys. */
static void set_url(struct gt_span *s, const struct gt_call *c)
{
	struct gt_str rest = gt_target_path(c->request.target), segment;
	bool is_default = c->begin.port == (c->begin.is_tls ? 443 : 80), is_v6 = gt_str_find(c->host, ':') < c->host.len;
	char url[1024], port[8] = "";
	size_t n;

	if (!is_default && c->begin.port)
		snprintf(port, sizeof(port), ":%u", c->begin.port);
	n = (size_t)snprintf(url, sizeof(url), "%s://%s%.*s%s%s", c->begin.is_tls ? "https" : "http", is_v6 ? "[" : "",
			     GT_STR_ARG(c->host), is_v6 ? "]" : "", port);
	if (!c->host.len || n >= sizeof(url))
		return;
	gt_str_next(&rest, '/', &segment); /* before the first slash */
	while (gt_str_next(&rest, '/', &segment) && n + 1 < sizeof(url)) {
		url[n++] = '/';
		n += gt_mask_secrets(segment, url + n, sizeof(url) - n);
	}
	gt_span_set_str(s, GT_ATTR_URL_FULL, gt_str_make(url, n));
}

/* Gives the span of a request that looked like a call until its body came, or NULL. Its header names this span as the
 * parent of what the server does, so the span must exist. It is an HTTP client's span and claims nothing else. When the
 * head was dropped, the HTTP conventions have words for a method that is not known. */
static struct gt_span *plain_span(const struct gt_run_context *run, struct gt_call *c)
{
	struct gt_reading r = { .call = c, .run = run };
	bool has_head = c->request.method.len > 0;

	if (c->outcome == GT_OUTCOME_NEVER || !c->begin.is_injected || !(c->begin.context.flags & GT_TRACE_SAMPLED))
		return NULL;
	r.span = gt_span_new(&run->limits);
	if (!r.span)
		return NULL;
	set_ids(&r);
	set_peer(&r);
	r.is_final = c->outcome == GT_OUTCOME_COMPLETE;
	r.span->start_unix_ns = c->begin.started.unix_ns;
	gt_span_set_str(r.span, GT_ATTR_HTTP_REQUEST_METHOD, has_head ? c->request.method : GT_STR("_OTHER"));
	if (has_head)
		set_url(r.span, c);
	if (c->outcome == GT_OUTCOME_KILLED)
		gt_span_set_str(r.span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("killed"));
	else if (!has_head)
		gt_span_set_str(r.span, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("dropped"));
	if (c->response.status)
		gt_span_set_int(r.span, GT_ATTR_HTTP_RESPONSE_STATUS_CODE, c->response.status);
	set_error(&r);
	set_times(&r);
	gt_span_set_name(r.span, has_head ? c->request.method : GT_STR("HTTP"), GT_STR(""));
	return r.span;
}

/* ---------------------------------------------------------------- all of it */

static struct gt_span *disclaim(const struct gt_run_context *run, struct gt_call *c)
{
	gt_genai_drop(c);
	return plain_span(run, c);
}

/* The handshake of a WebSocket whose messages are calls with spans of their own, below its span. */
static bool is_opening(const struct gt_call *c)
{
	return gt_api_is_socket(c->begin.api) && c->response.status == 101;
}

struct gt_span *gt_genai_finish(const struct gt_run_context *run, struct gt_call *c)
{
	bool is_reported = c->outcome != GT_OUTCOME_NEVER && is_wanted(run, c);
	struct gt_reading *r;
	struct gt_span *s;

	if (c->begin.api == GT_API_OPAQUE)
		return c->outcome == GT_OUTCOME_NEVER ? NULL : gt_opaque_span(run, c);
	if (is_opening(c))
		return disclaim(run, c);
	r = is_reported ? start(run, c) : NULL;

	if (r && r->request_len != c->request_body.len)
		read_request(r); /* the response began before the request was complete */
	if (r && c->has_new_parent)
		set_ids(r); /* the parent may have come after the reading was made */
	if (!r) {
		gt_genai_drop(c); /* of an exchange that did not take place */
		return NULL;
	}
	if (!r->is_known && !is_in_doubt(r))
		return disclaim(run, c);
	if (c->is_turn)
		gt_span_set_str(r->span, GT_ATTR_NETWORK_PROTOCOL_NAME, GT_STR("websocket"));
	if ((gt_body_is_stream(c->body_kind) && !r->provider->is_list) || c->is_turn) {
		r->is_stream = true;
		gt_span_set_bool(r->span, GT_ATTR_REQUEST_STREAM, true);
	}
	if (c->response.status) {
		gt_span_set_int(r->span, GT_ATTR_HTTP_RESPONSE_STATUS_CODE, c->response.status);
		read_body(r);
	}
	if (r->is_known || is_answer_of_a_model(r))
		note_peer(r);
	else if (!is_known_peer(r))
		return disclaim(run, c);
	gt_provider_finish(r);
	if (r->is_disclaimed)
		return disclaim(run, c);
	set_usage(r);
	gt_cost_set(r);
	set_finish_reasons(r);
	set_error(r);
	set_finish_error(r);
	set_response_fields(r);
	set_incomplete(r);
	set_times(r);
	set_gaps(r);
	if (!r->span->name.len)
		gt_span_set_name(r->span, gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME),
				 gt_span_get_str(r->span, GT_ATTR_REQUEST_MODEL));
	if (r->content)
		gt_content_put(r->content, r);
	s = r->span;
	r->span = NULL;
	gt_genai_drop(c);
	return s;
}
