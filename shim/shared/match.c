#include "shim/shared/match.h"

#include "shim/shared/compiler.h"

enum provider_id {
#define GT_PROVIDER(id, name) P_##id,
#define GT_HOST(pattern, path, id)
#include "shim/shared/providers.def"
#undef GT_PROVIDER
#undef GT_HOST
	P_COUNT,
	P_ANY = P_COUNT,
};

static const struct gt_str provider_names[P_COUNT] = {
#define GT_PROVIDER(id, name) [P_##id] = { name, sizeof(name) - 1 },
#define GT_HOST(pattern, path, id)
#include "shim/shared/providers.def"
#undef GT_PROVIDER
#undef GT_HOST
};

/* No pointers: the loader, which starts every process, would have to write each of them. */
static const struct {
	char pattern[46], path[28];
	uint8_t pattern_len, path_len;
	uint8_t provider; /* enum provider_id */
} hosts[] = {
#define GT_PROVIDER(id, name)
#define GT_HOST(pattern, path, id) { pattern, path, sizeof(pattern) - 1, sizeof(path) - 1, P_##id },
#include "shim/shared/providers.def"
#undef GT_PROVIDER
#undef GT_HOST
};

enum methods { POST = 1, GET = 2, DELETE = 4, SOCKET = 8 /* a WebSocket's handshake */ };

enum where {
	ANYWHERE, /* also on unknown hosts, when the request is a POST of JSON */
	FORM,	  /* as ANYWHERE, also with a multipart form */
	WHOLE,	  /* as ANYWHERE, but a common word: on unknown hosts it must be the whole path */
	KNOWN,	  /* known hosts and hosts of GENTAP_ENDPOINTS only */
	LOOK,	  /* as KNOWN, but the host serves other things as well: the exporter checks the body */
};

static const struct path_row {
	struct gt_str pattern;
	char last; /* of the pattern */
	enum gt_api api;
	unsigned methods;
	enum where where;
	enum provider_id only;	  /* hosts of this provider only, or P_ANY */
	enum provider_id flavour; /* gen_ai.provider.name on an unknown host */
} paths[] = {
#define GT_PATH(pattern, api, methods, where, only, flavour) \
	{                                                    \
		{ pattern, sizeof(pattern) - 1 },            \
		(pattern)[sizeof(pattern) - 2],              \
		GT_API_##api,                                \
		methods,                                     \
		where,                                       \
		P_##only,                                    \
		P_##flavour                                  \
	},
#include "shim/shared/paths.def"
#undef GT_PATH
};

#define ENDPOINTS_MAX	    32
#define OLLAMA_DEFAULT_PORT 11434

static struct extra {
	struct gt_str host;
	uint16_t port; /* 0: any */
	struct gt_str prefix;
	struct gt_str provider;
	int id; /* index in provider_names, -1 for a name of the user's own */
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

/* Splits absolute form "http://host/path" in two. For origin form `authority` is empty. */
static struct gt_str split_target(struct gt_str target, struct gt_str *authority)
{
	size_t end = 0, at;

	*authority = GT_STR_NONE;
	if (gt_str_istarts(target, GT_STR("http://")))
		target = gt_str_skip(target, 7);
	else if (gt_str_istarts(target, GT_STR("https://")))
		target = gt_str_skip(target, 8);
	else
		return target;
	while (end < target.len && target.p[end] != '/' && target.p[end] != '?' && target.p[end] != '#')
		end++;
	*authority = gt_str_make(target.p, end);
	for (at = end; at; at--) { /* RFC 3986, 3.2.1: user and password end at the last @ */
		if (target.p[at - 1] != '@')
			continue;
		*authority = gt_str_skip(*authority, at);
		break;
	}
	return gt_str_skip(target, end);
}

struct gt_str gt_target_path(struct gt_str target)
{
	struct gt_str authority, path = split_target(target, &authority);

	path.len = gt_str_find(path, '?');
	path.len = gt_str_find(path, '#');
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path.len--;
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
		if (gt_str_ieq(name, GT_STR("upgrade"))) {
			v->has_upgrade = true;
			v->has_websocket |= gt_str_icontains(value, GT_STR("websocket"));
		}
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
		out->host = authority; /* RFC 9112, 3.2.2: the target's authority takes precedence over Host */
	while (gt_http1_next_field(&rest, &name, &value))
		gt_request_view_field(out, name, value);
}

/* Without a path (.p NULL), the host's name alone decides. */
static int provider_of_host(struct gt_str host, struct gt_str path)
{
	char lower[256];

	if (host.len && host.p[host.len - 1] == '.')
		host.len--; /* RFC 1034, 3.1: a full name may end in a dot */
	if (!host.len || host.len > sizeof(lower))
		return -1;
	for (size_t i = 0; i < host.len; i++)
		lower[i] = gt_lower(host.p[i]);
	for (size_t i = 0; i < GT_COUNT_OF(hosts); i++)
		if (gt_str_glob(gt_str_make(hosts[i].pattern, hosts[i].pattern_len), gt_str_make(lower, host.len)) &&
		    (!path.p || gt_str_glob(gt_str_make(hosts[i].path, hosts[i].path_len), path)))
			return (enum provider_id)hosts[i].provider;
	return -1;
}

/* Bytes at the end of `path` that mean `c`: itself, a run of slashes, or a colon that the client encoded. 0: none. */
static size_t end_that_is(struct gt_str path, char c)
{
	size_t n = 1;

	if (!path.len)
		return 0;
	if (path.p[path.len - 1] == c) {
		while (c == '/' && n < path.len && path.p[path.len - 1 - n] == '/')
			n++;
		return n;
	}
	return c == ':' && gt_str_iends(path, GT_STR("%3a")) ? 3 : 0;
}

/* Compares from the end, because gateways add prefixes. {} matches one non-empty segment, or its start when literal
 * text follows. */
static bool path_fits(struct gt_str pattern, struct gt_str path)
{
	size_t p = pattern.len;

	while (p) {
		size_t n = 0;

		if (pattern.p[p - 1] == '}') {
			while (n < path.len && path.p[path.len - 1 - n] != '/')
				n++;
			p -= 2;
		} else {
			n = end_that_is(path, pattern.p[--p]);
		}
		if (!n)
			return false;
		path.len -= n;
	}
	return true;
}

/* RFC 6455, 4.1 */
static bool is_handshake(const struct gt_request_view *r)
{
	return r->has_websocket && gt_str_eq(r->method, GT_STR("GET"));
}

static unsigned method_of(const struct gt_request_view *r)
{
	if (gt_str_eq(r->method, GT_STR("POST")))
		return POST;
	if (gt_str_eq(r->method, GT_STR("GET")))
		return r->has_websocket ? SOCKET : GET;
	return gt_str_eq(r->method, GT_STR("DELETE")) ? DELETE : 0;
}

static bool is_json(struct gt_str content_type)
{
	return gt_str_istarts(content_type, GT_STR("application/json")) ||
	       (gt_str_istarts(content_type, GT_STR("application/")) && gt_str_icontains(content_type, GT_STR("+json")));
}

/* A header identifies MCP. Without it: the POST of a streamable-HTTP client, which must accept both kinds of response
 * (MCP specification, transports). No other client is known to send that combination. Clients that do not keep to it are
 * known by the usual path. */
static bool looks_like_mcp(const struct gt_request_view *r, struct gt_str path)
{
	if (r->has_mcp)
		return gt_str_eq(r->method, GT_STR("POST")) || gt_str_eq(r->method, GT_STR("GET")) ||
		       gt_str_eq(r->method, GT_STR("DELETE"));
	if (!gt_str_eq(r->method, GT_STR("POST")) || !is_json(r->content_type))
		return false;
	return gt_str_ends(path, GT_STR("/mcp")) || (gt_str_icontains(r->accept, GT_STR("application/json")) &&
						     gt_str_icontains(r->accept, GT_STR("text/event-stream")));
}

static bool has_query_member(struct gt_str target, struct gt_str name)
{
	struct gt_str rest = gt_str_skip(target, gt_str_find(target, '?') + 1), item;

	while (rest.len && gt_str_next(&rest, '&', &item))
		if (gt_str_eq(gt_str_make(item.p, gt_str_find(item, '=')), name))
			return true;
	return false;
}

/* The older transport (revision 2024-11-05): the client posts messages to a path that the server named. All known
 * servers put the session into its query. Only a candidate, and the response comes on another connection. */
static bool looks_like_old_mcp(const struct gt_request_view *r, struct gt_str path)
{
	return gt_str_eq(r->method, GT_STR("POST")) && is_json(r->content_type) &&
	       (gt_str_ends(path, GT_STR("/messages")) || gt_str_ends(path, GT_STR("/message"))) &&
	       (has_query_member(r->target, GT_STR("session_id")) || has_query_member(r->target, GT_STR("sessionId")));
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

/* The first row from `row` on that has this method and path, on whatever host; else the end of the table. */
static const struct path_row *next_path(const struct path_row *row, unsigned method, struct gt_str path)
{
	char last = path.len ? path.p[path.len - 1] : 0;

	for (; row < paths + GT_COUNT_OF(paths); row++)
		if ((row->methods & method) && (row->last == last || row->last == '}') && path_fits(row->pattern, path))
			break;
	return row;
}

static bool may_stand_on_unknown(const struct path_row *row, const struct gt_request_view *r, struct gt_str path)
{
	if (row->methods == SOCKET)
		return row->where == ANYWHERE;
	if (row->methods != POST || row->where == KNOWN || row->where == LOOK)
		return false;
	if (row->where == FORM && gt_str_istarts(r->content_type, GT_STR("multipart/form-data")))
		return true;
	return is_json(r->content_type) && (row->where != WHOLE || path.len == row->pattern.len);
}

/* The first matching row from `row` on, or NULL; `provider` is -1 on an unknown host. */
static const struct path_row *find_path(const struct path_row *row, const struct gt_request_view *r, struct gt_str path,
					int provider, bool is_known)
{
	unsigned method = method_of(r);

	for (; row < paths + GT_COUNT_OF(paths); row = next_path(row + 1, method, path))
		if ((row->only == P_ANY || (int)row->only == provider) && (is_known || may_stand_on_unknown(row, r, path)))
			return row;
	return NULL;
}

/* Without further slashes in front. */
static struct gt_str trimmed_path(const struct gt_request_view *r)
{
	struct gt_str path = gt_target_path(r->target);

	while (path.len > 1 && path.p[0] == '/' && path.p[1] == '/')
		path = gt_str_skip(path, 1);
	return path;
}

/* The provider at that host; -1: unknown. `extra` is the user's mapping, or NULL. */
static int find_provider(const struct extra *extra, struct gt_str also, struct gt_str host, uint16_t port, struct gt_str path)
{
	int provider;

	if (extra)
		return extra->id;
	provider = provider_of_host(also, path);
	if (provider < 0)
		provider = provider_of_host(host, path);
	return provider < 0 && port == OLLAMA_DEFAULT_PORT ? (int)P_OLLAMA : provider;
}

struct gt_endpoint gt_match(const struct gt_request_view *r, struct gt_str also)
{
	struct gt_endpoint found = { .api = GT_API_NONE };
	const struct extra *extra = NULL;
	const struct path_row *row;
	struct gt_str host, path;
	int provider = -1;
	uint16_t port;

	path = trimmed_path(r);
	row = next_path(paths, method_of(r), path);
	/* the host is looked up only for a path of some API: most requests that gentap ignores cost no more than this */
	if (row < paths + GT_COUNT_OF(paths)) {
		gt_host_split(r->host, &host, &port);
		extra = find_extra(host, port, path);
		if (!extra && also.len)
			extra = find_extra(also, port, path);
		provider = find_provider(extra, also, host, port, path);
		row = find_path(row, r, path, provider, provider >= 0 || extra);
	} else {
		row = NULL;
	}
	if (row && row->api == GT_API_AGENTCORE && looks_like_mcp(r, path))
		row = NULL; /* that service runs programs of its users, and many are MCP servers */
	if (row) {
		found.api = (uint8_t)row->api;
		found.is_certain = extra || (provider >= 0 && row->where != LOOK); /* the user's mapping is certain */
		found.is_mapped = extra != NULL;
		found.provider = extra ? extra->provider : provider_names[provider >= 0 ? provider : (int)row->flavour];
	} else if (!is_handshake(r) &&
		   (looks_like_mcp(r, path) || looks_like_old_mcp(r, path))) { /* at providers too: some serve tools */
		found.api = GT_API_MCP;
		found.is_certain = r->has_mcp;
	}
#ifdef GT_MATCH_ALL /* tests/suites: a build that follows every request, to show that following changes nothing */
	if (!found.api && !is_handshake(r))
		found = (struct gt_endpoint){ .api = GT_API_OPENAI_CHAT, .is_certain = true, .provider = GT_STR("everything") };
#endif
	return found;
}

/* Clouds and data warehouses, of which a model is one service among many. */
static bool serves_other_things(enum provider_id provider)
{
	return provider == P_CLOUDFLARE || provider == P_SNOWFLAKE || provider == P_DATABRICKS;
}

bool gt_match_is_known(struct gt_str host, uint16_t port)
{
	int provider;

	if (!host.len)
		return false;
	for (int i = 0; i < extra_count; i++)
		if (gt_str_ieq(extras[i].host, host) && (!extras[i].port || !port || extras[i].port == port))
			return true;
	provider = provider_of_host(host, GT_STR_NONE);
	return provider >= 0 && !serves_other_things((enum provider_id)provider);
}

struct gt_endpoint gt_match_inbound(const struct gt_request_view *r)
{
	struct gt_endpoint found = { .api = GT_API_NONE };
	struct gt_str path = trimmed_path(r);

	if (!is_handshake(r) && (looks_like_mcp(r, path) || looks_like_old_mcp(r, path))) {
		found.api = GT_API_MCP;
		found.is_certain = r->has_mcp;
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
	out->id = -1;
	for (int i = 0; i < P_COUNT; i++)
		if (gt_str_eq(provider_names[i], out->provider))
			out->id = i;
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

struct gt_str gt_match_provider(size_t i)
{
	return i < P_COUNT ? provider_names[i] : GT_STR_NONE;
}
