#include "exporter/command/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporter/base/tls_library.h"
#include "exporter/command/output.h"
#include "exporter/command/picture.h"
#include "exporter/command/preload.h"
#include "exporter/command/program_needs.h"
#include "shim/shared/compiler.h"
#include "shim/shared/unpreloadable.h"

#define OBJECTS_MAX 512
#define LINE	    (PATH_MAX + 256)

#define GATEWAY "point its base URL at a gateway with an http:// address on this machine, and run the gateway under gentap"

struct report {
	struct gt_picture picture;
	bool is_blind; /* something is out of reach */
};

static void put(struct report *r, const char *form, ...) GT_PRINTF(2, 3);

static void put(struct report *r, const char *form, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, form);
	vsnprintf(line, sizeof(line), form, args);
	va_end(args);
	gt_picture_put(&r->picture, GT_PLAIN, gt_str_of(line), sizeof(line));
	gt_picture_end_line(&r->picture);
}

static void put_blind(struct report *r, const char *what, const char *cure)
{
	r->is_blind = true;
	put(r, "  not seen: %s", what);
	put(r, "  cure: %s", cure);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---------------------------------------------------------------- libraries by their names */

static const struct library {
	const char *file, *name;
	bool is_seen;
} libraries[] = {
	{ "libssl.so", "OpenSSL", true },
	{ "libgnutls.so", "GnuTLS", true },
	{ "libcurl.so", "libcurl", true },
	{ "libcurl-gnutls.so", "libcurl", true },
	{ "libssl3.so", "NSS", false },
	{ "libmbedtls.so", "Mbed TLS", false },
	{ "libwolfssl.so", "wolfSSL", false },
	{ "librustls.so", "rustls", false },
	{ "libjli.so", "Java's TLS, which is bytecode", false },
	{ "libjvm.so", "Java's TLS, which is bytecode", false },
};

static const struct library *library_of(const char *file)
{
	for (size_t i = 0; i < GT_COUNT_OF(libraries); i++)
		if (gt_str_starts(gt_str_of(file), gt_str_of(libraries[i].file)))
			return &libraries[i];
	return NULL;
}

static void put_library(struct report *r, const struct library *l, const char *file)
{
	char text[256];

	if (l->is_seen) {
		put(r, "  seen: %s (%s)", l->name, file);
		return;
	}
	snprintf(text, sizeof(text), "%s (%s)", l->name, file);
	put_blind(r, text, GATEWAY);
}

/* ---------------------------------------------------------------- libraries inside a file */

/* OpenSSL's name is also in programs that link it. */
static bool links_openssl(const struct gt_program_needs *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (gt_str_starts(gt_str_of(n->names[i]), GT_STR("libssl.so")) ||
		    gt_str_starts(gt_str_of(n->names[i]), GT_STR("libcrypto.so")))
			return true;
	return false;
}

/* `where`: "" for the program itself. */
static void put_inside(struct report *r, const char *path, const struct gt_program_needs *needs, const char *where)
{
	enum gt_tls_library which = needs->is_bun ? GT_TLS_BORINGSSL : gt_tls_library_of(path);
	char text[512];

	if (!which || ((which == GT_TLS_OPENSSL || which == GT_TLS_BORINGSSL) && links_openssl(needs)))
		return;
	snprintf(text, sizeof(text), "%s inside%s%s", gt_tls_library_name(which), *where ? " " : "", where);
	if (which == GT_TLS_OPENSSL || needs->is_bun)
		put(r, "  seen: %s, by its tables of methods, if their layout is known", text);
	else if (which == GT_TLS_BORINGSSL)
		put_blind(r, text, "a build that links OpenSSL as a shared library, such as the distribution's; or " GATEWAY);
	else if (which == GT_TLS_RUSTLS)
		put_blind(r, text, "a build with native-tls, which uses the shared OpenSSL; or " GATEWAY);
	else
		put_blind(r, text, GATEWAY);
}

/* ---------------------------------------------------------------- a file */

static void put_unpreloadable(struct report *r, const char *path, const char *why)
{
	static const struct {
		const char *why, *text, *cure;
	} rows[] = {
		{ "static", "it is a static program, and no library can be preloaded into it", GATEWAY },
		{ "go", "it is a Go program, which makes its system calls past libc", GATEWAY },
		{ "privileged", "it runs with raised privileges, and the loader ignores LD_PRELOAD",
		  "run it as its owner, or name libgentap.so in /etc/ld.so.preload" },
		{ "foreign", "it is for another kind of processor", "a gentap that is built for that processor" },
	};
	enum gt_tls_library inside = gt_tls_library_of(path);

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (strcmp(rows[i].why, why) == 0)
			put_blind(r, rows[i].text, rows[i].cure);
	if (inside && inside != GT_TLS_GO)
		put(r, "  its TLS: %s", gt_tls_library_name(inside));
}

static void put_program(struct report *r, const char *path)
{
	const char *why = gt_unpreloadable(path);
	struct gt_program_needs needs;

	if (why) {
		put_unpreloadable(r, path, why);
		return;
	}
	if (!gt_program_needs_read(&needs, path)) {
		r->is_blind = true;
		put(r, "  not known: it is not a program for Linux on this processor");
		return;
	}
	for (size_t i = 0; i < needs.n; i++)
		if (library_of(needs.names[i]))
			put_library(r, library_of(needs.names[i]), needs.names[i]);
	put_inside(r, path, &needs, "");
	put(r, "  seen: plain HTTP, and what it loads later: OpenSSL, GnuTLS and libcurl as shared libraries");
}

/* The program of a script's first line. Of `env NAME` it is NAME. False when the file is not a script. */
static bool interpreter_of(const char *path, char program[PATH_MAX])
{
	char line[256];
	FILE *f = fopen(path, "re");
	struct gt_str rest, word;
	bool is_script = f && fgets(line, sizeof(line), f) && gt_str_starts(gt_str_of(line), GT_STR("#!"));

	if (f)
		fclose(f);
	if (!is_script)
		return false;
	rest = gt_str_trim(gt_str_make(line + 2, strcspn(line + 2, "\r\n")));
	if (!gt_str_next(&rest, ' ', &word))
		return false;
	gt_str_copy(gt_str_trim(word), program, PATH_MAX);
	if (strcmp(base_of(program), "env") != 0)
		return true;
	while (gt_str_next(&rest, ' ', &word)) {
		char name[256];

		word = gt_str_trim(word);
		if (!word.len || word.p[0] == '-' || gt_str_find(word, '=') < word.len)
			continue;
		gt_str_copy(word, name, sizeof(name));
		return gt_preload_find_program(name, program, PATH_MAX);
	}
	return true;
}

static int examine_file(struct report *r, const char *command)
{
	char path[PATH_MAX], program[PATH_MAX];

	if (!gt_preload_find_program(command, path, sizeof(path)) || access(path, R_OK)) {
		fprintf(stderr, "gentap: doctor: %s: %s\n", command,
			strchr(command, '/') ? strerror(errno) : "command not found");
		return 1;
	}
	put(r, "%s", path);
	if (interpreter_of(path, program)) {
		put(r, "  a script of %s:", program);
		put_program(r, program);
	} else {
		put_program(r, path);
	}
	return 0;
}

/* ---------------------------------------------------------------- a process */

struct process {
	bool has_gentap;
	char exe[PATH_MAX];
	char objects[OBJECTS_MAX][256]; /* paths; longer paths are left out */
	size_t n;
};

static void note_object(struct process *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->objects[i], path) == 0)
			return;
	if (p->n < OBJECTS_MAX && strlen(path) < sizeof(p->objects[0]))
		strcpy(p->objects[p->n++], path);
}

/* Files that are mapped as code: /proc/PID/maps, proc_pid_maps(5). */
static bool read_maps(struct process *p, const char *pid)
{
	char path[64], line[PATH_MAX + 128], *name;
	ssize_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	len = readlink(path, p->exe, sizeof(p->exe) - 1);
	p->exe[len > 0 ? len : 0] = 0;
	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	f = fopen(path, "re");
	if (!f || len <= 0) {
		fprintf(stderr, "gentap: doctor: process %s: %s\n", pid, strerror(errno));
		if (f)
			fclose(f);
		return false;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		name = strchr(line, '/');
		if (!name || !strstr(line, "r-xp"))
			continue;
		p->has_gentap |= strstr(name, "libgentap.so") != NULL;
		note_object(p, name);
	}
	fclose(f);
	return true;
}

static bool is_systems(const char *path)
{
	return gt_str_starts(gt_str_of(path), GT_STR("/usr/lib/x86_64-linux-gnu/")) ||
	       gt_str_starts(gt_str_of(path), GT_STR("/usr/lib/aarch64-linux-gnu/")) ||
	       gt_str_starts(gt_str_of(path), GT_STR("/lib/"));
}

static void put_objects(struct report *r, const struct process *p)
{
	struct gt_program_needs needs;

	for (size_t i = 0; i < p->n; i++) {
		const char *path = p->objects[i], *base = base_of(path);

		if (library_of(base))
			put_library(r, library_of(base), base);
		else if (!is_systems(path) && strncmp(base, "libgentap", 9) != 0 && strcmp(path, p->exe) != 0 &&
			 gt_program_needs_read(&needs, path))
			put_inside(r, path, &needs, base);
	}
}

static int examine_process(struct report *r, const char *pid)
{
	struct process *p = calloc(1, sizeof(*p));
	struct gt_program_needs needs;
	const char *why;

	if (!p || !read_maps(p, pid)) {
		free(p);
		return 1;
	}
	put(r, "process %s: %s", pid, p->exe);
	why = gt_unpreloadable(p->exe);
	if (why) {
		put_unpreloadable(r, p->exe, why);
	} else {
		if (!p->has_gentap)
			put_blind(r, "gentap is not loaded in it", "start it with `gentap --` in front, or with LD_PRELOAD");
		if (gt_program_needs_read(&needs, p->exe))
			put_inside(r, p->exe, &needs, "");
		put_objects(r, p);
		if (p->has_gentap)
			put(r, "  seen: plain HTTP");
	}
	free(p);
	return 0;
}

/* ---------------------------------------------------------------- all of it */

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

int gt_doctor(const char *what)
{
	struct gt_terminal terminal = gt_terminal_of(1);
	struct report r = { .is_blind = false };
	int ret;

	gt_picture_init(&r.picture, &terminal);
	ret = is_number(what) ? examine_process(&r, what) : examine_file(&r, what);
	if (!ret && (r.picture.text.has_failed || !gt_output_write(1, gt_str_make(r.picture.text.p, r.picture.text.len)))) {
		fprintf(stderr, "gentap: standard output: %s\n", strerror(errno));
		ret = 1;
	}
	gt_picture_free(&r.picture);
	return ret || r.is_blind;
}
