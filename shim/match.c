#include "match.h"

#include "compiler.h"

enum provider_id {
#define GT_PROVIDER(id, name) P_##id,
#define GT_HOST(pattern, id)
#include "providers.def"
#undef GT_PROVIDER
#undef GT_HOST
	P_COUNT,
	P_ANY = P_COUNT,
};

static const struct gt_str provider_names[P_COUNT] = {
#define GT_PROVIDER(id, name) [P_##id] = { name, sizeof(name) - 1 },
#define GT_HOST(pattern, id)
#include "providers.def"
#undef GT_PROVIDER
#undef GT_HOST
};

static const struct {
	struct gt_str pattern;
	enum provider_id provider;
} hosts[] = {
#define GT_PROVIDER(id, name)
#define GT_HOST(pattern, id) { { pattern, sizeof(pattern) - 1 }, P_##id },
#include "providers.def"
#undef GT_PROVIDER
#undef GT_HOST
};

/* How a path is compared, always without query and trailing slash. */
enum shape {
	ENDS,  /* path ends with the text, which starts with a slash */
	VERB,  /* last segment is model:text, as Google names its methods */
};

static const struct path_row {
	enum shape shape;
	struct gt_str text;
	enum gt_api api;
	enum provider_id only;	   /* this provider's hosts only, or P_ANY */
	enum provider_id flavour;  /* provider.name on a host nobody knows */
} paths[] = {
#define ROW(shape, text, api, only, flavour) { shape, { text, sizeof(text) - 1 }, GT_API_##api, P_##only, P_##flavour },
	ROW(ENDS, "/chat/completions", OPENAI_CHAT, ANY, OPENAI)
	ROW(ENDS, "/completions", OPENAI_COMPLETIONS, ANY, OPENAI)
	ROW(ENDS, "/responses", OPENAI_RESPONSES, ANY, OPENAI)
	ROW(ENDS, "/api/embeddings", OLLAMA_EMBED, OLLAMA, OLLAMA)
	ROW(ENDS, "/embeddings", OPENAI_EMBEDDINGS, ANY, OPENAI)
	ROW(ENDS, "/v1/messages", ANTHROPIC_MESSAGES, ANY, ANTHROPIC)
	ROW(VERB, "generateContent", GEMINI_GENERATE, ANY, GEMINI)
	ROW(VERB, "streamGenerateContent", GEMINI_GENERATE, ANY, GEMINI)
	ROW(VERB, "embedContent", GEMINI_EMBED, ANY, GEMINI)
	ROW(VERB, "batchEmbedContents", GEMINI_EMBED, ANY, GEMINI)
	ROW(ENDS, "/api/chat", OLLAMA_CHAT, ANY, OLLAMA)
	ROW(ENDS, "/api/generate", OLLAMA_GENERATE, ANY, OLLAMA)
	ROW(ENDS, "/api/embed", OLLAMA_EMBED, ANY, OLLAMA)
#undef ROW
};

#define ENDPOINTS_MAX	    32
#define OLLAMA_DEFAULT_PORT 11434

static struct extra {
	struct gt_str host;
	uint16_t port; /* 0: any */
	struct gt_str prefix;
	struct gt_str provider;
} extras[ENDPOINTS_MAX];
static int extra_count;

void gt_host_split(struct gt_str authority, struct gt_str *host, uint16_t *port)
{
	size_t colon;
	uint64_t v = 0;

	*port = 0;
	if (authority.len && authority.p[0] == '[') {
		size_t close = gt_str_find(authority, ']');

		*host = gt_str_make(authority.p + 1, close > 0 ? close - 1 : 0);
		authority = gt_str_skip(authority, close + 1);
		colon = gt_str_find(authority, ':');
	} else {
		colon = gt_str_find(authority, ':');
		*host = gt_str_make(authority.p, colon);
	}
	if (colon < authority.len && gt_str_u64(gt_str_skip(authority, colon + 1), &v) && v <= UINT16_MAX)
		*port = (uint16_t)v;
}

/* Absolute form "http://host/path" cut in two; origin form leaves `authority` empty. */
static struct gt_str split_target(struct gt_str target, struct gt_str *authority)
{
	size_t slash;

	*authority = GT_STR_NONE;
	if (gt_str_istarts(target, GT_STR("http://")))
		target = gt_str_skip(target, 7);
	else if (gt_str_istarts(target, GT_STR("https://")))
		target = gt_str_skip(target, 8);
	else
		return target;
	slash = gt_str_find(target, '/');
	*authority = gt_str_make(target.p, slash);
	return gt_str_skip(target, slash);
}

struct gt_str gt_target_path(struct gt_str target)
{
	struct gt_str authority, path = split_target(target, &authority);

	path.len = gt_str_find(path, '?');
	path.len = gt_str_find(path, '#');
	return path.len ? path : GT_STR("/");
}

void gt_request_view_field(struct gt_request_view *v, struct gt_str name, struct gt_str value)
{
	switch (name.len) {
	case 4:
		if (gt_str_ieq(name, GT_STR("host")) && !v->host.p)
			v->host = value;
		break;
	case 6:
		if (gt_str_ieq(name, GT_STR("accept")))
			v->accept = value;
		break;
	case 7:
		v->has_baggage |= gt_str_ieq(name, GT_STR("baggage"));
		v->has_upgrade |= gt_str_ieq(name, GT_STR("upgrade"));
		break;
	case 10:
		v->has_mcp |= gt_str_ieq(name, GT_STR("mcp-method"));
		if (gt_str_ieq(name, GT_STR("tracestate"))) {
			v->has_tracestate = true;
			v->tracestate = value;
		}
		break;
	case 11:
		if (gt_str_ieq(name, GT_STR("traceparent"))) {
			v->has_two_traceparents = v->has_traceparent;
			v->has_traceparent = true;
			v->traceparent = value;
		}
		break;
	case 12:
		if (gt_str_ieq(name, GT_STR("content-type")))
			v->content_type = value;
		break;
	case 14:
		v->has_mcp |= gt_str_ieq(name, GT_STR("mcp-session-id"));
		break;
	case 17:
		v->has_anthropic_version |= gt_str_ieq(name, GT_STR("anthropic-version"));
		break;
	case 20:
		v->has_mcp |= gt_str_ieq(name, GT_STR("mcp-protocol-version"));
		break;
	}
}

void gt_request_view_of(const struct gt_http1_head *head, struct gt_request_view *out)
{
	struct gt_str rest = head->fields, name, value, authority;

	*out = (struct gt_request_view){ .method = head->method, .target = head->target };
	split_target(head->target, &authority);
	if (authority.len)
		out->host = authority; /* RFC 9112, 3.2.2: it wins over Host */
	while (gt_http1_next_field(&rest, &name, &value))
		gt_request_view_field(out, name, value);
}

static int provider_of_host(struct gt_str host)
{
	char lower[256];

	if (!host.len || host.len > sizeof(lower))
		return -1;
	for (size_t i = 0; i < host.len; i++)
		lower[i] = gt_lower(host.p[i]);
	for (size_t i = 0; i < GT_COUNT_OF(hosts); i++)
		if (gt_str_glob(hosts[i].pattern, gt_str_make(lower, host.len)))
			return hosts[i].provider;
	return -1;
}

static bool path_fits(const struct path_row *row, struct gt_str path)
{
	size_t at;

	if (row->shape == ENDS)
		return gt_str_ends(path, row->text);
	if (!gt_str_ends(path, row->text) || path.len < row->text.len + 3)
		return false;
	at = path.len - row->text.len - 1;
	return path.p[at] == ':' && path.p[at - 1] != '/';
}

static bool is_json(struct gt_str content_type)
{
	return gt_str_istarts(content_type, GT_STR("application/json")) ||
	       (gt_str_istarts(content_type, GT_STR("application/")) && gt_str_icontains(content_type, GT_STR("+json")));
}

/* providers.md section 12: a header says so; or the POST that every streamable-HTTP client sends, which must accept both
 * kinds of answer (MCP specification, transports) and is otherwise unheard of. */
static bool looks_like_mcp(const struct gt_request_view *r)
{
	if (r->has_mcp)
		return gt_str_eq(r->method, GT_STR("POST")) || gt_str_eq(r->method, GT_STR("GET")) ||
		       gt_str_eq(r->method, GT_STR("DELETE"));
	return gt_str_eq(r->method, GT_STR("POST")) && is_json(r->content_type) &&
	       gt_str_icontains(r->accept, GT_STR("application/json")) &&
	       gt_str_icontains(r->accept, GT_STR("text/event-stream"));
}

static const struct extra *find_extra(struct gt_str host, uint16_t port, struct gt_str path)
{
	for (int i = 0; i < extra_count; i++)
		if (gt_str_ieq(extras[i].host, host) && (!extras[i].port || extras[i].port == port) &&
		    gt_str_starts(path, extras[i].prefix) &&
		    (path.len == extras[i].prefix.len || path.p[extras[i].prefix.len] == '/'))
			return &extras[i];
	return NULL;
}

struct gt_endpoint gt_match(const struct gt_request_view *r, struct gt_str also)
{
	struct gt_endpoint found = { .api = GT_API_NONE };
	struct gt_str host, path;
	const struct extra *extra;
	int provider = -1;
	uint16_t port;

	if (r->has_upgrade)
		return found;
	gt_host_split(r->host, &host, &port);
	path = gt_target_path(r->target);
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path.len--;
	extra = find_extra(host, port, path);
	if (!extra && also.len)
		extra = find_extra(also, port, path);
	if (!extra) {
		provider = provider_of_host(also);
		if (provider < 0)
			provider = provider_of_host(host);
		if (provider < 0 && port == OLLAMA_DEFAULT_PORT)
			provider = P_OLLAMA;
	}
	if (gt_str_eq(r->method, GT_STR("POST"))) {
		for (size_t i = 0; i < GT_COUNT_OF(paths); i++) {
			const struct path_row *row = &paths[i];

			if (!path_fits(row, path) || (row->only != P_ANY && (int)row->only != provider))
				continue;
			if (provider < 0 && !extra && !is_json(r->content_type))
				continue;
			found.api = (uint8_t)row->api;
			found.certain = provider >= 0 || extra != NULL;
			found.mapped = extra != NULL;
			found.provider = extra ? extra->provider : provider_names[provider >= 0 ? provider : (int)row->flavour];
			return found;
		}
	}
	if (provider < 0 && looks_like_mcp(r)) {
		found.api = GT_API_MCP;
		found.certain = r->has_mcp;
	}
	return found;
}

static bool is_provider_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool parse_extra(struct gt_str item, struct extra *out)
{
	size_t eq = gt_str_find(item, '='), slash;
	struct gt_str where = gt_str_make(item.p, eq), authority;

	out->provider = gt_str_trim(gt_str_skip(item, eq + 1));
	if (eq == item.len || !out->provider.len || out->provider.len >= GT_PROVIDER_NAME_MAX)
		return false;
	for (size_t i = 0; i < out->provider.len; i++)
		if (!is_provider_char(out->provider.p[i]))
			return false;
	where = gt_str_trim(where);
	if (gt_str_istarts(where, GT_STR("http://")) || gt_str_istarts(where, GT_STR("https://")))
		where = gt_str_skip(where, where.p[4] == ':' ? 7 : 8);
	slash = gt_str_find(where, '/');
	authority = gt_str_make(where.p, slash);
	out->prefix = gt_str_skip(where, slash);
	while (out->prefix.len && out->prefix.p[out->prefix.len - 1] == '/')
		out->prefix.len--;
	gt_host_split(authority, &out->host, &out->port);
	return out->host.len > 0;
}

void gt_match_set_endpoints(const char *list, void (*bad)(struct gt_str item))
{
	struct gt_str rest = gt_str_of(list), item;

	extra_count = 0;
	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		if (!item.len)
			continue;
		if (extra_count < ENDPOINTS_MAX && parse_extra(item, &extras[extra_count]))
			extra_count++;
		else if (bad)
			bad(item);
	}
}
