/*
 * An environment of NAME=value lines with any values. The configuration and the resource must be valid, and every
 * warning must be short and printable.
 *
 * The same text also serves as a command line, as files of /proc and as the file of a package. The parsers of Retry-After, of URLs to show and
 * of a collector's reply get it, too.
 */
#include "exporter/base/civil_time.h"
#include "exporter/base/utf8.h"
#include "exporter/config/config.h"
#include "exporter/otlp/otlp_endpoint.h"
#include "exporter/otlp/otlp_pb.h"
#include "exporter/otlp/retry.h"
#include "exporter/resource/container_id.h"
#include "exporter/resource/package_name.h"
#include "exporter/resource/resource.h"
#include "fuzz.h"
#include "shim/shared/match.h"

#define LINES_MAX 64

struct environment {
	const char *values[GT_ENV_COUNT];
	char *argv[LINES_MAX + 1];
	int warnings;
};

static const char *raw(void *ctx, enum gt_env which)
{
	const struct environment *e = ctx;

	return e->values[which];
}

static const char *get(void *ctx, enum gt_env which)
{
	const char *value = raw(ctx, which);

	return value && *value ? value : NULL;
}

static void warn(void *ctx, const char *message)
{
	struct environment *e = ctx;

	e->warnings++;
	FUZZ_CHECK(strlen(message) > 10 && strlen(message) < 400);
	for (const char *p = message; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
}

/* Sets a variable from "NAME=value". GENTAP_LOG_FILE stays unset, because gentap would write to that file. */
static void set(struct environment *e, const char *line)
{
	size_t len = strcspn(line, "=");

	for (int i = 0; line[len] && i < GT_ENV_COUNT; i++)
		if (i != GT_ENV_GENTAP_LOG_FILE && strlen(gt_env_name((enum gt_env)i)) == len &&
		    !memcmp(gt_env_name((enum gt_env)i), line, len))
			e->values[i] = line + len + 1;
}

/* Cuts the NUL-terminated text into lines, in place. Borrows it. */
static void environment_init(struct environment *e, char *text)
{
	int n = 0;

	*e = (struct environment){ .warnings = 0 };
	for (char *line = text, *next; line && n < LINES_MAX; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		e->argv[n++] = line;
		set(e, line);
	}
}

static void check_url(const char *url)
{
	FUZZ_CHECK(!strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8));
	for (const char *p = url; *p; p++)
		FUZZ_CHECK(*p > ' ' && *p <= '~');
}

static void check_config(const struct gt_config *c)
{
	FUZZ_CHECK(c->file && c->batch_max >= 1 && c->batch_max <= c->queue_max);
	FUZZ_CHECK(!c->capture.to || (c->capture.attribute_max >= 1024 && c->capture.span_max >= 1024));
	FUZZ_CHECK(c->capture.redact.n <= GT_REDACT_PATTERNS_MAX);
	FUZZ_CHECK(c->schedule_delay_ns >= 0 && c->export_timeout_ns >= 0);
	if (!c->to_otlp)
		return;
	check_url(c->otlp.url);
	FUZZ_CHECK(c->otlp.timeout_ns >= 0 && c->otlp.n_headers <= 64);
	for (unsigned i = 0; i < c->otlp.n_headers; i++) {
		FUZZ_CHECK(c->otlp.headers[i].name[0] && !strpbrk(c->otlp.headers[i].name, " :\r\n\t"));
		FUZZ_CHECK(!strpbrk(c->otlp.headers[i].value, "\r\n"));
	}
}

static void check_resource(const struct gt_resource *r)
{
	FUZZ_CHECK(r->n <= GT_RESOURCE_MAX && gt_resource_get(r, "service.name"));
	for (unsigned i = 0; i < r->n; i++) {
		const struct gt_resource_attribute *a = &r->attributes[i];

		FUZZ_CHECK(a->key[0] && gt_utf8_is_valid(gt_str_of(a->key)));
		FUZZ_CHECK(a->value.type != GT_VALUE_STR || gt_utf8_is_valid(a->value.str));
		FUZZ_CHECK(gt_resource_get(r, a->key) == &a->value);
	}
}

static void check_slice(struct gt_str s, struct gt_str of)
{
	FUZZ_CHECK(!s.len || (s.p >= of.p && s.p + s.len <= of.p + of.len));
}

static void check_package(struct gt_str s)
{
	struct gt_arena a;

	check_slice(gt_package_toml_name(s), s);
	check_slice(gt_package_folder(s), s);
	gt_arena_init(&a, 0);
	gt_package_json_name(&a, s, GT_STR("/p"), GT_STR("/p/cli.js"), s.len % 2);
	gt_arena_free(&a);
}

/* Runs the parsers that take one text. */
static void check_text(struct gt_str s)
{
	char shown[100], message[80];
	struct gt_civil_time t;
	int64_t wait = gt_retry_after_ns(s, 1750000000), rejected;

	FUZZ_CHECK(wait >= -1);
	gt_url_show(s, shown, sizeof(shown));
	FUZZ_CHECK(strlen(shown) < sizeof(shown));
	gt_url_is_local(s);
	check_package(s);
	gt_otlp_pb_read_response((const uint8_t *)s.p, s.len, NULL, &rejected, message, sizeof(message));
	FUZZ_CHECK(strlen(message) < sizeof(message));
	gt_otlp_pb_read_status((const uint8_t *)s.p, s.len, message, sizeof(message));
	FUZZ_CHECK(strlen(message) < sizeof(message));
	if (wait > 0 && wait < INT64_MAX) {
		t = gt_civil_of_unix(wait / 1000000000);
		FUZZ_CHECK(gt_civil_to_unix(&t) == wait / 1000000000);
	}
}

/* Looks at no file: a path of odd length counts as readable. */
static bool is_readable(const char *path)
{
	return strlen(path) % 2;
}

static void check_environment(struct environment *e, const char *text)
{
	struct gt_config_source from = {
		.get = get, .raw = raw, .warn = warn, .is_readable = is_readable, .body_max = 1 << 20, .pid = 7, .ctx = e
	};
	struct gt_process_facts facts = {
		.pid = 7, .executable = "/usr/bin/python3", .argv = e->argv, .cgroup = text, .mountinfo = text
	};
	struct gt_resource resource;
	struct gt_config config;

	FUZZ_CHECK(gt_config_read(&config, &from) == 0);
	check_config(&config);
	gt_config_free(&config);
	FUZZ_CHECK(gt_resource_make(&resource, &facts, &from) == 0);
	check_resource(&resource);
	gt_resource_free(&resource);
	check_slice(gt_container_id(text, NULL), gt_str_of(text));
	check_slice(gt_container_id(NULL, text), gt_str_of(text));
	gt_match_set_endpoints(NULL, NULL); /* the list borrows the environment */
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char *lines = malloc(len + 1), *text = malloc(len + 1), *copy = fuzz_copy((const char *)p, len);
	struct environment e;

	memcpy(lines, copy, len);
	lines[len] = 0;
	memcpy(text, lines, len + 1);
	environment_init(&e, lines);
	check_environment(&e, text);
	check_text(gt_str_make(copy, len));
	free(copy);
	free(text);
	free(lines);
	return 0;
}
