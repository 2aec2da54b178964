#include "shim/library_file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "shim/elf_file.h"
#include "shim/shared/gate.h"

/* What is looked for, and where the result goes. */
struct wanted {
	const char *name;
	struct gt_elf_file *f;
	char *path;
	size_t cap;
};

static bool map_file(struct gt_elf_file *f, const char *path)
{
	int fd = (int)gt_gate(plugin_open, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return false;
	if (gt_gate(plugin_stat, fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(ElfW(Ehdr)))
		p = (void *)gt_gate(plugin_map, NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	gt_gate(plugin_close, fd);
	if (p == MAP_FAILED)
		return false;
	if (gt_elf_file_read(f, p, (size_t)st.st_size))
		return true;
	gt_gate(plugin_unmap, p, st.st_size);
	return false;
}

static bool in_folder(const struct wanted *w, const char *folder, size_t len, const char *origin)
{
	const char *slash = origin ? strrchr(origin, '/') : NULL;
	size_t skip = 0;
	int n;

	if (len >= 7 && !memcmp(folder, "$ORIGIN", 7))
		skip = 7;
	else if (len >= 9 && !memcmp(folder, "${ORIGIN}", 9))
		skip = 9;
	if (!len || len >= w->cap || memchr(folder + skip, '$', len - skip))
		return false;
	n = snprintf(w->path, w->cap, "%.*s%.*s/%s",
		     !skip ? 0 :
		     slash ? (int)(slash - origin) :
			     1,
		     slash ? origin : ".", (int)(len - skip), folder + skip, w->name);
	return n > 0 && (size_t)n < w->cap && map_file(w->f, w->path);
}

/* A list of folders, separated by colons or semicolons. */
static bool in_folders(const struct wanted *w, const char *list, const char *origin)
{
	while (list && *list) {
		size_t len = strcspn(list, ":;");

		if (in_folder(w, list, len, origin))
			return true;
		list += len + (list[len] != 0);
	}
	return false;
}

/* ---------------------------------------------------------------- the cache */

/* In the format of glibc 2.2 and newer. Offsets are from the start of the file. */
struct cache_head {
	char magic[20]; /* "glibc-ld.so.cache1.1" */
	uint32_t n, strings_len, more[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name, path, os_version;
	uint64_t hwcap;
};

static void open_cache(struct gt_library_search *s)
{
	int fd = (int)gt_gate(plugin_open, AT_FDCWD, "/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map = MAP_FAILED;

	s->has_tried = true;
	if (fd < 0)
		return;
	if (gt_gate(plugin_stat, fd, &st) == 0 && st.st_size > (off_t)sizeof(struct cache_head))
		map = (void *)gt_gate(plugin_map, NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	gt_gate(plugin_close, fd);
	if (map == MAP_FAILED)
		return;
	s->cache = map;
	s->cache_size = (size_t)st.st_size;
}

static bool in_cache(const struct wanted *w, struct gt_library_search *s)
{
	const struct cache_head *head;
	const struct cache_entry *e;
	size_t len = strlen(w->name) + 1;

	if (!s->has_tried)
		open_cache(s);
	head = (const void *)s->cache;
	if (!head || memcmp(head->magic, "glibc-ld.so.cache1.1", sizeof(head->magic)) != 0 ||
	    head->n > (s->cache_size - sizeof(*head)) / sizeof(*e))
		return false;
	e = (const void *)(head + 1);
	for (uint32_t i = 0; i < head->n; i++) {
		size_t path_len;

		if (e[i].name >= s->cache_size || len > s->cache_size - e[i].name ||
		    memcmp(s->cache + e[i].name, w->name, len) || e[i].path >= s->cache_size || e[i].hwcap)
			continue;
		path_len = strnlen(s->cache + e[i].path, s->cache_size - e[i].path);
		if (path_len >= w->cap || path_len == s->cache_size - e[i].path)
			continue;
		/* of several, the first that is for this processor */
		memcpy(w->path, s->cache + e[i].path, path_len + 1);
		if (map_file(w->f, w->path))
			return true;
	}
	return false;
}

bool gt_library_file_open(struct gt_library_search *search, const char *name, const struct gt_elf_file *from,
			  const char *from_path, struct gt_elf_file *f, char *path, size_t cap)
{
	const char *runpath = from ? gt_elf_file_string(from, DT_RUNPATH, 0) : NULL;
	const struct wanted w = { name, f, path, cap };

	if (strchr(name, '/'))
		return (size_t)snprintf(path, cap, "%s", name) < cap && map_file(f, path);
	return (from && !runpath && in_folders(&w, gt_elf_file_string(from, DT_RPATH, 0), from_path)) ||
	       in_folders(&w, getenv("LD_LIBRARY_PATH"), NULL) || in_folders(&w, runpath, from_path) || in_cache(&w, search) ||
	       in_folders(&w, "/lib:/usr/lib:/lib64:/usr/lib64:/usr/local/lib", NULL);
}

void gt_library_file_close(struct gt_elf_file *f)
{
	gt_gate(plugin_unmap, f->bytes, f->size);
	*f = (struct gt_elf_file){ 0 };
}

void gt_library_search_end(struct gt_library_search *search)
{
	if (search->cache)
		gt_gate(plugin_unmap, search->cache, search->cache_size);
	*search = (struct gt_library_search){ 0 };
}
