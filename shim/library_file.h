/*
 * Finds the file of a library that another library needs, as ld.so(8) does: RPATH, LD_LIBRARY_PATH, RUNPATH, the cache,
 * the system's folders. Approximate: it knows no hwcaps folders and no platform tokens but $ORIGIN. Makes system calls
 * that the loader makes as well.
 */
#ifndef GT_LIBRARY_FILE_H
#define GT_LIBRARY_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct gt_elf_file;

struct gt_library_search {
	const char *cache; /* a mapping of /etc/ld.so.cache, made when it is needed first; NULL: none */
	size_t cache_size;
	bool has_tried;
};

/* Maps library `name` as `f` and writes its path. `from` needs it and is the file at `from_path`; both may be NULL. */
bool gt_library_file_open(struct gt_library_search *search, const char *name, const struct gt_elf_file *from,
			  const char *from_path, struct gt_elf_file *f, char *path, size_t cap);

void gt_library_file_close(struct gt_elf_file *f);

void gt_library_search_end(struct gt_library_search *search);

#endif
