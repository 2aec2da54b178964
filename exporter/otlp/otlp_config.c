#include "exporter/otlp/otlp_config.h"

#include <stdio.h>

#include "exporter/base/config_value.h"
#include "exporter/base/errors.h"
#include "exporter/base/pair_list.h"
#include "exporter/otlp/otlp_endpoint.h"
#include "exporter/otlp/otlp_protocol.h"
#include "shim/shared/clock.h"

#define DEFAULT_TIMEOUT_NS (10 * GT_NS_PER_S)
#define HEADERS_MAX	   64 /* servers refuse more than about 100; a warning below has this number */

/* The variables of one signal. Each wins over the variable without the signal's name. */
struct names {
	enum gt_env endpoint, protocol, headers, compression, timeout, insecure, certificate, client_key, client_certificate;
};

#define NAMES(S)                                                                                        \
	{ GT_ENV_OTEL_EXPORTER_OTLP_##S##ENDPOINT,	    GT_ENV_OTEL_EXPORTER_OTLP_##S##PROTOCOL,    \
	  GT_ENV_OTEL_EXPORTER_OTLP_##S##HEADERS,	    GT_ENV_OTEL_EXPORTER_OTLP_##S##COMPRESSION, \
	  GT_ENV_OTEL_EXPORTER_OTLP_##S##TIMEOUT,	    GT_ENV_OTEL_EXPORTER_OTLP_##S##INSECURE,    \
	  GT_ENV_OTEL_EXPORTER_OTLP_##S##CERTIFICATE,	    GT_ENV_OTEL_EXPORTER_OTLP_##S##CLIENT_KEY,  \
	  GT_ENV_OTEL_EXPORTER_OTLP_##S##CLIENT_CERTIFICATE }

static const struct names general = NAMES();
static const struct names specific[GT_SIGNALS] = {
	[GT_TRACES] = NAMES(TRACES_), [GT_METRICS] = NAMES(METRICS_), [GT_LOGS] = NAMES(LOGS_)
};

/* One setting of a signal, the specific variable first. */
#define SETTING(signal, field, fallback_) ((struct gt_setting){ { specific[signal].field, general.field }, 2, fallback_ })

bool gt_otlp_is_named(const struct gt_config_source *from, enum gt_signal signal)
{
	return gt_config_str(from, specific[signal].endpoint).len || gt_config_str(from, general.endpoint).len;
}

/* Used by gRPC only, for endpoints without a scheme. */
static enum gt_otlp_bare read_insecure(const struct gt_config_source *from, enum gt_signal signal)
{
	static const char *const words[] = { "true", "false" };
	struct gt_setting insecure = SETTING(signal, insecure, "the default for the host");
	int word = gt_config_word(from, &insecure, words, GT_COUNT_OF(words), "is neither true nor false");

	return word < 0 ? GT_BARE_BY_HOST : word == 0 ? GT_BARE_HTTP : GT_BARE_HTTPS;
}

static int read_endpoint(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal,
			 struct gt_arena *a, bool *usable)
{
	enum gt_env name = specific[signal].endpoint;
	struct gt_str value = gt_config_str(from, name);
	struct gt_otlp_place place = { .kind = GT_ENDPOINT_EXACT, .path = gt_otlp_signals[signal].path };
	enum gt_otlp_bare bare = read_insecure(from, signal);
	char shown[256];
	int ret;

	*usable = false;
	if (!value.len) {
		place.kind = GT_ENDPOINT_BASE;
		name = general.endpoint;
		value = gt_config_str(from, name);
		if (!value.len && from->raw(from->ctx, name))
			return 0;
		if (!value.len)
			value = gt_str_of(out->protocol->base);
	}
	if (out->protocol->is_rpc)
		place = (struct gt_otlp_place){ GT_ENDPOINT_RPC, bare, gt_otlp_signals[signal].method };
	ret = gt_otlp_endpoint(a, value, &place, &out->url);
	if (ret == GT_EBAD) {
		/* gentap does not guess: spans that reach a stranger are worse than lost spans */
		gt_url_show(value, shown, sizeof(shown));
		gt_config_bad(from, name, gt_str_of(shown), "is not an http or https URL", "nothing is sent over OTLP");
		return 0;
	}
	*usable = ret == 0;
	return ret;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = gt_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (!c || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.len > 0;
}

/* No CR, LF or NUL, which would end the field, and no other control character, which servers reject. */
static bool is_field_value(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static const char *const own_headers[] = { "content-type", "content-length", "content-encoding", "transfer-encoding",
					   "host",	   "user-agent",     "expect",		 "connection",
					   "te",	   "grpc-encoding",  "grpc-timeout" };

/* Returns what is wrong with a pair, or NULL when it is valid; `value` is then its decoded value. `*ret`: 0 or
 * GT_ENOMEM. */
static const char *header_problem(const struct gt_pair *pair, struct gt_arena *a, struct gt_str *value, int *ret)
{
	if (!pair->has_value)
		return "has no `=`";
	if (!is_token(pair->key))
		return "has no valid header name before its `=`";
	if (gt_word_index(pair->key, own_headers, GT_COUNT_OF(own_headers)) >= 0)
		return "cannot be overridden";
	*ret = gt_percent_decode(a, pair->value, value);
	if (*ret == GT_EBAD) {
		*ret = 0;
		return "has a `%` without two hexadecimal digits after it";
	}
	if (*ret == 0 && !is_field_value(*value))
		return "has a control character in its value";
	return NULL;
}

static void bad_header(const struct gt_config_source *from, enum gt_env name, const struct gt_pair *pair, unsigned index,
		       const char *problem)
{
	char message[200];

	/* text that is not a header name may be part of a secret */
	if (pair->has_value && is_token(pair->key) && pair->key.len < 64)
		snprintf(message, sizeof(message), "%.*s %s", GT_STR_ARG(pair->key), problem);
	else
		snprintf(message, sizeof(message), "item %u %s", index, problem);
	gt_config_bad_secret(from, name, message, "it is ignored");
}

/* A later header replaces an earlier header of that name. False when there are too many. */
static bool put_header(struct gt_header *headers, unsigned *n, const char *name, const char *value)
{
	unsigned i = 0;

	while (i < *n && !gt_str_ieq(gt_str_of(headers[i].name), gt_str_of(name)))
		i++;
	if (i == HEADERS_MAX)
		return false;
	headers[i] = (struct gt_header){ name, value };
	*n += i == *n;
	return true;
}

static int read_headers(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal,
			struct gt_arena *a)
{
	enum gt_env name = specific[signal].headers;
	struct gt_str rest = gt_config_str(from, name), value;
	struct gt_header *headers;
	struct gt_pair pair;
	int ret = 0;

	if (!rest.len) {
		name = general.headers;
		rest = gt_config_str(from, name);
	}
	if (!rest.len)
		return 0;
	headers = gt_arena_alloc(a, HEADERS_MAX * sizeof(*headers));
	if (!headers)
		return GT_ENOMEM;
	for (unsigned index = 1; gt_pair_next(&rest, &pair); index++) {
		const char *problem = header_problem(&pair, a, &value, &ret), *key;

		if (ret)
			return ret;
		if (problem) {
			bad_header(from, name, &pair, index, problem);
			continue;
		}
		key = gt_arena_copy(a, pair.key);
		if (!key)
			return GT_ENOMEM;
		if (!put_header(headers, &out->n_headers, key, value.p))
			bad_header(from, name, &pair, index, "exceeds the limit of 64 headers");
	}
	out->headers = headers;
	return 0;
}

/* Reads a path from the first variable that is set. TLS is always verified, so a file that cannot be read clears
 * `*usable`. The caller passes a false `*usable` without TLS: then the file is not checked. */
static int read_path(const char **out, const struct gt_config_source *from, struct gt_arena *a, enum gt_env own,
		     enum gt_env general_name, bool *usable)
{
	struct gt_str value = gt_config_str(from, own);
	enum gt_env name = value.len ? own : general_name;

	if (!value.len)
		value = gt_config_str(from, name);
	if (!value.len)
		return 0;
	*out = gt_arena_copy(a, value);
	if (!*out)
		return GT_ENOMEM;
	if (*usable && !from->is_readable(*out)) {
		gt_config_bad(from, name, value, "cannot be read", "nothing is sent over OTLP");
		*usable = false;
	}
	return 0;
}

static int read_tls(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal, struct gt_arena *a,
		    bool *usable)
{
	const struct names *own = &specific[signal];
	int ret;

	ret = read_path(&out->ca_file, from, a, own->certificate, general.certificate, usable);
	if (!ret && !out->ca_file)
		ret = read_path(&out->ca_file, from, a, GT_ENV_SSL_CERT_FILE, GT_ENV_SSL_CERT_FILE, usable);
	if (!ret)
		ret = read_path(&out->client_key, from, a, own->client_key, general.client_key, usable);
	if (!ret)
		ret = read_path(&out->client_certificate, from, a, own->client_certificate, general.client_certificate, usable);
	return ret;
}

static const struct gt_otlp_protocol *read_protocol(const struct gt_config_source *from, enum gt_signal signal)
{
	struct gt_setting protocol = SETTING(signal, protocol, "http/protobuf");
	const char *names[GT_OTLP_PROTOCOLS];
	int word;

	for (unsigned i = 0; i < GT_OTLP_PROTOCOLS; i++)
		names[i] = gt_otlp_protocols[i]->name;
	word = gt_config_word(from, &protocol, names, GT_OTLP_PROTOCOLS, "is not http/protobuf, http/json or grpc");
	return gt_otlp_protocols[word < 0 ? 0 : word];
}

int gt_otlp_config_read(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal,
			struct gt_arena *a, bool *usable)
{
	static const char *const compressions[] = { "none", "gzip" };
	struct gt_setting compression = SETTING(signal, compression, "none");
	struct gt_setting timeout = SETTING(signal, timeout, "10000");
	bool files_matter;
	int ret, word;

	*out = (struct gt_otlp_config){ .protocol = read_protocol(from, signal), .timeout_ns = DEFAULT_TIMEOUT_NS };
	ret = read_endpoint(out, from, signal, a, usable);
	if (!ret)
		ret = read_headers(out, from, signal, a);
	files_matter = *usable && gt_str_istarts(gt_str_of(out->url), GT_STR("https:"));
	if (!ret) {
		bool good = files_matter;

		ret = read_tls(out, from, signal, a, &good);
		*usable &= good || !files_matter;
	}
	word = gt_config_word(from, &compression, compressions, GT_COUNT_OF(compressions), "is neither none nor gzip");
	out->is_gzip = word == 1;
	gt_config_duration(from, &timeout, &out->timeout_ns);
	return ret;
}
