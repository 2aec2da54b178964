#include "exporter/command/trace_file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exporter/base/buf.h"
#include "exporter/base/errors.h"
#include "exporter/base/steps.h"
#include "exporter/cost/price_period.h"
#include "exporter/span/semconv.h"
#include "shim/shared/traceparent.h"

#define FILE_MAX ((size_t)1 << 30) /* a larger file needs a database, not a picture */

/* Bytes that may be read in vain, beyond the bytes of the file: each bad line may begin a value of several lines. */
#define WASTE_MAX ((size_t)1 << 16)

#define COST_MAX	  1e9 /* dollars: no call costs more */
#define FIRST_CHUNK_MAX_S 1e8 /* three years: a larger value has the wrong unit */

/* ---------------------------------------------------------------- values */

static const cJSON *get(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static struct gt_str text(const cJSON *v)
{
	return cJSON_IsString(v) ? gt_str_of(v->valuestring) : GT_STR_NONE;
}

/* A number, or a string of digits: 64-bit integers are strings in OTLP/JSON, but not all writers comply. */
static bool read_int(const cJSON *v, int64_t *out)
{
	struct gt_str s = gt_str_trim(text(v));
	bool is_negative = s.len && s.p[0] == '-';
	uint64_t u;

	if (cJSON_IsNumber(v)) {
		if (!(fabs(v->valuedouble) < 9.2e18))
			return false;
		*out = (int64_t)v->valuedouble;
		return true;
	}
	if (!gt_str_u64(is_negative ? gt_str_skip(s, 1) : s, &u) || u > INT64_MAX)
		return false;
	*out = is_negative ? -(int64_t)u : (int64_t)u;
	return true;
}

static uint64_t read_time(const cJSON *v)
{
	int64_t i;

	return read_int(v, &i) && i > 0 ? (uint64_t)i : 0;
}

static void read_id(const cJSON *v, uint8_t *id, size_t n)
{
	struct gt_str s = text(v);
	char lower[32];

	if (s.len != 2 * n)
		return;
	for (size_t i = 0; i < s.len; i++)
		lower[i] = gt_lower(s.p[i]);
	gt_unhex(gt_str_make(lower, s.len), id, n); /* leaves the id zero (unknown) when `lower` is not hexadecimal */
}

/* Enumerations are numbers; some writers use their names, which end in `word`. */
static bool is_enum(const cJSON *v, int number, struct gt_str word)
{
	return cJSON_IsNumber(v) ? v->valueint == number : gt_str_ends(text(v), word);
}

static struct gt_str any_text(const cJSON *value)
{
	return text(get(value, "stringValue"));
}

static bool any_int(const cJSON *value, int64_t *out)
{
	return read_int(get(value, "intValue"), out) || read_int(get(value, "doubleValue"), out) ||
	       read_int(get(value, "stringValue"), out);
}

static bool any_double(const cJSON *value, double *out)
{
	const cJSON *v = get(value, "doubleValue");
	int64_t i;

	if (cJSON_IsNumber(v)) {
		*out = v->valuedouble;
		return true;
	}
	if (!any_int(value, &i))
		return false;
	*out = (double)i;
	return true;
}

/* ---------------------------------------------------------------- spans */

struct reader {
	struct gt_trace *trace;
	bool no_memory;
	size_t waste; /* bytes that may still be read in vain */
};

static struct gt_str keep(struct reader *r, struct gt_str s)
{
	char *copy = s.len ? gt_arena_copy(&r->trace->memory, s) : NULL;

	if (s.len && !copy)
		r->no_memory = true;
	return copy ? gt_str_make(copy, s.len) : GT_STR_NONE;
}

/* Attributes that are evaluated together once all of a span are read. */
struct findings {
	struct gt_str request_model, response_model, error_type;
	int64_t http_status;
};

/* The first of several attributes with the same meaning wins. */
static void set_text(struct gt_str *out, const cJSON *value)
{
	if (!out->len)
		*out = any_text(value);
}

static void set_tokens(int64_t *out, const cJSON *value)
{
	int64_t v;

	if (*out < 0 && any_int(value, &v) && v >= 0)
		*out = v;
}

static void set_double(double *out, const cJSON *value, double max)
{
	double v;

	if (*out < 0 && any_double(value, &v) && v >= 0 && v < max)
		*out = v;
}

static void set_day(uint32_t *out, const cJSON *value)
{
	struct gt_str s = any_text(value);

	if (s.len == 10)
		gt_price_day_read(s, out);
}

static void read_attribute(struct gt_trace_span *s, struct findings *f, const cJSON *attribute)
{
	const cJSON *value = get(attribute, "value");
	struct gt_str name = text(get(attribute, "key"));

	switch ((int)gt_attr_of_name(name.p ? name.p : "", name.len)) {
	case GT_ATTR_OPERATION_NAME:
		set_text(&s->operation, value);
		break;
	case GT_ATTR_PROVIDER_NAME:
		set_text(&s->provider, value);
		break;
	case GT_ATTR_REQUEST_MODEL:
		set_text(&f->request_model, value);
		break;
	case GT_ATTR_RESPONSE_MODEL:
		set_text(&f->response_model, value);
		break;
	case GT_ATTR_RESPONSE_ID:
		set_text(&s->response_id, value);
		break;
	case GT_ATTR_USAGE_INPUT_TOKENS:
		set_tokens(&s->tokens_in, value);
		break;
	case GT_ATTR_USAGE_OUTPUT_TOKENS:
		set_tokens(&s->tokens_out, value);
		break;
	case GT_ATTR_USAGE_CACHE_READ:
		set_tokens(&s->tokens_cached, value);
		break;
	case GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK:
		set_double(&s->first_chunk_s, value, FIRST_CHUNK_MAX_S);
		break;
	case GT_ATTR_USAGE_COST:
		set_double(&s->cost_usd, value, COST_MAX);
		break;
	case GT_ATTR_GENTAP_COST_PRICES_READ:
		set_day(&s->prices_read, value);
		break;
	case GT_ATTR_MCP_METHOD_NAME:
		s->is_mcp = true;
		break;
	case GT_ATTR_ERROR_TYPE:
		set_text(&f->error_type, value);
		break;
	case GT_ATTR_HTTP_RESPONSE_STATUS_CODE:
		any_int(value, &f->http_status);
		break;
	case GT_ATTR_GENTAP_BLIND:
		set_text(&s->blind, value);
		break;
	case GT_ATTR_GENTAP_INCOMPLETE:
		set_text(&s->incomplete, value);
		break;
	default:
		break;
	}
}

static enum gt_trace_kind read_kind(const cJSON *v)
{
	if (is_enum(v, 3, GT_STR("CLIENT")) || is_enum(v, 4, GT_STR("PRODUCER")))
		return GT_TRACE_CLIENT;
	if (is_enum(v, 2, GT_STR("SERVER")) || is_enum(v, 5, GT_STR("CONSUMER")))
		return GT_TRACE_SERVER;
	return is_enum(v, 1, GT_STR("INTERNAL")) ? GT_TRACE_INTERNAL : GT_TRACE_UNSPECIFIED;
}

/* "429 rate_limit_exceeded", or the part of it that is known; else "error". */
static struct gt_str compose_error(struct reader *r, const struct findings *f, struct gt_str message)
{
	struct gt_str type = f->error_type.len ? f->error_type : message, both;
	char status[16];
	int n;

	if (f->http_status < 400 || f->http_status > 999)
		return type.len ? keep(r, type) : GT_STR("error");
	n = snprintf(status, sizeof(status), "%d ", (int)f->http_status);
	if (!type.len || gt_str_starts(type, gt_str_make(status, (size_t)n - 1)))
		return keep(r, type.len ? type : gt_str_make(status, (size_t)n - 1));
	both.len = (size_t)n + type.len;
	both.p = gt_arena_alloc(&r->trace->memory, both.len);
	if (!both.p) {
		r->no_memory = true;
		return GT_STR("error");
	}
	memcpy((char *)both.p, status, (size_t)n);
	memcpy((char *)both.p + n, type.p, type.len);
	return both;
}

static void read_span(struct reader *r, uint32_t process, const cJSON *json)
{
	struct gt_trace_span *s = gt_trace_add(r->trace);
	const cJSON *attribute, *status = get(json, "status");
	struct findings f = { 0 };

	if (!s) {
		r->no_memory = true;
		return;
	}
	s->process = process;
	read_id(get(json, "traceId"), s->trace_id.b, sizeof(s->trace_id.b));
	read_id(get(json, "spanId"), s->id.b, sizeof(s->id.b));
	read_id(get(json, "parentSpanId"), s->parent_id.b, sizeof(s->parent_id.b));
	s->start_ns = read_time(get(json, "startTimeUnixNano"));
	s->end_ns = read_time(get(json, "endTimeUnixNano"));
	s->kind = read_kind(get(json, "kind"));
	cJSON_ArrayForEach (attribute, get(json, "attributes"))
		read_attribute(s, &f, attribute);
	s->name = keep(r, text(get(json, "name")));
	s->operation = keep(r, s->operation);
	s->provider = keep(r, s->provider);
	s->model = keep(r, f.request_model.len ? f.request_model : f.response_model);
	s->response_id = keep(r, s->response_id);
	s->incomplete = keep(r, s->incomplete);
	s->blind = keep(r, s->blind);
	s->is_refused = f.http_status >= 400;
	s->is_error = is_enum(get(status, "code"), 2, GT_STR("ERROR")) || f.error_type.len;
	if (s->is_error)
		s->error = compose_error(r, &f, text(get(status, "message")));
}

/* ---------------------------------------------------------------- documents */

static int64_t read_process(struct reader *r, const cJSON *resource)
{
	struct gt_trace_process p = { 0 };
	const cJSON *attribute;

	cJSON_ArrayForEach (attribute, get(resource, "attributes")) {
		struct gt_str name = text(get(attribute, "key"));
		const cJSON *value = get(attribute, "value");

		if (gt_str_eq(name, GT_STR("service.name")))
			p.service = any_text(value);
		else if (gt_str_eq(name, GT_STR("service.instance.id")))
			p.instance = any_text(value);
		else if (gt_str_eq(name, GT_STR("host.name")))
			p.host = any_text(value);
		else if (gt_str_eq(name, GT_STR("process.pid")) && (!any_int(value, &p.pid) || p.pid < 0))
			p.pid = 0;
	}
	return gt_trace_process(r->trace, &p);
}

static void read_resource_spans(struct reader *r, const cJSON *json)
{
	const cJSON *scope, *span;
	int64_t process;

	if (!cJSON_IsArray(get(json, "scopeSpans")))
		return;
	process = read_process(r, get(json, "resource"));
	if (process < 0) {
		r->no_memory = true;
		return;
	}
	cJSON_ArrayForEach (scope, get(json, "scopeSpans")) {
		cJSON_ArrayForEach (span, get(scope, "spans")) {
			if (cJSON_IsObject(span))
				read_span(r, (uint32_t)process, span);
		}
	}
}

static void read_document(struct reader *r, const cJSON *json)
{
	const cJSON *each;

	cJSON_ArrayForEach (each, get(json, "resourceSpans"))
		read_resource_spans(r, each);
}

/*
 * Parses the JSON value at the head of `rest` and advances `rest` past it. Tries the first line (of `line` bytes)
 * alone, then all of `rest` for a value of several lines. NULL, with `rest` unchanged, when there is not a value, or when
 * too much was read in vain.
 */
static cJSON *next_value(struct reader *r, struct gt_str *rest, size_t line)
{
	const char *end = NULL;
	cJSON *json = cJSON_ParseWithLengthOpts(rest->p, line, &end, false);

	GT_STEPS(line + 1);
	if (!json && line < rest->len && r->waste) {
		size_t read;

		json = cJSON_ParseWithLengthOpts(rest->p, rest->len, &end, false);
		read = (size_t)(end - rest->p) + 1;
		GT_STEPS(read);
		if (!json)
			r->waste -= read < r->waste ? read : r->waste;
	}
	if (json)
		*rest = gt_str_skip(*rest, (size_t)(end - rest->p));
	return json;
}

static void skip_space(struct gt_str *s)
{
	while (s->len && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\r' || s->p[0] == '\n'))
		*s = gt_str_skip(*s, 1);
}

int gt_trace_file_parse(struct gt_trace *t, struct gt_str rest)
{
	struct reader r = { .trace = t, .waste = rest.len + WASTE_MAX };

	if (gt_str_starts(rest, GT_STR("\xef\xbb\xbf")))
		rest = gt_str_skip(rest, 3);
	for (skip_space(&rest); rest.len; skip_space(&rest)) {
		cJSON *json = next_value(&r, &rest, gt_str_find(rest, '\n'));

		if (cJSON_IsObject(json)) {
			read_document(&r, json);
			gt_run_notes_read(&t->notes, json);
		} else {
			t->bad_lines++;
			rest = gt_str_skip(rest, gt_str_find(rest, '\n'));
		}
		cJSON_Delete(json);
	}
	return r.no_memory ? GT_ENOMEM : 0;
}

static int read_all(int fd, struct gt_buf *all)
{
	char chunk[65536];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? GT_EIO : 0;
		if (!gt_buf_add(all, chunk, (size_t)n))
			return all->len + (size_t)n > FILE_MAX ? GT_ETOOBIG : GT_ENOMEM;
	}
}

int gt_trace_file_load(struct gt_trace *t, int fd)
{
	struct gt_buf all;
	int ret, linked, saved;

	gt_buf_init(&all, FILE_MAX);
	ret = read_all(fd, &all);
	saved = errno;
	if (!ret)
		ret = gt_trace_file_parse(t, gt_buf_str(&all));
	linked = gt_trace_link(t);
	gt_buf_free(&all);
	errno = saved;
	return ret ? ret : linked;
}

const char *gt_trace_file_reason(int result)
{
	switch (result) {
	case GT_ENOMEM:
		return "not enough memory";
	case GT_ETOOBIG:
		return "larger than 1 GiB";
	case GT_EIO:
		return strerror(errno);
	default:
		return "unknown reason";
	}
}
