#include "exporter/resource/resource.h"

#include <stdio.h>

#include "exporter/base/config_value.h"
#include "exporter/base/errors.h"
#include "exporter/base/pair_list.h"
#include "exporter/base/text.h"
#include "exporter/base/utf8.h"
#include "exporter/resource/container_id.h"
#include "exporter/resource/program_name.h"
#include "shim/shared/compiler.h"
#include "version.h"

#define VALUE_MAX 4096 /* characters; a longer value is not a name */

static struct gt_value *place(struct gt_resource *r, const char *key)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcmp(r->attributes[i].key, key) == 0)
			return &r->attributes[i].value;
	if (r->n == GT_RESOURCE_MAX)
		return NULL;
	r->attributes[r->n].key = key;
	return &r->attributes[r->n++].value;
}

/* Sets an attribute; borrows `key`. Ignores an empty value, and attributes beyond the maximum. 0 or GT_ENOMEM. */
static int put(struct gt_resource *r, const char *key, struct gt_str value)
{
	struct gt_str text;
	struct gt_value *v;

	if (!value.len)
		return 0;
	text = gt_utf8_text(&r->memory, value, VALUE_MAX);
	if (!text.p)
		return GT_ENOMEM;
	v = place(r, key);
	if (v)
		*v = (struct gt_value){ .type = GT_VALUE_STR, .str = text };
	return 0;
}

static void put_int(struct gt_resource *r, const char *key, int64_t value)
{
	struct gt_value *v = place(r, key);

	if (v)
		*v = (struct gt_value){ .type = GT_VALUE_INT, .i = value };
}

struct row {
	const char *key;
	struct gt_str value;
};

static int put_rows(struct gt_resource *r, const struct row *rows, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = put(r, rows[i].key, rows[i].value);
	return ret;
}

/* RFC 9562, 5.4 */
static struct gt_str format_uuid(const uint8_t random[16], char out[37])
{
	uint8_t b[16];

	memcpy(b, random, sizeof(b));
	if (gt_is_all_zero(b, sizeof(b)))
		return GT_STR("");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		gt_hex(b + i, 1, out + at);
		at += 2;
	}
	return gt_str_make(out, 36);
}

static int put_self(struct gt_resource *r, const struct gt_process_facts *facts)
{
	struct gt_str name = facts->package ? gt_str_of(facts->package) : gt_program_name(facts->executable, facts->argv);
	char uuid[37];
	const struct row rows[] = {
		{ "telemetry.sdk.name", GT_STR("gentap") },
		/* the conventions have no value for C; this is the nearest */
		{ "telemetry.sdk.language", GT_STR("cpp") },
		{ "telemetry.sdk.version", GT_STR(GENTAP_VERSION) },
		{ "service.name", name },
		{ "service.instance.id", format_uuid(facts->instance, uuid) },
	};

	return put_rows(r, rows, GT_COUNT_OF(rows));
}

/* The values of the semantic conventions; other machines keep the kernel's name. */
static struct gt_str arch_name(const char *machine)
{
	static const struct {
		const char *machine, *name;
	} rows[] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv6l", "arm32" },  { "armv7l", "arm32" },
		{ "i386", "x86" },     { "i686", "x86" },      { "ppc64le", "ppc64" },
	};

	for (size_t i = 0; machine && i < GT_COUNT_OF(rows); i++)
		if (strcmp(machine, rows[i].machine) == 0)
			return gt_str_of(rows[i].name);
	return gt_str_of(machine);
}

static struct gt_str file_of(struct gt_str path)
{
	size_t i = path.len;

	while (i && path.p[i - 1] != '/')
		i--;
	return gt_str_make(path.p + i, path.len - i);
}

static int put_process(struct gt_resource *r, const struct gt_process_facts *f)
{
	struct gt_str path = gt_str_of(f->executable ? f->executable : "");
	struct gt_text started;
	struct row rows[] = {
		{ "process.executable.name", file_of(path) },
		{ "process.executable.path", path },
		/* process.command_args is left out: users put keys there */
		{ "process.command", gt_str_of(f->argv ? f->argv[0] : NULL) },
		{ "process.owner", gt_str_of(f->owner) },
		{ "host.name", gt_str_of(f->hostname) },
		{ "host.id", gt_str_of(f->machine_id) },
		{ "host.arch", arch_name(f->arch) },
		{ "os.type", GT_STR("linux") },
		{ "os.version", gt_str_of(f->os_release) },
		{ "container.id", gt_container_id(f->cgroup, f->mountinfo) },
		{ "process.creation.time", GT_STR("") },
	};
	int ret;

	put_int(r, "process.pid", f->pid);
	if (f->parent_pid > 0)
		put_int(r, "process.parent_pid", f->parent_pid);
	gt_text_init(&started, 64);
	if (f->start_unix_ns)
		gt_text_time(&started, f->start_unix_ns);
	rows[GT_COUNT_OF(rows) - 1].value = gt_str_make(started.p, started.len);
	ret = put_rows(r, rows, GT_COUNT_OF(rows));
	gt_text_free(&started);
	return ret;
}

/* Removes the user and password of a URL, which are private. */
static struct gt_str without_user(struct gt_arena *a, struct gt_str url)
{
	size_t start = 0, at, end;
	char *copy;

	while (start < url.len && !gt_str_starts(gt_str_skip(url, start), GT_STR("://")))
		start++;
	if (start == url.len)
		return url; /* `git@host:path`: that user is not private */
	start += 3;
	end = start + gt_str_find(gt_str_skip(url, start), '/');
	for (at = end; at > start && url.p[at - 1] != '@';)
		at--;
	if (at == start)
		return url;
	copy = gt_arena_copy(a, url);
	if (!copy)
		return GT_STR_NONE;
	memmove(copy + start, copy + at, url.len - at);
	return gt_str_make(copy, url.len - (at - start));
}

/* Attributes from variables that other tools set. Later rows win. */
static int put_aliases(struct gt_resource *r, const struct gt_config_source *env)
{
	static const struct {
		enum gt_env name;
		const char *key;
		bool in_kubernetes; /* the name is too common to be used elsewhere */
		bool is_url;
	} rows[] = {
		{ GT_ENV_POD_NAME, "k8s.pod.name", true, false },
		{ GT_ENV_POD_UID, "k8s.pod.uid", true, false },
		{ GT_ENV_POD_NAMESPACE, "k8s.namespace.name", true, false },
		{ GT_ENV_NODE_NAME, "k8s.node.name", true, false },
		{ GT_ENV_K8S_POD_NAME, "k8s.pod.name", false, false },
		{ GT_ENV_K8S_POD_UID, "k8s.pod.uid", false, false },
		{ GT_ENV_K8S_NAMESPACE_NAME, "k8s.namespace.name", false, false },
		{ GT_ENV_K8S_NODE_NAME, "k8s.node.name", false, false },
		{ GT_ENV_K8S_CONTAINER_NAME, "k8s.container.name", false, false },
		{ GT_ENV_K8S_DEPLOYMENT_NAME, "k8s.deployment.name", false, false },
		{ GT_ENV_K8S_CLUSTER_NAME, "k8s.cluster.name", false, false },
		{ GT_ENV_DD_SERVICE, "service.name", false, false },
		{ GT_ENV_DD_ENV, "deployment.environment.name", false, false },
		{ GT_ENV_DD_VERSION, "service.version", false, false },
		{ GT_ENV_DD_GIT_REPOSITORY_URL, "vcs.repository.url.full", false, true },
		{ GT_ENV_DD_GIT_COMMIT_SHA, "vcs.ref.head.revision", false, false },
		{ GT_ENV_VCS_REPOSITORY_URL, "vcs.repository.url.full", false, true },
		{ GT_ENV_VCS_COMMIT_SHA, "vcs.ref.head.revision", false, false },
	};
	bool in_kubernetes = gt_config_str(env, GT_ENV_KUBERNETES_SERVICE_HOST).len > 0;

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		struct gt_str value = gt_config_str(env, rows[i].name);

		if (!value.len || (rows[i].in_kubernetes && !in_kubernetes))
			continue;
		if (rows[i].is_url)
			value = without_user(&r->memory, value);
		if (!value.p || put(r, rows[i].key, value))
			return GT_ENOMEM;
	}
	return 0;
}

/* Decodes OTEL_RESOURCE_ATTRIBUTES into `out`. 0; GT_EBAD when any pair is bad: the list is ignored then; GT_ENOMEM. */
static int parse_attributes(struct gt_arena *a, struct gt_str list, struct row *out, unsigned *n, bool *too_many)
{
	struct gt_str key, value;
	struct gt_pair pair;

	*n = 0;
	*too_many = false;
	while (gt_pair_next(&list, &pair)) {
		int ret = pair.has_value && pair.key.len ? gt_percent_decode(a, pair.key, &key) : GT_EBAD;

		if (!ret)
			ret = gt_percent_decode(a, pair.value, &value);
		if (!ret && (!key.len || memchr(key.p, 0, key.len) || !gt_utf8_is_valid(key)))
			ret = GT_EBAD;
		if (ret)
			return ret;
		*too_many |= *n == GT_RESOURCE_MAX;
		if (*n < GT_RESOURCE_MAX)
			out[(*n)++] = (struct row){ key.p, value };
	}
	return 0;
}

static int put_attributes(struct gt_resource *r, const struct gt_config_source *env)
{
	struct gt_str list = gt_config_str(env, GT_ENV_OTEL_RESOURCE_ATTRIBUTES);
	struct row *rows = gt_arena_alloc(&r->memory, GT_RESOURCE_MAX * sizeof(*rows));
	bool too_many;
	unsigned n;
	int ret;

	if (!rows)
		return GT_ENOMEM;
	ret = parse_attributes(&r->memory, list, rows, &n, &too_many);
	if (ret == GT_EBAD) {
		gt_config_bad(env, GT_ENV_OTEL_RESOURCE_ATTRIBUTES, list, "is not a list of key=value", "all of it is ignored");
		return 0;
	}
	if (!ret && too_many)
		gt_config_bad(env, GT_ENV_OTEL_RESOURCE_ATTRIBUTES, list, "has too many attributes", "the first 128 are used");
	return ret ? ret : put_rows(r, rows, n);
}

int gt_resource_make(struct gt_resource *r, const struct gt_process_facts *facts, const struct gt_config_source *env)
{
	int ret;

	memset(r, 0, sizeof(*r));
	gt_arena_init(&r->memory, 0);
	ret = put_self(r, facts);
	if (!ret)
		ret = put_process(r, facts);
	if (!ret)
		ret = put_aliases(r, env);
	if (!ret)
		ret = put_attributes(r, env);
	if (!ret)
		ret = put(r, "service.name", gt_config_str(env, GT_ENV_OTEL_SERVICE_NAME));
	if (!ret && !gt_resource_get(r, "service.name"))
		ret = put(r, "service.name", GT_STR("unknown_service"));
	return ret;
}

void gt_resource_free(struct gt_resource *r)
{
	gt_arena_free(&r->memory);
	r->n = 0;
}

const struct gt_value *gt_resource_get(const struct gt_resource *r, const char *key)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcmp(r->attributes[i].key, key) == 0)
			return &r->attributes[i].value;
	return NULL;
}
