#include "shim/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>

#include "shim/readable.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"

#define LINE_MAX_LEN	1024 /* longer lines are cut: a user may be in many groups */
#define ENVIRONMENT_MAX 65536

static _Atomic unsigned known; /* filters that gentap has seen */
static _Atomic bool has_looked, has_looked_at_container;
static _Atomic unsigned in_force; /* filters by /proc, 0 when they are not counted (before Linux 5.9) */

static void add(enum gt_side side, unsigned mode, const struct sock_fprog *program)
{
	if (mode == SECCOMP_SET_MODE_STRICT)
		gt_gate_filter(side, NULL, 0);
	else
		gt_gate_filter(side, program->filter, program->len);
}

/* Programs pass bad pointers to learn what the kernel supports. */
static bool is_readable(const struct sock_fprog *program)
{
	return gt_is_readable(program, sizeof(*program)) &&
	       gt_is_readable(program->filter, program->len * sizeof(*program->filter));
}

void gt_filter_install(unsigned mode, const struct sock_fprog *program, bool is_for_all_threads)
{
	int saved = errno;

	if (mode == SECCOMP_SET_MODE_FILTER && !gt_gate_is_open(GT_CALL_readable))
		mode = SECCOMP_SET_MODE_STRICT; /* the program cannot be read safely */
	if (mode == SECCOMP_SET_MODE_STRICT || (mode == SECCOMP_SET_MODE_FILTER && program && is_readable(program))) {
		atomic_fetch_add_explicit(&known, 1, memory_order_relaxed);
		add(GT_SIDE_APP, mode, program);
		if (is_for_all_threads)
			add(GT_SIDE_OWN, mode, program);
	}
	errno = saved;
}

/* ---------------------------------------------------------------- /proc */

/* Returns the length, 0 when the file cannot be read. The text is terminated. */
static size_t read_file(const char *path, char *text, size_t room)
{
	long fd = gt_gate(status_open, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), n = 1;
	size_t len = 0;

	if (fd < 0)
		return 0;
	while (len < room - 1 && (n = gt_gate(status_read, fd, text + len, room - 1 - len)) > 0)
		len += (size_t)n;
	gt_gate(status_close, fd);
	text[len] = 0;
	return len;
}

struct status {
	uint64_t mode; /* 0: no filter; 2: filters. Linux 3.8 */
	uint64_t filters;
};

static void read_line(struct status *s, struct gt_str line)
{
	static const struct gt_str mode = { "Seccomp:", 8 }, filters = { "Seccomp_filters:", 16 };

	if (gt_str_starts(line, mode))
		gt_str_u64(gt_str_trim(gt_str_skip(line, mode.len)), &s->mode);
	else if (gt_str_starts(line, filters))
		gt_str_u64(gt_str_trim(gt_str_skip(line, filters.len)), &s->filters);
}

/* In pieces on the stack: several threads may look at once, and vfork children. */
static bool read_status(const char *path, struct status *s)
{
	long fd = gt_gate(status_open, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), n;
	struct gt_str line, rest;
	char text[LINE_MAX_LEN];
	bool is_read = false;
	size_t len = 0;

	*s = (struct status){ 0 };
	if (fd < 0)
		return false;
	while ((n = gt_gate(status_read, fd, text + len, sizeof(text) - len)) > 0) {
		is_read = true;
		rest = gt_str_make(text, len + (size_t)n);
		while (gt_str_find(rest, '\n') < rest.len && gt_str_next(&rest, '\n', &line))
			read_line(s, line);
		/* the start of the next line, unless it fills the room */
		len = rest.len < sizeof(text) ? rest.len : 1;
		if (len)
			memmove(text, rest.p, len);
	}
	gt_gate(status_close, fd);
	return is_read;
}

bool gt_filter_look(void)
{
	int saved = errno;
	struct status s;

	if (atomic_load_explicit(&has_looked, memory_order_relaxed))
		return true;
	errno = 0;
	if (read_status("/proc/thread-self/status", &s)) {
		atomic_store_explicit(&in_force, (unsigned)s.filters, memory_order_relaxed);
		gt_gate_set_careful(s.mode && s.filters != atomic_load_explicit(&known, memory_order_relaxed));
	} else if (errno == EMFILE || errno == ENFILE) {
		gt_gate_set_careful(true); /* until it is known */
		errno = saved;
		return false;
	} else {
		gt_gate_set_careful(true);
	}
	atomic_store_explicit(&has_looked, true, memory_order_relaxed);
	errno = saved;
	return true;
}

static bool exists(const char *path)
{
	long fd = gt_gate(status_open, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		gt_gate(status_close, fd);
	return fd >= 0;
}

/* The marks of Docker, Podman and Kubernetes. */
static bool is_in_container(void)
{
	static char environment[ENVIRONMENT_MAX]; /* only this thread */
	struct gt_str rest, variable;

	if (exists("/.dockerenv") || exists("/run/.containerenv"))
		return true;
	rest = gt_str_make(environment, read_file("/proc/self/environ", environment, sizeof(environment)));
	while (gt_str_next(&rest, 0, &variable))
		if (gt_str_starts(variable, GT_STR("KUBERNETES_SERVICE_HOST=")))
			return true;
	return false;
}

/* The container's first process has the same filters, and gentap's process no further filter. */
void gt_filter_look_at_container(void)
{
	unsigned mine = atomic_load_explicit(&in_force, memory_order_relaxed);
	struct status first;

	if (!mine || atomic_load_explicit(&known, memory_order_relaxed) ||
	    atomic_exchange_explicit(&has_looked_at_container, true, memory_order_relaxed))
		return;
	if (read_status("/proc/1/status", &first) && first.mode && first.filters == mine && is_in_container())
		gt_gate_set_careful(false);
}
