#include "shim/old_libc.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "shim/object.h"
#include "shim/real.h"

#ifdef __x86_64__
#define FIRST "GLIBC_2.2.5"
#else
#define FIRST "GLIBC_2.17"
#endif

static const struct {
	const char *name, *changed_in;
} rows[GT_OLD_FUNCTIONS] = {
	[GT_OLD_PTHREAD_KILL] = { "pthread_kill", "GLIBC_2.34" },
	[GT_OLD_POSIX_SPAWN] = { "posix_spawn", "GLIBC_2.15" },
	[GT_OLD_POSIX_SPAWNP] = { "posix_spawnp", "GLIBC_2.15" },
};

static void *old[GT_OLD_FUNCTIONS]; /* NULL: there is only one */

void gt_old_libc_init(void)
{
	void *real = dlsym(RTLD_NEXT, "pthread_kill");

	/* not at the first call: garbage collectors stop threads with it, one of which may hold the loader's locks */
	if (real)
		memcpy(&gt_real.pthread_kill, &real, sizeof(real));
	for (int i = 0; i < GT_OLD_FUNCTIONS; i++) {
		void *first = dlvsym(RTLD_NEXT, rows[i].name, FIRST);
		void *second = dlvsym(RTLD_NEXT, rows[i].name, rows[i].changed_in);

		/* an older C library has the first only, and another preload's function is both */
		if (first && second && first != second)
			old[i] = first;
	}
	dlerror(); /* discard the errors of the look-ups above: they are not the application's */
}

/* An object that was built with that version or later, and refers to the function, needs the version. */
static bool needs(const struct link_map *map, const char *version)
{
	struct gt_dynamic d = gt_dynamic_of(map);
	const ElfW(Verneed) *need = d.strings ? d.needed : NULL;

	for (; need; need = need->vn_next ? (const void *)((const char *)need + need->vn_next) : NULL) {
		const ElfW(Vernaux) *a = (const void *)((const char *)need + need->vn_aux);

		for (; a; a = a->vna_next ? (const void *)((const char *)a + a->vna_next) : NULL)
			if (strcmp(d.strings + a->vna_name, version) == 0)
				return true;
	}
	return false;
}

void *gt_old_libc_for(enum gt_old_libc which, const void *address)
{
	const struct link_map *map = old[which] ? gt_object_of(address).map : NULL;

	return map && !needs(map, rows[which].changed_in) ? old[which] : NULL;
}
