#include "shim/foreign.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "shim/hook_dl.h"
#include "shim/object.h"
#include "shim/only_definition.h"
#include "shim/real.h"
#include "shim/shared/check.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"

static const char *const names[GT_FOREIGN_COUNT] = {
#define GT_FOREIGN(type, name, parameters) [GT_FOREIGN_##name] = #name,
#include "shim/hooks.def"
	[GT_FOREIGN_SSL_get_servername] = "SSL_get_servername",
	[GT_FOREIGN_SSL_get_error] = "SSL_get_error",
	[GT_FOREIGN_SSL_ctrl] = "SSL_ctrl",
	[GT_FOREIGN_SSL_is_init_finished] = "SSL_is_init_finished",
	[GT_FOREIGN_gnutls_error_is_fatal] = "gnutls_error_is_fatal",
	[GT_FOREIGN_gnutls_packet_get] = "gnutls_packet_get",
	[GT_FOREIGN_curl_easy_getinfo] = "curl_easy_getinfo",
	[GT_FOREIGN_curl_easy_nextheader] = "curl_easy_nextheader",
	[GT_FOREIGN_curl_url_get] = "curl_url_get",
	[GT_FOREIGN_curl_free] = "curl_free",
	[GT_FOREIGN_curl_version] = "curl_version",
};

char gt_missing;

/* In the table, beside the entry for each call: the entry for the calling object, at the object's start. */
#define OF_OBJECT 0x80u
GT_STATIC_ASSERT(GT_FOREIGN_COUNT < OF_OBJECT - 1, "keys of the table");

/* The symbol in an object that is loaded under that file name, and in what that object needs. */
static void *find_in(const char *file, const char *name)
{
	void *handle = file && file[0] ? gt_dlopen(file, RTLD_LAZY | RTLD_NOLOAD) : NULL;
	void *f = handle ? dlsym(handle, name) : NULL;

	/* dlsym makes sure that the object stays while its caller runs; a handle would keep it for ever */
	if (handle)
		gt_real.dlclose(handle);
	return f && !gt_object_is_ours(f) ? f : NULL;
}

/* Loaded libraries whose file name contains a word. The callback only copies names: opening a library while the
 * loader's list is locked would take the loader's locks in the wrong order. */
struct search {
	const char *word;
	int n;
	char files[4][256];
};

static int note_object(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;

	(void)size;
	if (info->dlpi_name && strstr(info->dlpi_name, s->word) && strlen(info->dlpi_name) < sizeof(s->files[0]))
		strcpy(s->files[s->n++], info->dlpi_name);
	return s->n == GT_COUNT_OF(s->files);
}

GT_COLD static void *search_all(const char *symbol, const char *word)
{
	struct search s = { .word = word };
	void *f = NULL;

	dl_iterate_phdr(note_object, &s);
	for (int i = 0; i < s.n && !f; i++)
		f = find_in(s.files[i], symbol);
	return f;
}

/* How an object refers to a symbol. */
struct reference {
	bool exists;
	const char *version; /* NULL: none */
};

GT_COLD static struct reference reference_to(const struct link_map *map, const char *name)
{
	struct gt_dynamic d = gt_dynamic_of(map);

	for (int part = 0; d.symbols && d.strings && part < 2; part++) {
		for (size_t i = 0; d.relocations[part] && i < d.n[part]; i++) {
			size_t symbol = d.relocations[part][i].r_info >> 32;
			unsigned version;

			if (!symbol || strcmp(d.strings + d.symbols[symbol].st_name, name) != 0)
				continue;
			version = d.versions ? d.versions[symbol] & 0x7fff : VER_NDX_GLOBAL;
			return (struct reference){ true, version > VER_NDX_GLOBAL ? gt_dynamic_version(&d, version) : NULL };
		}
	}
	return (struct reference){ false, NULL };
}

/* Would the loader bind a reference with that version to this definition? A definition without a version fits every
 * reference. */
static bool fits(const void *f, const char *version)
{
	const ElfW(Sym) *symbol = NULL;
	struct gt_dynamic d;
	const char *own;
	Dl_info info;

	d = gt_dynamic_of(gt_object_of(f).map);
	if (!dladdr1(f, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || !d.versions)
		return true;
	if ((d.versions[symbol - d.symbols] & 0x7fff) <= VER_NDX_GLOBAL)
		return true;
	own = gt_dynamic_version(&d, d.versions[symbol - d.symbols] & 0x7fff);
	return !own || strcmp(own, version) == 0;
}

static void *find_next(const char *name, const char *version)
{
	void *f = dlsym(RTLD_NEXT, name);

	return !f || !version || fits(f, version) ? f : dlvsym(RTLD_NEXT, name, version);
}

/* The definition in the object's own scope. Another preload may define the name too and call the next definition: its
 * own function must not be returned then. */
static void *find_local(const struct gt_object *caller, const char *name, const struct reference *ref)
{
	void *f = find_in(caller->map ? caller->map->l_name : NULL, name);

	return f && (ref->exists || !gt_object_has(caller, f)) ? f : NULL;
}

/* Functions that are called but not hooked: in the library where the caller's hooked functions were found. In the second
 * round, also in the libraries that it needs: it may be another preload. */
static void *find_beside(const struct gt_object *caller, const char *name, bool is_second_round)
{
	void *f = NULL;

	for (unsigned i = 0; i < GT_FOREIGN_HOOKED && !f; i++) {
		void *known = names[i][0] == name[0] ? gt_resolved((void *)caller->start, i | OF_OBJECT) : NULL;
		const struct link_map *map = known && known != &gt_missing ? gt_object_of(known).map : NULL;
		struct gt_dynamic d = gt_dynamic_of(map);

		if (map)
			f = is_second_round ? find_in(map->l_name, name) : gt_definition_in(&d, map->l_addr, name, NULL);
	}
	return f;
}

/* Without the loader's lock. An object without a reference has got the function by dlsym, perhaps in a scope of its own. */
static void *find_at_once(const struct gt_object *caller, enum gt_foreign which, const struct reference *ref)
{
	if (which >= GT_FOREIGN_HOOKED)
		return find_beside(caller, names[which], false);
	return ref->exists ? gt_only_definition(names[which], ref->version) : NULL;
}

/* A part of the file name of the library that has the function. */
static const char *file_of(const char *name)
{
	return name[0] == 'S' || name[0] == 'B' ? "libssl" : name[0] == 'g' ? "libgnutls" : "libcurl";
}

static void *find_in_scopes(const struct gt_object *caller, enum gt_foreign which, const struct reference *ref)
{
	const char *name = names[which];
	void *f = NULL;

	if (which >= GT_FOREIGN_HOOKED)
		f = find_beside(caller, name, true);
	if (!f)
		f = find_next(name, ref->version);
	if (!f)
		f = find_local(caller, name, ref);
	if (!f)
		f = search_all(name, file_of(name));
	dlerror(); /* discard the errors of the look-ups above: they are not the application's */
	return f;
}

GT_COLD static void *look_up(const struct gt_object *caller, enum gt_foreign which)
{
	const char *name = names[which];
	struct reference ref = reference_to(caller->map, name);
	int saved = errno;
	void *f = find_at_once(caller, which, &ref);

	if (!f)
		f = find_in_scopes(caller, which, &ref);
	gt_log(name[0] == 'c' ? GT_LOG_CURL : GT_LOG_SSL, GT_LOG_DEBUG, "%s for the object at %lx: %s", name,
	       (unsigned long)caller->start, f ? "found" : "not found");
	errno = saved;
	return f;
}

void *gt_foreign(const void *return_address, enum gt_foreign which)
{
	void *f = gt_resolved(return_address, which);
	struct gt_object caller;

	if (gt_likely(f))
		return f == &gt_missing ? NULL : f;
	caller = gt_object_of(return_address);
	if (caller.map)
		f = gt_resolved((void *)caller.start, which | OF_OBJECT);
	if (!f) {
		f = look_up(&caller, which);
		if (!f) {
			if (which < GT_FOREIGN_HOOKED) /* the others are optional */
				gt_stat_add(GT_STAT_UNRESOLVED, 1);
			f = &gt_missing;
		}
		if (caller.map)
			gt_resolved_keep((void *)caller.start, which | OF_OBJECT, f);
	}
	/* a caller outside any object may mean another library next time */
	if (caller.map)
		gt_resolved_keep(return_address, which, f);
	return f == &gt_missing ? NULL : f;
}
