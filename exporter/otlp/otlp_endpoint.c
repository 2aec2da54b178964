#include "exporter/otlp/otlp_endpoint.h"

#include "exporter/base/errors.h"

#define RPC_PORT ":4317" /* the registered port for OTLP over gRPC; port 80 does not serve gRPC */

struct url {
	struct gt_str scheme; /* with "://"; empty for a bare host */
	struct gt_str authority, path, query;
	struct gt_str host;
	bool has_port;
};

static bool is_scheme_char(char c)
{
	c = gt_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* Length of "scheme://" at the start; 0 without a scheme. */
static size_t scheme_len(struct gt_str s)
{
	size_t i = 0;

	while (i < s.len && is_scheme_char(s.p[i]))
		i++;
	return i && gt_str_starts(gt_str_skip(s, i), GT_STR("://")) ? i + 3 : 0;
}

static size_t find_any(struct gt_str s, const char *set)
{
	size_t i = 0;

	while (i < s.len && !strchr(set, s.p[i]))
		i++;
	return i;
}

static void split(struct gt_str s, struct url *u)
{
	size_t n = scheme_len(s);

	u->scheme = gt_str_make(s.p, n);
	s = gt_str_skip(s, n);
	s.len = gt_str_find(s, '#');
	n = find_any(s, "/?");
	u->authority = gt_str_make(s.p, n);
	s = gt_str_skip(s, n);
	n = gt_str_find(s, '?');
	u->path = gt_str_make(s.p, n);
	u->query = gt_str_skip(s, n);
}

/* Splits "host", "host:port" or "[v6]:port". The part before an `@` is user information for the server. False: not
 * valid. */
static bool split_authority(struct url *u)
{
	struct gt_str s = u->authority, port;
	size_t i = s.len;
	uint64_t v;

	while (i && s.p[i - 1] != '@')
		i--;
	s = gt_str_skip(s, i);
	i = s.len && s.p[0] == '[' ? gt_str_find(s, ']') + 1 : gt_str_find(s, ':');
	if (i > s.len)
		return false;
	u->host = gt_str_make(s.p, i);
	port = gt_str_skip(s, i);
	if (port.len && (port.p[0] != ':' || !gt_str_u64(gt_str_skip(port, 1), &v) || v < 1 || v > UINT16_MAX))
		return false;
	u->has_port = port.len > 0;
	return u->host.len > 0 && !gt_str_eq(u->host, GT_STR("[]"));
}

static bool is_ipv4_loopback(struct gt_str host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false; /* 127.example.com is a name */
	return gt_str_starts(host, GT_STR("127."));
}

static bool is_this_host(struct gt_str host)
{
	return gt_str_ieq(host, GT_STR("localhost")) || gt_str_iends(host, GT_STR(".localhost")) ||
	       gt_str_eq(host, GT_STR("[::1]")) || is_ipv4_loopback(host);
}

static bool is_printable(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.len > 0;
}

static const char *join(struct gt_arena *a, const struct gt_str *parts, size_t n)
{
	size_t len = 0, at = 0;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	out = gt_arena_alloc(a, len + 1);
	for (size_t i = 0; out && i < n; i++) {
		if (parts[i].len)
			memcpy(out + at, parts[i].p, parts[i].len);
		at += parts[i].len;
	}
	return out;
}

static bool bare_is_plain(const struct url *u, enum gt_otlp_bare bare)
{
	return bare == GT_BARE_BY_HOST ? is_this_host(u->host) : bare == GT_BARE_HTTP;
}

int gt_otlp_endpoint(struct gt_arena *a, struct gt_str value, const struct gt_otlp_place *place, const char **url)
{
	struct gt_str path = gt_str_of(place->path), tail = GT_STR(""), port = GT_STR("");
	struct url u;

	value = gt_str_trim(value);
	split(value, &u);
	if (!is_printable(value) || !split_authority(&u))
		return GT_EBAD;
	if (!u.scheme.len)
		u.scheme = bare_is_plain(&u, place->bare) ? GT_STR("http://") : GT_STR("https://");
	if (!gt_str_ieq(u.scheme, GT_STR("http://")) && !gt_str_ieq(u.scheme, GT_STR("https://")))
		return GT_EBAD;
	switch (place->kind) {
	case GT_ENDPOINT_BASE:
		while (u.path.len && u.path.p[u.path.len - 1] == '/')
			u.path.len--;
		tail = gt_str_ends(u.path, path) ? GT_STR("") : path;
		break;
	case GT_ENDPOINT_EXACT:
		u.path = u.path.len ? u.path : GT_STR("/");
		break;
	case GT_ENDPOINT_RPC:
		u.path = path;
		u.query = GT_STR("");
		port = u.has_port || gt_str_ieq(u.scheme, GT_STR("https://")) ? port : GT_STR(RPC_PORT);
		break;
	}
	*url = join(a, (struct gt_str[]){ u.scheme, u.authority, port, u.path, tail, u.query }, 6);
	return *url ? 0 : GT_ENOMEM;
}

void gt_url_show(struct gt_str url, char *out, size_t cap)
{
	struct url u;
	size_t at, n;

	split(url, &u);
	at = u.authority.len;
	while (at && u.authority.p[at - 1] != '@')
		at--;
	u.authority = gt_str_skip(u.authority, at);
	n = gt_str_copy(u.scheme, out, cap);
	n += gt_str_copy(u.authority, out + n, cap - n);
	gt_str_copy(u.path, out + n, cap - n);
}

bool gt_url_is_local(struct gt_str url)
{
	struct url u;

	split(url, &u);
	return split_authority(&u) && is_this_host(u.host);
}
