#include "shim/run_note.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/arguments.h"
#include "shim/guard.h"
#include "shim/shared/env.h"
#include "shim/shared/exporter_host.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/named_file.h"
#include "shim/shared/standard_error.h"

const char *gt_run_note_path(void)
{
	const char *path = gt_env_get(GT_ENV_GENTAP_RUN_FILE);

	return path ? path : gt_env_get(GT_ENV_GENTAP_RUN_NOTES);
}

static void append(const char *path, const char *line, int len)
{
	int fd = gt_named_file_open_marked(path, gt_env_get(GT_ENV_GENTAP_RUN_FILE_MARK));

	if (fd < 0)
		return;
	(void)!gt_named_file_append(fd, &(struct iovec){ (void *)line, (size_t)len }, 1);
	gt_gate(line_close, fd);
}

void gt_run_note_awake(void)
{
	const char *path = gt_run_note_path();
	int saved = errno;
	char line[80];

	if (path)
		append(path, line,
		       snprintf(line, sizeof(line), "{\"gentapProcess\":{\"pid\":%d}}\n", atomic_load(&gt_owner_pid)));
	errno = saved;
}

static void note_count(const char *what, uint64_t n)
{
	const char *path = gt_run_note_path();
	int saved = errno;
	char line[80];

	if (path && n)
		append(path, line,
		       snprintf(line, sizeof(line), "{\"gentapProcess\":{\"pid\":%d,\"%s\":%llu}}\n",
				atomic_load(&gt_owner_pid), what, (unsigned long long)n));
	errno = saved;
}

void gt_run_note_requests(uint64_t unmatched)
{
	note_count("requests", unmatched);
}

void gt_run_note_damage(const char *what, uint64_t n)
{
	note_count(what, n);
}

/* The base name of a path, as far as a line of JSON can hold it. */
static void name_of(const char *path, char *out, size_t room)
{
	const char *base = strrchr(path, '/');
	size_t n = 0;

	for (base = base ? base + 1 : path; *base && n < room - 1; base++)
		if (*base > ' ' && *base <= '~' && *base != '"' && *base != '\\')
			out[n++] = *base;
	out[n] = 0;
}

void gt_run_note_unread(const struct gt_unread_row *row)
{
	static const char *const kinds[] = {
		[GT_UNREAD_TLS] = "tls", [GT_UNREAD_HTTP2] = "http2", [GT_UNREAD_QUIC] = "quic", [GT_UNREAD_REQUEST] = "request"
	};
	static const char form[] = "{\"gentapProcess\":{\"pid\":%d,\"program\":\"%s\",\"unread\":\"%s\",\"host\":\"%s\","
				   "\"port\":%u,\"n\":%u}}\n";
	const char *path = gt_run_note_path();
	int saved = errno;
	char line[256], name[32];

	name_of(gt_arguments() ? gt_arguments()[0] : "", name, sizeof(name));
	if (path)
		append(path, line,
		       snprintf(line, sizeof(line), form, atomic_load(&gt_owner_pid), name, kinds[row->kind], row->host,
				row->port, row->n));
	errno = saved;
}

void gt_run_note_untraced(const char *program, const char *why)
{
	const char *path = gt_run_note_path();
	int saved = errno;
	char line[160], name[32];

	name_of(program, name, sizeof(name));
	if (path)
		append(path, line,
		       snprintf(line, sizeof(line), "{\"gentapProcess\":{\"pid\":%d,\"untraced\":\"%s\",\"why\":\"%s\"}}\n",
				atomic_load(&gt_owner_pid), name, why));
	errno = saved;
}

/* Is descriptor 2 what the launcher had there? A parent that reads the output of its children must find nothing else
 * in it. */
static bool is_launchers_stderr(void)
{
	const char *mark = gt_env_get(GT_ENV_GENTAP_RUN_STDERR);
	char own[GT_STDERR_MARK_ROOM];

	return mark && gt_stderr_mark(own) && strcmp(own, mark) == 0;
}

static char problem[GT_PROBLEM_MAX];
static _Atomic bool has_problem; /* set once, after the text */

void gt_run_note_problem(const char *text)
{
	if (atomic_load_explicit(&has_problem, memory_order_relaxed))
		return;
	snprintf(problem, sizeof(problem), "%s", text);
	/* release: pairs with the acquire in tell_user() */
	atomic_store_explicit(&has_problem, true, memory_order_release);
}

void gt_run_note_after_fork(void)
{
	atomic_store_explicit(&has_problem, false, memory_order_relaxed);
}

static void tell_user(uint64_t spans)
{
	char line[GT_PROBLEM_MAX + 160];
	bool is_known = atomic_load_explicit(&has_problem, memory_order_acquire);
	int n = snprintf(line, sizeof(line), "gentap: %llu span%s of process %d did not reach the destination%s%s\n",
			 (unsigned long long)spans, spans == 1 ? "" : "s", atomic_load(&gt_owner_pid),
			 is_known ? ": " : "; GENTAP_LOG=warn logs the reason", is_known ? problem : "");

	gt_stderr_write(line, (size_t)n, false);
}

void gt_run_note_lost(uint64_t spans)
{
	int saved = errno;

	note_count("lost", spans);
	if (spans && !gt_log_is_silenced() && is_launchers_stderr())
		tell_user(spans);
	errno = saved;
}
