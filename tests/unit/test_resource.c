#include "support/environment.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include "shim/shared/clock.h"

#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/base/pair_list.h"
#include "exporter/resource/container_id.h"
#include "exporter/resource/process_facts.h"
#include "exporter/resource/program_name.h"
#include "exporter/resource/resource.h"
#include "version.h"

static char *const python[] = { "python", "agent.py", "--key", "geheim", NULL };

static const struct gt_process_facts facts = {
	.pid = 42,
	.parent_pid = 41,
	.executable = "/usr/bin/python3.11",
	.argv = python,
	.cgroup = "0::/\n",
	.hostname = "box",
	.machine_id = "0123456789abcdef0123456789abcdef",
	.arch = "x86_64",
	.os_release = "6.1.0",
	.owner = "ann",
	.start_unix_ns = 1785758400123456789,
	.instance = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

static void make(struct gt_resource *r, struct gt_environment *s, const struct gt_process_facts *about, const char *const *vars)
{
	gt_environment_init(s, vars);
	assert_int_equal(gt_resource_make(r, about, &s->from), 0);
}

static void assert_attribute(const struct gt_resource *r, const char *key, const char *value)
{
	const struct gt_value *v = gt_resource_get(r, key);

	if (!v && value)
		fail_msg("no %s", key);
	if (v && !value)
		fail_msg("%s is \"%.*s\"", key, GT_STR_ARG(v->str));
	if (v && (v->type != GT_VALUE_STR || !gt_str_eq(v->str, gt_str_of(value))))
		fail_msg("%s is \"%.*s\"", key, GT_STR_ARG(v->str));
}

static void test_resource_holds_what_the_process_is(void **state)
{
	static const char *const none[] = { NULL };
	struct gt_resource r;
	struct gt_environment s;

	(void)state;
	make(&r, &s, &facts, none);
	assert_attribute(&r, "telemetry.sdk.name", "gentap");
	assert_attribute(&r, "telemetry.sdk.language", "cpp");
	assert_attribute(&r, "telemetry.sdk.version", GENTAP_VERSION);
	assert_attribute(&r, "service.name", "agent.py");
	assert_attribute(&r, "service.instance.id", "ffffffff-ffff-4fff-bfff-ffffffffffff");
	assert_attribute(&r, "process.executable.name", "python3.11");
	assert_attribute(&r, "process.executable.path", "/usr/bin/python3.11");
	assert_attribute(&r, "process.command", "python");
	assert_attribute(&r, "process.command_args", NULL);
	assert_attribute(&r, "process.owner", "ann");
	assert_attribute(&r, "process.creation.time", "2026-08-03T12:00:00.123Z");
	assert_attribute(&r, "host.name", "box");
	assert_attribute(&r, "host.id", "0123456789abcdef0123456789abcdef");
	assert_attribute(&r, "host.arch", "amd64");
	assert_attribute(&r, "os.type", "linux");
	assert_attribute(&r, "os.version", "6.1.0");
	assert_attribute(&r, "container.id", NULL);
	assert_int_equal(gt_resource_get(&r, "process.pid")->i, 42);
	assert_int_equal(gt_resource_get(&r, "process.parent_pid")->i, 41);
	for (unsigned i = 0; i < r.n; i++)
		if (r.attributes[i].value.type == GT_VALUE_STR)
			assert_false(gt_str_icontains(r.attributes[i].value.str, GT_STR("geheim")));
	gt_resource_free(&r);
}

static void test_resource_of_nothing_known_still_has_a_service_name(void **state)
{
	static const struct gt_process_facts unknown = { .pid = 1 };
	static const char *const none[] = { NULL };
	struct gt_resource r;
	struct gt_environment s;

	(void)state;
	make(&r, &s, &unknown, none);
	assert_attribute(&r, "service.name", "unknown_service");
	assert_attribute(&r, "service.instance.id", NULL);
	assert_attribute(&r, "process.creation.time", NULL);
	assert_attribute(&r, "host.arch", NULL);
	assert_null(gt_resource_get(&r, "process.parent_pid"));
	gt_resource_free(&r);
}

static void test_resource_the_later_source_wins(void **state)
{
	static const struct {
		const char *vars[6];
		const char *key, *value;
	} rows[] = {
		{ { "DD_SERVICE=dd" }, "service.name", "dd" },
		{ { "DD_SERVICE=dd", "OTEL_RESOURCE_ATTRIBUTES=service.name=otel" }, "service.name", "otel" },
		{ { "DD_SERVICE=dd", "OTEL_RESOURCE_ATTRIBUTES=service.name=otel", "OTEL_SERVICE_NAME=name" },
		  "service.name",
		  "name" },
		{ { "OTEL_SERVICE_NAME= " }, "service.name", "agent.py" },
		{ { "DD_ENV=prod" }, "deployment.environment.name", "prod" },
		{ { "DD_VERSION=1.2" }, "service.version", "1.2" },
		{ { "DD_VERSION=1.2", "OTEL_RESOURCE_ATTRIBUTES=service.version=2" }, "service.version", "2" },
		{ { "DD_GIT_COMMIT_SHA=abc" }, "vcs.ref.head.revision", "abc" },
		{ { "VCS_COMMIT_SHA=def", "DD_GIT_COMMIT_SHA=abc" }, "vcs.ref.head.revision", "def" },
		{ { "VCS_REPOSITORY_URL=https://u:geheim@git.example/a.git" },
		  "vcs.repository.url.full",
		  "https://git.example/a.git" },
		{ { "DD_GIT_REPOSITORY_URL=git@git.example:a.git" }, "vcs.repository.url.full", "git@git.example:a.git" },
		{ { "DD_GIT_REPOSITORY_URL=https://git.example/a@b" }, "vcs.repository.url.full", "https://git.example/a@b" },
		{ { "K8S_POD_NAME=p" }, "k8s.pod.name", "p" },
		{ { "K8S_NAMESPACE_NAME=ns" }, "k8s.namespace.name", "ns" },
		{ { "POD_NAME=p" }, "k8s.pod.name", NULL },
		{ { "POD_NAME=p", "KUBERNETES_SERVICE_HOST=10.0.0.1" }, "k8s.pod.name", "p" },
		{ { "POD_NAME=p", "K8S_POD_NAME=q", "KUBERNETES_SERVICE_HOST=10.0.0.1" }, "k8s.pod.name", "q" },
		{ { "NODE_NAME=built-in" }, "k8s.node.name", NULL },
		{ { "OTEL_RESOURCE_ATTRIBUTES=host.name=other" }, "host.name", "other" },
		{ { "OTEL_RESOURCE_ATTRIBUTES=process.pid=x" }, "process.pid", "x" },
		{ { "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=me" }, "service.instance.id", "me" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_resource r;
		struct gt_environment s;

		make(&r, &s, &facts, rows[i].vars);
		assert_int_equal(s.n_warnings, 0);
		assert_attribute(&r, rows[i].key, rows[i].value);
		for (unsigned k = 0; k < r.n; k++)
			for (unsigned j = 0; j < k; j++)
				assert_string_not_equal(r.attributes[k].key, r.attributes[j].key);
		gt_resource_free(&r);
	}
}

static void test_resource_attributes_are_decoded(void **state)
{
	static const char *const vars[] = {
		"OTEL_RESOURCE_ATTRIBUTES= team = a%2Cb , k%3d=x=y,bad=\xff,nul=a%00b,dup=1,dup=2,empty=,", NULL
	};
	const struct gt_value *v;
	struct gt_resource r;
	struct gt_environment s;

	(void)state;
	make(&r, &s, &facts, vars);
	assert_int_equal(s.n_warnings, 0);
	assert_attribute(&r, "team", "a,b");
	assert_attribute(&r, "k=", "x=y");
	assert_attribute(&r, "bad", "\xef\xbf\xbd");
	assert_attribute(&r, "dup", "2");
	v = gt_resource_get(&r, "nul");
	assert_int_equal(v->str.len, 3);
	assert_memory_equal(v->str.p, "a\0b", 3);
	gt_resource_free(&r);
}

static void test_resource_one_bad_attribute_discards_all_of_them(void **state)
{
	static const char *const rows[] = {
		"OTEL_RESOURCE_ATTRIBUTES=good=1,bad",	  "OTEL_RESOURCE_ATTRIBUTES=good=1,=x",
		"OTEL_RESOURCE_ATTRIBUTES=good=1,bad=%",  "OTEL_RESOURCE_ATTRIBUTES=good=1,bad=%4",
		"OTEL_RESOURCE_ATTRIBUTES=good=1,b%zz=1", "OTEL_RESOURCE_ATTRIBUTES=good=1,%00=1",
		"OTEL_RESOURCE_ATTRIBUTES=good=1,%ff=1",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const char *const vars[] = { rows[i], NULL };
		struct gt_resource r;
		struct gt_environment s;

		make(&r, &s, &facts, vars);
		assert_attribute(&r, "good", NULL);
		assert_int_equal(s.n_warnings, 1);
		assert_non_null(strstr(s.warnings, "OTEL_RESOURCE_ATTRIBUTES"));
		assert_attribute(&r, "service.name", "agent.py");
		gt_resource_free(&r);
	}
}

static void test_resource_has_a_bounded_number_of_attributes(void **state)
{
	char list[4096] = "OTEL_RESOURCE_ATTRIBUTES=";
	const char *const vars[] = { list, "OTEL_SERVICE_NAME=me", NULL };
	struct gt_resource r;
	struct gt_environment s;

	(void)state;
	for (int i = 0; i < 300; i++)
		sprintf(list + strlen(list), "k%d=v,", i);
	make(&r, &s, &facts, vars);
	assert_int_equal(r.n, GT_RESOURCE_MAX);
	assert_int_equal(s.n_warnings, 1);
	assert_attribute(&r, "service.name", "me");
	gt_resource_free(&r);
}

static void test_resource_survives_every_failed_allocation(void **state)
{
	static const char *const vars[] = { "OTEL_RESOURCE_ATTRIBUTES=a=%20,b=2", "OTEL_SERVICE_NAME=x", "DD_ENV=y",
					    "VCS_REPOSITORY_URL=https://u@h/x", NULL };
	struct gt_resource r;
	struct gt_environment s;
	int ret = 0, n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		gt_environment_init(&s, vars);
		ret = gt_resource_make(&r, &facts, &s.from);
		if (ret && ret != GT_ENOMEM)
			break;
		gt_resource_free(&r);
	}
	gt_fail_none();
	assert_int_equal(ret, 0);
	assert_true(n > 2);
}

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void test_container_id_is_found_in_every_known_form(void **state)
{
	static const struct {
		const char *cgroup, *mountinfo, *id;
	} rows[] = {
		{ NULL, NULL, "" },
		{ "", "", "" },
		{ "0::/\n", "", "" },
		{ "0::/user.slice/user-1000.slice/session-2.scope\n", NULL, "" },
		{ "12:cpu:/docker/" ID "\n11:memory:/docker/" ID "\n", NULL, ID },
		{ "1:name=systemd:/\n12:cpu:/docker/" ID, NULL, ID },
		{ "5:cpuset:/docker/" ID "/docker/" ID2 "\n", NULL, ID2 },
		{ "5:cpuset:/docker/" ID "/init.scope\n", NULL, ID },
		{ "4:cpu:/kubepods/besteffort/pod01234567-89ab-cdef-0123-456789abcdef/" ID "\n", NULL, ID },
		{ "0::/system.slice/docker-" ID ".scope\n", NULL, ID },
		{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n", NULL, ID },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", NULL, ID },
		{ "0::/kubepods-pod1.slice:cri-containerd:" ID "\n", NULL, ID },
		{ "1:cpu:/ecs/task/0123456789abcdef0123456789abcdef-1234567890\n", NULL,
		  "0123456789abcdef0123456789abcdef-1234567890" },
		{ "1:cpu:/docker/" ID "f\n", NULL, "" },
		{ "1:cpu:/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n", NULL, "" },
		{ "0::/\n", "612 576 8:1 /var/lib/docker/containers/" ID "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
		  ID },
		{ "0::/\n",
		  "1 2 0:1 / / rw - overlay\n612 5 8:1 /containers/overlay-containers/" ID
		  "/userdata/resolv.conf /etc/resolv.conf rw - ext4 x\n",
		  ID },
		{ "0::/\n", "612 576 8:1 /var/lib/containerd/sandboxes/" ID "/hostname /etc/hostname rw - ext4 x\n", "" },
		/* as the host sees a container that runs on it */
		{ "0::/\n", "612 576 8:1 / /var/lib/docker/containers/" ID "/mounts/shm rw - tmpfs shm\n", "" },
		{ "0::/\n", "612 576", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str id = gt_container_id(rows[i].cgroup, rows[i].mountinfo);

		if (!gt_str_eq(id, gt_str_of(rows[i].id)))
			fail_msg("%s: %.*s", rows[i].cgroup, GT_STR_ARG(id));
	}
}

#define ARGV(...) { __VA_ARGS__, NULL }

static void test_program_name_is_what_people_call_it(void **state)
{
	static const struct {
		const char *executable;
		char *argv[8];
		const char *name;
	} rows[] = {
		{ "/usr/bin/python3.11", ARGV("python", "agent.py"), "agent.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "-u", "/srv/app/agent.py", "-m", "x"), "agent.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "-m", "pkg.sub", "arg"), "pkg.sub" },
		{ "/usr/bin/python3.11", ARGV("python3", "-um", "pkg"), "pkg" },
		{ "/usr/bin/python3.11", ARGV("python3", "-mpkg"), "pkg" },
		{ "/usr/bin/python3.11", ARGV("python3", "-W", "ignore", "-X", "dev", "a.py"), "a.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "-Wignore", "a.py"), "a.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "--check-hash-based-pycs", "never", "a.py"), "a.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "-c", "import x", "a.py"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", "-Bc", "import x"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", "-", "a.py"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", "-m"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", "-W"), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", ""), "python" },
		{ "/usr/bin/python3.11", ARGV("python3", "/x/pkg/__main__.py"), "pkg" },
		{ "/usr/bin/python3.11", ARGV("python3", "__main__.py"), "__main__.py" },
		{ "/usr/bin/python3.11", ARGV("python3", "folder/"), "folder" },
		{ "/usr/bin/python3.11", ARGV("python3", "--", "-x.py"), "-x.py" },
		{ "/usr/bin/python3.11", ARGV("/venv/bin/python", "/venv/bin/uvicorn", "app:main"), "uvicorn" },
		{ "/opt/frozen", ARGV("python", "agent.py"), "agent.py" },
		{ NULL, ARGV("python", "agent.py"), "agent.py" },
		{ "/usr/bin/node", ARGV("node", "x/y.js"), "y.js" },
		{ "/usr/bin/node", ARGV("node", "--max-old-space-size=4096", "-r", "dotenv", "y.js", "-e"), "y.js" },
		{ "/usr/bin/node", ARGV("node", "--import", "tsx", "y.ts"), "y.ts" },
		{ "/usr/bin/node", ARGV("node", "-e", "code", "y.js"), "node" },
		{ "/usr/bin/node", ARGV("node", "/usr/bin/npx", "-y", "@scope/server@1.2", "/data"), "server" },
		{ "/usr/bin/node", ARGV("node", "/usr/bin/npm", "exec", "--", "tool"), "tool" },
		{ "/usr/bin/node", ARGV("node", "/usr/bin/npm", "install"), "npm" },
		{ "/usr/bin/bun", ARGV("bun", "run", "a.ts"), "a.ts" },
		{ "/usr/bin/bun", ARGV("bun", "a.ts"), "a.ts" },
		{ "/usr/bin/deno", ARGV("deno", "run", "--allow-net", "a.ts"), "a.ts" },
		{ "/usr/bin/deno", ARGV("deno", "eval", "code"), "deno" },
		{ "/usr/bin/ruby3.1", ARGV("ruby", "-I", "lib", "-rset", "a.rb"), "a.rb" },
		{ "/usr/bin/ruby3.1", ARGV("ruby", "-e", "puts", "a.rb"), "ruby" },
		{ "/usr/bin/perl", ARGV("perl", "-MJSON", "-w", "a.pl"), "a.pl" },
		{ "/usr/bin/perl", ARGV("perl", "-lane", "print"), "perl" },
		{ "/usr/bin/php8.2", ARGV("php", "-d", "x=1", "a.php"), "a.php" },
		{ "/usr/bin/php8.2", ARGV("php", "-f", "a.php"), "a.php" },
		{ "/usr/bin/php8.2", ARGV("php", "-r", "echo 1;"), "php" },
		{ "/usr/bin/bash", ARGV("bash", "-eu", "-o", "pipefail", "/x/run.sh"), "run.sh" },
		{ "/usr/bin/bash", ARGV("-bash"), "bash" },
		{ "/usr/bin/bash", ARGV("bash", "-lc", "agent"), "bash" },
		{ "/usr/bin/dash", ARGV("sh", "run.sh"), "run.sh" },
		{ "/bin/busybox", ARGV("busybox", "sh", "run.sh"), "run.sh" },
		{ "/usr/bin/java", ARGV("java", "-Xmx1g", "-cp", "a:b", "com.example.Main"), "com.example.Main" },
		{ "/usr/bin/java", ARGV("java", "-jar", "/opt/app.jar", "x"), "app.jar" },
		{ "/usr/bin/uv", ARGV("uv", "run", "agent.py"), "agent.py" },
		{ "/usr/bin/uv", ARGV("uv", "run", "--with", "httpx", "python", "agent.py"), "agent.py" },
		{ "/usr/bin/uv", ARGV("uv", "run", "-m", "pkg"), "pkg" },
		{ "/usr/bin/uv", ARGV("uv", "pip", "install", "x"), "uv" },
		{ "/usr/bin/uvx", ARGV("uvx", "mcp-server@latest"), "mcp-server" },
		{ "/usr/bin/python3.11", ARGV("python", "/usr/bin/poetry", "run", "python", "-m", "pkg"), "pkg" },
		{ "/usr/bin/curl", ARGV("curl", "https://x"), "curl" },
		{ "/x/claude-code/bin/claude.exe", ARGV("claude"), "claude" },
		{ "/x/bin/opencode.exe", ARGV("/x/bin/opencode.exe", "run", "hi"), "opencode" },
		{ "/x/.exe", ARGV("x"), ".exe" },
		{ "/usr/bin/python3.12", ARGV("python3.12", "-m", "package.module"), "package.module" },
		{ "/usr/bin/python3.12", ARGV("python3.12", "-m", "package.__main__"), "package" },
		{ "/usr/bin/python3.13t", ARGV("python3.13t", "a.py"), "a.py" },
		{ "/usr/bin/python3.13t", ARGV("python3.13t", "-c", "x"), "python" },
		{ "/usr/bin/pypy3.10", ARGV("pypy3", "a.py"), "a.py" },
		{ "/usr/bin/python3-config", ARGV("python3-config", "a.py"), "python3-config" },
		{ "/usr/bin/node18", ARGV("node18", "a.mjs"), "a.mjs" },
		{ "/usr/bin/node18", ARGV("node18", "-e", "x"), "node" },
		{ "/usr/bin/node", ARGV("node", "--env-file", ".env", "a.mjs"), "a.mjs" },
		{ "/usr/bin/node", ARGV("node", "/x/.bin/tsx", "watch", "a.ts"), "a.ts" },
		{ "/usr/bin/node", ARGV("node", "/x/.bin/ts-node", "-P", "t.json", "a.ts"), "a.ts" },
		{ "/usr/bin/perl5.36.0", ARGV("perl", "a.pl"), "a.pl" },
		{ "/usr/bin/perl5.36.0", ARGV("perl", "-e", "1"), "perl" },
		{ "/usr/bin/lua5.4", ARGV("lua", "a.lua"), "a.lua" },
		{ "/usr/bin/luajit-2.1.0", ARGV("luajit", "-e", "x"), "luajit" },
		{ "/usr/bin/php-cgi8.2", ARGV("php-cgi", "a.php"), "a.php" },
		{ "/usr/sbin/php-fpm8.2", ARGV("php-fpm: pool www"), "php-fpm" },
		{ "/usr/bin/php8.2", ARGV("php", "-S", "localhost:8000", "router.php"), "router.php" },
		{ "/usr/bin/dotnet", ARGV("dotnet", "exec", "/x/App.dll"), "App.dll" },
		{ "/usr/bin/deno", ARGV("deno", "run", "-A", "npm:@scope/tool@1.2", "x"), "tool" },
		{ "/usr/bin/uvx", ARGV("uvx", "mcp-server[cli]>=1.2"), "mcp-server" },
		{ "/usr/bin/python3.11", ARGV("python", "/usr/bin/pipx", "run", "tool==1.0"), "tool" },
		{ "/usr/bin/node_exporter", ARGV("node_exporter", "x"), "node_exporter" },
		{ "/opt/agent", ARGV(""), "agent" },
		{ "", ARGV(""), "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str name = gt_program_name(rows[i].executable, rows[i].argv);

		if (!gt_str_eq(name, gt_str_of(rows[i].name)))
			fail_msg("%s %s %s: %.*s, not %s", rows[i].argv[0], rows[i].argv[1], rows[i].argv[2], GT_STR_ARG(name),
				 rows[i].name);
	}
	assert_str(gt_program_name("/usr/bin/python3", NULL), "python");
	assert_str(gt_program_name(NULL, NULL), "");
}

static void test_program_name_is_vague_where_many_programs_have_it(void **state)
{
	static const char *const vague[] = { "main.py", "app.py", "index.js", "cli.mjs", "server.js", "__main__.py", "cli" };
	static const char *const good[] = { "", "agent.py", "maintain.py", "pi", ".main", "server-1.js" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(vague); i++)
		assert_true(gt_program_is_vague(gt_str_of(vague[i])));
	for (size_t i = 0; i < GT_ROWS(good); i++)
		assert_false(gt_program_is_vague(gt_str_of(good[i])));
}

static void test_program_name_ends_where_launchers_nest_for_ever(void **state)
{
	static char *const argv[] = { "uv", "run", "uv", "run", "uv", "run", "uv", "run", "uv", "run", "uv", "run", NULL };

	(void)state;
	assert_str(gt_program_name("/bin/uv", argv), "uv");
}

static void test_process_facts_are_those_of_this_process(void **state)
{
	static char *const argv[] = { "a", "b", NULL };
	struct gt_process_facts f;

	(void)state;
	gt_process_facts_collect(&f, "/bin/x (deleted)", argv);
	assert_int_equal(f.pid, getpid());
	assert_int_equal(f.parent_pid, getppid());
	assert_string_equal(f.executable, "/bin/x");
	assert_string_equal(f.argv[1], "b");
	assert_null(f.argv[2]);
	assert_non_null(f.cgroup);
	assert_non_null(f.arch);
	assert_true(f.start_unix_ns <= gt_wall_now().unix_ns + GT_NS_PER_S);
	assert_true(f.start_unix_ns > gt_wall_now().unix_ns - 600 * (uint64_t)GT_NS_PER_S);
	assert_false(gt_is_all_zero(f.instance, sizeof(f.instance)));
	gt_process_facts_free(&f);
}

static void test_process_facts_survive_every_failed_allocation(void **state)
{
	static char *const argv[] = { "a", "b", NULL };
	struct gt_process_facts f;
	int n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		gt_process_facts_collect(&f, "/bin/x", argv);
		gt_process_facts_free(&f);
	}
	gt_fail_none();
	assert_true(n > 3);
}

static void test_pair_list_passes_over_blanks(void **state)
{
	struct gt_str rest = GT_STR(" , a = b ,,c,=d, ");
	struct gt_pair p;

	(void)state;
	assert_true(gt_pair_next(&rest, &p));
	assert_str(p.key, "a");
	assert_str(p.value, "b");
	assert_true(gt_pair_next(&rest, &p));
	assert_str(p.key, "c");
	assert_false(p.has_value);
	assert_true(gt_pair_next(&rest, &p));
	assert_str(p.key, "");
	assert_true(p.has_value);
	assert_false(gt_pair_next(&rest, &p));
	assert_false(gt_pair_next(&rest, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_resource_holds_what_the_process_is),
		GT_TEST(test_resource_of_nothing_known_still_has_a_service_name),
		GT_TEST(test_resource_the_later_source_wins),
		GT_TEST(test_resource_attributes_are_decoded),
		GT_TEST(test_resource_one_bad_attribute_discards_all_of_them),
		GT_TEST(test_resource_has_a_bounded_number_of_attributes),
		GT_TEST(test_resource_survives_every_failed_allocation),
		GT_TEST(test_container_id_is_found_in_every_known_form),
		GT_TEST(test_program_name_is_what_people_call_it),
		GT_TEST(test_program_name_is_vague_where_many_programs_have_it),
		GT_TEST(test_program_name_ends_where_launchers_nest_for_ever),
		GT_TEST(test_process_facts_are_those_of_this_process),
		GT_TEST(test_process_facts_survive_every_failed_allocation),
		GT_TEST(test_pair_list_passes_over_blanks),
	};

	return GT_TESTS(tests);
}
