#include "shim/pthread_kill.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "shim/object.h"
#include "shim/real.h"

#define NEW "GLIBC_2.34"
#ifdef __x86_64__
#define OLD "GLIBC_2.2.5"
#else
#define OLD "GLIBC_2.17"
#endif

static gt_pthread_kill_fn *old; /* NULL: there is only one */

void gt_pthread_kill_init(void)
{
	void *real = dlsym(RTLD_NEXT, "pthread_kill"), *first, *second;

	/* not at the first call: garbage collectors stop threads with it, one of which may hold the loader's locks */
	if (real)
		memcpy(&gt_real.pthread_kill, &real, sizeof(real));
	first = dlvsym(RTLD_NEXT, "pthread_kill", OLD);
	second = dlvsym(RTLD_NEXT, "pthread_kill", NEW);
	/* an older C library has the first only, and another preload's function is both */
	if (first && second && first != second)
		memcpy(&old, &first, sizeof(first));
	dlerror(); /* discard the errors of the look-ups above: they are not the application's */
}

/* An object that was built with 2.34 or later, and refers to pthread_kill, needs that version. */
static bool needs_new(const struct link_map *map)
{
	struct gt_dynamic d = gt_dynamic_of(map);
	const ElfW(Verneed) *need = d.strings ? d.needed : NULL;

	for (; need; need = need->vn_next ? (const void *)((const char *)need + need->vn_next) : NULL) {
		const ElfW(Vernaux) *a = (const void *)((const char *)need + need->vn_aux);

		for (; a; a = a->vna_next ? (const void *)((const char *)a + a->vna_next) : NULL)
			if (strcmp(d.strings + a->vna_name, NEW) == 0)
				return true;
	}
	return false;
}

gt_pthread_kill_fn *gt_pthread_kill_for(const void *address)
{
	const struct link_map *map = old ? gt_object_of(address).map : NULL;

	return map && !needs_new(map) ? old : gt_real.pthread_kill;
}
