#include "exporter/resource/process_facts.h"

#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exporter/base/small_file.h"
#include "exporter/resource/package_name.h"
#include "shim/shared/clock.h"
#include "shim/shared/gate.h"
#include "shim/shared/ident.h"

#define ARGUMENTS_MAX	  64
#define ARGUMENT_SIZE_MAX 4096

static const char *read_text(struct gt_arena *a, const char *path)
{
	size_t len;

	return gt_small_file(a, path, &len);
}

static const char *read_word(struct gt_arena *a, const char *path)
{
	size_t len;
	char *p = gt_small_file(a, path, &len);

	if (p)
		p[strcspn(p, " \t\r\n")] = 0;
	return p;
}

/* Copies each argument, up to a limit. */
static char *const *copy_arguments(char *const *argv, struct gt_arena *a)
{
	char **copy = argv ? gt_arena_alloc(a, (ARGUMENTS_MAX + 1) * sizeof(*copy)) : NULL;

	for (size_t i = 0; copy && i < ARGUMENTS_MAX && argv[i]; i++) {
		copy[i] = gt_arena_copy(a, gt_str_make(argv[i], strnlen(argv[i], ARGUMENT_SIZE_MAX)));
		if (!copy[i])
			break;
	}
	return copy;
}

static const char *copy_executable(const char *path, struct gt_arena *a)
{
	struct gt_str s = gt_str_of(path);

	/* the kernel appends this when the file of a running program was replaced */
	if (gt_str_ends(s, GT_STR(" (deleted)")))
		s.len -= sizeof(" (deleted)") - 1;
	return s.len ? gt_arena_copy(a, s) : NULL;
}

/* The name of a user id in the text of /etc/passwd: `name:password:id:...` */
static const char *find_user(const char *passwd, uid_t uid, struct gt_arena *a)
{
	struct gt_str rest = gt_str_of(passwd), line, name, password, id;
	uint64_t v;

	while (gt_str_next(&rest, '\n', &line))
		if (gt_str_next(&line, ':', &name) && gt_str_next(&line, ':', &password) && gt_str_next(&line, ':', &id) &&
		    gt_str_u64(id, &v) && v == uid)
			return gt_arena_copy(a, name);
	return NULL;
}

/* proc(5): a field of /proc/self/stat from the third on. Field 2 may hold blanks and parentheses. */
static bool find_field(const char *stat, int number, uint64_t *value)
{
	const char *p = stat ? strrchr(stat, ')') : NULL;
	struct gt_str rest, field = GT_STR("");

	if (!p)
		return false;
	rest = gt_str_of(p);
	for (int i = 2; i <= number; i++)
		if (!gt_str_next(&rest, ' ', &field))
			return false;
	return gt_str_u64(field, value);
}

/* Field 22 is the start in clock ticks since boot. */
static uint64_t start_time(const char *stat)
{
	struct timespec boot;
	long per_second = sysconf(_SC_CLK_TCK);
	uint64_t ticks, since_boot;

	if (!find_field(stat, 22, &ticks) || per_second <= 0 || gt_clock_read(CLOCK_BOOTTIME, &boot) != 0)
		return 0;
	since_boot = (uint64_t)boot.tv_sec * GT_NS_PER_S + (uint64_t)boot.tv_nsec;
	return gt_wall_now().unix_ns - since_boot + ticks * (GT_NS_PER_S / (uint64_t)per_second);
}

static void make_instance(uint8_t out[16])
{
	struct gt_trace_id id;

	if (gt_gate(random, out, 16, GRND_NONBLOCK) == 16)
		return;
	gt_ident_after_fork();
	id = gt_ident_trace();
	memcpy(out, id.b, sizeof(id.b));
}

void gt_process_facts_collect(struct gt_process_facts *f, const char *executable, char *const *argv)
{
	struct gt_arena *a = &f->memory;
	struct gt_program program;
	struct utsname system;
	const char *stat;
	uint64_t parent;
	long user;

	*f = (struct gt_process_facts){ .pid = gt_gate_process() };
	gt_arena_init(a, 0);
	stat = read_text(a, "/proc/self/stat");
	if (find_field(stat, 4, &parent))
		f->parent_pid = (int)parent;
	f->executable = copy_executable(executable, a);
	f->argv = copy_arguments(argv, a);
	gt_program_find(&program, f->executable, f->argv);
	f->package = gt_package_find(a, &program);
	f->cgroup = read_text(a, "/proc/self/cgroup");
	f->mountinfo = read_text(a, "/proc/self/mountinfo");
	f->machine_id = read_word(a, "/etc/machine-id");
	user = gt_gate(fact_user);
	if (user >= 0)
		f->owner = find_user(read_text(a, "/etc/passwd"), (uid_t)user, a);
	f->start_unix_ns = start_time(stat);
	if (gt_gate(fact_system, &system) == 0) {
		f->hostname = gt_arena_copy(a, gt_str_of(system.nodename));
		f->arch = gt_arena_copy(a, gt_str_of(system.machine));
		f->os_release = gt_arena_copy(a, gt_str_of(system.release));
	}
	make_instance(f->instance);
}

void gt_process_facts_free(struct gt_process_facts *f)
{
	gt_arena_free(&f->memory);
}
