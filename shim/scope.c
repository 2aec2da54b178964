#include "shim/scope.h"

#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "shim/elf_file.h"
#include "shim/library_file.h"
#include "shim/object.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"

#define FILES_MAX 48 /* an extension and what it needs; files beyond are not read */
#define PATH_CAP  1024

/* With more references the flag is kept. libcurl and all that it needs have some 8,000. */
#define REFERENCES_MAX 65536

/* A symbol that a file refers to. */
struct reference {
	const char *name;
	uint32_t hash;
	bool is_own; /* the same file defines it */
};

/* The files that would be mapped, in the order in which the loader looks through them, and their references. */
struct opening {
	struct gt_library_search search;
	int n;
	struct gt_elf_file files[FILES_MAX];
	char paths[FILES_MAX][PATH_CAP];
	bool calls_hooks; /* one refers to a hooked function of libcurl or libssl, or the first to dlopen */
	size_t n_references;
	struct reference references[REFERENCES_MAX]; /* memory is touched as used */
};

static const char *const hooked_libraries[] = {
#define GT_FOREIGN(type, name, parameters) #name,
#include "shim/hooks.def"
};

static const char *const hooked_libc[] = {
#define GT_LIBC(type, name, parameters, arguments)	#name,
#define GT_LIBC_LATE(type, name, parameters, arguments) #name,
#define GT_JUMP(name)					#name,
#include "shim/hooks.def"
};

static bool is_in(const char *name, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names[i][0] == name[0] && !strcmp(names[i], name))
			return true;
	return false;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The loader's list is locked while it is walked: another thread may be closing a library. The callbacks below call
 * nothing of the loader. */
static const ElfW(Dyn) * section_of(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return NULL;
}

static int has_name(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *name = data;
	const ElfW(Dyn) *e = section_of(info);
	struct gt_dynamic d = gt_dynamic_at(e, info->dlpi_addr);

	(void)size;
	if (!strcmp(info->dlpi_name, name) || (!strchr(name, '/') && !strcmp(base_of(info->dlpi_name), name)))
		return 1;
	for (; e && d.strings && e->d_tag != DT_NULL; e++)
		if (e->d_tag == DT_SONAME)
			return !strcmp(d.strings + e->d_un.d_val, name);
	return 0;
}

static bool is_loaded(const char *name)
{
	return dl_iterate_phdr(has_name, (void *)name);
}

/* Is it among the files already? Two names may lead to one file; then it is read twice, which does no harm. */
static bool is_listed(const struct opening *o, const char *name)
{
	for (int i = 0; i < o->n; i++)
		if (!strcmp(base_of(o->paths[i]), base_of(name)))
			return true;
	return false;
}

/* Adds the file of a library that number `from` needs; -1: that the program opens. */
static bool add(struct opening *o, const char *name, int from)
{
	if (o->n == FILES_MAX ||
	    !gt_library_file_open(&o->search, name, from < 0 ? NULL : &o->files[from], from < 0 ? NULL : o->paths[from],
				  &o->files[o->n], o->paths[o->n], PATH_CAP))
		return false;
	o->n++;
	return true;
}

/* Adds what the files need and is not loaded, breadth first as the loader does. */
static void add_needed(struct opening *o)
{
	const char *name;

	for (int i = 0; i < o->n; i++)
		for (size_t k = 0; (name = gt_elf_file_string(&o->files[i], DT_NEEDED, k)); k++)
			if (!is_loaded(name) && !is_listed(o, name))
				add(o, name, i);
}

/* ---------------------------------------------------------------- the two conditions */

/* Weak copies of functions and tables of the C++ library, made in every object that uses them (Itanium C++ ABI, 5.2). */
static bool is_of_std(const char *name)
{
	static const char *const prefixes[] = { "_ZNSt",   "_ZNKSt",	    "_ZNSs",	     "_ZNKSs",	"_ZSt",
						"_ZTISt",  "_ZTSSt",	    "_ZTVSt",	     "_ZTINSt", "_ZTSNSt",
						"_ZTVNSt", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx" };

	for (size_t i = 0; i < GT_COUNT_OF(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Is the symbol bound within the object, or once for the process, whatever the flag? */
static bool is_settled(const struct gt_elf_file *f, const ElfW(Sym) * s, const char *name)
{
	int bind = s->st_info >> 4;

	return f->is_symbolic || ELF64_ST_VISIBILITY(s->st_other) != STV_DEFAULT || bind == STB_LOCAL ||
	       bind == STB_GNU_UNIQUE || (bind == STB_WEAK && is_of_std(name));
}

static void note_references(struct opening *o, const struct gt_elf_file *f)
{
	for (int part = 0; part < 2; part++) {
		for (size_t k = part ? f->n_relative : 0; f->d.relocations[part] && k < f->d.n[part]; k++) {
			const char *name;
			const ElfW(Sym) *s = gt_elf_file_symbol(f, part, k, &name);
			bool is_own;

			if (!s)
				continue;
			is_own = s->st_shndx != SHN_UNDEF;
			if (is_in(name, hooked_libraries, GT_COUNT_OF(hooked_libraries))) {
				o->calls_hooks |= !is_own;
				continue;
			}
			o->calls_hooks |= f == o->files && !is_own && !strcmp(name, "dlopen");
			if ((is_own && is_settled(f, s, name)) || is_in(name, hooked_libc, GT_COUNT_OF(hooked_libc)))
				continue;
			if (o->n_references == REFERENCES_MAX)
				return;
			o->references[o->n_references++] = (struct reference){ name, gt_gnu_hash(name), is_own };
		}
	}
}

/* Without the flag the loader takes the loaded object's symbol; with it, that of one of the files. */
static int takes_a_symbol(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = section_of(info);
	struct gt_dynamic loaded = gt_dynamic_at(section, info->dlpi_addr);
	const struct opening *o = data;

	(void)size;
	if (gt_object_is_ours(section))
		return 0;
	for (size_t i = 0; i < o->n_references; i++) {
		const struct reference *r = &o->references[i];
		bool is_here = r->is_own;

		if (!gt_dynamic_defines_hashed(&loaded, r->name, r->hash))
			continue;
		for (int k = 0; k < o->n && !is_here; k++)
			is_here = gt_dynamic_defines_hashed(&o->files[k].d, r->name, r->hash);
		if (is_here)
			return 1;
	}
	return 0;
}

GT_COLD bool gt_scope_may_open(const char *file)
{
	struct opening *o;
	bool may = false, is_bound = false;

	if (!file || !*file || strchr(file, '$'))
		return false;
	/* not on the stack, which may be small, and not from malloc, which dlopen may be called inside of */
	o = (void *)gt_gate(pool_map, NULL, sizeof(*o), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (o == MAP_FAILED)
		return false;
	if (add(o, file, -1)) {
		add_needed(o);
		for (int i = 0; i < o->n; i++)
			note_references(o, &o->files[i]);
		gt_object_is_ours(o); /* its first call may use the loader's lock */
		is_bound = o->calls_hooks && (o->n_references == REFERENCES_MAX || dl_iterate_phdr(takes_a_symbol, o));
		may = o->calls_hooks && !is_bound;
		gt_log(GT_LOG_INIT, GT_LOG_INFO, "RTLD_DEEPBIND for %s is %s%s", base_of(file), may ? "cleared" : "kept",
		       is_bound ? ": the program has a symbol of it too" : "");
	}
	for (int i = 0; i < o->n; i++)
		gt_library_file_close(&o->files[i]);
	gt_library_search_end(&o->search);
	gt_gate(pool_unmap, o, sizeof(*o));
	return may;
}
