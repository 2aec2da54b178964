#include "exporter/command/run_notes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t count(const cJSON *n)
{
	return cJSON_IsNumber(n) && n->valuedouble >= 1 && n->valuedouble <= INT32_MAX ? (uint64_t)n->valuedouble : 0;
}

/* Of a file that any process of the run may write to: long names are cut. */
static const char *text(const cJSON *s)
{
	return cJSON_IsString(s) ? s->valuestring : "";
}

static void copy(char *out, size_t room, const cJSON *s)
{
	snprintf(out, room, "%s", text(s));
}

static void add_server(struct gt_run_notes *notes, const struct gt_run_server *s)
{
	notes->unread[s->kind] += s->n;
	for (uint32_t i = 0; i < notes->n_servers; i++) {
		struct gt_run_server *known = &notes->servers[i];

		if (known->kind == s->kind && strcmp(known->program, s->program) == 0 && strcmp(known->host, s->host) == 0 &&
		    known->port == s->port) {
			known->n += s->n;
			return;
		}
	}
	if (notes->n_servers < GT_RUN_SERVERS_MAX)
		notes->servers[notes->n_servers++] = *s;
}

static void read_server(struct gt_run_notes *notes, const cJSON *process, const char *kind)
{
	static const char *const kinds[] = {
		[GT_RUN_TLS] = "tls", [GT_RUN_HTTP2] = "http2", [GT_RUN_QUIC] = "quic", [GT_RUN_REQUEST] = "request"
	};
	struct gt_run_server s = { .n = count(cJSON_GetObjectItemCaseSensitive(process, "n")) };
	uint64_t port = count(cJSON_GetObjectItemCaseSensitive(process, "port"));
	int i;

	for (i = 0; i < GT_RUN_UNREADS && strcmp(kinds[i], kind) != 0; i++)
		;
	if (i == GT_RUN_UNREADS || !s.n)
		return;
	s.kind = (enum gt_run_unread)i;
	s.port = port <= UINT16_MAX ? (uint16_t)port : 0;
	copy(s.program, sizeof(s.program), cJSON_GetObjectItemCaseSensitive(process, "program"));
	copy(s.host, sizeof(s.host), cJSON_GetObjectItemCaseSensitive(process, "host"));
	add_server(notes, &s);
}

void gt_run_notes_add_untraced(struct gt_run_notes *notes, const char *program, const char *why)
{
	struct gt_run_untraced u = { .n = 1 };

	snprintf(u.program, sizeof(u.program), "%s", program);
	snprintf(u.why, sizeof(u.why), "%s", why);
	for (uint32_t i = 0; i < notes->n_untraced; i++)
		if (strcmp(notes->untraced[i].program, u.program) == 0 && strcmp(notes->untraced[i].why, u.why) == 0) {
			notes->untraced[i].n++;
			return;
		}
	if (notes->n_untraced < GT_RUN_UNTRACED_MAX)
		notes->untraced[notes->n_untraced++] = u;
}

/* True when the note is one of counters. */
static bool read_counters(struct gt_run_notes *notes, const cJSON *process)
{
	const struct {
		const char *name;
		uint64_t *sum;
	} rows[] = {
		{ "requests", &notes->requests },
		{ "lost", &notes->lost },
		{ "lost_connections", &notes->lost_connections },
		{ "unreported", &notes->unreported },
		{ "unseen", &notes->unseen },
		{ "no_room", &notes->no_room },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const cJSON *n = cJSON_GetObjectItemCaseSensitive(process, rows[i].name);

		if (!n)
			continue;
		*rows[i].sum += count(n);
		return true;
	}
	return false;
}

uint64_t gt_run_notes_unread(const struct gt_run_notes *notes)
{
	return notes->unread[GT_RUN_TLS] + notes->unread[GT_RUN_HTTP2] + notes->unread[GT_RUN_QUIC];
}

void gt_run_notes_read(struct gt_run_notes *notes, const cJSON *line)
{
	const cJSON *process = cJSON_GetObjectItemCaseSensitive(line, "gentapProcess");
	const cJSON *pid = cJSON_GetObjectItemCaseSensitive(process, "pid");
	const cJSON *unread = cJSON_GetObjectItemCaseSensitive(process, "unread");
	const cJSON *untraced = cJSON_GetObjectItemCaseSensitive(process, "untraced");

	if (!cJSON_IsNumber(pid) || !(pid->valuedouble >= 1 && pid->valuedouble <= INT32_MAX))
		return;
	if (cJSON_IsString(unread))
		read_server(notes, process, unread->valuestring);
	else if (untraced)
		gt_run_notes_add_untraced(notes, text(untraced), text(cJSON_GetObjectItemCaseSensitive(process, "why")));
	else if (!read_counters(notes, process))
		notes->pids[notes->awake++ % GT_RUN_PIDS_MAX] = (int64_t)pid->valuedouble;
}

/* A zombie has ended, although its parent has not collected it. */
static bool goes_on(int64_t pid)
{
	char path[64], stat[512], *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[n > 0 ? n : 0] = 0;
	state = strrchr(stat, ')');
	return state && state[1] && state[2] != 'Z' && state[2] != 'X';
}

int64_t gt_run_notes_alive(const struct gt_run_notes *notes)
{
	for (uint64_t i = 0; i < notes->awake && i < GT_RUN_PIDS_MAX; i++)
		if (goes_on(notes->pids[i]))
			return notes->pids[i];
	return 0;
}
