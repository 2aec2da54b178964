#include "shim/follow.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/filter.h"
#include "shim/guard.h"
#include "shim/program_file.h"
#include "shim/program_path.h"
#include "shim/shared/clock.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"

#define SETTLED_S   10 /* longer than the steps of any file system's clock */
#define SCRIPTS_MAX 5  /* a script whose program is a script, and so on: as many as the kernel allows */

/* Written by the constructor. */
static bool is_asked_for;
static const char *library, *loader;

/* ---------------------------------------------------------------- at the start */

static bool is_wanted(void)
{
	const char *value = gt_env_get(GT_ENV_GENTAP_FOLLOW);
	struct gt_str how = gt_str_trim(gt_str_of(value));

	if (gt_str_ieq(how, GT_STR("children")))
		return true;
	return !gt_str_ieq(how, GT_STR("off")) && gt_env_get(GT_ENV_GENTAP_RUN_FOLLOW);
}

/* The loader splits LD_PRELOAD at blanks and colons. */
static const char *nameable(const char *path)
{
	return path && path[0] == '/' && !path[strcspn(path, " :")] ? path : NULL;
}

static const char *own_path(void)
{
	static char absolute[4096];
	char folder[2048];
	Dl_info info;
	int n;

	if (!dladdr((void *)gt_follow_init, &info) || !info.dli_fname || !info.dli_fname[0])
		return NULL;
	if (info.dli_fname[0] == '/')
		return info.dli_fname;
	/* the process may change its folder */
	if (gt_gate(folder, folder, sizeof(folder)) <= 0)
		return NULL;
	n = snprintf(absolute, sizeof(absolute), "%s/%s", folder, info.dli_fname);
	return n > 0 && (size_t)n < sizeof(absolute) ? absolute : NULL;
}

/* The program comes first. */
static int note_loader(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			loader = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return 1;
}

void gt_follow_set_library(const char *path)
{
	library = nameable(path);
}

void gt_follow_init(void)
{
	is_asked_for = is_wanted() && !getauxval(AT_SECURE);
	if (!is_asked_for)
		return;
	gt_follow_set_library(own_path());
	dl_iterate_phdr(note_loader, NULL);
	is_asked_for = library && loader;
}

bool gt_follow_is_on(void)
{
	if (gt_likely(!is_asked_for))
		return false;
	if (!atomic_load_explicit(&gt_awake, memory_order_relaxed) && !gt_is_copy())
		return false;
	/* a child that shares the memory and has a filter of its own, which the gate does not know */
	return gt_self.doubt != GT_FILTERED && (gt_self.doubt != GT_MAYBE_CONCURRENT || gt_is_owner());
}

const char *gt_follow_library(void)
{
	return library;
}

/* ---------------------------------------------------------------- this process */

static bool has_kept_its_user(void)
{
	unsigned uid = (unsigned)getauxval(AT_EUID), gid = (unsigned)getauxval(AT_EGID), real, effective, saved;

	return gt_gate(child_user, &real, &effective, &saved) == 0 && real == uid && effective == uid &&
	       gt_gate(child_group, &real, &effective, &saved) == 0 && real == gid && effective == gid;
}

/* ---------------------------------------------------------------- the file */

struct source {
	struct gt_program_bytes bytes;
	int fd;
};

static size_t read_part(const struct gt_program_bytes *b, uint64_t offset, void *to, size_t len)
{
	const struct source *s = (const void *)b;
	long n = offset <= INT64_MAX ? gt_gate(child_read, s->fd, to, len, offset) : 0;

	return n > 0 ? (size_t)n : 0;
}

/* ENODATA: it has none; ENOTSUP: no file there has. */
static bool has_capabilities(int fd)
{
	return gt_gate(child_capabilities, fd, "security.capability", NULL, 0) >= 0 || (errno != ENODATA && errno != ENOTSUP);
}

static bool read_program(struct gt_program *p, int folder, const char *path)
{
	struct source s = { { read_part }, -1 };
	bool is_ordinary;

	s.fd = (int)gt_gate(child_open, folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s.fd < 0)
		return false;
	is_ordinary = !has_capabilities(s.fd);
	if (is_ordinary)
		gt_program_read(p, &s.bytes);
	gt_gate(child_close, s.fd);
	return is_ordinary;
}

/*
 * Programs that were found good, because most are started again: numbers of files as they were then. What changes a
 * file, its rights or its attributes changes the time in it, unless it changed a moment before.
 */
static _Atomic uint64_t known[64];

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0xbf58476d1ce4e5b9ULL;
	return a ^ a >> 29;
}

static uint64_t number_of(const struct stat *st)
{
	uint64_t n = mix(mix(mix(st->st_dev, st->st_ino), st->st_size), st->st_mode);

	n = mix(mix(n, st->st_mtim.tv_sec), st->st_mtim.tv_nsec);
	return mix(mix(n, st->st_ctim.tv_sec), st->st_ctim.tv_nsec) | 1;
}

static bool is_known(uint64_t number)
{
	return atomic_load_explicit(&known[number >> 58], memory_order_relaxed) == number;
}

static void remember(uint64_t number, const struct stat *st)
{
	uint64_t now_s = gt_wall_now().unix_ns / GT_NS_PER_S;

	if (st->st_ctim.tv_sec >= 0 && now_s > (uint64_t)st->st_ctim.tv_sec + SETTLED_S)
		atomic_store_explicit(&known[number >> 58], number, memory_order_relaxed);
}

static bool is_good(const struct gt_program *p)
{
	return p->kind == GT_PROGRAM_DYNAMIC && !strcmp(p->interpreter, loader) && !p->needs_to_be_first;
}

/* The calls that a filter may forbid come last. */
static bool may_follow(void)
{
	return gt_filter_look() && has_kept_its_user() && gt_gate(child_library, AT_FDCWD, library, R_OK) == 0;
}

static bool takes(int folder, const char *path)
{
	struct gt_program here[2], *p;
	struct stat st;
	uint64_t n;

	for (int i = 0; i <= SCRIPTS_MAX; i++) {
		/* a device is not opened, because that may do something */
		if (gt_gate(child_stat, folder, path, &st, 0) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_mode & (S_ISUID | S_ISGID) || (i == 0 && !may_follow()))
			return false;
		n = number_of(&st);
		if (is_known(n))
			return true;
		p = &here[i % 2];
		if (!read_program(p, folder, path))
			return false;
		if (p->kind != GT_PROGRAM_SCRIPT) {
			if (is_good(p))
				remember(n, &st);
			return is_good(p);
		}
		path = p->interpreter;
		folder = AT_FDCWD;
	}
	return false;
}

bool gt_follow_takes(int folder, const char *path)
{
	int saved = errno;
	bool yes = takes(folder, path);

	errno = saved;
	return yes;
}

bool gt_follow_takes_named(const char *name, bool may_be_relative)
{
	int saved = errno;
	struct gt_program_path search;
	const char *path;
	bool yes = false;

	gt_program_path_begin(&search, name);
	while ((path = gt_program_path_next(&search)))
		if ((path[0] != '/' && !may_be_relative) || search.name.p == path ||
		    gt_gate(child_executable, AT_FDCWD, path, X_OK) == 0) {
			yes = (path[0] == '/' || may_be_relative) && takes(AT_FDCWD, path);
			break;
		}
	errno = saved;
	return yes;
}

bool gt_follow_takes_number(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return gt_follow_takes(AT_FDCWD, path);
}
