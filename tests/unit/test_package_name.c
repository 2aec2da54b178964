/* A better name for a script that is called main.py or cli.js. */
#include "support/fail_nth.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/resource/package_name.h"

static void test_package_json_names_the_script_as_it_is_installed(void **state)
{
	static const struct {
		const char *json, *script, *if_good, *if_vague;
	} rows[] = {
		{ "{\"name\":\"@x/pi-agent\",\"bin\":{\"pi\":\"dist/cli.js\"}}", "/p/dist/cli.js", "pi", "pi" },
		{ "{\"name\":\"@x/pi-agent\",\"bin\":{\"a\":\"a.js\",\"pi\":\"./dist/../dist/cli.js\"}}", "/p/dist/cli.js",
		  "pi", "pi" },
		{ "{\"name\":\"@x/gem\",\"bin\":\"./bundle/gem.js\"}", "/p/bundle/gem.js", "gem", "gem" },
		{ "{\"name\":\"gem\",\"bin\":\"other.js\"}", "/p/index.js", "", "gem" },
		{ "{\"name\":\"gem\"}", "/p/index.js", "", "gem" },
		{ "{\"name\":\"@scope/gem\",\"bin\":{}}", "/p/index.js", "", "gem" },
		{ "{\"type\":\"module\"}", "/p/index.js", "", "" },
		{ "{\"name\":\"../../etc passwd\"}", "/p/index.js", "", "" },
		{ "{\"name\":7,\"bin\":{\"x\":7}}", "/p/index.js", "", "" },
		{ "{\"name\":\"x\",\"bin\":[\"index.js\"]}", "/p/index.js", "", "x" },
		{ "not json", "/p/index.js", "", "" },
		{ "", "/p/index.js", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_arena a;

		gt_arena_init(&a, 0);
		for (int vague = 0; vague < 2; vague++) {
			struct gt_str name = gt_package_json_name(&a, gt_str_of(rows[i].json), GT_STR("/p"),
								  gt_str_of(rows[i].script), vague);

			if (!gt_str_eq(name, gt_str_of(vague ? rows[i].if_vague : rows[i].if_good)))
				fail_msg("%s: %.*s", rows[i].json, GT_STR_ARG(name));
		}
		gt_arena_free(&a);
	}
}

static void test_pyproject_names_the_project(void **state)
{
	static const struct {
		const char *toml, *name;
	} rows[] = {
		{ "[project]\nname = \"weather\"\n", "weather" },
		{ "[project]\r\nversion=\"1\"\r\nname='weather'\r\n", "weather" },
		{ "[tool.poetry]\nname = \"weather\"", "weather" },
		{ "[tool.x]\nname = \"no\"\n[project] # c\n  name\t= \"yes\"", "yes" },
		{ "name = \"no\"\n[project.scripts]\nname = \"no\"", "" },
		{ "[project]\nname = weather", "" },
		{ "[project]\nname = \"", "" },
		{ "[project]\nname = \"a b\"", "" },
		{ "[project]\nnames = \"x\"", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str name = gt_package_toml_name(gt_str_of(rows[i].toml));

		if (!gt_str_eq(name, gt_str_of(rows[i].name)))
			fail_msg("%s: %.*s", rows[i].toml, GT_STR_ARG(name));
	}
}

static void test_the_folder_names_the_program_unless_it_is_only_a_place(void **state)
{
	static const struct {
		const char *script, *name;
	} rows[] = {
		{ "/srv/weather/main.py", "weather" },
		{ "/srv/weather/src/app/main.py", "weather" },
		{ "/home/ann/weather/dist/index.js", "weather" },
		{ "/home/ann/main.py", "" },
		{ "/home/ann/src/main.py", "" },
		{ "/root/main.py", "" },
		{ "/tmp/main.py", "" },
		{ "/app/main.py", "" },
		{ "/main.py", "" },
		{ "/srv/main.py", "" },
		{ "/srv/my agent/main.py", "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str name = gt_package_folder(gt_str_of(rows[i].script));

		if (!gt_str_eq(name, gt_str_of(rows[i].name)))
			fail_msg("%s: %.*s", rows[i].script, GT_STR_ARG(name));
	}
}

/* ---------------------------------------------------------------- look-up */

static char top[] = "/tmp/gentap-package-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	for (char *c = full + strlen(top) + 1; *c; c++)
		if (*c == '/') {
			*c = 0;
			mkdir(full, 0700);
			*c = '/';
		}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_found(const char *executable, const char *file, const char *name)
{
	char path[256];
	char *const argv[] = { (char *)executable, path, NULL };
	struct gt_program p;
	struct gt_arena a;
	const char *found;

	snprintf(path, sizeof(path), "%s%s%s", file[0] == '.' ? "" : top, file[0] == '.' ? "" : "/", file);
	gt_program_find(&p, executable, argv);
	gt_arena_init(&a, 0);
	found = gt_package_find(&a, &p);
	if (!found != !name || (name && strcmp(found, name) != 0))
		fail_msg("%s: %s, not %s", file, found ? found : "none", name ? name : "none");
	gt_arena_free(&a);
}

static void test_the_package_is_found_near_the_script(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	put("node_modules/@x/pi-agent/package.json", "{\"name\":\"@x/pi-agent\",\"bin\":{\"pi\":\"dist/cli.js\"}}");
	put("node_modules/@x/pi-agent/dist/package.json", "{\"type\":\"module\"}");
	put("node_modules/@x/pi-agent/dist/cli.js", "");
	put("node_modules/@x/pi-agent/dist/worker.js", "");
	put("weather/pyproject.toml", "[project]\nname = \"weather-agent\"\n");
	put("weather/src/main.py", "");
	put("weather/src/report.py", "");
	put("ferry/server.py", "");
	put("ferry/app.rb", "");
	put("index.js", "");

	assert_found("node", "node_modules/@x/pi-agent/dist/cli.js", "pi");
	assert_found("node", "node_modules/@x/pi-agent/./dist//cli.js", "pi");
	assert_found("node", "node_modules/@x/pi-agent/dist/worker.js", NULL);
	assert_found("node", "node_modules/@x/pi-agent/dist/index.js", NULL);
	assert_found("python3.11", "weather/src/main.py", "weather-agent");
	assert_found("python3.11", "weather/src/report.py", NULL);
	assert_found("python3.11", "ferry/server.py", "ferry");
	assert_found("ruby", "ferry/app.rb", "ferry");
	assert_found("curl", "ferry/app.rb", NULL);

	assert_int_equal(chdir(top), 0);
	assert_found("python3.11", "./ferry/server.py", "ferry");
	assert_int_equal(chdir("ferry"), 0);
	assert_found("python3.11", "./../ferry/server.py", "ferry");
	assert_found("python3.11", "./server.py", "ferry");
	assert_int_equal(chdir("/"), 0);
	assert_found("python3.11", "./server.py", NULL);
}

static void test_package_look_up_survives_every_failed_allocation(void **state)
{
	char path[256];
	char *const argv[] = { (char *)"node", path, NULL };
	struct gt_program p;
	struct gt_arena a;
	int n;

	(void)state;
	snprintf(path, sizeof(path), "%s/node_modules/@x/pi-agent/dist/cli.js", top);
	gt_program_find(&p, "node", argv);
	for (n = 1; gt_fail_nth(n); n++) {
		gt_arena_init(&a, 0);
		gt_package_find(&a, &p);
		gt_arena_free(&a);
	}
	gt_fail_none();
	assert_true(n > 2);
}

static int remove_files(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_package_json_names_the_script_as_it_is_installed),
		GT_TEST(test_pyproject_names_the_project),
		GT_TEST(test_the_folder_names_the_program_unless_it_is_only_a_place),
		GT_TEST(test_the_package_is_found_near_the_script),
		GT_TEST(test_package_look_up_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, remove_files);
}
