#include "shim/context.h"

#include "shim/serving.h"
#include "shim/shared/env.h"

#define BAGGAGE_MAX 8192 /* W3C Baggage: what every participant must forward. A longer list is dropped whole */

static struct gt_sampler sampler = { .is_parent_based = true, .keep_below = (uint64_t)INT64_MAX + 1 };
static bool has_env_parent, has_run_trace_id, send_trace_context = true, send_baggage = true;
static struct gt_trace_context env_parent;
static struct gt_trace_id run_trace_id;
static struct gt_str env_tracestate, env_baggage;

/* Printable ASCII: nothing that could end a header line. */
static bool is_header_safe(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

static void read_propagators(const char *list)
{
	struct gt_str rest = gt_str_of(list), item;

	if (!list)
		return;
	send_trace_context = send_baggage = false;
	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		send_trace_context |= gt_str_ieq(item, GT_STR("tracecontext"));
		send_baggage |= gt_str_ieq(item, GT_STR("baggage"));
	}
}

void gt_context_init(void)
{
	const char *parent = gt_env_get(GT_ENV_TRACEPARENT), *run = gt_env_get(GT_ENV_GENTAP_RUN_TRACE_ID);
	const char *name = gt_env_get(GT_ENV_OTEL_TRACES_SAMPLER);

	/* the exporter reads the same values with the same functions, and reports bad values */
	if (name)
		gt_sampler_parse(name, gt_env_get(GT_ENV_OTEL_TRACES_SAMPLER_ARG), &sampler);
	read_propagators(gt_env_get(GT_ENV_OTEL_PROPAGATORS));
	if (parent && send_trace_context && gt_traceparent_parse(gt_str_of(parent), &env_parent)) {
		has_env_parent = true;
		env_tracestate = gt_str_of(gt_env_get(GT_ENV_TRACESTATE));
		if (!gt_tracestate_is_valid(env_tracestate))
			env_tracestate = GT_STR_NONE;
	}
	env_baggage = gt_str_of(gt_env_get(GT_ENV_BAGGAGE));
	if (env_baggage.len > BAGGAGE_MAX || !is_header_safe(env_baggage))
		env_baggage = GT_STR_NONE;
	has_run_trace_id = run && gt_unhex(gt_str_of(run), run_trace_id.b, sizeof(run_trace_id.b)) &&
			   !gt_is_all_zero(run_trace_id.b, sizeof(run_trace_id.b));
}

static void keep_tracestate(struct gt_parentage *out, struct gt_str valid)
{
	if (valid.len)
		memcpy(out->tracestate, valid.p, valid.len);
	out->tracestate_len = (uint16_t)valid.len;
}

static bool take_sent(const struct gt_request_view *request, struct gt_parentage *out, struct gt_trace_context *parent)
{
	if (!request->has_traceparent || request->has_two_traceparents || !gt_traceparent_parse(request->traceparent, parent))
		return false;
	if (request->has_tracestate && gt_tracestate_is_valid(request->tracestate))
		keep_tracestate(out, request->tracestate);
	return true;
}

static bool take_served(struct gt_parentage *out, struct gt_trace_context *parent)
{
	struct gt_served served;

	if (!gt_serving_context(&served))
		return false;
	*parent = served.context;
	out->parent_is_remote = served.is_remote;
	keep_tracestate(out, gt_str_make(served.tracestate, served.tracestate_len));
	return true;
}

static bool take_env(struct gt_parentage *out, struct gt_trace_context *parent)
{
	if (!has_env_parent)
		return false;
	*parent = env_parent;
	keep_tracestate(out, env_tracestate);
	return true;
}

static void make_span(struct gt_parentage *out, const struct gt_trace_context *parent)
{
	out->span.span_id = gt_ident_span();
	if (parent) {
		out->parent = parent->span_id;
		gt_context_under(parent, &out->span);
		return;
	}
	out->parent_is_remote = false;
	out->span.trace_id = has_run_trace_id ? run_trace_id : gt_ident_trace();
	out->span.flags = GT_TRACE_RANDOM;
	if (gt_sampler_keeps(&sampler, out->span.trace_id, NULL))
		out->span.flags |= GT_TRACE_SAMPLED;
}

void gt_context_under(const struct gt_trace_context *parent, struct gt_trace_context *span)
{
	span->trace_id = parent->trace_id;
	span->flags = parent->flags & GT_TRACE_RANDOM;
	if (gt_sampler_keeps(&sampler, span->trace_id, parent))
		span->flags |= GT_TRACE_SAMPLED;
}

static void begin_parentage(struct gt_parentage *out)
{
	out->parent = (struct gt_span_id){ { 0 } };
	out->parent_is_remote = true;
	out->tracestate_len = 0;
}

void gt_context_new(const struct gt_request_view *request, struct gt_parentage *out)
{
	struct gt_trace_context parent;
	bool has_parent = true;

	begin_parentage(out);
	if (take_sent(request, out, &parent))
		out->parent_is_remote = false; /* the application's own span made this request, in this process */
	else
		has_parent = take_served(out, &parent) || take_env(out, &parent);
	make_span(out, has_parent ? &parent : NULL);
}

bool gt_context_received(const struct gt_request_view *request, struct gt_parentage *out)
{
	struct gt_trace_context parent;
	bool is_sent;

	begin_parentage(out);
	is_sent = take_sent(request, out, &parent);
	make_span(out, is_sent || take_env(out, &parent) ? &parent : NULL);
	return is_sent;
}

/* Writes one field in the form of its protocol. Returns 0 when it does not fit. */
typedef size_t field_fn(char *out, size_t cap, struct gt_str name, struct gt_str value);

static size_t line(char *out, size_t cap, struct gt_str name, struct gt_str value)
{
	size_t n = name.len + value.len + 4;

	if (n > cap)
		return 0;
	memcpy(out, name.p, name.len);
	memcpy(out + name.len, ": ", 2);
	memcpy(out + name.len + 2, value.p, value.len);
	memcpy(out + name.len + 2 + value.len, "\r\n", 2);
	return n;
}

/* The bytes of a literal beside its name and value: its kind, and two lengths of one and of three bytes. */
#define LITERAL_MAX 5

/* RFC 7541, 6.2.3 and 5.2; names are shorter than 127 bytes, values than 127 + 2^14. */
static size_t literal(char *out, size_t cap, struct gt_str name, struct gt_str value)
{
	char *to = out;

	if (name.len + value.len + LITERAL_MAX > cap)
		return 0;
	*to++ = 0x10;
	*to++ = (char)name.len;
	memcpy(to, name.p, name.len);
	to += name.len;
	if (value.len < 127) {
		*to++ = (char)value.len;
	} else {
		size_t rest = value.len - 127;

		*to++ = 127;
		if (rest >= 128)
			*to++ = (char)(0x80 | (rest & 0x7f));
		*to++ = (char)(rest >= 128 ? rest >> 7 : rest);
	}
	memcpy(to, value.p, value.len);
	return (size_t)(to - out) + value.len;
}

static size_t add_fields(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap,
			 field_fn *field)
{
	char value[GT_TRACEPARENT_LEN];
	size_t n = 0;

	if (send_trace_context && !request->has_traceparent) {
		gt_traceparent_format(&p->span, value);
		n += field(out, cap, GT_STR("traceparent"), gt_str_make(value, sizeof(value)));
		/* a tracestate without a traceparent is invalid; gentap does not repair the application's */
		if (p->tracestate_len && !request->has_tracestate)
			n += field(out + n, cap - n, GT_STR("tracestate"), gt_str_make(p->tracestate, p->tracestate_len));
	}
	if (send_baggage && env_baggage.len && !request->has_baggage)
		n += field(out + n, cap - n, GT_STR("baggage"), env_baggage);
	return n;
}

size_t gt_context_lines(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap)
{
	return add_fields(p, request, out, cap, line);
}

size_t gt_context_fields(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap)
{
	return add_fields(p, request, out, cap, literal);
}

size_t gt_context_lines_max(void)
{
	return sizeof("traceparent: \r\n") + GT_TRACEPARENT_LEN + sizeof("tracestate: \r\n") + GT_TRACESTATE_MAX +
	       sizeof("baggage: \r\n") + env_baggage.len;
}

size_t gt_context_fields_max(void)
{
	return gt_context_lines_max() + 3 * (LITERAL_MAX - (sizeof(": \r\n") - 1));
}
